//! `expand`: what patterns stand for, and policies with their wildcards spelled out.

use serde_json::{Value, json};

use crate::bench::Bench;

#[test]
fn actions_come_one_a_line_and_once() {
    let ran = Bench::new().run(&["expand", "SQS:purge*", "s3:GetObject*Tagging", "s3:GetObjectTagging"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(
        ran.stdout,
        "s3:GetObjectTagging\ns3:GetObjectVersionTagging\nsqs:PurgeQueue\n"
    );
    let ran = Bench::new().run(&["expand", "--format", "json", "sqs:PurgeQueue"]);
    let actions: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        actions,
        json!([{"action": "sqs:PurgeQueue", "access_level": "Write", "resource_types": ["queue"]}])
    );
}

#[test]
fn a_policy_is_spelled_out_in_its_own_layout() {
    let policy = "{\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": \"sqs:Purge*\",\n      \"Resource\": \"*\"\n    },\n    {\n      \"Effect\": \"Deny\",\n      \"NotAction\": \"sqs:*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}\n";
    let bench = Bench::new();
    let ran = bench.write("policy.json", policy).run(&["expand", "policy.json"]);
    assert_eq!(
        (ran.code, ran.stdout),
        (0, policy.replace("sqs:Purge*", "sqs:PurgeQueue"))
    );
    assert!(
        ran.stderr.starts_with("note: Statement[1]: NotAction stays as it is"),
        "{}",
        ran.stderr
    );
    let unmatched = policy.replace("sqs:Purge*", "sqs:Fetch*");
    let ran = bench.run_with_input(&["expand", "-"], unmatched.as_bytes());
    assert_eq!((ran.code, ran.stdout), (2, unmatched.clone()));
    assert!(ran.stderr.contains("`sqs:Fetch*` matches no action"), "{}", ran.stderr);
    let ran = bench.run_with_input(&["expand", "--format", "json", "-"], unmatched.as_bytes());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, report["notes"].as_array().map(Vec::len)), (2, Some(2)));
}

#[test]
fn what_stands_for_nothing_says_why() {
    let bench = Bench::new();
    bench.write("policy.json", "{}").write("list.txt", "a");
    for (arguments, code, text) in [
        (&["lamda:Get*"][..], 3, "is it `lambda`?"),
        (&["s3:Fetch*"], 2, "matches no action in the catalog"),
        (&["s3:GetObejct"], 2, "is it `s3:GetObject`?"),
        (&["GetObject"], 3, "neither a pattern such as `s3:Get*` nor a file"),
        (&["s3:Get*", "GetObject"], 3, "is no action"),
        (&["s3:Get*", "policy.json"], 3, "goes alone"),
        (&["policy.json"], 3, "`policy.json`"),
        (&["list.txt"], 3, "`list.txt`"),
        (&["."], 3, "`.` is not one policy"),
        (&[], 3, "required"),
    ] {
        let ran = bench.run(&[&["expand"], arguments].concat());
        assert_eq!(ran.code, code, "{arguments:?} {ran:?}");
        assert!(ran.stderr.contains(text), "{arguments:?}: {}", ran.stderr);
    }
}
