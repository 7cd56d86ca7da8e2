//! What holds for every check: names, documentation, examples, and the same meaning giving the same
//! findings however it is written.

use std::collections::BTreeSet;

use leastpriv_checks::{Check, Severity, checks, judge};
use leastpriv_policy::kind::PolicyKind;
use proptest::prelude::*;

const HEADINGS: [&str; 6] = [
    "## What it checks",
    "## Why it matters",
    "## Example",
    "## Use instead",
    "## When it stays silent",
    "## References",
];

#[test]
fn names_are_kebab_case_unique_and_sorted() {
    let names: Vec<_> = checks().iter().map(|check| check.name).collect();
    assert!(names.is_sorted());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    for name in names {
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{name}"
        );
    }
}

#[test]
fn every_check_has_the_six_headings_in_order() {
    for check in checks() {
        let headings: Vec<_> = check
            .docs
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("## "))
            .collect();
        assert_eq!(headings, HEADINGS, "{}", check.name);
    }
}

#[test]
fn every_example_fires_and_every_use_instead_is_silent() {
    for check in checks() {
        for (policy, kind) in blocks(check, "## Example") {
            let found: Vec<_> = judge(&policy, kind)
                .findings
                .into_iter()
                .filter(|finding| finding.check.name == check.name)
                .collect();
            assert!(!found.is_empty(), "{} does not fire on its example", check.name);
            assert!(
                found.iter().all(|finding| finding.severity <= check.severity),
                "{}",
                check.name
            );
        }
        let instead = blocks(check, "## Use instead");
        assert!(!instead.is_empty(), "{}", check.name);
        for (policy, kind) in instead {
            let found: Vec<_> = judge(&policy, kind)
                .findings
                .iter()
                .map(|finding| finding.check.name)
                .collect();
            assert!(!found.contains(&check.name), "{} fires on its own advice", check.name);
        }
    }
}

#[test]
fn messages_are_one_line_lower_case_without_a_full_stop() {
    for check in checks() {
        for (policy, kind) in blocks(check, "## Example") {
            for finding in judge(&policy, kind).findings {
                let message = &finding.message;
                assert!(!message.contains('\n') && !message.ends_with('.'), "{message}");
                assert!(!message.starts_with(|first: char| first.is_uppercase()), "{message}");
            }
        }
    }
}

/// Policy blocks below a heading, each with its kind.
fn blocks(check: &Check, heading: &str) -> Vec<(String, PolicyKind)> {
    let section = check
        .docs
        .split("## ")
        .find(|section| section.starts_with(heading.trim_start_matches("## ")))
        .unwrap();
    section
        .split("```json ")
        .skip(1)
        .map(|block| {
            let (kind, rest) = block.split_once('\n').unwrap();
            (
                rest.split("```").next().unwrap().trim().to_owned(),
                PolicyKind::from_name(kind.trim()).unwrap(),
            )
        })
        .collect()
}

/// Check and severity of everything that is more than a remark about form.
fn meaning(policy: &str) -> BTreeSet<(&'static str, Severity)> {
    judge(policy, PolicyKind::Identity)
        .findings
        .iter()
        .map(|finding| (finding.check.name, finding.severity))
        .collect()
}

#[test]
fn rewrites_that_mean_the_same_give_the_same_checks() {
    let families: [&[&str]; 4] = [
        &[
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["*:*"],"Resource":["**"]}}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"?*","Resource":"arn:*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"\u002a","Resource":"arn:aws:*:*:*:*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":[],"Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"},{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]}"#,
        ],
        &[
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["S3:*"],"Resource":"*"}}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:?*","Resource":"arn:*:*:*:*:*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s\u0033:*","Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:G*","s3:P*"],"Resource":"*"},{"Effect":"Allow","Action":["s3:A*","s3:B*","s3:C*","s3:D*","s3:I*","s3:L*","s3:O*","s3:R*","s3:S*","s3:T*","s3:U*"],"Resource":"*"}]}"#,
        ],
        &[
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"IAM:passrole","Resource":"arn:*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRol?","Resource":"arn:aws:iam::*:role/*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":["arn:aws:iam::*:*"]}]}"#,
        ],
        &[
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"S3:PUTOBJECT","Resource":"arn:aws:s3:::*/*"}]}"#,
        ],
    ];
    for family in families {
        let first = meaning(family[0]);
        assert!(
            first.iter().any(|(_, severity)| *severity >= Severity::Warning),
            "{first:?}"
        );
        for other in family {
            assert_eq!(meaning(other), first, "{other}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_judged(text in "(\\PC|[\\[\\]{}:,\"*])*") {
        for kind in PolicyKind::ALL {
            for finding in judge(&text, *kind).findings {
                prop_assert!(finding.span.end <= text.len());
            }
        }
    }

    #[test]
    fn order_case_and_spacing_change_nothing(
        actions in proptest::collection::vec(proptest::sample::select(vec!["s3:GetObject", "s3:Put*", "iam:PassRole", "ec2:*", "sts:AssumeRole", "nosuch:Thing"]), 1..4),
        resource in proptest::sample::select(vec!["*", "arn:aws:s3:::b/*", "arn:aws:iam::*:role/*"]),
        swap in any::<bool>(),
    ) {
        let render = |actions: &[String], spaced: bool| {
            let gap = if spaced { "\n  " } else { "" };
            let effect = format!("\"Effect\":{gap}\"Allow\"");
            let action = format!("\"Action\":{gap}[{}]", actions.iter().map(|action| format!("{gap}\"{action}\"")).collect::<Vec<_>>().join(","));
            let members = if swap && spaced { format!("{action},{effect}") } else { format!("{effect},{action}") };
            format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{{{members},\"Resource\":\"{resource}\"}}]}}")
        };
        let plain: Vec<String> = actions.iter().map(|action| (*action).to_owned()).collect();
        let shouted: Vec<String> = actions.iter().rev().map(|action| action.to_uppercase()).collect();
        prop_assert_eq!(meaning(&render(&plain, false)), meaning(&render(&shouted, true)));
    }
}
