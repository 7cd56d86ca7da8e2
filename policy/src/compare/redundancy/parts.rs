//! What the parts of one statement cover of those of another, as they are written.

use super::lists::{covers_resource, is_star};
use crate::document::{Statement, Text};
use crate::pattern::ActionPattern;

/// A part of what a statement says of its resources.
pub(super) enum Part<'d> {
    One(&'d str),
    AllBut(Vec<&'d str>),
    /// Nothing is said: the policy hangs on its resource.
    Unsaid,
}

/// What a statement says of its resources, part by part.
pub(super) fn resources(statement: &Statement) -> Vec<Part<'_>> {
    match (statement.resource.is_empty(), statement.not_resource.is_empty()) {
        (false, _) => statement.resources().map(|text| Part::One(&text.text)).collect(),
        (_, false) => vec![Part::AllBut(
            statement.not_resources().map(|text| text.text.as_str()).collect(),
        )],
        (true, true) => vec![Part::Unsaid],
    }
}

/// Whether the resources of a statement cover a part of another one's; `loosely`, where a complement may.
pub(super) fn covers_part(statement: &Statement, part: &Part<'_>, loosely: bool) -> bool {
    let says_nothing = statement.resource.is_empty() && statement.not_resource.is_empty();
    let excepts = || !statement.not_resource.is_empty();
    match part {
        Part::Unsaid => says_nothing,
        Part::One(text) => statement.resources().any(|own| covers_resource(&own.text, text)) || (loosely && excepts()),
        Part::AllBut(nots) => {
            let is_excepted = |own: &Text| nots.iter().any(|not| covers_resource(not, &own.text));
            statement.resources().any(|own| is_star(&own.text))
                || (excepts() && (loosely || statement.not_resources().all(is_excepted)))
        }
    }
}

/// Whether a statement with `NotAction` leaves out no more than some actions.
pub(super) fn covers_complement(statement: &Statement, nots: &[ActionPattern]) -> bool {
    let is_excepted = |own: &Text| {
        let own = ActionPattern::new(&own.text);
        nots.iter().any(|not| not.covers(&own))
    };
    statement.not_actions().all(is_excepted)
}
