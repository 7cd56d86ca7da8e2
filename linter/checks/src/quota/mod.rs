//! How long a policy may be, and how its length is counted.
//!
//! What lives here: the quotas of IAM, STS and Organizations by kind of policy. What must not: severities and codes, which
//! belong to the check.

use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::print::compact;

/// The longest policy of a kind, in the unit of [`counted`]. Source: "IAM and STS quotas" and "Quotas for AWS
/// Organizations"; an identity-based policy of unknown attachment is held to the widest quota, as Access Analyzer does.
pub fn quota(kind: PolicyKind) -> usize {
    match kind {
        PolicyKind::Identity | PolicyKind::RoleInline | PolicyKind::ServiceControl => 10_240,
        PolicyKind::Managed | PolicyKind::PermissionsBoundary => 6_144,
        PolicyKind::UserInline | PolicyKind::Session | PolicyKind::Trust => 2_048,
        PolicyKind::GroupInline | PolicyKind::ResourceControl => 5_120,
        PolicyKind::Resource | PolicyKind::VpcEndpoint => 20_480,
    }
}

/// The length of a policy as AWS counts it: characters without the white space outside of strings, but for control
/// policies and the policies of resources, which count as they are sent.
pub fn counted(text: &str, kind: PolicyKind) -> usize {
    match kind {
        PolicyKind::ServiceControl | PolicyKind::ResourceControl => text.chars().count(),
        PolicyKind::Resource | PolicyKind::VpcEndpoint => text.len(),
        _ => compact(text).chars().count(),
    }
}

/// What is counted: characters, or bytes of the policies of resources.
pub fn unit(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Resource | PolicyKind::VpcEndpoint => "bytes",
        _ => "characters",
    }
}
