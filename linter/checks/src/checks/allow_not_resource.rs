//! `allow-not-resource`

use leastpriv_catalog::AccessLevel;

use crate::check::{StatementContext, declare_check};
use crate::facts::{needs_care, telling_example};
use crate::finding::{Confidence, Findings, Severity};

declare_check! {
    /// ## What it checks
    /// No Allow uses `NotResource`.
    /// ## Why it matters
    /// It allows the actions on every resource that is not named, those of tomorrow included.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","NotResource":"arn:aws:s3:::audit/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// On a Deny; when the excluded pattern is everything or a Deny takes all of it away, so that nothing is left; on boundaries, control policies and policies of VPC endpoints, which grant nothing; and when `administrator-access` says it already.
    /// ## References
    /// - [NotResource with Allow](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html)
    static ALLOW_NOT_RESOURCE = {
        name: "allow-not-resource",
        severity: SecurityWarning,
        since: "0.1.0",
        summary: "an Allow on everything but the named resources",
        aws: [],
        run: Statement(allow_not_resource),
    }
}

fn allow_not_resource(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let StatementContext { document, facts } = *ctx;
    let Some(place) = facts.not_resource_place() else { return };
    let reached = || facts.actions.iter(document.catalog).filter(|action| !document.denied.contains(action.id()));
    if !facts.allows() || document.grants_everything() || reached().next().is_none() {
        return;
    }
    let severity = if reached().any(needs_care) {
        Severity::SecurityWarning
    } else if reached().any(|action| !matches!(action.level(), AccessLevel::Read | AccessLevel::List)) {
        Severity::Warning
    } else {
        Severity::Suggestion
    };
    let finding = findings.report(&ALLOW_NOT_RESOURCE, place, "every resource but the named ones");
    finding.label = "everything else is reached".to_owned();
    finding.severity(severity).help("list what is needed under `Resource`; use a Deny to carve out exceptions");
    finding.example(document.example(facts, telling_example(reached())));
    if facts.resource_is_bounded_by_condition() {
        finding.confidence(Confidence::Medium).note("a condition bounds the resource");
    }
}
