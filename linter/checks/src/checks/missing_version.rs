//! `missing-version`

use crate::check::declare_check;
use crate::facts::Facts;
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// The document says which version of the policy language it is written in.
    /// ## Why it matters
    /// Without it the language of 2008 applies, in which `${aws:username}` is plain text and not a variable.
    /// ## Example
    /// ```json identity
    /// {"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// When `Version` is there, with whatever value.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static MISSING_VERSION = {
        name: "missing-version",
        severity: Warning,
        since: "0.1.0",
        summary: "the document has no `Version`",
        aws: ["MISSING_VERSION"],
        run: Document(missing_version),
    }
}

fn missing_version(facts: &Facts<'_>, findings: &mut Findings) {
    let written = facts.document.mismatches.iter().any(|mismatch| mismatch.element == "Version")
        || facts.document.unreadable.iter().any(|element| element.text == "Version");
    if !facts.document.is_object || !facts.document.version.is_empty() || written {
        return;
    }
    let place = Place { span: facts.document.span, path: &[], element: "Version" };
    findings
        .report(&MISSING_VERSION, place, "the document has no `Version`, so policy variables are plain text")
        .aws("MISSING_VERSION")
        .help("add `\"Version\": \"2012-10-17\"`");
}
