//! `unsupported-element-combination`

use leastpriv_policy::document::{Principal, Texts};

use crate::check::{StatementContext, declare_check};
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// A statement has `Action` or `NotAction`, `Resource` or `NotResource`, `Principal` or `NotPrincipal`, never both.
    /// ## Why it matters
    /// AWS refuses the policy.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","NotAction":"s3:PutObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// When one element stands twice: that is `duplicate-key`.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static UNSUPPORTED_ELEMENT_COMBINATION = {
        name: "unsupported-element-combination",
        severity: Error,
        since: "0.1.0",
        summary: "both halves of a pair stand in one statement",
        aws: ["UNSUPPORTED_ELEMENT_COMBINATION"],
        run: Statement(unsupported_element_combination),
    }
}

fn unsupported_element_combination(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let statement = ctx.facts.statement;
    let texts = |list: &[Texts]| list.first().map(|texts| texts.key_span);
    let principals = |list: &[Principal]| list.first().map(|principal| principal.key_span);
    let pairs = [
        ("Action", texts(&statement.action), "NotAction", texts(&statement.not_action)),
        ("Resource", texts(&statement.resource), "NotResource", texts(&statement.not_resource)),
        ("Principal", principals(&statement.principal), "NotPrincipal", principals(&statement.not_principal)),
    ];
    for (element, with, opposite, without) in pairs {
        let (Some(with), Some(without)) = (with, without) else { continue };
        let place = Place { span: without, path: &statement.path, element: opposite };
        findings
            .report(
                &UNSUPPORTED_ELEMENT_COMBINATION,
                place,
                format!("`{element}` and `{opposite}` cannot stand in one statement"),
            )
            .aws("UNSUPPORTED_ELEMENT_COMBINATION")
            .related(with, format!("`{element}` stands here"))
            .help("keep one, or make two statements");
    }
}
