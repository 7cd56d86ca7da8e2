//! What one statement covers of another, as it is written: the quick part of most comparisons. Policies that are compared
//! are mostly alike, and what is alike needs no search.

use std::collections::BTreeSet;

use crate::document::{ConditionTest, Document, Principal, Statement, Text};
use crate::pattern::{ActionPattern, Pattern};

/// A statement that may cover others.
struct Cover<'d> {
    statement: &'d Statement,
    /// In lower case.
    actions: BTreeSet<String>,
    /// Those of the actions that have wildcards.
    patterns: Vec<Pattern>,
    /// Whether one of the actions is every action.
    is_every_action: bool,
    /// In lower case.
    not_actions: BTreeSet<String>,
    resources: Resources<'d>,
    tests: BTreeSet<Test>,
}

/// What a statement says of its resources.
struct Resources<'d> {
    named: BTreeSet<&'d str>,
    excepted: BTreeSet<&'d str>,
}

impl<'d> Resources<'d> {
    fn of(statement: &'d Statement) -> Self {
        Self {
            named: exact(statement.resources()),
            excepted: exact(statement.not_resources()),
        }
    }

    fn covers(&self, other: &Resources<'_>) -> bool {
        let says_something = !other.named.is_empty() || !other.excepted.is_empty();
        (says_something && self.named.contains("*"))
            || (other.excepted == self.excepted
                && other.named.is_subset(&self.named)
                && other.named.is_empty() == self.named.is_empty())
    }
}

/// Operator and key in lower case, and the values.
pub(crate) type Test = (String, String, BTreeSet<String>);

impl<'d> Cover<'d> {
    fn of(statement: &'d Statement) -> Self {
        let wild = statement.actions().filter(|text| text.text.contains(['*', '?']));
        let mut all = statement.actions();
        Self {
            statement,
            actions: lower(statement.actions()),
            patterns: wild.map(|text| Pattern::ignoring_case(&text.text)).collect(),
            is_every_action: all.any(|text| ActionPattern::is_everything(&text.text)),
            not_actions: lower(statement.not_actions()),
            resources: Resources::of(statement),
            tests: tests(&statement.condition),
        }
    }

    /// Whether everything but the actions covers that of another statement.
    fn covers_around(&self, other: &Statement, resources: &Resources<'_>, tests: &BTreeSet<Test>) -> bool {
        self.resources.covers(resources) && self.tests.is_subset(tests) && same_principals(self.statement, other)
    }

    fn names_action(&self, action: &Text) -> bool {
        self.actions.contains(&action.text.to_ascii_lowercase())
    }

    fn covers_action(&self, action: &Pattern) -> bool {
        self.patterns.iter().any(|pattern| pattern.covers(action))
    }

    /// Whether it covers everything but some actions.
    fn covers_all_but(&self, not_actions: &BTreeSet<String>) -> bool {
        self.is_every_action || (!self.not_actions.is_empty() && self.not_actions.is_subset(not_actions))
    }
}

/// What single statements of one kind cover.
pub(super) struct Covers<'d> {
    covers: Vec<Cover<'d>>,
}

/// What is left of a statement.
pub(super) enum Rest {
    Nothing,
    Whole,
    /// The statement with those of its actions that are not covered.
    Part(Box<Statement>),
}

impl<'d> Covers<'d> {
    pub(super) fn of(statements: impl Iterator<Item = &'d Statement>) -> Self {
        Self {
            covers: statements.map(Cover::of).collect(),
        }
    }

    /// What no single statement covers of another.
    pub(super) fn rest(&self, statement: &Statement) -> Rest {
        let (resources, tests) = (Resources::of(statement), tests(&statement.condition));
        let around: Vec<&Cover<'_>> = self
            .covers
            .iter()
            .filter(|cover| cover.covers_around(statement, &resources, &tests))
            .collect();
        if around.is_empty() {
            return Rest::Whole;
        }
        if !statement.not_action.is_empty() {
            let not_actions = lower(statement.not_actions());
            let is_covered = around.iter().any(|cover| cover.covers_all_but(&not_actions));
            return if is_covered { Rest::Nothing } else { Rest::Whole };
        }
        let is_left = |action: &Text| {
            let is_named = around.iter().any(|cover| cover.names_action(action));
            !is_named && {
                let action = Pattern::ignoring_case(&action.text);
                !around.iter().any(|cover| cover.covers_action(&action))
            }
        };
        let left: Vec<bool> = statement.actions().map(is_left).collect();
        if !left.contains(&true) {
            return Rest::Nothing;
        }
        if !left.contains(&false) {
            return Rest::Whole;
        }
        let mut rest = statement.clone();
        let mut left = left.into_iter();
        for texts in &mut rest.action {
            texts.items.retain(|_| left.next().unwrap_or(true));
        }
        Rest::Part(Box::new(rest))
    }
}

/// Whether single statements cover everything, whatever the values of variables: both documents have to be of one
/// version, which says what a variable is.
pub(super) fn is_whole(new: &Document, existing: &Document) -> bool {
    let covers = |document: &'_ Document, has_effect: fn(&Statement) -> bool, others: &Document| {
        let statements = document.statements.iter().filter(|statement| has_effect(statement));
        let covers = Covers::of(statements);
        let mut others = others.statements.iter().filter(|statement| has_effect(statement));
        others.all(|statement| matches!(covers.rest(statement), Rest::Nothing))
    };
    exact(new.version.iter()) == exact(existing.version.iter())
        && covers(existing, Statement::allows, new)
        && covers(new, Statement::denies, existing)
}

fn lower<'t>(texts: impl Iterator<Item = &'t Text>) -> BTreeSet<String> {
    texts.map(|text| text.text.to_ascii_lowercase()).collect()
}

fn exact<'t>(texts: impl Iterator<Item = &'t Text>) -> BTreeSet<&'t str> {
    texts.map(|text| text.text.as_str()).collect()
}

/// The tests of a statement, so that equal ones are equal.
pub(crate) fn tests(conditions: &[ConditionTest]) -> BTreeSet<Test> {
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

/// Whether two statements name the same principals.
pub(super) fn same_principals(one: &Statement, other: &Statement) -> bool {
    same(&one.principal, &other.principal) && same(&one.not_principal, &other.not_principal)
}

/// Whether two elements name the same principals.
fn same(one: &[Principal], other: &[Principal]) -> bool {
    names(one) == names(other)
}

/// What elements name, so that equal ones are equal: for each whether it is the star, and its pairs of kind and name.
pub(crate) type Names = Vec<(bool, BTreeSet<(String, String)>)>;

/// What elements name.
pub(crate) fn names(principals: &[Principal]) -> Names {
    let of = |principal: &Principal| {
        let entries = principal.entries.iter();
        let pairs = entries.flat_map(|(kind, names)| {
            let pair = |name: &Text| (kind.text.clone(), name.text.clone());
            names.items.iter().map(pair)
        });
        (principal.is_star, pairs.collect())
    };
    principals.iter().map(of).collect()
}
