//! `invalid-effect`

use crate::check::{StatementContext, declare_check};
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// `Effect` is exactly `Allow` or `Deny`; case counts.
    /// ## Why it matters
    /// AWS refuses the policy.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// When `Effect` is absent: that is `missing-effect`.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static INVALID_EFFECT = {
        name: "invalid-effect",
        severity: Error,
        since: "0.1.0",
        summary: "`Effect` is neither `Allow` nor `Deny`",
        aws: ["INVALID_EFFECT"],
        run: Statement(invalid_effect),
    }
}

fn invalid_effect(ctx: &StatementContext<'_>, findings: &mut Findings) {
    for effect in ctx.facts.statement.effect.iter().filter(|effect| effect.text != "Allow" && effect.text != "Deny") {
        let place = Place { span: effect.span, path: &effect.path, element: &effect.text };
        let finding =
            findings.report(&INVALID_EFFECT, place, format!("`{}` is neither `Allow` nor `Deny`", effect.text));
        finding.aws("INVALID_EFFECT");
        finding.help(match effect.text.trim().to_ascii_lowercase().as_str() {
            "allow" => "write `Allow`",
            "deny" => "write `Deny`",
            _ => "write `Allow` or `Deny`",
        });
    }
}
