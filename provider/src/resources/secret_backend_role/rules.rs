//! What the server and AWS demand of a role. The server checks a part of it on write; the rest fails only when
//! credentials are asked for, so all of it is checked before anything is planned.
//!
//! A rule says nothing while a value it needs is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use leastpriv_policy::pattern::is_iam_name;
use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::value::Value;

use super::model::{Role, given};
use crate::client::is_role_name;
use crate::resources::arn;

/// Everything that is wrong with a role but its policy document's content.
pub(crate) fn check(role: &Role) -> Diagnostics {
    let mut found = Found {
        label: role.label(),
        diagnostics: Diagnostics::default(),
    };
    found.place(role);
    found.document(role);
    found.ceiling(role);
    found.arns(role);
    found.tags("iam_tags", &role.iam_tags);
    found.tags("session_tags", &role.session_tags);
    found.texts(role);
    if let Some(kind) = found.credential_type(role) {
        found.fields_of_type(role, kind);
        found.lifetimes(role, kind);
        found.counts(role, kind);
        found.grants(role, kind);
    }
    found
        .diagnostics
        .extend(crate::judge::exception_problems(&role.exceptions));
    found.diagnostics
}

/// The credential types that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CredentialType {
    IamUser,
    AssumedRole,
    FederationToken,
    SessionToken,
}

impl CredentialType {
    const ALL: [Self; 4] = [
        Self::IamUser,
        Self::AssumedRole,
        Self::FederationToken,
        Self::SessionToken,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::IamUser => "iam_user",
            Self::AssumedRole => "assumed_role",
            Self::FederationToken => "federation_token",
            Self::SessionToken => "session_token",
        }
    }
}

struct Found {
    label: String,
    diagnostics: Diagnostics,
}

impl Found {
    fn error(&mut self, attribute: &str, what: &str, help: &str) {
        let summary = format!("role `{}`: {what}", self.label);
        self.diagnostics
            .push(Diagnostic::error(summary, help).at(AttributePath::attribute(attribute)));
    }

    fn warning(&mut self, attribute: &str, what: &str, help: &str) {
        let summary = format!("role `{}`: {what}", self.label);
        self.diagnostics
            .push(Diagnostic::warning(summary, help).at(AttributePath::attribute(attribute)));
    }

    fn place(&mut self, role: &Role) {
        if let Some(name) = role.name.as_deref().filter(|name| !is_role_name(name)) {
            self.error(
                "name",
                &format!("`{name}` is no role name"),
                "begin and end with a letter, a digit or `_`; inside, `-`, `.` and `@` are allowed too. The engine has no path for any other name",
            );
        }
        if let Some(mount) = role.mount().filter(|mount| !crate::resources::is_mount_path(mount)) {
            self.error(
                "backend",
                &format!("`{mount}` is no mount path"),
                "give the path of the mount, such as `aws` or `team/aws`",
            );
        }
        if let Some(mode) = role.validate.as_deref()
            && leastpriv_checks::vet::Mode::from_name(mode).is_none()
        {
            self.error(
                "validate",
                &format!("`{mode}` is no value of `validate`"),
                "use `enforce`, `warn` or `off`",
            );
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

    /// The server takes any JSON and nothing else, whatever `validate` says.
    fn document(&mut self, role: &Role) {
        let Some(text) = role.policy_document.as_deref().filter(|text| !text.is_empty()) else {
            return;
        };
        let (_, problems) = leastpriv_policy::json::parse(text);
        let syntax = problems
            .iter()
            .find(|problem| problem.kind != leastpriv_policy::json::ProblemKind::DuplicateKey);
        if let Some(problem) = syntax {
            let position = leastpriv_policy::span::LineIndex::new(text).position(problem.span.start);
            self.error(
                "policy_document",
                &format!("the policy document cannot be read as JSON: {}", problem.message),
                &format!(
                    "line {}, column {} of the document. `jsonencode` always writes JSON",
                    position.line, position.column
                ),
            );
        }
    }

    fn ceiling(&mut self, role: &Role) {
        if let Some((what, help)) = role.policy_ceiling.as_deref().and_then(crate::judge::ceiling_problem) {
            self.error("policy_ceiling", &what, &help);
        }
        for (at, text) in role.assumed_role_policies.known().into_iter().flatten().enumerate() {
            if let Some((what, help)) = crate::judge::role_policy_problem(at, text) {
                self.error("assumed_role_policies", &what, &help);
            }
        }
    }

    fn arns(&mut self, role: &Role) {
        for arn in role
            .role_arns
            .known()
            .into_iter()
            .flatten()
            .filter(|arn| !arn::is_role(arn))
        {
            self.error(
                "role_arns",
                &format!("`{arn}` is not the ARN of an IAM role"),
                "write `arn:PARTITION:iam::ACCOUNT:role/NAME` with the account's twelve digits; a pattern is not allowed here",
            );
        }
        for arn in role
            .policy_arns
            .known()
            .into_iter()
            .flatten()
            .filter(|arn| !arn::is_policy(arn))
        {
            self.error(
                "policy_arns",
                &format!("`{arn}` is not the ARN of a managed policy"),
                "write `arn:PARTITION:iam::ACCOUNT:policy/NAME`, with `aws` as the account for a policy of AWS",
            );
        }
        if let Some(arn) = role
            .permissions_boundary_arn
            .as_deref()
            .filter(|arn| !arn.is_empty() && !arn::is_policy(arn))
        {
            self.error(
                "permissions_boundary_arn",
                &format!("`{arn}` is not the ARN of a managed policy"),
                "write `arn:PARTITION:iam::ACCOUNT:policy/NAME`",
            );
        }
        let is_group = |name: &&String| is_iam_name(name, 1..=128);
        for name in role
            .iam_groups
            .known()
            .into_iter()
            .flatten()
            .filter(|name| !is_group(name))
        {
            self.error(
                "iam_groups",
                &format!("`{name}` is no name of an IAM group"),
                "give the name without path and ARN: up to 128 letters, digits and `_+=,.@-`",
            );
        }
    }

    fn tags(&mut self, attribute: &'static str, tags: &Value<BTreeMap<String, String>>) {
        let Some(tags) = tags.known() else { return };
        if tags.len() > 50 {
            self.error(
                attribute,
                &format!("{} tags are more than AWS takes", tags.len()),
                "use at most 50",
            );
        }
        let allowed = |text: &str| {
            text.chars()
                .all(|character| character.is_alphanumeric() || " _.:/=+-@".contains(character))
        };
        for (key, value) in tags {
            let reserved = key.to_lowercase().starts_with("aws:");
            if reserved || !(1..=128).contains(&key.chars().count()) || !allowed(key) {
                self.error(
                    attribute,
                    &format!("AWS does not take `{key}` as the key of a tag"),
                    "use 1 to 128 letters, digits, spaces and `_.:/=+-@`; `aws:` at the beginning is reserved",
                );
            }
            if value.chars().count() > 256 || !allowed(value) {
                self.error(
                    attribute,
                    &format!("AWS does not take the value of the tag `{key}`"),
                    "use up to 256 letters, digits, spaces and `_.:/=+-@`",
                );
            }
        }
    }

    fn texts(&mut self, role: &Role) {
        let outside = |text: &str, length: RangeInclusive<usize>, extra: &str| {
            !length.contains(&text.chars().count())
                || !text
                    .chars()
                    .all(|character| character.is_ascii_alphanumeric() || extra.contains(character))
        };
        if let Some(path) = role
            .user_path
            .as_deref()
            .filter(|path| !path.is_empty() && !is_user_path(path))
        {
            self.error(
                "user_path",
                &format!("`{path}` is no path of an IAM user"),
                "begin and end with a slash; up to 512 printable ASCII characters without spaces",
            );
        }
        if let Some(id) = role
            .external_id
            .as_deref()
            .filter(|id| !id.is_empty() && outside(id, 2..=1224, "_+=,.@:/-"))
        {
            self.error(
                "external_id",
                &format!("`{id}` is no external id"),
                "use 2 to 1,224 letters, digits and `_+=,.@:/-`",
            );
        }
        let serial = role.mfa_serial_number.as_deref();
        if let Some(serial) = serial.filter(|serial| !serial.is_empty() && outside(serial, 9..=256, "_+=/:,.@-")) {
            self.error(
                "mfa_serial_number",
                &format!("`{serial}` is no MFA device"),
                "give its serial number or ARN: 9 to 256 letters, digits and `_+=/:,.@-`",
            );
        }
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

/// A slash, or two of them around printable characters.
fn is_user_path(path: &str) -> bool {
    path.len() <= 512
        && path.starts_with('/')
        && path.ends_with('/')
        && path.bytes().all(|byte| (b'!'..=b'\x7f').contains(&byte))
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

#[cfg(test)]
mod tests {
    use leastpriv_terraform::diagnostics::DiagnosticSeverity;
    use leastpriv_terraform::value::{IntoTree, Tree};
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

    fn role(credential_type: &str) -> Tree {
        let mut tree = Tree::object();
        tree.set("backend", "team/aws");
        tree.set("name", "ci");
        tree.set("credential_type", credential_type);
        match credential_type {
            "assumed_role" => tree.set("role_arns", set(&["arn:aws:iam::123456789012:role/app"])),
            "session_token" => {}
            _ => tree.set("policy_document", DOCUMENT),
        }
        tree
    }

    fn set(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn with(credential_type: &str, attribute: &str, value: impl IntoTree) -> Diagnostics {
        let mut tree = role(credential_type);
        tree.set(attribute, value);
        check(&Role::from_tree(&tree))
    }

    fn places(diagnostics: &Diagnostics, severity: DiagnosticSeverity) -> Vec<String> {
        diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .filter_map(|diagnostic| diagnostic.path.as_ref().map(ToString::to_string))
            .collect()
    }

    #[track_caller]
    fn assert_refused(credential_type: &str, attribute: &str, value: impl IntoTree) {
        let found = with(credential_type, attribute, value);
        assert_eq!(places(&found, DiagnosticSeverity::Error), [attribute], "{found:?}");
    }

    #[track_caller]
    fn assert_accepted(credential_type: &str, attribute: &str, value: impl IntoTree) {
        let found = with(credential_type, attribute, value);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn plain_roles_of_every_type_are_accepted() {
        for kind in CredentialType::ALL {
            let found = check(&Role::from_tree(&role(kind.name())));
            assert!(found.is_empty(), "{found:?}");
        }
    }

    #[test]
    fn names_and_types_are_checked() {
        assert_refused("iam_user", "name", "a b");
        assert_refused("iam_user", "name", "-a");
        assert_refused("iam_user", "backend", "");
        assert_refused("iam_user", "validate", "on");
        let found = with("iam_user", "credential_type", "iam_user,federation_token");
        assert_eq!(places(&found, DiagnosticSeverity::Error), ["credential_type"]);
        assert_accepted("iam_user", "backend", "/team/aws/");
    }

    #[test]
    fn a_ceiling_must_be_a_policy_without_principals() {
        assert_accepted("iam_user", "policy_ceiling", DOCUMENT);
        assert_accepted("iam_user", "policy_ceiling", Tree::Unknown);
        for ceiling in [
            "",
            "{",
            "{}",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Alow","Action":"*","Resource":"*"}]}"#,
        ] {
            assert_refused("iam_user", "policy_ceiling", ceiling);
        }
    }

    #[test]
    fn policies_of_an_assumed_role_must_be_policies_of_a_role() {
        let attribute = "assumed_role_policies";
        assert_accepted("assumed_role", attribute, vec![DOCUMENT.to_owned()]);
        assert_accepted("assumed_role", attribute, Vec::<String>::new());
        assert_accepted("assumed_role", attribute, Tree::List(vec![Tree::Unknown]));
        assert_refused("iam_user", attribute, vec![DOCUMENT.to_owned()]);
        let trust =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}"#;
        for text in ["", "{", "arn:aws:iam::aws:policy/ReadOnlyAccess", trust] {
            assert_refused("assumed_role", attribute, vec![DOCUMENT.to_owned(), text.to_owned()]);
        }
    }

    #[test]
    fn lifetimes_have_the_limits_of_aws() {
        assert_refused("iam_user", "max_sts_ttl", 900);
        assert_accepted("iam_user", "max_sts_ttl", 0);
        assert_refused("assumed_role", "max_sts_ttl", 899);
        assert_refused("assumed_role", "default_sts_ttl", 43_201);
        assert_accepted("assumed_role", "default_sts_ttl", 43_200);
        assert_accepted("session_token", "max_sts_ttl", 129_600);
        assert_refused("federation_token", "max_sts_ttl", -1);
        let mut tree = role("assumed_role");
        tree.set("default_sts_ttl", 3_600);
        tree.set("max_sts_ttl", 900);
        let found = check(&Role::from_tree(&tree));
        assert_eq!(places(&found, DiagnosticSeverity::Error), ["default_sts_ttl"]);
    }

    #[test]
    fn fields_of_another_type_are_refused() {
        assert_refused("iam_user", "role_arns", set(&["arn:aws:iam::123456789012:role/app"]));
        assert_refused("iam_user", "external_id", "ext-1");
        assert_refused(
            "federation_token",
            "session_tags",
            BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        );
        assert_refused("assumed_role", "user_path", "/team/");
        assert_refused(
            "assumed_role",
            "permissions_boundary_arn",
            "arn:aws:iam::123456789012:policy/b",
        );
        assert_refused("assumed_role", "mfa_serial_number", "arn:aws:iam::123456789012:mfa/x");
        assert_refused("session_token", "policy_document", DOCUMENT);
        assert_refused(
            "session_token",
            "policy_arns",
            set(&["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
        );
        assert_accepted("session_token", "mfa_serial_number", "arn:aws:iam::123456789012:mfa/x");
        let dummy = with("session_token", "iam_groups", set(&["readers"]));
        assert!(!dummy.has_errors());
        assert_eq!(places(&dummy, DiagnosticSeverity::Warning), ["iam_groups"]);
    }

    #[test]
    fn forms_are_checked() {
        assert_refused("assumed_role", "role_arns", set(&["role/app"]));
        assert_refused("iam_user", "policy_arns", set(&["ReadOnlyAccess"]));
        assert_refused("iam_user", "permissions_boundary_arn", "boundary");
        assert_refused("iam_user", "user_path", "team");
        assert_accepted("iam_user", "user_path", "/");
        assert_refused("iam_user", "iam_groups", set(&["a b"]));
        assert_refused("assumed_role", "external_id", "a");
        assert_refused("assumed_role", "external_id", "with space");
        assert_refused("iam_user", "policy_document", "{Version}");
        assert_refused(
            "iam_user",
            "iam_tags",
            BTreeMap::from([("aws:x".to_owned(), String::new())]),
        );
        assert_refused(
            "iam_user",
            "iam_tags",
            BTreeMap::from([("x".to_owned(), "*".to_owned())]),
        );
        assert_refused(
            "iam_user",
            "iam_tags",
            (0..51)
                .map(|at| (format!("k{at}"), String::new()))
                .collect::<BTreeMap<_, _>>(),
        );
    }

    #[test]
    fn counts_are_checked() {
        let policies = |count: usize| {
            (0..count)
                .map(|at| format!("arn:aws:iam::123456789012:policy/p{at}"))
                .collect::<BTreeSet<_>>()
        };
        assert_accepted("iam_user", "policy_arns", policies(10));
        assert!(!with("iam_user", "policy_arns", policies(20)).has_errors());
        assert!(!with("iam_user", "policy_arns", policies(20)).is_empty());
        assert_refused("iam_user", "policy_arns", policies(21));
        assert_refused("assumed_role", "policy_arns", policies(11));
        assert_refused(
            "iam_user",
            "iam_groups",
            (0..11).map(|at| format!("g{at}")).collect::<BTreeSet<_>>(),
        );
    }

    #[test]
    fn a_role_leads_somewhere() {
        assert_refused("assumed_role", "role_arns", BTreeSet::<String>::new());
        let federation = with("federation_token", "policy_document", Tree::Null);
        assert_eq!(places(&federation, DiagnosticSeverity::Error), ["credential_type"]);
        let user = with("iam_user", "policy_document", "");
        assert!(!user.has_errors());
        assert_eq!(places(&user, DiagnosticSeverity::Warning), ["credential_type"]);
        assert_accepted("federation_token", "policy_document", Tree::Unknown);
    }

    const LIFETIMES: &[i64] = &[-1, 0, 60, 900, 43_200, 50_000, 130_000];

    fn any_role() -> impl Strategy<Value = Tree> {
        let texts = |texts: &'static [Option<&'static str>]| select(texts).prop_map(|text| text.map(ToOwned::to_owned));
        let sets = |texts: &'static [&'static str]| {
            proptest::option::of(proptest::collection::btree_set(
                select(texts).prop_map(ToOwned::to_owned),
                0..3,
            ))
        };
        (
            texts(&[
                Some("iam_user"),
                Some("assumed_role"),
                Some("federation_token"),
                Some("session_token"),
                Some("x"),
            ]),
            texts(&[Some("ci"), Some("a b")]),
            sets(&["arn:aws:iam::123456789012:role/app", "app"]),
            sets(&["arn:aws:iam::aws:policy/ReadOnlyAccess", "x"]),
            texts(&[None, Some(""), Some(DOCUMENT), Some("{")]),
            sets(&["readers", "a b"]),
            proptest::option::of(select(LIFETIMES)),
            proptest::option::of(select(LIFETIMES)),
            texts(&[None, Some("/x/"), Some("x")]),
            texts(&[None, Some("ext-1"), Some("a")]),
        )
            .prop_map(
                |(kind, name, roles, policies, document, groups, default, max, path, external)| {
                    let mut tree = role("iam_user");
                    tree.set("credential_type", kind);
                    tree.set("name", name);
                    tree.set("role_arns", roles);
                    tree.set("policy_arns", policies);
                    tree.set("policy_document", document);
                    tree.set("iam_groups", groups);
                    tree.set("default_sts_ttl", default);
                    tree.set("max_sts_ttl", max);
                    tree.set("user_path", path);
                    tree.set("external_id", external);
                    tree
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_unknown_raises_no_error_that_the_value_could_contradict(full in any_role(), hidden in any::<u32>()) {
            let mut masked = full.clone();
            if let Tree::Object(attributes) = &mut masked {
                for (at, value) in attributes.values_mut().enumerate() {
                    if (hidden >> at) & 1 == 1 {
                        *value = Tree::Unknown;
                    }
                }
            }
            let errors = |tree: &Tree| -> Vec<(Option<AttributePath>, String)> {
                check(&Role::from_tree(tree))
                    .into_iter()
                    .filter(|diagnostic| diagnostic.severity == DiagnosticSeverity::Error)
                    .map(|diagnostic| (diagnostic.path, diagnostic.detail))
                    .collect()
            };
            let of_full = errors(&full);
            for error in errors(&masked) {
                prop_assert!(of_full.contains(&error), "{error:?} is not among {of_full:?}");
            }
        }
    }
}
