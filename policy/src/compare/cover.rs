//! What one statement covers of another, as it is written: the quick part of most comparisons. Policies that are compared
//! are mostly alike, and what is alike needs no search.

use std::collections::BTreeSet;

use crate::document::{ConditionTest, Document, Principal, Statement, Text};
use crate::pattern::ActionPattern;

/// A statement that may cover others.
struct Cover<'d> {
    statement: &'d Statement,
    /// In lower case.
    actions: BTreeSet<String>,
    /// Those of the actions that have wildcards.
    patterns: Vec<ActionPattern>,
    /// In lower case.
    not_actions: BTreeSet<String>,
    tests: BTreeSet<Test>,
}

/// Operator and key in lower case, and the values.
type Test = (String, String, BTreeSet<String>);

impl<'d> Cover<'d> {
    fn of(statement: &'d Statement) -> Self {
        let wild = statement.actions().filter(|text| text.text.contains(['*', '?']));
        Self {
            statement,
            actions: lower(statement.actions()),
            patterns: wild.map(|text| ActionPattern::new(&text.text)).collect(),
            not_actions: lower(statement.not_actions()),
            tests: tests(&statement.condition),
        }
    }

    /// Whether everything but the actions covers that of another statement.
    fn covers_around(&self, other: &Statement, others_tests: &BTreeSet<Test>) -> bool {
        same(&self.statement.principal, &other.principal)
            && same(&self.statement.not_principal, &other.not_principal)
            && self.tests.is_subset(others_tests)
            && self.covers_resources(other)
    }

    fn covers_resources(&self, other: &Statement) -> bool {
        let is_star = |text: &Text| text.text == "*";
        let (own, others) = (exact(self.statement.resources()), exact(other.resources()));
        let (own_not, others_not) = (exact(self.statement.not_resources()), exact(other.not_resources()));
        let says_something = !others.is_empty() || !others_not.is_empty();
        (says_something && self.statement.resources().any(is_star))
            || (others_not == own_not && others.is_subset(&own) && others.is_empty() == own.is_empty())
    }

    fn names_action(&self, action: &Text) -> bool {
        self.actions.contains(&action.text.to_ascii_lowercase())
    }

    fn covers_action(&self, action: &ActionPattern) -> bool {
        self.patterns.iter().any(|pattern| pattern.covers(action))
    }

    /// Whether it covers everything but some actions.
    fn covers_all_but(&self, not_actions: &BTreeSet<String>) -> bool {
        self.patterns.iter().any(ActionPattern::matches_everything)
            || (!self.not_actions.is_empty() && self.not_actions.is_subset(not_actions))
    }
}

/// The statements that allow something in `new`, without the actions that a single one in `existing` covers.
pub(super) fn uncovered(new: &Document, existing: &Document) -> Document {
    let covers: Vec<Cover<'_>> = of(existing, Statement::allows);
    let rest = new.statements.iter().filter(|statement| statement.allows());
    Document {
        statements: rest.filter_map(|statement| remaining(statement, &covers)).collect(),
        ..new.clone()
    }
}

/// Whether each denial of `existing` is covered by a single one of `new`, by number of the statement in `existing`.
pub(super) fn kept_denials(new: &Document, existing: &Document) -> BTreeSet<usize> {
    let covers: Vec<Cover<'_>> = of(new, Statement::denies);
    let denials = existing.statements.iter().filter(|statement| statement.denies());
    denials
        .filter(|statement| remaining(statement, &covers).is_none())
        .map(|statement| statement.index)
        .collect()
}

/// Whether single statements cover everything, whatever the values of variables: both documents have to be of one
/// version, which says what a variable is.
pub(super) fn is_whole(new: &Document, existing: &Document) -> bool {
    let denials = existing.statements.iter().filter(|statement| statement.denies());
    exact(new.version.iter()) == exact(existing.version.iter())
        && uncovered(new, existing).statements.is_empty()
        && kept_denials(new, existing).len() == denials.count()
}

fn of(document: &Document, has_effect: fn(&Statement) -> bool) -> Vec<Cover<'_>> {
    let statements = document.statements.iter().filter(|statement| has_effect(statement));
    statements.map(Cover::of).collect()
}

/// A statement without the actions that are covered; nothing where all are.
fn remaining(statement: &Statement, covers: &[Cover<'_>]) -> Option<Statement> {
    let own_tests = tests(&statement.condition);
    let around: Vec<&Cover<'_>> = covers
        .iter()
        .filter(|cover| cover.covers_around(statement, &own_tests))
        .collect();
    if around.is_empty() {
        return Some(statement.clone());
    }
    if !statement.not_action.is_empty() {
        let not_actions = lower(statement.not_actions());
        let is_covered = around.iter().any(|cover| cover.covers_all_but(&not_actions));
        return (!is_covered).then(|| statement.clone());
    }
    let mut rest = statement.clone();
    for texts in &mut rest.action {
        texts
            .items
            .retain(|action| !around.iter().any(|cover| cover.names_action(action)));
        texts.items.retain(|action| {
            let action = ActionPattern::new(&action.text);
            !around.iter().any(|cover| cover.covers_action(&action))
        });
    }
    rest.actions().next()?;
    Some(rest)
}

fn lower<'t>(texts: impl Iterator<Item = &'t Text>) -> BTreeSet<String> {
    texts.map(|text| text.text.to_ascii_lowercase()).collect()
}

fn exact<'t>(texts: impl Iterator<Item = &'t Text>) -> BTreeSet<&'t str> {
    texts.map(|text| text.text.as_str()).collect()
}

fn tests(conditions: &[ConditionTest]) -> BTreeSet<Test> {
    let test = |test: &ConditionTest| {
        let values = test.values.iter().map(|value| value.text.clone()).collect();
        (
            test.operator.text.to_ascii_lowercase(),
            test.key.text.to_ascii_lowercase(),
            values,
        )
    };
    conditions.iter().map(test).collect()
}

/// Whether two elements name the same principals.
fn same(one: &[Principal], other: &[Principal]) -> bool {
    let named = |principals: &[Principal]| -> Vec<(bool, BTreeSet<(String, String)>)> {
        let of = |principal: &Principal| {
            let entries = principal.entries.iter();
            let pairs = entries.flat_map(|(kind, names)| {
                let pair = |name: &Text| (kind.text.clone(), name.text.clone());
                names.items.iter().map(pair)
            });
            (principal.is_star, pairs.collect())
        };
        principals.iter().map(of).collect()
    };
    named(one) == named(other)
}
