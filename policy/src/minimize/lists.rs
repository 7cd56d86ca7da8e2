//! Values that the others of their list cover, one of them or all together.

use std::collections::BTreeSet;

use super::parts::{Part, Parts};
use super::proof::Element;
use super::step::{Dimension, Step};
use crate::compare::{Overlap, overlapping_actions, overlapping_resources};
use crate::document::{ConditionTest, Text};
use crate::json::Value;
use crate::pattern::{ActionPattern, ArnPattern, Pattern};

/// Most values of a list of which each is tried alone.
const MOST_TRIED: usize = 64;

/// Most values of a condition that are compared with each other.
const MOST_COMPARED: usize = 256;

/// Drops values from the lists of every statement.
pub(super) fn shorten(parts: &mut Parts, steps: &mut Vec<Step>) {
    let numbers: Vec<usize> = parts.usable().map(|part| part.number).collect();
    for number in numbers {
        for list in lists(parts, number) {
            list.shorten(parts, number, steps);
        }
    }
}

/// A list of a statement.
struct List {
    path: Vec<String>,
    kind: Kind,
}

enum Kind {
    Actions,
    Resources,
    Principals,
    /// Those of the operator, in lower case.
    Test(String),
}

/// The lists of a statement that have something to drop, as far as can be told at a glance.
fn lists(parts: &Parts, number: usize) -> Vec<List> {
    let Some(part) = parts.get(number) else {
        return Vec::new();
    };
    let statement = &part.statement;
    let mut out = Vec::new();
    let mut push = |path: &[&str], kind: Kind, count: usize| {
        if count > 1 {
            let path = path.iter().map(|name| (*name).to_owned()).collect();
            out.push(List { path, kind });
        }
    };
    push(&["Action"], Kind::Actions, statement.actions().count());
    push(&["NotAction"], Kind::Actions, statement.not_actions().count());
    push(&["Resource"], Kind::Resources, statement.resources().count());
    push(&["NotResource"], Kind::Resources, statement.not_resources().count());
    for (name, principals) in [
        ("Principal", &statement.principal),
        ("NotPrincipal", &statement.not_principal),
    ] {
        for (kind, names) in principals.iter().flat_map(|one| &one.entries) {
            push(&[name, &kind.text], Kind::Principals, names.items.len());
        }
    }
    for test in &statement.condition {
        let path = ["Condition", &test.operator.text, &test.key.text];
        push(
            &path,
            Kind::Test(test.operator.text.to_ascii_lowercase()),
            test.values.len(),
        );
    }
    out
}

impl List {
    fn shorten(&self, parts: &mut Parts, number: usize, steps: &mut Vec<Step>) {
        let covered = self.proved(parts, number);
        let mut values = self.without(parts, number, &covered);
        // What several together cover goes one by one: the next may be needed for the one before.
        let mut places = self.together(&self.texts(parts, number));
        while let Some(at) = places.pop() {
            let gone = self.without_one(parts, number, at);
            if !gone.is_empty() {
                let behind = places.iter_mut().filter(|other| **other > at);
                behind.for_each(|other| *other = other.saturating_sub(1));
            }
            values.extend(gone);
        }
        if !values.is_empty() {
            steps.push(Step::Values {
                statement: number,
                list: self.path.join("."),
                values,
            });
        }
    }

    /// Places of values that a single other one covers, each proved.
    fn proved(&self, parts: &Parts, number: usize) -> BTreeSet<usize> {
        let texts = self.texts(parts, number);
        let overlaps = match &self.kind {
            Kind::Actions => overlapping_actions(&texts),
            Kind::Resources => overlapping_resources(&texts),
            Kind::Principals => overlapping(&texts, |wide, narrow| wide == narrow),
            Kind::Test(operator) => of_test(operator, &texts),
        };
        let Some(part) = parts.get(number) else {
            return BTreeSet::new();
        };
        let is_proved = |overlap: &Overlap| {
            let wide = |at: usize| at == overlap.widest;
            let wider = |at: usize| wide(at) || overlap.covered.contains(&at);
            let both = part.with_list(&self.path(), |list| keep(list, wider));
            let one = part.with_list(&self.path(), |list| keep(list, wide));
            let both_and_one = both.zip(one);
            both_and_one.is_some_and(|(both, one)| self.says_the_same(parts, &both, &one))
        };
        let proved = overlaps.into_iter().filter(is_proved);
        proved.flat_map(|overlap| overlap.covered).collect()
    }

    fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// The values, in order.
    fn texts(&self, parts: &Parts, number: usize) -> Vec<Text> {
        let Some(part) = parts.get(number) else {
            return Vec::new();
        };
        let statement = &part.statement;
        let path = self.path();
        let principals = || statement.principal.iter().chain(&statement.not_principal);
        match path.as_slice() {
            ["Action" | "NotAction"] => statement.actions().chain(statement.not_actions()).cloned().collect(),
            ["Resource" | "NotResource"] => statement
                .resources()
                .chain(statement.not_resources())
                .cloned()
                .collect(),
            [_, kind] => principals()
                .flat_map(|one| &one.entries)
                .filter(|(name, _)| name.text == *kind)
                .flat_map(|(_, names)| names.items.iter().cloned())
                .collect(),
            [_, operator, key] => {
                let is_it = |test: &&ConditionTest| test.operator.text == *operator && test.key.text == *key;
                let test = statement.condition.iter().find(is_it);
                test.map(|test| test.values.clone()).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// Drops the values at some places, and gives those that went.
    fn without(&self, parts: &mut Parts, number: usize, places: &BTreeSet<usize>) -> Vec<String> {
        let texts = self.texts(parts, number);
        let part = parts.get(number).filter(|_| !places.is_empty());
        let shorter = part.and_then(|part| part.with_list(&self.path(), |list| keep(list, |at| !places.contains(&at))));
        if shorter.is_none() || !parts.change(shorter, &[]) {
            return Vec::new();
        }
        let gone = places.iter().filter_map(|at| texts.get(*at));
        gone.map(|text| text.text.clone()).collect()
    }

    /// Drops the value at a place where it is proved that the others say the same.
    fn without_one(&self, parts: &mut Parts, number: usize, place: usize) -> Vec<String> {
        let without = |part: &Part| part.with_list(&self.path(), |list| keep(list, |at| at != place));
        let is_proved = parts.get(number).is_some_and(|part| {
            let shorter = without(part);
            shorter.is_some_and(|shorter| self.says_the_same(parts, part, &shorter))
        });
        if is_proved {
            self.without(parts, number, &BTreeSet::from([place]))
        } else {
            Vec::new()
        }
    }

    fn says_the_same(&self, parts: &Parts, one: &Part, other: &Part) -> bool {
        let path = self.path();
        let element = match (&self.kind, path.as_slice()) {
            (Kind::Actions, _) => Element::Of(Dimension::Action),
            (Kind::Resources, _) => Element::Of(Dimension::Resource),
            (Kind::Principals, _) => Element::Of(Dimension::Principal),
            (Kind::Test(_), [_, operator, key]) => Element::Test { operator, key },
            (Kind::Test(_), _) => return false,
        };
        parts.say_the_same(&[&one.statement], &other.statement, &element)
    }

    /// Places of values that several others together may cover; the last is to be tried first.
    fn together(&self, texts: &[Text]) -> Vec<usize> {
        if texts.len() < 2 || texts.len() > MOST_TRIED {
            return Vec::new();
        }
        match &self.kind {
            Kind::Actions => long_covered(texts, |wide, narrow| {
                ActionPattern::new(wide).covers(&ActionPattern::new(narrow))
            }),
            Kind::Resources => long_covered(texts, |wide, narrow| {
                !wide.contains("${") && ArnPattern::new(wide).covers(&ArnPattern::new(narrow))
            }),
            Kind::Test(operator) if operator.contains("ipaddress") => from_the_widest(texts),
            Kind::Test(operator) if operator.contains("numeric") || operator.contains("date") => {
                (0..texts.len()).collect()
            }
            Kind::Principals | Kind::Test(_) => Vec::new(),
        }
    }
}

/// Keeps the values at some places.
fn keep(list: &mut Vec<Value>, stays: impl Fn(usize) -> bool) {
    let mut places = 0_usize..;
    list.retain(|_| places.next().is_some_and(&stays));
}

/// Values of a condition that one of the others covers, as far as can be told by how they are written.
fn of_test(operator: &str, texts: &[Text]) -> Vec<Overlap> {
    let has = |part: &str| operator.contains(part);
    if texts.len() > MOST_COMPARED {
        Vec::new()
    } else if has("like") || has("arn") {
        overlapping(texts, |wide, narrow| Pattern::new(wide).covers(&Pattern::new(narrow)))
    } else if has("ignorecase") {
        overlapping(texts, |wide, narrow| wide.to_lowercase() == narrow.to_lowercase())
    } else {
        overlapping(texts, |wide, narrow| wide == narrow)
    }
}

/// Texts of a list that another one covers. Of those that say the same the first stays.
fn overlapping(texts: &[Text], covers: impl Fn(&str, &str) -> bool) -> Vec<Overlap> {
    let mut out = Vec::new();
    for (at, narrow) in texts.iter().enumerate() {
        let is_wider = |(other, wide): &(usize, &Text)| {
            *other != at && covers(&wide.text, &narrow.text) && (*other < at || !covers(&narrow.text, &wide.text))
        };
        if let Some((widest, _)) = texts.iter().enumerate().find(is_wider) {
            out.push(Overlap {
                widest,
                covered: vec![at],
            });
        }
    }
    out
}

/// Places of patterns of which others cover at least what is long. Where several patterns cover one together, that is so.
fn long_covered(texts: &[Text], covers: impl Fn(&str, &str) -> bool) -> Vec<usize> {
    let is_long_covered = |(at, text): &(usize, &Text)| {
        let long = text.text.replace('*', "????*");
        let mut others = texts.iter().enumerate().filter(|(other, _)| other != at);
        text.text.contains('*') && texts.len() > 2 && others.any(|(_, wide)| covers(&wide.text, &long))
    };
    let places = texts.iter().enumerate().filter(is_long_covered);
    places.map(|(at, _)| at).collect()
}

/// Places of ranges of addresses, so that the narrowest is tried first and it is the wide one that stays.
fn from_the_widest(texts: &[Text]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..texts.len()).collect();
    let prefix = |at: &usize| {
        let text = texts.get(*at).map(|text| text.text.as_str()).unwrap_or_default();
        let length = text.rsplit_once('/').and_then(|(_, length)| length.parse::<u8>().ok());
        length.unwrap_or(u8::MAX)
    };
    places.sort_by_key(prefix);
    places
}
