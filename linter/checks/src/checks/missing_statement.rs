//! `missing-statement`

use crate::check::declare_check;
use crate::facts::Facts;
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// The document has a `Statement`, and the list is not empty.
    /// ## Why it matters
    /// AWS refuses a policy without statements.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17"}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// When the text is no object: that is `data-type-mismatch`.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static MISSING_STATEMENT = {
        name: "missing-statement",
        severity: Error,
        since: "0.1.0",
        summary: "the document has no statement",
        aws: ["MISSING_STATEMENT"],
        run: Document(missing_statement),
    }
}

fn missing_statement(facts: &Facts<'_>, findings: &mut Findings) {
    let document = facts.document;
    let written = document.mismatches.iter().any(|mismatch| mismatch.element == "Statement");
    if !document.is_object || !document.statements.is_empty() || written {
        return;
    }
    let (span, message, code) = match document.statement_keys.first() {
        None => (document.span, "the document has no `Statement`", Some("MISSING_STATEMENT")),
        Some(_) if !facts.problems.is_empty() => return,
        Some(key) => (*key, "the list of statements is empty", None),
    };
    let place = Place { span, path: &[], element: "Statement" };
    let finding = findings.report(&MISSING_STATEMENT, place, message);
    finding.aws_code = code;
    finding.help("say what is allowed: a statement has an `Effect`, an `Action` and a `Resource`");
}
