//! What a check is: its documentation, its data, and one function.

use crate::facts::{Facts, StatementFacts};
use crate::finding::{Findings, Severity};

/// A check.
#[derive(Debug)]
pub struct Check {
    /// Its name, kebab-case.
    pub name: &'static str,
    /// One line, Markdown.
    pub summary: &'static str,
    /// Its page, Markdown.
    pub docs: &'static str,
    /// The highest severity it reports.
    pub severity: Severity,
    /// AWS's issue codes it reports.
    pub aws_codes: &'static [&'static str],
    /// The version that brought it.
    pub since: &'static str,
    pub(crate) run: Run,
}

/// What a check looks at.
#[derive(Debug)]
pub(crate) enum Run {
    /// The whole document, once.
    Document(fn(&Facts<'_>, &mut Findings)),
    /// Each statement.
    Statement(fn(&StatementContext<'_>, &mut Findings)),
}

/// What a statement check sees.
#[derive(Copy, Clone, Debug)]
pub(crate) struct StatementContext<'a> {
    /// The whole document's facts.
    pub(crate) document: &'a Facts<'a>,
    /// This statement's facts.
    pub(crate) facts: &'a StatementFacts<'a>,
}

impl Check {
    /// The check itself, run over a document.
    pub(crate) fn run(&self, facts: &Facts<'_>, findings: &mut Findings) {
        match self.run {
            Run::Document(check) => check(facts, findings),
            Run::Statement(check) => {
                for statement in &facts.statements {
                    check(
                        &StatementContext {
                            document: facts,
                            facts: statement,
                        },
                        findings,
                    );
                }
            }
        }
    }
}

/// Declares a check from its documentation, its data and its function.
macro_rules! declare_check {
    (
        $(#[doc = $doc:literal])+
        static $id:ident = {
            name: $name:literal,
            severity: $severity:ident,
            since: $since:literal,
            summary: $summary:literal,
            aws: [$($code:literal),* $(,)?],
            run: $kind:ident($function:ident),
        }
    ) => {
        $(#[doc = $doc])+
        pub(crate) static $id: $crate::check::Check = $crate::check::Check {
            name: $name,
            summary: $summary,
            docs: concat!($($doc, "\n"),+),
            severity: $crate::finding::Severity::$severity,
            aws_codes: &[$($code),*],
            since: $since,
            run: $crate::check::Run::$kind($function),
        };
    };
}
pub(crate) use declare_check;
