//! The report for people.

use std::io::{self, Write};

use super::super::run::TestRun;
use super::{failure, plural};
use crate::report::visible;

/// Writes the report: failures, statements that no case matched, notes, counts.
pub(super) fn render(run: &TestRun, out: &mut dyn Write) -> io::Result<()> {
    for suite in &run.suites {
        for case in suite.cases.iter().filter(|case| !case.passed()) {
            let place = format!("{}:{}:{}", suite.file, case.at.line, case.at.column);
            writeln!(out, "FAIL {}: {}", visible(&place), visible(&case.name))?;
            for check in case.checks.iter().filter(|check| !check.passed) {
                for line in failure(check, case.expected) {
                    writeln!(out, "  {}", visible(&line))?;
                }
            }
            writeln!(out)?;
        }
    }
    let unmatched: Vec<_> = run.coverage.statements().filter(|(_, matched)| !matched).collect();
    if !unmatched.is_empty() {
        writeln!(out, "statements that no case matched:")?;
        for (statement, _) in &unmatched {
            writeln!(out, "  {} {}", visible(&statement.text), statement.effect)?;
        }
        writeln!(out)?;
    }
    for note in &run.notes {
        writeln!(out, "note: {}", visible(&note.to_string()))?;
    }
    if !run.notes.is_empty() {
        writeln!(out)?;
    }
    summary(run, out)
}

/// Writes the counts.
pub(super) fn summary(run: &TestRun, out: &mut dyn Write) -> io::Result<()> {
    let (passed, failed) = run.counts();
    let files = plural(run.suites.len(), "file", "files");
    let wrong = match run.mistakes.len() {
        0 => String::new(),
        wrong => format!(", {} not read", plural(wrong, "file", "files")),
    };
    writeln!(out, "{files}: {passed} as expected, {failed} not{wrong}")?;
    let covered = run.coverage.covered();
    let required = match run.required {
        Some(percent) if !run.is_covered() => format!(", fewer than the {percent} % that are required"),
        _ => String::new(),
    };
    let statements = plural(covered.all, "statement", "statements");
    writeln!(out, "{} of {statements} matched{required}", covered.matched)
}
