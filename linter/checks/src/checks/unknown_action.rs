//! `unknown-action`

use crate::check::{StatementContext, declare_check};
use crate::facts::{matches_some_of, place};
use crate::finding::{Confidence, Findings};

declare_check! {
    /// ## What it checks
    /// The service has an action of that name; a pattern matches at least one.
    /// ## Why it matters
    /// The action matches nothing, so the statement does not do what it says; in a Deny that opens a hole.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObejct","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// When the service itself is unknown: that is `unknown-service`. AWS adds actions every day and the catalog has a date, so only a near miss of a known name is reported with high confidence.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static UNKNOWN_ACTION = {
        name: "unknown-action",
        severity: Error,
        since: "0.1.0",
        summary: "an action that its service does not have",
        aws: ["INVALID_ACTION"],
        run: Statement(unknown_action),
    }
}

fn unknown_action(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let catalog = ctx.document.catalog;
    for (text, pattern) in ctx.facts.action_patterns.iter().chain(&ctx.facts.not_action_patterns) {
        let Some((prefix, name)) = text.text.split_once(':') else {
            if !pattern.matches_everything() {
                findings
                    .report(&UNKNOWN_ACTION, place(text), format!("`{}` names no service", text.text))
                    .aws("INVALID_ACTION")
                    .help("write the action as `service:Name`");
            }
            continue;
        };
        let known = if pattern.is_literal() {
            catalog.service(prefix).is_none() || catalog.action(prefix, name).is_some()
        } else {
            let mut services = catalog
                .services()
                .filter(|known| pattern.matches_service(&known.prefix().to_ascii_lowercase()))
                .peekable();
            services.peek().is_none() || services.any(|service| matches_some_of(pattern, service))
        };
        if known {
            continue;
        }
        let message = if pattern.is_literal() {
            format!("`{}` is not an action of {}", text.text, prefix.to_ascii_lowercase())
        } else if pattern.service().is_some_and(|service| !service.is_literal()) {
            format!("`{}` matches no action of any service", text.text)
        } else {
            format!("`{}` matches no action of {}", text.text, prefix.to_ascii_lowercase())
        };
        let finding = findings.report(&UNKNOWN_ACTION, place(text), message);
        finding.label = format!("not in the catalog of {}", catalog.date());
        finding.aws("INVALID_ACTION");
        if let Some(retired) = catalog.tombstone_action(prefix, name) {
            finding.confidence(Confidence::Medium).help("remove it: AWS has retired this action");
            finding.note(format!("last seen in {}", retired.last_seen()));
        } else if let Some(near) = catalog.near_action(prefix, name).filter(|_| pattern.is_literal()) {
            finding.help(format!("did you mean `{}:{near}`", prefix.to_ascii_lowercase()));
        } else {
            finding.confidence(Confidence::Medium).help("check the spelling; an action newer than the catalog is unknown to it");
        }
    }
}
