use leastpriv_checks::{Severity, judge};
use leastpriv_policy::compare::{Cause, Doubt, is_interpretable};
use leastpriv_policy::document::{Document, parse};
use leastpriv_policy::json::{Problem, ProblemKind};
use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::span::LineIndex;
use leastpriv_terraform::function::{Arguments, FunctionError};

use super::text;

/// A policy that was given as an argument.
pub(super) struct Given {
    at: usize,
    text: String,
    pub(super) document: Document,
}

/// Reads the policy at a position for a question about what it allows.
pub(super) fn read(arguments: &Arguments, at: usize) -> Result<Given, FunctionError> {
    let text = text(arguments, at);
    let parsed = parse(&text);
    if let Some(problem) = parsed.problems.first() {
        return Err(unreadable(at, &text, problem));
    }
    let document = parsed.document;
    if !document.is_object || document.statement_keys.is_empty() {
        return Err(FunctionError::at(
            at,
            format!("it holds no `Statement`, so it is no policy; {SOURCES}"),
        ));
    }
    Ok(Given { at, text, document })
}

/// The error for an argument in which the JSON is wrong.
pub(super) fn unreadable(at: usize, text: &str, problem: &Problem) -> FunctionError {
    if text.trim().is_empty() {
        return FunctionError::at(at, format!("the text is empty; {SOURCES}"));
    }
    let position = LineIndex::new(text).position(problem.span.start);
    let next = if problem.kind == ProblemKind::DuplicateKey {
        "keep one of the two, because readers differ in which of them counts"
    } else {
        SOURCES
    };
    FunctionError::at(
        at,
        format!(
            "line {}, column {}: {}; {next}",
            position.line, position.column, problem.message
        ),
    )
}

/// The error for a question that cannot be decided. It names the policy and the statement at fault, where there is one.
pub(super) fn undecided(doubts: &[Doubt], policies: &[&Given]) -> FunctionError {
    if doubts.iter().any(|doubt| doubt.cause == Cause::Invalid) {
        return policies
            .iter()
            .find(|given| !is_interpretable(&given.document))
            .map_or_else(
                || {
                    FunctionError::new(
                        "it cannot be decided: one policy names principals and the other does not; \
                         compare two identity-based policies or two policies of resources",
                    )
                },
                |given| given.misuse(),
            );
    }
    let reasons: Vec<&str> = doubts.iter().map(Doubt::reason).collect();
    FunctionError::new(format!(
        "it cannot be decided, because it depends on {}; say what is meant without that, or compare a policy for each case",
        reasons.join(" and on ")
    ))
}

impl Given {
    /// The text, as it was given.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The error for a policy that cannot be interpreted, with the first thing that is wrong with it.
    pub(super) fn misuse(&self) -> FunctionError {
        let judgement = judge(&self.text, PolicyKind::guess(&self.document));
        let wrong = judgement
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Error);
        let what = wrong.map_or_else(
            || "a statement cannot be interpreted".to_owned(),
            |finding| {
                let position = LineIndex::new(&self.text).position(finding.span.start);
                format!(
                    "line {}, column {}: {}",
                    position.line, position.column, finding.message
                )
            },
        );
        FunctionError::at(
            self.at,
            format!("it cannot be decided: {what}; correct it, `lint` tells all that is wrong with a policy"),
        )
    }
}

/// Where a policy comes from.
const SOURCES: &str =
    "give the policy as JSON, for example from `jsonencode` or from `json` of an `aws_iam_policy_document`";
