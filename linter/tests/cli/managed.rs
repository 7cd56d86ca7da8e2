//! Documents of managed policies beside a plan that names them.

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};

const AUDIT: &str = "arn:aws:iam::aws:policy/SecurityAudit";
const OWN: &str = "arn:aws:iam::111122223333:policy/own";

fn policy(sid: &str, action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Sid": sid, "Effect": "Allow", "Action": action, "Resource": "*"}]})
}

fn map() -> Value {
    json!({AUDIT: policy("Audit", "s3:GetBucket*"), OWN: policy("Own", "sqs:*")})
}

fn plan(resources: &[(&str, Value)]) -> String {
    let changes: Vec<Value> = resources
        .iter()
        .map(|(address, after)| {
            let (kind, name) = address.split_once('.').unwrap();
            let sensitive = json!({"policy_arn": after.get("is_sensitive").is_some()});
            json!({
                "address": address, "mode": "managed", "type": kind, "name": name,
                "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": {},
                           "after_sensitive": sensitive}
            })
        })
        .collect();
    json!({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes}).to_string()
}

/// A role to which a managed policy is attached.
fn attached(arn: &str) -> String {
    plan(&[
        ("aws_iam_role.r", json!({"name": "r"})),
        (
            "aws_iam_role_policy_attachment.a",
            json!({"role": "r", "policy_arn": arn}),
        ),
    ])
}

fn bench(plan: &str) -> Bench {
    let bench = Bench::new();
    bench
        .write("plan.json", plan)
        .write("managed.json", map().to_string())
        .write("none.json", "{}");
    bench
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

fn who(bench: &Bench, action: &str, managed: &str) -> (i32, Value) {
    let ran = bench.run(&[
        "who-can",
        action,
        "*",
        "--plan",
        "plan.json",
        "--managed-policies",
        managed,
        "--format",
        "json",
    ]);
    (ran.code, json_of(&ran)["principals"][0].clone())
}

#[test]
fn who_can_counts_a_managed_policy_as_one_of_the_plan() {
    let bench = bench(&attached(AUDIT));
    let (code, found) = who(&bench, "s3:GetBucketAcl", "managed.json");
    assert_eq!((code, &found["result"]), (1, &json!("YES")));
    assert_eq!(found["allowed_by"], json!([format!("{AUDIT} Statement[0] (Audit)")]));
    assert_eq!(who(&bench, "s3:GetObject", "managed.json").0, 0);
    let (code, found) = who(&bench, "s3:GetObject", "none.json");
    assert_eq!(
        (code, &found["unknown"][0]),
        (
            2,
            &json!(format!(
                "the document of the managed policy `{AUDIT}` is not in the plan; `--managed-policies` can give it"
            ))
        )
    );
}

#[test]
fn a_boundary_is_given_too() {
    let bench = bench(&plan(&[(
        "aws_iam_role.r",
        json!({"name": "r", "permissions_boundary": AUDIT,
               "inline_policy": [{"policy": policy("All", "s3:*").to_string()}]}),
    )]));
    assert_eq!(who(&bench, "s3:GetBucketAcl", "none.json").0, 2);
    assert_eq!(who(&bench, "s3:GetBucketAcl", "managed.json").0, 1);
    assert_eq!(who(&bench, "s3:GetObject", "managed.json").0, 0);
}

#[test]
fn what_can_lists_what_a_managed_policy_gives() {
    let bench = bench(&attached(OWN));
    let what = |managed: &str| {
        bench.run(&[
            "what-can",
            "r",
            "--plan",
            "plan.json",
            "--managed-policies",
            managed,
            "--format",
            "json",
        ])
    };
    assert_eq!(what("none.json").code, 2);
    let found = what("managed.json");
    assert_eq!(found.code, 1, "{found:?}");
    let report = json_of(&found);
    assert_eq!(report["principals"][0]["permissions"][0]["service"], "sqs");
    assert_eq!(report["principals"][0]["unknown"], json!([]));
}

#[test]
fn the_checks_ask_about_it_at_the_place_that_names_it() {
    let bench = bench(&attached(AUDIT));
    let check = |managed: &str, action: &str| {
        let access = format!("actions={action}");
        let ran = bench.run(&[
            "check-access-not-granted",
            "--plan",
            "plan.json",
            "--access",
            &access,
            "--managed-policies",
            managed,
        ]);
        (ran.code, json_of(&ran))
    };
    let (code, answer) = check("managed.json", "s3:GetBucketAcl");
    let found = &answer["policies"][0];
    assert_eq!((code, &found["result"]), (1, &json!("FAIL")), "{answer}");
    assert_eq!(
        (&found["address"], &found["attribute"], &found["managedPolicy"]),
        (
            &json!("aws_iam_role_policy_attachment.a"),
            &json!("policy_arn"),
            &json!(AUDIT)
        )
    );
    assert_eq!(found["reasons"][0]["statementId"], "Audit");
    assert_eq!(check("managed.json", "s3:GetObject").0, 0);
    let (code, answer) = check("none.json", "s3:GetObject");
    let reason = answer["notCompared"][0]["reason"].as_str().unwrap();
    assert!(code == 2 && reason.contains("`--managed-policies`"), "{answer}");
    for (command, more) in [
        (
            "check-no-new-access",
            &["--reference", &format!("IDENTITY_POLICY={}", policy("X", "s3:*"))][..],
        ),
        ("check-no-public-access", &[]),
    ] {
        let words = [command, "--plan", "plan.json", "--managed-policies", "managed.json"];
        assert_eq!(bench.run(&[&words[..], more].concat()).code, 0, "{command}");
    }
}

#[test]
fn a_change_of_managed_policies_is_compared() {
    let bench = bench(&attached(AUDIT));
    bench.write("new.json", attached(OWN));
    let diff = |managed: &str, more: &[&str]| {
        let words = ["diff", "plan.json", "new.json", "--managed-policies", managed];
        bench.run(&[&words[..], more].concat())
    };
    let open = diff("none.json", &[]);
    assert!(
        open.code == 2 && open.stdout.contains("; `--managed-policies` can give it"),
        "{open:?}"
    );
    let found = diff("managed.json", &[]);
    assert_eq!(found.code, 1, "{found:?}");
    for said in [
        format!("{OWN} Statement[0] (Own)"),
        format!("{AUDIT} Statement[0] (Audit)"),
    ] {
        assert!(found.stdout.contains(&said), "{}", found.stdout);
    }
    let policy = &json_of(&diff("managed.json", &["--format", "json"]))["policies"][0];
    assert_eq!(
        (&policy["old_managed_policy"], &policy["new_managed_policy"]),
        (&json!(AUDIT), &json!(OWN))
    );
}

#[test]
fn tests_and_narrow_take_it_by_the_address_that_names_it() {
    let bench = bench(&attached(AUDIT));
    bench
        .write(
            "a.test.yaml",
            "policies: {plan: plan.json, address: aws_iam_role_policy_attachment.a}\ncases:\n  - name: reads\n    \
             action: s3:GetBucketAcl\n    resource: arn:aws:s3:::b\n    expect: allow\n  - name: writes\n    \
             action: s3:PutBucketAcl\n    resource: arn:aws:s3:::b\n    expect: allow\n",
        )
        .write("needs.yaml", "needs:\n  - action: s3:GetBucketAcl\n");
    let test = bench.run(&["test", "a.test.yaml", "--managed-policies", "managed.json"]);
    assert_eq!(test.code, 1, "{test:?}");
    assert!(
        test.stdout.contains(&format!("{AUDIT} Statement[0] (Audit)")),
        "{}",
        test.stdout
    );
    let bare = bench.run(&["test", "a.test.yaml"]);
    assert!(
        bare.code == 3 && bare.stderr.contains("`--managed-policies` can give it"),
        "{bare:?}"
    );
    let narrow = [
        "narrow",
        "--plan",
        "plan.json",
        "--address",
        "aws_iam_role_policy_attachment.a",
        "--intent",
        "needs.yaml",
    ];
    let narrowed = bench.run(&[&narrow[..], &["--managed-policies", "managed.json"]].concat());
    assert_eq!(narrowed.code, 0, "{narrowed:?}");
    assert!(
        narrowed.stdout.contains("\"s3:GetBucketAcl\"") && narrowed.stderr.contains("(Audit)"),
        "{narrowed:?}"
    );
    assert_eq!(bench.run(&narrow).code, 3);
}

#[test]
fn the_plan_wins_over_the_file() {
    let bench = bench(&plan(&[
        ("aws_iam_role.r", json!({"name": "r"})),
        (
            "aws_iam_policy.own",
            json!({"arn": OWN, "policy": policy("InPlan", "s3:GetObject").to_string()}),
        ),
        (
            "aws_iam_role_policy_attachment.a",
            json!({"role": "r", "policy_arn": OWN}),
        ),
    ]));
    assert_eq!(who(&bench, "sqs:SendMessage", "managed.json").0, 0);
    let (_, found) = who(&bench, "s3:GetObject", "managed.json");
    assert_eq!(
        found["allowed_by"],
        json!(["aws_iam_policy.own policy Statement[0] (InPlan)"])
    );
}

#[test]
fn every_form_says_the_same() {
    let document = policy("Audit", "s3:GetBucket*");
    let encoded = document
        .to_string()
        .replace('{', "%7B")
        .replace('}', "%7d")
        .replace('"', "%22");
    let details = |version: Value| {
        json!({"UserDetailList": [], "Policies": [
            {"PolicyName": "SecurityAudit", "Arn": AUDIT, "DefaultVersionId": "v2", "PolicyVersionList": [
                {"VersionId": "v1", "IsDefaultVersion": false, "Document": policy("Old", "s3:*")},
                version
            ]}
        ]})
    };
    let version = |document: Value| json!({"VersionId": "v2", "IsDefaultVersion": true, "Document": document});
    let bench = bench(&attached(AUDIT));
    for form in [
        details(version(document.clone())),
        details(version(json!(encoded))),
        details(version(json!(document.to_string()))),
        json!({AUDIT: document}),
        json!({AUDIT: encoded}),
    ] {
        bench.write("form.json", form.to_string());
        assert_eq!(who(&bench, "s3:GetBucketAcl", "form.json").0, 1, "{form}");
        assert_eq!(who(&bench, "s3:GetObject", "form.json").0, 0, "{form}");
    }
    // Several files add up, and the same document may stand twice.
    bench.write(
        "again.json",
        format!("\u{feff}{}", json!({OWN: policy("Own", "sqs:*")})),
    );
    let words = [
        "who-can",
        "s3:GetBucketAcl",
        "*",
        "--plan",
        "plan.json",
        "--managed-policies",
    ];
    let several = ["again.json", "--managed-policies", "managed.json"];
    assert_eq!(bench.run(&[&words[..], &several].concat()).code, 1);
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_place() {
    let bench = bench(&attached(AUDIT));
    let other = json!({AUDIT: policy("Other", "*")}).to_string();
    bench.write(
        "first.json",
        json!({AUDIT: policy("Audit", "s3:GetBucket*")}).to_string(),
    );
    for (text, said) in [
        (r#"{"Policies": [{"Arn": "#, "f.json:1:"),
        (
            "[]",
            "f.json:1:1: it is an array; it is what `aws iam get-account-authorization-details`",
        ),
        (
            r#"{"PolicyVersion": {"Document": {}, "VersionId": "v1"}}"#,
            "`aws iam get-policy-version` does not print the ARN",
        ),
        (r#"{"Version": "2012-10-17", "Statement": []}"#, "does not say its ARN"),
        (
            r#"{"SecurityAudit": {}}"#,
            "f.json:1:2: `SecurityAudit` is no ARN of a managed policy",
        ),
        (
            r#"{"Policies": [{"Arn": "arn:aws:iam::aws:policy/X", "DefaultVersionId": "v1"}]}"#,
            "`aws iam list-policies` does not",
        ),
        (
            r#"{"Policies": [{"Arn": "arn:aws:iam::aws:policy/X", "DefaultVersionId": "v2",
                "PolicyVersionList": [{"VersionId": "v1", "Document": {"Statement": []}}]}]}"#,
            "f.json:2:38: `arn:aws:iam::aws:policy/X` has no `Document` of its default version",
        ),
        (
            "{\n\"arn:aws:iam::aws:policy/X\": {\"Version\": \"2012-10-17\"}}",
            "f.json:2:30: the document of `arn:aws:iam::aws:policy/X`: it holds no `Statement`",
        ),
        (
            "{\n\"arn:aws:iam::aws:policy/X\": {\"Statement\": [}}",
            "f.json:2:45: the document of `arn:aws:iam::aws:policy/X`: ",
        ),
        (
            r#"{"arn:aws:iam::aws:policy/X": {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}}"#,
            "the document of `arn:aws:iam::aws:policy/X`: Statement[0] names a principal",
        ),
        (
            r#"{"arn:aws:iam::aws:policy/X": "%7"}"#,
            "it is not encoded as in a URL",
        ),
        (r#"{"arn:aws:iam::aws:policy/X": 1}"#, "it is a number, not a policy"),
        (
            &other,
            "f.json:1:42: `arn:aws:iam::aws:policy/SecurityAudit` has another document at first.json:1:42",
        ),
    ] {
        bench.write("f.json", text);
        let files = ["--managed-policies", "first.json", "--managed-policies", "f.json"];
        let ran = bench.run(&[&["who-can", "s3:GetObject", "*", "--plan", "plan.json"][..], &files].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{text}: {ran:?}");
        assert!(
            ran.stderr.starts_with("error: `--managed-policies`: ") && ran.stderr.contains(said),
            "{text}: {}",
            ran.stderr
        );
    }
    let absent = ["diff", "plan.json", "plan.json", "--managed-policies", "absent.json"];
    assert_eq!(bench.run(&absent).code, 3);
    // It is about plans.
    let document = policy("A", "s3:*").to_string();
    for words in [
        &[
            "check-access-not-granted",
            "--policy-document",
            &document,
            "--access",
            "actions=s3:*",
        ][..],
        &["narrow", "--policy-document", &document, "--intent", "needs.yaml"],
    ] {
        let ran = bench.run(&[words, &["--managed-policies", "managed.json"]].concat());
        assert_eq!(ran.code, 3);
        assert!(ran.stderr.contains("is about a plan"), "{}", ran.stderr);
    }
}

#[test]
fn a_sensitive_arn_is_not_shown_with_its_document() {
    let bench = bench(&plan(&[
        ("aws_iam_role.r", json!({"name": "r"})),
        (
            "aws_iam_role_policy_attachment.a",
            json!({"role": "r", "policy_arn": AUDIT, "is_sensitive": true}),
        ),
    ]));
    bench.write("empty.json", plan(&[("aws_iam_role.r", json!({"name": "r"}))]));
    for (words, code) in [
        (&["who-can", "s3:GetBucketAcl", "*", "--plan", "plan.json"][..], 1),
        (&["what-can", "r", "--plan", "plan.json"], 1),
        (
            &[
                "check-access-not-granted",
                "--plan",
                "plan.json",
                "--access",
                "actions=s3:GetBucketAcl",
            ],
            1,
        ),
        (&["diff", "empty.json", "plan.json"], 1),
    ] {
        let ran = bench.run(&[words, &["--managed-policies", "managed.json"]].concat());
        assert_eq!(ran.code, code, "{ran:?}");
        for planted in ["SecurityAudit", "(Audit)", "GetBucket*"] {
            assert!(!ran.stdout.contains(planted), "{}", ran.stdout);
        }
    }
}

#[test]
fn a_plan_that_looks_a_policy_up_holds_its_document() {
    let looked_up = |sensitive: Value| {
        let mut plan: Value = serde_json::from_str(&attached(AUDIT)).unwrap();
        let data = json!({
            "address": "module.m.data.aws_iam_policy.audit", "mode": "data", "type": "aws_iam_policy", "name": "audit",
            "values": {"arn": AUDIT, "policy": policy("Planned", "sns:*").to_string()}, "sensitive_values": sensitive
        });
        let module = json!({"address": "module.m", "resources": [data]});
        plan["prior_state"] = json!({"values": {"root_module": {"child_modules": [module]}}});
        bench(&plan.to_string())
    };
    let found = looked_up(json!({}));
    let (code, answer) = who(&found, "sns:Publish", "managed.json");
    assert_eq!((code, &answer["result"]), (1, &json!("YES")));
    assert_eq!(answer["allowed_by"], json!([format!("{AUDIT} Statement[0] (Planned)")]));
    assert_eq!(who(&found, "s3:GetBucketAcl", "managed.json").0, 0);
    let hidden = looked_up(json!({"policy": true}));
    assert_eq!(who(&hidden, "sns:Publish", "none.json").0, 2);
}
