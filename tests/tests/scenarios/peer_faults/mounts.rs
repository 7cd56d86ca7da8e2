//! The mount, its configuration and its key pair.

use anyhow::{Result, ensure};
use leastpriv_e2e::bed::{BackendKind, Workspace};
use serde_json::json;

use super::{
    apply, backend, comes_and_goes, gives_credentials, import_role, mount_instead, mounted, pair_is_live, plain,
    reader, refused, region_spares_the_pair, root, rotated, server_lacks, tuned, unset, with, write, write_role,
};
use crate::stage::{Act, BACKEND, NARROW, fails_with, holds, nothing_to_do, policy, role, says};

pub(super) fn options(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    for key in ["a", "c"] {
        apply(&workspace, &backend(&format!("options = {{ {key} = \"x\" }}")))?;
        holds(&mounted(act)?, "options", &json!({key: "x"}))?;
    }
    apply(&workspace, BACKEND)?;
    unset(&mounted(act)?, &["options"])
}

pub(super) fn force_no_cache(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    apply(&workspace, &backend("force_no_cache = true"))?;
    let changed = backend("force_no_cache = false");
    refused(&workspace, &changed, &["`force_no_cache` cannot be changed"])?;
    // Without the argument the mount stays as it is.
    apply(&workspace, BACKEND)?;
    holds(&tuned(act)?, "force_no_cache", &json!(true))
}

pub(super) fn default_token_key(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let argument = "identity_token_key = \"default\"";
    if act.kind() == BackendKind::OpenBao {
        return server_lacks(act, &workspace, argument, &["identity_token_key"]);
    }
    apply(&workspace, &backend(argument))?;
    holds(&tuned(act)?, "identity_token_key", &json!("default"))?;
    apply(&workspace, BACKEND)
}

pub(super) fn zero_ttl(act: &Act<'_>) -> Result<()> {
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

pub(super) fn removed_sts_region(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let argument = "sts_region = \"us-east-1\"";
    let expected = [("sts_region", json!("us-east-1"))];
    match act.kind() {
        BackendKind::OpenBao => server_lacks(act, &workspace, argument, &["sts_region"]),
        BackendKind::Vault => comes_and_goes(act, &workspace, argument, root, &expected),
    }
}

pub(super) fn absent_mount_fields(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let fields = ["allowed_managed_keys", "delegated_auth_accessors"];
    let arguments = fields.map(|field| format!("{field} = [\"one\"]")).join("\n");
    let expected = fields.map(|field| (field, json!(["one"])));
    match act.kind() {
        BackendKind::OpenBao => server_lacks(act, &workspace, &arguments, &fields),
        BackendKind::Vault => comes_and_goes(act, &workspace, &arguments, tuned, &expected),
    }
}

pub(super) fn removed_tuning(act: &Act<'_>) -> Result<()> {
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

pub(super) fn root_fields(act: &Act<'_>) -> Result<()> {
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

pub(super) fn rotated_pair(act: &Act<'_>) -> Result<()> {
    let (workspace, live) = rotated(act, &with(&reader()))?;
    nothing_to_do(&workspace)?;
    workspace.apply(&[])?.accepted()?;
    let state = workspace.attributes("leastpriv_aws_secret_backend.aws")?;
    holds(&state, "root_rotated", &json!(true))?;
    pair_is_live(act, &live)
}

pub(super) fn rotated_pair_and_region(act: &Act<'_>) -> Result<()> {
    region_spares_the_pair(act, &with(&reader()))
}

pub(super) fn rotated_pair_and_ignored_keys(act: &Act<'_>) -> Result<()> {
    let ignoring = plain().replace(
        "  sts_endpoint          = var.endpoint\n",
        "  sts_endpoint          = var.endpoint\n\n  lifecycle {\n    ignore_changes = [access_key, secret_key]\n  }\n",
    );
    region_spares_the_pair(act, &(ignoring + &reader()))
}

pub(super) fn plain_secret(act: &Act<'_>) -> Result<()> {
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
pub(super) fn blank_mount(act: &Act<'_>) -> Result<()> {
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
pub(super) fn kv_in_place(act: &Act<'_>) -> Result<()> {
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

pub(super) fn seal_wrap(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    write_role(act, "foreign", &json!({"credential_type": "iam_user"}))?;
    let before = mounted(act)?;
    let changed = backend("seal_wrap = true") + &reader();
    refused(&workspace, &changed, &["`seal_wrap` cannot be changed"])?;
    fails_with(&workspace.apply(&[])?, &["`seal_wrap` cannot be changed"])?;
    ensure!(mounted(act)? == before, "the mount is another one");
    holds(&act.live("roles/foreign")?, "credential_type", &json!("iam_user"))
}

pub(super) fn unequal_fallbacks(act: &Act<'_>) -> Result<()> {
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

pub(super) fn moved_mount(act: &Act<'_>) -> Result<()> {
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

pub(super) fn import_with_secret(act: &Act<'_>) -> Result<()> {
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
