//! `unsupported-principal`

use leastpriv_policy::kind::PolicyKind;

use crate::check::{StatementContext, declare_check};
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// A policy that hangs on an identity, a session policy, a permissions boundary and a service control policy name no principal.
    /// ## Why it matters
    /// AWS refuses the policy: it is always about the identity it hangs on.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/reader"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// On resource-based policies, trust policies, resource control policies and policies of VPC endpoints, which must name one.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static UNSUPPORTED_PRINCIPAL = {
        name: "unsupported-principal",
        severity: Error,
        since: "0.1.0",
        summary: "an identity-based policy names a principal",
        aws: ["UNSUPPORTED_PRINCIPAL", "SCP_SYNTAX_ERROR_PRINCIPAL"],
        run: Statement(unsupported_principal),
    }
}

fn unsupported_principal(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let code = match ctx.document.kind {
        kind if kind.is_identity_based() => "UNSUPPORTED_PRINCIPAL",
        PolicyKind::ServiceControl => "SCP_SYNTAX_ERROR_PRINCIPAL",
        _ => return,
    };
    let statement = ctx.facts.statement;
    let principals = statement.principal.iter().map(|principal| ("Principal", principal));
    let not_principals = statement.not_principal.iter().map(|principal| ("NotPrincipal", principal));
    for (element, principal) in principals.chain(not_principals) {
        let place = Place { span: principal.key_span, path: &statement.path, element };
        findings
            .report(
                &UNSUPPORTED_PRINCIPAL,
                place,
                format!("`{element}` cannot stand in {}", article(ctx.document.kind)),
            )
            .aws(code)
            .help("remove it: the policy is about the identity it hangs on");
    }
}

fn article(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Session => "a session policy",
        PolicyKind::PermissionsBoundary => "a permissions boundary",
        PolicyKind::ServiceControl => "a service control policy",
        _ => "an identity-based policy",
    }
}
