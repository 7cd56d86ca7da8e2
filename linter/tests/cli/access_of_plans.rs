//! Questions about access, asked of every policy in a plan.

use serde_json::{Value, json};

use crate::bench::Bench;

const READING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#;

/// A plan with these attributes of resources, each known.
fn plan(resources: &[(&str, &str, &Value)]) -> String {
    let changes: Vec<Value> = resources
        .iter()
        .map(|(address, attribute, value)| {
            let kind = address.split('.').next().unwrap();
            json!({
                "address": address, "mode": "managed", "type": kind, "name": "x",
                "change": {"actions": ["create"], "before": null, "after": {*attribute: value}, "after_unknown": {},
                           "after_sensitive": {}}
            })
        })
        .collect();
    json!({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes}).to_string()
}

fn allow(action: &str) -> Value {
    json!(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
    ))
}

fn bucket(principal: &str) -> Value {
    json!(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}]}}"#
    ))
}

fn ask(bench: &Bench, words: &[&str]) -> (i32, Value) {
    let ran = bench.run(words);
    assert_eq!(ran.stderr, "");
    (ran.code, serde_json::from_str(&ran.stdout).unwrap())
}

/// Whether the policies of a plan give an action.
fn granted(plan: &Value, action: &str) -> (i32, Value) {
    let bench = Bench::new();
    bench.write("plan.json", plan.to_string());
    let access = format!("actions={action}");
    ask(
        &bench,
        &["check-access-not-granted", "--plan", "plan.json", "--access", &access],
    )
}

#[test]
fn every_policy_is_compared_with_the_reference_for_its_kind() {
    let (small, large, open) = (allow("s3:GetObject"), allow("s3:*"), bucket(r#""*""#));
    let bench = Bench::new();
    bench.write("reading.json", READING).write(
        "plan.json",
        plan(&[
            ("aws_iam_policy.small", "policy", &small),
            ("aws_iam_policy.large", "policy", &large),
            ("aws_s3_bucket_policy.open", "policy", &open),
        ]),
    );
    let words = [
        "check-no-new-access",
        "--plan",
        "plan.json",
        "--reference",
        "IDENTITY_POLICY=file://reading.json",
    ];
    let (code, answer) = ask(&bench, &words);
    assert_eq!((code, &answer["result"]), (1, &json!("FAIL")));
    let results: Vec<(&str, &str)> = answer["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["address"].as_str().unwrap(), one["result"].as_str().unwrap()))
        .collect();
    assert_eq!(
        results,
        [("aws_iam_policy.small", "PASS"), ("aws_iam_policy.large", "FAIL")]
    );
    assert_eq!(
        answer["notCompared"],
        json!([{
            "address": "aws_s3_bucket_policy.open", "attribute": "policy",
            "reason": "there is no reference for policies of the kind `resource`"
        }])
    );
    // The reference for one kind counts more than that for all of them.
    let wide = r#"managed={"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let (code, answer) = ask(&bench, &[&words[..], &["--reference", wide]].concat());
    assert_eq!((code, &answer["result"]), (0, &json!("PASS")));

    let (code, answer) = ask(
        &bench,
        &[
            "check-access-not-granted",
            "--plan",
            "plan.json",
            "--access",
            "actions=s3:PutObject",
        ],
    );
    assert_eq!((code, &answer["policies"][1]["result"]), (1, &json!("FAIL")));
    let (code, answer) = ask(&bench, &["check-no-public-access", "--plan", "plan.json"]);
    assert_eq!(
        (code, &answer["policies"][0]["address"]),
        (1, &json!("aws_s3_bucket_policy.open"))
    );
}

#[test]
fn what_a_plan_does_not_hold_is_open() {
    let managed = json!(["arn:aws:iam::aws:policy/AdministratorAccess"]);
    let bench = Bench::new();
    bench.write("reading.json", READING).write(
        "plan.json",
        plan(&[("aws_iam_role.admin", "managed_policy_arns", &managed)]),
    );
    let words = [
        "check-no-new-access",
        "--plan",
        "plan.json",
        "--reference",
        "IDENTITY_POLICY=file://reading.json",
    ];
    let (code, answer) = ask(&bench, &words);
    assert_eq!((code, &answer["result"]), (2, &json!("UNKNOWN")), "{answer}");
    let reason = answer["notCompared"][0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("arn:aws:iam::aws:policy/AdministratorAccess"),
        "{reason}"
    );
    assert_eq!(ask(&bench, &[&words[..], &["--aws-strict"]].concat()).0, 1);
    assert_eq!(ask(&bench, &[&words[..], &["--exit-zero"]].concat()).0, 0);
}

#[test]
fn what_grants_nothing_by_itself_is_not_asked_what_it_grants() {
    let control = allow("*");
    let endpoint = bucket(r#""*""#);
    let mut text: Value = serde_json::from_str(&plan(&[
        ("aws_organizations_policy.all", "content", &control),
        ("aws_vpc_endpoint.s3", "policy", &endpoint),
        ("aws_organizations_policy.late", "name", &json!("late")),
    ]))
    .unwrap();
    text["resource_changes"][2]["change"]["after_unknown"] = json!({"content": true});
    let (code, answer) = granted(&text, "s3:GetObject");
    assert_eq!(
        (code, &answer["result"], &answer["policies"]),
        (0, &json!("PASS"), &json!([]))
    );
    let reason = |at: usize| answer["notCompared"][at]["reason"].as_str().unwrap();
    let expected = "a policy of the kind `service-control` grants nothing by itself; it only limits what others grant";
    let mut reasons = [reason(0), reason(1), reason(2)];
    reasons.sort_unstable();
    assert_eq!(reasons[..2], [expected, expected]);
    assert!(reasons[2].contains("`vpc-endpoint`"), "{reasons:?}");
}

#[test]
fn only_what_may_be_a_policy_of_a_resource_leaves_open_whether_access_is_public() {
    let closed = bucket(r#"{"AWS":"arn:aws:iam::123456789012:root"}"#);
    let with_late = |address: &str, attribute: &str| {
        let named = json!("late");
        let resources = [
            ("aws_s3_bucket_policy.closed", "policy", &closed),
            (address, "name", &named),
        ];
        let mut text: Value = serde_json::from_str(&plan(&resources)).unwrap();
        text["resource_changes"][1]["change"]["after_unknown"] = json!({attribute: true});
        let bench = Bench::new();
        bench.write("plan.json", text.to_string());
        let (code, answer) = ask(&bench, &["check-no-public-access", "--plan", "plan.json"]);
        assert_eq!(answer["notCompared"][0]["address"], address, "{answer}");
        (code, answer["notCompared"][0]["reason"].as_str().unwrap().to_owned())
    };
    for (address, attribute) in [
        ("aws_iam_policy.late", "policy"),
        ("aws_organizations_policy.late", "content"),
        ("aws_iam_role_policy_attachment.late", "policy_arn"),
    ] {
        assert_eq!(
            with_late(address, attribute),
            (0, "it is no policy of a resource".to_owned()),
            "{address}"
        );
    }
    for (address, attribute) in [
        ("aws_sqs_queue.late", "policy"),
        ("aws_iam_role.late", "assume_role_policy"),
        ("somebodys_thing.late", "access_policies"),
    ] {
        assert_eq!(
            with_late(address, attribute),
            (2, "its value is known only after apply".to_owned()),
            "{address}"
        );
    }
}

#[test]
fn a_sensitive_policy_is_compared_and_not_shown() {
    let mut text: Value = serde_json::from_str(&plan(&[("aws_iam_policy.x", "policy", &allow("s3:*"))])).unwrap();
    text["resource_changes"][0]["change"]["after_sensitive"] = json!({"policy": true});
    let bench = Bench::new();
    bench.write("plan.json", text.to_string());
    let (code, answer) = ask(
        &bench,
        &[
            "check-access-not-granted",
            "--plan",
            "plan.json",
            "--access",
            "actions=s3:PutObject",
        ],
    );
    assert_eq!((code, &answer["policies"][0]["result"]), (1, &json!("FAIL")));
    assert!(!answer.to_string().contains("s3:"), "{answer}");
}

#[test]
fn neither_a_sensitive_sid_nor_a_sensitive_arn_is_shown() {
    let policy = json!(
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"PlantedSid","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#
    );
    let managed = json!(["arn:aws:iam::123456789012:policy/planted"]);
    let mut text: Value = serde_json::from_str(&plan(&[
        ("aws_iam_policy.x", "policy", &policy),
        ("aws_iam_role.y", "managed_policy_arns", &managed),
    ]))
    .unwrap();
    text["resource_changes"][0]["change"]["after_sensitive"] = json!({"policy": true});
    text["resource_changes"][1]["change"]["after_sensitive"] = json!({"managed_policy_arns": true});
    let (code, answer) = granted(&text, "s3:PutObject");
    assert_eq!((code, &answer["policies"][0]["result"]), (1, &json!("FAIL")));
    assert_eq!(
        answer["policies"][0]["reasons"],
        json!([{"description": "One or more of the listed actions or resources in the statement with index: 0.", "statementIndex": 0}])
    );
    assert!(!answer.to_string().to_lowercase().contains("planted"), "{answer}");
}

#[test]
fn what_is_no_plan_is_refused() {
    let bench = Bench::new();
    bench.write("policy.json", READING).write("broken.json", "{");
    let refused = |words: &[&str], with: &str| {
        let ran = bench.run(words);
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{words:?}");
        assert!(ran.stderr.contains(with), "{words:?}: {}", ran.stderr);
    };
    let public = ["check-no-public-access", "--plan"];
    refused(&[&public[..], &["policy.json"]].concat(), "is a policy and no plan");
    refused(
        &[&public[..], &["absent.json"]].concat(),
        "`absent.json` does not exist",
    );
    let new = ["check-no-new-access", "--plan", "policy.json"];
    refused(&new, "give `--reference IDENTITY_POLICY=file://PATH`");
    refused(&[&new[..], &["--reference", READING]].concat(), "names no kind");
    refused(
        &[&new[..], &["--reference", "SCP=file://policy.json"]].concat(),
        "`SCP` is no kind of policy",
    );
    refused(
        &[&new[..], &["--new-policy-document", READING]].concat(),
        "`--plan` holds the policies",
    );
}
