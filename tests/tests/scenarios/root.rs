//! Every field of the backend: set, changed, unset; and a secret that is never lost.

use anyhow::{Result, ensure};
use leastpriv_e2e::bed::{BackendKind, Workspace};
use serde_json::{Value, json};

use super::stage::{Act, BACKEND, HEAD, NARROW, Scenario, fails_with, nothing_to_do, policy, role};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "backend-fields",
            body: fields,
        },
        Scenario {
            name: "secret-survives-changes",
            body: secret_survives,
        },
        Scenario {
            name: "secret-is-needed",
            body: secret_is_needed,
        },
        Scenario {
            name: "remount",
            body: remount,
        },
    ]
}

/// The backend block with more arguments.
fn backend(arguments: &str) -> String {
    BACKEND.replace(
        "  sts_endpoint          = var.endpoint\n",
        &format!("  sts_endpoint          = var.endpoint\n{arguments}\n"),
    )
}

fn apply(workspace: &Workspace, text: &str) -> Result<()> {
    workspace.write("main.tf", &format!("{HEAD}{text}"))?;
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(workspace)
}

fn fields(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let first = "description = \"one\"\nlease = \"30m\"\nlease_max = \"24h\"\ndefault_lease_ttl_seconds = 900\nmax_lease_ttl_seconds = 3600\nmax_retries = 3\nusername_template = \"{{ printf \\\"one-%s\\\" (random 20) }}\"\naudit_non_hmac_response_keys = [\"access_key\"]\nlisting_visibility = \"unauth\"\npassthrough_request_headers = [\"X-One\"]\nallowed_response_headers = [\"X-Two\"]\n";
    apply(&workspace, &backend(first))?;
    holds(
        act,
        "config/lease",
        &[("lease", json!("30m0s")), ("lease_max", json!("24h0m0s"))],
    )?;
    holds(
        act,
        "config/root",
        &[
            ("max_retries", json!(3)),
            ("username_template", json!("{{ printf \"one-%s\" (random 20) }}")),
        ],
    )?;
    tuned(
        act,
        &[
            ("default_lease_ttl", json!(900)),
            ("max_lease_ttl", json!(3600)),
            ("description", json!("one")),
            ("audit_non_hmac_response_keys", json!(["access_key"])),
        ],
    )?;

    let second = "description = \"two\"\nlease = \"40m\"\nlease_max = \"48h\"\ndefault_lease_ttl_seconds = 1000\nmax_lease_ttl_seconds = 4000\nmax_retries = 5\nusername_template = \"{{ printf \\\"two-%s\\\" (random 20) }}\"\naudit_non_hmac_response_keys = [\"access_key\", \"arn\"]\nlisting_visibility = \"hidden\"\npassthrough_request_headers = [\"X-Three\"]\nallowed_response_headers = [\"X-Four\"]\n";
    apply(&workspace, &backend(second))?;
    holds(
        act,
        "config/lease",
        &[("lease", json!("40m0s")), ("lease_max", json!("48h0m0s"))],
    )?;
    holds(
        act,
        "config/root",
        &[
            ("max_retries", json!(5)),
            ("username_template", json!("{{ printf \"two-%s\" (random 20) }}")),
        ],
    )?;
    tuned(
        act,
        &[
            ("default_lease_ttl", json!(1000)),
            ("description", json!("two")),
            ("audit_non_hmac_response_keys", json!(["access_key", "arn"])),
        ],
    )?;

    let bare = BACKEND.replace("  region                = \"us-east-1\"\n", "");
    apply(&workspace, &bare)?;
    holds(act, "config/root", &[("max_retries", json!(-1)), ("region", json!(""))])?;
    let template = act
        .live("config/root")?
        .get("username_template")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    ensure!(!template.contains("two-"), "the template was not reset: {template}");
    let lease = act.live("config/lease")?;
    ensure!(!lease.to_string().contains("40m"), "the lease was not reset: {lease}");
    let tune = act
        .backend()
        .api()
        .read(&format!("sys/mounts/{}/tune", act.mount))?
        .accepted()?;
    ensure!(
        tune.field("default_lease_ttl") != &json!(1000),
        "the lease time was not reset: {}",
        tune.body
    );
    ensure!(
        !tune.body.to_string().contains("access_key"),
        "the audit keys were not reset: {}",
        tune.body
    );
    Ok(())
}

fn holds(act: &Act<'_>, path: &str, expected: &[(&str, Value)]) -> Result<()> {
    let live = act.live(path)?;
    for (name, value) in expected {
        ensure!(
            live.get(*name) == Some(value),
            "`{name}` at `{path}` is {:?} instead of {value}",
            live.get(*name)
        );
    }
    Ok(())
}

fn tuned(act: &Act<'_>, expected: &[(&str, Value)]) -> Result<()> {
    let tune = act
        .backend()
        .api()
        .read(&format!("sys/mounts/{}/tune", act.mount))?
        .accepted()?;
    for (name, value) in expected {
        ensure!(
            tune.field(name) == value,
            "`{name}` of the mount is {} instead of {value}",
            tune.field(name)
        );
    }
    Ok(())
}

fn secret_survives(act: &Act<'_>) -> Result<()> {
    let reader = role("reader", "iam_user", &policy(NARROW));
    let workspace = act.applied(&reader)?;
    let (aws, seed) = act.ministack();
    for region in ["eu-west-1", "eu-central-1"] {
        apply(&workspace, &format!("{}{reader}", BACKEND.replace("us-east-1", region)))?;
        // A credential can only be issued while the server has the secret.
        let lease = act.backend().issue(&act.mount, "reader", &Value::Null)?;
        let read = json!({"Bucket": seed.bucket, "Key": seed.object});
        let outcome = aws.client().call(&lease.credentials, "s3", "get_object", read)?;
        ensure!(outcome.is_allowed(), "the credential cannot read: {outcome:?}");
        act.backend().revoke(&lease)?;
    }
    Ok(())
}

fn secret_is_needed(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied("")?;
    let without = BACKEND
        .replace(
            "  secret_key_wo         = var.secret_key\n  secret_key_wo_version = 1\n",
            "",
        )
        .replace("us-east-1", "eu-west-1");
    workspace.write("main.tf", &format!("{HEAD}{without}"))?;
    let run = workspace.plan(&[])?;
    match act.kind() {
        BackendKind::OpenBao => fails_with(&run, &["secret_key", "replace"]),
        BackendKind::Vault => {
            run.accepted()?;
            workspace.apply(&[])?.accepted()?;
            nothing_to_do(&workspace)?;
            let users = act
                .backend()
                .api()
                .read(&format!("{}/config/root", act.mount))?
                .accepted()?;
            ensure!(users.field("region") == "eu-west-1", "the region was not written");
            Ok(())
        }
    }
}

fn remount(act: &Act<'_>) -> Result<()> {
    let reader = role("reader", "iam_user", &policy(NARROW));
    let mut workspace = act.workspace()?;
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}{reader}"))?;
    workspace.apply(&[])?.accepted()?;
    let moved = format!("{}-moved", act.mount);
    workspace.set("TF_VAR_mount", &moved);
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)?;
    let role = act.backend().api().read(&format!("{moved}/roles/reader"))?.accepted()?;
    ensure!(
        role.field("credential_type") == "iam_user",
        "the role did not move along"
    );
    ensure!(!act.is_mounted()?, "the old path is still mounted");
    Ok(())
}
