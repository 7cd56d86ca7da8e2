//! `missing-resource`

use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::pattern::Pattern;

use crate::check::{StatementContext, declare_check};
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// Every statement has a `Resource` or a `NotResource`.
    /// ## Why it matters
    /// AWS refuses the policy. Only trust policies and the policies of ECR repositories and EFS file systems have no resource, because they are about what they hang on.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// On trust policies, and when the statement has a `NotResource`.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static MISSING_RESOURCE = {
        name: "missing-resource",
        severity: Error,
        since: "0.1.0",
        summary: "a statement has no `Resource`",
        aws: ["MISSING_RESOURCE"],
        run: Statement(missing_resource),
    }
}

fn missing_resource(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let statement = ctx.facts.statement;
    let written = statement.mismatches.iter().any(|mismatch| mismatch.element.ends_with("Resource"));
    if ctx.document.kind == PolicyKind::Trust || hangs_on_its_resource(ctx) || !statement.resource.is_empty() || !statement.not_resource.is_empty() || written {
        return;
    }
    let place = Place { span: statement.span, path: &statement.path, element: "Resource" };
    findings
        .report(&MISSING_RESOURCE, place, "this statement has no `Resource`")
        .aws("MISSING_RESOURCE")
        .help("name the resources by ARN");
}

/// Policies of repositories and file systems name no resource: it is the one they hang on.
fn hangs_on_its_resource(ctx: &StatementContext<'_>) -> bool {
    let services = ctx.facts.action_patterns.iter().map(|(_, pattern)| pattern.service().map(Pattern::literal_prefix));
    let mut names = services.map(Option::unwrap_or_default).peekable();
    ctx.document.kind == PolicyKind::Resource
        && names.peek().is_some()
        && names.all(|name| ["ecr", "ecr-public", "elasticfilesystem"].contains(&name.as_str()))
}
