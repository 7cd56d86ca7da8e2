//! Roles, and the credentials that are asked of them.

use anyhow::{Result, ensure};
use leastpriv_e2e::bed::{BackendKind, Workspace};
use serde_json::json;

use super::{apply, apply_in_place, import_role, reader, unset, with, write, write_role};
use crate::stage::{Act, BACKEND, NARROW, fails_with, holds, nothing_to_do, policy, role};

pub(super) fn foreign_tags(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied("")?;
    let foreign = json!({"credential_type": "iam_user", "policy_document": NARROW, "iam_tags": {"owner": "somebody"}});
    write_role(act, "reader", &foreign)?;
    let configuration = with(&reader());
    write(&workspace, &configuration)?;
    import_role(act, &workspace, "reader")?;
    apply_in_place(&workspace, &configuration)?;
    unset(&act.live("roles/reader")?, &["iam_tags"])
}

pub(super) fn session_token(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let bare = role("bare", "session_token", "");
    let timed = role("timed", "session_token", "default_sts_ttl = 900\nmax_sts_ttl = 3600");
    apply(&workspace, &with(&(bare + &timed)))?;
    let live = act.live("roles/bare")?;
    holds(&live, "credential_type", &json!("session_token"))?;
    unset(&live, &["iam_groups", "policy_arns", "policy_document"])?;
    let live = act.live("roles/timed")?;
    holds(&live, "default_sts_ttl", &json!(900))?;
    holds(&live, "max_sts_ttl", &json!(3600))
}

pub(super) fn federation_to_user(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let times = format!("default_sts_ttl = 900\nmax_sts_ttl = 3600\n{}", policy(NARROW));
    let federation = role("reader", "federation_token", &times);
    apply(&workspace, &with(&federation))?;
    apply_in_place(&workspace, &with(&reader()))?;
    let live = act.live("roles/reader")?;
    holds(&live, "credential_type", &json!("iam_user"))?;
    unset(&live, &["default_sts_ttl", "max_sts_ttl"])
}

pub(super) fn role_arns(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let argument = "role_arns = [\"arn:aws:iam::123456789012:role/one\"]";
    let before = with(&role("x", "assumed_role", argument));
    apply(&workspace, &before)?;
    apply_in_place(&workspace, &before.replace("role/one", "role/two"))?;
    let expected = json!(["arn:aws:iam::123456789012:role/two"]);
    holds(&act.live("roles/x")?, "role_arns", &expected)
}

pub(super) fn reordered_actions(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let orders = [
        r#"["s3:GetObject","s3:GetObjectTagging"]"#,
        r#"["s3:GetObjectTagging","s3:GetObject"]"#,
    ];
    let [stored, reordered] = orders.map(|actions| NARROW.replace("\"s3:GetObject\"", actions));
    for document in [&stored, &reordered] {
        apply(&workspace, &with(&role("x", "iam_user", &policy(document))))?;
        holds(&act.live("roles/x")?, "policy_document", &json!(stored))?;
    }
    Ok(())
}

/// Roles of the old form, written by the fields of that time. One with a document is of two types at once.
pub(super) fn legacy_role(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied("")?;
    let arn = "arn:aws:iam::123456789012:role/one";
    let assumed = role("assumed", "assumed_role", &format!("role_arns = [\"{arn}\"]"));
    let configuration = with(&(role("user", "iam_user", &policy(NARROW)) + &assumed));
    write(&workspace, &configuration)?;
    for (name, legacy) in [("user", json!({"policy": NARROW})), ("assumed", json!({"arn": arn}))] {
        write_role(act, name, &legacy)?;
        import_role(act, &workspace, name)?;
    }
    nothing_to_do(&workspace)?;
    let both = json!("iam_user,federation_token");
    holds(&act.live("roles/user")?, "credential_type", &both)?;
    // Any change makes it a role of the configured type alone.
    let changed = configuration.replace("\"iam_user\"\n", "\"iam_user\"\n  user_path = \"/team/\"\n");
    apply_in_place(&workspace, &changed)?;
    holds(&act.live("roles/user")?, "credential_type", &json!("iam_user"))
}

/// A credential that is opened in each plan and in each apply.
const CREDENTIAL: &str = r#"
ephemeral "leastpriv_aws_access_credentials" "reader" {
  mount = var.mount
  role  = "reader"
}
"#;

pub(super) fn no_user_left(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    let (aws, _) = act.ministack();
    let before = aws.users()?;
    let asking = format!("read {}/creds/reader", act.mount);
    let asked = || -> Result<usize> {
        let requests = act.backend().requests()?;
        Ok(requests.iter().filter(|request| **request == asking).count())
    };
    write(&workspace, &with(&(reader() + CREDENTIAL)))?;
    for run in [Workspace::plan, Workspace::apply] {
        let count = asked()?;
        run(&workspace, &[])?.accepted()?;
        ensure!(asked()? > count, "no credential was asked for");
        let left: Vec<_> = aws.users()?.into_iter().filter(|user| !before.contains(user)).collect();
        ensure!(left.is_empty(), "users are left behind: {left:?}");
    }
    Ok(())
}

/// Neither a credential nor a role nor a mount of a namespace that is not there comes from or into the root namespace.
pub(super) fn unknown_namespace(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    let why = match act.kind() {
        BackendKind::OpenBao => "the namespace does not exist",
        BackendKind::Vault => "the server would ignore the namespace",
    };
    let namespace = "namespace = \"nope\"\n";
    let credential = CREDENTIAL.replace("{\n", &format!("{{\n  {namespace}"));
    let stray = role("stray", "iam_user", &format!("{namespace}{}", policy(NARROW)));
    let mount = BACKEND
        .replace("\"aws\" {\n", &format!("\"stray\" {{\n  {namespace}"))
        .replace("= var.mount", "= \"${var.mount}-stray\"");
    for more in [credential, stray, mount] {
        write(&workspace, &with(&(reader() + &more)))?;
        fails_with(&workspace.apply(&[])?, &["`nope`", why])?;
    }
    let asking = format!(" {}/creds/reader", act.mount);
    let requests = act.backend().requests()?;
    let asked = requests.iter().any(|request| request.ends_with(&asking));
    ensure!(!asked, "the root namespace was asked for a credential");
    ensure!(act.live("roles/stray")?.is_null(), "the role is in the root namespace");
    let elsewhere = format!("sys/mounts/{}-stray", act.mount);
    let elsewhere = act.backend().api().read(&elsewhere)?;
    ensure!(!elsewhere.is_success(), "the mount is in the root namespace");
    Ok(())
}

pub(super) fn no_child_token(act: &Act<'_>) -> Result<()> {
    let tokens = || -> Result<Vec<String>> {
        let reply = act.backend().api().list("auth/token/accessors")?.accepted()?;
        Ok(reply.keys().into_iter().map(str::to_owned).collect())
    };
    let before = tokens()?;
    ensure!(!before.is_empty(), "the root token is not listed");
    let workspace = act.applied(&reader())?;
    apply(&workspace, &with(&(reader() + CREDENTIAL)))?;
    let left: Vec<_> = tokens()?.into_iter().filter(|token| !before.contains(token)).collect();
    ensure!(left.is_empty(), "tokens are left behind: {left:?}");
    Ok(())
}
