use std::collections::{BTreeMap, BTreeSet};

use leastpriv_terraform::value::{Tree, Value};

use super::model::{Backend, LeasePart, MountPart, RootPart};
use super::root::DEFAULT_TEMPLATE;
use crate::resources::settle::null_if;

/// The state that follows from one of `vault_aws_secret_backend`, so that the same configuration plans nothing.
///
/// The secret in that state is left behind. What the server filled in there as a default is not set here.
pub(crate) fn from_peer(peer: &Tree) -> Backend {
    let Backend {
        id,
        namespace,
        path,
        disable_remount,
        accessor,
        root_rotated: _,
        secret_key_wo_version,
        mount,
        root,
        lease: _,
    } = Backend::from_tree(peer);
    Backend {
        id,
        namespace: null_if(namespace, String::is_empty),
        path,
        disable_remount: or_false(disable_remount),
        accessor,
        root_rotated: Value::Known(false),
        secret_key_wo_version,
        mount: mount_from_peer(mount),
        root: root_from_peer(root),
        lease: LeasePart {
            lease: Value::Null,
            lease_max: Value::Null,
        },
    }
}

fn mount_from_peer(mount: MountPart) -> MountPart {
    let MountPart {
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
    } = mount;
    MountPart {
        description: null_if(description, String::is_empty),
        default_lease_ttl_seconds: null_if(default_lease_ttl_seconds, |seconds| *seconds == 0),
        max_lease_ttl_seconds: null_if(max_lease_ttl_seconds, |seconds| *seconds == 0),
        audit_non_hmac_request_keys: null_if(audit_non_hmac_request_keys, Vec::is_empty),
        audit_non_hmac_response_keys: null_if(audit_non_hmac_response_keys, Vec::is_empty),
        listing_visibility: null_if(listing_visibility, String::is_empty),
        passthrough_request_headers: null_if(passthrough_request_headers, Vec::is_empty),
        allowed_response_headers: null_if(allowed_response_headers, Vec::is_empty),
        allowed_managed_keys: null_if(allowed_managed_keys, BTreeSet::is_empty),
        delegated_auth_accessors: null_if(delegated_auth_accessors, Vec::is_empty),
        identity_token_key: null_if(identity_token_key, String::is_empty),
        plugin_version: null_if(plugin_version, String::is_empty),
        options: null_if(options, BTreeMap::is_empty),
        local: or_false(local),
        seal_wrap: or_false(seal_wrap),
        external_entropy_access: or_false(external_entropy_access),
        force_no_cache: or_false(force_no_cache),
    }
}

fn root_from_peer(root: RootPart) -> RootPart {
    let RootPart {
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
    } = root;
    RootPart {
        access_key: null_if(access_key, String::is_empty),
        region: null_if(region, String::is_empty),
        iam_endpoint: null_if(iam_endpoint, String::is_empty),
        sts_endpoint: null_if(sts_endpoint, String::is_empty),
        sts_region: null_if(sts_region, String::is_empty),
        sts_fallback_endpoints: null_if(sts_fallback_endpoints, Vec::is_empty),
        sts_fallback_regions: null_if(sts_fallback_regions, Vec::is_empty),
        max_retries: if max_retries.is_null() {
            Value::Known(-1)
        } else {
            max_retries
        },
        username_template: null_if(username_template, |template| {
            matches!(template.as_str(), "" | DEFAULT_TEMPLATE)
        }),
        role_arn: null_if(role_arn, String::is_empty),
        identity_token_audience: null_if(identity_token_audience, String::is_empty),
        identity_token_ttl: null_if(identity_token_ttl, |seconds| *seconds == 0),
        rotation_schedule: null_if(rotation_schedule, String::is_empty),
        rotation_period: null_if(rotation_period, |seconds| *seconds == 0),
        rotation_window: null_if(rotation_window, |seconds| *seconds == 0),
        disable_automated_rotation: null_if(disable_automated_rotation, |disabled| !*disabled),
    }
}

fn or_false(flag: Value<bool>) -> Value<bool> {
    if flag.is_null() { Value::Known(false) } else { flag }
}

#[cfg(test)]
mod tests {
    use leastpriv_terraform::resource::Change;
    use leastpriv_terraform::value::json;
    use serde_json::json;

    use super::*;
    use crate::resources::secret_backend::plan::plan;
    use crate::resources::secret_backend::schema::schema;
    use crate::resources::testing::propose;

    fn peer_state() -> Tree {
        let state = json!({
            "access_key": "AKIAIOSFODNN7EXAMPLE", "accessor": "aws_7f715ad2", "allowed_managed_keys": null,
            "allowed_response_headers": null, "audit_non_hmac_request_keys": [], "audit_non_hmac_response_keys": [],
            "default_lease_ttl_seconds": 900, "delegated_auth_accessors": null, "description": "AWS for the team",
            "disable_automated_rotation": null, "disable_remount": false, "external_entropy_access": false,
            "force_no_cache": false, "iam_endpoint": "http://127.0.0.1:18500", "id": "team/aws",
            "identity_token_audience": null, "identity_token_key": "", "identity_token_ttl": null,
            "listing_visibility": "", "local": false, "max_lease_ttl_seconds": 3600, "max_retries": -1,
            "namespace": null, "options": null, "passthrough_request_headers": null, "path": "team/aws",
            "plugin_version": null, "region": "eu-west-1", "role_arn": null, "rotation_period": null,
            "rotation_schedule": null, "rotation_window": null, "seal_wrap": false, "secret_key": "planted-secret",
            "secret_key_wo": null, "secret_key_wo_version": null, "sts_endpoint": "http://127.0.0.1:18500",
            "sts_fallback_endpoints": null, "sts_fallback_regions": null, "sts_region": "",
            "username_template": DEFAULT_TEMPLATE
        });
        json::decode(&state, &schema().ty()).unwrap()
    }

    #[test]
    fn the_same_configuration_plans_nothing_and_the_secret_stays_behind() {
        let state = from_peer(&peer_state()).into_tree();
        assert!(!format!("{state:?}").contains("planted"));
        let mut config = schema().null_tree();
        for (name, value) in [
            ("path", "team/aws"),
            ("description", "AWS for the team"),
            ("access_key", "AKIAIOSFODNN7EXAMPLE"),
            ("secret_key", "planted-secret"),
            ("region", "eu-west-1"),
            ("iam_endpoint", "http://127.0.0.1:18500"),
            ("sts_endpoint", "http://127.0.0.1:18500"),
        ] {
            config.set(name, value);
        }
        config.set("default_lease_ttl_seconds", 900_i64);
        config.set("max_lease_ttl_seconds", 3600_i64);
        let proposed = propose(&schema(), Some(&state), &config);
        let change = Change {
            prior: Some(&state),
            proposed: Some(&proposed),
            config: Some(&config),
            private: &[],
        };
        let plan = plan(&change);
        assert_eq!(plan.state, state);
        assert!(plan.diagnostics.is_empty() && plan.replace.is_empty());
    }
}
