//! Judging: what is refused, where it is said, and what never blocks.

use anyhow::{Result, ensure};
use serde_json::Value;

use super::stage::{Act, BACKEND, HEAD, NARROW, Scenario, WIDE, fails_with, nothing_to_do, policy, role, says};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "refused-role",
            body: refused_role,
        },
        Scenario {
            name: "validate-warns",
            body: validate_warns,
        },
        Scenario {
            name: "unknown-until-apply",
            body: unknown_until_apply,
        },
        Scenario {
            name: "modes",
            body: modes,
        },
        Scenario {
            name: "exceptions",
            body: exceptions,
        },
        Scenario {
            name: "managed-policies",
            body: managed_policies,
        },
        Scenario {
            name: "unchanged-role-warns",
            body: unchanged_role_warns,
        },
        Scenario {
            name: "unknown-action-warns",
            body: unknown_action_warns,
        },
        Scenario {
            name: "destroy-of-a-wide-role",
            body: destroy_of_a_wide_role,
        },
    ]
}

fn refused_role(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    workspace.write(
        "main.tf",
        &format!("{HEAD}{BACKEND}{}", role("wide", "iam_user", &policy(WIDE))),
    )?;
    let run = workspace.plan(&["-json"])?;
    ensure!(run.failed(), "the wide role was planned");
    let errors = run.errors()?;
    let refusal = errors.iter().find(|error| error.summary.contains("service-wildcard"));
    let Some(refusal) = refusal else {
        anyhow::bail!("no refusal in {errors:#?}")
    };
    ensure!(
        refusal.summary.contains("wide") && refusal.summary.contains("s3:*"),
        "{}",
        refusal.summary
    );
    ensure!(
        refusal.detail.contains("s3:PutBucketAcl"),
        "no example in {}",
        refusal.detail
    );
    ensure!(
        refusal.address.as_deref() == Some("leastpriv_aws_secret_backend_role.wide"),
        "{refusal:#?}"
    );
    ensure!(refusal.range.is_some(), "the refusal has no place: {refusal:#?}");
    fails_with(&workspace.apply(&[])?, &["service-wildcard"])?;
    ensure!(act.live("roles/wide")?.is_null(), "the refused role was written");
    Ok(())
}

fn validate_warns(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    workspace.write(
        "main.tf",
        &format!("{HEAD}{BACKEND}{}", role("wide", "iam_user", &policy(WIDE))),
    )?;
    let run = workspace.validate()?;
    ensure!(run.succeeded(), "validate failed:\n{}", run.stdout);
    let warnings = run.warnings()?;
    ensure!(
        warnings
            .iter()
            .any(|warning| warning.summary.contains("service-wildcard")),
        "{warnings:#?}"
    );
    Ok(())
}

fn unknown_until_apply(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let late = "resource \"terraform_data\" \"late\" {\n  input = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"*\", Resource = \"*\" }] })\n}\n";
    let wide = role("late", "iam_user", "policy_document = terraform_data.late.output");
    workspace.write("main.tf", &format!("{HEAD}{BACKEND}{late}{wide}"))?;
    workspace.plan(&[])?.accepted()?;
    fails_with(&workspace.apply(&[])?, &["administrator-access", "late"])?;
    ensure!(act.live("roles/late")?.is_null(), "the refused role was written");
    Ok(())
}

fn modes(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let with = |mode: &str| {
        format!(
            "{HEAD}{BACKEND}{}",
            role("wide", "iam_user", &format!("validate = \"{mode}\"\n{}", policy(WIDE)))
        )
    };
    workspace.write("main.tf", &with("warn"))?;
    let run = workspace.apply(&["-json"])?;
    ensure!(run.succeeded(), "warn refused:\n{}", run.stdout);
    ensure!(
        run.warnings()?
            .iter()
            .any(|warning| warning.summary.contains("service-wildcard")),
        "warn is silent"
    );
    workspace.write("main.tf", &with("off"))?;
    let run = workspace.apply(&["-json"])?;
    ensure!(run.succeeded(), "off refused:\n{}", run.stdout);
    ensure!(!run.stdout.contains("service-wildcard"), "off speaks:\n{}", run.stdout);
    nothing_to_do(&workspace)?;
    workspace.write("main.tf", &with("sometimes"))?;
    fails_with(&workspace.plan(&[])?, &["validate", "sometimes", "enforce"])
}

fn exceptions(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let exception = |check: &str, expires: &str| {
        format!(
            "exception {{\n check = \"{check}\"\n reason = \"migration\"\n owner = \"platform\"\n expires = \"{expires}\"\n}}\n"
        )
    };
    let with = |expires: &str| {
        let blocks = exception("service-wildcard", expires) + &exception("wildcard-resource", expires);
        format!("{HEAD}{BACKEND}{}", role("wide", "iam_user", &(policy(WIDE) + &blocks)))
    };
    workspace.write("main.tf", &with("2999-12-31"))?;
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)?;
    let state = workspace.attributes("leastpriv_aws_secret_backend_role.wide")?;
    ensure!(
        state.pointer("/exception/0/owner") == Some(&Value::from("platform")),
        "{state:#}"
    );
    workspace.write("main.tf", &with("2020-01-01"))?;
    fails_with(&workspace.plan(&[])?, &["expired", "2020-01-01", "service-wildcard"])?;
    workspace.write("main.tf", &with("soon"))?;
    fails_with(&workspace.plan(&[])?, &["expires", "soon"])
}

fn managed_policies(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let with = |arn: &str| {
        format!(
            "{HEAD}{BACKEND}{}",
            role("managed", "iam_user", &format!("policy_arns = [\"{arn}\"]"))
        )
    };
    workspace.write("main.tf", &with("arn:aws:iam::aws:policy/AdministratorAccess"))?;
    fails_with(&workspace.plan(&[])?, &["administrator-access", "AdministratorAccess"])?;
    workspace.write("main.tf", &with("arn:aws:iam::aws:policy/ReadOnlyAccess"))?;
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)
}

fn unchanged_role_warns(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&role(
        "wide",
        "iam_user",
        &format!("validate = \"warn\"\n{}", policy(WIDE)),
    ))?;
    // Turning enforcement on changes the role, so it is refused; a role made elsewhere and left alone only warns.
    workspace.write(
        "main.tf",
        &format!("{HEAD}{BACKEND}{}", role("wide", "iam_user", &policy(WIDE))),
    )?;
    fails_with(&workspace.plan(&[])?, &["service-wildcard"])?;
    workspace
        .run(&["state", "rm", "leastpriv_aws_secret_backend_role.wide"])?
        .accepted()?;
    workspace
        .import(
            "leastpriv_aws_secret_backend_role.wide",
            &format!("{}/roles/wide", act.mount),
        )?
        .accepted()?;
    let run = workspace.plan(&["-json", "-detailed-exitcode"])?;
    ensure!(
        run.succeeded() && !run.has_changes(),
        "an unchanged role is not left alone:\n{}",
        run.stdout
    );
    ensure!(
        run.warnings()?
            .iter()
            .any(|warning| warning.summary.contains("service-wildcard")),
        "{}",
        run.stdout
    );
    Ok(())
}

fn unknown_action_warns(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let with = |action: &str| {
        format!(
            "{HEAD}{BACKEND}{}",
            role("odd", "iam_user", &policy(&NARROW.replace("s3:GetObject", action)))
        )
    };
    workspace.write("main.tf", &with("s3:InventedTomorrow"))?;
    let run = workspace.plan(&[])?.accepted()?;
    says(&run, &["unknown-action", "s3:InventedTomorrow"])?;
    workspace.write("main.tf", &with("s3:GetObejct"))?;
    fails_with(
        &workspace.plan(&[])?,
        &["unknown-action", "did you mean", "s3:GetObject"],
    )
}

fn destroy_of_a_wide_role(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&role(
        "wide",
        "iam_user",
        &format!("validate = \"off\"\n{}", policy(WIDE)),
    ))?;
    workspace.write(
        "main.tf",
        &format!("{HEAD}{BACKEND}{}", role("wide", "iam_user", &policy(WIDE))),
    )?;
    fails_with(&workspace.plan(&[])?, &["service-wildcard"])?;
    workspace.destroy(&[])?.accepted()?;
    ensure!(!act.is_mounted()?, "the mount is still there");
    Ok(())
}
