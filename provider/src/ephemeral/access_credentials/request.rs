//! The configuration: what is asked for, and what is wrong with it on its own.

use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::value::{Tree, Value};

use crate::client::{CredentialKind, CredentialParameters, Secret, is_role_name};
use crate::config::parse_duration;

/// What is asked of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) namespace: Option<String>,
    /// Without slashes around it.
    pub(super) mount: String,
    pub(super) role: String,
    pub(super) kind: CredentialKind,
    pub(super) parameters: CredentialParameters,
}

impl Request {
    /// Reads a known configuration; `None` where [`validate`] finds an error.
    pub(super) fn from_tree(config: &Tree) -> Option<Self> {
        let text = |name: &str| config.get::<String>(name).into_known().filter(|text| !text.is_empty());
        let (mount, role) = match text("role_id") {
            Some(id) => split_role_id(&id).map(|(mount, role)| (mount.to_owned(), role.to_owned()))?,
            None => (text("mount")?.trim_matches('/').to_owned(), text("role")?),
        };
        let kind = match text("type") {
            Some(name) => CredentialKind::from_name(&name)?,
            None => CredentialKind::Creds,
        };
        Some(Self {
            namespace: text("namespace"),
            mount,
            role,
            kind,
            parameters: CredentialParameters {
                role_arn: text("role_arn"),
                role_session_name: text("role_session_name"),
                ttl: text("ttl"),
                mfa_code: text("mfa_code").map(Secret::new),
            },
        })
    }

    /// Mount and role in one, for messages.
    pub(super) fn label(&self) -> String {
        format!("{}/{}", self.mount, self.role)
    }
}

/// What is wrong with a configuration. Unknown values are not judged.
pub(super) fn validate(config: &Tree) -> Diagnostics {
    let mut found = Diagnostics::default();
    validate_target(config, &mut found);
    for (name, fault, help) in RULES {
        if let Value::Known(text) = config.get::<String>(name)
            && fault(&text)
        {
            found.push(
                Diagnostic::error(format!("`{name}` cannot be right"), *help).at(AttributePath::attribute(*name)),
            );
        }
    }
    found
}

fn validate_target(config: &Tree, found: &mut Diagnostics) {
    let role_id = config.get::<String>("role_id");
    for name in ["mount", "role"] {
        match (config.get::<String>(name), &role_id) {
            (Value::Null, Value::Null) => found.push(
                Diagnostic::error(
                    format!("`{name}` is missing"),
                    "give `mount` and `role`, or `role_id` with the id of a role resource",
                )
                .at(AttributePath::attribute(name)),
            ),
            (Value::Known(_), Value::Known(_)) => found.push(
                Diagnostic::error(
                    format!("`{name}` and `role_id` say the same twice"),
                    "`role_id` holds mount and role; remove one or the other",
                )
                .at(AttributePath::attribute(name)),
            ),
            _ => {}
        }
    }
}

/// Mount and role of a role resource's id, `MOUNT/roles/NAME`.
fn split_role_id(id: &str) -> Option<(&str, &str)> {
    let (mount, role) = id.rsplit_once("/roles/")?;
    (is_mount_path(mount) && is_role_name(role)).then_some((mount, role))
}

fn is_mount_path(mount: &str) -> bool {
    mount
        .trim_matches('/')
        .split('/')
        .all(|segment| !matches!(segment, "" | "." | ".."))
}

/// The attribute, when its text is wrong, and what it should be.
type Rule = (&'static str, fn(&str) -> bool, &'static str);

const RULES: &[Rule] = &[
    (
        "role_id",
        |id| split_role_id(id).is_none(),
        "it has the form `MOUNT/roles/NAME`, as the `id` of a role resource",
    ),
    (
        "mount",
        |mount| !is_mount_path(mount),
        "it is the path of a mount, such as `aws` or `team/aws`",
    ),
    (
        "role",
        |role| !is_role_name(role),
        "a role's name starts and ends with a letter, a digit or `_`, and may have `-`, `.` and `@` in between",
    ),
    (
        "type",
        |name| CredentialKind::from_name(name).is_none(),
        "write `creds` or `sts`",
    ),
    (
        "ttl",
        |ttl| parse_duration(ttl).is_none_or(|duration| duration.is_zero()),
        "write seconds (`900`) or a number with a unit (`15m`)",
    ),
    (
        "role_arn",
        |arn| !is_role_arn(arn),
        "it is the ARN of an IAM role, such as `arn:aws:iam::123456789012:role/deploy`",
    ),
    (
        "role_session_name",
        |name| !is_session_name(name),
        "AWS takes 2 to 64 letters, digits and characters of `_+=,.@-`; the engine would replace others without a word",
    ),
    (
        "mfa_code",
        |code| !is_mfa_code(code),
        "it is the code of six digits that the device shows",
    ),
];

fn is_role_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(
        parts.as_slice(),
        ["arn", partition, "iam", "", account, resource]
            if partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
    )
}

fn is_session_name(name: &str) -> bool {
    (2..=64).contains(&name.len())
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character))
}

fn is_mfa_code(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(attributes: &[(&str, &str)]) -> Tree {
        let mut config = super::super::schema::schema().null_tree();
        for (name, value) in attributes {
            config.set(*name, *value);
        }
        config
    }

    fn summaries(config: &Tree) -> Vec<String> {
        validate(config)
            .into_iter()
            .map(|diagnostic| diagnostic.summary)
            .collect()
    }

    #[test]
    fn mount_and_role_or_the_id_of_a_role() {
        let by_name = config(&[("mount", "/team/aws/"), ("role", "ci")]);
        let by_id = config(&[("role_id", "team/aws/roles/ci")]);
        for config in [&by_name, &by_id] {
            assert!(summaries(config).is_empty(), "{:?}", summaries(config));
            let request = Request::from_tree(config).unwrap();
            assert_eq!((request.mount.as_str(), request.role.as_str()), ("team/aws", "ci"));
            assert_eq!(request.kind, CredentialKind::Creds);
            assert_eq!(request.label(), "team/aws/ci");
        }
    }

    #[test]
    fn one_way_and_not_both() {
        assert_eq!(summaries(&config(&[])), ["`mount` is missing", "`role` is missing"]);
        assert_eq!(summaries(&config(&[("mount", "aws")])), ["`role` is missing"]);
        assert_eq!(
            summaries(&config(&[
                ("mount", "aws"),
                ("role", "ci"),
                ("role_id", "aws/roles/ci")
            ])),
            [
                "`mount` and `role_id` say the same twice",
                "`role` and `role_id` say the same twice"
            ]
        );
    }

    #[test]
    fn unknown_values_are_not_judged() {
        for name in [
            "mount",
            "role",
            "role_id",
            "type",
            "ttl",
            "role_arn",
            "role_session_name",
            "mfa_code",
        ] {
            let mut config = config(&[("mount", "aws"), ("role", "ci")]);
            config.set(name, Tree::Unknown);
            assert!(summaries(&config).is_empty(), "{name}: {:?}", summaries(&config));
        }
        let mut config = config(&[]);
        config.set("role_id", Tree::Unknown);
        assert!(summaries(&config).is_empty());
    }

    #[test]
    fn each_bad_value_is_named() {
        let cases = [
            ("mount", "a//b"),
            ("mount", ""),
            ("role", "a b"),
            ("type", "static"),
            ("ttl", "soon"),
            ("ttl", "0"),
            ("role_arn", "arn:aws:iam::123:role/x"),
            ("role_arn", "arn:aws:iam::123456789012:user/x"),
            ("role_session_name", "x"),
            ("role_session_name", "a b"),
            ("mfa_code", "12345"),
        ];
        for (name, value) in cases {
            let config = config(&[("mount", "aws"), ("role", "ci"), (name, value)]);
            assert_eq!(
                summaries(&config),
                [format!("`{name}` cannot be right")],
                "{name} {value}"
            );
        }
        for id in ["aws/ci", "aws/roles/", "/roles/ci", "aws/roles/a b"] {
            assert_eq!(
                summaries(&config(&[("role_id", id)])),
                ["`role_id` cannot be right"],
                "{id}"
            );
        }
    }

    #[test]
    fn good_values_pass() {
        let config = config(&[
            ("mount", "aws"),
            ("role", "ci"),
            ("type", "sts"),
            ("ttl", "15m"),
            ("role_arn", "arn:aws-us-gov:iam::123456789012:role/path/deploy"),
            ("role_session_name", "ci@run=1"),
            ("mfa_code", "012345"),
            ("namespace", "team"),
        ]);
        assert!(summaries(&config).is_empty(), "{:?}", summaries(&config));
        let request = Request::from_tree(&config).unwrap();
        assert_eq!(request.kind, CredentialKind::Sts);
        assert_eq!(request.namespace.as_deref(), Some("team"));
        assert_eq!(request.parameters.ttl.as_deref(), Some("15m"));
        assert!(!format!("{request:?}").contains("012345"));
    }
}
