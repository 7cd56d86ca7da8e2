//! `cargo xtask calls`: what calls of AWS's APIs are named in IAM where that is not their own name, and which of them can
//! pass a role, from the AWS Service Reference.
//!
//! What does not belong here: how CloudTrail names calls and services, which is kept by hand beside what is made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::catalog::read_lines;
use crate::made::{in_repository, write_or_check};

const USAGE: &str = "\
cargo xtask calls --service-reference FILE [--check]

  --service-reference FILE  AWS Service Reference, one service a line, as .jsonl or .jsonl.xz
  --check                   writes nothing and fails if the calls are not what the source gives";

const HEAD: &str = "\
# What calls are named in IAM where that is not their own name, and which calls can pass a role. Several actions: AWS
# checks those of them that the call needs. Made by `cargo xtask calls` from the AWS Service Reference.
";

/// Runs the task with the arguments after its name.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut check = false;
    let mut source = None;
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--check" => check = true,
            "--service-reference" => source = arguments.next().map(PathBuf::from),
            _ => bail!("`{name}` is not an option of this task\n\n{USAGE}"),
        }
    }
    let source = source.with_context(|| format!("`--service-reference` is needed\n\n{USAGE}"))?;
    let made = make(&read_lines(&source)?).with_context(|| format!("`{}`", source.display()))?;
    let target = in_repository("linter/src/narrow/trail/data/calls.txt");
    write_or_check(&target, &made, check)?;
    let count = |kind: &str| made.lines().filter(|line| line.starts_with(kind)).count();
    writeln!(
        io::stdout(),
        "{} calls, {} services that take roles",
        count("call\t"),
        count("pass\t")
    )?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Service {
    name: String,
    #[serde(default)]
    actions: Vec<Named>,
    #[serde(default)]
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Operation {
    name: String,
    #[serde(default)]
    authorized_actions: Vec<Authorized>,
}

#[derive(Deserialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "PascalCase")]
struct Authorized {
    service: String,
    name: String,
}

fn make(text: &str) -> Result<String> {
    let mut services: Vec<Service> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        services.push(serde_json::from_str(line).with_context(|| format!("line {}", index + 1))?);
    }
    let known: BTreeSet<(String, String)> = services
        .iter()
        .flat_map(|service| service.actions.iter().map(|action| folded(&service.name, &action.name)))
        .collect();
    let mut calls = BTreeMap::new();
    let mut passes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for service in &services {
        for operation in &service.operations {
            let passes_role = |one: &Authorized| (one.service.as_str(), one.name.as_str()) == ("iam", "PassRole");
            if operation.authorized_actions.iter().any(passes_role) {
                passes.entry(&service.name).or_default().insert(&operation.name);
            }
            let rest = operation.authorized_actions.iter();
            let rest = rest.filter(|one| !passes_role(one) && known.contains(&folded(&one.service, &one.name)));
            let actions = chosen(service, operation, &rest.collect::<Vec<_>>());
            if !actions.is_empty() {
                calls.insert(
                    (&service.name, &operation.name),
                    actions.into_iter().collect::<Vec<_>>().join(" "),
                );
            }
        }
    }
    let mut out = HEAD.to_owned();
    for ((service, name), actions) in calls {
        let _ = writeln!(out, "call\t{service}\t{name}\t{actions}");
    }
    for (service, names) in passes {
        let names: Vec<_> = names.into_iter().collect();
        let _ = writeln!(out, "pass\t{service}\t{}", names.join(" "));
    }
    Ok(out)
}

/// The actions of an operation; none where it is the action of its own name.
fn chosen(service: &Service, operation: &Operation, actions: &[&Authorized]) -> BTreeSet<String> {
    let is_named = |one: &&&Authorized| one.name.eq_ignore_ascii_case(&operation.name);
    if actions
        .iter()
        .any(|one| (&one.service, &one.name) == (&service.name, &operation.name))
    {
        return BTreeSet::new();
    }
    let only = |keep: &dyn Fn(&&Authorized) -> bool, of: &[&Authorized]| -> Vec<Authorized> {
        let kept: Vec<Authorized> = of.iter().filter(|one| keep(one)).map(|one| (*one).clone()).collect();
        if kept.is_empty() {
            of.iter().map(|one| (*one).clone()).collect()
        } else {
            kept
        }
    };
    let chosen = match actions.iter().find(is_named) {
        Some(named) => vec![(*named).clone()],
        // Tags are set only by calls that name some.
        None => only(&|one| !one.name.contains("Tag"), actions),
    };
    let chosen: Vec<&Authorized> = chosen.iter().collect();
    let chosen = only(&|one| one.service != "s3-object-lambda", &chosen);
    chosen
        .iter()
        .map(|one| format!("{}:{}", one.service, one.name))
        .collect()
}

fn folded(service: &str, name: &str) -> (String, String) {
    (service.to_ascii_lowercase(), name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_otherwise_is_written() {
        let text = r#"{"Name":"a","Actions":[{"Name":"Get"},{"Name":"List"},{"Name":"TagResource"}],"Operations":[
            {"Name":"Get","AuthorizedActions":[{"Service":"a","Name":"Get"},{"Service":"iam","Name":"PassRole"}]},
            {"Name":"ListAll","AuthorizedActions":[{"Service":"a","Name":"List"},{"Service":"a","Name":"TagResource"}]},
            {"Name":"New","AuthorizedActions":[{"Service":"a","Name":"Gone"}]}]}"#;
        let made = make(&text.replace('\n', "")).unwrap();
        assert_eq!(made, format!("{HEAD}call\ta\tListAll\ta:List\npass\ta\tGet\n"));
    }
}
