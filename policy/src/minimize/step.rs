//! What was done, in words.

use std::fmt;

use crate::compare::Impossible;

/// An element in which statements that are merged may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// `Action`
    Action,
    /// `Resource`
    Resource,
    /// `Principal`
    Principal,
    /// The values of one test in `Condition`.
    Condition,
}

impl Dimension {
    /// The name of the element.
    pub fn name(self) -> &'static str {
        match self {
            Self::Action => "Action",
            Self::Resource => "Resource",
            Self::Principal => "Principal",
            Self::Condition => "Condition",
        }
    }
}

/// A step on the way to the smaller policy. Statements have their numbers in the policy as it was given. Shown, it holds
/// texts of the policy as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Values are dropped, because the others of their list say the same without them.
    Values {
        /// The statement.
        statement: usize,
        /// The way to the list, such as `Action` or `Condition.StringLike.aws:PrincipalArn`.
        list: String,
        /// The values.
        values: Vec<String>,
    },
    /// A statement is dropped, because others of its effect cover it.
    Covered {
        /// The statement.
        statement: usize,
        /// The others.
        by: Vec<usize>,
    },
    /// An Allow is dropped, because others deny all of it.
    Denied {
        /// The statement.
        statement: usize,
        /// The others.
        by: Vec<usize>,
    },
    /// A statement is dropped, because it is about no request.
    Impossible {
        /// The statement.
        statement: usize,
        /// What of it no request can have.
        what: Impossible,
    },
    /// Statements that are equal but for one element become one.
    Merged {
        /// The one that stays.
        into: usize,
        /// The others.
        from: Vec<usize>,
        /// The element.
        differ_in: Dimension,
    },
    /// Sids are dropped: empty ones, or all where that is wanted.
    Sids(usize),
    /// Lists of one element are written as the element.
    Unlisted(usize),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Values {
                statement,
                list,
                values,
            } => {
                let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
                let are = if quoted.len() == 1 { "is" } else { "are" };
                let values = joined(&quoted);
                write!(
                    f,
                    "Statement[{statement}].{list}: {values} {are} covered by others of the list"
                )
            }
            Self::Covered { statement, by } => {
                write!(f, "Statement[{statement}] is covered by {}", numbers(by))?;
                f.write_str(if by.len() > 1 { " together" } else { "" })
            }
            Self::Denied { statement, by } => write!(f, "Statement[{statement}] is denied by {}", numbers(by)),
            Self::Impossible { statement, what } => {
                write!(f, "Statement[{statement}] is about no request: ")?;
                match what {
                    Impossible::Action => f.write_str("no action is named so"),
                    Impossible::Resource => f.write_str("no resource is named so"),
                    Impossible::Key(key) => write!(f, "no value of `{key}` passes all its tests"),
                }
            }
            Self::Merged { into, from, differ_in } => {
                let are = if from.len() == 1 { "is" } else { "are" };
                let from = numbers(from);
                write!(
                    f,
                    "{from} {are} merged into Statement[{into}]: they differ in {} alone",
                    differ_in.name()
                )
            }
            Self::Sids(1) => f.write_str("1 Sid is dropped"),
            Self::Sids(count) => write!(f, "{count} Sids are dropped"),
            Self::Unlisted(1) => f.write_str("1 list of one element is written as the element"),
            Self::Unlisted(count) => write!(f, "{count} lists of one element are written as the element"),
        }
    }
}

fn numbers(statements: &[usize]) -> String {
    let named: Vec<String> = statements.iter().map(|number| format!("Statement[{number}]")).collect();
    joined(&named)
}

/// `a`, `a and b`, `a, b and c`.
fn joined(texts: &[String]) -> String {
    match texts {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => texts.join(", "),
    }
}
