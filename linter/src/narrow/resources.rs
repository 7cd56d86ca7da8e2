//! From the words of a call, or of a planned change, to the ARNs that it works on: those that they name, and those that
//! they spell.

use std::collections::{BTreeMap, BTreeSet};

use leastpriv_catalog::{Action, ActionResource};
use leastpriv_checks::terms;
use leastpriv_policy::narrow::Wanted;
use leastpriv_policy::pattern::{ArnPattern, fill_placeholders};

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

/// Most ARNs of one need; one with more is about whatever the policy gives.
const MOST: usize = 100;

/// Where a resource is, each a pattern.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The partition.
    pub(super) partition: String,
    /// The region.
    pub(super) region: String,
    /// The account.
    pub(super) account: String,
}

/// The partition of a region.
pub(super) fn partition_of(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        region if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

/// The resources of an action.
pub(super) fn wanted(action: Action, words: &Words, place: &Place) -> Wanted {
    Seek {
        needs_each: true,
        spells: &|_| false,
    }
    .wanted(action, words, place)
}

/// How resources are sought.
pub(super) struct Seek<'a> {
    /// Whether the action works on a resource of each type that it requires, and not just on one of them.
    pub(super) needs_each: bool,
    /// The resources that are spelled even where an ARN is named.
    pub(super) spells: &'a dyn Fn(ActionResource) -> bool,
}

impl Seek<'_> {
    /// The resources of an action.
    pub(super) fn wanted(&self, action: Action, words: &Words, place: &Place) -> Wanted {
        if !action.supports_resource_level() {
            return Wanted::unknown();
        }
        let fitting = words.arns.iter().filter(|arn| terms::fits(action, arn));
        let named: BTreeSet<String> = fitting.cloned().collect();
        let mut found: BTreeSet<String> = named.iter().map(|arn| plain(arn)).collect();
        let mut has_path = false;
        for entry in action.resource_types() {
            let spells = (self.spells)(entry);
            let is_required = entry.required && self.needs_each;
            if !spells && entry.resource.arn_formats().any(|format| names_any(format, &named)) {
                continue;
            }
            let spelled: Vec<String> = entry
                .resource
                .arn_formats()
                .filter(|format| entry.required || names_something(format))
                .flat_map(|format| words.spell(format, place))
                .collect();
            if spelled.is_empty() && is_required {
                return Wanted::unknown();
            }
            if named.is_empty() || is_required || spells {
                has_path |= entry.resource.arn_formats().any(|format| words.lacks_path(format));
                found.extend(spelled);
            }
        }
        if found.is_empty() || found.len() > MOST {
            return Wanted::unknown();
        }
        if has_path && named.is_empty() {
            // The words have the name alone, and the path is not known.
            let deeper = found.iter().filter_map(|arn| {
                let (head, name) = arn.split_once('/')?;
                Some(format!("{head}/*/{name}"))
            });
            let deeper: Vec<String> = deeper.collect();
            found.extend(deeper);
        }
        let streams: Vec<String> = found.iter().filter_map(|arn| with_streams(arn)).collect();
        found.extend(streams);
        Wanted::Some(found.into_iter().collect())
    }
}

/// The second form of the ARN of a log group, which AWS checks for most actions that work on one.
///
/// Source: "Overview of managing access permissions to your CloudWatch Logs resources" of the CloudWatch Logs guide.
fn with_streams(arn: &str) -> Option<String> {
    let (head, name) = arn.split_once(":log-group:")?;
    let is_group = head.split(':').nth(2) == Some("logs") && !name.contains(':');
    is_group.then(|| format!("{arn}:*"))
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
pub(super) fn plain(arn: &str) -> String {
    arn.replace("${", "??").replace('*', "?")
}

/// What a call or a change says.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// Patterns by name, in lower case, without what stands between words.
    by_name: BTreeMap<String, BTreeSet<String>>,
    arns: BTreeSet<String>,
}

impl Words {
    /// Adds a text under its name; an ARN says by itself what it is.
    pub(super) fn add(&mut self, name: &str, text: &str) {
        if text.starts_with("arn:") {
            self.arns.insert(text.to_owned());
        } else if !text.is_empty() {
            self.add_pattern(name, plain(text));
        }
    }

    /// Adds what matches a text that is not known.
    pub(super) fn add_pattern(&mut self, name: &str, pattern: String) {
        self.by_name.entry(folded(name)).or_default().insert(pattern);
    }

    /// Whether something stands under a name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(&folded(name))
    }

    /// Adds ARNs.
    pub(super) fn extend_arns(&mut self, arns: impl IntoIterator<Item = String>) {
        self.arns.extend(arns);
    }

    /// The roles among its ARNs.
    pub(super) fn roles(&self) -> BTreeSet<String> {
        let is_role = |arn: &&String| {
            let mut fields = arn.splitn(6, ':').skip(2);
            fields.next() == Some("iam") && fields.nth(2).is_some_and(|name| name.starts_with("role/"))
        };
        self.arns.iter().filter(is_role).map(|arn| plain(arn)).collect()
    }

    /// A queue is named by its address.
    pub(super) fn add_queue(&mut self) {
        let addresses = self.by_name.get("queueurl").cloned().unwrap_or_default();
        let names = addresses
            .iter()
            .filter_map(|address| address.rsplit('/').next().map(str::to_owned));
        let names: BTreeSet<String> = names.collect();
        if !names.is_empty() {
            self.by_name.entry("queuename".to_owned()).or_default().extend(names);
        }
    }

    /// Whether a form has a name with its path, of which only the name is known.
    fn lacks_path(&self, format: &str) -> bool {
        let mut with_path = placeholders(format)
            .into_iter()
            .filter(|name| name.ends_with("WithPath"));
        with_path.any(|name| !self.by_name.contains_key(&folded(name)))
    }

    /// The ARNs of a form whose every placeholder has a value.
    fn spell(&self, format: &str, place: &Place) -> Vec<String> {
        let mut out = vec![BTreeMap::new()];
        for name in placeholders(format) {
            let values = self.values(name, place);
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

    fn values(&self, placeholder: &str, place: &Place) -> Vec<String> {
        match placeholder {
            "Partition" => return vec![place.partition.clone()],
            "Region" => return vec![place.region.clone()],
            "Account" => return vec![place.account.clone()],
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

pub(super) fn folded(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.collect::<String>().to_ascii_lowercase()
}

pub(super) fn placeholders(format: &str) -> Vec<&str> {
    let parts = format.split("${").skip(1);
    parts
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
        .collect()
}
