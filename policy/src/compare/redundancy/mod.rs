//! What a policy says for nothing: texts of a list that another one covers, statements that others cover or take away, and
//! statements that are about no request.
//!
//! What lives here: proofs, and what they are about. Most is proved by what one pattern covers of another, as they are
//! written. Where a condition or a complement needs more, the comparison is asked, as far as a budget goes. What must not:
//! anything that is only likely; what the comparison leaves open stays out.

mod impossible;
mod lists;
mod parts;
mod statements;

use super::{Containment, contained, is_empty};
use crate::document::{Document, Statement, Texts};
pub use impossible::{Impossible, impossible};
pub(crate) use lists::widened;
pub use lists::{Overlap, overlapping_actions, overlapping_resources};
pub use statements::{Needless, denied_statements, redundant_statements};

/// Most actions, resources and values of conditions that the comparison is asked about at a time.
const MOST_VALUES: usize = 64;

/// Whether the comparison proves that some statements allow nothing that others do not, each list a policy in the language
/// of a document.
fn is_contained(
    document: &Document,
    new: impl IntoIterator<Item = Statement>,
    existing: impl IntoIterator<Item = Statement>,
) -> bool {
    contained(&only(document, new), &only(document, existing)) == Containment::Contained
}

/// Whether the comparison proves that some statements together allow nothing.
fn is_nothing(document: &Document, statements: impl IntoIterator<Item = Statement>) -> bool {
    is_empty(&only(document, statements)) == Containment::Contained
}

/// A document of some statements, in the language of another one.
pub(crate) fn only(document: &Document, statements: impl IntoIterator<Item = Statement>) -> Document {
    let numbered = statements.into_iter().enumerate();
    Document {
        is_object: true,
        version: document.version.clone(),
        statement_keys: document.statement_keys.iter().copied().take(1).collect(),
        statements: numbered
            .map(|(index, statement)| Statement { index, ..statement })
            .collect(),
        ..Document::default()
    }
}

/// Whether a statement is written so that it can only be read one way, and names something.
pub(crate) fn is_plain(statement: &Statement) -> bool {
    let once = |one: usize, other: usize| one.saturating_add(other) == 1;
    let names_some = |texts: &[Texts]| texts.iter().all(|texts| !texts.items.is_empty());
    (statement.allows() || statement.denies())
        && statement.effect.len() == 1
        && once(statement.action.len(), statement.not_action.len())
        && statement.resource.len().saturating_add(statement.not_resource.len()) < 2
        && statement.principal.len().saturating_add(statement.not_principal.len()) < 2
        && statement.condition_keys.len() < 2
        && statement.unknown.is_empty()
        && statement.unreadable.is_empty()
        && statement.mismatches.is_empty()
        && [
            &statement.action,
            &statement.not_action,
            &statement.resource,
            &statement.not_resource,
        ]
        .into_iter()
        .all(|texts| names_some(texts))
}
