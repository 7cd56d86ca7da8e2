//! Statements that are about no request.

use std::collections::BTreeMap;

use super::lists::is_star;
use super::{MOST_VALUES, is_nothing, is_plain};
use crate::document::{ConditionTest, Document, Statement, Text, parse};
use crate::pattern::{ActionPattern, ArnPattern};

/// What of a statement no request can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Impossible {
    /// No action is named as its patterns demand.
    Action,
    /// No resource has an ARN of such a form.
    Resource,
    /// The tests of this key, in lower case, hold for no value of it and not without one.
    Key(String),
}

/// What of a statement makes that it is about no request. Each element is looked at alone and every condition key is free,
/// so what follows only from several together is not seen.
pub fn impossible(document: &Document, statement: &Statement) -> Option<Impossible> {
    if !is_plain(statement) {
        return None;
    }
    // An action has one colon.
    let can_be_action = |text: &Text| text.text.contains(['*', '?']) || text.text.matches(':').count() == 1;
    if !statement.action.is_empty() && !statement.actions().any(can_be_action) {
        return Some(Impossible::Action);
    }
    let can_be_resource = |text: &Text| ArnPattern::new(&text.text).is_arn();
    if !statement.resource.is_empty() && !statement.resources().any(can_be_resource)
        || statement.not_resources().any(|text| is_star(&text.text))
    {
        return Some(Impossible::Resource);
    }
    if statement
        .not_actions()
        .any(|text| ActionPattern::new(&text.text).matches_everything())
    {
        return Some(Impossible::Action);
    }
    let mut by_key: BTreeMap<String, Vec<&ConditionTest>> = BTreeMap::new();
    for test in &statement.condition {
        by_key.entry(test.key.text.to_ascii_lowercase()).or_default().push(test);
    }
    let key = by_key
        .into_iter()
        .find(|(_, tests)| may_contradict(tests) && is_nothing(document, [about(tests)]));
    key.map(|(key, _)| Impossible::Key(key))
}

/// Whether tests of one key are worth asking about: most are plainly satisfied by a value they name. Nobody documents what a
/// test for one value makes of a key that has several, so the two kinds together say nothing.
fn may_contradict(tests: &[&ConditionTest]) -> bool {
    let operators: Vec<String> = tests
        .iter()
        .map(|test| test.operator.text.to_ascii_lowercase())
        .collect();
    let only_asks_for_presence = |(test, operator): (&&ConditionTest, &String)| {
        operator == "null" && test.values.iter().all(|value| value.text == "false")
    };
    let count: usize = tests.iter().map(|test| test.values.len()).sum();
    let over_sets = operators.iter().filter(|operator| operator.contains(':')).count();
    let plain = operators
        .iter()
        .filter(|operator| !operator.contains(':') && *operator != "null")
        .count();
    let by_text = |operator: &String| operator.contains("string") || operator.contains("arn");
    let is_satisfied = |(test, operator): (&&ConditionTest, &String)| {
        operator.ends_with("ifexists")
            || (!test.values.is_empty() && by_text(operator))
            || (operator == "bool"
                && test
                    .values
                    .iter()
                    .any(|value| value.text == "true" || value.text == "false"))
    };
    count <= MOST_VALUES
        && (over_sets == 0 || plain == 0)
        && !operators.iter().all(|operator| operator.ends_with("ifexists"))
        && !(plain.saturating_add(over_sets) <= 1
            && tests
                .iter()
                .zip(&operators)
                .all(|one| is_satisfied(one) || only_asks_for_presence(one)))
}

/// A statement of which nothing but some tests can fail.
fn about(tests: &[&ConditionTest]) -> Statement {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#;
    let statement = parse(text).document.statements.into_iter().next();
    Statement {
        condition: tests.iter().map(|test| (*test).clone()).collect(),
        ..statement.unwrap_or_default()
    }
}
