use std::path::PathBuf;

use super::*;
use crate::sources::{DocumentInput, ManagedPolicyInput, SourceMap};

const ADMIN: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const GOOD: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}"#;

fn site(sensitive: bool) -> Site {
    Site {
        origin: Origin::File,
        map: SourceMap::default(),
        sensitive,
    }
}

fn input(text: &str, mode: Mode, exceptions: Vec<Exception>) -> PolicyInput {
    PolicyInput {
        file: 0,
        document: Some(DocumentInput {
            text: text.to_owned(),
            kind: PolicyKind::Identity,
            arn: None,
            site: site(false),
        }),
        managed_policies: Vec::new(),
        mode,
        exceptions,
    }
}

fn outcome(input: PolicyInput) -> Outcome {
    let text = input
        .document
        .as_ref()
        .map(|document| document.text.clone())
        .unwrap_or_default();
    let sources = Sources {
        files: vec![SourceFile {
            name: FileName::Path(PathBuf::from("policy.json")),
            text,
            mark: 0,
        }],
        inputs: vec![input],
        ..Sources::default()
    };
    run(
        sources,
        RunOptions {
            fail_on: Severity::Warning,
            today: Date::parse("2026-11-25").unwrap(),
        },
    )
}

fn exceptions(text: &str, expires: &str) -> Vec<Exception> {
    let found = outcome(input(text, Mode::Enforce, Vec::new()));
    found
        .findings
        .iter()
        .map(|located| Exception {
            check: located.finding.check.name.to_owned(),
            reason: "reason".to_owned(),
            owner: "owner".to_owned(),
            expires: Date::parse(expires).unwrap(),
        })
        .collect()
}

#[test]
fn the_exit_code_is_findings_before_gaps_before_clean() {
    assert_eq!(outcome(input(GOOD, Mode::Enforce, Vec::new())).exit(), Exit::Clean);
    assert_eq!(outcome(input(ADMIN, Mode::Enforce, Vec::new())).exit(), Exit::Findings);
    let mut both = outcome(input(ADMIN, Mode::Enforce, Vec::new()));
    both.not_judged
        .push(unjudged(&FileName::StandardInput, &site(false), "x"));
    assert_eq!(both.exit(), Exit::Findings);
    both.fail_on = Severity::Error;
    assert_eq!(both.exit(), Exit::NotJudged);
}

#[test]
fn the_mode_decides_what_findings_do() {
    let warned = outcome(input(ADMIN, Mode::Warn, Vec::new()));
    assert_eq!((warned.exit(), warned.hidden), (Exit::Clean, 0));
    assert!(warned.shown().count() > 0);
    let off = outcome(input(ADMIN, Mode::Off, Vec::new()));
    assert_eq!((off.exit(), off.findings.len()), (Exit::Clean, 0));
    assert_eq!(off.hidden, warned.findings.len());
    assert_eq!(off.judged, 1);
}

#[test]
fn exceptions_hold_are_counted_and_expire() {
    let held = outcome(input(ADMIN, Mode::Enforce, exceptions(ADMIN, "2026-11-25")));
    assert_eq!((held.exit(), held.shown().count()), (Exit::Clean, 0));
    assert_eq!(held.excepted(), held.findings.len());
    let expired = outcome(input(ADMIN, Mode::Enforce, exceptions(ADMIN, "2026-11-24")));
    assert_eq!(expired.exit(), Exit::Findings);
    assert!(
        expired.notes[0].text.contains("expired on 2026-11-24"),
        "{:?}",
        expired.notes
    );
    let unused = outcome(input(GOOD, Mode::Enforce, exceptions(ADMIN, "2030-01-01")));
    assert!(unused.notes[0].text.contains("covers no finding"), "{:?}", unused.notes);
}

#[test]
fn nothing_of_a_sensitive_policy_is_left_in_its_findings() {
    let named = ADMIN.replace(
        "\"Action\":\"*\"",
        "\"Sid\":\"PlantedSecret\",\"Action\":\"*\",\"PlantedSecret\":1",
    );
    // What a policy lets through tells what it names.
    let shown = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:*:*:PlantedSecret*"},
        {"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/PlantedSecret":"PlantedSecret"}}}]}"#;
    for text in [named.as_str(), shown] {
        let mut secret = input(text, Mode::Enforce, Vec::new());
        if let Some(document) = &mut secret.document {
            document.site.sensitive = true;
        }
        let outcome = outcome(secret);
        assert!(outcome.findings.len() > 1);
        for located in &outcome.findings {
            assert!(
                !format!("{:?}", located.finding).contains("PlantedSecret"),
                "{located:?}"
            );
        }
    }
}

#[test]
fn a_managed_policy_that_is_not_known_is_never_clean() {
    let named = |arn: &str| {
        outcome(PolicyInput {
            file: 0,
            document: None,
            managed_policies: vec![ManagedPolicyInput {
                arn: arn.to_owned(),
                site: site(false),
            }],
            mode: Mode::Enforce,
            exceptions: Vec::new(),
        })
    };
    let unknown = named("arn:aws:iam::aws:policy/ReadOnlyAccess");
    assert_eq!((unknown.exit(), unknown.judged), (Exit::NotJudged, 0));
    assert!(unknown.not_judged[0].reason.contains("ReadOnlyAccess"));
    let known = named("arn:aws:iam::aws:policy/AdministratorAccess");
    assert_eq!((known.exit(), known.judged), (Exit::Findings, 1));
}

#[test]
fn a_broken_policy_is_partly_judged_and_its_findings_count() {
    let broken = outcome(input(
        r#"{"Version": "2012-10-17", "Statement": [ {"#,
        Mode::Enforce,
        Vec::new(),
    ));
    assert_eq!(broken.exit(), Exit::Findings);
    assert_eq!((broken.judged, broken.partly_judged.len()), (0, 1));
    assert!(
        broken
            .findings
            .iter()
            .any(|located| located.finding.check.name == "json-syntax")
    );
}

#[test]
fn fingerprints_survive_moves_and_tell_equals_apart() {
    let two = ADMIN.replace("}]}", "},{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}");
    let prints = |text: &str| -> Vec<String> {
        outcome(input(text, Mode::Enforce, Vec::new()))
            .findings
            .into_iter()
            .map(|located| located.fingerprint)
            .collect()
    };
    assert_eq!(prints(ADMIN), prints(&format!("\n\n  {ADMIN}")));
    let mut of_two = prints(&two);
    of_two.sort();
    of_two.dedup();
    assert_eq!(of_two.len(), prints(&two).len());
}

#[test]
fn places_count_the_byte_order_mark_in_bytes_and_not_in_columns() {
    let mut marked = outcome(input(ADMIN, Mode::Enforce, Vec::new()));
    let plain = marked.findings.remove(0).region;
    let sources = Sources {
        files: vec![SourceFile {
            name: FileName::StandardInput,
            text: ADMIN.to_owned(),
            mark: 3,
        }],
        inputs: vec![input(ADMIN, Mode::Enforce, Vec::new())],
        ..Sources::default()
    };
    let options = RunOptions {
        fail_on: Severity::Warning,
        today: Date::parse("2026-11-25").unwrap(),
    };
    let shifted = run(sources, options).findings.remove(0).region;
    assert_eq!(shifted.start, plain.start);
    assert_eq!(shifted.bytes.start, plain.bytes.start + 3);
}
