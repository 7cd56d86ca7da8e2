//! What hashicorp/vault 5.11 gets wrong on real servers, each as a case that must go right here: differences without
//! end, arguments that outlive their removal, key pairs that are lost or brought back, mounts and roles that are taken
//! away or overwritten, and credentials that nobody gives back. What another file of this folder shows is not repeated.

mod mounts;
mod roles;

use anyhow::{Context as _, Result, ensure};
use leastpriv_e2e::bed::aws::Call;
use leastpriv_e2e::bed::{BackendKind, Workspace};
use serde_json::{Value, json};

use super::stage::{Act, BACKEND, HEAD, NARROW, Scenario, fails_with, holds, nothing_to_do, policy, role, says, text};

type Body = fn(&Act<'_>) -> Result<()>;

pub(crate) fn scenarios() -> Vec<Scenario> {
    let named: [(&'static str, Body); 27] = [
        ("options-are-exchanged", mounts::options),
        ("force-no-cache-is-fixed", mounts::force_no_cache),
        ("default-token-key-settles", mounts::default_token_key),
        ("zero-ttl-is-written", mounts::zero_ttl),
        ("removed-sts-region-is-cleared", mounts::removed_sts_region),
        ("absent-mount-fields-are-refused", mounts::absent_mount_fields),
        ("removed-tuning-is-cleared", mounts::removed_tuning),
        ("root-fields-are-kept-or-refused", mounts::root_fields),
        ("rotated-pair-is-left-alone", mounts::rotated_pair),
        ("rotated-pair-survives-region", mounts::rotated_pair_and_region),
        (
            "rotated-pair-survives-ignored-keys",
            mounts::rotated_pair_and_ignored_keys,
        ),
        ("plain-secret-stays-out", mounts::plain_secret),
        ("blank-mount-is-configured-again", mounts::blank_mount),
        ("kv-in-place-of-mount-is-kept", mounts::kv_in_place),
        ("seal-wrap-never-unmounts", mounts::seal_wrap),
        ("unequal-fallbacks-are-refused", mounts::unequal_fallbacks),
        ("moved-mount-keeps-its-roles", mounts::moved_mount),
        ("import-with-plain-secret-is-clean", mounts::import_with_secret),
        ("foreign-tags-are-cleared", roles::foreign_tags),
        ("session-token-needs-nothing", roles::session_token),
        ("federation-becomes-iam-user", roles::federation_to_user),
        ("role-arns-change-in-place", roles::role_arns),
        ("reordered-actions-are-equal", roles::reordered_actions),
        ("legacy-role-imports-clean", roles::legacy_role),
        ("credentials-leave-no-user", roles::no_user_left),
        ("unknown-namespace-is-refused", roles::unknown_namespace),
        ("no-child-token-is-made", roles::no_child_token),
    ];
    named.into_iter().map(|(name, body)| Scenario { name, body }).collect()
}

/// The backend block with more arguments.
fn backend(arguments: &str) -> String {
    BACKEND.replace(
        "  sts_endpoint          = var.endpoint\n",
        &format!("  sts_endpoint          = var.endpoint\n{arguments}\n"),
    )
}

/// The backend block with its secret in the argument that has no version.
fn plain() -> String {
    BACKEND.replace(
        "  secret_key_wo         = var.secret_key\n  secret_key_wo_version = 1\n",
        "  secret_key            = var.secret_key\n",
    )
}

fn reader() -> String {
    role("reader", "iam_user", &policy(NARROW))
}

/// The mount with roles.
fn with(roles: &str) -> String {
    format!("{BACKEND}{roles}")
}

fn write(workspace: &Workspace, configuration: &str) -> Result<()> {
    workspace.write("main.tf", &format!("{HEAD}{configuration}"))
}

/// Applies a configuration, and finds nothing left to do.
fn apply(workspace: &Workspace, configuration: &str) -> Result<()> {
    write(workspace, configuration)?;
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(workspace)
}

/// The same, where one object is to be changed as it stands.
fn apply_in_place(workspace: &Workspace, configuration: &str) -> Result<()> {
    write(workspace, configuration)?;
    let run = workspace.apply(&[])?.accepted()?;
    says(&run, &["0 to add, 1 to change, 0 to destroy"])?;
    nothing_to_do(workspace)
}

/// The plan of a configuration fails and says each of the texts.
fn refused(workspace: &Workspace, configuration: &str, texts: &[&str]) -> Result<()> {
    write(workspace, configuration)?;
    fails_with(&workspace.plan(&[])?, texts)
}

/// A field that the server would drop is never in the state: a new mount with it does not stay, and for one that is
/// there the plan refuses it.
fn server_lacks(act: &Act<'_>, workspace: &Workspace, arguments: &str, fields: &[&str]) -> Result<()> {
    let lacks: Vec<_> = fields.iter().map(|field| format!("has no field `{field}`")).collect();
    let lacks: Vec<_> = lacks.iter().map(String::as_str).collect();
    write(workspace, &backend(arguments))?;
    fails_with(&workspace.apply(&[])?, &lacks)?;
    ensure!(!act.is_mounted()?, "the refused mount is left behind");
    let state = workspace.attributes("leastpriv_aws_secret_backend.aws")?;
    ensure!(state.is_null(), "the refused mount is in the state: {state}");
    apply(workspace, BACKEND)?;
    refused(workspace, &backend(arguments), &lacks)
}

/// The mount as the server has it.
fn mounted(act: &Act<'_>) -> Result<Value> {
    let path = format!("sys/mounts/{}", act.mount);
    Ok(act.backend().api().read(&path)?.accepted()?.data().clone())
}

/// Takes the mount away behind the state's back and mounts something else there.
fn mount_instead(act: &Act<'_>, mount: &Value) -> Result<()> {
    let path = format!("sys/mounts/{}", act.mount);
    act.backend().api().delete(&path)?.accepted()?;
    act.backend().api().write(&path, mount)?.accepted().map(drop)
}

/// What can be tuned of the mount.
fn tuned(act: &Act<'_>) -> Result<Value> {
    let mount = mounted(act)?;
    mount.get("config").cloned().context("the mount has no `config`")
}

/// The configuration with the mount's own credentials.
fn root(act: &Act<'_>) -> Result<Value> {
    act.live("config/root")
}

/// Each member says no more than "not set", in one of the ways in which servers say it.
fn unset(object: &Value, names: &[&str]) -> Result<()> {
    let ways = [Value::Null, json!(0), json!(""), json!([]), json!({})];
    for name in names {
        let found = object.get(*name).unwrap_or(&Value::Null);
        ensure!(ways.contains(found), "`{name}` is still {found}");
    }
    Ok(())
}

/// Arguments of the mount are on the server while they are configured, and cleared there when they are removed.
fn comes_and_goes(
    act: &Act<'_>,
    workspace: &Workspace,
    arguments: &str,
    stored: fn(&Act<'_>) -> Result<Value>,
    expected: &[(&str, Value)],
) -> Result<()> {
    apply(workspace, &backend(arguments))?;
    let live = stored(act)?;
    for (name, value) in expected {
        holds(&live, name, value)?;
    }
    apply(workspace, BACKEND)?;
    let names: Vec<_> = expected.iter().map(|(name, _)| *name).collect();
    unset(&stored(act)?, &names)
}

fn write_role(act: &Act<'_>, name: &str, role: &Value) -> Result<()> {
    let path = format!("{}/roles/{name}", act.mount);
    act.backend().api().write(&path, role)?.accepted().map(drop)
}

fn import_role(act: &Act<'_>, workspace: &Workspace, name: &str) -> Result<()> {
    let address = format!("leastpriv_aws_secret_backend_role.{name}");
    let id = format!("{}/roles/{name}", act.mount);
    workspace.import(&address, &id)?.accepted().map(drop)
}

/// The server can make a user for `reader` and take it away again, for which it needs both halves of its key pair.
fn gives_credentials(act: &Act<'_>) -> Result<()> {
    let lease = act.backend().issue(&act.mount, "reader", &Value::Null)?;
    act.backend().revoke(&lease)
}

/// A mount with an identity of its own, applied, whose key pair the server has rotated since: the workspace, and the
/// access key that is live now.
fn rotated(act: &Act<'_>, configuration: &str) -> Result<(Workspace, String)> {
    // A rotation ends the key that was configured, so it cannot be the one that all scenarios share.
    let (aws, _) = act.moto();
    let user = act.mount.replace('/', "-");
    let statement = json!({"Effect": "Allow", "Action": "iam:*", "Resource": "*"});
    let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let grant = json!({"UserName": user, "PolicyName": "all", "PolicyDocument": document});
    let answers = aws.manage_all(&[
        Call::new("iam", "create_user", json!({"UserName": user})),
        Call::new("iam", "put_user_policy", grant),
        Call::new("iam", "create_access_key", json!({"UserName": user})),
    ])?;
    let pair = answers.last().context("no access key was created")?;
    let mut workspace = act.workspace()?;
    workspace
        .set("TF_VAR_endpoint", aws.endpoint())
        .set("TF_VAR_access_key", text(pair, "/AccessKey/AccessKeyId")?)
        .set("TF_VAR_secret_key", text(pair, "/AccessKey/SecretAccessKey")?);
    apply(&workspace, configuration)?;
    let path = format!("{}/config/rotate-root", act.mount);
    let reply = act.backend().api().write(&path, &json!({}))?.accepted()?;
    Ok((workspace, text(&reply.body, "/data/access_key")?))
}

/// The server still has the pair that it made itself, the id together with its own secret.
fn pair_is_live(act: &Act<'_>, live: &str) -> Result<()> {
    holds(&root(act)?, "access_key", &json!(live))?;
    let (aws, _) = act.moto();
    // Only with the checks on does a wrong secret show; they must be off again for whoever comes next.
    aws.enforce(true)?;
    let outcome = gives_credentials(act);
    aws.enforce(false)?;
    outcome.context("the server cannot use its key pair")
}

/// Another region is written without touching the rotated pair, or refused where the server would lose that pair.
fn region_spares_the_pair(act: &Act<'_>, configuration: &str) -> Result<()> {
    let (workspace, live) = rotated(act, configuration)?;
    let elsewhere = configuration.replace("us-east-1", "eu-west-1");
    let loss = "would erase the key pair that the server has rotated";
    match act.kind() {
        BackendKind::OpenBao => refused(&workspace, &elsewhere, &[loss])?,
        BackendKind::Vault => {
            apply(&workspace, &elsewhere)?;
            holds(&root(act)?, "region", &json!("eu-west-1"))?;
        }
    }
    pair_is_live(act, &live)
}
