//! `narrow --applies`: policies narrowed to what plans do, and how it ends.

use std::path::Path;

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};

const ADMIN: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

/// A change of a plan.
fn change(address: &str, actions: &[&str], before: &Value, after: &Value, unknown: &Value) -> Value {
    let (kind, name) = address.split_once('.').unwrap();
    json!({
        "address": address, "mode": "managed", "type": kind, "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": actions, "before": before, "after": after, "after_unknown": unknown,
            "before_sensitive": {}, "after_sensitive": {}}
    })
}

/// A resource that is made.
fn made(address: &str, after: &Value, unknown: &Value) -> Value {
    change(address, &["create"], &Value::Null, after, unknown)
}

/// A plan whose provider works in one region and account.
fn plan(changes: &[Value]) -> Value {
    let resources: Vec<Value> = changes
        .iter()
        .map(|change| {
            json!({"address": change["address"], "mode": "managed", "type": change["type"], "name": change["name"],
                "provider_config_key": "aws", "expressions": {}})
        })
        .collect();
    json!({
        "format_version": "1.2", "terraform_version": "1.14.0", "resource_changes": changes,
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "expressions": {
                "region": {"constant_value": "eu-west-1"},
                "assume_role": [{"role_arn": {"constant_value": "arn:aws:iam::111122223333:role/deploy"}}]}}},
            "root_module": {"resources": resources}
        }
    })
}

fn narrowed(policy: &str, plan: &Value) -> Ran {
    let bench = Bench::new();
    bench.write("policy.json", policy).write("plan.json", plan.to_string());
    bench.run(&["narrow", "policy.json", "--applies", "plan.json"])
}

fn says(ran: &Ran, with: &str) {
    assert!(ran.stderr.contains(with), "{with}: {}", ran.stderr);
}

/// The resources on which the policy that is printed gives an action.
fn on(ran: &Ran, action: &str) -> Vec<String> {
    let policy: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let list = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    let statements = policy["Statement"].as_array().unwrap().iter();
    let of_action = statements.filter(|statement| list(&statement["Action"]).contains(&json!(action)));
    let resources = of_action.flat_map(|statement| list(&statement["Resource"]));
    resources
        .map(|resource| resource.as_str().unwrap().to_owned())
        .collect()
}

const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:jobs";

#[test]
fn the_example_ends_as_its_page_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/narrow");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let ran = Bench::new().run(&["narrow", &path("pipeline.json"), "--applies", &path("plan.json")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for (action, resources) in [
        ("sqs:CreateQueue", &["arn:aws:sqs:eu-west-1:111122223333:jobs.fifo"][..]),
        ("sqs:DeleteQueue", &[QUEUE]),
        (
            "sqs:GetQueueAttributes",
            &[QUEUE, "arn:aws:sqs:eu-west-1:111122223333:jobs.fifo"],
        ),
        ("sns:DeleteTopic", &["arn:aws:sns:eu-west-1:111122223333:old"]),
        ("sns:CreateTopic", &[]),
        (
            "dynamodb:UpdateTable",
            &["arn:aws:dynamodb:eu-west-1:111122223333:table/orders"],
        ),
        ("dynamodb:DeleteTable", &[]),
        ("s3:CreateBucket", &["arn:aws:s3:::reports-rendered"]),
        ("s3:PutBucketVersioning", &["arn:aws:s3:::reports-rendered"]),
        ("s3:DeleteObject", &[]),
        (
            "lambda:CreateFunction",
            &["arn:aws:lambda:eu-west-1:111122223333:function:render"],
        ),
        ("iam:PassRole", &["arn:aws:iam::111122223333:role/apps/render"]),
        ("iam:PutRolePolicy", &["arn:aws:iam::111122223333:role/apps/render"]),
        ("iam:DeleteRole", &[]),
        ("logs:DeleteLogGroup", &[]),
    ] {
        assert_eq!(on(&ran, action), resources, "{action}");
    }
    says(&ran, "plan.json: aws_sqs_queue.jobs (create))");
    says(&ran, "6 created, 1 updated, 2 deleted, 1 only read");
    says(&ran, "left out: resources of providers other than AWS's: 1");
    says(&ran, "left out, as nothing that they work on is named: ");
    assert!(!ran.stderr.contains("planted-secret"), "{}", ran.stderr);
}

#[test]
fn what_is_needed_surely_is_missed_and_what_is_needed_perhaps_is_not() {
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":["sqs:GetQueue*","sqs:SendMessage"],"Resource":"{QUEUE}"}}}}"#
    );
    let ran = narrowed(
        &policy,
        &plan(&[made(
            "aws_sqs_queue.jobs",
            &json!({"name": "jobs"}),
            &json!({"arn": true}),
        )]),
    );
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    says(
        &ran,
        &format!("missing  sqs:CreateQueue on {QUEUE} (from plan.json: aws_sqs_queue.jobs (create))"),
    );
    assert!(!ran.stderr.contains("sqs:TagQueue"), "{}", ran.stderr);
    assert_eq!(on(&ran, "sqs:GetQueueUrl"), [QUEUE]);
    assert!(on(&ran, "sqs:SendMessage").is_empty());
}

#[test]
fn each_change_needs_what_it_does() {
    let values = json!({"arn": QUEUE, "name": "jobs"});
    let null = Value::Null;
    let none = json!({});
    for (actions, before, after, needed, not_needed) in [
        (
            &["no-op"][..],
            &values,
            &values,
            &["GetQueueAttributes"][..],
            &["CreateQueue", "DeleteQueue", "TagQueue"][..],
        ),
        (
            &["update"],
            &values,
            &values,
            &["GetQueueAttributes", "SetQueueAttributes"],
            &["CreateQueue", "DeleteQueue"],
        ),
        (
            &["delete"],
            &values,
            &null,
            &["GetQueueAttributes", "DeleteQueue"],
            &["CreateQueue", "TagQueue"],
        ),
        (
            &["create", "delete"],
            &values,
            &values,
            &["GetQueueAttributes", "DeleteQueue", "CreateQueue"],
            &["UntagQueue"],
        ),
        (&["forget"], &values, &null, &["GetQueueAttributes"], &["DeleteQueue"]),
    ] {
        let ran = narrowed(
            ADMIN,
            &plan(&[change("aws_sqs_queue.jobs", actions, before, after, &none)]),
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        for action in needed {
            assert_eq!(on(&ran, &format!("sqs:{action}")), [QUEUE], "{actions:?} {action}");
        }
        for action in not_needed {
            assert!(on(&ran, &format!("sqs:{action}")).is_empty(), "{actions:?} {action}");
        }
    }
    let mut imported = plan(&[change("aws_sqs_queue.jobs", &["no-op"], &values, &values, &none)]);
    imported["resource_changes"][0]["change"]["importing"] = json!({"id": "x"});
    assert_eq!(on(&narrowed(ADMIN, &imported), "sqs:GetQueueAttributes"), [QUEUE]);
}

#[test]
fn names_that_are_not_known_are_patterns() {
    let ran = narrowed(
        ADMIN,
        &plan(&[
            made(
                "aws_sqs_queue.a",
                &json!({"name_prefix": "jobs-"}),
                &json!({"arn": true, "name": true}),
            ),
            made(
                "aws_vpc.main",
                &json!({"cidr_block": "10.0.0.0/16"}),
                &json!({"arn": true, "id": true}),
            ),
            made(
                "awscc_sns_topic.t",
                &json!({"topic_name": "news"}),
                &json!({"topic_arn": true}),
            ),
        ]),
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        on(&ran, "sqs:CreateQueue"),
        ["arn:aws:sqs:eu-west-1:111122223333:jobs-*"]
    );
    assert_eq!(on(&ran, "ec2:DeleteVpc"), [""; 0]);
    assert_eq!(
        on(&ran, "ec2:ModifyVpcAttribute"),
        ["arn:aws:ec2:eu-west-1:111122223333:vpc/*"]
    );
    assert_eq!(on(&ran, "sns:CreateTopic"), ["arn:aws:sns:eu-west-1:111122223333:news"]);
    assert!(!on(&ran, "cloudformation:CreateResource").is_empty());

    let mut anywhere = plan(&[made("aws_sqs_queue.a", &json!({"name": "jobs"}), &json!({"arn": true}))]);
    anywhere["configuration"] = json!({});
    let ran = narrowed(ADMIN, &anywhere);
    assert_eq!(on(&ran, "sqs:CreateQueue"), ["arn:*:sqs:*:*:jobs"]);
    says(
        &ran,
        "the account and the region of some resources is not in the plan, so any is taken",
    );
}

#[test]
fn what_is_made_is_named_beside_what_it_is_made_of() {
    let cluster = "arn:aws:ecs:eu-west-1:111122223333:cluster/main";
    let source = "arn:aws:rds:eu-west-1:111122223333:db:first";
    let ran = narrowed(
        ADMIN,
        &plan(&[
            made(
                "aws_ecs_service.s",
                &json!({"name": "web", "cluster": cluster}),
                &json!({"id": true}),
            ),
            made(
                "aws_db_instance.d",
                &json!({"identifier": "second", "replicate_source_db": source}),
                &json!({"arn": true, "id": true}),
            ),
            made(
                "aws_lb.front",
                &json!({"name": "front"}),
                &json!({"arn": true, "id": true}),
            ),
            made(
                "aws_s3_object.o",
                &json!({"bucket": "b", "key": "k/x"}),
                &json!({"id": true}),
            ),
            made(
                "aws_iam_role_policy_attachment.p",
                &json!({"role": "web", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
                &json!({"id": true}),
            ),
            made(
                "aws_api_gateway_rest_api.a",
                &json!({"name": "api"}),
                &json!({"id": true}),
            ),
        ]),
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let services = on(&ran, "ecs:CreateService");
    assert!(
        services.contains(&"arn:aws:ecs:eu-west-1:111122223333:service/main/web".to_owned()),
        "{services:?}"
    );
    let databases = on(&ran, "rds:DescribeDBInstances");
    assert!(
        databases.contains(&"arn:aws:rds:eu-west-1:111122223333:db:second".to_owned()),
        "{databases:?}"
    );
    let balancers = on(&ran, "elasticloadbalancing:CreateLoadBalancer");
    let balancer = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/front/*";
    assert!(balancers.contains(&balancer.to_owned()), "{balancers:?}");
    assert_eq!(on(&ran, "s3:PutObject"), ["arn:aws:s3:::b/k/x"]);
    assert_eq!(
        on(&ran, "iam:AttachRolePolicy"),
        [
            "arn:aws:iam::111122223333:role/*/web",
            "arn:aws:iam::111122223333:role/web"
        ]
    );
    assert_eq!(on(&ran, "apigateway:POST"), ["arn:aws:apigateway:eu-west-1::/*"]);
}

#[test]
fn a_role_is_passed_where_one_is_named() {
    let function = |more: &Value| {
        let mut values = json!({"function_name": "app"});
        for (key, value) in more.as_object().unwrap() {
            values[key] = value.clone();
        }
        values
    };
    let role = "arn:aws:iam::111122223333:role/exec";
    let ran = narrowed(
        ADMIN,
        &plan(&[made(
            "aws_lambda_function.app",
            &function(&json!({"role": role})),
            &json!({"arn": true}),
        )]),
    );
    assert_eq!(on(&ran, "iam:PassRole"), [role]);
    let ran = narrowed(
        ADMIN,
        &plan(&[made(
            "aws_lambda_function.app",
            &function(&json!({})),
            &json!({"arn": true}),
        )]),
    );
    assert!(on(&ran, "iam:PassRole").is_empty());
    // The configuration takes it from somewhere that the plan does not know.
    let mut late = plan(&[made(
        "aws_lambda_function.app",
        &function(&json!({})),
        &json!({"role": true}),
    )]);
    late["configuration"]["root_module"]["resources"][0]["expressions"] = json!({"role": {"references": ["var.role"]}});
    let ran = narrowed(ADMIN, &late);
    assert_eq!(on(&ran, "iam:PassRole"), ["*"]);
    says(&ran, "kept wide: iam:PassRole");
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k1";
    let ran = narrowed(
        ADMIN,
        &plan(&[made(
            "aws_lambda_function.app",
            &function(&json!({"kms_key_arn": key})),
            &json!({"arn": true}),
        )]),
    );
    assert_eq!(on(&ran, "kms:Decrypt"), [key]);
}

#[test]
fn what_is_not_known_is_told() {
    let mut plan = plan(&[
        made("aws_waf_rule.old", &json!({"name": "x"}), &json!({})),
        made("aws_waf_rule.older", &json!({"name": "y"}), &json!({})),
        made("random_id.r", &json!({}), &json!({})),
    ]);
    plan["action_invocations"] = json!([{"address": "action.aws_lambda_invoke.x", "type": "aws_lambda_invoke"}]);
    let ran = narrowed(ADMIN, &plan);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    says(
        &ran,
        "aws_waf_rule, the type of 2 in the plan, is none whose actions are known",
    );
    says(&ran, "action.aws_lambda_invoke, the type of 1 in the plan");
    says(&ran, "providers other than AWS's: 1");

    let data = |kind: &str, values: &Value| json!({"address": format!("data.{kind}.d"), "mode": "data", "type": kind, "name": "d", "values": values});
    plan["action_invocations"] = json!([]);
    plan["resource_changes"] = json!([]);
    plan["prior_state"] = json!({"values": {"root_module": {"child_modules": [{"address": "module.m", "resources": [
        data("aws_ami", &json!({"id": "ami-1"})), data("aws_iam_policy_document", &json!({})),
        data("aws_pricing_product", &json!({})),
    ]}]}}});
    let ran = narrowed(ADMIN, &plan);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(on(&ran, "ec2:DescribeImages"), ["*"]);
    says(
        &ran,
        "aws_pricing_product, 1 of the data sources, is a type whose actions are not known",
    );
}

#[test]
fn nothing_sensitive_is_printed() {
    let mut plan = plan(&[made(
        "aws_s3_bucket.b",
        &json!({"bucket": "planted-secret", "kms_key_arn": "arn:aws:kms:eu-west-1:1:key/planted-secret"}),
        &json!({"arn": true}),
    )]);
    plan["resource_changes"][0]["change"]["after_sensitive"] = json!({"bucket": true, "kms_key_arn": true});
    let ran = narrowed(ADMIN, &plan);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(on(&ran, "s3:CreateBucket"), ["arn:aws:s3:::*"]);
    assert!(
        !ran.stdout.contains("planted") && !ran.stderr.contains("planted"),
        "{ran:?}"
    );
}

#[test]
fn json_names_the_changes() {
    let bench = Bench::new();
    let plan = plan(&[
        made("aws_sqs_queue.jobs", &json!({"name": "jobs"}), &json!({"arn": true})),
        made("aws_waf_rule.old", &json!({}), &json!({})),
    ]);
    bench.write("policy.json", ADMIN);
    let run = || {
        let arguments = ["narrow", "policy.json", "--applies", "-", "--format", "json"];
        bench.run_with_input(&arguments, plan.to_string().as_bytes())
    };
    let ran = run();
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let needs = report["needs"].as_array().unwrap();
    let need = needs.iter().find(|need| need["action"] == "sqs:CreateQueue").unwrap();
    assert_eq!(
        need["changes"],
        json!([{"file": "<stdin>", "address": "aws_sqs_queue.jobs", "does": "create"}])
    );
    assert_eq!(report["unknown_types"], json!([{"type": "aws_waf_rule", "count": 1}]));
    assert_eq!(run().stdout, ran.stdout);
}

#[test]
fn what_is_no_plan_is_refused() {
    let bench = Bench::new();
    let mut errored = plan(&[]);
    errored["errored"] = json!(true);
    bench
        .write("policy.json", ADMIN)
        .write("plan.json", plan(&[]).to_string())
        .write("errored.json", errored.to_string())
        .write("other.json", "{}");
    for (arguments, with) in [
        (
            &["policy.json", "--applies", "policy.json"][..],
            "`policy.json` is a policy, no plan; make one with",
        ),
        (
            &["policy.json", "--applies", "errored.json"],
            "planning ended in an error",
        ),
        (&["policy.json", "--applies", "other.json"], "`--applies`: `other.json`"),
        (&["policy.json", "--applies", "gone.json"], "gone.json"),
        (&["-", "--applies", "-"], "one thing only"),
    ] {
        let ran = bench.run(&[&["narrow"], arguments].concat());
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (3, ""),
            "{arguments:?}: {}",
            ran.stderr
        );
        says(&ran, with);
    }
}
