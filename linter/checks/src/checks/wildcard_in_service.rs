//! `wildcard-in-service`

use crate::check::{StatementContext, declare_check};
use crate::facts::place;
use crate::finding::Findings;

declare_check! {
    /// ## What it checks
    /// No action and no ARN has a wildcard in its service part.
    /// ## Why it matters
    /// It takes in services that nobody had in mind, and those that AWS will add.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s*:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// On a pattern that is everything, such as `*` and `*:*`: what that means is judged by `administrator-access` and `wildcard-resource`.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static WILDCARD_IN_SERVICE = {
        name: "wildcard-in-service",
        severity: Suggestion,
        since: "0.1.0",
        summary: "a wildcard in the service part",
        aws: ["WILDCARD_IN_SERVICE_NAME"],
        run: Statement(wildcard_in_service),
    }
}

fn wildcard_in_service(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let facts = ctx.facts;
    let actions = facts
        .action_patterns
        .iter()
        .chain(&facts.not_action_patterns)
        .filter(|(_, pattern)| !pattern.matches_everything() && pattern.service().is_some_and(|service| !service.is_literal()))
        .map(|(text, _)| (*text, text.text.split(':').next()));
    let resources = facts
        .resource_patterns
        .iter()
        .chain(&facts.not_resource_patterns)
        .filter(|(_, pattern)| !pattern.matches_everything() && pattern.service().is_some_and(|service| !service.is_literal()))
        .map(|(text, _)| (*text, text.text.split(':').nth(2)));
    for (text, service) in actions.chain(resources) {
        let service = service.unwrap_or("*");
        findings
            .report(&WILDCARD_IN_SERVICE, place(text), format!("`{}` has a wildcard in its service part, `{service}`", text.text))
            .aws("WILDCARD_IN_SERVICE_NAME")
            .help("name each service");
    }
}
