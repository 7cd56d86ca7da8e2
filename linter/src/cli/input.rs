//! Arguments of the AWS CLI that the command line gives, or `--cli-input-json` under their name.

use std::path::Path;

use anyhow::{Context, bail};
use leastpriv_policy::json::{self, Member, Node, Value};
use leastpriv_policy::span::LineIndex;

use crate::simulate::hint;
use crate::sources::read_text;

/// What `--cli-input-json` says.
#[derive(Debug, Default)]
pub(super) struct Input {
    /// The JSON itself.
    pub(super) text: String,
    members: Vec<Member>,
}

/// The members of `--cli-input-json`: AWS's, those that are ours, and those that change nothing here.
const MEMBERS: [&str; 16] = [
    "PolicyInputList",
    "PermissionsBoundaryPolicyInputList",
    "OrderedOrganizationPolicyInputList",
    "ActionNames",
    "ResourceArns",
    "ResourcePolicy",
    "ResourceOwner",
    "CallerArn",
    "ContextEntries",
    "SessionPolicy",
    "ServiceControlPolicyInputList",
    "ResourceControlPolicyInputList",
    "EndpointPolicy",
    "ResourceHandlingOption",
    "MaxItems",
    "Marker",
];

impl Input {
    /// Reads the argument; without one it says nothing.
    pub(super) fn read(argument: Option<&str>) -> anyhow::Result<Self> {
        let Some(argument) = argument else {
            return Ok(Self::default());
        };
        let text = content(argument)?;
        let Node::Object(members) = json_of(&text, "--cli-input-json")?.node else {
            bail!("`--cli-input-json` is no object");
        };
        if let Some(member) = members.iter().find(|member| !MEMBERS.contains(&member.key.as_str())) {
            let help = hint(&member.key, MEMBERS, || format!("it takes {}", MEMBERS.join(", ")));
            bail!("`--cli-input-json` takes no `{}`; {help}", member.key);
        }
        Ok(Self { text, members })
    }

    /// A member that says something: the AWS CLI's skeleton has empty ones for what is not set.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let member = self.members.iter().find(|member| member.key == name)?;
        (!is_skeleton(&member.value)).then_some(&member.value)
    }
}

/// Whether a value is as the skeleton has it: texts are empty, lists hold one such value, and the type of a key is any of
/// those that there are.
fn is_skeleton(value: &Value) -> bool {
    match &value.node {
        Node::Null => true,
        Node::String(text) => text.is_empty(),
        Node::Array(items) => items.iter().all(is_skeleton),
        Node::Object(members) => {
            let mut said = members.iter().filter(|member| member.key != "ContextKeyType");
            !members.is_empty() && said.all(|member| is_skeleton(&member.value))
        }
        _ => false,
    }
}

/// An argument, or what stands in the file that it names.
pub(super) fn content(argument: &str) -> anyhow::Result<String> {
    let path = argument
        .strip_prefix("file://")
        .or_else(|| argument.strip_prefix("fileb://"));
    match path {
        Some(path) => read_text(Path::new(path)).with_context(|| format!("`{path}` cannot be read")),
        None => Ok(argument.to_owned()),
    }
}

/// `PolicyInputList` or `policyDocument` as the command line spells it.
pub(super) fn flag(name: &str) -> String {
    name.chars().fold("--".to_owned(), |out, letter| {
        let begins_word = letter.is_ascii_uppercase() && !out.ends_with('-');
        let before = if begins_word { "-" } else { "" };
        out + before + &letter.to_ascii_lowercase().to_string()
    })
}

/// A text of the command line or, under its name, of `--cli-input-json`.
pub(super) fn text(word: Option<&String>, input: &Input, name: &str) -> anyhow::Result<Option<String>> {
    match (word, input.get(name)) {
        (Some(word), _) => content(word).map(Some),
        (None, Some(value)) => text_of(value, &input.text, name).map(Some),
        (None, None) => Ok(None),
    }
}

/// Texts of the command line or, under their name, of `--cli-input-json`.
pub(super) fn texts(words: &[String], input: &Input, name: &str) -> anyhow::Result<Vec<String>> {
    if words.is_empty() {
        return input
            .get(name)
            .map_or_else(|| Ok(Vec::new()), |value| texts_of(value, &input.text, name));
    }
    let mut out = Vec::new();
    for word in words {
        let text = content(word)?;
        // The AWS CLI takes a list as JSON, too.
        if text.trim_start().starts_with('[') {
            out.extend(texts_of(&json_of(&text, &flag(name))?, &text, name)?);
        } else {
            out.push(text);
        }
    }
    Ok(out)
}

/// The value that an argument has as JSON.
pub(super) fn json_of(text: &str, argument: &str) -> anyhow::Result<Value> {
    let (value, problems) = json::parse(text);
    if let Some(problem) = problems.first() {
        let at = LineIndex::new(text).position(problem.span.start);
        bail!(
            "`{argument}`: line {}, column {}: {}",
            at.line,
            at.column,
            problem.message
        );
    }
    Ok(value)
}

/// The texts of a list, or a text alone, of JSON.
pub(super) fn texts_of(value: &Value, around: &str, name: &str) -> anyhow::Result<Vec<String>> {
    let items = value.as_array().unwrap_or(std::slice::from_ref(value));
    items.iter().map(|item| text_of(item, around, name)).collect()
}

/// A string, or the text of a policy that stands there as an object.
fn text_of(value: &Value, around: &str, name: &str) -> anyhow::Result<String> {
    match &value.node {
        Node::String(text) => Ok(text.clone()),
        Node::Object(_) => Ok(value.span.of(around).to_owned()),
        _ => bail!("`{}`: it is {}, not a string", flag(name), value.kind()),
    }
}
