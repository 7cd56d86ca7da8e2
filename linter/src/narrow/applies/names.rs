//! What placeholders of ARNs and attributes of resources have to do with each other, by their names.

use leastpriv_catalog::{Action, ActionResource};

use super::super::resources::{folded, placeholders};
use crate::sources::Values;

/// Attributes that name a resource under another name than its own: the resource of the catalog, and the attributes.
const ALIASES: [(&str, &[&str]); 10] = [
    ("bucket", &["s3bucket"]),
    ("object", &["key", "s3key"]),
    ("hostedzone", &["zoneid"]),
    ("key", &["targetkeyid"]),
    ("securitygroup", &["vpcsecuritygroupids"]),
    ("loadbalancer", &["elb"]),
    ("subgrp", &["dbsubnetgroupname"]),
    ("pg", &["parametergroupname"]),
    ("og", &["optiongroupname"]),
    ("clusterpg", &["dbclusterparametergroupname"]),
];

/// Whether an action works on what a type makes.
pub(super) fn works_on_own(action: Action, nouns: &[String]) -> bool {
    action.resource_types().any(|entry| is_own(action, entry, nouns))
}

/// Whether a resource of an action is what a type makes: it is called so, or its ARN is where none is called so.
pub(super) fn is_own(action: Action, entry: ActionResource, nouns: &[String]) -> bool {
    // Balancers are `loadbalancer/app/` and the like.
    let kind = |name: &'static str| name.split('/').next().unwrap_or_default();
    let is_called = |entry: ActionResource| nouns.contains(&folded(kind(entry.resource.name())));
    if is_called(entry) {
        return true;
    }
    let ends_so = |format: &str| placeholders(format).last().is_some_and(|last| is_noun(last, nouns));
    !action.resource_types().any(is_called) && entry.resource.arn_formats().any(ends_so)
}

/// Whether a placeholder stands for a name of what a type makes.
pub(super) fn is_noun(placeholder: &str, nouns: &[String]) -> bool {
    let plain = folded(placeholder);
    let mut rest = nouns.iter().filter_map(|noun| plain.strip_prefix(noun.as_str()));
    rest.any(|rest| ["", "name", "id", "identifier", "namewithpath"].contains(&rest))
}

/// Whether a placeholder of the ARN of what a type makes stands for its own name, and not for what it belongs to.
pub(super) fn is_own_name(placeholder: &str, names: &[&str], nouns: &[String]) -> bool {
    let has_noun = names.iter().any(|name| is_noun(name, nouns));
    if has_noun {
        is_noun(placeholder, nouns)
    } else {
        names.last() == Some(&placeholder)
    }
}

/// Whether an action works on one resource at a time, whichever of its types.
pub(super) fn takes_one(action: Action) -> bool {
    let name = action.name();
    name.contains("Tag") || name.starts_with("Untag") || name.ends_with("ResourcePolicy")
}

/// The attributes that name a resource which is called so.
pub(super) fn called_by(name: &str) -> Vec<String> {
    let ends = ["id", "name", "identifier", "ids", "s", ""].iter();
    let mut out: Vec<String> = ends.map(|end| format!("{name}{end}")).collect();
    out.extend(aliases(name));
    out
}

pub(super) fn aliases(name: &str) -> impl Iterator<Item = String> {
    let aliases = ALIASES.iter().filter(move |(resource, _)| *resource == name);
    aliases.flat_map(|(_, names)| names.iter().map(|&name| name.to_owned()))
}

/// Whether one of some attributes has a text.
pub(super) fn says(values: &Values, attributes: &[String]) -> bool {
    values.texts.keys().any(|name| attributes.contains(&folded(name)))
}

/// A placeholder without what it says of a resource: `BucketName` is `bucket`.
pub(super) fn bare(placeholder: &str) -> String {
    let plain = folded(placeholder);
    let bare = plain.strip_suffix("name").or_else(|| plain.strip_suffix("id"));
    bare.unwrap_or(&plain).to_owned()
}

pub(super) fn is_place(placeholder: &str) -> bool {
    ["Partition", "Region", "Account"].contains(&placeholder)
}

/// The name at the end of an ARN; any other text as it is.
pub(super) fn last_of_arn(text: &str) -> &str {
    match text.strip_prefix("arn:") {
        Some(fields) => fields.rsplit([':', '/']).next().unwrap_or_default(),
        None => text,
    }
}

/// Whether a text can be the name of a resource.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 512 && !text.contains(|letter: char| letter == ':' || letter.is_whitespace())
}

/// The text of a name, with what AWS adds to it.
pub(super) fn ended(text: String, placeholder: &str) -> String {
    match folded(placeholder).as_str() {
        "parameternamewithoutleadingslash" => text.trim_start_matches('/').to_owned(),
        _ => text,
    }
}

/// What of a form stands before a placeholder, behind the ARN's fields: `alias/`.
pub(super) fn before<'f>(format: &'f str, placeholder: &str) -> &'f str {
    let head = format.split(&format!("${{{placeholder}}}")).next().unwrap_or_default();
    let own = head.rsplit([':', '}']).next().unwrap_or_default();
    if own.is_empty() { "\0" } else { own }
}
