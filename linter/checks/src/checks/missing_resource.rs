//! `missing-resource`

use leastpriv_policy::kind::PolicyKind;

use crate::check::{StatementContext, declare_check};
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// Every statement has a `Resource` or a `NotResource`.
    /// ## Why it matters
    /// AWS refuses the policy. Only the trust policy of a role has no resource, because it is about the role it hangs on.
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
    if ctx.document.kind == PolicyKind::Trust || !statement.resource.is_empty() || !statement.not_resource.is_empty() || written {
        return;
    }
    let place = Place { span: statement.span, path: &statement.path, element: "Resource" };
    findings
        .report(&MISSING_RESOURCE, place, "this statement has no `Resource`")
        .aws("MISSING_RESOURCE")
        .help("name the resources by ARN");
}
