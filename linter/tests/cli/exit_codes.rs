//! One table of exit codes for every format.

use crate::bench::{Bench, GOOD, SUGGESTION, TYPO};

const FORMATS: [&str; 3] = ["text", "json", "sarif"];

/// Runs under every format and expects the same code.
fn expect(bench: &Bench, code: i32, arguments: &[&str]) {
    for format in FORMATS {
        let mut all = vec!["lint", "--format", format];
        all.extend(arguments);
        let ran = bench.run(&all);
        assert_eq!(ran.code, code, "{all:?} {ran:?}");
    }
}

#[test]
fn the_table_holds_for_every_format() {
    let bench = Bench::new();
    bench
        .write("good.json", GOOD)
        .write("typo.json", TYPO)
        .write("suggestion.json", SUGGESTION)
        .write("other.json", "{}")
        .write("broken.json", "{\"Version\": \"2012-10-17\", \"Statement\": [ {");
    expect(&bench, 0, &["good.json"]);
    expect(&bench, 0, &["suggestion.json"]);
    expect(&bench, 1, &["--fail-on", "suggestion", "suggestion.json"]);
    expect(&bench, 1, &["typo.json"]);
    expect(&bench, 1, &["good.json", "typo.json"]);
    expect(&bench, 1, &["broken.json"]);
    expect(&bench, 2, &["other.json"]);
    expect(&bench, 2, &["good.json", "other.json"]);
    expect(&bench, 1, &["typo.json", "other.json"]);
    expect(&bench, 0, &["--skip-non-policies", "good.json", "other.json"]);
    expect(&bench, 3, &["missing.json"]);
    expect(&bench, 3, &["typo.json", "missing.json"]);
    expect(&bench, 3, &[""]);
    expect(&bench, 3, &["--fail-on", "sometimes", "good.json"]);
    expect(&bench, 3, &["--policy-type", "identiti", "good.json"]);
    expect(&bench, 3, &["--no-such-flag"]);
    expect(&bench, 3, &["--output", "no/such/folder/report", "good.json"]);
}

#[test]
fn every_severity_fails_at_and_above_its_own_limit() {
    let warning = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}"#;
    let security = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}}"#;
    let bench = Bench::new();
    bench
        .write("0.json", SUGGESTION)
        .write("1.json", warning)
        .write("2.json", security)
        .write("3.json", TYPO);
    for (file, severity) in ["0.json", "1.json", "2.json", "3.json"].iter().zip(0..) {
        let limits = ["suggestion", "warning", "security-warning", "error"];
        for (limit, rank) in limits.iter().zip(0..) {
            let ran = bench.run(&["lint", "--fail-on", limit, file]);
            assert_eq!(ran.code, i32::from(severity >= rank), "{file} {limit} {ran:?}");
        }
    }
}

#[test]
fn findings_beside_a_gap_fail_and_the_gap_is_still_said() {
    let bench = Bench::new();
    let ran = bench
        .write("typo.json", TYPO)
        .write("other.json", "{}")
        .run(&["lint", "typo.json", "other.json"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout
            .contains("not judged: the file is JSON, but neither a policy nor a plan"),
        "{ran:?}"
    );
    assert_eq!(ran.counts(), "policies: 1 judged, 0 partly judged, 1 not judged");
}

#[test]
fn a_missing_path_ends_the_run_before_anything_is_written() {
    let bench = Bench::new();
    let ran = bench
        .write("typo.json", TYPO)
        .run(&["lint", "--output", "report.txt", "typo.json", "missing.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert_eq!(ran.stderr, "error: `missing.json` does not exist\n");
    assert!(!bench.path().join("report.txt").exists());
}

#[test]
fn an_empty_folder_has_nothing_to_judge() {
    let bench = Bench::new();
    let ran = bench.run(&["lint"]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.counts(), "policies: 0 judged, 0 partly judged, 0 not judged");
}

#[test]
fn findings_fail_also_when_nobody_reads_the_report() {
    let bench = Bench::new();
    bench.write("typo.json", TYPO);
    for shell in [
        "\"$0\" lint typo.json --output /dev/stdout | true; exit \"${PIPESTATUS[0]}\"",
        "\"$0\" lint typo.json --output report.txt 2>&1 >/dev/null | true; exit \"${PIPESTATUS[0]}\"",
        "\"$0\" lint typo.json | true; exit \"${PIPESTATUS[0]}\"",
    ] {
        let status = std::process::Command::new("bash")
            .args(["-c", shell, env!("CARGO_BIN_EXE_leastpriv")])
            .current_dir(bench.path())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(1), "{shell}");
    }
}
