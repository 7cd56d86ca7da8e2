//! `invalid-version`

use crate::check::declare_check;
use crate::facts::Facts;
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// `Version` is `2012-10-17` or `2008-10-17`.
    /// ## Why it matters
    /// The version is that of the language, not of the policy; AWS refuses any other date.
    /// ## Example
    /// ```json identity
    /// {"Version":"2024-01-01","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// When there is no `Version`: that is `missing-version`.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static INVALID_VERSION = {
        name: "invalid-version",
        severity: Error,
        since: "0.1.0",
        summary: "`Version` is not a version of the policy language",
        aws: ["INVALID_VERSION"],
        run: Document(invalid_version),
    }
}

fn invalid_version(facts: &Facts<'_>, findings: &mut Findings) {
    for version in facts.document.version.iter().filter(|version| !VERSIONS.contains(&version.text.as_str())) {
        let place = Place { span: version.span, path: &version.path, element: &version.text };
        findings
            .report(&INVALID_VERSION, place, format!("`{}` is not a version of the policy language", version.text))
            .aws("INVALID_VERSION")
            .help("write `2012-10-17`");
    }
}

const VERSIONS: &[&str] = &["2012-10-17", "2008-10-17"];
