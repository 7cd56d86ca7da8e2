//! What an object is does not depend on how its resource is called, how its place is spelled, or which of two steps of a
//! run comes first; and a destruction is never stopped by what only matters to those who want to keep something.

use anyhow::{Result, ensure};
use serde_json::json;

use super::stage::{Act, BACKEND, HEAD, NARROW, Scenario, fails_with, nothing_to_do, policy, role, says};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "renamed-without-moved",
            body: renamed,
        },
        Scenario {
            name: "made-before-destroyed",
            body: made_before_destroyed,
        },
        Scenario {
            name: "namespace-spelled-otherwise",
            body: namespace_spelling,
        },
        Scenario {
            name: "destroy-is-never-refused",
            body: destroyed_all_the_same,
        },
        Scenario {
            name: "proxy-is-not-asked",
            body: no_proxy,
        },
    ]
}

fn reader() -> String {
    role("reader", "iam_user", &policy(NARROW))
}

/// One resource would be made and the other destroyed for the same object; a `moved` block says what is meant.
fn renamed(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    let other = reader().replace("role\" \"reader\"", "role\" \"other\"");
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}{other}"))?;
    fails_with(&workspace.plan(&[])?, &["in one run", "moved {"])?;
    let moved = "moved {\n  from = leastpriv_aws_secret_backend_role.reader\n  to   = leastpriv_aws_secret_backend_role.other\n}\n";
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}{other}{moved}"))?;
    let run = workspace.apply(&[])?.accepted()?;
    says(&run, &["0 added, 0 changed, 0 destroyed"])?;
    act.live("roles/reader")?;

    let mount = format!("{BACKEND}{}", reader())
        .replace("backend\" \"aws\"", "backend\" \"main\"")
        .replace("backend.aws.", "backend.main.");
    workspace.write("main.tf", &format!("{HEAD}{mount}"))?;
    fails_with(&workspace.plan(&[])?, &["in one run", "moved {"])?;
    ensure!(act.is_mounted()?, "the mount is gone");
    Ok(())
}

/// The new role is found equal and taken over; then the former one is not there to delete any more.
fn made_before_destroyed(act: &Act<'_>) -> Result<()> {
    let careful = reader().replace(
        "  name            =",
        "  lifecycle {\n    create_before_destroy = true\n  }\n  name            =",
    );
    let workspace = act.applied(&careful)?;
    let run = workspace
        .apply(&["-replace=leastpriv_aws_secret_backend_role.reader"])?
        .accepted()?;
    says(&run, &["is not deleted"])?;
    act.live("roles/reader")?;
    nothing_to_do(&workspace)
}

fn namespace_spelling(act: &Act<'_>) -> Result<()> {
    let spelled = |namespace: &str| {
        let line = format!("  namespace = {namespace}\n");
        let insert = |text: &str, before: &str| text.replacen(before, &format!("{line}{before}"), 1);
        let backend = insert(BACKEND, "  path                  =");
        format!("{HEAD}{backend}{}", insert(&reader(), "  name            ="))
    };
    let workspace = act.workspace()?;
    workspace.write("main.tf", &spelled("null"))?;
    workspace.apply(&[])?.accepted()?;
    let accessor = workspace.attributes("leastpriv_aws_secret_backend.aws")?["accessor"].clone();
    for spelling in ["\"\"", "\"/\"", "\"root\"", "null"] {
        workspace.write("main.tf", &spelled(spelling))?;
        let run = workspace.apply(&[])?.accepted()?;
        says(&run, &["0 added", "0 destroyed"])?;
        nothing_to_do(&workspace)?;
    }
    let now = workspace.attributes("leastpriv_aws_secret_backend.aws")?["accessor"].clone();
    ensure!(now == accessor, "the mount was made anew");
    Ok(())
}

/// Each of these stops a plan: a role that exists outside of the state, a fixed field, a field that nobody has.
fn destroyed_all_the_same(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&reader())?;
    let foreign = json!({"credential_type": "iam_user", "iam_groups": ["foreign"]});
    let path = format!("{}/roles/foreign", act.mount);
    act.backend().api().write(&path, &foreign)?.accepted()?;
    let fixed = BACKEND.replace(
        "  path                  =",
        "  seal_wrap             = true\n  path                  =",
    );
    let second = role("foreign", "iam_user", &policy(NARROW));
    for configuration in [format!("{fixed}{}", reader()), format!("{BACKEND}{}{second}", reader())] {
        workspace.write("main.tf", &format!("{HEAD}{configuration}"))?;
        ensure!(workspace.plan(&[])?.failed(), "the plan is not refused");
    }
    let both = format!("{HEAD}{fixed}{}{second}", reader());
    workspace.write("main.tf", &both)?;
    workspace.destroy(&[])?.accepted()?;
    ensure!(!act.is_mounted()?, "the mount is still there");
    Ok(())
}

/// Nothing listens where the proxy is said to be, so a request that asked it would fail.
fn no_proxy(act: &Act<'_>) -> Result<()> {
    let mut workspace = act.workspace()?;
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        workspace.set(name, "http://127.0.0.1:9");
    }
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}"))?;
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)
}
