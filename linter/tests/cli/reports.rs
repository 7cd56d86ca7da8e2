//! The report for programs, and reports in files.

use leastpriv_catalog::catalog;

use crate::bench::{Bench, TYPO};

#[test]
fn the_json_report_has_a_version_and_everything_in_it() {
    let bench = Bench::new();
    bench.write("policy.json", TYPO);
    let (code, report) = bench.report(&["policy.json"]);
    assert_eq!(code, 1);
    assert_eq!(
        (report["format"].as_str(), report["version"].as_u64()),
        (Some("leastpriv-lint"), Some(1))
    );
    assert_eq!(report["tool"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["tool"]["catalog"][0]["date"], catalog().sources()[0].date);
    assert_eq!(report["summary"]["exit_code"], 1);
    assert_eq!(report["summary"]["fail_on"], "warning");
    assert_eq!(
        report["summary"]["findings"][0],
        serde_json::json!({"severity": "error", "count": 1})
    );
    let finding = &report["findings"][0];
    for (field, value) in [
        ("check", "unknown-action"),
        ("severity", "error"),
        ("confidence", "high"),
        ("aws_code", "INVALID_ACTION"),
        ("help", "did you mean `s3:GetObject`"),
        ("policy_type", "identity"),
        ("path", "Statement.Action"),
        ("element", "s3:GetObejct"),
        ("file", "policy.json"),
    ] {
        assert_eq!(finding[field], value, "{field}");
    }
    assert_eq!(finding["location"]["start"]["line"], 5);
    assert_eq!(finding["location"]["end"]["column"], 31);
    assert_eq!(
        (&finding["resource"], &finding["exception"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
    assert_eq!(finding["fails"], true);
}

#[test]
fn every_report_has_the_request_that_shows_the_danger() {
    let bench = Bench::new();
    bench.write(
        "policy.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*",
            "Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}"#,
    );
    let (_, report) = bench.report(&["policy.json"]);
    let findings = report["findings"].as_array().unwrap();
    let finding = findings
        .iter()
        .find(|finding| finding["check"] == "pass-any-role")
        .unwrap();
    let role = "arn:aws:iam::123456789012:role/example";
    assert_eq!(
        finding["example"],
        serde_json::json!({"action": "iam:PassRole", "resource": role, "context": {"aws:RequestedRegion": ["eu-west-1"]}})
    );
    let words = format!("lets through: `iam:PassRole` on `{role}`, where `aws:RequestedRegion` is `eu-west-1`");
    for format in ["text", "sarif"] {
        let ran = bench.run(&["lint", "--format", format, "policy.json"]);
        assert!(ran.stdout.contains(&words), "{}", ran.stdout);
    }
    bench.write("typo.json", TYPO);
    let (_, report) = bench.report(&["typo.json"]);
    assert_eq!(report["findings"][0]["example"], serde_json::Value::Null);
}

#[test]
fn a_report_in_a_file_leaves_the_counts_on_standard_error() {
    let bench = Bench::new();
    bench.write("policy.json", TYPO);
    for format in ["text", "json", "sarif"] {
        let direct = bench.run(&["lint", "--format", format, "policy.json"]);
        let ran = bench.run(&["lint", "--format", format, "--output", "out", "policy.json"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert!(
            ran.stderr
                .ends_with("policies: 1 judged, 0 partly judged, 0 not judged\n"),
            "{}",
            ran.stderr
        );
        assert_eq!(
            std::fs::read_to_string(bench.path().join("out")).unwrap(),
            direct.stdout
        );
    }
}
