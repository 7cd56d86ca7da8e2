//! Every field of a role: set, changed, unset, each time on the server and with an empty second plan.

use anyhow::{Result, ensure};
use leastpriv_e2e::bed::{BackendKind, Workspace};
use serde_json::{Value, json};

use super::stage::{Act, BACKEND, HEAD, NARROW, Scenario, fails_with, holds, nothing_to_do, policy, role, says};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "role-fields",
            body: fields,
        },
        Scenario {
            name: "role-rules",
            body: rules,
        },
        Scenario {
            name: "role-goes-to-another-mount",
            body: another_mount,
        },
    ]
}

/// A second mount of the same kind.
const OTHER: &str = r#"
resource "leastpriv_aws_secret_backend" "other" {
  path = "${var.mount}-other"
}
"#;

/// The role is written to the other mount before it is deleted from the first; one that is there already stays.
fn another_mount(act: &Act<'_>) -> Result<()> {
    let here = role("reader", "iam_user", &policy(NARROW));
    let there = here.replace(
        "leastpriv_aws_secret_backend.aws.path",
        "leastpriv_aws_secret_backend.other.path",
    );
    let workspace = act.applied(&format!("{OTHER}{here}"))?;
    let api = act.backend().api();
    let path = format!("{}-other/roles/reader", act.mount);
    let foreign = json!({"credential_type": "iam_user", "iam_groups": ["foreign"]});
    api.write(&path, &foreign)?.accepted()?;
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}{OTHER}{there}"))?;
    fails_with(&workspace.apply(&[])?, &["exists already", "iam_groups"])?;
    act.live("roles/reader")?;

    api.delete(&path)?.accepted()?;
    let run = workspace.apply(&[])?.accepted()?;
    says(&run, &["0 to add, 1 to change, 0 to destroy"])?;
    nothing_to_do(&workspace)?;
    let id = workspace.attributes("leastpriv_aws_secret_backend_role.reader")?;
    holds(&id, "id", &json!(path))?;
    holds(
        api.read(&path)?.accepted()?.data(),
        "credential_type",
        &json!("iam_user"),
    )?;
    let old = api.read(&format!("{}/roles/reader", act.mount))?;
    ensure!(old.status == 404, "the role is still at its old path");
    Ok(())
}

/// Three configurations of the same roles, and what the server must hold after each.
fn fields(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let other = NARROW.replace("reports", "archive");
    step(
        act,
        &workspace,
        [
            &format!(
                "policy_arns = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\niam_groups = [\"readers\"]\niam_tags = {{ owner = \"platform\" }}\nuser_path = \"/team/\"\npermissions_boundary_arn = \"arn:aws:iam::123456789012:policy/boundary\"\n{}",
                policy(NARROW)
            ),
            &format!(
                "role_arns = [\"arn:aws:iam::123456789012:role/one\"]\nexternal_id = \"ext-1\"\nsession_tags = {{ team = \"a\" }}\ndefault_sts_ttl = 900\nmax_sts_ttl = 3600\n{}",
                policy(NARROW)
            ),
            &format!("default_sts_ttl = 1800\nmax_sts_ttl = 7200\n{}", policy(NARROW)),
        ],
        &[
            ("user", "policy_arns", json!(["arn:aws:iam::aws:policy/ReadOnlyAccess"])),
            ("user", "iam_groups", json!(["readers"])),
            ("user", "iam_tags", json!({"owner": "platform"})),
            ("user", "user_path", json!("/team/")),
            (
                "user",
                "permissions_boundary_arn",
                json!("arn:aws:iam::123456789012:policy/boundary"),
            ),
            ("user", "policy_document", json!(NARROW)),
            ("assumed", "role_arns", json!(["arn:aws:iam::123456789012:role/one"])),
            ("assumed", "external_id", json!("ext-1")),
            ("assumed", "session_tags", json!({"team": "a"})),
            ("assumed", "default_sts_ttl", json!(900)),
            ("assumed", "max_sts_ttl", json!(3600)),
            ("federation", "default_sts_ttl", json!(1800)),
        ],
    )?;
    step(
        act,
        &workspace,
        [
            &format!(
                "policy_arns = [\"arn:aws:iam::aws:policy/SecurityAudit\"]\niam_groups = [\"writers\", \"readers\"]\niam_tags = {{ owner = \"data\" }}\nuser_path = \"/other/\"\npermissions_boundary_arn = \"arn:aws:iam::123456789012:policy/narrower\"\n{}",
                policy(&other)
            ),
            &format!(
                "role_arns = [\"arn:aws:iam::123456789012:role/two\"]\nexternal_id = \"ext-2\"\nsession_tags = {{ team = \"b\" }}\ndefault_sts_ttl = 1000\nmax_sts_ttl = 4000\n{}",
                policy(&other)
            ),
            &format!("default_sts_ttl = 1900\nmax_sts_ttl = 7300\n{}", policy(&other)),
        ],
        &[
            ("user", "policy_arns", json!(["arn:aws:iam::aws:policy/SecurityAudit"])),
            ("user", "iam_tags", json!({"owner": "data"})),
            ("user", "user_path", json!("/other/")),
            (
                "user",
                "permissions_boundary_arn",
                json!("arn:aws:iam::123456789012:policy/narrower"),
            ),
            ("user", "policy_document", json!(other)),
            ("assumed", "role_arns", json!(["arn:aws:iam::123456789012:role/two"])),
            ("assumed", "external_id", json!("ext-2")),
            ("assumed", "session_tags", json!({"team": "b"})),
            ("assumed", "default_sts_ttl", json!(1000)),
            ("assumed", "max_sts_ttl", json!(4000)),
            ("federation", "max_sts_ttl", json!(7300)),
        ],
    )?;
    step(
        act,
        &workspace,
        [
            &policy(NARROW),
            "role_arns = [\"arn:aws:iam::123456789012:role/two\"]",
            &policy(NARROW),
        ],
        &[
            ("user", "policy_arns", json!([])),
            ("user", "iam_groups", json!([])),
            ("user", "iam_tags", json!({})),
            ("user", "user_path", json!("")),
            ("user", "permissions_boundary_arn", json!("")),
            ("assumed", "policy_document", json!("")),
            ("assumed", "external_id", json!("")),
            ("assumed", "session_tags", json!({})),
            ("assumed", "default_sts_ttl", json!(0)),
            ("assumed", "max_sts_ttl", json!(0)),
            ("federation", "default_sts_ttl", json!(0)),
        ],
    )
}

fn step(act: &Act<'_>, workspace: &Workspace, arguments: [&str; 3], expected: &[(&str, &str, Value)]) -> Result<()> {
    let [user, assumed, federation] = arguments;
    let roles = role("user", "iam_user", user)
        + &role("assumed", "assumed_role", assumed)
        + &role("federation", "federation_token", federation);
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}{roles}"))?;
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(workspace)?;
    for (name, field, value) in expected {
        let live = act.live(&format!("roles/{name}"))?;
        let found = live.get(*field).unwrap_or(&Value::Null);
        anyhow::ensure!(
            same(found, value),
            "`{field}` of `{name}` is {found} instead of {value}"
        );
    }
    Ok(())
}

/// Equal, where the server answers null for what is empty, and whatever the order of a list.
fn same(found: &Value, expected: &Value) -> bool {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    let sorted = |value: &Value| {
        let mut texts: Vec<_> = value.as_array().into_iter().flatten().map(Value::to_string).collect();
        texts.sort();
        texts
    };
    found == expected
        || (empty(found) && empty(expected))
        || (found.is_array() && expected.is_array() && sorted(found) == sorted(expected))
}

/// What the server or AWS would refuse later is refused at plan, by name.
fn rules(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let narrow = policy(NARROW);
    let session = if act.kind() == BackendKind::Vault {
        "policy"
    } else {
        "session_token"
    };
    let cases: &[(&str, &str, String, &[&str])] = &[
        (
            "a",
            "iam_user",
            format!("default_sts_ttl = 900\n{narrow}"),
            &["default_sts_ttl"],
        ),
        ("a", "assumed_role", narrow.clone(), &["role_arns"]),
        (
            "a",
            "assumed_role",
            "role_arns = [\"reader\"]".to_owned(),
            &["role_arns", "reader"],
        ),
        (
            "a",
            "assumed_role",
            "role_arns = [\"arn:aws:iam::123456789012:role/x\"]\ndefault_sts_ttl = 3600\nmax_sts_ttl = 900".to_owned(),
            &["default_sts_ttl", "max_sts_ttl"],
        ),
        (
            "a",
            "assumed_role",
            "role_arns = [\"arn:aws:iam::123456789012:role/x\"]\ndefault_sts_ttl = 60".to_owned(),
            &["default_sts_ttl", "900"],
        ),
        ("a", "federation_token", String::new(), &["federation_token"]),
        (
            "a",
            "federation_token",
            format!("user_path = \"/x/\"\n{narrow}"),
            &["user_path"],
        ),
        ("a", "iam_user", format!("user_path = \"x\"\n{narrow}"), &["user_path"]),
        (
            "a",
            "iam_user",
            format!("permissions_boundary_arn = \"x\"\n{narrow}"),
            &["permissions_boundary_arn"],
        ),
        (
            "a",
            "iam_user",
            format!("external_id = \"x1\"\n{narrow}"),
            &["external_id"],
        ),
        (
            "a",
            "iam_user",
            format!("mfa_serial_number = \"arn:aws:iam::123456789012:mfa/x\"\n{narrow}"),
            &["mfa_serial_number"],
        ),
        ("a", "session_token", narrow.clone(), &[session]),
        ("a", "root_user", narrow.clone(), &["credential_type", "root_user"]),
        ("a", "iam_user", policy("not json"), &["json-syntax"]),
        (
            "a",
            "iam_user",
            policy(r#"{"Version":"2012-10-17","Statment":[]}"#),
            &["unknown-element", "Statment"],
        ),
        ("a b", "iam_user", narrow.clone(), &["name", "a b"]),
    ];
    for (name, kind, arguments, texts) in cases {
        let text =
            role("x", kind, arguments).replace("name            = \"x\"", &format!("name            = \"{name}\""));
        workspace.write("main.tf", &format!("{HEAD}{BACKEND}{text}"))?;
        fails_with(&workspace.plan(&[])?, texts)?;
    }
    Ok(())
}
