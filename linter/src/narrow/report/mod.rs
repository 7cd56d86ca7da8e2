//! Reports of a narrowed policy: the policy itself and what proves it, for people and for programs.
//!
//! What lives here: the formats. What must not: deciding how a run ends.

mod json;
mod text;

use std::io::{self, Write};

use clap::ValueEnum;
use leastpriv_policy::compare::Doubt;
use leastpriv_policy::document::{Document, Statement};

use super::Outcome;

/// The format of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum NarrowFormat {
    /// The policy on standard output, for people what proves it on standard error
    #[default]
    Text,
    /// For programs: everything in one document
    Json,
}

/// Writes the answer.
pub(crate) fn render(
    format: NarrowFormat,
    outcome: &Outcome,
    out: &mut dyn Write,
    errors: &mut dyn Write,
) -> io::Result<()> {
    match format {
        NarrowFormat::Text => text::render(outcome, out, errors),
        NarrowFormat::Json => json::render(outcome, out),
    }
}

/// A statement by its number and its `Sid`.
fn statement(policy: &Document, index: usize) -> String {
    let found = policy.statements.get(index).and_then(Statement::sid_text);
    match found.filter(|sid| !sid.is_empty()) {
        Some(sid) => format!("Statement[{index}] ({sid})"),
        None => format!("Statement[{index}]"),
    }
}

fn statements(policy: &Document, indices: &[usize]) -> String {
    let all: Vec<String> = indices.iter().map(|index| statement(policy, *index)).collect();
    all.join(", ")
}

/// A doubt in words.
fn doubt(doubt: &Doubt) -> String {
    match doubt.elements.as_slice() {
        [] => format!("it depends on {}", doubt.reason()),
        elements => format!("it depends on {}: {}", doubt.reason(), elements.join(", ")),
    }
}

fn doubts(all: &[Doubt]) -> String {
    let all: Vec<String> = all.iter().map(doubt).collect();
    all.join("; ")
}
