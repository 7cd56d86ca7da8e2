//! Statements that are equal but for one element become one with the values of all.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{Part, Parts, add};
use super::proof::Element;
use super::step::{Dimension, Step};
use crate::compare::{Names, Test, names, tests};
use crate::document::{ConditionTest, Statement, Text};

/// The orders in which elements are looked at.
pub(super) const ORDERS: [[Dimension; 4]; 2] = [
    [
        Dimension::Action,
        Dimension::Resource,
        Dimension::Principal,
        Dimension::Condition,
    ],
    [
        Dimension::Resource,
        Dimension::Action,
        Dimension::Principal,
        Dimension::Condition,
    ],
];

/// Merges statements, one element after the other.
pub(super) fn merge(parts: &mut Parts, order: &[Dimension], steps: &mut Vec<Step>) {
    for dimension in order {
        let mut groups: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for part in parts.usable() {
            for key in keys(&part.statement, *dimension) {
                groups.entry(key).or_default().push(part.number);
            }
        }
        let mut groups: Vec<(Key, Vec<usize>)> = groups.into_iter().filter(|(_, group)| group.len() > 1).collect();
        groups.sort_by_key(|(_, group)| group.first().copied());
        let mut used = BTreeSet::new();
        for (key, group) in groups {
            if group.iter().any(|number| used.contains(number)) {
                continue;
            }
            if let Some(step) = merge_group(parts, *dimension, &key, &group) {
                used.extend(group);
                steps.push(step);
            }
        }
    }
}

/// All of a statement but what may differ, so that what means the same is equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    allows: bool,
    actions: [BTreeSet<String>; 2],
    resources: [BTreeSet<String>; 2],
    principals: [Names; 2],
    tests: BTreeSet<Test>,
    /// Operator and key of the test whose values may differ, in lower case.
    test: Option<(String, String)>,
}

/// The keys of a statement under which others can be merged with it.
fn keys(statement: &Statement, dimension: Dimension) -> Vec<Key> {
    let mut key = Key {
        allows: statement.allows(),
        actions: [lower(statement.actions()), lower(statement.not_actions())],
        resources: [exact(statement.resources()), exact(statement.not_resources())],
        principals: [names(&statement.principal), names(&statement.not_principal)],
        tests: tests(&statement.condition),
        test: None,
    };
    let [actions, resources] = [&mut key.actions, &mut key.resources].map(|[named, _]| named);
    match dimension {
        Dimension::Action if !actions.is_empty() => actions.clear(),
        Dimension::Resource if !resources.is_empty() => resources.clear(),
        Dimension::Principal if names_somebody(statement) => {
            let [named, _] = &mut key.principals;
            named.clear();
        }
        Dimension::Condition => return keys_of_tests(&key),
        _ => return Vec::new(),
    }
    vec![key]
}

fn names_somebody(statement: &Statement) -> bool {
    !statement.principal.is_empty() && statement.principal.iter().all(|one| !one.is_star)
}

/// One key for each test that is passed by each of its values.
fn keys_of_tests(whole: &Key) -> Vec<Key> {
    let takes_any = |test: &&Test| {
        let (operator, ..) = test;
        !operator.contains("not") && !operator.starts_with("forallvalues:") && operator != "null"
    };
    let without = |test: &Test| {
        let mut key = whole.clone();
        key.tests.remove(test);
        let (operator, name, _) = test;
        key.test = Some((operator.clone(), name.clone()));
        key
    };
    whole.tests.iter().filter(takes_any).map(without).collect()
}

fn lower<'t>(texts: impl Iterator<Item = &'t Text>) -> BTreeSet<String> {
    texts.map(|text| text.text.to_ascii_lowercase()).collect()
}

fn exact<'t>(texts: impl Iterator<Item = &'t Text>) -> BTreeSet<String> {
    texts.map(|text| text.text.clone()).collect()
}

/// Merges the statements of a group into the first where it is proved that this says what all said.
fn merge_group(parts: &mut Parts, dimension: Dimension, key: &Key, group: &[usize]) -> Option<Step> {
    let members: Vec<&Part> = parts.usable().filter(|part| group.contains(&part.number)).collect();
    let (first, others) = members.split_first()?;
    let mut merged = (*first).clone();
    for other in others {
        merged = match dimension {
            Dimension::Action => with_values_of(&merged, other, &["Action"], &["Action"], str::to_ascii_lowercase)?,
            Dimension::Resource => with_values_of(&merged, other, &["Resource"], &["Resource"], str::to_owned)?,
            Dimension::Principal => merged.with_principals_of(other)?,
            Dimension::Condition => {
                let [mine, theirs] = [&merged, *other].map(|part| path_of_test(part, key));
                let (mine, theirs) = (mine?, theirs?);
                let (mine, theirs) = (
                    mine.each_ref().map(String::as_str),
                    theirs.each_ref().map(String::as_str),
                );
                with_values_of(&merged, other, &mine, &theirs, str::to_owned)?
            }
        };
    }
    let statements: Vec<&Statement> = members.iter().map(|part| &part.statement).collect();
    let element = match &key.test {
        Some((operator, key)) => Element::Test { operator, key },
        None => Element::Of(dimension),
    };
    let is_proved = parts.say_the_same(&statements, &merged.statement, &element);
    let (into, from) = (merged.number, others.iter().map(|part| part.number).collect::<Vec<_>>());
    if !is_proved || !parts.change(Some(merged), &from) {
        return None;
    }
    Some(Step::Merged {
        into,
        from,
        differ_in: dimension,
    })
}

/// A statement with the values of another one beside its own.
fn with_values_of(
    one: &Part,
    other: &Part,
    path: &[&str],
    other_path: &[&str],
    key: impl Fn(&str) -> String,
) -> Option<Part> {
    one.with_list(path, |list| add(list, other.list(other_path), key))
}

/// The way to the test of a group in one of its statements; nothing where it has several that differ in case alone.
fn path_of_test(part: &Part, key: &Key) -> Option<[String; 3]> {
    let (operator, name) = key.test.as_ref()?;
    let is_it = |test: &&ConditionTest| {
        test.operator.text.eq_ignore_ascii_case(operator) && test.key.text.eq_ignore_ascii_case(name)
    };
    let mut found = part.statement.condition.iter().filter(is_it);
    let test = found.next()?;
    if found.next().is_some() {
        return None;
    }
    Some([
        "Condition".to_owned(),
        test.operator.text.clone(),
        test.key.text.clone(),
    ])
}
