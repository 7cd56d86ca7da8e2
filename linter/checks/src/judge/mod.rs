//! Running every check over a policy text.

use leastpriv_policy::document;
use leastpriv_policy::json::ProblemKind;
use leastpriv_policy::kind::PolicyKind;

use crate::checks::checks;
use crate::facts::Facts;
use crate::finding::{Finding, Findings};

/// What the checks say about one policy.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// All findings, in order of place, then name.
    pub findings: Vec<Finding>,
    /// Whether all of the text could be judged.
    pub coverage: Coverage,
}

/// How much of a policy was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All of it.
    Judged,
    /// Parts could not be read; why.
    Partly(String),
    /// Nothing; why.
    NotJudged(String),
}

/// Judges a policy text. Total: any text gives a judgement.
pub fn judge(text: &str, kind: PolicyKind) -> Judgement {
    let parsed = document::parse(text);
    let facts = Facts::of(text, &parsed, kind, leastpriv_catalog::catalog());
    let mut findings = Findings::default();
    for check in checks() {
        check.run(&facts, &mut findings);
    }
    let mut findings = findings.into_sorted();
    for finding in &mut findings {
        // Statements do not overlap, so the last one that begins before the finding is the only one that can hold it.
        let after = parsed
            .document
            .statements
            .partition_point(|statement| statement.span.start <= finding.span.start);
        let statement = after
            .checked_sub(1)
            .and_then(|at| parsed.document.statements.get(at))
            .filter(|statement| finding.span.end <= statement.span.end);
        finding.statement = statement.map(|statement| statement.index);
        finding.sid = statement.and_then(|statement| statement.sid_text()).map(str::to_owned);
    }
    let unreadable = parsed
        .problems
        .iter()
        .filter(|problem| problem.kind != ProblemKind::DuplicateKey)
        .count();
    let coverage = match (unreadable, parsed.document.statements.is_empty()) {
        (0, _) => Coverage::Judged,
        (_, true) => Coverage::NotJudged("the text is not readable JSON".to_owned()),
        (1, false) => Coverage::Partly("the JSON is broken in one place".to_owned()),
        (count, false) => Coverage::Partly(format!("the JSON is broken in {count} places")),
    };
    Judgement { findings, coverage }
}
