//! Names that an earlier source knew and the present ones do not, with the year of the last source that knew them.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};

use super::facts::Facts;
use super::text::CheckedIn;

/// The retired names, by service and action in lower case; the action is empty where the whole service is gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tombstones {
    stones: BTreeMap<(String, String), Stone>,
}

#[derive(Clone, Debug)]
struct Stone {
    name: String,
    year: String,
}

impl Tombstones {
    /// Adds a name in the form `service` or `service:action`. Of two years the later one counts.
    pub(crate) fn add(&mut self, name: &str, year: &str) {
        let (service, action) = name.split_once(':').unwrap_or((name, ""));
        let stone = Stone {
            name: name.to_owned(),
            year: year.to_owned(),
        };
        let key = (service.to_ascii_lowercase(), action.to_ascii_lowercase());
        let known = self.stones.entry(key).or_insert_with(|| stone.clone());
        if known.year < stone.year {
            *known = stone;
        }
    }

    /// Adds lines of the form `service:action year`.
    pub(crate) fn add_lines(&mut self, text: &str) -> Result<()> {
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            let number = index + 1;
            let &[name, year] = words.as_slice() else {
                bail!("line {number} is not a name and a year")
            };
            let is_year = year.len() == 4 && year.bytes().all(|letter| letter.is_ascii_digit());
            ensure!(is_year, "line {number}: `{year}` is not a year");
            self.add(name, year);
        }
        Ok(())
    }

    /// Adds what the checked-in catalog lists as living and the sources know no more.
    pub(crate) fn add_vanished(&mut self, present: &CheckedIn, facts: &Facts) {
        let year = present.year();
        for name in &present.living {
            let (service, action) = name.split_once(':').unwrap_or((name.as_str(), ""));
            if !facts.knows(&service.to_ascii_lowercase(), &action.to_ascii_lowercase()) {
                self.add(name, year);
            }
        }
    }

    /// Drops the names that live, and adds the services of which only retired actions are left.
    pub(crate) fn settle(&mut self, facts: &Facts) {
        self.stones.retain(|(service, action), _| !facts.knows(service, action));
        let gone = self.stones.iter().filter(|((service, _), _)| !facts.knows(service, ""));
        let gone: Vec<(String, String)> = gone
            .map(|((service, _), stone)| (service.clone(), stone.year.clone()))
            .collect();
        for (service, year) in gone {
            self.add(&service, &year);
        }
    }

    /// The names and years, sorted.
    pub(crate) fn names_and_years(&self) -> impl Iterator<Item = (&str, &str)> {
        self.stones
            .values()
            .map(|stone| (stone.name.as_str(), stone.year.as_str()))
    }
}
