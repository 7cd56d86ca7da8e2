//! Plans of Terraform.

use crate::bench::{Bench, checks_of, counts_of, data_path, reasons_of};

fn findings(report: &serde_json::Value) -> Vec<(&str, &str)> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            (
                finding["resource"]["address"].as_str().unwrap(),
                finding["check"].as_str().unwrap(),
            )
        })
        .collect()
}

fn of<'r>(report: &'r serde_json::Value, address: &str) -> Vec<&'r serde_json::Value> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["resource"]["address"] == address)
        .collect()
}

#[test]
fn a_real_plan_is_read_whatever_the_resource_is_called() {
    let bench = Bench::new();
    bench.copy("plan-terraform.json", "plan.json");
    let (code, report) = bench.report(&["plan.json"]);
    assert_eq!((code, counts_of(&report)), (1, [6, 0, 0]), "{report:#}");
    assert_eq!(
        findings(&report)
            .into_iter()
            .filter(|(_, check)| *check == "unknown-action")
            .collect::<Vec<_>>(),
        [
            ("terraform_data.compact", "unknown-action"),
            ("terraform_data.nested", "unknown-action"),
            ("terraform_data.sensitive", "unknown-action"),
        ]
    );
    assert_eq!(
        of(&report, "terraform_data.nested")[0]["resource"]["attribute"],
        "jsondecode(input).policy_document"
    );
}

#[test]
fn places_lead_into_the_plan_file_through_every_layer() {
    let text = std::fs::read_to_string(data_path("plan-terraform.json")).unwrap();
    let bench = Bench::new();
    bench.copy("plan-terraform.json", "plan.json");
    let (_, report) = bench.report(&["plan.json"]);
    for (address, expected) in [
        ("terraform_data.compact", r#"\"s3:GetObejct\""#),
        ("terraform_data.nested", r#"\\\"ec2:DescribeInstancez\\\""#),
    ] {
        let location = &of(&report, address)
            .into_iter()
            .find(|finding| finding["check"] == "unknown-action")
            .unwrap()["location"];
        let offset = |end: &str| usize::try_from(location[end]["offset"].as_u64().unwrap()).unwrap();
        assert_eq!(&text[offset("start")..offset("end")], expected);
        let column = location["start"]["column"].as_u64().unwrap();
        assert_eq!(column, text[..offset("start")].chars().count() as u64 + 1);
    }
}

#[test]
fn nothing_of_a_sensitive_attribute_is_ever_printed() {
    let bench = Bench::new();
    bench
        .copy("plan-terraform.json", "plan-terraform.json")
        .copy("plan-aws.json", "plan-aws.json")
        .copy("plan-vault.json", "plan-vault.json");
    for format in ["text", "json", "sarif"] {
        let ran = bench.run(&["lint", "--format", format]);
        let printed = format!("{}{}", ran.stdout, ran.stderr);
        for secret in ["planted-secret", "PlantedSecret"] {
            assert!(!printed.contains(secret), "{format}");
        }
        assert!(printed.contains("example_secret_policy.hidden"), "{format}");
    }
}

#[test]
fn a_plan_is_counted_to_the_last_attribute() {
    let bench = Bench::new();
    bench.copy("plan-aws.json", "plan.json");
    let (code, report) = bench.report(&["plan.json"]);
    assert_eq!((code, counts_of(&report)), (1, [10, 0, 2]), "{report:#}");
    assert_eq!(
        reasons_of(&report),
        [
            "its value is known only after apply",
            "what the managed policy `arn:aws:iam::aws:policy/ReadOnlyAccess` grants is not known here",
        ]
    );
    assert_eq!(report["not_judged"][0]["resource"]["address"], "aws_iam_policy.late");
    assert_eq!(report["not_judged"][0]["resource"]["attribute"], "policy");
    assert_eq!(
        report["not_judged"][1]["resource"]["address"],
        "aws_iam_role_policy_attachment.read_only"
    );
    assert_eq!(report["summary"]["destroyed_resources"], 1);
    let notes: Vec<_> = report["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["text"].as_str().unwrap())
        .collect();
    assert!(
        notes.contains(
            &"the configuration sets no policy there, and the provider fills it in on apply: \
              `aws_iam_role.app.inline_policy`, `aws_iam_role.app.managed_policy_arns`, `aws_s3_bucket.logs.policy`"
        ),
        "{notes:#?}"
    );
}

#[test]
fn a_known_managed_policy_is_judged_by_name() {
    let bench = Bench::new();
    bench.copy("plan-aws.json", "plan.json");
    let (_, report) = bench.report(&["plan.json"]);
    let attached = of(&report, "aws_iam_role_policy_attachment.admin");
    assert!(
        attached
            .iter()
            .any(|finding| finding["check"] == "administrator-access")
    );
    assert_eq!(attached[0]["resource"]["attribute"], "policy_arn");
    assert_eq!(attached[0]["policy_type"], "managed");
}

#[test]
fn modes_and_exceptions_of_our_own_resource_are_honoured() {
    let bench = Bench::new();
    bench.copy("plan-aws.json", "plan.json");
    let (_, report) = bench.report(&["plan.json"]);
    let excepted: Vec<_> = of(&report, "leastpriv_aws_secret_backend_role.excepted")
        .into_iter()
        .filter(|finding| !finding["exception"].is_null())
        .collect();
    assert_eq!(excepted.len(), 1);
    assert_eq!(excepted[0]["check"], "administrator-access");
    assert_eq!(excepted[0]["exception"]["reason"], "break glass");
    assert_eq!(excepted[0]["fails"], false);
    assert_eq!(report["summary"]["excepted"], 1);

    assert!(of(&report, "leastpriv_aws_secret_backend_role.off").is_empty());
    assert!(report["summary"]["hidden"].as_u64().unwrap() > 0);

    let warned = of(&report, "leastpriv_aws_secret_backend_role.warn");
    assert!(!warned.is_empty() && warned.iter().all(|finding| finding["fails"] == false));
    assert_eq!(warned[0]["policy_type"], "session");

    let notes = report["notes"].to_string();
    assert!(
        notes.contains("the exception for `unknown-action` expired on 2000-01-01 and does not count"),
        "{notes}"
    );
    assert!(
        notes.contains("the exception for `no-such-check` names no check"),
        "{notes}"
    );

    let text = bench.run(&["lint", "plan.json"]).stdout;
    assert!(
        text.contains("`validate = \"warn\"`: it is shown and does not fail"),
        "{text}"
    );
    assert!(text.contains("not shown: 1 excepted, "), "{text}");
}

#[test]
fn roles_of_the_vault_provider_are_known() {
    let bench = Bench::new();
    bench.copy("plan-vault.json", "plan.json");
    let (code, report) = bench.report(&["plan.json"]);
    assert_eq!((code, counts_of(&report)), (2, [2, 0, 1]), "{report:#}");
    assert_eq!(
        report["not_judged"][0]["resource"]["address"],
        "vault_aws_secret_backend_role.user"
    );
    assert_eq!(report["not_judged"][0]["resource"]["attribute"], "policy_arns[0]");
}

#[test]
fn a_plan_without_a_policy_is_like_any_file_without_one() {
    let empty = r#"{"format_version":"1.2","planned_values":{"root_module":{}},"resource_changes":[
        {"address":"a.b","mode":"managed","type":"a","name":"b","change":{"actions":["delete"],"before":{},"after":null}}]}"#;
    let bench = Bench::new();
    bench.write("plan.json", empty);
    let (code, report) = bench.report(&["plan.json"]);
    assert_eq!((code, reasons_of(&report)), (2, vec!["the plan holds no policy"]));
    assert_eq!(report["summary"]["destroyed_resources"], 1);
    let (code, report) = bench.report(&["--skip-non-policies", "plan.json"]);
    assert_eq!((code, report["summary"]["files_without_policy"].as_u64()), (0, Some(1)));
    assert_eq!(bench.run(&["lint"]).code, 0);
}

#[test]
fn a_plan_that_cannot_be_trusted_is_not_clean() {
    let policy = r#"{\"Version\":\"2012-10-17\",\"Statement\":[]}"#;
    let plan = |head: &str| {
        format!(
            r#"{{{head},"resource_changes":[{{"address":"a.b","mode":"managed","type":"a","name":"b","change":{{"actions":["create"],"after":{{"p":"{policy}"}}}}}}]}}"#
        )
    };
    let bench = Bench::new();
    bench
        .write("future.json", plan(r#""format_version":"2.0""#))
        .write("errored.json", plan(r#""format_version":"1.2","errored":true"#))
        .write("cut.json", &plan(r#""format_version":"1.2""#)[..160]);
    for (file, reason) in [
        ("future.json", "plans of format version `2.0` are not known"),
        (
            "errored.json",
            "planning ended in an error, so changes may be missing from the plan",
        ),
        ("cut.json", "the plan is damaged, so changes may be missing from it: "),
    ] {
        let (code, report) = bench.report(&[file]);
        assert_ne!(code, 0, "{file}");
        assert!(
            reasons_of(&report).iter().any(|given| given.starts_with(reason)),
            "{file}: {report:#}"
        );
    }
}

#[test]
fn a_large_plan_is_read_in_one_pass() {
    let policy = r#"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObejct\",\"Resource\":\"arn:aws:s3:::a/*\"}]}"#;
    let changes: Vec<_> = (0..5_000)
        .map(|number| {
            format!(
                r#"{{"address":"aws_iam_policy.p{number}","mode":"managed","type":"aws_iam_policy","name":"p{number}","change":{{"actions":["create"],"after":{{"policy":"{policy}"}}}}}}"#
            )
        })
        .collect();
    let bench = Bench::new();
    bench.write(
        "plan.json",
        format!(
            r#"{{"format_version":"1.2","resource_changes":[{}]}}"#,
            changes.join(",")
        ),
    );
    let (code, report) = bench.report(&["plan.json"]);
    assert_eq!((code, counts_of(&report)), (1, [5_000, 0, 0]));
    assert_eq!(checks_of(&report).len(), 5_000);
}
