//! Moving from hashicorp/vault: the types change, `moved` blocks say so, and nothing else happens.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::stage::{Act, Scenario, nothing_to_do};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![Scenario {
        name: "moved-from-hashicorp-vault",
        body: moved,
    }]
}

/// What hashicorp/vault 5.11.0 left behind: its configuration and its state.
const CONFIGURATION: &str = include_str!("../fixtures/main.tf");

const MOUNT: &str = "team/aws";

fn moved(act: &Act<'_>) -> Result<()> {
    let api = act.backend().api();
    // The sample names its mount, so a run that failed may have left it.
    api.delete(&format!("sys/mounts/{MOUNT}"))?;
    make_objects(act)?;
    let workspace = act.workspace()?;
    let state = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/terraform.tfstate"))?;
    workspace.write("terraform.tfstate", &served(act, &state)?)?;
    // Static roles are not managed here yet; their object stays on the server.
    workspace
        .run(&["state", "rm", "vault_aws_secret_backend_static_role.static"])?
        .accepted()?;
    workspace.write("main.tf", &configuration(act)?)?;

    let run = workspace.plan(&["-detailed-exitcode"])?.accepted()?;
    ensure!(
        run.stdout.contains("0 to add, 0 to change, 0 to destroy"),
        "the move changes something:\n{}",
        run.stdout
    );
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)?;
    let left = workspace.state_json()?.to_string();
    ensure!(
        !left.contains("planted-secret-of-the-sample"),
        "the secret is still in the state"
    );
    let live = api.read(&format!("{MOUNT}/roles/user"))?.accepted()?;
    ensure!(live.field("user_path") == "/team/", "the role was changed by the move");

    workspace.destroy(&[])?.accepted()?;
    ensure!(
        api.read(&format!("sys/mounts/{MOUNT}"))?.status != 200,
        "the mount is still there"
    );
    Ok(())
}

/// The objects that the state tells of.
fn make_objects(act: &Act<'_>) -> Result<()> {
    let api = act.backend().api();
    let endpoint = act.ministack().0.endpoint();
    let write = |path: &str, body: Value| -> Result<()> { api.write(path, &body)?.accepted().map(drop) };
    write(
        &format!("sys/mounts/{MOUNT}"),
        json!({"type": "aws", "description": "AWS for the team", "config": {"default_lease_ttl": "900s", "max_lease_ttl": "3600s"}}),
    )?;
    write(
        &format!("{MOUNT}/config/root"),
        json!({
            "access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "planted-secret-of-the-sample", "region": "eu-west-1",
            "iam_endpoint": endpoint, "sts_endpoint": endpoint, "max_retries": -1,
        }),
    )?;
    write(
        &format!("{MOUNT}/roles/user"),
        json!({
            "credential_type": "iam_user", "user_path": "/team/", "iam_groups": ["readers"],
            "permissions_boundary_arn": "arn:aws:iam::123456789012:policy/boundary",
            "iam_tags": {"owner": "platform", "expiration_date": "2027-01-31"},
            "policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "policy_document": r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}"#,
        }),
    )?;
    write(
        &format!("{MOUNT}/roles/assumed"),
        json!({
            "credential_type": "assumed_role", "external_id": "ext-1", "session_tags": {"owner": "platform"},
            "role_arns": ["arn:aws:iam::123456789012:role/app", "arn:aws:iam::123456789012:role/app2"],
            "default_sts_ttl": 900, "max_sts_ttl": 3600,
        }),
    )?;
    write(
        &format!("{MOUNT}/roles/federation"),
        json!({
            "credential_type": "federation_token",
            "policy_document": r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:SendMessage"],"Resource":["arn:aws:sqs:eu-west-1:123456789012:jobs"]}]}"#,
        }),
    )
}

/// The state with the endpoint and the accessor of this server.
fn served(act: &Act<'_>, state: &str) -> Result<String> {
    let mounts = act.backend().api().read("sys/mounts")?.accepted()?;
    let accessor = mounts
        .data()
        .pointer("/team~1aws~1/accessor")
        .and_then(Value::as_str)
        .context("the mount has no accessor")?;
    Ok(state
        .replace("http://127.0.0.1:18500", act.ministack().0.endpoint())
        .replace("aws_7f715ad2", accessor)
        .replace("registry.terraform.io", act.tool.default_host()))
}

/// The peer's configuration with our types and with `moved` blocks.
fn configuration(act: &Act<'_>) -> Result<String> {
    let (_, resources) = CONFIGURATION
        .split_once("resource \"vault_aws_secret_backend\"")
        .context("the sample has no backend")?;
    let resources = format!("resource \"vault_aws_secret_backend\"{resources}");
    let (resources, _) = resources
        .split_once("resource \"vault_aws_secret_backend_static_role\"")
        .context("the sample has no static role")?;
    let ours = resources
        .replace("vault_aws_secret_backend", "leastpriv_aws_secret_backend")
        .replace("http://127.0.0.1:18500", act.ministack().0.endpoint());
    let mut moves = String::new();
    for end in [
        "backend.aws",
        "backend_role.user",
        "backend_role.assumed",
        "backend_role.federation",
    ] {
        let _ = writeln!(
            moves,
            "moved {{\n  from = vault_aws_secret_{end}\n  to   = leastpriv_aws_secret_{end}\n}}"
        );
    }
    let head = "terraform {\n  required_providers {\n    leastpriv = {\n      source = \"leastpriv/leastpriv\"\n    }\n  }\n}\n\nprovider \"leastpriv\" {}\n\n";
    Ok(format!("{head}{ours}\n{moves}"))
}
