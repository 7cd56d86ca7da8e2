use std::collections::{BTreeMap, BTreeSet};

use leastpriv_checks::vet::Mode;
use leastpriv_policy::kind::PolicyKind;
use leastpriv_terraform::schema::{Attribute, Block, Schema};
use leastpriv_terraform::value::{Tree, Type, Value};

use crate::judge::{Candidate, CeilingOwner, ExceptionBlock, Session, Unseen};

/// A role as it stands in a configuration, a plan or a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) id: Value<String>,
    pub(crate) namespace: Value<String>,
    pub(crate) backend: Value<String>,
    pub(crate) name: Value<String>,
    pub(crate) credential_type: Value<String>,
    pub(crate) role_arns: Value<BTreeSet<String>>,
    pub(crate) policy_arns: Value<BTreeSet<String>>,
    pub(crate) policy_document: Value<String>,
    pub(crate) iam_groups: Value<BTreeSet<String>>,
    pub(crate) iam_tags: Value<BTreeMap<String, String>>,
    pub(crate) session_tags: Value<BTreeMap<String, String>>,
    pub(crate) external_id: Value<String>,
    pub(crate) default_sts_ttl: Value<i64>,
    pub(crate) max_sts_ttl: Value<i64>,
    pub(crate) user_path: Value<String>,
    pub(crate) permissions_boundary_arn: Value<String>,
    pub(crate) mfa_serial_number: Value<String>,
    pub(crate) assumed_role_policies: Value<Vec<String>>,
    pub(crate) policy_ceiling: Value<String>,
    pub(crate) validate: Value<String>,
    pub(crate) findings: Value<Vec<String>>,
    pub(crate) exceptions: Value<Vec<ExceptionBlock>>,
}

impl Role {
    /// Reads an object of the schema.
    pub(crate) fn from_tree(tree: &Tree) -> Self {
        Self {
            id: tree.get("id"),
            namespace: tree.get("namespace"),
            backend: tree.get("backend"),
            name: tree.get("name"),
            credential_type: tree.get("credential_type"),
            role_arns: tree.get("role_arns"),
            policy_arns: tree.get("policy_arns"),
            policy_document: tree.get("policy_document"),
            iam_groups: tree.get("iam_groups"),
            iam_tags: tree.get("iam_tags"),
            session_tags: tree.get("session_tags"),
            external_id: tree.get("external_id"),
            default_sts_ttl: tree.get("default_sts_ttl"),
            max_sts_ttl: tree.get("max_sts_ttl"),
            user_path: tree.get("user_path"),
            permissions_boundary_arn: tree.get("permissions_boundary_arn"),
            mfa_serial_number: tree.get("mfa_serial_number"),
            assumed_role_policies: tree.get("assumed_role_policies"),
            policy_ceiling: tree.get("policy_ceiling"),
            validate: tree.get("validate"),
            findings: tree.get("findings"),
            exceptions: tree.get("exception"),
        }
    }

    /// Writes an object of the schema.
    pub(crate) fn into_tree(self) -> Tree {
        let Self {
            id,
            namespace,
            backend,
            name,
            credential_type,
            role_arns,
            policy_arns,
            policy_document,
            iam_groups,
            iam_tags,
            session_tags,
            external_id,
            default_sts_ttl,
            max_sts_ttl,
            user_path,
            permissions_boundary_arn,
            mfa_serial_number,
            assumed_role_policies,
            policy_ceiling,
            validate,
            findings,
            exceptions,
        } = self;
        let mut tree = Tree::object();
        tree.set("id", id);
        tree.set("namespace", namespace);
        tree.set("backend", backend);
        tree.set("name", name);
        tree.set("credential_type", credential_type);
        tree.set("role_arns", role_arns);
        tree.set("policy_arns", policy_arns);
        tree.set("policy_document", policy_document);
        tree.set("iam_groups", iam_groups);
        tree.set("iam_tags", iam_tags);
        tree.set("session_tags", session_tags);
        tree.set("external_id", external_id);
        tree.set("default_sts_ttl", default_sts_ttl);
        tree.set("max_sts_ttl", max_sts_ttl);
        tree.set("user_path", user_path);
        tree.set("permissions_boundary_arn", permissions_boundary_arn);
        tree.set("mfa_serial_number", mfa_serial_number);
        tree.set("assumed_role_policies", assumed_role_policies);
        tree.set("policy_ceiling", policy_ceiling);
        tree.set("validate", validate);
        tree.set("findings", findings);
        tree.set("exception", exceptions);
        tree
    }

    /// The mount without slashes around it; `None` while it is unknown.
    pub(crate) fn mount(&self) -> Option<&str> {
        self.backend.as_deref().map(|backend| backend.trim_matches('/'))
    }

    /// The resource's own namespace.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.namespace
            .as_deref()
            .map(|namespace| namespace.trim_matches('/'))
            .filter(|namespace| !matches!(*namespace, "" | "root"))
    }

    /// Where the role is stored, which is its id too; `None` while a part of it is unknown.
    pub(crate) fn path(&self) -> Option<String> {
        Some(format!("{}/roles/{}", self.mount()?, self.name.as_deref()?))
    }

    /// What the role is called in messages.
    pub(crate) fn label(&self) -> String {
        let name = || self.name.as_deref().unwrap_or("(not known yet)").to_owned();
        self.path().unwrap_or_else(name)
    }

    /// What of the role is judged.
    pub(crate) fn candidate(&self) -> Candidate {
        Candidate {
            label: self.label(),
            kind: self.credential_type.as_deref().map(policy_kind),
            document: self.policy_document.clone(),
            managed_policies: self.policy_arns.clone().map(|arns| arns.into_iter().collect()),
            mode: match &self.validate {
                Value::Null => Value::Known(Mode::default()),
                Value::Unknown => Value::Unknown,
                Value::Known(name) => Value::Known(Mode::from_name(name).unwrap_or_default()),
            },
            exceptions: self.exceptions.clone(),
            ceilings: Vec::new(),
            unseen: self.unseen(),
            session: self.session(),
            limits: self.boundary().into_iter().collect(),
        }
        .under(CeilingOwner::Role, &self.policy_ceiling)
    }

    /// The groups, whose policies are not known. Nothing is said while they are unknown.
    fn unseen(&self) -> Vec<Unseen> {
        if self.credential_type.as_deref() == Some("session_token") {
            return Vec::new();
        }
        let groups = self.iam_groups.known().into_iter().flatten().map(|name| Unseen {
            attribute: "iam_groups",
            what: format!("what the group `{name}` grants"),
        });
        groups.collect()
    }

    /// What the policies limit, where they are session policies. A federated user without any may do nothing
    /// ("Permissions for GetFederationToken", IAM User Guide).
    fn session(&self) -> Option<Session> {
        let is_of_role = match self.credential_type.as_deref()? {
            "assumed_role" => true,
            "session_token" => false,
            "federation_token" if self.names_policy() != Some(false) => false,
            _ => return None,
        };
        let base = if is_of_role {
            let arns: Vec<String> = self
                .role_arns
                .known()
                .into_iter()
                .flatten()
                .map(|arn| format!("`{arn}`"))
                .collect();
            let roles = match arns.len() {
                0 => "the roles in `role_arns`".to_owned(),
                1 => format!("the role {}", arns.concat()),
                _ => format!("the roles {}", arns.join(" and ")),
            };
            Unseen {
                attribute: "role_arns",
                what: format!("what {roles} may do"),
            }
        } else {
            Unseen {
                attribute: "credential_type",
                what: "what the mount's own IAM user may do".to_owned(),
            }
        };
        let role_policies = match &self.assumed_role_policies {
            _ if self.names_policy().is_none() => Value::Unknown,
            Value::Known(texts) if texts.is_empty() => Value::Null,
            texts if is_of_role => texts.clone(),
            _ => Value::Null,
        };
        Some(Session {
            base,
            role_policies,
            is_of_role,
        })
    }

    /// Whether there is a policy or a group: `None` while that is unknown.
    pub(super) fn names_policy(&self) -> Option<bool> {
        let given = [
            given(&self.policy_document, String::is_empty),
            given(&self.policy_arns, BTreeSet::is_empty),
            given(&self.iam_groups, BTreeSet::is_empty),
        ];
        if given.contains(&Some(true)) {
            return Some(true);
        }
        (!given.contains(&None)).then_some(false)
    }

    /// The boundary, which is not known and can only take away from what the policies of the role allow.
    fn boundary(&self) -> Option<String> {
        let arn = self.permissions_boundary_arn.as_deref().filter(|arn| !arn.is_empty())?;
        Some(format!("what the boundary `{arn}` allows is not known here"))
    }
}

/// Whether a value is there: `None` while that is unknown.
pub(super) fn given<T>(value: &Value<T>, is_empty: impl Fn(&T) -> bool) -> Option<bool> {
    match value {
        Value::Null => Some(false),
        Value::Unknown => None,
        Value::Known(known) => Some(!is_empty(known)),
    }
}

/// A user gets the document as an inline policy; STS gets it as a session policy. A role from old data may be of two
/// types and counts as a user's, which lasts longer.
fn policy_kind(credential_type: &str) -> PolicyKind {
    if credential_type.split(',').any(|one| one == "iam_user") {
        PolicyKind::UserInline
    } else {
        PolicyKind::Session
    }
}

/// The resource block.
pub(crate) fn schema() -> Schema {
    Schema {
        version: 0,
        description: DESCRIPTION.to_owned(),
        attributes: [identity(), grants(), sessions(), users(), judgement()].concat(),
        blocks: vec![exception()],
    }
}

const DESCRIPTION: &str = "\
A role of the AWS secrets engine: what credentials it gives out and what they may do.

The policies are judged before anything is written. With `validate = \"enforce\"`, the default, a role to be created or \
changed is refused at plan when an error or a security warning of high confidence is found and no `exception` covers it. \
Every field is sent on every write, so removing an argument clears it on the server.

A change that gives a role access which it did not have is shown with a request that proves it. With a `policy_ceiling`, \
here or in the provider block, the role is compared with another policy and refused where it goes beyond.

Import takes the id: `terraform import leastpriv_aws_secret_backend_role.example aws/roles/example`. For a role in a \
namespace, set `TERRAFORM_VAULT_NAMESPACE_IMPORT` while importing.";

fn identity() -> Vec<Attribute> {
    vec![
        Attribute::computed("id", Type::String, "`MOUNT/roles/NAME`, which import takes too."),
        Attribute::optional(
            "namespace",
            Type::String,
            "Namespace of the mount, relative to the provider's. Slashes around it do not count. Another namespace means another role: the change forces replacement.",
        ),
        Attribute::required(
            "backend",
            Type::String,
            "Path of the mount. Slashes around it do not count. Where it changes, the role goes along: with its mount when that is moved, else it is written to the other mount and then deleted from the old one.",
        ),
        Attribute::required(
            "name",
            Type::String,
            "Name of the role: letters, digits and `_`, inside also `-`, `.` and `@`. Another name means another role.",
        )
        .replaces(),
        Attribute::required(
            "credential_type",
            Type::String,
            "`iam_user`, `assumed_role`, `federation_token`, or, where the server has it, `session_token`. It can be changed in place.",
        ),
    ]
}

fn grants() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "role_arns",
            Type::set(Type::String),
            "ARNs of the IAM roles that may be assumed. Required for `assumed_role`, refused for every other type. They can be changed in place.",
        ),
        Attribute::optional(
            "policy_arns",
            Type::set(Type::String),
            "ARNs of managed policies: attached to the user for `iam_user`, a limit of the session for `assumed_role` and `federation_token`. Policies of AWS that are known by name are judged; those that are not are named in `findings`.",
        ),
        Attribute::optional(
            "policy_document",
            Type::String,
            "IAM policy as JSON: the user's inline policy for `iam_user`, the session policy for `assumed_role` and `federation_token`. Another layout, order of keys or order of a list of actions, resources or values is no change.",
        ),
        Attribute::optional(
            "iam_groups",
            Type::set(Type::String),
            "Names of IAM groups: joined by the user for `iam_user`; for `assumed_role` and `federation_token` their policies become part of the session policy. AWS and this provider cannot see what the groups grant.",
        ),
    ]
}

fn sessions() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "session_tags",
            Type::map(Type::String),
            "Tags of the sessions; for `assumed_role` only. Vault 1.18 and later.",
        ),
        Attribute::optional(
            "external_id",
            Type::String,
            "External id that is passed when the role is assumed; for `assumed_role` only. Vault 1.18 and later.",
        ),
        Attribute::optional(
            "default_sts_ttl",
            Type::Number,
            "Lifetime in seconds of STS credentials that are asked for without one. 900 to 43,200 for `assumed_role`, 900 to 129,600 for `federation_token` and `session_token`. Zero means none.",
        ),
        Attribute::optional(
            "max_sts_ttl",
            Type::Number,
            "Longest lifetime in seconds of STS credentials, with the same limits. Zero means none.",
        ),
        Attribute::optional(
            "mfa_serial_number",
            Type::String,
            "Serial number or ARN of the MFA device of the mount's own IAM user; for `session_token` only. Vault 1.16 and later.",
        ),
    ]
}

fn users() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "iam_tags",
            Type::map(Type::String),
            "Tags of the users; they have an effect for `iam_user` only.",
        ),
        Attribute::optional(
            "user_path",
            Type::String,
            "Path of the users, such as `/vault/`; for `iam_user` only. AWS's default is `/`.",
        ),
        Attribute::optional(
            "permissions_boundary_arn",
            Type::String,
            "ARN of the managed policy that bounds the users; for `iam_user` only.",
        ),
    ]
}

fn judgement() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "assumed_role_policies",
            Type::list(Type::String),
            "All identity-based policies that each of the IAM roles in `role_arns` has, attached and inline, each as JSON; for `assumed_role` only. They are taken as given and never sent to the server. With them a ceiling is compared with what the credentials may do, which is what one of these policies and the session policy both allow; without them, with the session policy alone. Leave them out where the roles differ. An empty list counts as none given.",
        ),
        Attribute::optional(
            "policy_ceiling",
            Type::String,
            "IAM policy as JSON that the role must stay within, written as that of a user. A role to be created or changed is refused when its policies allow a request that the ceiling does not; the message shows such a request. A session policy counts together with `assumed_role_policies`. What cannot be decided, as with a role, groups or managed policies whose content is not known here, is refused with `validate = \"enforce\"` and a warning otherwise; no `exception` covers either. The ceiling is never sent to the server. That of the provider applies as well.",
        ),
        Attribute::optional_computed(
            "validate",
            Type::String,
            "What findings do: `enforce` refuses errors and security warnings of high confidence and warns of the rest, `warn` only warns, `off` only records. Default: `enforce`.",
        ),
        Attribute::computed(
            "findings",
            Type::list(Type::String),
            "Every finding as `check: element`, whatever `validate` and the exceptions say, and what could not be judged.",
        ),
    ]
}

fn exception() -> Block {
    Block::list(
        "exception",
        vec![
            Attribute::required("check", Type::String, "Name of the check whose findings are accepted."),
            Attribute::required("reason", Type::String, "Why they are acceptable."),
            Attribute::required("owner", Type::String, "Who answers for it."),
            Attribute::required("expires", Type::String, "The last day on which it holds, as `YYYY-MM-DD`, in UTC."),
        ],
    )
    .describe("Accepts the findings of one check for a time. An exception that has expired does not count, and the provider says so.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_and_model_have_the_same_attributes() {
        let Tree::Object(of_model) = Role::from_tree(&Tree::Null).into_tree() else {
            panic!("an object")
        };
        let Tree::Object(of_schema) = schema().null_tree() else {
            panic!("an object")
        };
        assert_eq!(
            of_model.keys().collect::<Vec<_>>(),
            of_schema.keys().collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_kind_follows_the_credential_type() {
        assert_eq!(policy_kind("iam_user"), PolicyKind::UserInline);
        assert_eq!(policy_kind("iam_user,federation_token"), PolicyKind::UserInline);
        assert_eq!(policy_kind("assumed_role"), PolicyKind::Session);
    }

    #[test]
    fn path_and_id_have_no_slashes_around_the_mount() {
        let mut tree = Tree::object();
        tree.set("backend", "team/aws/");
        tree.set("name", "ci");
        assert_eq!(Role::from_tree(&tree).path().as_deref(), Some("team/aws/roles/ci"));
        tree.set("backend", Tree::Unknown);
        assert_eq!(Role::from_tree(&tree).path(), None);
        assert_eq!(Role::from_tree(&tree).label(), "ci");
    }
}
