//! Ceilings: what a role may not go beyond, in its own argument and in the provider block, and what a change adds.

use anyhow::{Context as _, Result, ensure};

use super::stage::{Act, BACKEND, HEAD, NARROW, Scenario, fails_with, nothing_to_do, policy, role, says};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "ceiling-refuses",
            body: refuses,
        },
        Scenario {
            name: "ceiling-of-the-provider",
            body: of_the_provider,
        },
        Scenario {
            name: "ceiling-unknown-until-apply",
            body: unknown_until_apply,
        },
        Scenario {
            name: "ceiling-leaves-open",
            body: leaves_open,
        },
        Scenario {
            name: "ceiling-of-a-session",
            body: of_a_session,
        },
        Scenario {
            name: "ceiling-is-read-first",
            body: is_read_first,
        },
        Scenario {
            name: "ceiling-and-import",
            body: and_import,
        },
        Scenario {
            name: "gained-access-warns",
            body: gained_access_warns,
        },
    ]
}

/// What the platform team allows at most.
const CEILING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::reports/*"}]}"#;

/// The same in other words.
const CEILING_OTHERWISE: &str = r#"{"Statement": {"Resource": ["arn:aws:s3:::reports/*"], "Action": ["s3:PutObject", "s3:GetObject"], "Effect": "Allow"}, "Version": "2012-10-17"}"#;

fn ceiling(text: &str) -> String {
    format!("policy_ceiling = <<-EOT\n{text}\nEOT\n")
}

fn beyond() -> String {
    NARROW.replace("reports", "payroll")
}

fn user(arguments: &str) -> String {
    role("reader", "iam_user", arguments)
}

fn refuses(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let with = |arguments: &str| workspace.write("main.tf", &format!("{HEAD}{BACKEND}{}", user(arguments)));
    // What is surely beyond is refused whatever the mode is.
    for mode in ["", "validate = \"off\"\n"] {
        with(&(policy(&beyond()) + &ceiling(CEILING) + mode))?;
        let errors = workspace.plan(&["-json"])?.errors()?;
        let refusal = errors
            .iter()
            .find(|error| error.summary.contains("goes beyond its `policy_ceiling`"));
        let refusal = refusal.with_context(|| format!("no refusal in {errors:#?}"))?;
        ensure!(
            refusal.summary.contains("`s3:GetObject` on `arn:aws:s3:::payroll/")
                && refusal.summary.contains("Statement[0]"),
            "{}",
            refusal.summary
        );
        ensure!(
            refusal
                .detail
                .contains("principal: whoever has credentials of the role")
                && refusal.detail.contains("help: narrow the statement"),
            "{}",
            refusal.detail
        );
        ensure!(refusal.range.is_some(), "the refusal has no place: {refusal:#?}");
    }
    fails_with(&workspace.apply(&[])?, &["goes beyond its `policy_ceiling`"])?;
    ensure!(act.live("roles/reader")?.is_null(), "the refused role was written");

    with(&(policy(NARROW) + &ceiling(CEILING)))?;
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)?;
    let live = act.live("roles/reader")?;
    ensure!(
        !live.to_string().contains("s3:PutObject"),
        "the ceiling was sent to the server: {live}"
    );
    with(&(policy(NARROW) + &ceiling(CEILING_OTHERWISE)))?;
    nothing_to_do(&workspace)?;
    // Without a ceiling the role may grow, and a destruction is never refused.
    with(&policy(&beyond()))?;
    workspace.apply(&[])?.accepted()?;
    with(&(policy(&beyond()) + &ceiling(CEILING)))?;
    fails_with(&workspace.plan(&[])?, &["goes beyond"])?;
    workspace.destroy(&[])?.accepted()?;
    ensure!(!act.is_mounted()?, "the mount is still there");
    Ok(())
}

fn of_the_provider(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let head = HEAD.replace(
        "provider \"leastpriv\" {}",
        &format!("provider \"leastpriv\" {{\n{}}}", ceiling(CEILING)),
    );
    let with = |head: &str, arguments: &str| workspace.write("main.tf", &format!("{head}{BACKEND}{}", user(arguments)));
    with(&head, &(policy(&beyond()) + "validate = \"off\"\n"))?;
    fails_with(
        &workspace.plan(&[])?,
        &["goes beyond the provider's `policy_ceiling`", "arn:aws:s3:::payroll/"],
    )?;
    // Both apply: within the provider's, beyond its own.
    with(
        &head,
        &(policy(NARROW) + &ceiling(&CEILING.replace("reports/*", "reports/public/*"))),
    )?;
    fails_with(&workspace.plan(&[])?, &["goes beyond its `policy_ceiling`"])?;
    with(&head, &policy(NARROW))?;
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)?;
    // A role that stays as it is is never refused.
    with(&head.replace("reports/*", "public/*"), &policy(NARROW))?;
    let run = workspace.plan(&["-detailed-exitcode"])?.accepted()?;
    ensure!(!run.has_changes(), "{}", run.stdout);
    says(&run, &["goes beyond the provider's `policy_ceiling`"])
}

fn unknown_until_apply(act: &Act<'_>) -> Result<()> {
    let late = format!("resource \"terraform_data\" \"late\" {{\n  input = <<-EOT\n{CEILING}\nEOT\n}}\n");
    let own = format!(
        "{HEAD}{BACKEND}{late}{}",
        user(&(policy(&beyond()) + "policy_ceiling = terraform_data.late.output\n"))
    );
    let head = HEAD.replace(
        "provider \"leastpriv\" {}",
        "provider \"leastpriv\" {\n  policy_ceiling = terraform_data.late.output\n}",
    );
    let of_provider = format!("{head}{BACKEND}{late}{}", user(&policy(&beyond())));
    for (text, owner) in [(own, "its"), (of_provider, "the provider's")] {
        let workspace = act.workspace()?;
        workspace.write("main.tf", &text)?;
        workspace.plan(&[])?.accepted()?;
        fails_with(
            &workspace.apply(&[])?,
            &[&format!("goes beyond {owner} `policy_ceiling`")],
        )?;
        ensure!(act.live("roles/reader")?.is_null(), "the refused role was written");
        workspace.destroy(&[])?.accepted()?;
    }
    Ok(())
}

fn leaves_open(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let own = "policy_arns = [\"arn:aws:iam::123456789012:policy/own\"]\n";
    let session = "role_arns = [\"arn:aws:iam::123456789012:role/app\"]\n";
    for (kind, arguments, texts) in [
        (
            "iam_user",
            own.to_owned(),
            &[
                "it cannot be decided",
                "what `arn:aws:iam::123456789012:policy/own` grants is not known in full",
            ][..],
        ),
        (
            "iam_user",
            policy(NARROW) + "iam_groups = [\"readers\"]\n",
            &["what the group `readers` grants is not known here"],
        ),
        (
            "assumed_role",
            session.to_owned(),
            &["what the role `arn:aws:iam::123456789012:role/app` may do is not known here"],
        ),
    ] {
        let with = |mode: &str| {
            let arguments = format!("{arguments}{}{mode}", ceiling(CEILING));
            workspace.write(
                "main.tf",
                &format!("{HEAD}{BACKEND}{}", role("reader", kind, &arguments)),
            )
        };
        with("")?;
        fails_with(&workspace.plan(&[])?, texts)?;
        with("validate = \"warn\"\n")?;
        says(&workspace.plan(&[])?.accepted()?, texts)?;
    }
    // A session policy within the ceiling is enough, whatever the role itself may do.
    let arguments = policy(NARROW) + session + &ceiling(CEILING);
    workspace.write(
        "main.tf",
        &format!("{HEAD}{BACKEND}{}", role("reader", "assumed_role", &arguments)),
    )?;
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)
}

fn of_a_session(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    let session = "role_arns = [\"arn:aws:iam::123456789012:role/app\"]\n";
    let wide = NARROW.replace(
        "\"arn:aws:s3:::reports/*\"",
        "[\"arn:aws:s3:::reports/*\",\"arn:aws:s3:::payroll/*\"]",
    );
    let of_role = |texts: &[&str]| -> Result<String> {
        let texts: Vec<String> = texts.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        Ok(format!("assumed_role_policies = [{}]\n", texts.join(", ")))
    };
    let with = |arguments: &str, ceiling_text: &str| {
        let arguments = format!("{}{session}{arguments}{}", policy(&wide), ceiling(ceiling_text));
        workspace.write(
            "main.tf",
            &format!("{HEAD}{BACKEND}{}", role("reader", "assumed_role", &arguments)),
        )
    };
    // What the session policy lets through is open while it is not known what the role may do.
    let texts = [
        "it cannot be decided",
        "through, and what the role `arn:aws:iam::123456789012:role/app` may do is not known here",
    ];
    with("", CEILING)?;
    fails_with(&workspace.plan(&[])?, &texts)?;
    with("validate = \"warn\"\n", CEILING)?;
    says(&workspace.plan(&[])?.accepted()?, &texts)?;
    // A role that may do more than the ceiling, in what the session policy lets through.
    with(&(of_role(&[NARROW, &beyond()])? + "validate = \"off\"\n"), CEILING)?;
    fails_with(
        &workspace.plan(&[])?,
        &[
            "goes beyond its `policy_ceiling`: `s3:GetObject` on `arn:aws:s3:::payroll/",
            "as do the policies of the role",
        ],
    )?;
    // What both allow is within.
    with(&of_role(&[CEILING, &CEILING.replace("s3", "sqs")])?, CEILING)?;
    workspace.apply(&[])?.accepted()?;
    nothing_to_do(&workspace)?;
    let live = act.live("roles/reader")?;
    ensure!(
        !live.to_string().contains("sqs:"),
        "the policies of the role were sent to the server: {live}"
    );
    with(&of_role(&[CEILING_OTHERWISE, &CEILING.replace("s3", "sqs")])?, CEILING)?;
    nothing_to_do(&workspace)
}

fn is_read_first(act: &Act<'_>) -> Result<()> {
    let workspace = act.workspace()?;
    for (text, texts) in [
        ("{", &["`policy_ceiling` cannot be read as JSON", "of the ceiling"][..]),
        ("", &["`policy_ceiling` is empty"]),
        (
            &CEILING.replace("\"Effect\"", "\"Principal\":\"*\",\"Effect\""),
            &["`policy_ceiling` is no policy that a role can stay within"],
        ),
    ] {
        let broken = format!("policy_ceiling = {}\n", serde_json::to_string(text)?);
        workspace.write(
            "main.tf",
            &format!("{HEAD}{BACKEND}{}", user(&(policy(NARROW) + &broken))),
        )?;
        fails_with(&workspace.run(&["validate"])?, texts)?;
        let head = HEAD.replace(
            "provider \"leastpriv\" {}",
            &format!("provider \"leastpriv\" {{\n{broken}}}"),
        );
        workspace.write("main.tf", &format!("{head}{BACKEND}{}", user(&policy(NARROW))))?;
        fails_with(&workspace.run(&["validate"])?, texts)?;
    }
    Ok(())
}

fn and_import(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&user(&(policy(NARROW) + &ceiling(CEILING))))?;
    let address = "leastpriv_aws_secret_backend_role.reader";
    workspace.run(&["state", "rm", address])?.accepted()?;
    workspace
        .import(address, &format!("{}/roles/reader", act.mount))?
        .accepted()?;
    let state = workspace.attributes(address)?;
    ensure!(
        state.get("policy_ceiling").is_some_and(serde_json::Value::is_null),
        "{state:#}"
    );
    let run = workspace.apply(&[])?.accepted()?;
    says(&run, &["1 changed"])?;
    nothing_to_do(&workspace)
}

fn gained_access_warns(act: &Act<'_>) -> Result<()> {
    let workspace = act.applied(&user(&policy(NARROW)))?;
    let warnings_with = |text: &str| -> Result<Vec<String>> {
        workspace.write("main.tf", &format!("{HEAD}{BACKEND}{}", user(&policy(text))))?;
        let run = workspace.plan(&["-json"])?.accepted()?;
        workspace.apply(&[])?.accepted()?;
        nothing_to_do(&workspace)?;
        let gains = run
            .warnings()?
            .into_iter()
            .filter(|warning| warning.summary.contains("gains access"));
        Ok(gains.map(|warning| warning.summary).collect())
    };
    let gains = warnings_with(CEILING)?;
    ensure!(
        gains.len() == 1
            && gains
                .iter()
                .all(|one| one.contains("`s3:PutObject` on `arn:aws:s3:::reports/")),
        "{gains:#?}"
    );
    let gains = warnings_with(NARROW)?;
    ensure!(gains.is_empty(), "a narrower policy gains: {gains:#?}");
    Ok(())
}
