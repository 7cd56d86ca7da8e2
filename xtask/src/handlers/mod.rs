//! `cargo xtask handlers`: which actions CloudFormation's handlers of each resource type call, from the registry schemas
//! that the PyPI package `cfn-lint` carries.
//!
//! What does not belong here: which types of Terraform these are, which is kept by hand beside what is made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use leastpriv_catalog::catalog;
use serde::Deserialize;
use zip::ZipArchive;

use crate::made::{in_repository, write_or_check};

const USAGE: &str = "\
cargo xtask handlers --cfn-lint WHEEL [--check]

  --cfn-lint WHEEL  the PyPI package `cfn-lint` as it comes
  --check           writes nothing and fails if the handlers are not what the source gives";

const SCHEMAS: &str = "cfnlint/data/schemas/resources/";

/// The handlers that have to do with one resource, and their letters. One that lists all resources is not applied.
const VERBS: [(&str, char); 4] = [("create", 'c'), ("read", 'r'), ("update", 'u'), ("delete", 'd')];

/// Runs the task with the arguments after its name.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut check = false;
    let mut source = None;
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--check" => check = true,
            "--cfn-lint" => source = arguments.next().map(PathBuf::from),
            _ => bail!("`{name}` is not an option of this task\n\n{USAGE}"),
        }
    }
    let source = source.with_context(|| format!("`--cfn-lint` is needed\n\n{USAGE}"))?;
    let (version, schemas) = read(&source).with_context(|| format!("`{}`", source.display()))?;
    let made = make(&version, &schemas);
    let target = in_repository("linter/src/narrow/applies/data/handlers.txt");
    write_or_check(&target, &made.text, check)?;
    writeln!(
        io::stdout(),
        "{} types; left out: {} actions with a wildcard, {} that the catalog does not know",
        made.types,
        made.wild.len(),
        made.unknown.len()
    )?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    type_name: String,
    #[serde(default)]
    handlers: BTreeMap<String, Handler>,
}

#[derive(Deserialize)]
struct Handler {
    #[serde(default)]
    permissions: Vec<String>,
}

/// The version of the package and its schemas.
fn read(path: &Path) -> Result<(String, Vec<Schema>)> {
    let mut wheel = ZipArchive::new(File::open(path)?).context("it is not a wheel")?;
    let mut version = None;
    let mut schemas = Vec::new();
    for index in 0..wheel.len() {
        let mut entry = wheel.by_index(index)?;
        let name = entry.name().to_owned();
        let mut text = String::new();
        if name.ends_with(".dist-info/METADATA") {
            entry.read_to_string(&mut text)?;
            version = text
                .lines()
                .find_map(|line| line.strip_prefix("Version: ").map(str::to_owned));
        } else if name.starts_with(SCHEMAS) {
            entry.read_to_string(&mut text)?;
            schemas.push(serde_json::from_str(&text).with_context(|| format!("`{name}`"))?);
        }
    }
    ensure!(!schemas.is_empty(), "it has no schemas in `{SCHEMAS}`");
    Ok((version.context("it does not say its version")?, schemas))
}

/// What was made, and what was left out of it.
struct Made {
    text: String,
    types: usize,
    wild: BTreeSet<String>,
    unknown: BTreeSet<String>,
}

fn make(version: &str, schemas: &[Schema]) -> Made {
    let mut made = Made {
        text: head(version),
        types: 0,
        wild: BTreeSet::new(),
        unknown: BTreeSet::new(),
    };
    let types: BTreeMap<&str, &Schema> = schemas
        .iter()
        .filter(|schema| schema.type_name.starts_with("AWS::") && !schema.handlers.is_empty())
        .map(|schema| (schema.type_name.as_str(), schema))
        .collect();
    made.types = types.len();
    for (name, schema) in types {
        let mut verbs: BTreeMap<String, String> = BTreeMap::new();
        for (verb, letter) in VERBS {
            for permission in schema
                .handlers
                .get(verb)
                .map_or(&[][..], |handler| &handler.permissions)
            {
                if let Some(action) = made.known(permission) {
                    let letters = verbs.entry(action).or_default();
                    if !letters.ends_with(letter) {
                        letters.push(letter);
                    }
                }
            }
        }
        let mut lines: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
        for (action, letters) in &verbs {
            let (prefix, name) = action.split_once(':').unwrap_or((action, ""));
            lines.entry(letters).or_default().entry(prefix).or_default().push(name);
        }
        let _ = writeln!(made.text, "{name}");
        for (letters, services) in lines {
            let actions: Vec<String> = services
                .iter()
                .map(|(prefix, names)| format!("{prefix}:{}", names.join(",")))
                .collect();
            let _ = writeln!(made.text, "{letters}\t{}", actions.join(" "));
        }
    }
    made
}

impl Made {
    /// An action as the catalog spells it.
    fn known(&mut self, permission: &str) -> Option<String> {
        if permission.contains('*') {
            self.wild.insert(permission.to_owned());
            return None;
        }
        let (prefix, name) = permission.trim().split_once(':')?;
        let action = catalog().action(prefix, name);
        if action.is_none() {
            self.unknown.insert(permission.to_owned());
        }
        action.map(leastpriv_catalog::Action::full_name)
    }
}

fn head(version: &str) -> String {
    format!(
        "\
# What CloudFormation's handlers call to create (c), read (r), update (u) and delete (d) a resource of each type. Actions
# with a wildcard, and those that the catalog does not know, are left out. Made by `cargo xtask handlers` from the registry
# schemas that the PyPI package `cfn-lint` {version} (MIT-0) carries.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_stands_once_with_its_verbs() {
        let schemas: Vec<Schema> = serde_json::from_str(
            r#"[{"typeName":"AWS::SQS::Queue","handlers":{
                "create":{"permissions":["sqs:createqueue","sqs:GetQueueAttributes","sqs:*","sqs:Gone","iam:PassRole"]},
                "read":{"permissions":["sqs:GetQueueAttributes","sqs:GetQueueAttributes"]},
                "list":{"permissions":["sqs:ListQueues"]},
                "delete":{"permissions":["sqs:DeleteQueue"]}}},
              {"typeName":"AWS::CDK::Metadata"},
              {"typeName":"Alexa::ASK::Skill","handlers":{"create":{"permissions":["s3:GetObject"]}}}]"#,
        )
        .unwrap();
        let made = make("1.2.3", &schemas);
        assert_eq!(
            made.text,
            head("1.2.3")
                + "AWS::SQS::Queue\nc\tiam:PassRole sqs:CreateQueue\ncr\tsqs:GetQueueAttributes\nd\tsqs:DeleteQueue\n"
        );
        assert_eq!((made.types, made.wild.len(), made.unknown.len()), (1, 1, 1));
    }
}
