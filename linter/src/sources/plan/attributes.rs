//! Which attributes hold policies, and of which kind.

use leastpriv_policy::json::Value;
use leastpriv_policy::kind::PolicyKind;

use super::resource::{Path, Resource};

/// The resource of our own provider whose rules are honoured.
const OURS: &str = "leastpriv_aws_secret_backend_role";

/// What an attribute holds.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A policy document, whatever its text looks like.
    Document(PolicyKind),
    /// The ARN of a managed policy.
    ManagedPolicy,
    /// A policy that is only compared with, and grants nothing where it stands.
    Reference,
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
        (kind, names) if RESOURCE_POLICIES.contains(&(kind, names)) => PolicyKind::Resource,
        ("vault_aws_secret_backend_role" | OURS, "policy_arns")
        | ("aws_iam_role" | "awscc_iam_role" | "awscc_iam_user" | "awscc_iam_group", "managed_policy_arns")
        | ("aws_ssoadmin_managed_policy_attachment", "managed_policy_arn") => return Meaning::ManagedPolicy,
        (OURS, "policy_ceiling" | "assumed_role_policies") => return Meaning::Reference,
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

/// Attributes that hold the policy of a resource, whatever their text looks like.
const RESOURCE_POLICIES: [(&str, &str); 24] = [
    ("aws_acmpca_policy", "policy"),
    ("aws_api_gateway_rest_api_policy", "policy"),
    ("aws_backup_vault_policy", "policy"),
    ("aws_cloudwatch_event_bus_policy", "policy"),
    ("aws_cloudwatch_log_resource_policy", "policy_document"),
    ("aws_dynamodb_resource_policy", "policy"),
    ("aws_ecr_registry_policy", "policy"),
    ("aws_ecr_repository_policy", "policy"),
    ("aws_efs_file_system_policy", "policy"),
    ("aws_elasticsearch_domain_policy", "access_policies"),
    ("aws_glue_resource_policy", "policy"),
    ("aws_kinesis_resource_policy", "policy"),
    ("aws_kms_key", "policy"),
    ("aws_kms_key_policy", "policy"),
    ("aws_opensearch_domain_policy", "access_policies"),
    ("aws_s3_access_point", "policy"),
    ("aws_s3_bucket_policy", "policy"),
    ("aws_s3control_access_point_policy", "policy"),
    ("aws_s3control_bucket_policy", "policy"),
    ("aws_secretsmanager_secret_policy", "policy"),
    ("aws_sns_topic", "policy"),
    ("aws_sns_topic_policy", "policy"),
    ("aws_sqs_queue", "policy"),
    ("aws_sqs_queue_policy", "policy"),
];

/// Whether an attribute that is not known by its resource type may hold a policy, so that it counts while its value
/// is unknown.
pub(super) fn may_hold_policy(resource: &Resource<'_>, path: &Path<'_>) -> bool {
    let is_role_of_engine = || text(resource.after, "path").is_some_and(|path| path.contains("/roles/"));
    match path.last_name() {
        // A policy of Vault or OpenBao is no policy of AWS.
        Some("policy") if resource.kind == "vault_policy" => false,
        Some("data_json") => resource.kind == "vault_generic_endpoint" && is_role_of_engine(),
        Some("desired_state") => text(resource.after, "type_name").is_some_and(|name| name.starts_with("AWS::IAM::")),
        Some(name) => names_policy(name) && !OTHER_POLICIES.contains(&name),
        None => false,
    }
}

/// Policies that have nothing to do with access.
const OTHER_POLICIES: [&str; 9] = [
    "deletion_policy",
    "eviction_policy",
    "lifecycle_policy",
    "placement_policy",
    "predefined_metric_policy",
    "restart_policy",
    "retry_policy",
    "security_policy",
    "ssl_policy",
];

/// Whether an attribute of that name holds a policy document with any provider.
fn names_policy(name: &str) -> bool {
    name == "policy"
        || name == "access_policies"
        || name.ends_with("_policy")
        || name.ends_with("policy_document")
        || name.ends_with("policy_json")
}

fn attaches_policies(resource_type: &str) -> bool {
    resource_type.starts_with("aws_iam_") && resource_type.contains("policy_attachment")
}

/// The text of a member.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
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
        for reference in ["policy_ceiling", "assumed_role_policies"] {
            assert_eq!(of(OURS, reference, "{}"), Meaning::Reference);
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
