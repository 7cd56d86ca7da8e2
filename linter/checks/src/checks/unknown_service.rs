//! `unknown-service`

use crate::check::{StatementContext, declare_check};
use crate::facts::place;
use crate::finding::{Confidence, Findings};

declare_check! {
    /// ## What it checks
    /// The part of an action before the colon is the prefix of an AWS service.
    /// ## Why it matters
    /// The action matches nothing, so the statement does not do what it says; in a Deny that opens a hole.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s4:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// On `*`. Only a near miss of a known prefix, or an empty one, is reported with high confidence; a retired prefix and one that resembles none with medium, because the catalog has a date.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static UNKNOWN_SERVICE = {
        name: "unknown-service",
        severity: Error,
        since: "0.1.0",
        summary: "the prefix of an action is no AWS service",
        aws: ["INVALID_SERVICE_IN_ACTION"],
        run: Statement(unknown_service),
    }
}

fn unknown_service(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let catalog = ctx.document.catalog;
    for (text, pattern) in ctx.facts.action_patterns.iter().chain(&ctx.facts.not_action_patterns) {
        let Some(service) = pattern.service() else { continue };
        let Some((prefix, _)) = text.text.split_once(':') else { continue };
        let known = if service.is_literal() {
            catalog.service(prefix).is_some()
        } else {
            catalog.services().any(|known| service.matches(&known.prefix().to_ascii_lowercase()))
        };
        if known {
            continue;
        }
        let message = if prefix.is_empty() {
            format!("`{}` names no service before its colon", text.text)
        } else {
            format!("`{prefix}` is not an AWS service")
        };
        let finding = findings.report(&UNKNOWN_SERVICE, place(text), message);
        finding.label = format!("not in the catalog of {}", catalog.date());
        finding.aws("INVALID_SERVICE_IN_ACTION");
        if let Some(retired) = catalog.tombstone_service(prefix) {
            finding.confidence(Confidence::Medium).help("remove it: AWS has retired this service");
            finding.note(format!("last seen in {}", retired.last_seen()));
        } else if let Some(near) = catalog.near_service(prefix) {
            finding.help(format!("did you mean `{near}`"));
        } else if !prefix.is_empty() {
            finding.confidence(Confidence::Medium).help("check the spelling; a service newer than the catalog is unknown to it");
        }
    }
}
