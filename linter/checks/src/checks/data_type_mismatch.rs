//! `data-type-mismatch`

use crate::check::declare_check;
use crate::facts::Facts;
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// Every element has the JSON type that the grammar asks for: a document and a statement are objects, `Effect` and `Sid` are strings, `Action` is a string or a list of strings, `Condition` is an object of objects.
    /// ## Why it matters
    /// AWS refuses the policy. What stands in the wrong type was surely meant to do something.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":["Allow"],"Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// When a single value stands without its list, or a condition value is a number or a boolean: both are legal.
    /// ## References
    /// - [IAM JSON policy reference](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies.html)
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static DATA_TYPE_MISMATCH = {
        name: "data-type-mismatch",
        severity: Error,
        since: "0.1.0",
        summary: "an element has the wrong JSON type",
        aws: ["DATA_TYPE_MISMATCH"],
        run: Document(data_type_mismatch),
    }
}

fn data_type_mismatch(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.document.is_object && facts.problems.is_empty() {
        let place = Place { span: facts.document.span, path: &[], element: "document" };
        findings.report(&DATA_TYPE_MISMATCH, place, "a policy document must be an object").aws("DATA_TYPE_MISMATCH");
    }
    let statements = facts.document.statements.iter().flat_map(|statement| &statement.mismatches);
    for mismatch in facts.document.mismatches.iter().chain(statements) {
        let place = Place { span: mismatch.span, path: &mismatch.path, element: &mismatch.element };
        let message = format!("`{}` must be {}, not {}", mismatch.element, mismatch.expected, mismatch.found);
        let finding = findings.report(&DATA_TYPE_MISMATCH, place, message);
        finding.label = format!("this is {}", mismatch.found);
        finding.aws("DATA_TYPE_MISMATCH");
    }
}
