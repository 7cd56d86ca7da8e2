//! The conditions of a statement as reports tell them.

use leastpriv_policy::document::{ConditionTest, Statement};
use serde::Serialize;

use super::in_words;

/// One key tested by one operator, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Condition {
    operator: String,
    key: String,
    values: Vec<String>,
}

/// The conditions of a statement, in order.
pub(crate) fn conditions(statement: &Statement) -> Vec<Condition> {
    let tests = statement.condition.iter();
    let one = |test: &ConditionTest| Condition {
        operator: test.operator.text.clone(),
        key: test.key.text.clone(),
        values: test.values.iter().map(|value| value.text.clone()).collect(),
    };
    tests.map(one).collect()
}

impl Condition {
    /// The test in words.
    pub(crate) fn text(&self) -> String {
        format!("`{}` {} {}", self.key, self.operator, in_words(&self.values))
    }
}
