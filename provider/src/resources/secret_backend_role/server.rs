use std::collections::BTreeSet;

use leastpriv_policy::print::semantically_equal;
use leastpriv_terraform::value::{Tree, Value};
use serde_json::{Value as Json, json};

use super::model::Role;
use crate::client::{Object, fields};
use crate::judge::ExceptionBlock;
use crate::resources::settle;

/// Whether an answer describes a role of the AWS engine, and not what another engine keeps at such a path.
pub(crate) fn is_role(live: &Object) -> bool {
    live.contains_key("credential_type") || live.contains_key("invalid_data")
}

/// The role for the state: what the server says, in the spelling of `prior` where that means the same.
pub(crate) fn from_server(prior: Role, live: &Object) -> Role {
    let Role {
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
    } = prior;
    let text = |prior, field| settle::text(prior, fields::text(live, field));
    let set = |prior, field| settle::set(prior, fields::strings(live, field).into_iter().collect());
    let map = |prior, field| settle::map(prior, fields::map(live, field));
    let number = |prior, field| settle::number(prior, fields::integer(live, field));
    let mut role = Role {
        id,
        namespace,
        backend,
        name,
        credential_type: settle::text(credential_type, fields::strings(live, "credential_type").join(",")),
        role_arns: set(role_arns, "role_arns"),
        policy_arns: set(policy_arns, "policy_arns"),
        policy_document: document(policy_document, fields::text(live, "policy_document")),
        iam_groups: set(iam_groups, "iam_groups"),
        iam_tags: map(iam_tags, "iam_tags"),
        session_tags: map(session_tags, "session_tags"),
        external_id: text(external_id, "external_id"),
        default_sts_ttl: number(default_sts_ttl, "default_sts_ttl"),
        max_sts_ttl: number(max_sts_ttl, "max_sts_ttl"),
        user_path: text(user_path, "user_path"),
        permissions_boundary_arn: text(permissions_boundary_arn, "permissions_boundary_arn"),
        mfa_serial_number: text(mfa_serial_number, "mfa_serial_number"),
        assumed_role_policies,
        policy_ceiling,
        validate,
        findings,
        exceptions: match exceptions {
            Value::Null => Value::Known(Vec::<ExceptionBlock>::new()),
            given => given,
        },
    };
    role.findings = role.candidate().record();
    role
}

/// The server stores a document without white space; a text of the same meaning stays as the author wrote it.
fn document(prior: Value<String>, live: String) -> Value<String> {
    match prior {
        Value::Known(old) if !live.is_empty() && semantically_equal(&old, &live) => Value::Known(old),
        prior => settle::text(prior, live),
    }
}

/// Every field of a write but the policies, which only a vetted subject can bring. What is not set is sent empty,
/// because the server keeps what is not sent. `known` are the fields that the engine has.
pub(crate) fn body(role: &Role, known: Option<&BTreeSet<String>>) -> Object {
    let Role {
        id: _,
        namespace: _,
        backend: _,
        name: _,
        credential_type,
        role_arns,
        policy_arns: _,
        policy_document: _,
        iam_groups,
        iam_tags,
        session_tags,
        external_id,
        default_sts_ttl,
        max_sts_ttl,
        user_path,
        permissions_boundary_arn,
        mfa_serial_number,
        assumed_role_policies: _,
        policy_ceiling: _,
        validate: _,
        findings: _,
        exceptions: _,
    } = role;
    let text = |value: &Value<String>| Json::from(value.as_deref().unwrap_or_default());
    let set = |value: &Value<BTreeSet<String>>| json!(value.known().cloned().unwrap_or_default());
    let number = |value: &Value<i64>| Json::from(value.known().copied().unwrap_or_default());
    let fields = [
        ("credential_type", text(credential_type)),
        ("role_arns", set(role_arns)),
        ("iam_groups", set(iam_groups)),
        ("iam_tags", json!(iam_tags.known().cloned().unwrap_or_default())),
        ("session_tags", json!(session_tags.known().cloned().unwrap_or_default())),
        ("external_id", text(external_id)),
        ("default_sts_ttl", number(default_sts_ttl)),
        ("max_sts_ttl", number(max_sts_ttl)),
        ("user_path", text(user_path)),
        ("permissions_boundary_arn", text(permissions_boundary_arn)),
        ("mfa_serial_number", text(mfa_serial_number)),
    ];
    fields
        .into_iter()
        .filter(|(name, _)| known.is_none_or(|known| known.contains(*name)))
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// What a role asks of the engine that the engine does not have, by attribute.
pub(crate) fn unsupported(role: &Tree, known: &BTreeSet<String>) -> Vec<&'static str> {
    let missing = |field: &&str| settle::is_set(role.attribute(field)) && !known.contains(*field);
    let mut attributes: Vec<&'static str> = LATER_FIELDS.iter().copied().filter(missing).collect();
    // The type came with the field for its MFA device.
    if role.get::<String>("credential_type").as_deref() == Some("session_token") && !known.contains("mfa_serial_number")
    {
        attributes.push("credential_type");
    }
    attributes
}

/// Fields that came to the engine over the years.
const LATER_FIELDS: &[&str] = &[
    "external_id",
    "iam_groups",
    "iam_tags",
    "mfa_serial_number",
    "permissions_boundary_arn",
    "session_tags",
    "user_path",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Json) -> Object {
        match value {
            Json::Object(object) => object,
            _ => Object::new(),
        }
    }

    fn empty_role() -> Role {
        Role::from_tree(&Tree::Null)
    }

    #[test]
    fn an_unset_role_has_every_field_empty_and_no_null() {
        let body = body(&empty_role(), None);
        assert_eq!(
            Json::Object(body),
            json!({
                "credential_type": "", "role_arns": [], "iam_groups": [], "iam_tags": {}, "session_tags": {},
                "external_id": "", "default_sts_ttl": 0, "max_sts_ttl": 0, "user_path": "",
                "permissions_boundary_arn": "", "mfa_serial_number": ""
            })
        );
    }

    #[test]
    fn fields_that_the_engine_lacks_are_not_sent() {
        let known = BTreeSet::from(["credential_type".to_owned(), "role_arns".to_owned()]);
        assert_eq!(
            Json::Object(body(&empty_role(), Some(&known))),
            json!({"credential_type": "", "role_arns": []})
        );
    }

    #[test]
    fn what_the_engine_lacks_is_found_when_it_is_asked_for() {
        let known = BTreeSet::from(["credential_type".to_owned()]);
        let mut role = empty_role();
        assert!(unsupported(&role.clone().into_tree(), &known).is_empty());
        role.external_id = Value::Known("ext-1".to_owned());
        role.credential_type = Value::Known("session_token".to_owned());
        assert_eq!(
            unsupported(&role.into_tree(), &known),
            ["external_id", "credential_type"]
        );
    }

    #[test]
    fn empty_answers_leave_unset_and_empty_values_alone() {
        let live = object(
            json!({"credential_type": "iam_user", "policy_arns": null, "iam_groups": [], "default_sts_ttl": 0, "user_path": ""}),
        );
        let prior = Role {
            iam_groups: Value::Known(BTreeSet::new()),
            default_sts_ttl: Value::Known(0),
            user_path: Value::Known(String::new()),
            ..empty_role()
        };
        let role = from_server(prior.clone(), &live);
        assert_eq!(role.credential_type, Value::Known("iam_user".to_owned()));
        assert_eq!(role.policy_arns, Value::Null);
        assert_eq!(
            (role.iam_groups, role.default_sts_ttl, role.user_path),
            (prior.iam_groups, prior.default_sts_ttl, prior.user_path)
        );
        assert_eq!(role.exceptions, Value::Known(Vec::new()));
    }

    #[test]
    fn drift_shows_and_the_authors_document_stays() {
        let written = "{ \"Version\": \"2012-10-17\", \"Statement\": [] }";
        let prior = Role {
            policy_document: Value::Known(written.to_owned()),
            ..empty_role()
        };
        let live = object(json!({
            "credential_type": "assumed_role",
            "policy_document": "{\"Version\":\"2012-10-17\",\"Statement\":[]}",
            "role_arns": ["arn:aws:iam::123456789012:role/b", "arn:aws:iam::123456789012:role/a"],
            "session_tags": {"owner": "x"},
            "max_sts_ttl": 3600
        }));
        let role = from_server(prior, &live);
        assert_eq!(role.policy_document.as_deref(), Some(written));
        assert_eq!(role.role_arns.known().map(BTreeSet::len), Some(2));
        assert_eq!(role.max_sts_ttl, Value::Known(3600));
        assert!(role.session_tags.is_known());
    }

    #[test]
    fn an_entry_of_another_engine_is_no_role() {
        assert!(!is_role(&object(json!({"password": "x"}))));
        assert!(is_role(&object(json!({"credential_type": ""}))));
    }
}
