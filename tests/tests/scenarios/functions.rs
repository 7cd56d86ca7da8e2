//! Functions: what they answer, where they refuse, and that they need no server.

use anyhow::{Context as _, Result, bail, ensure};
use leastpriv_e2e::bed::Workspace;
use serde_json::{Value, json};

use super::stage::{Act, NARROW, Scenario, WIDE, fails_with};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "functions-answer",
            body: answer,
        },
        Scenario {
            name: "functions-name-the-argument",
            body: name_the_argument,
        },
        Scenario {
            name: "functions-hold-conditions",
            body: hold_conditions,
        },
        Scenario {
            name: "functions-wait-for-what-is-unknown",
            body: wait_for_what_is_unknown,
        },
    ]
}

const SOURCE: &str = r#"
terraform {
  required_providers {
    leastpriv = {
      source = "leastpriv/leastpriv"
    }
  }
}
"#;

/// A workspace in which the provider can reach no server.
fn offline(act: &Act<'_>, text: &str) -> Result<Workspace> {
    let mut workspace = act.workspace()?;
    workspace.unset("VAULT_ADDR").unset("VAULT_TOKEN");
    let policies = format!("locals {{\n narrow = <<-EOT\n{NARROW}\nEOT\n wide = <<-EOT\n{WIDE}\nEOT\n}}\n");
    workspace.write("main.tf", &format!("{SOURCE}{policies}{text}"))?;
    Ok(workspace)
}

/// Outputs by name, each an expression.
fn outputs(expressions: &[(&str, &str)]) -> String {
    let output = |(name, expression): &(&str, &str)| format!("output \"{name}\" {{\n value = {expression}\n}}\n");
    expressions.iter().map(output).collect()
}

fn answer(act: &Act<'_>) -> Result<()> {
    let workspace = offline(
        act,
        &outputs(&[
            ("within", "provider::leastpriv::new_access(local.wide, local.narrow)"),
            ("beyond", "provider::leastpriv::new_access(local.narrow, local.wide)"),
            (
                "no_pass",
                "provider::leastpriv::not_granted(local.wide, [\"iam:PassRole\"], [])",
            ),
            (
                "no_put",
                "provider::leastpriv::not_granted(local.wide, [\"s3:PutObject\"], [\"arn:aws:s3:::payroll/*\"])",
            ),
            (
                "reads",
                "provider::leastpriv::allows(local.narrow, \"s3:GetObject\", \"arn:aws:s3:::reports/a\")",
            ),
            (
                "reads_from",
                "provider::leastpriv::allows(local.narrow, \"s3:GetObject\", \"arn:aws:s3:::payroll/a\", { \"aws:SourceIp\" = \"192.0.2.1\", \"aws:TagKeys\" = [\"a\", \"b\"] })",
            ),
            ("clean", "provider::leastpriv::lint(local.narrow)"),
            (
                "expanded",
                "provider::leastpriv::expand([\"sqs:Purge*\", \"s3:GetObject\"])",
            ),
            (
                "smaller",
                "provider::leastpriv::minimize(jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = [\"s3:GetObject\", \"s3:Get*\"], Resource = \"*\" }] }))",
            ),
            (
                "found",
                "provider::leastpriv::lint(local.wide, { policy_type = \"session\", min_severity = \"warning\" })",
            ),
        ]),
    )?;
    workspace.apply(&[])?.accepted()?;
    let told = workspace.run(&["output", "-json"])?.accepted()?.json()?;
    let value = |name: &str| told.pointer(&format!("/{name}/value")).cloned().unwrap_or_default();
    for (name, expected) in [
        ("within", json!([])),
        ("no_pass", json!(true)),
        ("no_put", json!(false)),
        ("reads", json!(true)),
        ("reads_from", json!(false)),
        ("clean", json!([])),
        ("expanded", json!(["s3:GetObject", "sqs:PurgeQueue"])),
        (
            "smaller",
            json!(r#"{"Statement":[{"Action":"s3:Get*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#),
        ),
    ] {
        ensure!(value(name) == expected, "`{name}` is {}", value(name));
    }
    let beyond = value("beyond");
    let [one] = beyond.as_array().context("a list")?.as_slice() else {
        bail!("one statement gives new access: {beyond}")
    };
    ensure!(
        one.get("statement") == Some(&json!(0)) && one.get("sid") == Some(&Value::Null),
        "{one}"
    );
    let action = one.get("action").and_then(Value::as_str).unwrap_or_default();
    ensure!(action.starts_with("s3:"), "{one}");
    let found = value("found");
    let refusing = found
        .as_array()
        .into_iter()
        .flatten()
        .find(|finding| finding.get("refuses") == Some(&json!(true)));
    let refusing = refusing.with_context(|| format!("nothing refuses in {found}"))?;
    ensure!(refusing.get("line") == Some(&json!(1)), "{refusing}");
    let again = workspace.plan(&["-detailed-exitcode"])?.accepted()?;
    ensure!(!again.has_changes(), "the answers change:\n{}", again.stdout);
    Ok(())
}

fn name_the_argument(act: &Act<'_>) -> Result<()> {
    for (expression, texts) in [
        (
            "provider::leastpriv::new_access(local.narrow, \"{\\n \\\"Statement\\\": [,]}\")",
            &["\"new\"", "line 2, column 16", "jsonencode"][..],
        ),
        ("provider::leastpriv::lint(\"\")", &["\"policy\"", "the text is empty"]),
        (
            "provider::leastpriv::lint(local.narrow, { type = \"session\" })",
            &["there is no option `type`", "`policy_type`"],
        ),
        (
            "provider::leastpriv::not_granted(local.narrow, [\"iam:PasRole\"], [])",
            &["\"actions\"", "iam:PassRole"],
        ),
        ("provider::leastpriv::not_granted(local.narrow, null, [])", &["null"]),
        (
            "provider::leastpriv::expand([\"lamda:Get*\"])",
            &["\"patterns\"", "is it `lambda`?"],
        ),
        (
            "provider::leastpriv::minimize(\"\")",
            &["\"policy\"", "the text is empty"],
        ),
        (
            "provider::leastpriv::new_access(replace(local.narrow, \"reports\", \"?*\"), replace(local.narrow, \"reports\", \"$${aws:username}\"))",
            &["it cannot be decided", "policy variables"],
        ),
    ] {
        let workspace = offline(act, &outputs(&[("answer", expression)]))?;
        fails_with(&workspace.plan(&[])?, texts)?;
    }
    Ok(())
}

fn hold_conditions(act: &Act<'_>) -> Result<()> {
    let resource = |wanted: &str| {
        format!(
            r#"
resource "terraform_data" "role" {{
  input = local.{wanted}
  lifecycle {{
    precondition {{
      condition     = length(provider::leastpriv::new_access(local.narrow, local.{wanted})) == 0
      error_message = "Too much: ${{join(", ", provider::leastpriv::new_access(local.narrow, local.{wanted})[*].action)}}"
    }}
    precondition {{
      condition     = provider::leastpriv::not_granted(local.{wanted}, ["iam:PassRole"], [])
      error_message = "It can pass roles."
    }}
  }}
}}
"#
        )
    };
    let workspace = offline(act, &resource("wide"))?;
    fails_with(&workspace.plan(&[])?, &["Too much: s3:"])?;
    let workspace = offline(act, &resource("narrow"))?;
    workspace.validate()?.accepted()?;
    workspace.apply(&[])?.accepted()?;
    Ok(())
}

fn wait_for_what_is_unknown(act: &Act<'_>) -> Result<()> {
    let text = r#"
resource "terraform_data" "late" {
  input = local.wide
}

resource "terraform_data" "role" {
  input = "role"
  lifecycle {
    precondition {
      condition     = length(provider::leastpriv::new_access(local.narrow, terraform_data.late.output)) == 0
      error_message = "Too much, as is known now."
    }
  }
}
"#;
    let workspace = offline(act, text)?;
    workspace.plan(&[])?.accepted()?;
    fails_with(&workspace.apply(&[])?, &["Too much, as is known now."])
}
