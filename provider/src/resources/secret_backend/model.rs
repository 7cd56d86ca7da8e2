use std::collections::{BTreeMap, BTreeSet};

use leastpriv_terraform::value::{Tree, Value};

use crate::client::Secret;

/// A mount of the engine as it stands in a configuration, a plan or a state, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Backend {
    pub(crate) id: Value<String>,
    pub(crate) namespace: Value<String>,
    pub(crate) path: Value<String>,
    pub(crate) disable_remount: Value<bool>,
    pub(crate) accessor: Value<String>,
    pub(crate) root_rotated: Value<bool>,
    pub(crate) secret_key_wo_version: Value<i64>,
    pub(crate) mount: MountPart,
    pub(crate) root: RootPart,
    pub(crate) lease: LeasePart,
}

/// What `sys/mounts` keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MountPart {
    pub(crate) description: Value<String>,
    pub(crate) default_lease_ttl_seconds: Value<i64>,
    pub(crate) max_lease_ttl_seconds: Value<i64>,
    pub(crate) audit_non_hmac_request_keys: Value<Vec<String>>,
    pub(crate) audit_non_hmac_response_keys: Value<Vec<String>>,
    pub(crate) listing_visibility: Value<String>,
    pub(crate) passthrough_request_headers: Value<Vec<String>>,
    pub(crate) allowed_response_headers: Value<Vec<String>>,
    pub(crate) allowed_managed_keys: Value<BTreeSet<String>>,
    pub(crate) delegated_auth_accessors: Value<Vec<String>>,
    pub(crate) identity_token_key: Value<String>,
    pub(crate) plugin_version: Value<String>,
    pub(crate) options: Value<BTreeMap<String, String>>,
    pub(crate) local: Value<bool>,
    pub(crate) seal_wrap: Value<bool>,
    pub(crate) external_entropy_access: Value<bool>,
    pub(crate) force_no_cache: Value<bool>,
}

/// What `config/root` keeps and answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RootPart {
    pub(crate) access_key: Value<String>,
    pub(crate) region: Value<String>,
    pub(crate) iam_endpoint: Value<String>,
    pub(crate) sts_endpoint: Value<String>,
    pub(crate) sts_region: Value<String>,
    pub(crate) sts_fallback_endpoints: Value<Vec<String>>,
    pub(crate) sts_fallback_regions: Value<Vec<String>>,
    pub(crate) max_retries: Value<i64>,
    pub(crate) username_template: Value<String>,
    pub(crate) role_arn: Value<String>,
    pub(crate) identity_token_audience: Value<String>,
    pub(crate) identity_token_ttl: Value<i64>,
    pub(crate) rotation_schedule: Value<String>,
    pub(crate) rotation_period: Value<i64>,
    pub(crate) rotation_window: Value<i64>,
    pub(crate) disable_automated_rotation: Value<bool>,
}

/// What `config/lease` keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeasePart {
    pub(crate) lease: Value<String>,
    pub(crate) lease_max: Value<String>,
}

impl Backend {
    /// Reads an object of the schema.
    pub(crate) fn from_tree(tree: &Tree) -> Self {
        Self {
            id: tree.get("id"),
            namespace: tree.get("namespace"),
            path: tree.get("path"),
            disable_remount: tree.get("disable_remount"),
            accessor: tree.get("accessor"),
            root_rotated: tree.get("root_rotated"),
            secret_key_wo_version: tree.get("secret_key_wo_version"),
            mount: MountPart::from_tree(tree),
            root: RootPart::from_tree(tree),
            lease: LeasePart {
                lease: tree.get("lease"),
                lease_max: tree.get("lease_max"),
            },
        }
    }

    /// Writes an object of the schema. The secret is never in it.
    pub(crate) fn into_tree(self) -> Tree {
        let Self {
            id,
            namespace,
            path,
            disable_remount,
            accessor,
            root_rotated,
            secret_key_wo_version,
            mount,
            root,
            lease: LeasePart { lease, lease_max },
        } = self;
        let mut tree = Tree::object();
        tree.set("id", id);
        tree.set("namespace", namespace);
        tree.set("path", path);
        tree.set("disable_remount", disable_remount);
        tree.set("accessor", accessor);
        tree.set("root_rotated", root_rotated);
        tree.set("secret_key", Tree::Null);
        tree.set("secret_key_wo", Tree::Null);
        tree.set("secret_key_wo_version", secret_key_wo_version);
        tree.set("lease", lease);
        tree.set("lease_max", lease_max);
        mount.write(&mut tree);
        root.write(&mut tree);
        tree
    }

    /// The resource's own namespace.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.namespace
            .as_deref()
            .map(|namespace| namespace.trim_matches('/'))
            .filter(|namespace| !matches!(*namespace, "" | "root"))
    }
}

impl MountPart {
    fn from_tree(tree: &Tree) -> Self {
        Self {
            description: tree.get("description"),
            default_lease_ttl_seconds: tree.get("default_lease_ttl_seconds"),
            max_lease_ttl_seconds: tree.get("max_lease_ttl_seconds"),
            audit_non_hmac_request_keys: tree.get("audit_non_hmac_request_keys"),
            audit_non_hmac_response_keys: tree.get("audit_non_hmac_response_keys"),
            listing_visibility: tree.get("listing_visibility"),
            passthrough_request_headers: tree.get("passthrough_request_headers"),
            allowed_response_headers: tree.get("allowed_response_headers"),
            allowed_managed_keys: tree.get("allowed_managed_keys"),
            delegated_auth_accessors: tree.get("delegated_auth_accessors"),
            identity_token_key: tree.get("identity_token_key"),
            plugin_version: tree.get("plugin_version"),
            options: tree.get("options"),
            local: tree.get("local"),
            seal_wrap: tree.get("seal_wrap"),
            external_entropy_access: tree.get("external_entropy_access"),
            force_no_cache: tree.get("force_no_cache"),
        }
    }

    fn write(self, tree: &mut Tree) {
        let Self {
            description,
            default_lease_ttl_seconds,
            max_lease_ttl_seconds,
            audit_non_hmac_request_keys,
            audit_non_hmac_response_keys,
            listing_visibility,
            passthrough_request_headers,
            allowed_response_headers,
            allowed_managed_keys,
            delegated_auth_accessors,
            identity_token_key,
            plugin_version,
            options,
            local,
            seal_wrap,
            external_entropy_access,
            force_no_cache,
        } = self;
        tree.set("description", description);
        tree.set("default_lease_ttl_seconds", default_lease_ttl_seconds);
        tree.set("max_lease_ttl_seconds", max_lease_ttl_seconds);
        tree.set("audit_non_hmac_request_keys", audit_non_hmac_request_keys);
        tree.set("audit_non_hmac_response_keys", audit_non_hmac_response_keys);
        tree.set("listing_visibility", listing_visibility);
        tree.set("passthrough_request_headers", passthrough_request_headers);
        tree.set("allowed_response_headers", allowed_response_headers);
        tree.set("allowed_managed_keys", allowed_managed_keys);
        tree.set("delegated_auth_accessors", delegated_auth_accessors);
        tree.set("identity_token_key", identity_token_key);
        tree.set("plugin_version", plugin_version);
        tree.set("options", options);
        tree.set("local", local);
        tree.set("seal_wrap", seal_wrap);
        tree.set("external_entropy_access", external_entropy_access);
        tree.set("force_no_cache", force_no_cache);
    }
}

impl RootPart {
    fn from_tree(tree: &Tree) -> Self {
        Self {
            access_key: tree.get("access_key"),
            region: tree.get("region"),
            iam_endpoint: tree.get("iam_endpoint"),
            sts_endpoint: tree.get("sts_endpoint"),
            sts_region: tree.get("sts_region"),
            sts_fallback_endpoints: tree.get("sts_fallback_endpoints"),
            sts_fallback_regions: tree.get("sts_fallback_regions"),
            max_retries: tree.get("max_retries"),
            username_template: tree.get("username_template"),
            role_arn: tree.get("role_arn"),
            identity_token_audience: tree.get("identity_token_audience"),
            identity_token_ttl: tree.get("identity_token_ttl"),
            rotation_schedule: tree.get("rotation_schedule"),
            rotation_period: tree.get("rotation_period"),
            rotation_window: tree.get("rotation_window"),
            disable_automated_rotation: tree.get("disable_automated_rotation"),
        }
    }

    fn write(self, tree: &mut Tree) {
        let Self {
            access_key,
            region,
            iam_endpoint,
            sts_endpoint,
            sts_region,
            sts_fallback_endpoints,
            sts_fallback_regions,
            max_retries,
            username_template,
            role_arn,
            identity_token_audience,
            identity_token_ttl,
            rotation_schedule,
            rotation_period,
            rotation_window,
            disable_automated_rotation,
        } = self;
        tree.set("access_key", access_key);
        tree.set("region", region);
        tree.set("iam_endpoint", iam_endpoint);
        tree.set("sts_endpoint", sts_endpoint);
        tree.set("sts_region", sts_region);
        tree.set("sts_fallback_endpoints", sts_fallback_endpoints);
        tree.set("sts_fallback_regions", sts_fallback_regions);
        tree.set("max_retries", max_retries);
        tree.set("username_template", username_template);
        tree.set("role_arn", role_arn);
        tree.set("identity_token_audience", identity_token_audience);
        tree.set("identity_token_ttl", identity_token_ttl);
        tree.set("rotation_schedule", rotation_schedule);
        tree.set("rotation_period", rotation_period);
        tree.set("rotation_window", rotation_window);
        tree.set("disable_automated_rotation", disable_automated_rotation);
    }
}

/// The secret of a configuration, whichever of the two arguments gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Secrets {
    pub(crate) secret_key: Value<Secret>,
    pub(crate) secret_key_wo: Value<Secret>,
}

impl Secrets {
    /// Reads them from the configuration, the only place where they are.
    pub(crate) fn from_config(config: &Tree) -> Self {
        let secret = |name: &str| match config.get::<String>(name) {
            Value::Known(text) if text.is_empty() => Value::Null,
            other => other.map(Secret::new),
        };
        Self {
            secret_key: secret("secret_key"),
            secret_key_wo: secret("secret_key_wo"),
        }
    }

    /// The one that is given; unknown when only the apply can tell.
    pub(crate) fn any(&self) -> Value<Secret> {
        match (&self.secret_key_wo, &self.secret_key) {
            (Value::Known(secret), _) | (_, Value::Known(secret)) => Value::Known(secret.clone()),
            (Value::Unknown, _) | (_, Value::Unknown) => Value::Unknown,
            (Value::Null, Value::Null) => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::secret_backend::schema::schema;

    #[test]
    fn schema_and_model_have_the_same_attributes() {
        let Tree::Object(of_model) = Backend::from_tree(&Tree::Null).into_tree() else {
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
    fn a_secret_is_read_from_the_configuration_and_never_written() {
        let mut config = Tree::object();
        config.set("secret_key", "planted-secret");
        let secrets = Secrets::from_config(&config);
        assert!(matches!(secrets.any(), Value::Known(secret) if secret.expose() == "planted-secret"));
        assert!(!format!("{secrets:?}").contains("planted"));
        assert!(!format!("{:?}", Backend::from_tree(&config).into_tree()).contains("planted"));
        config.set("secret_key", Tree::Unknown);
        assert!(Secrets::from_config(&config).any().is_unknown());
        config.set("secret_key", "");
        assert!(Secrets::from_config(&config).any().is_null());
    }
}
