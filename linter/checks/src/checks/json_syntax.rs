//! `json-syntax`

use leastpriv_policy::document::PathElement;
use leastpriv_policy::json::ProblemKind;

use crate::check::declare_check;
use crate::facts::Facts;
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// The policy text is JSON by the letter of RFC 8259: no comments, no trailing commas, straight double quotes, one value, nesting of at most 128 levels.
    /// ## Why it matters
    /// AWS refuses a policy that is not JSON. What follows the broken place may be read in another way than its author meant, so the rest of the judgement is partial.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*",}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// On any text that a strict JSON reader takes. A member that stands twice is `duplicate-key`.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static JSON_SYNTAX = {
        name: "json-syntax",
        severity: Error,
        since: "0.1.0",
        summary: "the text is not well-formed JSON",
        aws: ["JSON_SYNTAX_ERROR"],
        run: Document(json_syntax),
    }
}

fn json_syntax(facts: &Facts<'_>, findings: &mut Findings) {
    for problem in facts.problems.iter().filter(|problem| problem.kind != ProblemKind::DuplicateKey) {
        let path = PathElement::to(facts.value, problem.span);
        let place = Place { span: problem.span, path: &path, element: "JSON" };
        let finding = findings.report(&JSON_SYNTAX, place, problem.message.clone());
        finding.aws("JSON_SYNTAX_ERROR").help("write strict JSON; a JSON formatter shows the place");
    }
}
