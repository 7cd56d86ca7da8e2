//! From a call to the ARNs it worked on: those that the event names, and those that its parameters spell.

use std::collections::{BTreeMap, BTreeSet};

use leastpriv_catalog::Action;
use leastpriv_checks::terms;
use leastpriv_policy::narrow::Wanted;
use leastpriv_policy::pattern::{ArnPattern, fill_placeholders};
use serde_json::Value;

use super::record::Record;

/// Placeholders of ARNs whose values stand under another name in the parameters of calls.
const NAMES: [(&str, &[&str]); 8] = [
    ("ObjectName", &["key"]),
    ("RoleNameWithPath", &["rolename"]),
    ("UserNameWithPath", &["username"]),
    ("GroupNameWithPath", &["groupname"]),
    ("InstanceProfileNameWithPath", &["instanceprofilename"]),
    ("ParameterNameWithoutLeadingSlash", &["name"]),
    ("Alias", &["qualifier"]),
    ("Version", &["qualifier"]),
];

/// Most ARNs of one call; one with more is about whatever the policy gives.
const MOST: usize = 100;

/// The resources of an action in a call.
pub(super) fn wanted(action: Action, record: &Record) -> Wanted {
    if !action.supports_resource_level() {
        return Wanted::unknown();
    }
    if let Some(source) = copied_from(action, record) {
        return source;
    }
    let parameters = Parameters::of(record);
    let named: BTreeSet<String> = record
        .arns
        .iter()
        .chain(&parameters.arns)
        .filter(|arn| terms::fits(action, arn))
        .cloned()
        .collect();
    let mut found = named.clone();
    let mut has_path = false;
    for entry in action.resource_types() {
        if entry.resource.arn_formats().any(|format| names_any(format, &named)) {
            continue;
        }
        let spelled: Vec<String> = entry
            .resource
            .arn_formats()
            .filter(|format| entry.required || names_something(format))
            .flat_map(|format| parameters.spell(format, record))
            .collect();
        if spelled.is_empty() && entry.required {
            return Wanted::unknown();
        }
        if named.is_empty() || entry.required {
            has_path |= entry.resource.arn_formats().any(|format| format.contains("WithPath}"));
            found.extend(spelled);
        }
    }
    if found.is_empty() || found.len() > MOST {
        return Wanted::unknown();
    }
    let mut patterns: BTreeSet<String> = found.iter().map(|arn| plain(arn)).collect();
    if has_path && named.is_empty() {
        // The parameters have the name alone, and the path is not known.
        let deeper = patterns.iter().filter_map(|arn| {
            let (head, name) = arn.split_once('/')?;
            Some(format!("{head}/*/{name}"))
        });
        let deeper: Vec<String> = deeper.collect();
        patterns.extend(deeper);
    }
    Wanted::Some(patterns.into_iter().collect())
}

/// Whether a form names more than where it is.
fn names_something(format: &str) -> bool {
    placeholders(format)
        .iter()
        .any(|name| !["Partition", "Region", "Account"].contains(name))
}

/// Whether one of some ARNs has a form.
fn names_any(format: &str, arns: &BTreeSet<String>) -> bool {
    let pattern = ArnPattern::new(&fill_placeholders(format, |_| "?*"));
    arns.iter().any(|arn| pattern.matches(arn))
}

/// An ARN as a pattern that matches it: a wildcard or variable that stands in a name is any character.
fn plain(arn: &str) -> String {
    arn.replace("${", "??").replace('*', "?")
}

/// What an object is copied from, which is read.
fn copied_from(action: Action, record: &Record) -> Option<Wanted> {
    if !record.name.to_ascii_lowercase().contains("copy") || action.full_name() != "s3:GetObject" {
        return None;
    }
    let source = record.parameters.get("x-amz-copy-source").and_then(Value::as_str);
    let Some(source) = source.filter(|source| !source.contains('%') && !source.starts_with("arn:")) else {
        return Some(Wanted::unknown());
    };
    let source = source.trim_start_matches('/').split('?').next().unwrap_or_default();
    Some(Wanted::Some(vec![plain(&format!(
        "arn:{}:s3:::{source}",
        record.partition()
    ))]))
}

/// The texts in the parameters of a call.
struct Parameters {
    /// By name, in lower case, without what stands between words.
    by_name: BTreeMap<String, BTreeSet<String>>,
    arns: BTreeSet<String>,
}

impl Parameters {
    fn of(record: &Record) -> Self {
        let mut out = Self {
            by_name: BTreeMap::new(),
            arns: BTreeSet::new(),
        };
        out.add("", &record.parameters, 0);
        out.add_queue();
        out
    }

    fn add(&mut self, name: &str, value: &Value, depth: usize) {
        match value {
            Value::String(text) if text.starts_with("arn:") => {
                self.arns.insert(text.clone());
            }
            Value::String(text) if !text.is_empty() => {
                self.by_name.entry(folded(name)).or_default().insert(text.clone());
            }
            Value::Array(items) if depth < 5 => items
                .iter()
                .for_each(|item| self.add(name, item, depth.saturating_add(1))),
            Value::Object(members) if depth < 5 => {
                for (name, value) in members {
                    self.add(name, value, depth.saturating_add(1));
                }
            }
            _ => {}
        }
    }

    /// A queue is named by its address.
    fn add_queue(&mut self) {
        let addresses = self.by_name.get("queueurl").cloned().unwrap_or_default();
        let names = addresses
            .iter()
            .filter_map(|address| address.rsplit('/').next().map(str::to_owned));
        let names: BTreeSet<String> = names.collect();
        if !names.is_empty() {
            self.by_name.entry("queuename".to_owned()).or_default().extend(names);
        }
    }

    /// The ARNs of a form whose every placeholder has a value.
    fn spell(&self, format: &str, record: &Record) -> Vec<String> {
        let mut out = vec![BTreeMap::new()];
        for name in placeholders(format) {
            let values = self.values(name, record);
            let with = out.iter().flat_map(|filled: &BTreeMap<&str, String>| {
                values.iter().map(move |value| {
                    let mut filled = filled.clone();
                    filled.insert(name, value.clone());
                    filled
                })
            });
            out = with.take(MOST).collect();
        }
        out.iter()
            .map(|filled| fill_placeholders(format, |name| filled.get(name).map_or("", String::as_str)))
            .collect()
    }

    fn values(&self, placeholder: &str, record: &Record) -> Vec<String> {
        match placeholder {
            "Partition" => return vec![record.partition().to_owned()],
            "Region" => return vec![record.region.clone()],
            "Account" => return vec![record.account.clone()],
            _ => {}
        }
        let others = NAMES
            .iter()
            .find(|(name, _)| *name == placeholder)
            .map_or(&[][..], |(_, others)| *others);
        let own = folded(placeholder);
        let named = std::iter::once(own.as_str()).chain(others.iter().copied());
        let values = named.filter_map(|name| self.by_name.get(name)).flatten();
        let values = values.filter(|value| !value.contains(':') || placeholder == "ObjectName");
        let written = values.filter_map(|value| match placeholder {
            "ParameterNameWithoutLeadingSlash" => Some(value.trim_start_matches('/').to_owned()),
            // AWS adds six characters to the name of a secret.
            "SecretId" => Some(format!("{value}-??????")),
            // An alias is not in the ARN of its key.
            "KeyId" if value.contains('/') => None,
            _ => Some(value.clone()),
        });
        written.collect()
    }
}

fn folded(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.collect::<String>().to_ascii_lowercase()
}

fn placeholders(format: &str) -> Vec<&str> {
    let parts = format.split("${").skip(1);
    parts
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
        .collect()
}

/// The roles that the parameters of a call name.
pub(super) fn roles(record: &Record) -> BTreeSet<String> {
    let is_role = |arn: &String| {
        let mut fields = arn.splitn(6, ':').skip(2);
        fields.next() == Some("iam") && fields.nth(2).is_some_and(|name| name.starts_with("role/"))
    };
    Parameters::of(record)
        .arns
        .into_iter()
        .filter(is_role)
        .map(|arn| plain(&arn))
        .collect()
}
