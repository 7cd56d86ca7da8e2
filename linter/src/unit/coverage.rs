//! Which statements the cases have reached.

use std::collections::{BTreeMap, BTreeSet};

use leastpriv_policy::decide::{Decision, StatementId};

use super::run::StatementRef;
use crate::simulate::Layers;

/// Every statement of every policy, and whether some case matched it. A policy that several files name counts once.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    statements: BTreeMap<StatementRef, bool>,
}

/// How many statements are covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Covered {
    pub(crate) matched: usize,
    pub(crate) all: usize,
}

impl Coverage {
    /// Adds the statements of the policies of a file, and those that a case matched.
    pub(super) fn add(&mut self, layers: &Layers, matched: &BTreeSet<StatementId>) {
        for layer in layers.layers() {
            for (number, policy) in layers.of(layer).iter().enumerate() {
                for statement in &policy.document.statements {
                    let Some(shown) = policy.statement(layer, statement.index) else {
                        continue;
                    };
                    let id = StatementId {
                        layer,
                        policy: number,
                        statement: statement.index,
                        sid: statement.sid_text().map(str::to_owned),
                    };
                    let is_matched = self.statements.entry(StatementRef::of(&shown)).or_default();
                    *is_matched |= matched.contains(&id);
                }
            }
        }
    }

    /// The statements with whether they were matched, by policy and place.
    pub(crate) fn statements(&self) -> impl Iterator<Item = (&StatementRef, bool)> {
        self.statements.iter().map(|(statement, matched)| (statement, *matched))
    }

    /// How many there are.
    pub(crate) fn covered(&self) -> Covered {
        Covered {
            matched: self.statements.values().filter(|matched| **matched).count(),
            all: self.statements.len(),
        }
    }
}

impl Covered {
    /// Whether at least so many of a hundred are covered.
    pub(crate) fn reaches(self, percent: u8) -> bool {
        self.matched.saturating_mul(100) >= self.all.saturating_mul(usize::from(percent))
    }
}

/// The statements that matched in a decision.
pub(super) fn note_matched(matched: &mut BTreeSet<StatementId>, decision: &Decision) {
    matched.extend(decision.matched.iter().cloned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_compared_without_rounding() {
        let covered = Covered { matched: 2, all: 3 };
        assert!(covered.reaches(66) && !covered.reaches(67) && !covered.reaches(100));
        assert!(Covered { matched: 0, all: 0 }.reaches(100));
    }
}
