//! `narrow`: policies narrowed to intent files and to CloudTrail, with what proves the answer, and how it ends.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::bench::{Bench, Ran};

const WIDE: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "All", "Effect": "Allow", "Action": ["s3:*", "dynamodb:*"], "Resource": "*"},
    {
      "Sid": "Queues",
      "Effect": "Allow",
      "Action": "sqs:*",
      "Resource": "arn:aws:sqs:*:111122223333:*",
      "Condition": {"Bool": {"aws:SecureTransport": "true"}}
    },
    {"Sid": "Audit", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::audit/*"}
  ]
}"#;

fn intent(text: &str) -> Ran {
    let bench = Bench::new();
    bench.write("wide.json", WIDE).write("intent.yaml", text);
    bench.run(&["narrow", "wide.json", "--intent", "intent.yaml"])
}

fn policy_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

fn says(ran: &Ran, with: &str) {
    assert!(ran.stderr.contains(with), "{with}: {}", ran.stderr);
}

fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/narrow");
    folder.join(name).to_str().unwrap().to_owned()
}

/// A call of CloudTrail.
fn call(source: &str, name: &str, more: &Value) -> Value {
    let mut record = json!({
        "eventSource": format!("{source}.amazonaws.com"), "eventName": name, "eventTime": "2026-11-01T00:00:00Z",
        "awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "eventType": "AwsApiCall",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ada"},
    });
    for (key, value) in more.as_object().unwrap() {
        record[key] = value.clone();
    }
    record
}

/// A text as `gzip` packs it.
fn packed(text: &str) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::default());
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap()
}

fn trail(text: &str, more: &[&str]) -> Ran {
    let bench = Bench::new();
    bench.write("wide.json", WIDE).write("events.json", text);
    bench.run(&[&["narrow", "wide.json", "--cloudtrail", "events.json"], more].concat())
}

#[test]
fn an_intent_file_keeps_what_it_lists_and_nothing_more() {
    let ran = intent(
        "needs:
  - {action: s3:getobject, resource: 'arn:aws:s3:::reports/*'}
  - {action: s3:ListAllMyBuckets, resource: '*'}
  - {action: sqs:SendMessage, resource: 'arn:aws:sqs:eu-west-1:111122223333:jobs'}
",
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        policy_of(&ran)["Statement"],
        json!([
            {"Sid": "All", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
            {"Sid": "All2", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"},
            {"Sid": "Queues", "Effect": "Allow", "Action": "sqs:SendMessage",
             "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs",
             "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
            {"Sid": "Audit", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::audit/*"},
        ])
    );
    says(&ran, "allowed by Statement[1] (All2), before by Statement[0] (All)");
    says(&ran, "where the condition on aws:SecureTransport holds");
    says(&ran, "contained: proven");
    says(
        &ran,
        "  Statement[2] (Queues): within Statement[1] (Queues) of the old policy",
    );
    says(&ran, "every Deny is kept");
    says(&ran, "3 needed: 3 kept, 0 missing, 0 unknown");
    // Members stand in the order that people know.
    let places: Vec<_> = ["\"Version\"", "\"Sid\"", "\"Effect\"", "\"Action\"", "\"Resource\""]
        .iter()
        .map(|name| ran.stdout.find(name).unwrap())
        .collect();
    assert!(places.is_sorted(), "{}", ran.stdout);
}

#[test]
fn what_is_printed_passes_the_other_checks() {
    let bench = Bench::new();
    bench.write("wide.json", WIDE).write(
        "intent.toml",
        "[[needs]]\nactions = ['s3:GetObject', 's3:PutObject']\nresource = 'arn:aws:s3:::reports/*'\n",
    );
    let ran = bench.run(&["narrow", "wide.json", "--intent", "intent.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    bench.write("new.json", &ran.stdout);
    let check = |new: &str, existing: &str| {
        let ran = bench.run(&[
            "check-no-new-access",
            "--new-policy-document",
            &format!("file://{new}"),
            "--existing-policy-document",
            &format!("file://{existing}"),
        ]);
        ran.code
    };
    assert_eq!((check("new.json", "wide.json"), check("wide.json", "new.json")), (0, 1));
    let again = bench.run(&["narrow", "new.json", "--intent", "intent.toml"]);
    assert_eq!(again.stdout, ran.stdout);
}

#[test]
fn what_the_policy_does_not_give_is_told_and_not_added() {
    let ran = intent(
        "needs:
  - {action: ec2:RunInstances, resource: '*'}
  - {action: s3:GetObject, resource: 'arn:aws:s3:::audit/log'}
  - {action: sqs:SendMessage, resource: 'arn:aws:sqs:eu-west-1:*:jobs'}
  - {action: s3:PutObject, resource: 'arn:aws:s3:::reports/x'}
",
    );
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    says(&ran, "missing  ec2:RunInstances on *");
    says(&ran, "the policy does not give it");
    says(&ran, "missing  s3:GetObject on arn:aws:s3:::audit/log");
    says(&ran, "the policy denies it");
    says(&ran, "the policy gives a part of it, not sqs:");
    let policy = policy_of(&ran);
    assert!(!ran.stdout.contains("ec2:"), "{policy:#}");
    assert!(
        ran.stdout.contains("arn:aws:sqs:eu-west-1:111122223333:jobs"),
        "{policy:#}"
    );
    assert!(ran.stdout.contains("s3:PutObject"), "{policy:#}");
}

#[test]
fn a_context_decides_one_request() {
    let need = |transport: &str| {
        intent(&format!(
            "needs:
  - action: sqs:SendMessage
    resource: arn:aws:sqs:eu-west-1:111122223333:jobs
    context: {{aws:SecureTransport: {transport}}}
"
        ))
    };
    assert_eq!(need("true").code, 0);
    let refused = need("false");
    assert_eq!(refused.code, 1);
    says(&refused, "with aws:SecureTransport = false");
}

#[test]
fn a_mistake_in_an_intent_file_has_its_place() {
    for (text, with) in [
        (
            "needs:\n  - {acton: s3:GetObject}\n",
            "intent.yaml:2:6: a need has no field `acton`; is it `action`?",
        ),
        ("needs:\n  - {action: s3:Get*}\n", "`s3:Get*` has a wildcard"),
        (
            "needs:\n  - {action: s3:GetObject, resource: reports}\n",
            "`reports` is no ARN",
        ),
        (
            "needs:\n  - {action: s3:GetObject, resource: 'arn:aws:s3:::${aws:username}'}\n",
            "has a variable",
        ),
        (
            "needs:\n  - {action: s3:GetObject, resource: 'arn:aws:s3:::b/*', context: {a:b: c}}\n",
            "has a wildcard, and the need a `context`",
        ),
        ("need: []\n", "is it `needs`?"),
        ("needs: 1\n", "`needs` is a number, not a list"),
    ] {
        let ran = intent(text);
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{text}");
        says(&ran, with);
    }
    says(&intent("needs:\n  - {action: s3:GetObejct}\n"), "is it `s3:GetObject`?");
}

#[test]
fn the_examples_end_as_their_page_says() {
    let bench = Bench::new();
    let ran = bench.run(&["narrow", &example("policy.json"), "--intent", &example("intent.yaml")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = bench.run(&[
        "narrow",
        &example("policy.json"),
        "--cloudtrail",
        &example("cloudtrail.json"),
        "--principal",
        "arn:aws:iam::111122223333:role/reports",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let allows: Vec<Value> = policy_of(&ran)["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|statement| statement["Effect"] == "Allow")
        .map(|statement| json!([statement["Action"], statement["Resource"]]))
        .collect();
    assert_eq!(
        json!(allows),
        json!([
            ["s3:ListAllMyBuckets", "*"],
            ["s3:ListBucket", "arn:aws:s3:::reports"],
            ["s3:GetObject", "arn:aws:s3:::reports/monthly/2026-*"],
            [
                "dynamodb:DescribeTable",
                "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"
            ],
            [
                "lambda:UpdateFunctionCode",
                "arn:aws:lambda:eu-west-1:111122223333:function:render"
            ],
            ["sqs:GetQueueAttributes", "arn:aws:sqs:eu-west-1:111122223333:jobs"],
        ])
    );
    says(&ran, "free     sts:GetCallerIdentity");
    says(
        &ran,
        "s3:GetObject on arn:aws:s3:::reports/monthly/2026-* stands for 3 resources",
    );
    says(
        &ran,
        "9 of 11 events are taken, from 2026-11-01T06:00:00Z to 2026-11-03T06:09:00Z",
    );
    says(
        &ran,
        "left out: events of others than arn:aws:iam::111122223333:role/reports: 1",
    );
    says(
        &ran,
        "s3.amazonaws.com:GetObject was denied in 1 of the events, which is no need",
    );
}

#[test]
fn the_forms_of_cloudtrail_say_the_same() {
    let one = call(
        "dynamodb",
        "GetItem",
        &json!({"requestParameters": {"tableName": "orders"}}),
    );
    let two = call(
        "s3",
        "HeadObject",
        &json!({"requestParameters": {"bucketName": "reports", "key": "a/b"}}),
    );
    let lookup =
        |event: &Value| json!({"EventId": "1", "EventName": event["eventName"], "CloudTrailEvent": event.to_string()});
    let forms = [
        json!({"Records": [one, two]}).to_string(),
        format!("{one}\n{two}\n"),
        json!([one, two]).to_string(),
        json!({"Events": [lookup(&one), lookup(&two)]}).to_string(),
    ];
    let first = trail(&forms[0], &[]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert!(
        first.stdout.contains("table/orders") && first.stdout.contains("s3:GetObject"),
        "{}",
        first.stdout
    );
    for form in &forms[1..] {
        assert_eq!(trail(form, &[]).stdout, first.stdout, "{form}");
    }
    let bench = Bench::new();
    bench
        .write("wide.json", WIDE)
        .write("logs/2026/11/a.json", &forms[0])
        .write("logs/README", "no record");
    assert_eq!(
        bench.run(&["narrow", "wide.json", "--cloudtrail", "logs"]).stdout,
        first.stdout
    );
    let packed = packed(&forms[0]);
    bench.write("packed/2026/11/a.json.gz", &packed);
    assert_eq!(
        bench.run(&["narrow", "wide.json", "--cloudtrail", "packed"]).stdout,
        first.stdout
    );
    let piped = bench.run_with_input(&["narrow", "wide.json", "--cloudtrail", "-"], &packed);
    assert_eq!(piped.stdout, first.stdout);
    let piped = bench.run_with_input(&["narrow", "wide.json", "--cloudtrail", "-"], forms[1].as_bytes());
    assert_eq!(piped.stdout, first.stdout);
    let policy = bench.run_with_input(&["narrow", "-", "--cloudtrail", "logs"], WIDE.as_bytes());
    assert_eq!(policy.stdout, first.stdout);
}

#[test]
fn an_event_that_is_no_known_action_is_told() {
    let ran = trail(&json!([call("s3", "MakeCoffee\u{1b}[2J", &json!({}))]).to_string(), &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    says(
        &ran,
        r"s3.amazonaws.com:MakeCoffee\u{1b}[2J, in 1 of the events, is no action that the catalog knows",
    );
}

#[test]
fn a_resource_that_is_not_known_stays_as_the_policy_has_it() {
    let ran = trail(&json!([call("sqs", "SendMessage", &json!({}))]).to_string(), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        policy_of(&ran)["Statement"][0]["Resource"],
        "arn:aws:sqs:*:111122223333:*"
    );
    says(&ran, "kept wide: sqs:SendMessage, as the policy has it");
}

#[test]
fn json_holds_everything() {
    let bench = Bench::new();
    bench.write("wide.json", WIDE).write(
        "intent.json",
        json!({"needs": [{"action": "s3:GetObject", "resource": "arn:aws:s3:::reports/1"}, {"action": "ec2:RunInstances"}]})
            .to_string(),
    );
    let run = || bench.run(&["narrow", "wide.json", "--intent", "intent.json", "--format", "json"]);
    let ran = run();
    assert_eq!(ran.code, 1);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&report["format"], &report["version"]),
        (&json!("leastpriv-narrow"), &json!(1))
    );
    assert_eq!(report["contained"], "proven");
    assert_eq!(report["needs"][0]["status"], "kept");
    assert_eq!(report["needs"][0]["place"], "intent.json:1:11");
    assert_eq!(
        report["needs"][0]["proof"]["request"]["resource"],
        "arn:aws:s3:::reports/1"
    );
    assert_eq!(report["needs"][0]["proof"]["allowed_before_by"], json!([0]));
    assert_eq!(report["needs"][1]["status"], "missing");
    assert_eq!(report["certificate"][0]["allowedByExisting"], json!([0]));
    assert_eq!(report["after"]["actions"], 1);
    assert!(report["before"]["actions"].as_u64().unwrap() > 200);
    assert_eq!(report["policy"]["Statement"][0]["Action"], "s3:GetObject");
    assert_eq!(run().stdout, ran.stdout);
}

#[test]
fn a_policy_that_cannot_be_narrowed_is_refused() {
    let bench = Bench::new();
    bench
        .write("intent.yaml", "needs: []\n")
        .write("reads.yaml", "needs:\n  - action: s3:GetObject\n")
        .write("odd.json", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringSortOf":{"a:b":"c"}}}}"#)
        .write("resource.json", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}"#)
        .write("wide.json", WIDE)
        .write("packed.json", [0x1f, 0x8b, 8, 0]);
    let run = |arguments: &[&str]| bench.run(&[&["narrow"], arguments].concat());
    let odd = run(&["odd.json", "--intent", "reads.yaml"]);
    assert_eq!(odd.code, 2, "{}", odd.stderr);
    says(&odd, "unknown  s3:GetObject on whatever the policy gives");
    for (arguments, with) in [
        (&["resource.json", "--intent", "intent.yaml"][..], "names a principal"),
        (&["wide.json"], "required"),
        (&["--intent", "intent.yaml"], "required"),
        (
            &["wide.json", "--cloudtrail", "packed.json"],
            "`packed.json`: it is compressed, and cannot be unpacked",
        ),
        (&["wide.json", "--cloudtrail", "wide.json"], "no record of CloudTrail"),
        (&["-", "--cloudtrail", "-"], "one thing only"),
        (
            &["wide.json", "--cloudtrail", "wide.json", "--principal", "ada"],
            "`ada` is no principal",
        ),
    ] {
        let ran = run(arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (3, ""),
            "{arguments:?}: {}",
            ran.stderr
        );
        says(&ran, with);
    }
}

#[test]
fn a_policy_of_a_plan_is_narrowed() {
    let policy = WIDE.to_owned();
    let plan = |sensitive: Value| {
        json!({
            "format_version": "1.2",
            "terraform_version": "1.14.0",
            "resource_changes": [{
                "address": "aws_iam_role_policy.app",
                "mode": "managed",
                "type": "aws_iam_role_policy",
                "name": "app",
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": {"actions": ["create"], "before": null, "after": {"role": "app", "policy": policy},
                    "after_unknown": {}, "before_sensitive": false, "after_sensitive": sensitive}
            }]
        })
        .to_string()
    };
    let bench = Bench::new();
    bench
        .write(
            "intent.yaml",
            "needs:\n  - {action: s3:GetObject, resource: 'arn:aws:s3:::reports/1'}\n",
        )
        .write("plan.json", plan(json!({})))
        .write("secret.json", plan(json!({"policy": true})));
    let run = |plan: &str, address: &str| {
        bench.run(&[
            "narrow",
            "--plan",
            plan,
            "--address",
            address,
            "--intent",
            "intent.yaml",
        ])
    };
    let ran = run("plan.json", "aws_iam_role_policy.app");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(policy_of(&ran)["Statement"][0]["Action"], "s3:GetObject");
    let secret = run("secret.json", "aws_iam_role_policy.app");
    assert_eq!((secret.code, secret.stdout.as_str()), (3, ""), "{}", secret.stderr);
    says(&secret, "is sensitive");
    says(
        &run("plan.json", "aws_iam_role_policy.ap"),
        "is it `aws_iam_role_policy.app`?",
    );
}
