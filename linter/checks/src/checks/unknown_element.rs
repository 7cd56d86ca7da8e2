//! `unknown-element`

use crate::check::declare_check;
use crate::facts::Facts;
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// Every member of the document and of a statement is an element of the policy language, in its exact spelling.
    /// ## Why it matters
    /// AWS refuses the policy; a server that only checks for JSON stores it, and the refusal comes when credentials are asked for.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statment":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// On names inside `Principal` and on condition operators, which no check looks at yet; condition keys are for `unknown-condition-key`.
    /// ## References
    /// - [IAM JSON policy reference](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies.html)
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static UNKNOWN_ELEMENT = {
        name: "unknown-element",
        severity: Error,
        since: "0.1.0",
        summary: "an element that the policy language does not have",
        aws: ["INVALID_POLICY_ELEMENT"],
        run: Document(unknown_element),
    }
}

fn unknown_element(facts: &Facts<'_>, findings: &mut Findings) {
    let of_document = facts.document.unknown.iter().map(|unknown| (unknown, DOCUMENT_ELEMENTS, "a policy document"));
    let of_statements = facts
        .document
        .statements
        .iter()
        .flat_map(|statement| &statement.unknown)
        .map(|unknown| (unknown, STATEMENT_ELEMENTS, "a statement"));
    for (unknown, elements, owner) in of_document.chain(of_statements) {
        let place = Place { span: unknown.span, path: &unknown.path, element: &unknown.text };
        let finding =
            findings.report(&UNKNOWN_ELEMENT, place, format!("`{}` is not an element of {owner}", unknown.text));
        finding.aws("INVALID_POLICY_ELEMENT");
        match near(&unknown.text, elements) {
            Some(element) => finding.help(format!("did you mean `{element}`")),
            None => finding.help(format!("the elements are {}", elements.join(", "))),
        };
    }
}

/// The element that was most likely meant: same letters in another case, or all but two of them alike.
fn near(word: &str, elements: &[&'static str]) -> Option<&'static str> {
    let distance = |element: &str| {
        let same = word.chars().zip(element.chars()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        let ends = word.chars().rev().zip(element.chars().rev()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        word.chars().count().max(element.chars().count()).saturating_sub(same.saturating_add(ends))
    };
    elements.iter().copied().filter(|element| distance(element) <= 2).min_by_key(|element| distance(element))
}

const DOCUMENT_ELEMENTS: &[&str] = &["Version", "Id", "Statement"];

const STATEMENT_ELEMENTS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_recognised() {
        for (word, meant) in [("Statment", "Statement"), ("version", "Version"), ("Statements", "Statement"), ("statement", "Statement")] {
            assert_eq!(near(word, DOCUMENT_ELEMENTS), Some(meant));
        }
        assert_eq!(near("Actions", STATEMENT_ELEMENTS), Some("Action"));
        assert_eq!(near("Comment", STATEMENT_ELEMENTS), None);
    }
}
