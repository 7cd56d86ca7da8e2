//! From nothing to nothing: create, empty plan, drift, import, two states, destroy.

use anyhow::{Result, ensure};
use leastpriv_e2e::bed::{Mirror, MirrorForm, Workspace};
use serde_json::json;

use super::stage::{
    Act, BACKEND, HEAD, NARROW, Scenario, fails_with, holds, nothing_to_do, policy, provider, role, says, text,
};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "accepted-role",
            body: accepted_role,
        },
        Scenario {
            name: "reformatted-policy",
            body: reformatted_policy,
        },
        Scenario {
            name: "drift",
            body: drift,
        },
        Scenario {
            name: "import",
            body: import,
        },
        Scenario {
            name: "import-of-another-engine",
            body: import_of_another_engine,
        },
        Scenario {
            name: "two-states",
            body: two_states,
        },
        Scenario {
            name: "existing-role",
            body: existing_role,
        },
        Scenario {
            name: "existing-mount",
            body: existing_mount,
        },
        Scenario {
            name: "adopted-role",
            body: adopted_role,
        },
        Scenario {
            name: "destroy",
            body: destroy,
        },
        Scenario {
            name: "mirror",
            body: mirror,
        },
    ]
}

fn reader() -> String {
    role("reader", "iam_user", &policy(NARROW))
}

fn accepted_role(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    let live = act.live("roles/reader")?;
    holds(&live, "policy_document", &json!(NARROW))?;
    holds(&live, "credential_type", &json!("iam_user"))?;
    let state = workspace.attributes("leastpriv_aws_secret_backend_role.reader")?;
    holds(&state, "id", &json!(format!("{}/roles/reader", act.mount)))
}

fn reformatted_policy(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    let reformatted = r#"{
      "Statement": { "Resource": ["arn:aws:s3:::reports/*"], "Action": ["s3:GetObject"], "Effect": "Allow" },
      "Version": "2012-10-17"
    }"#;
    workspace.write(
        "main.tf",
        &format!("{HEAD}{BACKEND}{}", role("reader", "iam_user", &policy(reformatted))),
    )?;
    nothing_to_do(&workspace)?;
    let other = NARROW.replace("reports", "archive");
    workspace.write(
        "main.tf",
        &format!("{HEAD}{BACKEND}{}", role("reader", "iam_user", &policy(&other))),
    )?;
    ensure!(
        workspace.plan(&["-detailed-exitcode"])?.accepted()?.has_changes(),
        "another bucket plans nothing"
    );
    workspace.apply(&[])?.accepted()?;
    holds(&act.live("roles/reader")?, "policy_document", &json!(other))
}

fn drift(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    let api = act.backend().api();
    let path = format!("{}/roles/reader", act.mount);
    let changed = json!({"policy_document": NARROW.replace("GetObject", "PutObject"), "credential_type": "iam_user"});
    api.write(&path, &changed)?.accepted()?;
    let run = workspace.plan(&["-detailed-exitcode"])?.accepted()?;
    ensure!(run.has_changes(), "a changed policy plans nothing");
    workspace.apply(&[])?.accepted()?;
    holds(&act.live("roles/reader")?, "policy_document", &json!(NARROW))?;
    nothing_to_do(&workspace)?;

    api.delete(&path)?.accepted()?;
    ensure!(
        workspace.plan(&["-detailed-exitcode"])?.accepted()?.has_changes(),
        "a deleted role plans nothing"
    );
    workspace.apply(&[])?.accepted()?;
    ensure!(!act.live("roles/reader")?.is_null(), "the role was not made anew");

    api.delete(&format!("sys/mounts/{}", act.mount))?.accepted()?;
    ensure!(
        workspace.plan(&["-detailed-exitcode"])?.accepted()?.has_changes(),
        "a vanished mount plans nothing"
    );
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)
}

fn import(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    workspace.forget_state()?;
    workspace
        .import("leastpriv_aws_secret_backend.aws", &act.mount)?
        .accepted()?;
    workspace
        .import(
            "leastpriv_aws_secret_backend_role.reader",
            &format!("{}/roles/reader", act.mount),
        )?
        .accepted()?;
    let run = workspace.plan(&["-detailed-exitcode"])?.accepted()?;
    // The secret cannot be read, so its version is the one thing an import cannot bring.
    let only_version =
        run.stdout.contains("secret_key_wo_version") && run.stdout.contains("0 to add, 1 to change, 0 to destroy");
    ensure!(
        !run.has_changes() || only_version,
        "an imported object has a diff:\n{}",
        run.stdout
    );
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)?;
    fails_with(
        &workspace.import(
            "leastpriv_aws_secret_backend_role.other",
            &format!("{}/roles/absent", act.mount),
        )?,
        &["leastpriv_aws_secret_backend_role.other"],
    )
}

fn import_of_another_engine(act: &Act<'_>) -> Result<()> {
    let api = act.backend().api();
    api.write(&format!("sys/mounts/{}", act.mount), &json!({"type": "kv"}))?
        .accepted()?;
    let workspace = act.workspace()?;
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}{}", reader()))?;
    fails_with(
        &workspace.import("leastpriv_aws_secret_backend.aws", &act.mount)?,
        &["kv", "AWS"],
    )?;
    let role = workspace.import(
        "leastpriv_aws_secret_backend_role.reader",
        &format!("{}/roles/reader", act.mount),
    )?;
    fails_with(&role, &["AWS"])?;
    fails_with(&workspace.apply(&[])?, &["is mounted at", "already", "kv"])?;
    let kept = api.read(&format!("sys/mounts/{}", act.mount))?.accepted()?;
    ensure!(text(&kept.body, "/data/type")? == "kv", "the other engine was touched");
    Ok(())
}

fn two_states(act: &Act<'_>) -> Result<()> {
    let owner = act.applied(&reader())?;
    let other = act.workspace()?;
    let alone =
        role("second", "iam_user", &policy(NARROW)).replace("leastpriv_aws_secret_backend.aws.path", "var.mount");
    other.write("main.tf", &format!("{HEAD}{alone}"))?;
    other.apply(&[])?.accepted()?;
    nothing_to_do(&owner)?;
    nothing_to_do(&other)?;
    other.destroy(&[])?.accepted()?;
    ensure!(!act.live("roles/reader")?.is_null(), "the other state's role went too");
    nothing_to_do(&owner)
}

fn existing_role(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied("")?;
    let path = format!("{}/roles/reader", act.mount);
    let foreign = json!({"credential_type": "iam_user", "policy_document": NARROW, "iam_tags": {"owner": "somebody"}});
    act.backend().api().write(&path, &foreign)?.accepted()?;
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}{}", reader()))?;
    let import = "import leastpriv_aws_secret_backend_role.".to_string();
    fails_with(&workspace.apply(&[])?, &["exists", &import, &path])?;
    holds(&act.live("roles/reader")?, "iam_tags", &json!({"owner": "somebody"}))
}

fn existing_mount(act: &Act<'_>) -> Result<()> {
    let (aws, seed) = act.ministack();
    act.backend().mount_aws(&act.mount, aws, &seed.mount)?;
    let workspace = act.workspace()?;
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}"))?;
    fails_with(
        &workspace.apply(&[])?,
        &[
            "is mounted at",
            "already",
            "import leastpriv_aws_secret_backend.",
            &act.mount,
        ],
    )
}

fn adopted_role(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    // A run that was killed after its write and before its state.
    workspace
        .run(&["state", "rm", "leastpriv_aws_secret_backend_role.reader"])?
        .accepted()?;
    let run = workspace.apply(&[])?.accepted()?;
    says(&run, &["taken over", "reader"])?;
    nothing_to_do(&workspace)
}

fn destroy(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    workspace.destroy(&[])?.accepted()?;
    ensure!(!act.is_mounted()?, "the mount is still there");
    ensure!(
        workspace
            .show_json()?
            .pointer("/values/root_module/resources")
            .is_none(),
        "the state is not empty"
    );
    Ok(())
}

fn mirror(act: &Act<'_>) -> Result<()> {
    for form in [MirrorForm::Packed, MirrorForm::Unpacked] {
        let mirror = Mirror::build(&provider(), form)?;
        let mut workspace = Workspace::with_mirror(act.bed(), act.tool, &mirror)?;
        workspace.point_at(act.backend());
        let (aws, seed) = act.ministack();
        workspace
            .set("TF_VAR_mount", &act.mount)
            .set("TF_VAR_endpoint", aws.endpoint())
            .set("TF_VAR_access_key", seed.mount.access_key())
            .set("TF_VAR_secret_key", seed.mount.secret_key());
        workspace.write("main.tf", &format!("{HEAD}{BACKEND}{}", reader()))?;
        workspace.init()?.accepted()?;
        workspace.apply(&[])?.accepted()?;
        workspace.destroy(&[])?.accepted()?;
    }
    Ok(())
}
