//! Wildcard patterns of IAM: `*` is any run of characters, also none; `?` is exactly one.
//!
//! [`Pattern`] is the plain wildcard text. [`ActionPattern`] and [`ArnPattern`] add the rules of
//! actions (case-insensitive, `service:name`) and of resource ARNs.

mod action;
mod arn;
mod wildcard;

pub use action::ActionPattern;
pub use arn::{ArnPattern, fill_placeholders, is_account, is_iam_name, is_iam_path_and_name, is_partition};
pub use wildcard::{Pattern, Piece};

/// A character in lower case, where that is one character; the others have no case here. Letters are compared one by one,
/// so that none depends on its neighbours.
pub(crate) fn in_lower_case(letter: char) -> char {
    let mut lower = letter.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) => lower,
        _ => letter,
    }
}
