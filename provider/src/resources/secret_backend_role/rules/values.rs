//! What each value of a role must be by itself.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use leastpriv_policy::pattern::is_iam_name;
use leastpriv_terraform::value::Value;

use super::Found;
use crate::client::is_role_name;
use crate::resources::arn;
use crate::resources::secret_backend_role::model::Role;

impl Found {
    /// Everything that is wrong with a value whatever the others are.
    pub(super) fn values(&mut self, role: &Role) {
        self.place(role);
        self.document(role);
        self.ceiling(role);
        self.arns(role);
        self.tags("iam_tags", &role.iam_tags);
        self.tags("session_tags", &role.session_tags);
        self.texts(role);
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
}

/// A slash, or two of them around printable characters.
fn is_user_path(path: &str) -> bool {
    path.len() <= 512
        && path.starts_with('/')
        && path.ends_with('/')
        && path.bytes().all(|byte| (b'!'..=b'\x7f').contains(&byte))
}
