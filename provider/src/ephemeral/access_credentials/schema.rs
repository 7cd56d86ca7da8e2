use leastpriv_terraform::schema::{Attribute, Schema};
use leastpriv_terraform::value::Type;

/// The attributes.
pub(super) fn schema() -> Schema {
    let attributes = [target(), parameters(), keys(), lease()].concat();
    Schema {
        version: 0,
        description: DESCRIPTION.to_owned(),
        attributes,
        blocks: Vec::new(),
    }
}

const DESCRIPTION: &str = "\
AWS credentials from a role of the AWS secrets engine, for the length of a run. They are neither in the plan nor in the state.

The lease is extended while the run lasts and revoked when it ends, also after a failure, an interrupt, or when Terraform is killed; for a role that \
makes IAM users this deletes the user. Revoking needs `update` on `sys/leases/revoke`, which the default policy does not \
grant; without it the provider warns and names the lease. Leases are bound to the token of the provider and end with it. A \
provider process that is itself killed leaves its lease until that ends.

**STS credentials cannot be revoked**: AWS has no way to do it. Keep them short with `ttl`, or with `default_sts_ttl` of the role.

Terraform opens ephemeral resources in the plan and again in the apply if their configuration is known, so a role that makes \
IAM users makes two of them in a plan with its apply. With `role_id` or `mount_id` from a resource of the same run, opening waits \
for the apply.

AWS needs some seconds before a new access key works everywhere. The provider does not wait for that: it may not reach AWS. \
Prefer STS credentials, which work at once, or let the consumer retry.";

fn target() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "mount",
            Type::String,
            "Path of the secrets engine. Required unless `role_id` is given.",
        ),
        Attribute::optional(
            "role",
            Type::String,
            "Name of the role. Required unless `role_id` is given.",
        ),
        Attribute::optional(
            "role_id",
            Type::String,
            "The `id` of a `leastpriv_aws_secret_backend_role`, in place of `mount` and `role`. Opening then waits for a role that the same run makes or changes.",
        ),
        Attribute::optional(
            "mount_id",
            Type::String,
            "Any value of a mount resource. It has no meaning but the order: opening waits until the mount is there.",
        ),
        Attribute::optional(
            "namespace",
            Type::String,
            "Namespace of the secrets engine, relative to the provider's.",
        ),
    ]
}

fn parameters() -> Vec<Attribute> {
    vec![
        Attribute::optional_computed(
            "type",
            Type::String,
            "Path of the engine that is asked: `creds` (the default) is read and `sts` is written, which needs the capability `read` or `update`. Roles that assume an AWS role or federate take either.",
        ),
        Attribute::optional(
            "role_arn",
            Type::String,
            "ARN of the AWS role to assume. Required when the role lists several.",
        ),
        Attribute::optional(
            "role_session_name",
            Type::String,
            "Name of the session in AWS, for roles that assume an AWS role. Default: made by the engine.",
        ),
        Attribute::optional(
            "ttl",
            Type::String,
            "How long STS credentials live, as seconds (`900`) or with a unit (`15m`). The engine shortens it to its maximum without a word, and ignores it for IAM users. Default: `default_sts_ttl` of the role, else one hour.",
        ),
        Attribute::optional(
            "mfa_code",
            Type::String,
            "Code of the role's MFA device, for roles that make session tokens (Vault 1.16 and later). Sending it needs the capability `update`.",
        )
        .sensitive(),
        Attribute::optional(
            "region",
            Type::String,
            "Region that the credentials are for. It is only passed on, so that a provider configuration can take it from here.",
        ),
    ]
}

fn keys() -> Vec<Attribute> {
    vec![
        Attribute::computed("access_key", Type::String, "Access key id.").sensitive(),
        Attribute::computed("secret_key", Type::String, "Secret access key.").sensitive(),
        Attribute::computed("security_token", Type::String, "Session token; null for IAM users.").sensitive(),
        Attribute::computed(
            "arn",
            Type::String,
            "ARN of the assumed role, where the engine tells it.",
        ),
    ]
}

fn lease() -> Vec<Attribute> {
    vec![
        Attribute::computed(
            "lease_id",
            Type::String,
            "Id of the lease; empty where the engine gives none.",
        ),
        Attribute::computed(
            "lease_duration",
            Type::Number,
            "Seconds that the lease lasts from `lease_start_time` on.",
        ),
        Attribute::computed(
            "lease_start_time",
            Type::String,
            "When the credentials were asked for, by the clock of this machine, as RFC 3339 in UTC.",
        ),
        Attribute::computed(
            "lease_renewable",
            Type::Bool,
            "Whether the lease can be extended; the provider then does it.",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_of_the_official_ephemeral_resource_is_there() {
        let official = "access_key lease_duration lease_id lease_renewable lease_start_time mount mount_id namespace region \
            role role_arn secret_key security_token ttl type";
        let schema = schema();
        for name in official.split_whitespace() {
            assert!(
                schema.attributes.iter().any(|attribute| attribute.name == name),
                "{name}"
            );
        }
    }

    #[test]
    fn keys_are_sensitive() {
        let sensitive: Vec<&str> = schema()
            .attributes
            .iter()
            .filter(|attribute| attribute.sensitive)
            .map(|attribute| attribute.name)
            .collect();
        assert_eq!(sensitive, ["mfa_code", "access_key", "secret_key", "security_token"]);
    }
}
