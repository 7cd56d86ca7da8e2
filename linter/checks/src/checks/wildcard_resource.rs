//! `wildcard-resource`

use leastpriv_catalog::{AccessLevel, Action};

use crate::check::{StatementContext, declare_check};
use crate::facts::{Reach, needs_care, telling_example};
use crate::finding::{Findings, Severity};

declare_check! {
    /// ## What it checks
    /// A statement that allows actions which support resource-level permission does not leave their resource open. Open is `*`, an ARN that is all wildcards, and an ARN that covers a whole resource type, such as `arn:aws:s3:::*` for objects.
    /// ## Why it matters
    /// One stolen credential then reaches every bucket, queue or role of the account instead of the one it was made for. Open reach of actions that manage permissions or hand out credentials is a security warning, of other writes a warning, of reads a suggestion.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// On actions that work on no particular resource, for which only `*` can stand; when a condition bounds the resource (its tags, its owner, a key of the service); when the account is named in an ARN; on policies that are not identity-based; when `administrator-access` says it already.
    /// ## References
    /// - [Actions, resources, and condition keys](https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html)
    static WILDCARD_RESOURCE = {
        name: "wildcard-resource",
        severity: SecurityWarning,
        since: "0.1.0",
        summary: "every resource, for actions that could name theirs",
        aws: [],
        run: Statement(wildcard_resource),
    }
}

fn wildcard_resource(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let StatementContext { document, facts } = *ctx;
    if !facts.allows() || !document.kind.is_identity_based() || document.grants_everything() || facts.resource_is_bounded_by_condition() {
        return;
    }
    let mut worst: Vec<(Severity, Action)> = Vec::new();
    for action in facts.actions.iter(document.catalog) {
        if document.denied.contains(action.id()) || facts.reach(action) != Reach::Unbounded {
            continue;
        }
        let severity = match action.level() {
            _ if needs_care(action) => Severity::SecurityWarning,
            AccessLevel::Write | AccessLevel::Tagging | AccessLevel::PermissionsManagement => Severity::Warning,
            AccessLevel::Read | AccessLevel::List => Severity::Suggestion,
        };
        worst.push((severity, action));
    }
    let Some(severity) = worst.iter().map(|(severity, _)| *severity).max() else { return };
    worst.retain(|(other, _)| *other == severity);
    let Some(example) = telling_example(worst.iter().map(|(_, action)| *action)) else { return };
    let place = if facts.resource_is_everything() || !facts.not_resource_patterns.is_empty() {
        facts.resource_place()
    } else {
        example
            .resource_types()
            .flat_map(|entry| entry.resource.arn_formats())
            .find_map(|format| facts.place_covering(format))
            .unwrap_or_else(|| facts.resource_place())
    };
    let name = |action: Action| format!("`{}`", action.full_name());
    let kind = match severity {
        Severity::SecurityWarning => "that manage permissions or hand out credentials",
        Severity::Warning => "that write",
        _ => "that read",
    };
    let message = match worst.len() {
        1 => format!("{} is allowed on every resource", name(example)),
        count => format!("{count} actions {kind} are allowed on every resource, such as {}", name(example)),
    };
    let action_place = facts.place_of_action(example);
    let finding = findings.report(&WILDCARD_RESOURCE, place, message);
    finding.label = "every resource".to_owned();
    finding.severity(severity).related(action_place.span, "this brings the action in");
    finding.example(document.example(facts, [example]));
    // The format with the fewest names to fill in is the one that people know the resource by.
    let format = example
        .resource_types()
        .flat_map(|entry| entry.resource.arn_formats())
        .min_by_key(|format| (format.matches("${").count(), format.len()));
    match format {
        Some(format) => finding.help(format!("name the resources, such as `{}`", format.replace("${Partition}", "aws"))),
        None => finding.help("name the resources"),
    };
}
