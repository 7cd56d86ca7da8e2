//! Servers in trouble: a clear diagnostic each, and no state is lost.

use anyhow::{Result, ensure};
use leastpriv_e2e::bed::{Backend, Run, Workspace};
use serde_json::{Value, json};

use super::stage::{Act, BACKEND, HEAD, NARROW, Scenario, fails_with, nothing_to_do, policy, role};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "server-down",
            body: server_down,
        },
        Scenario {
            name: "server-sealed",
            body: server_sealed,
        },
        Scenario {
            name: "token-wrong",
            body: token_wrong,
        },
        Scenario {
            name: "no-address",
            body: no_address,
        },
        Scenario {
            name: "address-families",
            body: address_families,
        },
        Scenario {
            name: "host-name",
            body: host_name,
        },
        Scenario {
            name: "role-without-mount",
            body: role_without_mount,
        },
        Scenario {
            name: "denied",
            body: denied,
        },
    ]
}

fn reader() -> String {
    role("reader", "iam_user", &policy(NARROW))
}

/// A server of this scenario alone, with the reader applied.
fn own_server(act: &Act<'_>) -> Result<(Backend, Workspace)> {
    let server = Backend::start(act.bed(), act.kind())?;
    let mut workspace = act.workspace()?;
    workspace.point_at(&server);
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}{}", reader()))?;
    workspace.apply(&[])?.accepted()?;
    Ok((server, workspace))
}

/// A run fails with the texts, and the state is what it was.
fn fails_and_keeps_state(workspace: &Workspace, run: impl Fn() -> Result<Run>, texts: &[&str]) -> Result<()> {
    let before = objects(&workspace.state_json()?);
    fails_with(&run()?, texts)?;
    let after = objects(&workspace.state_json()?);
    ensure!(after == before, "the state changed from {before:#} to {after:#}");
    Ok(())
}

/// The objects of a state, without the list of sensitive attributes, which Terraform writes in random order.
fn objects(state: &Value) -> Value {
    let mut resources = state.get("resources").cloned().unwrap_or_default();
    for resource in resources.as_array_mut().into_iter().flatten() {
        let instances = resource.get_mut("instances").and_then(Value::as_array_mut);
        for instance in instances.into_iter().flatten().filter_map(Value::as_object_mut) {
            instance.remove("sensitive_attributes");
        }
    }
    resources
}

fn server_down(act: &Act<'_>) -> Result<()> {
    let (server, workspace) = own_server(act)?;
    let address = server.address().to_owned();
    drop(server);
    for run in [Workspace::apply, Workspace::destroy, Workspace::plan] {
        fails_and_keeps_state(&workspace, || run(&workspace, &[]), &["could not", &address, "connect"])?;
    }
    Ok(())
}

fn server_sealed(act: &Act<'_>) -> Result<()> {
    let (server, workspace) = own_server(act)?;
    server.api().write("sys/seal", &json!({}))?.accepted()?;
    fails_and_keeps_state(&workspace, || workspace.apply(&[]), &["sealed"])
}

fn token_wrong(act: &Act<'_>) -> Result<()> {
    let mut workspace = act.applied(&reader())?;
    workspace.set("VAULT_TOKEN", "hvs.certainly-not-a-token");
    for run in [Workspace::apply, Workspace::destroy] {
        fails_and_keeps_state(&workspace, || run(&workspace, &[]), &["token"])?;
    }
    let said = workspace.plan(&[])?;
    ensure!(
        !said.says("certainly-not-a-token"),
        "the token is printed:\n{}",
        said.stderr
    );
    workspace.set("VAULT_TOKEN", act.backend().token());
    nothing_to_do(&workspace)
}

fn no_address(act: &Act<'_>) -> Result<()> {
    let mut workspace = act.workspace()?;
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}"))?;
    workspace.unset("VAULT_ADDR");
    fails_with(&workspace.plan(&[])?, &["address", "VAULT_ADDR"])?;
    workspace
        .set("VAULT_ADDR", act.backend().address())
        .unset("VAULT_TOKEN");
    fails_with(&workspace.plan(&[])?, &["token", "VAULT_TOKEN"])
}

/// A token of one family never goes to the server of the other.
fn address_families(act: &Act<'_>) -> Result<()> {
    let mut workspace = act.workspace()?;
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}"))?;
    workspace.set("BAO_ADDR", "http://127.0.0.1:9");
    fails_with(&workspace.plan(&[])?, &["BAO_TOKEN"])?;
    workspace
        .set("BAO_ADDR", act.backend().address())
        .set("BAO_TOKEN", act.backend().token());
    workspace
        .set("VAULT_ADDR", "http://127.0.0.1:9")
        .set("VAULT_TOKEN", "hvs.of-another-server");
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)
}

/// The provider resolves names by itself, without the machine's resolver library.
fn host_name(act: &Act<'_>) -> Result<()> {
    let mut workspace = act.workspace()?;
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}"))?;
    workspace.set("VAULT_ADDR", act.backend().address().replace("127.0.0.1", "localhost"));
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)?;
    workspace.set("VAULT_ADDR", "http://no-such-host.invalid:8200");
    fails_with(&workspace.plan(&[])?, &["no-such-host.invalid"])
}

fn role_without_mount(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let alone = reader().replace("leastpriv_aws_secret_backend.aws.path", "var.mount");
    workspace.write("main.tf", &format!("{HEAD}{alone}"))?;
    fails_with(&workspace.apply(&[])?, &[&act.mount, "mount"])
}

fn denied(act: &Act<'_>) -> Result<()> {
    let mut workspace = act.applied(&reader())?;
    let policy = format!(
        "path \"{}/*\" {{\n  capabilities = [\"read\"]\n}}\npath \"sys/mounts/*\" {{\n  capabilities = [\"read\"]\n}}\n",
        act.mount
    );
    let token = act.backend().token_with_policy(&act.mount.replace('/', "-"), &policy)?;
    workspace.set("VAULT_TOKEN", token);
    let other = reader().replace("reports", "archive");
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}{other}"))?;
    fails_and_keeps_state(&workspace, || workspace.apply(&[]), &["roles/reader", "update"])?;
    Ok(())
}
