//! The AWS Service Reference, one service a line. It has names, levels, all forms of an ARN and the types of keys; it
//! does not say which resource types an action requires.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use xz2::read::XzDecoder;

use super::facts::{Action, ActionResource, Facts, Key, Level, Resource, Service, names};

/// The name of this source in the catalog.
pub(crate) const NAME: &str = "service-reference";

pub(crate) fn read(path: &Path) -> Result<Facts> {
    parse(&read_lines(path)?).with_context(|| format!("`{}`", path.display()))
}

/// The text of the reference, one service a line.
pub(crate) fn read_lines(path: &Path) -> Result<String> {
    let unreadable = || format!("cannot read `{}`", path.display());
    let mut file = File::open(path).with_context(unreadable)?;
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "xz") {
        XzDecoder::new(file)
            .read_to_string(&mut text)
            .with_context(unreadable)?;
    } else {
        file.read_to_string(&mut text).with_context(unreadable)?;
    }
    Ok(text)
}

pub(crate) fn parse(text: &str) -> Result<Facts> {
    let mut facts = Facts::default();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        let raw: RawService = serde_json::from_str(line).with_context(|| format!("line {}", index + 1))?;
        facts.services.insert(
            raw.name.to_ascii_lowercase(),
            service(raw.actions, raw.resources, raw.condition_keys),
        );
    }
    Ok(facts)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawService {
    name: String,
    #[serde(default)]
    actions: Vec<RawAction>,
    #[serde(default)]
    resources: Vec<RawResource>,
    #[serde(default)]
    condition_keys: Vec<RawKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAction {
    name: String,
    #[serde(default)]
    action_condition_keys: Vec<String>,
    annotations: Option<RawAnnotations>,
    #[serde(default)]
    resources: Vec<RawActionResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAnnotations {
    properties: Option<BTreeMap<String, bool>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawActionResource {
    name: String,
    #[serde(default)]
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawResource {
    name: String,
    #[serde(default, rename = "ARNFormats")]
    arn_formats: Vec<String>,
    #[serde(default)]
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawKey {
    name: String,
    #[serde(default)]
    types: Vec<String>,
}

fn service(actions: Vec<RawAction>, resources: Vec<RawResource>, keys: Vec<RawKey>) -> Service {
    let mut service = Service::default();
    for raw in actions {
        service.actions.insert(raw.name.to_ascii_lowercase(), action(raw));
    }
    for raw in resources {
        let mut formats = raw.arn_formats;
        formats.sort();
        formats.dedup();
        let resource = Resource {
            name: raw.name,
            formats,
            keys: names(raw.condition_keys),
        };
        service.resources.insert(resource.name.to_ascii_lowercase(), resource);
    }
    for raw in keys {
        // A key with two types has a plain one and the array of it; the array sorts first and takes in the other.
        let kind = raw.types.into_iter().min().unwrap_or_else(|| "String".to_owned());
        service
            .keys
            .insert(raw.name.to_ascii_lowercase(), Key { name: raw.name, kind });
    }
    service
}

fn action(raw: RawAction) -> Action {
    let level = raw
        .annotations
        .and_then(|annotations| annotations.properties)
        .map(|flags| level(&flags));
    let mut action = Action {
        name: raw.name,
        level,
        resources: BTreeMap::new(),
        keys: names(raw.action_condition_keys),
    };
    for resource in raw.resources {
        action.keys.extend(names(resource.condition_keys));
        let folded = resource.name.to_ascii_lowercase();
        action.resources.insert(
            folded,
            ActionResource {
                name: resource.name,
                required: false,
            },
        );
    }
    action
}

fn level(flags: &BTreeMap<String, bool>) -> Level {
    let is_set = |flag: &str| flags.get(flag).copied().unwrap_or(false);
    if is_set("IsPermissionManagement") {
        Level::PermissionsManagement
    } else if is_set("IsTaggingOnly") {
        Level::Tagging
    } else if is_set("IsList") {
        Level::List
    } else if is_set("IsWrite") {
        Level::Write
    } else {
        Level::Read
    }
}
