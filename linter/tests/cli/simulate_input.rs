//! `simulate`, with the documents and the input that files and the AWS CLI give it.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::simulate::{ADA, QUEUES, READER, REPORT};

#[test]
fn documents_come_from_files_and_from_json_input() {
    let bench = Bench::new();
    bench.write("reader.json", format!("\u{feff}{READER}"));
    // As `--generate-cli-skeleton` writes it, what is not set left empty.
    let input = json!({
        "PolicyInputList": [QUEUES],
        "PermissionsBoundaryPolicyInputList": [""],
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": [REPORT],
        "ResourcePolicy": "",
        "ResourceOwner": "",
        "CallerArn": ADA,
        "ContextEntries": [{"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["10.0.0.1"], "ContextKeyType": "ip"}],
        "ResourceHandlingOption": "",
        "MaxItems": 0,
        "Marker": ""
    });
    bench.write("input.json", input.to_string());
    let decide = |more: &[&str]| {
        let ran = bench.run(&[&["simulate", "--cli-input-json", "file://input.json"], more].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        answer["EvaluationResults"][0]["EvalDecision"].clone()
    };
    assert_eq!(decide(&[]), "implicitDeny");
    // What the command line says counts more.
    assert_eq!(decide(&["--policy-input-list", "file://reader.json"]), "allowed");
    let list = json!([QUEUES, READER]).to_string();
    assert_eq!(decide(&["--policy-input-list", &list]), "allowed");
}

#[test]
fn the_skeleton_of_the_aws_cli_is_taken_as_far_as_it_is_filled_in() {
    // What `aws iam simulate-custom-policy --generate-cli-skeleton` writes; the type is any of those that there are.
    let skeleton = |key_type: &str| {
        json!({
            "PolicyInputList": [""],
            "PermissionsBoundaryPolicyInputList": [""],
            "OrderedOrganizationPolicyInputList": [{"ServiceControlPolicyInputList": [""]}],
            "ActionNames": [""],
            "ResourceArns": [""],
            "ResourcePolicy": "",
            "ResourceOwner": "",
            "CallerArn": "",
            "ContextEntries": [{"ContextKeyName": "", "ContextKeyValues": [""], "ContextKeyType": key_type}],
            "ResourceHandlingOption": "",
            "MaxItems": 0,
            "Marker": ""
        })
    };
    let bench = Bench::new();
    let run = |input: &Value| bench.run(&["simulate", "--cli-input-json", &input.to_string()]);
    for key_type in ["string", "numericList", "date"] {
        let empty = run(&skeleton(key_type));
        assert!(
            empty.code == 3 && empty.stderr.contains("`--policy-input-list` is missing"),
            "{}",
            empty.stderr
        );
        let mut filled = skeleton(key_type);
        filled["PolicyInputList"][0] = json!(READER);
        filled["ActionNames"][0] = json!("s3:GetObject");
        filled["ResourceArns"][0] = json!(REPORT);
        let ran = run(&filled);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.contains("\"allowed\""), "{}", ran.stdout);
        // An entry that says something is none of the skeleton.
        filled["ContextEntries"][0]["ContextKeyValues"][0] = json!("10.0.0.1");
        let half = run(&filled);
        assert!(
            half.code == 3 && half.stderr.contains("lacks `ContextKeyName`"),
            "{}",
            half.stderr
        );
    }
}
