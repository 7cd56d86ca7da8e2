//! `pass-any-role`

use super::open_role::OpenRole;
use crate::check::{StatementContext, declare_check};
use crate::finding::Findings;

declare_check! {
    /// ## What it checks
    /// No Allow of `iam:PassRole` reaches every role without saying to which service, whether by name, by wildcard or by `NotAction`.
    /// ## Why it matters
    /// Whoever may pass every role can start a machine or a function as an administrator.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/app/worker","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}]}
    /// ```
    /// ## When it stays silent
    /// When `iam:PassedToService` or `iam:AssociatedResourceArn` is tested with an operator that fails without the key; when a Deny takes the action away. On policies that are not identity-based. AWS reports only the bare `*` and `NotResource`; an ARN that covers every role is the same thing and is reported without an AWS code.
    /// ## References
    /// - [Granting permission to pass a role](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html)
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static PASS_ANY_ROLE = {
        name: "pass-any-role",
        severity: SecurityWarning,
        since: "0.1.0",
        summary: "`iam:PassRole` on every role",
        aws: ["PASS_ROLE_WITH_STAR_IN_RESOURCE", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE", "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION", "PASS_ROLE_WITH_NOT_RESOURCE", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE", "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE"],
        run: Statement(pass_any_role),
    }
}

fn pass_any_role(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let Some(open) = OpenRole::of(ctx, "PassRole", &["iam:PassedToService", "iam:AssociatedResourceArn"]) else { return };
    let codes = [
        "PASS_ROLE_WITH_STAR_IN_RESOURCE",
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
        "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
        "PASS_ROLE_WITH_NOT_RESOURCE",
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
    ];
    open.report(&PASS_ANY_ROLE, codes, "`iam:PassRole` is allowed on every role", findings)
        .help("name the roles that may be passed, and the service with `iam:PassedToService`")
        .note("whoever passes an administrator role to a new EC2 instance is an administrator there");
}
