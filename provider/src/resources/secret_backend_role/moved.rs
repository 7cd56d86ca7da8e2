use std::collections::{BTreeMap, BTreeSet};

use leastpriv_checks::vet::Mode;
use leastpriv_terraform::value::{Tree, Value};

use super::model::Role;
use crate::resources::settle::null_if;

/// The state that follows from one of `vault_aws_secret_backend_role`, so that the same configuration plans nothing.
///
/// That resource writes empty texts and zeros for what is not set; here it is null.
pub(crate) fn from_peer(peer: &Tree) -> Role {
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
        assumed_role_policies: _,
        policy_ceiling: _,
        validate: _,
        findings: _,
        exceptions: _,
    } = Role::from_tree(peer);
    let mut role = Role {
        id,
        namespace: null_if(namespace, String::is_empty),
        backend,
        name,
        credential_type,
        role_arns: null_if(role_arns, BTreeSet::is_empty),
        policy_arns: null_if(policy_arns, BTreeSet::is_empty),
        policy_document: null_if(policy_document, String::is_empty),
        iam_groups: null_if(iam_groups, BTreeSet::is_empty),
        iam_tags: null_if(iam_tags, BTreeMap::is_empty),
        session_tags: null_if(session_tags, BTreeMap::is_empty),
        external_id: null_if(external_id, String::is_empty),
        default_sts_ttl: null_if(default_sts_ttl, |seconds| *seconds == 0),
        max_sts_ttl: null_if(max_sts_ttl, |seconds| *seconds == 0),
        user_path: null_if(user_path, String::is_empty),
        permissions_boundary_arn: null_if(permissions_boundary_arn, String::is_empty),
        mfa_serial_number: null_if(mfa_serial_number, String::is_empty),
        assumed_role_policies: Value::Null,
        policy_ceiling: Value::Null,
        validate: Value::Known(Mode::default().name().to_owned()),
        findings: Value::Null,
        exceptions: Value::Known(Vec::new()),
    };
    role.findings = role.candidate().record();
    role
}

#[cfg(test)]
mod tests {
    use leastpriv_checks::vet::Date;
    use leastpriv_terraform::resource::Change;
    use leastpriv_terraform::value::json;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::resources::secret_backend_role::model::schema;
    use crate::resources::secret_backend_role::plan::plan;

    /// State of the other resource, with the empty values it writes for what is not set.
    fn peer_state(fields: Json) -> Tree {
        let mut state = json!({
            "backend": "team/aws", "default_sts_ttl": 0, "external_id": "", "iam_groups": null, "iam_tags": null,
            "max_sts_ttl": 0, "mfa_serial_number": "", "namespace": null, "permissions_boundary_arn": "",
            "policy_arns": null, "policy_document": "", "role_arns": null, "session_tags": null, "user_path": ""
        });
        if let (Some(state), Json::Object(fields)) = (state.as_object_mut(), fields) {
            state.extend(fields);
        }
        json::decode(&state, &schema().ty()).unwrap()
    }

    fn assert_plans_nothing(state: Role, config: &Tree) {
        let state = state.into_tree();
        let mut proposed = config.clone();
        for computed in ["id", "validate", "findings"] {
            proposed.set(computed, state.attribute(computed).clone());
        }
        let change = Change {
            prior: Some(&state),
            proposed: Some(&proposed),
            config: Some(config),
            private: &[],
        };
        let plan = plan(&change, Date::parse("2026-11-25"));
        assert_eq!(plan.state, state);
        assert!(plan.diagnostics.is_empty());
    }

    #[test]
    fn a_role_for_users_plans_nothing() {
        let state = from_peer(&peer_state(json!({
            "id": "team/aws/roles/user", "name": "user", "credential_type": "iam_user", "iam_groups": ["readers"],
            "iam_tags": {"owner": "platform"}, "permissions_boundary_arn": "arn:aws:iam::123456789012:policy/boundary",
            "policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "user_path": "/team/",
            "policy_document": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::reports/*\"}]}"
        })));
        assert_eq!(state.id.as_deref(), Some("team/aws/roles/user"));
        assert!(state.default_sts_ttl.is_null() && state.external_id.is_null());
        let mut config = schema().null_tree();
        config.set("backend", "team/aws");
        config.set("name", "user");
        config.set("credential_type", "iam_user");
        config.set("user_path", "/team/");
        config.set("permissions_boundary_arn", "arn:aws:iam::123456789012:policy/boundary");
        config.set("iam_groups", BTreeSet::from(["readers".to_owned()]));
        config.set(
            "iam_tags",
            BTreeMap::from([("owner".to_owned(), "platform".to_owned())]),
        );
        config.set(
            "policy_arns",
            BTreeSet::from(["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()]),
        );
        config.set(
            "policy_document",
            "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    { \"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::reports/*\" }\n  ]\n}\n",
        );
        assert_plans_nothing(state, &config);
    }

    #[test]
    fn a_role_to_assume_plans_nothing() {
        let state = from_peer(&peer_state(json!({
            "id": "team/aws/roles/assumed", "name": "assumed", "credential_type": "assumed_role",
            "role_arns": ["arn:aws:iam::123456789012:role/app"], "external_id": "ext-1",
            "session_tags": {"owner": "platform"}, "default_sts_ttl": 900, "max_sts_ttl": 3600
        })));
        let mut config = schema().null_tree();
        config.set("backend", "team/aws");
        config.set("name", "assumed");
        config.set("credential_type", "assumed_role");
        config.set(
            "role_arns",
            BTreeSet::from(["arn:aws:iam::123456789012:role/app".to_owned()]),
        );
        config.set("external_id", "ext-1");
        config.set(
            "session_tags",
            BTreeMap::from([("owner".to_owned(), "platform".to_owned())]),
        );
        config.set("default_sts_ttl", 900_i64);
        config.set("max_sts_ttl", 3600_i64);
        assert_plans_nothing(state, &config);
    }
}
