//! What a source knows of AWS, in one shape for all sources, and how two sources are joined. Names are compared without
//! regard to case, so every table is keyed by the name in lower case.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Names as they are spelled, by their form in lower case.
pub(crate) type Names = BTreeMap<String, String>;

/// All services of a source, by prefix.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) services: BTreeMap<String, Service>,
}

#[derive(Debug, Default)]
pub(crate) struct Service {
    pub(crate) actions: BTreeMap<String, Action>,
    pub(crate) resources: BTreeMap<String, Resource>,
    pub(crate) keys: BTreeMap<String, Key>,
}

#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) name: String,
    /// None where the source does not say.
    pub(crate) level: Option<Level>,
    pub(crate) resources: BTreeMap<String, ActionResource>,
    pub(crate) keys: Names,
}

#[derive(Debug)]
pub(crate) struct ActionResource {
    pub(crate) name: String,
    pub(crate) required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Level {
    List,
    Read,
    Write,
    Tagging,
    PermissionsManagement,
}

#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) name: String,
    pub(crate) formats: Vec<String>,
    pub(crate) keys: Names,
}

#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// In the words of the sources, such as `ArrayOfString`.
    pub(crate) kind: String,
}

impl Facts {
    /// Adds what an older source knows. Where both speak of the same thing, what is here already stays.
    pub(crate) fn absorb(&mut self, older: Self) {
        for (prefix, service) in older.services {
            match self.services.entry(prefix) {
                Entry::Vacant(place) => {
                    place.insert(service);
                }
                Entry::Occupied(mut known) => known.get_mut().absorb(service),
            }
        }
    }

    /// Lists the condition keys that are referred to but listed nowhere, as keys of text, and drops references to
    /// resource types that no source describes.
    pub(crate) fn close(&mut self) {
        for service in self.services.values_mut() {
            let Service {
                actions,
                resources,
                keys,
            } = service;
            let of_actions = actions.values().flat_map(|action| &action.keys);
            let of_resources = resources.values().flat_map(|resource| &resource.keys);
            for (folded, name) in of_actions.chain(of_resources) {
                let unlisted = || Key {
                    name: name.clone(),
                    kind: "String".to_owned(),
                };
                keys.entry(folded.clone()).or_insert_with(unlisted);
            }
            for action in actions.values_mut() {
                action.resources.retain(|folded, _| resources.contains_key(folded));
            }
        }
    }

    /// Whether a service, or an action of it when one is given, is known. Both are in lower case.
    pub(crate) fn knows(&self, service: &str, action: &str) -> bool {
        let service = self.services.get(service);
        service.is_some_and(|service| action.is_empty() || service.actions.contains_key(action))
    }
}

impl Service {
    fn absorb(&mut self, older: Self) {
        for (folded, action) in older.actions {
            match self.actions.entry(folded) {
                Entry::Vacant(place) => {
                    place.insert(action);
                }
                Entry::Occupied(mut known) => known.get_mut().absorb(action),
            }
        }
        for (folded, resource) in older.resources {
            match self.resources.entry(folded) {
                Entry::Vacant(place) => {
                    place.insert(resource);
                }
                Entry::Occupied(mut known) => known.get_mut().absorb(resource),
            }
        }
        for (folded, key) in older.keys {
            self.keys.entry(folded).or_insert(key);
        }
    }
}

impl Action {
    /// The level, guessed from the verb where no source says it. A wrong guess errs towards writing.
    pub(crate) fn level(&self) -> Level {
        let starts = |verbs: &[&str]| verbs.iter().any(|verb| self.name.starts_with(verb));
        self.level.unwrap_or_else(|| {
            if starts(&["List"]) {
                Level::List
            } else if starts(&[
                "BatchGet", "Check", "Describe", "Get", "Lookup", "Query", "Read", "Search", "View",
            ]) {
                Level::Read
            } else if starts(&["Tag", "Untag"]) {
                Level::Tagging
            } else {
                Level::Write
            }
        })
    }

    fn absorb(&mut self, older: Self) {
        self.level = self.level.or(older.level);
        for (folded, resource) in older.resources {
            let required = resource.required;
            self.resources.entry(folded).or_insert(resource).required |= required;
        }
        add_names(&mut self.keys, older.keys);
    }
}

impl Resource {
    fn absorb(&mut self, older: Self) {
        if self.formats.is_empty() {
            self.formats = older.formats;
        }
        add_names(&mut self.keys, older.keys);
    }
}

impl Level {
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::List => "L",
            Self::Read => "R",
            Self::Write => "W",
            Self::Tagging => "T",
            Self::PermissionsManagement => "P",
        }
    }
}

pub(crate) fn names(list: impl IntoIterator<Item = String>) -> Names {
    list.into_iter().map(|name| (name.to_ascii_lowercase(), name)).collect()
}

fn add_names(names: &mut Names, more: Names) {
    for (folded, name) in more {
        names.entry(folded).or_insert(name);
    }
}
