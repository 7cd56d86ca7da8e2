//! `missing-action`

use crate::check::{StatementContext, declare_check};
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// Every statement has an `Action` or a `NotAction`.
    /// ## Why it matters
    /// AWS refuses the policy.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// When the statement has a `NotAction`.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static MISSING_ACTION = {
        name: "missing-action",
        severity: Error,
        since: "0.1.0",
        summary: "a statement has no `Action`",
        aws: ["MISSING_ACTION"],
        run: Statement(missing_action),
    }
}

fn missing_action(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let statement = ctx.facts.statement;
    let written = statement.mismatches.iter().any(|mismatch| mismatch.element.ends_with("Action"));
    if !statement.action.is_empty() || !statement.not_action.is_empty() || written {
        return;
    }
    let place = Place { span: statement.span, path: &statement.path, element: "Action" };
    findings
        .report(&MISSING_ACTION, place, "this statement has no `Action`")
        .aws("MISSING_ACTION")
        .help("name the actions the statement is about");
}
