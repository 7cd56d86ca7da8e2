//! Which attributes hold policies, and of which kind.

use leastpriv_policy::json::Value;
use leastpriv_policy::kind::PolicyKind;

/// The resource of our own provider whose rules are honoured.
const OURS: &str = "leastpriv_aws_secret_backend_role";

/// What an attribute holds.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A policy document, whatever its text looks like.
    Document(PolicyKind),
    /// The ARN of a managed policy.
    ManagedPolicy,
    /// Nothing that is known: a text that is a policy is one all the same.
    Other,
}

/// Whether a resource type is ours.
pub(super) fn is_ours(resource_type: &str) -> bool {
    resource_type == OURS
}

/// What the attribute at a path of names, such as `inline_policy.policy`, holds.
pub(super) fn meaning(resource_type: &str, names: &str, after: &Value) -> Meaning {
    let kind = match (resource_type, names) {
        ("aws_iam_policy", "policy") | ("awscc_iam_managed_policy", "policy_document") => PolicyKind::Managed,
        ("aws_iam_user_policy", "policy") | ("awscc_iam_user_policy", "policy_document") => PolicyKind::UserInline,
        ("aws_iam_group_policy", "policy") | ("awscc_iam_group_policy", "policy_document") => PolicyKind::GroupInline,
        ("aws_iam_role_policy", "policy")
        | ("aws_iam_role", "inline_policy.policy")
        | ("awscc_iam_role_policy", "policy_document")
        | ("awscc_iam_role", "policies.policy_document") => PolicyKind::RoleInline,
        ("aws_iam_role", "assume_role_policy") | ("awscc_iam_role", "assume_role_policy_document") => PolicyKind::Trust,
        ("aws_ssoadmin_permission_set_inline_policy", "inline_policy") => PolicyKind::Identity,
        ("aws_vpc_endpoint" | "aws_vpc_endpoint_policy", "policy") => PolicyKind::VpcEndpoint,
        ("aws_organizations_policy", "content") => match text(after, "type") {
            None | Some("SERVICE_CONTROL_POLICY") => PolicyKind::ServiceControl,
            Some("RESOURCE_CONTROL_POLICY") => PolicyKind::ResourceControl,
            Some(_) => return Meaning::Other,
        },
        ("vault_aws_secret_backend_role" | OURS, "policy_document") => role_document_kind(after),
        ("vault_aws_secret_backend_role" | OURS, "policy_arns")
        | ("aws_iam_role", "managed_policy_arns")
        | ("aws_ssoadmin_managed_policy_attachment", "managed_policy_arn") => return Meaning::ManagedPolicy,
        (attachment, "policy_arn" | "policy_arns") if attaches_policies(attachment) => return Meaning::ManagedPolicy,
        _ => return Meaning::Other,
    };
    Meaning::Document(kind)
}

/// The kind of the document of a role of the AWS secrets engine: an inline policy of the user that is
/// created, or a session policy for what STS hands out.
pub(super) fn role_document_kind(role: &Value) -> PolicyKind {
    match text(role, "credential_type") {
        Some("iam_user") => PolicyKind::UserInline,
        Some("assumed_role" | "federation_token") => PolicyKind::Session,
        _ => PolicyKind::Identity,
    }
}

/// Whether an attribute of that name holds a policy document with any provider.
pub(super) fn names_policy(name: &str) -> bool {
    name == "policy"
        || name == "access_policies"
        || name.ends_with("_policy")
        || name.ends_with("policy_document")
        || name.ends_with("policy_json")
}

fn attaches_policies(resource_type: &str) -> bool {
    resource_type.starts_with("aws_iam_") && resource_type.contains("policy_attachment")
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use leastpriv_policy::json;

    use super::*;

    fn of(resource_type: &str, names: &str, after: &str) -> Meaning {
        meaning(resource_type, names, &json::parse(after).0)
    }

    #[test]
    fn the_document_of_a_role_is_what_its_credential_type_makes_it() {
        for role in ["vault_aws_secret_backend_role", OURS] {
            for (credential_type, kind) in [
                ("iam_user", PolicyKind::UserInline),
                ("assumed_role", PolicyKind::Session),
                ("federation_token", PolicyKind::Session),
                ("something_new", PolicyKind::Identity),
            ] {
                let after = format!(r#"{{"credential_type":"{credential_type}"}}"#);
                assert_eq!(of(role, "policy_document", &after), Meaning::Document(kind));
            }
            assert_eq!(of(role, "policy_arns", "{}"), Meaning::ManagedPolicy);
        }
    }

    #[test]
    fn attachments_of_every_form_name_managed_policies() {
        for attachment in [
            "aws_iam_policy_attachment",
            "aws_iam_role_policy_attachment",
            "aws_iam_user_policy_attachment",
            "aws_iam_group_policy_attachment",
        ] {
            assert_eq!(of(attachment, "policy_arn", "{}"), Meaning::ManagedPolicy);
        }
        assert_eq!(
            of("aws_iam_role_policy_attachments_exclusive", "policy_arns", "{}"),
            Meaning::ManagedPolicy
        );
        assert_eq!(of("other_resource", "policy_arn", "{}"), Meaning::Other);
    }

    #[test]
    fn a_policy_of_an_organization_is_what_its_type_says() {
        let content = |after: &str| of("aws_organizations_policy", "content", after);
        assert_eq!(content("{}"), Meaning::Document(PolicyKind::ServiceControl));
        assert_eq!(
            content(r#"{"type":"RESOURCE_CONTROL_POLICY"}"#),
            Meaning::Document(PolicyKind::ResourceControl)
        );
        assert_eq!(content(r#"{"type":"TAG_POLICY"}"#), Meaning::Other);
    }

    #[test]
    fn names_say_what_may_hold_a_policy() {
        for name in [
            "policy",
            "key_policy",
            "policy_document",
            "assume_role_policy_document",
            "policy_json",
        ] {
            assert!(names_policy(name), "{name}");
        }
        for name in ["policy_arn", "policies", "policy_type", "termination_policies"] {
            assert!(!names_policy(name), "{name}");
        }
    }
}
