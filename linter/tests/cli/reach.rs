//! Who can do something, and what somebody can do.

use serde_json::{Value, json};

use crate::bench::{Bench, Ran, repository};

/// A policy of one statement.
fn policy(statement: &Value) -> Value {
    json!(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
}

fn allow(actions: &Value, resource: &str) -> Value {
    policy(&json!({"Sid": "A", "Effect": "Allow", "Action": actions, "Resource": resource}))
}

/// A resource: its address, its attributes, and those that are known only after apply.
type Planned<'a> = (&'a str, Value, Value);

fn plan(resources: &[Planned<'_>], configuration: &Value) -> String {
    let changes: Vec<Value> = resources
        .iter()
        .map(|(address, after, unknown)| {
            let (kind, name) = address.split_once('.').unwrap();
            let sensitive = json!({"policy": after.get("is_sensitive").is_some()});
            json!({
                "address": address, "mode": "managed", "type": kind, "name": name.split('[').next(),
                "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown,
                           "after_sensitive": sensitive}
            })
        })
        .collect();
    json!({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes,
           "configuration": {"root_module": {"resources": configuration}}})
    .to_string()
}

fn known<'a>(resources: &[(&'a str, Value)]) -> Vec<Planned<'a>> {
    let resources = resources.iter();
    resources
        .map(|(address, after)| (*address, after.clone(), json!({})))
        .collect()
}

fn read(ran: &Ran) -> Value {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(report["exit_code"], ran.code, "{report:#}");
    report
}

/// Who can, by name of the principal, with the whole report.
fn who(plan: &str, action: &str, resource: &str) -> (Vec<(String, String)>, Value) {
    let bench = Bench::new();
    bench.write("plan.json", plan);
    let report = read(&bench.run(&["who-can", action, resource, "--plan", "plan.json", "--format", "json"]));
    let principals = report["principals"].as_array().unwrap().iter();
    let answers = principals.map(|one| {
        let text = |name: &str| one[name].as_str().unwrap().to_owned();
        (text("principal"), text("result"))
    });
    (answers.collect(), report)
}

fn answers(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|(name, result)| ((*name).to_owned(), (*result).to_owned()))
        .collect()
}

fn what(plan: &str, principal: &str) -> Value {
    let bench = Bench::new();
    bench.write("plan.json", plan);
    read(&bench.run(&["what-can", principal, "--plan", "plan.json", "--format", "json"]))
}

/// Every action of a report, sorted.
fn actions(report: &Value) -> Vec<String> {
    let mut out: Vec<String> = report["principals"][0]["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|permission| permission["actions"].as_object().unwrap().values())
        .flat_map(|names| names.as_array().unwrap())
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    out.sort();
    out
}

#[test]
fn the_example_is_told_as_its_page_tells_it() {
    let folder = repository().join("examples/who-can");
    let plan = folder.join("plan.json").display().to_string();
    let page = std::fs::read_to_string(repository().join("docs/guides/who-can.md")).unwrap();
    let bench = Bench::new();
    let managed = folder.join("managed.json").display().to_string();
    for words in [
        &["who-can", "s3:*Object", "arn:aws:s3:::reports/*"][..],
        &["what-can", "aws_iam_role.reports"],
        &["who-can", "s3:GetBucket*", "*", "--managed-policies", &managed],
    ] {
        let ran = bench.run(&[words, &["--plan", &plan]].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
        assert!(
            page.contains(&format!("```text\n{}```\n", ran.stdout)),
            "the page lacks:\n{}",
            ran.stdout
        );
    }
}

#[test]
fn the_boundary_limits() {
    let boundary = |boundary: Value, unknown: Value| {
        let mut resources = known(&[
            (
                "aws_iam_role_policy.r",
                json!({"role": "r", "policy": allow(&json!(["s3:GetObject", "s3:PutObject"]), "*")}),
            ),
            (
                "aws_iam_policy.b",
                json!({"arn": "arn:aws:iam::111122223333:policy/b", "policy": allow(&json!("s3:Get*"), "*")}),
            ),
        ]);
        resources.push((
            "aws_iam_role.r",
            json!({"name": "r", "permissions_boundary": boundary}),
            unknown,
        ));
        plan(
            &resources,
            &json!([{"address": "aws_iam_role.r", "expressions": {"permissions_boundary": {"references": ["aws_iam_policy.b.arn", "aws_iam_policy.b"]}}}]),
        )
    };
    for plan in [
        boundary(json!("arn:aws:iam::111122223333:policy/b"), json!({})),
        boundary(Value::Null, json!({"permissions_boundary": true})),
    ] {
        assert_eq!(who(&plan, "s3:GetObject", "*").0, answers(&[("aws_iam_role.r", "YES")]));
        assert_eq!(who(&plan, "s3:PutObject", "*").0, answers(&[("aws_iam_role.r", "NO")]));
        let what = what(&plan, "aws_iam_role.r");
        assert_eq!(
            (actions(&what), &what["result"]),
            (vec!["s3:GetObject".to_owned()], &json!("YES"))
        );
    }
    // A boundary that the plan does not hold can take away, and give nothing.
    let foreign = boundary(json!("arn:aws:iam::111122223333:policy/other"), json!({}));
    assert_eq!(
        who(&foreign, "s3:GetObject", "*").0,
        answers(&[("aws_iam_role.r", "UNKNOWN")])
    );
    assert_eq!(
        who(&foreign, "s3:DeleteObject", "*").0,
        answers(&[("aws_iam_role.r", "NO")])
    );
    let none = boundary(Value::Null, json!({}));
    assert_eq!(who(&none, "s3:PutObject", "*").0, answers(&[("aws_iam_role.r", "YES")]));
}

#[test]
fn policies_reach_those_they_are_attached_to() {
    let reading = || allow(&json!("s3:GetObject"), "*");
    let resources = known(&[
        (
            "aws_iam_role.inline",
            json!({"name": "inline", "inline_policy": [{"name": "x", "policy": reading()}]}),
        ),
        ("aws_iam_role.named", json!({"name": "named"})),
        (
            "aws_iam_role_policy.named",
            json!({"role": "named", "policy": reading()}),
        ),
        ("aws_iam_role.attached", json!({"name": "attached"})),
        (
            "aws_iam_policy.p",
            json!({"arn": "arn:aws:iam::111122223333:policy/p", "policy": reading()}),
        ),
        (
            "aws_iam_role_policy_attachment.p",
            json!({"role": "attached", "policy_arn": "arn:aws:iam::111122223333:policy/p"}),
        ),
        ("aws_iam_role.other", json!({"name": "other"})),
        ("aws_iam_user.member", json!({"name": "member"})),
        ("aws_iam_group.g", json!({"name": "g"})),
        ("aws_iam_group_policy.g", json!({"group": "g", "policy": reading()})),
        (
            "aws_iam_user_group_membership.m",
            json!({"user": "member", "groups": ["g"]}),
        ),
        (
            "vault_aws_secret_backend_role.user",
            json!({"name": "user", "credential_type": "iam_user", "policy_document": reading()}),
        ),
        (
            "vault_aws_secret_backend_role.root",
            json!({"name": "root", "credential_type": "federation_token", "policy_document": reading()}),
        ),
        (
            "vault_aws_secret_backend_role.far",
            json!({"name": "far", "credential_type": "assumed_role", "role_arns": ["arn:aws:iam::111122223333:role/far"],
                   "policy_document": reading()}),
        ),
    ]);
    let plan = plan(&resources, &json!([]));
    assert_eq!(
        who(&plan, "s3:Get*", "arn:aws:s3:::b/*").0,
        answers(&[
            ("aws_iam_group.g", "YES"),
            ("aws_iam_role.attached", "YES"),
            ("aws_iam_role.inline", "YES"),
            ("aws_iam_role.named", "YES"),
            ("aws_iam_role.other", "NO"),
            ("aws_iam_user.member", "YES"),
            (
                "vault_aws_secret_backend_role.far as arn:aws:iam::111122223333:role/far",
                "UNKNOWN"
            ),
            ("vault_aws_secret_backend_role.root", "UNKNOWN"),
            ("vault_aws_secret_backend_role.user", "YES"),
        ])
    );
    // A session policy that allows nothing of it is enough for a no.
    let (writes, report) = who(&plan, "s3:PutObject", "*");
    assert!(writes.iter().all(|(_, result)| result == "NO"), "{writes:?}");
    assert_eq!((&report["result"], &report["exit_code"]), (&json!("NO"), &json!(0)));
}

#[test]
fn what_is_attached_by_reference_is_found_in_the_configuration() {
    let resources = vec![
        (
            "aws_iam_role.r",
            json!({"name_prefix": "r"}),
            json!({"name": true, "arn": true}),
        ),
        ("aws_iam_role.s", json!({"name": "s"}), json!({"arn": true})),
        (
            "aws_iam_policy.p",
            json!({"policy": allow(&json!("s3:GetObject"), "*")}),
            json!({"arn": true}),
        ),
        (
            "aws_iam_role_policy_attachment.a",
            json!({}),
            json!({"role": true, "policy_arn": true}),
        ),
    ];
    let configuration = json!([{
        "address": "aws_iam_role_policy_attachment.a",
        "expressions": {"role": {"references": ["aws_iam_role.r.name", "aws_iam_role.r"]},
                        "policy_arn": {"references": ["aws_iam_policy.p.arn", "aws_iam_policy.p"]}}
    }]);
    let known = plan(&resources, &configuration);
    assert_eq!(
        who(&known, "s3:GetObject", "*").0,
        answers(&[("aws_iam_role.r", "YES"), ("aws_iam_role.s", "NO")])
    );
    // Without the configuration it could be anybody's, and any policy.
    let (found, report) = who(&plan(&resources, &json!([])), "s3:GetObject", "*");
    assert_eq!(
        found,
        answers(&[("aws_iam_role.r", "UNKNOWN"), ("aws_iam_role.s", "UNKNOWN")])
    );
    assert_eq!(report["exit_code"], 2);
}

#[test]
fn a_managed_policy_without_its_document_leaves_it_open() {
    let attached = |policy: Value| {
        plan(
            &known(&[
                (
                    "aws_iam_role.r",
                    json!({"name": "r", "inline_policy": [{"policy": policy}]}),
                ),
                (
                    "aws_iam_role_policy_attachment.a",
                    json!({"role": "r", "policy_arn": "arn:aws:iam::aws:policy/SecurityAudit"}),
                ),
            ]),
            &json!([]),
        )
    };
    let (found, report) = who(&attached(allow(&json!("sqs:*"), "*")), "s3:GetObject", "*");
    assert_eq!(found, answers(&[("aws_iam_role.r", "UNKNOWN")]));
    let reason = report["principals"][0]["unknown"][0].as_str().unwrap();
    assert!(reason.contains("`arn:aws:iam::aws:policy/SecurityAudit`"), "{reason}");
    // What is denied for sure stays denied.
    let deny = policy(&json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}));
    assert_eq!(
        who(&attached(deny), "s3:GetObject", "*").0,
        answers(&[("aws_iam_role.r", "NO")])
    );
    let what = what(&attached(allow(&json!("sqs:SendMessage"), "*")), "r");
    assert_eq!(
        (actions(&what), &what["exit_code"]),
        (vec!["sqs:SendMessage".to_owned()], &json!(2))
    );
}

#[test]
fn a_condition_shows_in_the_request() {
    let statement = json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*",
                           "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}});
    let plan = plan(
        &known(&[(
            "aws_iam_role.r",
            json!({"name": "r", "inline_policy": [{"policy": policy(&statement)}]}),
        )]),
        &json!([]),
    );
    let (_, report) = who(&plan, "s3:GetObject*", "arn:aws:s3:::b/*");
    let witness = &report["principals"][0]["witness"];
    assert_eq!(
        witness["context"],
        json!({"aws:multifactorauthpresent": ["true"]}),
        "{report:#}"
    );
    assert_eq!(
        (&witness["action"], &witness["realistic"]),
        (&json!("s3:GetObject"), &json!(true))
    );
    let what = what(&plan, "aws_iam_role.r");
    let permission = &what["principals"][0]["permissions"][0];
    assert_eq!(permission["conditions"][0]["key"], "aws:MultiFactorAuthPresent");
    assert_eq!(permission["resources"], json!(["arn:aws:s3:::b/*"]));
}

#[test]
fn the_policy_of_a_resource_gives_and_takes() {
    let arn = "arn:aws:iam::111122223333:role/r";
    let with = |statement: Value, own: Value| {
        plan(
            &known(&[
                (
                    "aws_iam_role.r",
                    json!({"name": "r", "arn": arn, "inline_policy": [{"policy": own}]}),
                ),
                (
                    "aws_s3_bucket_policy.b",
                    json!({"bucket": "b", "policy": policy(&statement)}),
                ),
            ]),
            &json!([]),
        )
    };
    let of = |effect: &str, principal: Value| json!({"Effect": effect, "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"});
    let (reading, none) = (|| allow(&json!("s3:Get*"), "*"), || allow(&json!("sqs:*"), "*"));
    for (statement, own, expected) in [
        (of("Allow", json!({"AWS": arn})), none(), "YES"),
        (
            of("Allow", json!({"AWS": "arn:aws:iam::111122223333:role/other"})),
            none(),
            "NO",
        ),
        (
            of("Allow", json!({"AWS": "arn:aws:iam::111122223333:root"})),
            none(),
            "NO",
        ),
        (of("Deny", json!("*")), reading(), "NO"),
        (
            of("Deny", json!({"AWS": "arn:aws:iam::111122223333:role/other"})),
            reading(),
            "YES",
        ),
    ] {
        let plan = with(statement.clone(), own);
        assert_eq!(
            who(&plan, "s3:GetObject", "arn:aws:s3:::b/*").0,
            answers(&[("aws_iam_role.r", expected)]),
            "{statement}"
        );
    }
    // A key's own policy has to allow, too.
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1";
    let with_key = |principal: &str| {
        plan(
            &known(&[
                (
                    "aws_iam_role.r",
                    json!({"name": "r", "arn": arn, "inline_policy": [{"policy": allow(&json!("kms:*"), "*")}]}),
                ),
                (
                    "aws_kms_key.k",
                    json!({"arn": key, "policy": policy(&json!({"Effect": "Allow", "Principal": {"AWS": principal},
                                                                "Action": "kms:*", "Resource": "*"}))}),
                ),
            ]),
            &json!([]),
        )
    };
    let result = |principal: &str| who(&with_key(principal), "kms:Decrypt", key).0;
    assert_eq!(
        result("arn:aws:iam::111122223333:root"),
        answers(&[("aws_iam_role.r", "YES")])
    );
    assert_eq!(
        result("arn:aws:iam::111122223333:role/other"),
        answers(&[("aws_iam_role.r", "NO")])
    );
}

#[test]
fn what_the_policy_of_a_resource_gives_and_takes_is_listed() {
    let arn = "arn:aws:iam::111122223333:role/r";
    let boundary = "arn:aws:iam::111122223333:policy/b";
    let with = |statement: Value, own: Value, limit: &str| {
        plan(
            &known(&[
                (
                    "aws_iam_role.r",
                    json!({"name": "r", "arn": arn, "permissions_boundary": boundary, "inline_policy": [{"policy": own}]}),
                ),
                (
                    "aws_iam_policy.b",
                    json!({"arn": boundary, "policy": allow(&json!(limit), "*")}),
                ),
                (
                    "aws_s3_bucket_policy.b",
                    json!({"bucket": "b", "policy": policy(&statement)}),
                ),
            ]),
            &json!([]),
        )
    };
    let of = |effect: &str, principal: &str| {
        json!({"Sid": "Named", "Effect": effect, "Principal": {"AWS": principal}, "Action": "s3:GetObject",
               "Resource": "arn:aws:s3:::b/*"})
    };
    let none = || policy(&json!({"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}));
    let given = with(of("Allow", arn), none(), "*");
    let report = what(&given, "r");
    assert_eq!(
        (actions(&report), &report["exit_code"]),
        (vec!["s3:GetObject".to_owned()], &json!(1))
    );
    let permission = &report["principals"][0]["permissions"][0];
    let statement = "aws_s3_bucket_policy.b policy Statement[0] (Named)";
    assert_eq!(
        (&permission["given_by"], &permission["resources"]),
        (&json!(statement), &json!(["arn:aws:s3:::b/*"]))
    );
    let (_, report) = who(&given, "s3:GetObject", "arn:aws:s3:::b/*");
    assert_eq!(report["principals"][0]["allowed_by"], json!([statement]));
    let bench = Bench::new();
    bench.write("plan.json", &given);
    let text = bench.run(&["what-can", "r", "--plan", "plan.json"]).stdout;
    assert!(text.contains(&format!("      by {statement}\n")), "{text}");

    for (plan, expected) in [
        // The boundary limits what names the role, its own Denies count, and what is for others gives nothing.
        (with(of("Allow", arn), none(), "sqs:*"), 0),
        (
            with(
                of("Allow", arn),
                policy(&json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})),
                "*",
            ),
            0,
        ),
        (
            with(of("Allow", "arn:aws:iam::111122223333:role/other"), none(), "*"),
            0,
        ),
        (with(of("Allow", "arn:aws:iam::111122223333:root"), none(), "*"), 0),
        // What it denies is not listed, and the rest is.
        (
            with(of("Deny", arn), allow(&json!("s3:GetObject"), "arn:aws:s3:::b/*"), "*"),
            0,
        ),
        (with(of("Deny", arn), allow(&json!("s3:GetObject"), "*"), "*"), 1),
    ] {
        assert_eq!(what(&plan, "r")["exit_code"], expected, "{plan}");
    }
}

#[test]
fn the_policy_of_a_resource_that_is_not_known_leaves_it_open() {
    let arn = "arn:aws:iam::111122223333:role/r";
    let with = |resource: &str, attribute: &str| {
        let late = (resource, json!({}), json!({attribute: true}));
        let role = ("aws_iam_role.r", json!({"name": "r", "arn": arn}), json!({}));
        plan(&[role, late], &json!([]))
    };
    for (resource, attribute, action, expected) in [
        ("aws_s3_bucket_policy.b", "policy", "s3:GetObject", "UNKNOWN"),
        ("aws_s3_bucket_policy.b", "policy", "sqs:SendMessage", "NO"),
        ("aws_s3control_bucket_policy.b", "policy", "s3:GetObject", "UNKNOWN"),
        (
            "aws_cloudwatch_log_resource_policy.l",
            "policy_document",
            "logs:PutLogEvents",
            "UNKNOWN",
        ),
        ("aws_acmpca_policy.c", "policy", "acm-pca:IssueCertificate", "UNKNOWN"),
        ("aws_somethingnew_thing.x", "access_policy", "s3:GetObject", "UNKNOWN"),
        ("other_thing.x", "access_policy", "s3:GetObject", "NO"),
        ("aws_iam_role.late", "assume_role_policy", "sts:AssumeRole", "UNKNOWN"),
        ("aws_iam_role.late", "assume_role_policy", "s3:GetObject", "NO"),
    ] {
        let (found, report) = who(&with(resource, attribute), action, "*");
        let of_role = found.iter().find(|(name, _)| name == "aws_iam_role.r").unwrap();
        assert_eq!(of_role.1, expected, "{resource} {action}: {report:#}");
    }
}

#[test]
fn nothing_of_a_sensitive_policy_is_shown() {
    let plan = plan(
        &known(&[
            ("aws_iam_user.u", json!({"name": "u"})),
            (
                "aws_iam_user_policy.u",
                json!({"user": "u", "is_sensitive": true, "policy": policy(&json!({"Sid": "Marker", "Effect": "Allow",
                       "Action": "s3:GetObject", "Resource": "arn:aws:s3:::marker/*"}))}),
            ),
        ]),
        &json!([]),
    );
    let bench = Bench::new();
    bench.write("plan.json", plan);
    for words in [&["who-can", "s3:*", "*"][..], &["what-can", "u"]] {
        for format in ["text", "json"] {
            let ran = bench.run(&[words, &["--plan", "plan.json", "--format", format, "-v"]].concat());
            assert_eq!(ran.code, 1, "{ran:?}");
            assert!(!ran.stdout.to_lowercase().contains("marker"), "{}", ran.stdout);
        }
    }
}

#[test]
fn what_is_asked_wrongly_is_refused() {
    let plan = plan(
        &known(&[
            ("aws_iam_role.reader", json!({"name": "x"})),
            ("aws_iam_user.writer", json!({"name": "x"})),
        ]),
        &json!([]),
    );
    let bench = Bench::new();
    bench
        .write("plan.json", plan)
        .write("policy.json", r#"{"Version":"2012-10-17","Statement":[]}"#);
    // A plan without a policy is an answer, too.
    let nobody = bench.run(&["who-can", "s3:GetObject", "*", "--plan", "plan.json"]);
    assert_eq!(nobody.code, 0);
    assert!(
        nobody.stdout.ends_with("2 principals: 0 can, 2 cannot, 0 not known\n"),
        "{}",
        nobody.stdout
    );
    for (words, said) in [
        (
            &["who-can", "GetObject", "*", "--plan", "plan.json"][..],
            "`GetObject` is no action",
        ),
        (
            &["who-can", "s3:GetObject", "bucket", "--plan", "plan.json"],
            "`bucket` is no ARN",
        ),
        (&["who-can", "s3:GetObject", "*"], "--plan"),
        (
            &["who-can", "s3:GetObject", "*", "--plan", "policy.json"],
            "is a policy and no plan",
        ),
        (
            &["who-can", "s3:GetObject", "*", "--plan", "none.json"],
            "`none.json` does not exist",
        ),
        (
            &["what-can", "aws_iam_role.raeder", "--plan", "plan.json"],
            "is it `aws_iam_role.reader`?",
        ),
        (&["what-can", "x", "--plan", "plan.json"], "`x` is several"),
    ] {
        let ran = bench.run(words);
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{words:?}");
        assert!(ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
    }
}
