//! `test`: files of cases, what is said of them, and how it ends.

use std::path::Path;

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};

const ORDERS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::orders/*"
    },
    {
      "Sid": "Write",
      "Effect": "Allow",
      "Action": "s3:PutObject",
      "Resource": "arn:aws:s3:::orders/*",
      "Condition": {"Bool": {"aws:SecureTransport": "true"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    },
    {
      "Sid": "Keep",
      "Effect": "Deny",
      "Action": "s3:DeleteObject",
      "Resource": "*"
    }
  ]
}
"#;

const PASSING: &str = "\
policies: ../orders.json
principal: arn:aws:iam::123456789012:role/app
context:
  aws:SecureTransport: true
  aws:SourceIp: 10.1.2.3
cases:
  - name: reads and writes
    actions: [s3:GetObject, s3:PutObject]
    resource: arn:aws:s3:::orders/1
    expect: allow
  - name: writes from nowhere else
    action: s3:PutObject
    resource: arn:aws:s3:::orders/1
    context: {aws:SourceIp: 192.0.2.1}
    expect: implicit-deny
  - name: deletes nothing
    action: s3:DeleteObject
    resources: [arn:aws:s3:::orders/1, arn:aws:s3:::others/1]
    expect: explicit-deny
";

/// A bench with the policy and a test file.
fn bench(name: &str, text: &str) -> Bench {
    let bench = Bench::new();
    bench.write("orders.json", ORDERS).write(name, text);
    bench
}

fn run(text: &str, more: &[&str]) -> Ran {
    bench("t/orders.yaml", text).run(&[&["test", "t/orders.yaml"], more].concat())
}

fn refused(text: &str, with: &str) {
    let ran = run(text, &[]);
    assert_eq!(ran.code, 3, "{text}: {}", ran.stdout);
    assert!(ran.stderr.contains(with), "{text}: {}", ran.stderr);
}

/// A file with one case, which reads an object.
fn file(head: &str, case: &str) -> String {
    format!("{head}\ncases:\n  - {{name: one, action: s3:GetObject, resource: \"arn:aws:s3:::orders/1\", {case}}}\n")
}

#[test]
fn what_ends_as_expected_is_counted_and_no_more() {
    let ran = run(PASSING, &["--require-coverage"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    assert_eq!(ran.stdout, "1 file: 3 as expected, 0 not\n3 of 3 statements matched\n");
}

#[test]
fn a_failure_tells_the_case_the_statement_and_the_test_that_failed() {
    let text = PASSING
        .replace("implicit-deny", "allow")
        .replace("expect: explicit-deny", "expect: allow");
    let ran = run(&text, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    assert_eq!(
        ran.stdout,
        "FAIL t/orders.yaml:11:5: writes from nowhere else\n  \
         s3:PutObject on arn:aws:s3:::orders/1: expected allow, got implicit deny\n    \
         no identity-based policy allows it\n    \
         nearest Allow: orders.json:10:5 Statement[1] (Write), whose `Condition` does not match (`IpAddress` of \
         `aws:SourceIp`)\n\n\
         FAIL t/orders.yaml:16:5: deletes nothing\n  \
         s3:DeleteObject on arn:aws:s3:::orders/1: expected allow, got explicit deny\n    \
         denied by orders.json:17:5 Statement[2] (Keep)\n    \
         the identity-based policy denies it\n  \
         s3:DeleteObject on arn:aws:s3:::others/1: expected allow, got explicit deny\n    \
         denied by orders.json:17:5 Statement[2] (Keep)\n    \
         the identity-based policy denies it\n\n\
         1 file: 1 as expected, 2 not\n3 of 3 statements matched\n"
    );
    let ran = run(&PASSING.replace("expect: allow", "expect: deny"), &[]);
    assert!(
        ran.stdout.contains("allowed by orders.json:4:5 Statement[0] (Read)\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn statements_that_no_case_matched_are_listed_and_can_fail() {
    let text = file("policies: ../orders.json", "expect: allow");
    let ran = run(&text, &[]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout.starts_with(
            "statements that no case matched:\n  orders.json:10:5 Statement[1] (Write) Allow\n  \
             orders.json:17:5 Statement[2] (Keep) Deny\n"
        ),
        "{}",
        ran.stdout
    );
    for (option, code) in [
        ("--require-coverage", 1),
        ("--require-coverage=34", 1),
        ("--require-coverage=33", 0),
        ("--require-coverage=101", 3),
    ] {
        assert_eq!(run(&text, &[option]).code, code, "{option}");
    }
    let ran = run(&text, &["--require-coverage"]);
    assert!(
        ran.stdout
            .ends_with("1 of 3 statements matched, fewer than the 100 % that are required\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn files_share_the_coverage_of_a_policy() {
    let bench = bench("t/a.yaml", &file("policies: ../orders.json", "expect: allow"));
    let other = file("policies: ../orders.json", "expect: allow").replace("s3:GetObject", "s3:DeleteObject");
    bench.write(
        "b.yaml",
        other.replace("../", "./").replace("expect: allow", "expect: deny"),
    );
    let ran = bench.run(&["test", "t/a.yaml", "b.yaml"]);
    assert!(
        ran.stdout
            .ends_with("2 files: 2 as expected, 0 not\n2 of 3 statements matched\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn toml_says_the_same() {
    let toml = r#"
policies = "orders.json"
principal = "arn:aws:iam::123456789012:role/app"
context = { "aws:SecureTransport" = true, "aws:SourceIp" = "10.1.2.3" }

[[cases]]
name = "writes"
action = "s3:PutObject"
resource = "arn:aws:s3:::orders/1"
expect = "allow"

[[cases]]
name = "reads"
action = "s3:GetObject"
resource = "arn:aws:s3:::orders/1"
expect = "deny"
"#;
    let ran = bench("orders.toml", toml).run(&["test", "orders.toml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("FAIL orders.toml:12:1: reads\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 file: 1 as expected, 1 not\n"), "{}", ran.stdout);
    let wrong = toml.replace("expect = \"deny\"", "expects = \"deny\"");
    let ran = bench("orders.toml", &wrong).run(&["test", "orders.toml"]);
    assert_eq!(ran.code, 3);
    assert_eq!(
        ran.stderr,
        "error: orders.toml:16:1: a case has no field `expects`; is it `expect`?\n"
    );
}

#[test]
fn every_layer_can_be_given() {
    let all = "{Version: 2012-10-17, Statement: {Effect: Allow, Action: '*', Resource: '*'}}";
    let queues = "{Version: 2012-10-17, Statement: {Effect: Allow, Action: 'sqs:*', Resource: '*'}}";
    let anybody = |effect: &str| {
        format!("{{Version: 2012-10-17, Statement: {{Effect: {effect}, Principal: '*', Action: '*', Resource: '*'}}}}")
    };
    let (allow, deny) = (anybody("Allow"), anybody("Deny"));
    for (layer, end) in [
        (format!("permissions_boundary: {all}"), "allow"),
        (format!("permissions_boundary: {queues}"), "implicit-deny"),
        (format!("session_policies: [{queues}, {all}]"), "allow"),
        (format!("session_policies: {queues}"), "implicit-deny"),
        (format!("service_control_policies: [{all}, [{queues}, {all}]]"), "allow"),
        (format!("service_control_policies: [{all}, {queues}]"), "implicit-deny"),
        (format!("resource_control_policies: {deny}"), "explicit-deny"),
        (format!("resource_policy: {deny}"), "explicit-deny"),
        (format!("endpoint_policy: {allow}"), "allow"),
        (format!("endpoint_policy: {deny}"), "explicit-deny"),
        ("resource_owner: 222222222222".to_owned(), "implicit-deny"),
    ] {
        let head = format!("policies: {all}\nprincipal: arn:aws:iam::111111111111:user/ada\n{layer}");
        let ran = run(&file(&head, &format!("expect: {end}")), &[]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{layer}: {}", ran.stdout);
    }
    let head = format!("policies: {all}\npermissions_boundary: {queues}");
    let ran = run(&file(&head, "expect: allow"), &[]);
    assert!(
        ran.stdout.contains("no permissions boundary allows it\n"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("nearest Allow: t/orders.yaml:2:56 Statement[0], whose `Action` does not match\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_case_has_its_own_principal_and_can_take_a_key_away() {
    let own = "'{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::b/${aws:username}/*\",\"Condition\":{\"Null\":{\"aws:TokenIssueTime\":\"true\"}}}}'";
    let text = format!(
        "policies: {own}
principal: arn:aws:iam::111111111111:user/ada
context: {{aws:TokenIssueTime: 2026-11-29T00:00:00Z}}
cases:
  - {{name: a, action: s3:GetObject, resource: \"arn:aws:s3:::b/ada/x\", expect: deny}}
  - {{name: b, action: s3:GetObject, resource: \"arn:aws:s3:::b/ada/x\", context: {{aws:TokenIssueTime: null}}, expect: allow}}
  - {{name: c, action: s3:GetObject, resource: \"arn:aws:s3:::b/bob/x\", context: {{aws:TokenIssueTime: ~}},
     principal: \"arn:aws:iam::111111111111:user/bob\", expect: allow}}
"
    );
    let ran = run(&text, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
}

#[test]
fn policies_of_a_plan_are_found_by_address() {
    let bench = Bench::new();
    bench.copy("plan-aws.json", "plan.json");
    let test = |policy: &str, case: &str| {
        let text = format!(
            "policies: {{plan: plan.json, {policy}}}\ncases: [{{name: one, action: s3:GetObject, resource: \"arn:aws:s3:::reports/1\", {case}}}]\n"
        );
        bench.write("t.yaml", text);
        bench.run(&["test", "t.yaml"])
    };
    let allow = "expect: allow";
    let found = test("address: aws_iam_policy.reader", allow);
    assert_eq!((found.code, found.stderr.as_str()), (0, ""), "{}", found.stdout);
    let inline = test("address: aws_iam_role.inline", allow);
    assert_eq!(inline.code, 1);
    assert!(
        inline
            .stdout
            .contains("nearest Allow: plan.json aws_iam_role.inline inline_policy[0].policy Statement[0], whose"),
        "{}",
        inline.stdout
    );
    for (policy, with) in [
        ("address: aws_iam_policy.raeder", "is it `aws_iam_policy.reader`?"),
        ("address: aws_iam_policy.late", "known only after apply"),
        (
            "address: aws_iam_role.app",
            "no policy of this kind; it has `assume_role_policy`",
        ),
        ("address: aws_iam_policy.reader, attribute: name", "it has `policy`"),
        ("address: aws_iam_policy.reader, atribute: name", "is it `attribute`?"),
        ("attribute: policy", "needs `address`"),
    ] {
        let ran = test(policy, allow);
        assert_eq!(ran.code, 3, "{policy}");
        assert!(
            ran.stderr.contains(with) && ran.stderr.contains("t.yaml:1:"),
            "{policy}: {}",
            ran.stderr
        );
    }
    // A policy of another kind that is not known yet is not the one that is asked for.
    let late = r#"{"format_version":"1.2","resource_changes":[
        {"address":"aws_sqs_queue.late","mode":"managed","type":"aws_sqs_queue","name":"late",
         "change":{"actions":["create"],"after":{},"after_unknown":{"policy":true}}},
        {"address":"aws_iam_policy.now","mode":"managed","type":"aws_iam_policy","name":"now",
         "change":{"actions":["create"],"after":{"policy":"{\"Version\":\"2012-10-17\",\"Statement\":[]}"},"after_unknown":{}}}]}"#;
    bench.write("late.json", late);
    for (field, with) in [
        ("resource_policy", "`policy`: its value is known only after apply"),
        ("policies", "no policy at `aws_sqs_queue.late`"),
    ] {
        let case = "cases: [{name: one, action: sqs:SendMessage, principal: \"123456789012\", expect: deny}]";
        bench.write(
            "late.yaml",
            format!("{field}: {{plan: late.json, address: aws_sqs_queue.late}}\n{case}\n"),
        );
        let ran = bench.run(&["test", "late.yaml"]);
        assert!(ran.code == 3 && ran.stderr.contains(with), "{field}: {}", ran.stderr);
    }
    // The trust policy of a role is that of a resource.
    let trust = "\
resource_policy: {plan: plan.json, address: aws_iam_role.app}
cases:
  - name: Lambda takes the role
    action: sts:AssumeRole
    resource: arn:aws:iam::123456789012:role/app
    principal: lambda.amazonaws.com
    expect: allow
  - name: nobody else does
    action: sts:AssumeRole
    resource: arn:aws:iam::123456789012:role/app
    principal: arn:aws:iam::123456789012:user/ada
    expect: deny
";
    bench.write("trust.yaml", trust);
    let ran = bench.run(&["test", "trust.yaml", "--require-coverage"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
}

#[test]
fn nothing_of_a_sensitive_attribute_is_shown() {
    let bench = Bench::new();
    bench.copy("plan-aws.json", "plan.json");
    for format in ["text", "json", "junit"] {
        let text = file(
            "policies: {plan: plan.json, address: example_secret_policy.hidden}",
            "expect: allow",
        );
        bench.write("t.yaml", text);
        let ran = bench.run(&["test", "t.yaml", "--format", format]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(!ran.stdout.to_lowercase().contains("planted"), "{}", ran.stdout);
    }
}

#[test]
fn a_slip_in_an_action_is_noted_since_it_is_always_denied() {
    let ran = run(
        &file("policies: ../orders.json", "expect: deny").replace("GetObject", "GetObejct"),
        &[],
    );
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout
            .contains("note: t/orders.yaml:3:25: `s3:GetObejct` is not in the catalog"),
        "{}",
        ran.stdout
    );
}

#[test]
fn json_tells_everything_under_a_version() {
    let text = PASSING.replace("implicit-deny", "allow");
    let ran = run(&text, &["--format", "json"]);
    assert_eq!(ran.code, 1);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&report["format"], &report["version"]),
        (&json!("leastpriv-policy-tests"), &json!(1))
    );
    assert_eq!(
        report["summary"],
        json!({"exit_code": 1, "passed": 2, "failed": 1, "statements": 3, "matched_statements": 3, "required_percent": null})
    );
    let case = &report["files"][0]["cases"][1];
    assert_eq!((&case["line"], &case["passed"]), (&json!(11), &json!(false)));
    let nearest = json!({
        "policy": "orders.json", "index": 1, "sid": "Write", "effect": "Allow", "line": 10, "column": 5,
        "failed_element": "Condition", "failed_keys": ["aws:SourceIp"],
    });
    assert_eq!(case["requests"][0]["nearest"], nearest);
    assert_eq!(report["coverage"][2]["matched"], json!(true));
}

#[test]
fn junit_is_well_formed_whatever_the_names_are() {
    let hostile = "a \\\"<&>' \\e[31m\\0 \\u202e ]]> é";
    let text = PASSING
        .replace("name: writes from nowhere else", &format!("name: \"{hostile}\""))
        .replace("implicit-deny", "allow");
    let bench = bench("t/orders.yaml", &text);
    let ran = bench.run(&[
        "test",
        "t/orders.yaml",
        "absent.yaml",
        "--format",
        "junit",
        "--require-coverage",
    ]);
    assert_eq!(ran.code, 3);
    let document = roxmltree::Document::parse(&ran.stdout).unwrap();
    let root = document.root_element();
    let figures = ["tests", "failures", "errors"].map(|name| root.attribute(name).unwrap());
    assert_eq!((root.tag_name().name(), figures), ("testsuites", ["5", "1", "1"]));
    let cases: Vec<_> = root
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .collect();
    assert_eq!(cases.len(), 5);
    assert_eq!(
        cases[1].attribute("name"),
        Some("a \"<&>' \\u{1b}[31m\\u{0} \\u{202e} ]]> é")
    );
    let failures: Vec<_> = root.descendants().filter(|node| node.has_tag_name("failure")).collect();
    assert_eq!(failures.len(), 1);
    assert!(failures[0].text().unwrap().contains("Statement[1] (Write)"));
    assert!(root.descendants().any(|node| node.has_tag_name("error")));
}

#[test]
fn a_report_goes_to_a_file_and_the_counts_to_standard_error() {
    let bench = bench("t/orders.yaml", PASSING);
    let ran = bench.run(&["test", "t/orders.yaml", "--format", "junit", "--output", "out.xml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert!(
        ran.stderr.starts_with("1 file: 3 as expected, 0 not\n"),
        "{}",
        ran.stderr
    );
    let written = std::fs::read_to_string(bench.path().join("out.xml")).unwrap();
    assert!(roxmltree::Document::parse(&written).is_ok(), "{written}");
}

#[test]
fn nothing_of_a_stranger_acts_on_a_terminal() {
    let bench = Bench::new();
    let policy = ORDERS.replace("Read", "Read\\u001b[2J##vso[x]");
    bench.write("orders.json", policy);
    bench.write(
        "t.yaml",
        file("policies: orders.json", "expect: deny").replace("one", "\"a\\e[31m\""),
    );
    let ran = bench.run(&["test", "t.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("Statement[0] (Read"), "{}", ran.stdout);
    assert!(
        !ran.stdout.contains('\u{1b}') && !ran.stdout.contains("##"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_the_other_files_run() {
    let head = "policies: ../orders.json";
    for (text, with) in [
        (
            "policies: ../orders.json".to_owned(),
            "t/orders.yaml:1:1: the file has no `cases`",
        ),
        ("cases: [".to_owned(), "it is no YAML"),
        (
            file("policys: x", "expect: allow"),
            "t/orders.yaml:1:1: a test file has no field `policys`; is it `policies`?",
        ),
        (
            file("policies: absent.json", "expect: allow"),
            "t/orders.yaml:1:11: `t/absent.json` cannot be read",
        ),
        (
            file("policies: orders.yaml", "expect: allow"),
            "t/orders.yaml:1:11: `t/orders.yaml`: line 1",
        ),
        (file("context: {}", "expect: allow"), "the file names no policy"),
        (file(head, "expect: alow"), "`expect` cannot be `alow`; is it `allow`?"),
        (
            file(head, "expected: allow"),
            "a case has no field `expected`; is it `expect`?",
        ),
        (
            file(head, "actions: [s3:PutObject], expect: allow"),
            "`action` and `actions` both",
        ),
        (file(head, ""), "the case has no `expect`"),
        (
            file(head, "expect: allow").replace("s3:GetObject", "s3:Get*"),
            "3:25: `s3:Get*` has a wildcard",
        ),
        (file(head, "expect: allow").replace("arn:aws:s3:::", ""), "is no ARN"),
        (file(head, "principal: ada, expect: allow"), "`ada` is no principal"),
        (file(head, "context: [a], expect: allow"), "`context` is an array"),
        (
            file("policies: [[a]]", "expect: allow"),
            "a policy in `policies` is an array",
        ),
        (
            file("policies: {Statment: []}", "expect: allow"),
            "it holds no `Statement`",
        ),
    ] {
        refused(&text, with);
    }
    let shared = "resource_policy: {Statement: {Effect: Allow, Principal: '*', Action: '*', Resource: '*'}}";
    refused(&file(shared, "expect: allow"), "the case has no `principal`");
    let bench = bench("t/orders.yaml", PASSING);
    bench.write("wrong.yaml", "a: 1\n").write("plain.txt", "x");
    let ran = bench.run(&["test", "wrong.yaml", "t/orders.yaml"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stdout.contains("1 file: 3 as expected, 0 not, 1 file not read\n"),
        "{}",
        ran.stdout
    );
    for (path, with) in [
        ("absent.yaml", "absent.yaml: it cannot be read"),
        ("plain.txt", "ends with `.yaml`"),
        ("t", "`t` is a folder"),
    ] {
        let ran = bench.run(&["test", path]);
        assert_eq!(ran.code, 3);
        assert!(ran.stderr.contains(with), "{}", ran.stderr);
    }
    assert_eq!(bench.run(&["test"]).code, 3);
}

#[test]
fn the_examples_pass_and_cover_their_policies() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/policy-tests");
    let mut words = vec!["test".to_owned(), "--require-coverage".to_owned()];
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let tests = files.filter(|path| path.extension().is_none_or(|extension| extension != "md"));
    words.extend(tests.map(|path| path.to_str().unwrap().to_owned()));
    assert!(words.len() >= 4, "{words:?}");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ran = Bench::new().run(&words);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
}
