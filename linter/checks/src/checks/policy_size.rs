//! `policy-size`

use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::print::compact;

use crate::check::declare_check;
use crate::facts::Facts;
use crate::finding::{Findings, Place, Severity};

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
    let Quota { limit, severity, code } = quota(facts.kind);
    let counted = match facts.kind {
        PolicyKind::ServiceControl | PolicyKind::ResourceControl => facts.text.chars().count(),
        PolicyKind::Resource | PolicyKind::VpcEndpoint => facts.text.len(),
        _ => compact(facts.text).chars().count(),
    };
    if counted <= limit {
        return;
    }
    let place = Place { span: facts.document.span, path: &[], element: "document" };
    let unit = if matches!(facts.kind, PolicyKind::Resource | PolicyKind::VpcEndpoint) { "bytes" } else { "characters" };
    let message = format!("the policy has {counted} {unit}, {} more than its quota of {limit}", counted.saturating_sub(limit));
    let finding = findings.report(&POLICY_SIZE, place, message);
    finding.severity(severity).help("merge statements, group resources under a prefix, or split the policy");
    finding.aws_code = code;
}

struct Quota {
    limit: usize,
    severity: Severity,
    code: Option<&'static str>,
}

/// The quotas of IAM, STS and Organizations; severities and codes are AWS's where AWS has the check.
fn quota(kind: PolicyKind) -> Quota {
    let (limit, severity, code) = match kind {
        PolicyKind::Identity => (10_240, Severity::Warning, Some("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA")),
        PolicyKind::Managed | PolicyKind::PermissionsBoundary => (6_144, Severity::Error, None),
        PolicyKind::UserInline | PolicyKind::Session => (2_048, Severity::Error, None),
        PolicyKind::GroupInline => (5_120, Severity::Error, None),
        PolicyKind::RoleInline => (10_240, Severity::Error, Some("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA")),
        PolicyKind::Trust => (2_048, Severity::Warning, Some("POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA")),
        PolicyKind::ServiceControl => (10_240, Severity::Error, Some("POLICY_SIZE_EXCEEDS_SCP_QUOTA")),
        PolicyKind::ResourceControl => (5_120, Severity::Error, Some("POLICY_SIZE_EXCEEDS_RCP_QUOTA")),
        PolicyKind::Resource | PolicyKind::VpcEndpoint => {
            (20_480, Severity::Warning, Some("POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA"))
        }
    };
    Quota { limit, severity, code }
}
