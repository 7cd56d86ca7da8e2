//! Reports of tests: one renderer per format, each from the run to bytes.
//!
//! What lives here: the formats. What must not: deciding what fails, which is `run`.

mod json;
mod junit;
mod text;

use std::io::{self, Write};

use clap::ValueEnum;

use super::run::{Check, TestRun};

/// The format of a report.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people: what did not end as expected, and what decided
    #[default]
    Text,
    /// For programs: everything, under a version
    Json,
    /// For CI servers: JUnit XML
    Junit,
}

/// Writes a report.
pub(crate) fn render(format: TestFormat, run: &TestRun, out: &mut dyn Write) -> io::Result<()> {
    match format {
        TestFormat::Text => text::render(run, out),
        TestFormat::Json => json::render(run, out),
        TestFormat::Junit => junit::render(run, out),
    }
}

/// Writes what every run ends with: how many cases ended as expected, and how many statements they matched.
pub(crate) fn render_summary(run: &TestRun, out: &mut dyn Write) -> io::Result<()> {
    text::summary(run, out)
}

/// What happened to a request that did not end as expected, in lines.
fn failure(check: &Check, expected: &str) -> Vec<String> {
    let mut lines = vec![format!(
        "{} on {}: expected {expected}, got {}",
        check.action, check.resource, check.outcome
    )];
    for statement in &check.deciding {
        let verb = if statement.effect == "Deny" {
            "denied"
        } else {
            "allowed"
        };
        lines.push(format!("  {verb} by {}", statement.text));
    }
    lines.extend(check.reasons.iter().map(|reason| format!("  {reason}")));
    if let Some(nearest) = &check.nearest {
        lines.push(format!("  nearest {}: {}", nearest.statement.effect, nearest.text));
    }
    if !check.missing.is_empty() {
        lines.push(format!("  keys that the context lacks: {}", check.missing.join(", ")));
    }
    lines
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
