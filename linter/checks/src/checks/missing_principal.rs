//! `missing-principal`

use crate::check::{StatementContext, declare_check};
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// Every statement has a `Principal` or a `NotPrincipal`.
    /// ## Why it matters
    /// A policy that hangs on a resource must say whom it lets in; AWS refuses it otherwise.
    /// ## Example
    /// ```json resource
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json resource
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/reader"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// On identity-based policies and service control policies, which are about the identity they hang on.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static MISSING_PRINCIPAL = {
        name: "missing-principal",
        severity: Error,
        since: "0.1.0",
        summary: "a statement has no `Principal`",
        aws: ["MISSING_PRINCIPAL"],
        run: Statement(missing_principal),
    }
}

fn missing_principal(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let statement = ctx.facts.statement;
    let written = statement.mismatches.iter().any(|mismatch| mismatch.element.ends_with("Principal"));
    if !ctx.document.kind.needs_principal() || statement.names_principals() || written {
        return;
    }
    let place = Place { span: statement.span, path: &statement.path, element: "Principal" };
    findings
        .report(&MISSING_PRINCIPAL, place, "this statement has no `Principal`")
        .aws("MISSING_PRINCIPAL")
        .help("name the accounts, roles or services");
}
