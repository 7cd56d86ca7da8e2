//! `missing-effect`

use crate::check::{StatementContext, declare_check};
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// Every statement has an `Effect`.
    /// ## Why it matters
    /// AWS refuses the policy, and a reader cannot tell whether the statement gives or takes.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// When `Effect` is there with a wrong value: that is `invalid-effect`.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static MISSING_EFFECT = {
        name: "missing-effect",
        severity: Error,
        since: "0.1.0",
        summary: "a statement has no `Effect`",
        aws: ["MISSING_EFFECT"],
        run: Statement(missing_effect),
    }
}

fn missing_effect(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let statement = ctx.facts.statement;
    let written = statement.mismatches.iter().any(|mismatch| mismatch.element == "Effect")
        || statement.unreadable.iter().any(|element| element.text == "Effect");
    if !statement.effect.is_empty() || written {
        return;
    }
    let place = Place { span: statement.span, path: &statement.path, element: "Effect" };
    findings
        .report(&MISSING_EFFECT, place, "this statement has no `Effect`")
        .aws("MISSING_EFFECT")
        .help("write `Allow` or `Deny`");
}
