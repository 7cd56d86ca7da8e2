//! `unknown-condition-key`

use leastpriv_catalog::KeyLookup;

use crate::check::{StatementContext, declare_check};
use crate::facts::place;
use crate::finding::{Confidence, Findings};

declare_check! {
    /// ## What it checks
    /// Every condition key is a global key (`aws:…`) or a key of its service.
    /// ## Why it matters
    /// A key that no request carries is always absent: a positive test then never matches, a negated one always does.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*","Condition":{"StringEquals":{"aws:SourceVpcc":"vpc-11112222"}}}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-11112222"}}}]}
    /// ```
    /// ## When it stays silent
    /// On keys of OIDC and SAML providers, whose names are those of the provider. A key that is no near miss of a known one is reported with medium confidence.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static UNKNOWN_CONDITION_KEY = {
        name: "unknown-condition-key",
        severity: Error,
        since: "0.1.0",
        summary: "a condition key that does not exist",
        aws: ["INVALID_SERVICE_CONDITION_KEY", "INVALID_GLOBAL_CONDITION_KEY", "INVALID_CONDITION_KEY_FORMAT"],
        run: Statement(unknown_condition_key),
    }
}

fn unknown_condition_key(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let catalog = ctx.document.catalog;
    for test in &ctx.facts.statement.condition {
        let key = &test.key;
        let (message, code) = match catalog.condition_key(&key.text) {
            KeyLookup::Known(_) => continue,
            KeyLookup::UnknownGlobal => {
                (format!("`{}` is not a global condition key", key.text), Some("INVALID_GLOBAL_CONDITION_KEY"))
            }
            KeyLookup::UnknownKeyOfService => {
                let service = key.text.split(':').next().unwrap_or_default();
                (format!("`{}` is not a condition key of {service}", key.text), Some("INVALID_SERVICE_CONDITION_KEY"))
            }
            // A name with a dot is a host: a provider that the account itself knows.
            KeyLookup::UnknownService if key.text.contains('.') => continue,
            KeyLookup::UnknownService => (format!("`{}` is a condition key of no known service", key.text), None),
            KeyLookup::NotAKey => {
                (format!("`{}` is not a condition key", key.text), Some("INVALID_CONDITION_KEY_FORMAT"))
            }
        };
        let finding = findings.report(&UNKNOWN_CONDITION_KEY, place(key), message);
        finding.label = format!("not in the catalog of {}", catalog.date());
        finding.aws_code = code;
        if let Some(near) = catalog.near_condition_key(&key.text) {
            finding.help(format!("did you mean `{near}`"));
        } else if code == Some("INVALID_CONDITION_KEY_FORMAT") {
            finding.help("write the key as `service:Name` or `aws:Name`");
        } else {
            finding.confidence(Confidence::Medium).help("check the spelling; a key newer than the catalog is unknown to it");
        }
    }
}
