use std::collections::{BTreeMap, BTreeSet};

use leastpriv_terraform::value::{IntoTree, Tree, Value};
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

use super::model::{Backend, LeasePart, MountPart};
use super::notes::Notes;
use super::root;
use super::rules::lease_time;
use crate::client::{Client, Failure, FailureKind, Mount, Object, fields};
use crate::resources::engine::{self, Fields};
use crate::resources::settle;

/// What is mounted at a path.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// Nothing.
    Nothing,
    /// An engine of another type.
    Other(String),
    /// An AWS engine.
    Aws(Box<Live>),
}

/// An AWS engine as the server has it.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) mount: Mount,
    /// `config/root`; empty when it was never written.
    pub(crate) root: Object,
    /// `config/lease`; absent when the token may not read it.
    pub(crate) lease: Option<Object>,
}

impl Live {
    /// The access key that the server uses; empty for none.
    pub(crate) fn access_key(&self) -> String {
        fields::text(&self.root, "access_key")
    }
}

/// Fetches everything about a mount. Only an AWS engine is asked for more than its name.
pub(crate) async fn load(
    client: &Client,
    namespace: Option<&str>,
    path: &str,
    cancel: &CancellationToken,
) -> Result<Found, Failure> {
    let Some(mount) = client.mount(namespace, path, cancel).await? else {
        return Ok(Found::Nothing);
    };
    if !is_aws(client, namespace, &mount, cancel).await? {
        return Ok(Found::Other(mount.kind));
    }
    let root = client
        .read(namespace, &format!("{path}/config/root"), cancel)
        .await?
        .unwrap_or_default();
    let lease = match client.read(namespace, &format!("{path}/config/lease"), cancel).await {
        Ok(lease) => Some(lease.unwrap_or_default()),
        // Whoever does not manage lease times needs no right to read them.
        Err(failure) if failure.kind == FailureKind::Denied => None,
        Err(failure) => return Err(failure),
    };
    Ok(Found::Aws(Box::new(Live { mount, root, lease })))
}

/// The type of the mount at a path, and whether it is an AWS engine; `None` when nothing is mounted there.
pub(crate) async fn kind(
    client: &Client,
    namespace: Option<&str>,
    path: &str,
    cancel: &CancellationToken,
) -> Result<Option<(String, bool)>, Failure> {
    let Some(mount) = client.mount(namespace, path, cancel).await? else {
        return Ok(None);
    };
    let is_aws = is_aws(client, namespace, &mount, cancel).await?;
    Ok(Some((mount.kind, is_aws)))
}

/// A plugin may be registered under any name, so another type is asked what it takes.
async fn is_aws(
    client: &Client,
    namespace: Option<&str>,
    mount: &Mount,
    cancel: &CancellationToken,
) -> Result<bool, Failure> {
    if mount.kind == "aws" {
        return Ok(true);
    }
    let fields = engine::root_fields(client, namespace, &mount.path, cancel).await?;
    Ok(matches!(fields, Fields::Of(_)))
}

/// The state: what the server says, in the spelling of `prior` where that means the same. Where the mount is, and what
/// only the configuration knows, is taken over from `prior`.
pub(crate) fn from_server(prior: Backend, live: &Live, notes: &Notes) -> Backend {
    let Backend {
        id,
        namespace,
        path,
        disable_remount,
        accessor: _,
        root_rotated: _,
        secret_key_wo_version,
        mount,
        root,
        lease,
    } = prior;
    let rotated = notes.is_rotated(&live.access_key());
    Backend {
        id,
        namespace,
        path,
        disable_remount,
        accessor: Value::Known(live.mount.accessor.clone()),
        root_rotated: Value::Known(rotated),
        secret_key_wo_version,
        mount: mount_from_server(mount, &live.mount, notes),
        root: root::from_server(root, &live.root, rotated, notes.username_template.as_deref()),
        lease: lease_from_server(lease, live.lease.as_ref()),
    }
}

/// As [`from_server`], for what `sys/mounts` keeps.
pub(crate) fn mount_from_server(prior: MountPart, live: &Mount, notes: &Notes) -> MountPart {
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
        local: _,
        seal_wrap: _,
        external_entropy_access: _,
        force_no_cache: _,
    } = prior;
    let ttl = |prior: Value<i64>, live: i64, default: Option<i64>| {
        settle::value(prior, live, |seconds| {
            matches!(*seconds, 0 | SYSTEM_TTL) || Some(*seconds) == default
        })
    };
    let config = &live.config;
    MountPart {
        description: settle::text(description, live.description.clone()),
        default_lease_ttl_seconds: ttl(
            default_lease_ttl_seconds,
            config.default_lease_ttl,
            notes.default_lease_ttl,
        ),
        max_lease_ttl_seconds: ttl(max_lease_ttl_seconds, config.max_lease_ttl, notes.max_lease_ttl),
        audit_non_hmac_request_keys: settle::unordered(
            audit_non_hmac_request_keys,
            config.audit_non_hmac_request_keys.clone(),
        ),
        audit_non_hmac_response_keys: settle::unordered(
            audit_non_hmac_response_keys,
            config.audit_non_hmac_response_keys.clone(),
        ),
        listing_visibility: settle::text(listing_visibility, config.listing_visibility.clone()),
        passthrough_request_headers: settle::unordered(
            passthrough_request_headers,
            config.passthrough_request_headers.clone(),
        ),
        allowed_response_headers: settle::unordered(allowed_response_headers, config.allowed_response_headers.clone()),
        allowed_managed_keys: settle::set(
            allowed_managed_keys,
            config
                .allowed_managed_keys
                .iter()
                .cloned()
                .collect::<BTreeSet<String>>(),
        ),
        delegated_auth_accessors: settle::unordered(delegated_auth_accessors, config.delegated_auth_accessors.clone()),
        identity_token_key: settle::value(identity_token_key, config.identity_token_key.clone(), |key| {
            matches!(key.as_str(), "" | "default")
        }),
        plugin_version: version(plugin_version, &live.plugin_version),
        options: settle::map(options, live.options.clone()),
        local: Value::Known(live.local),
        seal_wrap: Value::Known(live.seal_wrap),
        external_entropy_access: Value::Known(live.external_entropy_access),
        force_no_cache: Value::Known(config.force_no_cache),
    }
}

/// A mount gets the version of the day when none is asked for, so a version that nobody asked for is no drift.
fn version(prior: Value<String>, live: &str) -> Value<String> {
    match prior {
        Value::Null => Value::Null,
        Value::Known(old) if old.trim_start_matches('v') == live.trim_start_matches('v') => Value::Known(old),
        prior => settle::text(prior, live.to_owned()),
    }
}

fn lease_from_server(prior: LeasePart, live: Option<&Object>) -> LeasePart {
    let Some(live) = live else { return prior };
    let LeasePart { lease, lease_max } = prior;
    let time = |prior: Value<String>, field: &str| {
        let live = fields::text(live, field);
        match prior {
            Value::Known(old) if lease_time(&old).is_some() && lease_time(&old) == lease_time(&live) => {
                Value::Known(old)
            }
            _ if lease_time(&live).is_some_and(|time| time.is_zero()) => Value::Null,
            _ => Value::Known(live),
        }
    };
    LeasePart {
        lease: time(lease, "lease"),
        lease_max: time(lease_max, "lease_max"),
    }
}

/// What a new mount is made with: what is set, and nothing else.
pub(crate) fn enable_body(planned: &Backend) -> Json {
    let mut config = Object::new();
    let mut body = Object::new();
    body.insert("type".to_owned(), Json::from("aws"));
    for (place, key, value) in wanted(&planned.mount) {
        if !is_given(&value) {
            continue;
        }
        let target = match place {
            Place::Top | Place::FixedTop => &mut body,
            Place::Config | Place::FixedConfig => &mut config,
        };
        target.insert(key.to_owned(), value);
    }
    body.insert("config".to_owned(), Json::Object(config));
    Json::Object(body)
}

/// What must be tuned to bring a mount to the plan; nothing when it is there already.
///
/// Only what differs is sent, because some servers carry out the first half of a request whose second half they refuse.
pub(crate) fn tune_body(planned: &Backend, live: &Mount, notes: &Notes) -> Option<Json> {
    let as_it_is = mount_from_server(planned.mount.clone(), live, notes);
    let mut body = Object::new();
    for ((place, key, target), (_, _, present)) in wanted(&planned.mount).into_iter().zip(wanted(&as_it_is)) {
        if matches!(place, Place::FixedTop | Place::FixedConfig) || target == present {
            continue;
        }
        let value = if key == "options" {
            options(planned.mount.options.known(), &live.options)
        } else {
            target
        };
        body.insert(key.to_owned(), value);
    }
    (!body.is_empty()).then_some(Json::Object(body))
}

/// Options merge on the server; one goes away when it is sent empty.
fn options(planned: Option<&BTreeMap<String, String>>, live: &BTreeMap<String, String>) -> Json {
    let mut options: BTreeMap<String, String> = live.keys().map(|key| (key.clone(), String::new())).collect();
    options.extend(planned.cloned().unwrap_or_default());
    json!(options)
}

/// Where a field stands in the request that makes a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Beside the type.
    Top,
    /// In `config`.
    Config,
    /// Beside the type, and ignored ever after.
    FixedTop,
    /// In `config`, and ignored ever after.
    FixedConfig,
}

/// The fields of a mount as the server calls them.
fn wanted(mount: &MountPart) -> [(Place, &'static str, Json); 17] {
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
    let text = |value: &Value<String>| Json::from(value.as_deref().unwrap_or_default());
    // A number is taken by one of the two requests only, and only the text of zero clears.
    let ttl = |value: &Value<i64>| Json::from(format!("{}s", value.known().copied().unwrap_or_default()));
    let list = |value: &Value<Vec<String>>| json!(value.known().cloned().unwrap_or_default());
    let flag = |value: &Value<bool>| Json::from(value.known().copied().unwrap_or_default());
    [
        (Place::Top, "description", text(description)),
        (Place::Config, "default_lease_ttl", ttl(default_lease_ttl_seconds)),
        (Place::Config, "max_lease_ttl", ttl(max_lease_ttl_seconds)),
        (
            Place::Config,
            "audit_non_hmac_request_keys",
            list(audit_non_hmac_request_keys),
        ),
        (
            Place::Config,
            "audit_non_hmac_response_keys",
            list(audit_non_hmac_response_keys),
        ),
        (Place::Config, "listing_visibility", text(listing_visibility)),
        (
            Place::Config,
            "passthrough_request_headers",
            list(passthrough_request_headers),
        ),
        (
            Place::Config,
            "allowed_response_headers",
            list(allowed_response_headers),
        ),
        (
            Place::Config,
            "allowed_managed_keys",
            json!(allowed_managed_keys.known().cloned().unwrap_or_default()),
        ),
        (
            Place::Config,
            "delegated_auth_accessors",
            list(delegated_auth_accessors),
        ),
        (Place::Config, "identity_token_key", text(identity_token_key)),
        (Place::Config, "plugin_version", text(plugin_version)),
        (
            Place::Top,
            "options",
            json!(options.known().cloned().unwrap_or_default()),
        ),
        (Place::FixedTop, "local", flag(local)),
        (Place::FixedTop, "seal_wrap", flag(seal_wrap)),
        (
            Place::FixedTop,
            "external_entropy_access",
            flag(external_entropy_access),
        ),
        (Place::FixedConfig, "force_no_cache", flag(force_no_cache)),
    ]
}

fn is_given(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => false,
        Json::Bool(true) | Json::Number(_) => true,
        Json::String(text) => !matches!(text.as_str(), "" | "0s"),
        Json::Array(items) => !items.is_empty(),
        Json::Object(members) => !members.is_empty(),
    }
}

/// The lease times to write: `None` when the server has them already. Zero is what an engine without them means.
pub(crate) fn lease_to_write(planned: &LeasePart, live: Option<&Object>) -> Option<(String, String)> {
    let text = |value: &Value<String>| {
        value
            .as_deref()
            .filter(|text| !text.is_empty())
            .unwrap_or("0s")
            .to_owned()
    };
    let (lease, lease_max) = (text(&planned.lease), text(&planned.lease_max));
    let empty = Object::new();
    let same =
        |wanted: &str, field: &str| lease_time(wanted) == lease_time(&fields::text(live.unwrap_or(&empty), field));
    (!same(&lease, "lease") || !same(&lease_max, "lease_max")).then_some((lease, lease_max))
}

/// What the planned mount asks of a server whose mounts lack it. `known` are the fields that tuning takes.
pub(crate) fn unsupported(planned: &Tree, known: &BTreeSet<String>) -> Vec<&'static str> {
    // A list without this one is no list of what tuning takes.
    if !known.contains("default_lease_ttl") {
        return Vec::new();
    }
    let missing = |field: &&str| settle::is_set(planned.attribute(field)) && !known.contains(*field);
    LATER_FIELDS.iter().copied().filter(missing).collect()
}

/// The state by which a mount that is imported is read.
pub(crate) fn bare(path: &str, namespace: Option<String>) -> Backend {
    let mut tree = Tree::object();
    tree.set("id", path);
    tree.set("path", path);
    tree.set("namespace", namespace.into_tree());
    tree.set("disable_remount", false);
    Backend::from_tree(&tree)
}

/// What Vault and OpenBao report where nothing is set and the server's own configuration sets nothing either: 32 days.
const SYSTEM_TTL: i64 = 2_764_800;

const LATER_FIELDS: &[&str] = &[
    "allowed_managed_keys",
    "delegated_auth_accessors",
    "identity_token_key",
    "plugin_version",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn backend(attributes: Vec<(&'static str, Tree)>) -> Backend {
        let mut tree = Tree::object();
        for (name, value) in attributes {
            tree.set(name, value);
        }
        Backend::from_tree(&tree)
    }

    fn object(value: &Json) -> Object {
        value.as_object().cloned().unwrap_or_default()
    }

    fn live(root: &Json, lease: &Json) -> Live {
        let mount = Mount {
            path: "aws".to_owned(),
            kind: "aws".to_owned(),
            accessor: "aws_1".to_owned(),
            ..Mount::default()
        };
        Live {
            mount,
            root: object(root),
            lease: Some(object(lease)),
        }
    }

    #[test]
    fn a_new_mount_is_made_with_what_is_set() {
        assert_eq!(enable_body(&backend(Vec::new())), json!({"type": "aws", "config": {}}));
        let full = backend(vec![
            ("description", "d".into_tree()),
            ("default_lease_ttl_seconds", 900_i64.into_tree()),
            ("audit_non_hmac_response_keys", vec!["access_key"].into_tree()),
            ("seal_wrap", true.into_tree()),
            ("force_no_cache", true.into_tree()),
            (
                "options",
                BTreeMap::from([("a".to_owned(), "b".to_owned())]).into_tree(),
            ),
        ]);
        assert_eq!(
            enable_body(&full),
            json!({
                "type": "aws", "description": "d", "seal_wrap": true, "options": {"a": "b"},
                "config": {"default_lease_ttl": "900s", "audit_non_hmac_response_keys": ["access_key"], "force_no_cache": true}
            })
        );
    }

    #[test]
    fn tuning_sends_what_differs_and_clears_what_is_gone() {
        let mut mount = live(&json!({}), &json!({})).mount;
        assert_eq!(tune_body(&backend(Vec::new()), &mount, &Notes::default()), None);
        mount.description = "old".to_owned();
        mount.config.default_lease_ttl = 900;
        mount.config.audit_non_hmac_request_keys = vec!["x".to_owned()];
        mount.options = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        mount.config.max_lease_ttl = SYSTEM_TTL;
        let planned = backend(vec![(
            "options",
            BTreeMap::from([("c".to_owned(), "d".to_owned())]).into_tree(),
        )]);
        assert_eq!(
            tune_body(&planned, &mount, &Notes::default()),
            Some(json!({
                "description": "", "default_lease_ttl": "0s", "audit_non_hmac_request_keys": [], "options": {"a": "", "c": "d"}
            }))
        );
    }

    #[test]
    fn what_is_fixed_is_never_tuned() {
        let mount = Mount {
            seal_wrap: true,
            ..live(&json!({}), &json!({})).mount
        };
        let planned = backend(vec![("local", true.into_tree()), ("force_no_cache", true.into_tree())]);
        assert_eq!(tune_body(&planned, &mount, &Notes::default()), None);
    }

    #[test]
    fn defaults_of_the_server_are_not_set() {
        let mut live = live(&json!({}), &json!({}));
        live.mount.config.identity_token_key = "default".to_owned();
        live.mount.config.default_lease_ttl = 3_600;
        live.mount.plugin_version = "v1.18.5".to_owned();
        let notes = Notes {
            default_lease_ttl: Some(3_600),
            ..Notes::default()
        };
        let mount = mount_from_server(backend(Vec::new()).mount, &live.mount, &notes);
        assert!(mount.identity_token_key.is_null() && mount.plugin_version.is_null());
        assert!(mount.default_lease_ttl_seconds.is_null());
        let prior = backend(vec![
            ("plugin_version", "1.18.5".into_tree()),
            ("identity_token_key", "default".into_tree()),
        ]);
        let mount = mount_from_server(prior.mount.clone(), &live.mount, &notes);
        assert_eq!(
            (mount.plugin_version, mount.identity_token_key),
            (prior.mount.plugin_version, prior.mount.identity_token_key)
        );
    }

    #[test]
    fn a_mount_without_its_configuration_shows() {
        let prior = backend(vec![
            ("access_key", "AKIAIOSFODNN7EXAMPLE".into_tree()),
            ("region", "eu-west-1".into_tree()),
            ("lease", "30m".into_tree()),
            ("lease_max", "1h".into_tree()),
        ]);
        let notes = Notes {
            last_written_access_key: Some("AKIAIOSFODNN7EXAMPLE".to_owned()),
            ..Notes::default()
        };
        let state = from_server(prior, &live(&json!({}), &json!({})), &notes);
        assert_eq!((state.root.access_key, state.root.region), (Value::Null, Value::Null));
        assert_eq!((state.lease.lease, state.lease.lease_max), (Value::Null, Value::Null));
        assert_eq!(state.root_rotated, Value::Known(false));
    }

    #[test]
    fn a_rotated_pair_keeps_the_configured_id() {
        let prior = backend(vec![("access_key", "AKIAIOSFODNN7EXAMPLE".into_tree())]);
        let notes = Notes {
            last_written_access_key: Some("AKIAIOSFODNN7EXAMPLE".to_owned()),
            ..Notes::default()
        };
        let state = from_server(
            prior.clone(),
            &live(&json!({"access_key": "AKIALIVE"}), &json!({})),
            &notes,
        );
        assert_eq!(
            (state.root.access_key, state.root_rotated),
            (prior.root.access_key.clone(), Value::Known(true))
        );
        let state = from_server(
            prior,
            &live(&json!({"access_key": "AKIALIVE"}), &json!({})),
            &Notes::default(),
        );
        assert_eq!(state.root.access_key.as_deref(), Some("AKIALIVE"));
    }

    #[test]
    fn lease_times_are_compared_as_times_and_cleared_with_zero() {
        let planned = backend(vec![("lease", "30m".into_tree()), ("lease_max", "1h".into_tree())]).lease;
        let stored = object(&json!({"lease": "30m0s", "lease_max": "1h0m0s"}));
        assert_eq!(lease_to_write(&planned, Some(&stored)), None);
        assert_eq!(
            lease_to_write(&planned, None),
            Some(("30m".to_owned(), "1h".to_owned()))
        );
        assert_eq!(lease_from_server(planned.clone(), Some(&stored)), planned);
        assert_eq!(lease_from_server(planned.clone(), None), planned);
        let unset = backend(Vec::new()).lease;
        assert_eq!(lease_to_write(&unset, None), None);
        assert_eq!(
            lease_to_write(&unset, Some(&stored)),
            Some(("0s".to_owned(), "0s".to_owned()))
        );
        assert_eq!(
            lease_from_server(unset.clone(), Some(&object(&json!({"lease": "0s", "lease_max": "0s"})))),
            unset
        );
    }

    #[test]
    fn mounts_of_another_server_may_lack_fields() {
        let mut planned = Tree::object();
        planned.set("allowed_managed_keys", BTreeSet::from(["k".to_owned()]));
        planned.set("identity_token_key", "");
        let known = BTreeSet::from(["default_lease_ttl".to_owned()]);
        assert_eq!(unsupported(&planned, &known), ["allowed_managed_keys"]);
        assert!(unsupported(&planned, &BTreeSet::new()).is_empty());
    }
}
