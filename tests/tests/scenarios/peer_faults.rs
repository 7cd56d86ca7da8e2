//! What hashicorp/vault 5.11 gets wrong on real servers, each as a case that must go right here: differences without
//! end, arguments that outlive their removal, key pairs that are lost or brought back, mounts and roles that are taken
//! away or overwritten, and credentials that nobody gives back. What another file of this folder shows is not repeated.

use anyhow::{Context as _, Result, ensure};
use leastpriv_e2e::bed::aws::Call;
use leastpriv_e2e::bed::{BackendKind, Workspace};
use serde_json::{Value, json};

use super::stage::{Act, BACKEND, HEAD, NARROW, Scenario, fails_with, holds, nothing_to_do, policy, role, says, text};

type Body = fn(&Act<'_>) -> Result<()>;

pub(crate) fn scenarios() -> Vec<Scenario> {
    let named: [(&'static str, Body); 27] = [
        ("options-are-exchanged", options),
        ("force-no-cache-is-fixed", force_no_cache),
        ("default-token-key-settles", default_token_key),
        ("zero-ttl-is-written", zero_ttl),
        ("removed-sts-region-is-cleared", removed_sts_region),
        ("absent-mount-fields-are-refused", absent_mount_fields),
        ("removed-tuning-is-cleared", removed_tuning),
        ("root-fields-are-kept-or-refused", root_fields),
        ("rotated-pair-is-left-alone", rotated_pair),
        ("rotated-pair-survives-region", rotated_pair_and_region),
        ("rotated-pair-survives-ignored-keys", rotated_pair_and_ignored_keys),
        ("plain-secret-stays-out", plain_secret),
        ("blank-mount-is-configured-again", blank_mount),
        ("kv-in-place-of-mount-is-kept", kv_in_place),
        ("seal-wrap-never-unmounts", seal_wrap),
        ("unequal-fallbacks-are-refused", unequal_fallbacks),
        ("moved-mount-keeps-its-roles", moved_mount),
        ("import-with-plain-secret-is-clean", import_with_secret),
        ("foreign-tags-are-cleared", foreign_tags),
        ("session-token-needs-nothing", session_token),
        ("federation-becomes-iam-user", federation_to_user),
        ("role-arns-change-in-place", role_arns),
        ("reordered-actions-are-equal", reordered_actions),
        ("legacy-role-imports-clean", legacy_role),
        ("credentials-leave-no-user", no_user_left),
        ("unknown-namespace-is-refused", unknown_namespace),
        ("no-child-token-is-made", no_child_token),
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

fn options(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    for key in ["a", "c"] {
        apply(&workspace, &backend(&format!("options = {{ {key} = \"x\" }}")))?;
        holds(&mounted(act)?, "options", &json!({key: "x"}))?;
    }
    apply(&workspace, BACKEND)?;
    unset(&mounted(act)?, &["options"])
}

fn force_no_cache(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    apply(&workspace, &backend("force_no_cache = true"))?;
    let changed = backend("force_no_cache = false");
    refused(&workspace, &changed, &["`force_no_cache` cannot be changed"])?;
    // Without the argument the mount stays as it is.
    apply(&workspace, BACKEND)?;
    holds(&tuned(act)?, "force_no_cache", &json!(true))
}

fn default_token_key(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let argument = "identity_token_key = \"default\"";
    if act.kind() == BackendKind::OpenBao {
        return server_lacks(act, &workspace, argument, &["identity_token_key"]);
    }
    apply(&workspace, &backend(argument))?;
    holds(&tuned(act)?, "identity_token_key", &json!("default"))?;
    apply(&workspace, BACKEND)
}

fn zero_ttl(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    for ttl in [900, 0] {
        let arguments = format!("default_sts_ttl = {ttl}\nmax_sts_ttl = {ttl}\n{}", policy(NARROW));
        let federation = role("federation", "federation_token", &arguments);
        apply(&workspace, &with(&federation))?;
        let live = act.live("roles/federation")?;
        holds(&live, "default_sts_ttl", &json!(ttl))?;
        holds(&live, "max_sts_ttl", &json!(ttl))?;
    }
    Ok(())
}

fn removed_sts_region(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let argument = "sts_region = \"us-east-1\"";
    let expected = [("sts_region", json!("us-east-1"))];
    match act.kind() {
        BackendKind::OpenBao => server_lacks(act, &workspace, argument, &["sts_region"]),
        BackendKind::Vault => comes_and_goes(act, &workspace, argument, root, &expected),
    }
}

fn absent_mount_fields(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let fields = ["allowed_managed_keys", "delegated_auth_accessors"];
    let arguments = fields.map(|field| format!("{field} = [\"one\"]")).join("\n");
    let expected = fields.map(|field| (field, json!(["one"])));
    match act.kind() {
        BackendKind::OpenBao => server_lacks(act, &workspace, &arguments, &fields),
        BackendKind::Vault => comes_and_goes(act, &workspace, &arguments, tuned, &expected),
    }
}

fn removed_tuning(act: &Act<'_>) -> Result<()> {
    let times = "default_lease_ttl_seconds = 900\nmax_lease_ttl_seconds = 3600";
    let keys = "audit_non_hmac_request_keys = [\"region\"]\naudit_non_hmac_response_keys = [\"access_key\"]";
    let expected = [
        ("default_lease_ttl", json!(900)),
        ("max_lease_ttl", json!(3600)),
        ("audit_non_hmac_request_keys", json!(["region"])),
        ("audit_non_hmac_response_keys", json!(["access_key"])),
    ];
    let arguments = format!("{times}\n{keys}");
    comes_and_goes(act, &act.workspace()?, &arguments, tuned, &expected)
}

fn root_fields(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let arn = "arn:aws:iam::123456789012:role/engine";
    let arguments = format!("role_arn = \"{arn}\"\nidentity_token_ttl = 600");
    let expected = [("role_arn", json!(arn)), ("identity_token_ttl", json!(600))];
    comes_and_goes(act, &workspace, &arguments, root, &expected)?;
    let why = match act.kind() {
        BackendKind::OpenBao => "has no field `rotation_period`",
        BackendKind::Vault => "`rotation_period` needs Vault Enterprise",
    };
    refused(&workspace, &backend("rotation_period = 3600"), &[why])
}

fn rotated_pair(act: &Act<'_>) -> Result<()> {
    let (workspace, live) = rotated(act, &with(&reader()))?;
    nothing_to_do(&workspace)?;
    workspace.apply(&[])?.accepted()?;
    let state = workspace.attributes("leastpriv_aws_secret_backend.aws")?;
    holds(&state, "root_rotated", &json!(true))?;
    pair_is_live(act, &live)
}

fn rotated_pair_and_region(act: &Act<'_>) -> Result<()> {
    region_spares_the_pair(act, &with(&reader()))
}

fn rotated_pair_and_ignored_keys(act: &Act<'_>) -> Result<()> {
    let ignoring = plain().replace(
        "  sts_endpoint          = var.endpoint\n",
        "  sts_endpoint          = var.endpoint\n\n  lifecycle {\n    ignore_changes = [access_key, secret_key]\n  }\n",
    );
    region_spares_the_pair(act, &(ignoring + &reader()))
}

fn plain_secret(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let configuration = plain() + &reader();
    apply(&workspace, &configuration)?;
    write(&workspace, &configuration.replace("us-east-1", "eu-west-1"))?;
    workspace.plan(&["-out=plan.bin"])?.accepted()?;
    workspace.apply(&[])?.accepted()?;
    let (_, seed) = act.ministack();
    let found = workspace.files_with(seed.mount.secret_key())?;
    ensure!(found.is_empty(), "the secret key stands in {found:?}");
    gives_credentials(act)
}

/// Unmounted and mounted again by somebody else, as the same engine without any configuration.
fn blank_mount(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let configuration = backend("description = \"one\"\nlease = \"30m\"\nlease_max = \"1h\"") + &reader();
    apply(&workspace, &configuration)?;
    mount_instead(act, &json!({"type": "aws"}))?;
    ensure!(!workspace.plan_is_empty()?, "a blank mount plans nothing");
    apply(&workspace, &configuration)?;
    holds(&mounted(act)?, "description", &json!("one"))?;
    holds(&act.live("config/lease")?, "lease", &json!("30m0s"))?;
    gives_credentials(act)
}

/// Unmounted, and another engine in its place that has entries of its own at the same paths.
fn kv_in_place(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    mount_instead(act, &json!({"type": "kv", "options": {"version": "1"}}))?;
    let entries = [
        ("config/root", json!({"mine": "yes"})),
        ("roles/reader", json!({"password": "mine"})),
    ];
    for (path, entry) in &entries {
        let path = format!("{}/{path}", act.mount);
        act.backend().api().write(&path, entry)?.accepted()?;
    }
    for run in [Workspace::plan, Workspace::apply, Workspace::destroy] {
        fails_with(&run(&workspace, &[])?, &["type `kv` and no longer an AWS"])?;
    }
    for (path, entry) in &entries {
        let live = act.live(path)?;
        ensure!(live == *entry, "`{path}` of the other engine is {live} now");
    }
    Ok(())
}

fn seal_wrap(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    write_role(act, "foreign", &json!({"credential_type": "iam_user"}))?;
    let before = mounted(act)?;
    let changed = backend("seal_wrap = true") + &reader();
    refused(&workspace, &changed, &["`seal_wrap` cannot be changed"])?;
    fails_with(&workspace.apply(&[])?, &["`seal_wrap` cannot be changed"])?;
    ensure!(mounted(act)? == before, "the mount is another one");
    holds(&act.live("roles/foreign")?, "credential_type", &json!("iam_user"))
}

fn unequal_fallbacks(act: &Act<'_>) -> Result<()> {
    let equal = "sts_fallback_endpoints = [var.endpoint]\nsts_fallback_regions = [\"us-west-2\"]";
    let unequal = backend(&equal.replace("[var.endpoint]", "[var.endpoint, \"http://127.0.0.1:9\"]"));
    let why = "2 fallback endpoints do not go with 1 fallback regions";
    let workspace = act.workspace()?;
    write(&workspace, &unequal)?;
    fails_with(&workspace.apply(&[])?, &[why])?;
    ensure!(!act.is_mounted()?, "the refused mount was made");
    if act.kind() == BackendKind::OpenBao {
        return server_lacks(act, &workspace, equal, &["sts_fallback_endpoints"]);
    }
    apply(&workspace, &backend(equal))?;
    write(&workspace, &unequal)?;
    fails_with(&workspace.apply(&[])?, &[why])?;
    holds(&root(act)?, "sts_fallback_regions", &json!(["us-west-2"]))?;
    // A tainted mount would be planned anew.
    write(&workspace, &backend(equal))?;
    nothing_to_do(&workspace)
}

fn moved_mount(act: &Act<'_>) -> Result<()> {
    let mut workspace = act.applied(&reader())?;
    write_role(act, "foreign", &json!({"credential_type": "iam_user"}))?;
    let moved = format!("{}-moved", act.mount);
    workspace.set("TF_VAR_mount", &moved);
    let run = workspace.plan(&[])?.accepted()?;
    says(&run, &["0 to destroy"])?;
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)?;
    let deletions = [&act.mount, &moved].map(|mount| format!("delete {mount}/roles/reader"));
    let requests = act.backend().requests()?;
    let deleted = requests.iter().any(|request| deletions.contains(request));
    ensure!(!deleted, "the role was deleted on the way");
    for name in ["reader", "foreign"] {
        let path = format!("{moved}/roles/{name}");
        act.backend().api().read(&path)?.accepted()?;
    }
    Ok(())
}

fn import_with_secret(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let configuration = plain() + &reader();
    apply(&workspace, &configuration)?;
    workspace.forget_state()?;
    let run = workspace.import("leastpriv_aws_secret_backend.aws", &act.mount)?;
    run.accepted()?;
    import_role(act, &workspace, "reader")?;
    nothing_to_do(&workspace)?;
    gives_credentials(act)
}

fn foreign_tags(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied("")?;
    let foreign = json!({"credential_type": "iam_user", "policy_document": NARROW, "iam_tags": {"owner": "somebody"}});
    write_role(act, "reader", &foreign)?;
    let configuration = with(&reader());
    write(&workspace, &configuration)?;
    import_role(act, &workspace, "reader")?;
    apply_in_place(&workspace, &configuration)?;
    unset(&act.live("roles/reader")?, &["iam_tags"])
}

fn session_token(act: &Act<'_>) -> Result<()> {
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

fn federation_to_user(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let times = format!("default_sts_ttl = 900\nmax_sts_ttl = 3600\n{}", policy(NARROW));
    let federation = role("reader", "federation_token", &times);
    apply(&workspace, &with(&federation))?;
    apply_in_place(&workspace, &with(&reader()))?;
    let live = act.live("roles/reader")?;
    holds(&live, "credential_type", &json!("iam_user"))?;
    unset(&live, &["default_sts_ttl", "max_sts_ttl"])
}

fn role_arns(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let argument = "role_arns = [\"arn:aws:iam::123456789012:role/one\"]";
    let before = with(&role("x", "assumed_role", argument));
    apply(&workspace, &before)?;
    apply_in_place(&workspace, &before.replace("role/one", "role/two"))?;
    let expected = json!(["arn:aws:iam::123456789012:role/two"]);
    holds(&act.live("roles/x")?, "role_arns", &expected)
}

fn reordered_actions(act: &Act<'_>) -> Result<()> {
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
fn legacy_role(act: &Act<'_>) -> Result<()> {
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

fn no_user_left(act: &Act<'_>) -> Result<()> {
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
fn unknown_namespace(act: &Act<'_>) -> Result<()> {
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

fn no_child_token(act: &Act<'_>) -> Result<()> {
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
