//! `administrator-access`

use std::cmp::Reverse;

use crate::check::declare_check;
use leastpriv_catalog::Action;

use crate::facts::{Facts, StatementFacts, place, telling_example};
use crate::finding::{Confidence, Findings};

declare_check! {
    /// ## What it checks
    /// The statements together allow every action on every resource, in whatever spelling: `*`, `*:*`, a `NotAction` that excludes nothing, or two statements that add up.
    /// ## Why it matters
    /// Whoever holds the credential owns the account: it can read every secret, delete everything, and make itself permanent.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// When a Deny takes everything away again. A condition lowers the confidence, and a Deny of some actions is named in a note, but neither silences it. Permissions boundaries, control policies and policies of VPC endpoints grant nothing by themselves.
    /// ## References
    /// - [IAM best practices: least privilege](https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html)
    static ADMINISTRATOR_ACCESS = {
        name: "administrator-access",
        severity: SecurityWarning,
        since: "0.1.0",
        summary: "every action on every resource",
        aws: [],
        run: Document(administrator_access),
    }
}

fn administrator_access(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.grants_everything() {
        return;
    }
    let everywhere = || facts.statements.iter().filter(|statement| statement.allows() && statement.resource_is_everything());
    let Some(widest) = everywhere().max_by_key(|statement| (statement.actions.len(), Reverse(statement.statement.index))) else { return };
    let place = widest
        .action_patterns
        .iter()
        .find(|(_, pattern)| pattern.matches_everything())
        .map(|(text, _)| place(text))
        .or_else(|| widest.not_action_place())
        .unwrap_or_else(|| widest.whole_place());
    let resource = widest.resource_place();
    let finding = findings.report(&ADMINISTRATOR_ACCESS, place, "this allows every action on every resource");
    finding.label = format!("all {} actions of AWS, and those to come", facts.catalog.action_count());
    finding
        .related(resource.span, "on every resource")
        .help("name the actions and the resources that are needed")
        .example(facts.example(widest, examples(facts, widest)));
    if everywhere().all(StatementFacts::is_bounded_by_condition) {
        finding.confidence(Confidence::Medium).note("a condition applies");
    }
    if !facts.denied.is_empty() {
        finding.note(format!("{} actions are denied by another statement", facts.denied.len()));
    }
}

/// What shows best what an administrator can do: making another one.
fn examples<'f>(facts: &'f Facts<'_>, widest: &'f StatementFacts<'_>) -> impl Iterator<Item = Action> + use<'f> {
    let left = |action: &Action| widest.actions.contains(action.id()) && !facts.denied.contains(action.id());
    let first = facts.catalog.action("iam", "AttachUserPolicy").filter(left);
    let other = move || telling_example(widest.actions.iter(facts.catalog).filter(left));
    first.into_iter().chain(std::iter::once_with(other).flatten())
}
