//! Programs that answer the same questions: our own binary, the solver cvc5, the evaluator iam-simulate.
//!
//! What lives here: starting them and reading what they say. What must not: what follows from it.

pub(crate) mod cvc5;
pub(crate) mod iam_simulate;
pub(crate) mod ours;

/// A pair of policy texts, each on one line.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// Where it comes from.
    pub(crate) id: String,
    /// The policy that is to replace the other.
    pub(crate) new: String,
    /// The policy as it is.
    pub(crate) existing: String,
    /// Whether the existing policy holds the new one, where that is known.
    pub(crate) is_contained: Option<bool>,
}
