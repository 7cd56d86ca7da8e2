use leastpriv_terraform::schema::{Attribute, Schema};
use leastpriv_terraform::value::Type;

/// The resource block.
pub(crate) fn schema() -> Schema {
    Schema {
        version: 0,
        description: DESCRIPTION.to_owned(),
        attributes: [
            place(),
            credentials(),
            endpoints(),
            identity_tokens(),
            rotation(),
            leases(),
            mount(),
            fixed(),
        ]
        .concat(),
        blocks: Vec::new(),
    }
}

const DESCRIPTION: &str = "\
A mount of the AWS secrets engine with its own credentials (`config/root`) and the lease times of its users (`config/lease`).

The secret key is write-only, in both spellings: it is in the configuration and on the server, never in a plan or a state. \
Every write of `config/root` sends the whole record. Servers up to Vault 1.18, and OpenBao with an engine of that age, replace \
the stored record by it, so **any** change of `config/root` needs the secret in the configuration there; the plan says so.

A key pair that the server has rotated (`config/rotate-root`) is left alone: `root_rotated` becomes true, and nothing is written \
over the live pair until `access_key` or `secret_key_wo_version` changes.

Import takes the path: `terraform import leastpriv_aws_secret_backend.example team/aws`. For a mount in a namespace, set \
`TERRAFORM_VAULT_NAMESPACE_IMPORT` while importing.";

fn place() -> Vec<Attribute> {
    vec![
        Attribute::computed("id", Type::String, "The path of the mount."),
        Attribute::computed("accessor", Type::String, "The server's name for this mount."),
        Attribute::optional(
            "namespace",
            Type::String,
            "Namespace of the mount, relative to the provider's. Slashes around it do not count. Another namespace means another mount: the change forces replacement.",
        ),
        Attribute::optional_computed(
            "path",
            Type::String,
            "Path of the mount, without slashes around it. A new path moves the mount with its roles; its leases are revoked. Default: `aws`.",
        ),
        Attribute::optional_computed(
            "disable_remount",
            Type::Bool,
            "Do not move the mount when `path` changes: unmount it, with all roles and leases, and mount a new one. Default: `false`.",
        ),
        Attribute::optional("description", Type::String, "Description of the mount for people."),
    ]
}

fn credentials() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "access_key",
            Type::String,
            "Access key id with which the engine calls AWS. Without one the server uses what it finds in its own environment.",
        )
        .sensitive(),
        Attribute::optional(
            "secret_key",
            Type::String,
            "Secret access key, write-only. A new secret alone is not noticed; it is written together with the next change of `config/root`. Use `secret_key_wo` with its version to write it at will.",
        )
        .sensitive()
        .write_only(),
        Attribute::optional(
            "secret_key_wo",
            Type::String,
            "Secret access key, write-only. It is written when `secret_key_wo_version` or `access_key` changes, and where the server would otherwise lose it.",
        )
        .sensitive()
        .write_only(),
        Attribute::optional(
            "secret_key_wo_version",
            Type::Number,
            "Version of `secret_key_wo`; another number writes the secret.",
        ),
        Attribute::computed(
            "root_rotated",
            Type::Bool,
            "Whether the server has another access key than the one that was written last, as after `config/rotate-root`.",
        ),
    ]
}

fn endpoints() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "region",
            Type::String,
            "AWS region. Without one: the server's environment, then `us-east-1`.",
        ),
        Attribute::optional("iam_endpoint", Type::String, "URL of another IAM endpoint."),
        Attribute::optional("sts_endpoint", Type::String, "URL of another STS endpoint."),
        Attribute::optional("sts_region", Type::String, "Region for STS. Vault 1.19 and later."),
        Attribute::optional(
            "sts_fallback_endpoints",
            Type::list(Type::String),
            "STS endpoints to try after `sts_endpoint`, in order; as many as `sts_fallback_regions`. Vault 1.19 and later.",
        ),
        Attribute::optional(
            "sts_fallback_regions",
            Type::list(Type::String),
            "Regions of the fallback endpoints, in the same order. Vault 1.19 and later.",
        ),
        Attribute::optional_computed(
            "max_retries",
            Type::Number,
            "How often the engine repeats a failed call of AWS; -1 leaves it to the AWS SDK. Default: -1.",
        ),
        Attribute::optional(
            "username_template",
            Type::String,
            "Template for the names of users and sessions. Without one: the server's default, which is not shown here.",
        ),
    ]
}

fn identity_tokens() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "role_arn",
            Type::String,
            "IAM role that the engine assumes with an identity token. Vault Enterprise 1.16 and later.",
        ),
        Attribute::optional(
            "identity_token_audience",
            Type::String,
            "Audience of the identity token; needs `role_arn` and excludes `access_key`. Vault Enterprise 1.16 and later.",
        ),
        Attribute::optional(
            "identity_token_ttl",
            Type::Number,
            "Lifetime of the identity token in seconds. Vault Enterprise 1.16 and later.",
        ),
        Attribute::optional(
            "identity_token_key",
            Type::String,
            "Key that signs the identity tokens of the mount; `default` is the same as none. Vault Enterprise 1.16 and later.",
        ),
    ]
}

fn rotation() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "rotation_schedule",
            Type::String,
            "When the server rotates the key pair, in cron's notation; excludes `rotation_period`. Vault Enterprise 1.19 and later.",
        ),
        Attribute::optional(
            "rotation_period",
            Type::Number,
            "Seconds between two rotations, 10 at least; excludes `rotation_schedule`. Vault Enterprise 1.19 and later.",
        ),
        Attribute::optional(
            "rotation_window",
            Type::Number,
            "Seconds within which a scheduled rotation must be done, 3,600 at least; needs `rotation_schedule`. Vault Enterprise 1.19 and later.",
        ),
        Attribute::optional(
            "disable_automated_rotation",
            Type::Bool,
            "Stops the rotation until it is false again. Vault Enterprise 1.19 and later.",
        ),
    ]
}

fn leases() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "lease",
            Type::String,
            "How long the credentials of IAM users live until they are renewed, such as `30m`; needs `lease_max`. Without it the mount's TTLs hold.",
        ),
        Attribute::optional(
            "lease_max",
            Type::String,
            "How long the credentials of IAM users live at most, such as `24h`; needs `lease`.",
        ),
        Attribute::optional(
            "default_lease_ttl_seconds",
            Type::Number,
            "Default lifetime of leases of the mount in seconds. Without it, or with 0: the server's.",
        ),
        Attribute::optional(
            "max_lease_ttl_seconds",
            Type::Number,
            "Longest lifetime of leases of the mount in seconds. Without it, or with 0: the server's.",
        ),
    ]
}

fn mount() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "audit_non_hmac_request_keys",
            Type::list(Type::String),
            "Fields of requests that audit logs show in clear.",
        ),
        Attribute::optional(
            "audit_non_hmac_response_keys",
            Type::list(Type::String),
            "Fields of responses that audit logs show in clear. With `access_key` here, CloudTrail events can be matched to leases; the secret stays hashed.",
        ),
        Attribute::optional(
            "listing_visibility",
            Type::String,
            "Whether the mount is listed to users without a token: `unauth` or `hidden`.",
        ),
        Attribute::optional(
            "passthrough_request_headers",
            Type::list(Type::String),
            "Request headers that reach the engine.",
        ),
        Attribute::optional(
            "allowed_response_headers",
            Type::list(Type::String),
            "Response headers that the engine may set.",
        ),
        Attribute::optional(
            "allowed_managed_keys",
            Type::set(Type::String),
            "Managed keys that the mount may use. Vault Enterprise; OpenBao has no managed keys.",
        ),
        Attribute::optional(
            "delegated_auth_accessors",
            Type::list(Type::String),
            "Accessors of auth mounts that the mount may delegate to. Vault; OpenBao has no such field.",
        ),
        Attribute::optional(
            "plugin_version",
            Type::String,
            "Version of the engine, such as `v1.18.5`. Removing it leaves the mount at its version.",
        ),
        Attribute::optional(
            "options",
            Type::map(Type::String),
            "Options of the mount. A value cannot be empty: that is how a server is told to forget one.",
        ),
    ]
}

/// What a server takes when it mounts and ignores ever after.
fn fixed() -> Vec<Attribute> {
    vec![
        Attribute::optional_computed(
            "local",
            Type::Bool,
            "Keep the mount out of replication. Fixed when the mount is made: a change is refused at plan. Without it: as it is, false for a new mount.",
        ),
        Attribute::optional_computed(
            "seal_wrap",
            Type::Bool,
            "Encrypt stored values by the seal too. Fixed when the mount is made: a change is refused at plan. Without it: as it is, false for a new mount.",
        ),
        Attribute::optional_computed(
            "external_entropy_access",
            Type::Bool,
            "Give the mount the server's external source of entropy. Fixed when the mount is made: a change is refused at plan. Without it: as it is, false for a new mount.",
        ),
        Attribute::optional_computed(
            "force_no_cache",
            Type::Bool,
            "Cache nothing of the mount. Fixed when the mount is made: a change is refused at plan. Without it: as it is, false for a new mount.",
        ),
    ]
}
