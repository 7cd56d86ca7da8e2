//! What the type of credential demands of the values of a role together.

use std::collections::{BTreeMap, BTreeSet};

use leastpriv_terraform::value::Value;

use super::Found;
use crate::resources::secret_backend_role::model::{Role, given};

/// The credential types that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CredentialType {
    IamUser,
    AssumedRole,
    FederationToken,
    SessionToken,
}

impl CredentialType {
    pub(super) const ALL: [Self; 4] = [
        Self::IamUser,
        Self::AssumedRole,
        Self::FederationToken,
        Self::SessionToken,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::IamUser => "iam_user",
            Self::AssumedRole => "assumed_role",
            Self::FederationToken => "federation_token",
            Self::SessionToken => "session_token",
        }
    }
}

impl Found {
    /// Everything that is wrong with a role of its type; that the type is none, where it is none.
    pub(super) fn of_credential_type(&mut self, role: &Role) {
        if let Some(kind) = self.credential_type(role) {
            self.fields_of_type(role, kind);
            self.lifetimes(role, kind);
            self.counts(role, kind);
            self.grants(role, kind);
        }
    }

    fn credential_type(&mut self, role: &Role) -> Option<CredentialType> {
        let name = role.credential_type.as_deref()?;
        let known = CredentialType::ALL.into_iter().find(|kind| kind.name() == name);
        if known.is_none() {
            self.error(
                "credential_type",
                &format!("`{name}` is no credential type"),
                "use `iam_user`, `assumed_role`, `federation_token` or `session_token`",
            );
        }
        known
    }

    /// Fields that belong to other credential types.
    fn fields_of_type(&mut self, role: &Role, kind: CredentialType) {
        let text = |value: &Value<String>| given(value, String::is_empty) == Some(true);
        let set = |value: &Value<BTreeSet<String>>| given(value, BTreeSet::is_empty) == Some(true);
        let map = |value: &Value<BTreeMap<String, String>>| given(value, BTreeMap::is_empty) == Some(true);
        let ttl = |value: &Value<i64>| given(value, |seconds| *seconds == 0) == Some(true);
        let list = |value: &Value<Vec<String>>| given(value, Vec::is_empty) == Some(true);
        let refused: [(&str, bool, &[CredentialType]); 11] = [
            ("role_arns", set(&role.role_arns), ASSUMED_ROLE),
            ("session_tags", map(&role.session_tags), ASSUMED_ROLE),
            ("external_id", text(&role.external_id), ASSUMED_ROLE),
            ("assumed_role_policies", list(&role.assumed_role_policies), ASSUMED_ROLE),
            ("policy_document", text(&role.policy_document), WITH_POLICIES),
            ("policy_arns", set(&role.policy_arns), WITH_POLICIES),
            ("default_sts_ttl", ttl(&role.default_sts_ttl), STS),
            ("max_sts_ttl", ttl(&role.max_sts_ttl), STS),
            ("user_path", text(&role.user_path), IAM_USER),
            (
                "permissions_boundary_arn",
                text(&role.permissions_boundary_arn),
                IAM_USER,
            ),
            ("mfa_serial_number", text(&role.mfa_serial_number), SESSION_TOKEN),
        ];
        for (attribute, _, types) in refused
            .into_iter()
            .filter(|(_, given, types)| *given && !types.contains(&kind))
        {
            let what = format!("`{attribute}` does not go with `{}`", kind.name());
            self.error(attribute, &what, &format!("it belongs to {}; remove it", names(types)));
        }
        let without_effect: [(&str, bool, &[CredentialType]); 2] = [
            ("iam_tags", map(&role.iam_tags), IAM_USER),
            ("iam_groups", set(&role.iam_groups), WITH_POLICIES),
        ];
        for (attribute, _, types) in without_effect
            .into_iter()
            .filter(|(_, given, types)| *given && !types.contains(&kind))
        {
            let what = format!("`{attribute}` has no effect with `{}`", kind.name());
            self.warning(
                attribute,
                &what,
                &format!("it belongs to {}; the server stores it and never uses it", names(types)),
            );
        }
    }

    fn lifetimes(&mut self, role: &Role, kind: CredentialType) {
        let limits = match kind {
            CredentialType::IamUser => None,
            CredentialType::AssumedRole => Some(900..=43_200),
            CredentialType::FederationToken | CredentialType::SessionToken => Some(900..=129_600),
        };
        for (attribute, ttl) in [
            ("default_sts_ttl", &role.default_sts_ttl),
            ("max_sts_ttl", &role.max_sts_ttl),
        ] {
            let Some(seconds) = ttl.known().copied().filter(|seconds| *seconds != 0) else {
                continue;
            };
            if seconds < 0 {
                self.error(
                    attribute,
                    &format!("`{attribute}` is negative"),
                    "give seconds, or leave it out",
                );
            } else if let Some(limits) = limits.clone().filter(|limits| !limits.contains(&seconds)) {
                self.error(
                    attribute,
                    &format!("AWS gives no `{}` credentials for {seconds} seconds", kind.name()),
                    &format!("use {} to {} seconds", limits.start(), limits.end()),
                );
            }
        }
        if let (Some(default), Some(max)) = (role.default_sts_ttl.known(), role.max_sts_ttl.known())
            && *max > 0
            && default > max
        {
            self.error(
                "default_sts_ttl",
                &format!("`default_sts_ttl` ({default}) is greater than `max_sts_ttl` ({max})"),
                "the server refuses it; lower one or raise the other",
            );
        }
    }

    fn counts(&mut self, role: &Role, kind: CredentialType) {
        let policies = role.policy_arns.known().map_or(0, BTreeSet::len);
        if kind == CredentialType::IamUser && (11..=20).contains(&policies) {
            self.warning(
                "policy_arns",
                &format!("{policies} managed policies are more than a user may have by default"),
                "the quota is 10 and can be raised to 20; credentials fail where it was not",
            );
        } else if policies > 10 {
            let most = if kind == CredentialType::IamUser { 20 } else { 10 };
            self.error(
                "policy_arns",
                &format!("{policies} managed policies are more than AWS takes"),
                &format!("use at most {most}, or put the statements into one policy"),
            );
        }
        let groups = role.iam_groups.known().map_or(0, BTreeSet::len);
        if kind == CredentialType::IamUser && groups > 10 {
            self.error(
                "iam_groups",
                &format!("{groups} groups are more than a user may be in"),
                "use at most 10",
            );
        }
    }

    /// A role must lead somewhere.
    fn grants(&mut self, role: &Role, kind: CredentialType) {
        let nothing = role.names_policy() == Some(false);
        match kind {
            CredentialType::AssumedRole if given(&role.role_arns, BTreeSet::is_empty) == Some(false) => self.error(
                "role_arns",
                "`assumed_role` without `role_arns` has no role to assume",
                "name the IAM roles; the server stores the role without them and then refuses every request for credentials",
            ),
            CredentialType::FederationToken if nothing => self.error(
                "credential_type",
                "`federation_token` without a policy grants nothing",
                "give `policy_document`, `policy_arns` or `iam_groups`; the server refuses every request for credentials without one",
            ),
            CredentialType::IamUser if nothing => self.warning(
                "credential_type",
                "its users may do nothing",
                "give `policy_document`, `policy_arns` or `iam_groups`, unless a policy elsewhere names these users",
            ),
            _ => {}
        }
    }
}

fn names(types: &[CredentialType]) -> String {
    let names: Vec<String> = types.iter().map(|kind| format!("`{}`", kind.name())).collect();
    names.join(", ")
}

const IAM_USER: &[CredentialType] = &[CredentialType::IamUser];
const ASSUMED_ROLE: &[CredentialType] = &[CredentialType::AssumedRole];
const SESSION_TOKEN: &[CredentialType] = &[CredentialType::SessionToken];
const STS: &[CredentialType] = &[
    CredentialType::AssumedRole,
    CredentialType::FederationToken,
    CredentialType::SessionToken,
];
const WITH_POLICIES: &[CredentialType] = &[
    CredentialType::IamUser,
    CredentialType::AssumedRole,
    CredentialType::FederationToken,
];
