//! Condition keys: their constants, and what the tests of a statement ask of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Unsupported;
use super::operator::{Family, Operator, Over};
use super::term::{Kleene, Term};
use super::values::{Class, Slot, bytes, latest};
use crate::document::{ConditionTest, Statement};

/// All condition keys of a problem, by name in lower case.
#[derive(Debug)]
pub(super) struct Keys(BTreeMap<String, Key>);

#[derive(Debug, Default)]
struct Key {
    number: usize,
    /// How its values are read; nothing where it is only asked whether it is there.
    class: Option<Class>,
    /// How many values it needs.
    slots: usize,
    /// Whether some operator reads it as one value, and some as a set.
    reads_one: bool,
    reads_set: bool,
    /// What policies compare it with, where it holds bytes.
    bytes: Vec<Vec<u8>>,
    /// Whether some policy names a moment so late that it can only be written in whole seconds.
    is_late: bool,
}

impl Keys {
    /// The keys of some statements.
    pub(super) fn of<'d>(statements: impl Iterator<Item = &'d Statement>) -> Result<Self, Unsupported> {
        let mut keys: BTreeMap<String, Key> = BTreeMap::new();
        let mut sets: BTreeMap<String, BTreeSet<(String, Vec<&str>)>> = BTreeMap::new();
        for test in statements.flat_map(|statement| &statement.condition) {
            let name = test.key.text.to_ascii_lowercase();
            let key = keys.entry(name.clone()).or_default();
            let Some(operator) = Operator::read(&test.operator.text) else {
                continue;
            };
            let Some(class) = Class::of(operator.family) else {
                continue;
            };
            if key.class.is_some_and(|known| known != class) {
                return Err(Unsupported::MixedTypes);
            }
            key.class = Some(class);
            let texts = || test.values.iter().map(|value| value.text.as_str());
            match operator.over {
                Over::One => key.reads_one = true,
                Over::All | Over::Any => {
                    key.reads_set = true;
                    let written = (test.operator.text.to_ascii_lowercase(), texts().collect());
                    sets.entry(name).or_default().insert(written);
                }
            }
            key.is_late |= class == Class::Date && texts().any(latest);
            if class == Class::Bytes {
                key.bytes
                    .extend(texts().filter_map(bytes).filter(|one| !one.is_empty()));
            }
        }
        for (number, (name, key)) in keys.iter_mut().enumerate() {
            key.number = number;
            key.bytes.sort();
            key.bytes.dedup();
            // One value for every set test that asks for some value, and one that is not the empty text.
            key.slots = match sets.get(name) {
                Some(tests) => tests.len().saturating_add(1).max(2),
                None => 1,
            };
        }
        Ok(Self(keys))
    }

    /// Declares the constants of every key.
    pub(super) fn declare(&self, out: &mut String) -> Result<(), Unsupported> {
        for (name, key) in &self.0 {
            // A comment ends with its line, and whose text this is nobody knows.
            let shown = |letter: char| if (' '..='~').contains(&letter) { letter } else { '?' };
            let shown: String = name.chars().map(shown).collect();
            let number = key.number;
            let _ = writeln!(out, "\n; The condition key {shown}");
            let _ = writeln!(out, "(declare-const key{number}-there Bool)");
            if key.reads_one && key.reads_set {
                let _ = writeln!(out, "(declare-const key{number}-several Bool)");
            }
            if let Some(class) = key.class {
                for slot in key.slots() {
                    slot.declare(class, key.reads_set, key.is_late, out)?;
                }
            }
        }
        Ok(())
    }

    /// What all conditions of a statement ask.
    pub(super) fn condition(&self, statement: &Statement, has_variables: bool) -> Result<Kleene, Unsupported> {
        let tests = statement.condition.iter().map(|test| {
            let key = self.0.get(&test.key.text.to_ascii_lowercase());
            key.map_or(Ok(Kleene::open()), |key| key.holds(test, has_variables))
        });
        Ok(Kleene::all(tests.collect::<Result<Vec<_>, _>>()?))
    }
}

impl Key {
    fn slots(&self) -> impl Iterator<Item = Slot> {
        let key = self.number;
        (1..=self.slots).map(move |number| Slot { key, number })
    }

    fn there(&self) -> Term {
        Term::of(format!("key{}-there", self.number))
    }

    fn holds(&self, test: &ConditionTest, has_variables: bool) -> Result<Kleene, Unsupported> {
        let Some(operator) = Operator::read(&test.operator.text) else {
            return Ok(Kleene::open());
        };
        if operator.family == Family::Null {
            return Ok(self.is_null(test, operator.over).into());
        }
        let accepts = |slot: Slot| -> Result<Kleene, Unsupported> {
            let values = test.values.iter();
            let matched = values.map(|value| slot.matches(operator.family, &value.text, has_variables, &self.bytes));
            let matched = Kleene::any(matched.collect::<Result<Vec<_>, _>>()?);
            Ok(if operator.is_negated {
                matched.negated()
            } else {
                matched
            })
        };
        let accepted: Vec<Kleene> = self.slots().map(accepts).collect::<Result<_, _>>()?;
        let (certain, possible) = accepted.into_iter().map(|one| (one.certain, one.possible)).unzip();
        Ok(Kleene {
            certain: self.of_values(operator, certain).certain,
            possible: self.of_values(operator, possible).possible,
        })
    }

    /// What an operator makes of which values it accepts.
    fn of_values(&self, operator: Operator, accepted: Vec<Term>) -> Kleene {
        match operator.over {
            Over::One => self.of_one(operator, accepted),
            Over::All => self.of_all(accepted).into(),
            Over::Any => self.of_any(operator, accepted),
        }
    }

    /// An operator for one value. Of several it is not known what it makes.
    fn of_one(&self, operator: Operator, accepted: Vec<Term>) -> Kleene {
        let holds_if_absent = operator.if_exists || operator.is_negated;
        let when_there = |term: Term| {
            if holds_if_absent {
                Term::any([self.there().negated(), term])
            } else {
                Term::all([self.there(), term])
            }
        };
        let accepts = Term::any(accepted.into_iter().take(1));
        match self.several() {
            None => when_there(accepts).into(),
            Some(several) => Kleene {
                certain: when_there(Term::all([several.clone().negated(), accepts.clone()])),
                possible: when_there(Term::any([several, accepts])),
            },
        }
    }

    /// `ForAllValues` holds without values, and one empty text counts as none.
    fn of_all(&self, accepted: Vec<Term>) -> Term {
        let all = |terms: Vec<Term>| {
            let beside = |(at, term): (usize, Term)| match self.several() {
                Some(several) if at > 0 => Term::any([several.negated(), term]),
                _ => term,
            };
            Term::all(terms.into_iter().enumerate().map(beside))
        };
        let class = self.class.unwrap_or(Class::Text);
        let is_empty = all(self.slots().map(|slot| slot.is_empty(class)).collect());
        Term::any([self.there().negated(), is_empty, all(accepted)])
    }

    /// `ForAnyValue`; with `IfExists` on an absent key it is not known.
    fn of_any(&self, operator: Operator, accepted: Vec<Term>) -> Kleene {
        let beside = |(at, term): (usize, Term)| match self.several() {
            Some(several) if at > 0 => Term::all([several, term]),
            _ => term,
        };
        let accepts = Term::any(accepted.into_iter().enumerate().map(beside));
        let certain = Term::all([self.there(), accepts.clone()]);
        let possible = if operator.if_exists {
            Term::any([self.there().negated(), accepts])
        } else {
            certain.clone()
        };
        Kleene { certain, possible }
    }

    /// Whether the key holds several values, where operators of both kinds read it.
    fn several(&self) -> Option<Term> {
        (self.reads_one && self.reads_set).then(|| Term::of(format!("key{}-several", self.number)))
    }

    fn is_null(&self, test: &ConditionTest, over: Over) -> Term {
        match over {
            Over::All => return Term::constant(true),
            Over::Any => return Term::constant(false),
            Over::One => {}
        }
        let wants = |wanted: &str| test.values.iter().any(|value| value.text.eq_ignore_ascii_case(wanted));
        let absent = wants("true").then(|| self.there().negated());
        let there = wants("false").then(|| self.there());
        if absent.is_some() && there.is_some() {
            return Term::constant(true);
        }
        Term::any(absent.into_iter().chain(there))
    }
}
