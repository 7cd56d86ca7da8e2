//! What a change of policies gives and takes.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::{Bench, Ran, repository};

fn policy(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

fn allow(actions: &str, rest: &str) -> String {
    policy(&format!(
        r#"{{"Sid":"A","Effect":"Allow","Action":{actions},"Resource":"arn:aws:s3:::b/*"{rest}}}"#
    ))
}

/// The report about a change.
fn report(old: &str, new: &str) -> (i32, Value) {
    let bench = Bench::new();
    bench.write("old.json", old).write("new.json", new);
    read(&bench.run(&["diff", "old.json", "new.json", "--format", "json"]))
}

fn read(ran: &Ran) -> (i32, Value) {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(report["exit_code"], ran.code, "{report:#}");
    (ran.code, report)
}

/// A plan with these texts of policies, each at an address and an attribute.
fn plan(resources: &[(&str, Value)]) -> String {
    let changes: Vec<Value> = resources
        .iter()
        .map(|(address, after)| {
            json!({
                "address": address, "mode": "managed", "type": address.split('.').next(), "name": "x",
                "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": {},
                           "after_sensitive": {"secret": true, "policy": after.get("sensitive").is_some()}}
            })
        })
        .collect();
    json!({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes}).to_string()
}

#[test]
fn the_example_is_told_as_its_page_tells_it() {
    let folder = repository().join("examples/diff");
    let file = |name: &str| folder.join(name).display().to_string();
    let ran = Bench::new().run(&["diff", &file("old.json"), &file("new.json")]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    let shown = ran.stdout.replace(&format!("{}/", folder.display()), "");
    let page = std::fs::read_to_string(repository().join("docs/guides/diff.md")).unwrap();
    assert!(
        page.contains(&format!("```text\n{shown}```\n")),
        "the page lacks:\n{shown}"
    );
}

#[test]
fn the_same_access_is_said_to_be_the_same() {
    let other = allow(r#"["s3:Put*","s3:GetObject","s3:PutObject"]"#, "");
    let bench = Bench::new();
    bench
        .write("old.json", allow(r#"["s3:GetObject","s3:Put*"]"#, ""))
        .write("new.json", &other);
    let ran = bench.run(&["diff", "old.json", "new.json"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout
            .ends_with("the same access: nothing is gained and nothing is lost, for any request\n")
    );
    let ran = bench.run_with_input(&["diff", "old.json", "-", "--format", "json"], other.as_bytes());
    assert_eq!(read(&ran).1["result"], "SAME");
}

#[test]
fn loss_alone_is_no_failure() {
    let (code, report) = report(&allow(r#""s3:*""#, ""), &allow(r#""s3:Get*""#, ""));
    assert_eq!((code, &report["result"]), (0, &json!("LOST")));
    let lost = &report["policies"][0]["lost"]["changes"][0];
    assert_eq!(lost["statement"], 0);
    assert_eq!(lost["parts"][0]["witness"]["realistic"], true, "{lost:#}");
}

#[test]
fn actions_are_told_apart_by_what_stopped_them() {
    let old = policy(
        r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/*"},
           {"Sid":"Keep","Effect":"Deny","Action":"s3:PutObject","Resource":"*"}"#,
    );
    let (code, report) = report(&old, &allow(r#"["s3:GetObject*","s3:PutObject"]"#, ""));
    assert_eq!(code, 1);
    let parts = report["policies"][0]["gained"]["changes"][0]["parts"]
        .as_array()
        .unwrap()
        .clone();
    let of = |action: &str| {
        let part = parts
            .iter()
            .find(|part| part["actions"].as_array().unwrap().contains(&json!(action)));
        part.unwrap_or_else(|| panic!("{action}: {parts:#?}"))
    };
    let wide = of("s3:GetObject*");
    assert_eq!(wide["stopped_by"]["text"], "no statement allows the action");
    // What was allowed before is left out.
    assert_eq!(wide["actions_left_out"], json!(["s3:GetObject"]));
    assert_eq!(
        of("s3:PutObject")["stopped_by"]["statements"],
        json!(["old.json:2:12 Statement[1] (Keep)"])
    );
    assert_eq!(of("s3:PutObject")["access_levels"], json!({"Write": 1}));
    // What the Deny takes beside that is told on its own.
    let changes = &report["policies"][0]["gained"]["changes"];
    assert_eq!(
        (&changes[1]["kind"], &changes[1]["sid"]),
        (&json!("deny"), &json!("Keep"))
    );
}

#[test]
fn a_condition_that_is_gone_is_seen_in_words() {
    let mfa = r#","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;
    let bench = Bench::new();
    bench
        .write("old.json", allow(r#""s3:GetObject""#, mfa))
        .write("new.json", allow(r#""s3:GetObject""#, ""));
    let ran = bench.run(&["diff", "old.json", "new.json"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout.contains("without `aws:MultiFactorAuthPresent` (`Bool`)"),
        "{}",
        ran.stdout
    );
    let region = |values: &str| {
        allow(
            r#""s3:GetObject""#,
            &format!(r#","Condition":{{"StringEquals":{{"aws:RequestedRegion":{values}}}}}"#),
        )
    };
    let (_, report) = report(&region(r#""eu-west-1""#), &region(r#"["eu-west-1","us-east-1"]"#));
    let change = &report["policies"][0]["gained"]["changes"][0];
    assert_eq!(change["conditions"][0]["values"], json!(["eu-west-1", "us-east-1"]));
    let stop = &change["parts"][0]["stopped_by"];
    assert!(
        stop["text"]
            .as_str()
            .unwrap()
            .contains("with `us-east-1` as `aws:RequestedRegion`"),
        "{stop}"
    );
    assert_eq!(
        stop["tests"],
        json!([{"operator": "StringEquals", "key": "aws:RequestedRegion"}])
    );
}

#[test]
fn only_the_resources_that_make_a_difference_are_named() {
    let of = |resources: &str| {
        policy(&format!(
            r#"{{"Effect":"Allow","Action":"sqs:SendMessage","Resource":{resources}}}"#
        ))
    };
    let (_, report) = report(
        &of(r#""arn:aws:sqs:eu-west-1:111122223333:a""#),
        &of(r#"["arn:aws:sqs:eu-west-1:111122223333:a","arn:aws:sqs:eu-west-1:111122223333:b"]"#),
    );
    let part = &report["policies"][0]["gained"]["changes"][0]["parts"][0];
    assert_eq!(part["resources"], json!(["arn:aws:sqs:eu-west-1:111122223333:b"]));
}

#[test]
fn a_deny_counts_without_an_allow_beside_it() {
    let deny = |actions: &str| {
        policy(&format!(
            r#"{{"Sid":"D","Effect":"Deny","Action":{actions},"Resource":"*"}}"#
        ))
    };
    let (both, one) = (
        deny(r#"["iam:CreateUser","iam:DeleteUser"]"#),
        deny(r#""iam:CreateUser""#),
    );
    let (code, gained) = report(&both, &one);
    assert_eq!((code, &gained["result"]), (1, &json!("GAINED")));
    let change = &gained["policies"][0]["gained"]["changes"][0];
    assert_eq!(
        (&change["kind"], &change["parts"][0]["actions"]),
        (&json!("deny"), &json!(["iam:DeleteUser"]))
    );
    assert_eq!(report(&one, &both).1["result"], "LOST");
    assert_eq!(report(&both, &both).1["result"], "SAME");
}

#[test]
fn what_cannot_be_decided_is_unknown() {
    let of = |resource: &str| {
        policy(&format!(
            r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::{resource}"}}"#
        ))
    };
    let invalid = policy(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Nonsense":{"a":"b"}}}"#);
    let (code, report) = report(&of("b/*"), &invalid);
    assert_eq!((code, &report["result"]), (2, &json!("UNKNOWN")), "{report:#}");
    let doubts = report["policies"][0]["gained"]["unknown"].as_array().unwrap();
    assert!(!doubts.is_empty());
}

#[test]
fn what_is_gained_is_what_the_check_finds() {
    let folder = repository().join("examples/policies/good");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .collect();
    files.sort();
    let bench = Bench::new();
    let mut gains = 0;
    for (old, new) in files.iter().zip(files.iter().cycle().skip(1)) {
        let (_, report) = read(&bench.run(&["diff", old, new, "--format", "json"]));
        let gained = &report["policies"][0]["gained"];
        let changes = gained["changes"].as_array().unwrap().iter();
        let statements: Vec<&Value> = changes
            .filter(|one| one["kind"] == "allow")
            .map(|one| &one["statement"])
            .collect();
        let file = |path: &str| format!("file://{path}");
        let check = bench.run(&[
            "check-no-new-access",
            "--existing-policy-document",
            &file(old),
            "--new-policy-document",
            &file(new),
        ]);
        let check: Value = serde_json::from_str(&check.stdout).unwrap();
        let none = Vec::new();
        let reasons = check["reasons"].as_array().unwrap_or(&none).iter();
        let expected: Vec<&Value> = match check["result"].as_str().unwrap() {
            "FAIL" => reasons.map(|reason| &reason["statementIndex"]).collect(),
            _ => Vec::new(),
        };
        assert_eq!(statements, expected, "{old} {new}");
        gains += expected.len();
    }
    assert!(gains >= files.len(), "{gains}");
}

#[test]
fn policies_of_plans_are_matched_by_address_and_attribute() {
    let text = |action: &str| json!(allow(&format!(r#""{action}""#), ""));
    let old = plan(&[
        ("aws_iam_policy.kept", json!({"policy": text("s3:GetObject")})),
        ("aws_iam_policy.gone", json!({"policy": text("s3:GetObject")})),
        (
            "aws_iam_role.r",
            json!({"inline_policy": [{"policy": text("s3:GetObject")}, {"policy": text("s3:PutObject")}]}),
        ),
    ]);
    let new = plan(&[
        ("aws_iam_policy.kept", json!({"policy": text("s3:Get*")})),
        ("aws_iam_policy.come", json!({"policy": text("s3:GetObject")})),
        // In another order, which says nothing.
        (
            "aws_iam_role.r",
            json!({"inline_policy": [{"policy": text("s3:PutObject")}, {"policy": text("s3:GetObject")}]}),
        ),
    ]);
    let bench = Bench::new();
    bench.write("old.json", old).write("new.json", new);
    let (code, report) = read(&bench.run(&["diff", "old.json", "new.json", "--format", "json"]));
    assert_eq!(code, 1);
    let told: Vec<(&str, &str, bool, bool)> = report["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let is_told = |way: &str| !one[way]["changes"].as_array().unwrap().is_empty();
            let text = |name: &str| one[name].as_str().unwrap();
            (text("address"), text("standing"), is_told("gained"), is_told("lost"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("aws_iam_policy.come", "added", true, false),
            ("aws_iam_policy.gone", "removed", false, true),
            ("aws_iam_policy.kept", "kept", true, false),
            ("aws_iam_role.r", "kept", false, false),
            ("aws_iam_role.r", "kept", false, false),
        ]
    );
}

#[test]
fn a_control_policy_limits_where_it_is_added() {
    let deny = json!(policy(r#"{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#));
    let scp = || plan(&[("aws_organizations_policy.x", json!({"content": deny}))]);
    let bench = Bench::new();
    bench.write("with.json", scp()).write("without.json", plan(&[]));
    let result = |old: &str, new: &str| {
        let (code, report) = read(&bench.run(&["diff", old, new, "--format", "json"]));
        (code, report["result"].clone())
    };
    assert_eq!(result("without.json", "with.json"), (0, json!("LOST")));
    assert_eq!(result("with.json", "without.json"), (1, json!("GAINED")));
}

#[test]
fn what_a_plan_does_not_hold_is_not_compared() {
    let managed = |arns: &[&str]| plan(&[("aws_iam_role.r", json!({"managed_policy_arns": arns}))]);
    let bench = Bench::new();
    bench
        .write("old.json", managed(&[]))
        .write("new.json", managed(&["arn:aws:iam::aws:policy/ReadOnlyAccess"]));
    let (code, report) = read(&bench.run(&["diff", "old.json", "new.json", "--format", "json"]));
    assert_eq!((code, &report["result"]), (2, &json!("UNKNOWN")));
    assert_eq!(report["not_compared"][0]["address"], "aws_iam_role.r");
    assert_eq!(bench.run(&["diff", "new.json", "old.json"]).code, 0);
    assert_eq!(bench.run(&["diff", "new.json", "new.json"]).code, 0);
}

#[test]
fn nothing_of_a_sensitive_policy_is_shown() {
    let of = |action: &str| {
        let text = policy(&format!(
            r#"{{"Sid":"Marker","Effect":"Allow","Action":"s3:{action}","Resource":"arn:aws:s3:::marker/*"}}"#
        ));
        plan(&[("aws_iam_policy.x", json!({"policy": text, "sensitive": true}))])
    };
    let bench = Bench::new();
    bench
        .write("old.json", of("GetMarker"))
        .write("new.json", of("PutMarker"));
    for format in ["text", "json"] {
        let ran = bench.run(&["diff", "old.json", "new.json", "--format", format]);
        assert_eq!(ran.code, 1);
        let shown = ran.stdout.to_lowercase();
        assert!(!shown.contains("marker") && !shown.contains("s3:"), "{}", ran.stdout);
        assert!(shown.contains("statement"), "{}", ran.stdout);
    }
}

/// Runs the real `git` in a folder.
fn git(folder: &Path, words: &[&str]) {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@example.org",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(words)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_file_is_compared_with_what_it_was_in_git() {
    let bench = Bench::new();
    let narrow = allow(r#""s3:GetObject""#, "");
    bench
        .write("policies/a.json", &narrow)
        .write("policies/-x y.json", &narrow);
    git(bench.path(), &["init", "-q"]);
    git(bench.path(), &["add", "."]);
    git(bench.path(), &["commit", "-q", "-m", "x"]);
    bench
        .write("policies/a.json", allow(r#""s3:*""#, ""))
        .write("policies/-x y.json", allow(r#""s3:*""#, ""))
        .write("policies/fresh.json", &narrow);
    let compare = |words: &[&str]| {
        let all = [&["diff", "--format", "json"], words].concat();
        bench.run(&all)
    };
    for words in [
        &["--git", "main", "policies/a.json"][..],
        &["--git", "HEAD", "--", "policies/-x y.json"],
        &["main:policies/a.json", "policies/a.json"],
        &["main:./policies/a.json", "policies/a.json"],
        &[":policies/a.json", "policies/a.json"],
    ] {
        let (code, report) = read(&compare(words));
        assert_eq!((code, &report["result"]), (1, &json!("GAINED")), "{words:?}");
    }
    let (_, report) = read(&compare(&["main:policies/a.json", "HEAD:policies/a.json"]));
    assert_eq!(report["result"], "SAME");
    // In a folder below the top.
    let inside = bench.run_inside("policies", &["diff", "--git", "main", "a.json"]);
    assert_eq!(inside.code, 1, "{inside:?}");
    // What the revision does not have yet is added.
    let (code, report) = read(&compare(&["--git", "main", "policies/fresh.json"]));
    assert_eq!((code, &report["policies"][0]["standing"]), (1, &json!("added")));
    for (words, said) in [
        (&["--git", "nowhere", "policies/a.json"][..], "nowhere"),
        (&["--git=-x", "policies/a.json"], "is no revision"),
        (&["nowhere:a.json", "policies/a.json"], "nowhere"),
        (&["main:gone.json", "policies/a.json"], "gone.json"),
        (&["--git", "main", "gone.json"], "gone.json"),
        (&["--git", "main", "-"], "standard input has no revision"),
    ] {
        let ran = compare(words);
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{words:?}");
        assert!(ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
    }
}

#[test]
fn without_git_the_error_says_so() {
    let bench = Bench::new();
    bench.write("a.json", allow(r#""s3:*""#, ""));
    let ran = bench.run_with_path("/nowhere", &["diff", "--git", "main", "a.json"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("`git` cannot be run"), "{}", ran.stderr);
}

#[test]
fn sides_that_do_not_fit_are_refused() {
    let bench = Bench::new();
    bench
        .write("a.json", allow(r#""s3:*""#, ""))
        .write("plan.json", plan(&[]))
        .write("other.json", "{}")
        .write("twice.json", r#"{"Statement":[],"Statement":[]}"#);
    for (words, said) in [
        (
            &["a.json", "plan.json"][..],
            "`a.json` is a policy and `plan.json` is a plan",
        ),
        (
            &["a.json", "other.json"],
            "`other.json`: the file is JSON, but neither a policy nor a plan",
        ),
        (&["a.json", "."], "is a folder"),
        (&["a.json", "none.json"], "`none.json` does not exist"),
        (&["a.json", "twice.json"], "`twice.json`: line 1"),
        (&["a.json"], "there is no NEW"),
        (&["-", "-"], "one side only"),
    ] {
        let ran = bench.run(&[&["diff"], words].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{words:?}");
        assert!(ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
    }
    let ran = bench.run(&["diff", "--exit-zero", "a.json", "a.json"]);
    assert_eq!(ran.code, 0);
}

#[test]
fn text_of_a_stranger_is_escaped() {
    let bench = Bench::new();
    let hostile = |action: &str| {
        policy(&format!(
            r#"{{"Sid":"\u001b[2J","Effect":"Allow","Action":"{action}\u001b]0;x\u0007","Resource":"arn:aws:s3:::\n##[error]b/*"}}"#
        ))
    };
    bench
        .write("old.json", hostile("s3:Get"))
        .write("new.json", hostile("s3:Put"));
    let ran = bench.run(&["diff", "old.json", "new.json"]);
    assert_eq!(ran.code, 1);
    assert!(
        !ran.stdout.contains(['\u{1b}', '\u{7}']) && !ran.stdout.contains("##["),
        "{}",
        ran.stdout
    );
}
