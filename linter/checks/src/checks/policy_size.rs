//! `policy-size`

use leastpriv_policy::kind::PolicyKind;

use crate::check::declare_check;
use crate::facts::Facts;
use crate::finding::{Findings, Place, Severity};
use crate::quota::{counted, quota, unit};

declare_check! {
    /// ## What it checks
    /// The policy fits the quota of what it hangs on: managed 6,144 characters, inline on a user 2,048, on a group 5,120, on a role 10,240, session 2,048, trust 2,048, service control 10,240, resource control 5,120, resource-based and VPC endpoint 20,480 bytes. White space outside of strings does not count, except in control policies and in resource-based policies, which count as they are sent. A session policy counts as the compacted text that the server sends.
    /// ## Why it matters
    /// AWS refuses a longer policy, often only when credentials are asked for. An identity-based policy of unknown attachment is compared with the widest quota, as AWS does.
    /// ## Example
    /// An inline policy of a user with 2,500 characters.
    /// ## Use instead
    /// ```json user-inline
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// The sum of several inline policies of one identity is not known here.
    /// ## References
    /// - [IAM and STS quotas](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static POLICY_SIZE = {
        name: "policy-size",
        severity: Error,
        since: "0.1.0",
        summary: "the policy is longer than its quota",
        aws: ["POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA", "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA", "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA", "POLICY_SIZE_EXCEEDS_SCP_QUOTA", "POLICY_SIZE_EXCEEDS_RCP_QUOTA"],
        run: Document(policy_size),
    }
}

fn policy_size(facts: &Facts<'_>, findings: &mut Findings) {
    let (counted, limit) = (counted(facts.text, facts.kind), quota(facts.kind));
    if counted <= limit {
        return;
    }
    let place = Place { span: facts.document.span, path: &[], element: "document" };
    let unit = unit(facts.kind);
    let message = format!("the policy has {counted} {unit}, {} more than its quota of {limit}", counted.saturating_sub(limit));
    let (severity, code) = standing(facts.kind);
    let finding = findings.report(&POLICY_SIZE, place, message);
    finding.severity(severity).help("merge statements, group resources under a prefix, or split the policy; `leastpriv minimize` makes it as short as it can be");
    finding.aws_code = code;
}

/// Severity and code, which are AWS's where AWS has the check.
fn standing(kind: PolicyKind) -> (Severity, Option<&'static str>) {
    match kind {
        PolicyKind::Identity => (Severity::Warning, Some("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA")),
        PolicyKind::Managed | PolicyKind::PermissionsBoundary | PolicyKind::UserInline | PolicyKind::Session | PolicyKind::GroupInline => {
            (Severity::Error, None)
        }
        PolicyKind::RoleInline => (Severity::Error, Some("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA")),
        PolicyKind::Trust => (Severity::Warning, Some("POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA")),
        PolicyKind::ServiceControl => (Severity::Error, Some("POLICY_SIZE_EXCEEDS_SCP_QUOTA")),
        PolicyKind::ResourceControl => (Severity::Error, Some("POLICY_SIZE_EXCEEDS_RCP_QUOTA")),
        PolicyKind::Resource | PolicyKind::VpcEndpoint => {
            (Severity::Warning, Some("POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA"))
        }
    }
}
