//! Principals and their policies in modules of a plan.

use serde_json::{Value, json};

use crate::bench::Bench;

/// A resource: the address of its module, its own address, its attributes, and those that are known only after apply.
type Planned<'a> = (&'a str, &'a str, Value, Value);

fn plan(resources: &[Planned<'_>], root: &Value) -> String {
    let changes: Vec<Value> = resources
        .iter()
        .map(|(module, own, after, unknown)| {
            let (kind, name) = own.split_once('.').unwrap();
            let name = name.split('[').next().unwrap();
            let separator = if module.is_empty() { "" } else { "." };
            json!({
                "address": format!("{module}{separator}{own}"), "module_address": module, "mode": "managed",
                "type": kind, "name": name,
                "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown}
            })
        })
        .collect();
    json!({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes,
           "configuration": {"root_module": root}})
    .to_string()
}

fn reading() -> Value {
    json!({"policy": r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#})
}

fn what(plan: &str, principal: &str) -> (i32, Value) {
    let bench = Bench::new();
    bench.write("plan.json", plan);
    let ran = bench.run(&["what-can", principal, "--plan", "plan.json", "--format", "json"]);
    assert_eq!(ran.stderr, "", "{principal}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    (ran.code, report["principals"][0].clone())
}

/// Which of these principals can read, by exit code: 0 cannot, 1 can, 2 is not known.
fn codes(plan: &str, principals: &[&str]) -> Vec<i32> {
    principals.iter().map(|principal| what(plan, principal).0).collect()
}

const ROLE: &str = "aws_iam_role.worker";

/// A role whose name is known only after apply.
fn role<'a>(module: &'a str, own: &'a str) -> Planned<'a> {
    (module, own, json!({}), json!({"name": true, "arn": true}))
}

/// A policy of a role that is known only after apply.
fn attached<'a>(module: &'a str, own: &'a str) -> Planned<'a> {
    (module, own, reading(), json!({"role": true}))
}

fn attaches(references: &Value) -> Value {
    json!({"address": "aws_iam_role_policy.p", "expressions": {"role": {"references": references}}})
}

#[test]
fn a_principal_in_a_module_is_asked_about_by_its_address() {
    let (one, other) = (r#"module.team["a.b"]"#, r#"module.team["c[d]"]"#);
    let resources = [
        role(one, "aws_iam_role.worker[0]"),
        role(one, "aws_iam_role.worker[1]"),
        role(other, "aws_iam_role.worker[0]"),
        attached(one, "aws_iam_role_policy.p[0]"),
        attached(other, "aws_iam_role_policy.p[0]"),
    ];
    let module = json!({"resources": [attaches(&json!(["aws_iam_role.worker", "count.index"]))]});
    let plan = plan(
        &resources,
        &json!({"module_calls": {"team": {"for_each_expression": {}, "module": module}}}),
    );
    let principals = [
        r#"module.team["a.b"].aws_iam_role.worker[0]"#,
        r#"module.team["a.b"].aws_iam_role.worker[1]"#,
        r#"module.team["c[d]"].aws_iam_role.worker[0]"#,
    ];
    assert_eq!(codes(&plan, &principals), [1, 0, 1]);
    // Of an address that is nearly one the right one is named.
    let bench = Bench::new();
    bench.write("plan.json", &plan);
    let ran = bench.run(&[
        "what-can",
        "module.team[a.b].aws_iam_role.worker[0]",
        "--plan",
        "plan.json",
    ]);
    assert!(
        ran.code == 3
            && ran
                .stderr
                .contains(r#"is it `module.team["a.b"].aws_iam_role.worker[0]`?"#),
        "{ran:?}"
    );
}

#[test]
fn a_name_that_is_known_reaches_a_role_of_any_module() {
    let named = |name: &str| json!({"name": name});
    let policy = {
        let mut policy = reading();
        policy["role"] = json!("worker");
        policy
    };
    let plan = plan(
        &[
            ("module.role", ROLE, named("worker"), json!({})),
            ("", ROLE, named("other"), json!({})),
            ("module.policy.module.inner", "aws_iam_role_policy.p", policy, json!({})),
        ],
        &json!({}),
    );
    assert_eq!(codes(&plan, &["module.role.aws_iam_role.worker", ROLE]), [1, 0]);
}

#[test]
fn a_role_is_followed_through_variables_and_outputs() {
    let output = json!({
        "expression": {"references": ["aws_iam_role.worker[0].name", "aws_iam_role.worker[0]", "aws_iam_role.worker"]}
    });
    let (role_of, other) = ("module.role", "module.other");
    let resources = [
        role(role_of, "aws_iam_role.worker[0]"),
        role(other, "aws_iam_role.worker[0]"),
        attached("module.policy", "aws_iam_role_policy.p"),
    ];
    let with = |argument: Value| {
        let roles = json!({"outputs": {"name": output}, "resources": []});
        plan(
            &resources,
            &json!({"module_calls": {
                "role": {"module": roles}, "other": {"module": roles},
                "policy": {"expressions": argument, "module": {"resources": [attaches(&json!(["var.role"]))]}}
            }}),
        )
    };
    let principals = [
        "module.role.aws_iam_role.worker[0]",
        "module.other.aws_iam_role.worker[0]",
    ];
    let found = with(json!({"role": {"references": ["module.role.name", "module.role"]}}));
    assert_eq!(codes(&found, &principals), [1, 0]);
    // What cannot be followed is not lost: it may be anybody's.
    for lost in [
        json!({}),
        json!({"role": {"references": ["local.role"]}}),
        json!({"role": {"references": ["module.role.other", "module.role"]}}),
        json!({"role": {"references": ["module.role"]}}),
        json!({"role": {"references": ["data.aws_iam_role.x.name", "data.aws_iam_role.x"]}}),
        json!({"role": {"references": ["var.role"]}}),
    ] {
        assert_eq!(codes(&with(lost.clone()), &principals), [2, 2], "{lost}");
    }
}

#[test]
fn the_instances_of_modules_are_told_apart() {
    let of = |key: &str| format!(r#"module.role["{key}"]"#);
    let policy_of = |key: &str| format!(r#"module.policy["{key}"]"#);
    let (a, b, policy_a) = (of("a"), of("b"), policy_of("a"));
    let resources = [
        role(&a, ROLE),
        role(&b, ROLE),
        attached(&policy_a, "aws_iam_role_policy.p"),
    ];
    let with = |references: Value| {
        let output = json!({"expression": {"references": ["aws_iam_role.worker.name", "aws_iam_role.worker"]}});
        plan(
            &resources,
            &json!({"module_calls": {
                "role": {"for_each_expression": {}, "module": {"outputs": {"name": output}}},
                "policy": {"for_each_expression": {}, "expressions": {"role": {"references": references}},
                           "module": {"resources": [attaches(&json!(["var.role"]))]}}
            }}),
        )
    };
    let (a, b) = (format!("{a}.{ROLE}"), format!("{b}.{ROLE}"));
    let principals = [a.as_str(), b.as_str()];
    for (references, expected) in [
        (json!(["module.role", "each.key"]), [2, 2]),
        (
            json!([r#"module.role["b"].name"#, r#"module.role["b"]"#, "module.role"]),
            [0, 1],
        ),
        (json!(["module.role.name", "module.role"]), [2, 2]),
        (
            json!([r#"module.role["c"].name"#, r#"module.role["c"]"#, "module.role"]),
            [2, 2],
        ),
    ] {
        assert_eq!(codes(&with(references.clone()), &principals), expected, "{references}");
    }
}
