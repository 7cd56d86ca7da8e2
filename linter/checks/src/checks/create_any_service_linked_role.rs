//! `create-any-service-linked-role`

use super::open_role::OpenRole;
use crate::check::{StatementContext, declare_check};
use crate::finding::Findings;

declare_check! {
    /// ## What it checks
    /// No Allow of `iam:CreateServiceLinkedRole` reaches every role without saying for which service, whether by name, by wildcard or by `NotAction`.
    /// ## Why it matters
    /// A service-linked role brings the rights that AWS defines for the service, so any service could be let into the account.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:CreateServiceLinkedRole","Resource":"*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:CreateServiceLinkedRole","Resource":"*","Condition":{"StringEquals":{"iam:AWSServiceName":"autoscaling.amazonaws.com"}}}]}
    /// ```
    /// ## When it stays silent
    /// When `iam:AWSServiceName` is tested with an operator that fails without the key and with values that do not begin with a wildcard; when a Deny takes the action away; on policies that are not identity-based.
    /// ## References
    /// - [Service-linked role permissions](https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html)
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static CREATE_ANY_SERVICE_LINKED_ROLE = {
        name: "create-any-service-linked-role",
        severity: Warning,
        since: "0.1.0",
        summary: "`iam:CreateServiceLinkedRole` for every service",
        aws: ["CREATE_SLR_WITH_STAR_IN_RESOURCE", "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE", "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION", "CREATE_SLR_WITH_NOT_RESOURCE", "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE", "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE"],
        run: Statement(create_any_service_linked_role),
    }
}

fn create_any_service_linked_role(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let Some(open) = OpenRole::of(ctx, "CreateServiceLinkedRole", &["iam:AWSServiceName"]) else { return };
    let codes = [
        "CREATE_SLR_WITH_STAR_IN_RESOURCE",
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE",
        "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
        "CREATE_SLR_WITH_NOT_RESOURCE",
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE",
    ];
    open.report(
        &CREATE_ANY_SERVICE_LINKED_ROLE,
        codes,
        "`iam:CreateServiceLinkedRole` is allowed for every service",
        findings,
    )
    .help("name the service with `iam:AWSServiceName`");
}
