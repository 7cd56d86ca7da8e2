//! `allow-not-action`

use leastpriv_catalog::AccessLevel;

use crate::check::{StatementContext, declare_check};
use crate::facts::{needs_care, telling_example};
use crate::finding::{Confidence, Findings, Severity};

declare_check! {
    /// ## What it checks
    /// No Allow uses `NotAction`.
    /// ## Why it matters
    /// It allows every action that is not named: of services nobody had in mind, and of those that AWS will add.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// On a Deny, where `NotAction` is the way to say "nothing but"; on boundaries, control policies and policies of VPC endpoints, which grant nothing; and when `administrator-access` says it already.
    /// ## References
    /// - [NotAction with Allow](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html)
    static ALLOW_NOT_ACTION = {
        name: "allow-not-action",
        severity: SecurityWarning,
        since: "0.1.0",
        summary: "an Allow of everything but the named actions",
        aws: [],
        run: Statement(allow_not_action),
    }
}

fn allow_not_action(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let StatementContext { document, facts } = *ctx;
    let Some(place) = facts.not_action_place() else { return };
    if !facts.allows() || document.grants_everything() {
        return;
    }
    let mut reached = facts.actions.clone();
    reached.remove(&document.denied);
    let care = reached.iter(document.catalog).filter(|action| needs_care(*action)).count();
    let changes = reached.iter(document.catalog).any(|action| !matches!(action.level(), AccessLevel::Read | AccessLevel::List));
    if reached.is_empty() {
        return;
    }
    let message = format!(
        "every action but the named ones: {} of {} services, {care} of them manage permissions or hand out credentials",
        reached.len(),
        facts.service_count(document.catalog)
    );
    let finding = findings.report(&ALLOW_NOT_ACTION, place, message);
    finding.label = "everything else is allowed".to_owned();
    let example = telling_example(reached.iter(document.catalog));
    finding.help("list what is needed under `Action`").example(document.example(facts, example));
    if !changes {
        finding.severity(Severity::Suggestion);
    } else if care == 0 {
        finding.severity(Severity::Warning);
    }
    if facts.resource_is_bounded_by_condition() || !facts.resource_is_everything() && facts.not_resource_patterns.is_empty() {
        finding.confidence(Confidence::Medium).note("the resource is bounded");
    }
}
