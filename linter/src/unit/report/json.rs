//! The report for programs. Its `version` changes when a reader would have to.

use std::io::{self, Write};

use serde::Serialize;

use super::super::Mistake;
use super::super::run::{CaseRun, Check, StatementRef, SuiteRun, TestRun};
use crate::report::write_json;

/// Version of this format.
const VERSION: u32 = 1;

/// Writes the report.
pub(super) fn render(run: &TestRun, out: &mut dyn Write) -> io::Result<()> {
    let (passed, failed) = run.counts();
    let covered = run.coverage.covered();
    let report = Report {
        format: "leastpriv-policy-tests",
        version: VERSION,
        summary: Summary {
            exit_code: run.exit().code(),
            passed,
            failed,
            statements: covered.all,
            matched_statements: covered.matched,
            required_percent: run.required,
        },
        files: run.suites.iter().map(File::of).collect(),
        coverage: run
            .coverage
            .statements()
            .map(|(statement, matched)| CoverageEntry {
                statement: Statement::of(statement),
                matched,
            })
            .collect(),
        mistakes: run.mistakes.iter().map(Remark::of).collect(),
        notes: run.notes.iter().map(Remark::of).collect(),
    };
    write_json(&report, out)
}

#[derive(Serialize)]
struct Report<'a> {
    format: &'static str,
    version: u32,
    summary: Summary,
    files: Vec<File<'a>>,
    coverage: Vec<CoverageEntry<'a>>,
    mistakes: Vec<Remark<'a>>,
    notes: Vec<Remark<'a>>,
}

#[derive(Serialize)]
struct Summary {
    exit_code: u8,
    passed: usize,
    failed: usize,
    statements: usize,
    matched_statements: usize,
    required_percent: Option<u8>,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    name: &'a str,
    line: usize,
    column: usize,
    expected: &'static str,
    passed: bool,
    requests: Vec<Request<'a>>,
}

#[derive(Serialize)]
struct Request<'a> {
    action: &'a str,
    resource: &'a str,
    outcome: &'static str,
    passed: bool,
    deciding: Vec<Statement<'a>>,
    reasons: &'a [String],
    nearest: Option<Nearest<'a>>,
    missing_context_keys: &'a [String],
}

#[derive(Serialize)]
struct Nearest<'a> {
    #[serde(flatten)]
    statement: Statement<'a>,
    failed_element: &'static str,
    failed_keys: &'a [String],
}

#[derive(Serialize)]
struct CoverageEntry<'a> {
    #[serde(flatten)]
    statement: Statement<'a>,
    matched: bool,
}

#[derive(Serialize)]
struct Statement<'a> {
    policy: &'a str,
    index: usize,
    sid: Option<&'a str>,
    effect: &'static str,
    line: Option<usize>,
    column: Option<usize>,
}

#[derive(Serialize)]
struct Remark<'a> {
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
}

impl<'a> File<'a> {
    fn of(suite: &'a SuiteRun) -> Self {
        Self {
            file: &suite.file,
            cases: suite.cases.iter().map(Case::of).collect(),
        }
    }
}

impl<'a> Case<'a> {
    fn of(case: &'a CaseRun) -> Self {
        Self {
            name: &case.name,
            line: case.at.line,
            column: case.at.column,
            expected: case.expected,
            passed: case.passed(),
            requests: case.checks.iter().map(Request::of).collect(),
        }
    }
}

impl<'a> Request<'a> {
    fn of(check: &'a Check) -> Self {
        let nearest = check.nearest.as_ref().map(|nearest| Nearest {
            statement: Statement::of(&nearest.statement),
            failed_element: nearest.element,
            failed_keys: &nearest.keys,
        });
        Self {
            action: &check.action,
            resource: &check.resource,
            outcome: check.outcome,
            passed: check.passed,
            deciding: check.deciding.iter().map(Statement::of).collect(),
            reasons: &check.reasons,
            nearest,
            missing_context_keys: &check.missing,
        }
    }
}

impl<'a> Statement<'a> {
    fn of(statement: &'a StatementRef) -> Self {
        Self {
            policy: &statement.policy,
            index: statement.index,
            sid: statement.sid.as_deref(),
            effect: statement.effect,
            line: statement.at.map(|at| at.line),
            column: statement.at.map(|at| at.column),
        }
    }
}

impl<'a> Remark<'a> {
    fn of(mistake: &'a Mistake) -> Self {
        Self {
            file: &mistake.file,
            line: mistake.at.map(|at| at.line),
            column: mistake.at.map(|at| at.column),
            message: &mistake.message,
        }
    }
}
