//! Mounts of secrets engines: look-up, enable, tune, move, disable.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::call::Call;
use super::failure::{Failure, FailureKind};
use super::{Client, Object, fields};

/// A mounted secrets engine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mount {
    /// Where it is mounted, without slashes around it.
    pub path: String,
    /// The engine's type, such as `aws`.
    pub kind: String,
    /// What somebody wrote about it.
    pub description: String,
    /// The server's name for this mount; another mount at the same path has another.
    pub accessor: String,
    /// Not replicated.
    pub local: bool,
    /// Encrypted by the seal too.
    pub seal_wrap: bool,
    /// May use an external source of entropy.
    pub external_entropy_access: bool,
    /// Options of the engine.
    pub options: BTreeMap<String, String>,
    /// The version that was asked for; empty for the newest.
    pub plugin_version: String,
    /// The version that runs.
    pub running_plugin_version: String,
    /// What can be tuned.
    pub config: MountConfig,
}

/// The tunable part of a mount.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MountConfig {
    /// Seconds; 0 for the server's default.
    pub default_lease_ttl: i64,
    /// Seconds; 0 for the server's maximum.
    pub max_lease_ttl: i64,
    /// Nothing is cached.
    pub force_no_cache: bool,
    /// Request fields that audit logs show in clear.
    pub audit_non_hmac_request_keys: Vec<String>,
    /// Response fields that audit logs show in clear.
    pub audit_non_hmac_response_keys: Vec<String>,
    /// Whether the mount is listed to strangers: `unauth`, `hidden` or empty.
    pub listing_visibility: String,
    /// Request headers that reach the engine.
    pub passthrough_request_headers: Vec<String>,
    /// Response headers that the engine may set.
    pub allowed_response_headers: Vec<String>,
    /// Managed keys that the engine may use.
    pub allowed_managed_keys: Vec<String>,
    /// Auth mounts that may be delegated to.
    pub delegated_auth_accessors: Vec<String>,
    /// The key that signs the mount's identity tokens.
    pub identity_token_key: String,
}

impl Mount {
    fn parse(path: &str, object: &Object) -> Self {
        let config = object
            .get("config")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        Self {
            path: path.trim_matches('/').to_owned(),
            kind: fields::text(object, "type"),
            description: fields::text(object, "description"),
            accessor: fields::text(object, "accessor"),
            local: fields::flag(object, "local"),
            seal_wrap: fields::flag(object, "seal_wrap"),
            external_entropy_access: fields::flag(object, "external_entropy_access"),
            options: fields::map(object, "options"),
            plugin_version: fields::text(object, "plugin_version"),
            running_plugin_version: fields::text(object, "running_plugin_version"),
            config: MountConfig {
                default_lease_ttl: fields::integer(&config, "default_lease_ttl"),
                max_lease_ttl: fields::integer(&config, "max_lease_ttl"),
                force_no_cache: fields::flag(&config, "force_no_cache"),
                audit_non_hmac_request_keys: fields::strings(&config, "audit_non_hmac_request_keys"),
                audit_non_hmac_response_keys: fields::strings(&config, "audit_non_hmac_response_keys"),
                listing_visibility: fields::text(&config, "listing_visibility"),
                passthrough_request_headers: fields::strings(&config, "passthrough_request_headers"),
                allowed_response_headers: fields::strings(&config, "allowed_response_headers"),
                allowed_managed_keys: fields::strings(&config, "allowed_managed_keys"),
                delegated_auth_accessors: fields::strings(&config, "delegated_auth_accessors"),
                identity_token_key: fields::text(&config, "identity_token_key"),
            },
        }
    }
}

impl Client {
    /// The mount at a path; `None` when nothing is mounted exactly there.
    pub async fn mount(
        &self,
        ns: Option<&str>,
        path: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<Mount>, Failure> {
        let call = Call::read(mount_path(path));
        let Some(answer) = self.call(ns, &call, cancel).await? else {
            return Ok(None);
        };
        match answer.data().or_else(|| answer.object()) {
            Some(object) if object.contains_key("type") => Ok(Some(Mount::parse(path, object))),
            _ => Err(self.failure(FailureKind::BadAnswer, &call, ns, "the answer describes no mount")),
        }
    }

    /// Mounts a secrets engine.
    pub async fn enable_mount(
        &self,
        ns: Option<&str>,
        path: &str,
        body: &Value,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        self.write(ns, Call::write(mount_path(path), body), cancel)
            .await
            .map(|warnings| log_warnings(path, &warnings))
    }

    /// Changes what can be tuned.
    pub async fn tune_mount(
        &self,
        ns: Option<&str>,
        path: &str,
        body: &Value,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        let call = Call::write(format!("{}/tune", mount_path(path)), body);
        self.write(ns, call, cancel)
            .await
            .map(|warnings| log_warnings(path, &warnings))
    }

    /// Unmounts a secrets engine; its leases are revoked. Nothing mounted there is as good.
    pub async fn disable_mount(&self, ns: Option<&str>, path: &str, cancel: &CancellationToken) -> Result<(), Failure> {
        self.call(ns, &Call::delete(mount_path(path)), cancel).await.map(drop)
    }

    /// Moves a mount and waits until it has moved. Its leases are revoked.
    pub async fn remount(
        &self,
        ns: Option<&str>,
        from: &str,
        to: &str,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        let call = Call::write(
            "sys/remount",
            &json!({ "from": from.trim_matches('/'), "to": to.trim_matches('/') }),
        );
        let answer = self.call(ns, &call, cancel).await?;
        let migration = answer
            .as_ref()
            .and_then(Answer::data)
            .map(|data| fields::text(data, "migration_id"));
        let Some(migration) = migration.filter(|id| !id.is_empty()) else {
            // Old servers move before they answer.
            return Ok(());
        };
        let progress = Call::read(format!("sys/remount/status/{migration}"));
        let started = Instant::now();
        loop {
            let answer = self.call(ns, &progress, cancel).await.map_err(|failure| Failure {
                may_have_been_done: true,
                ..failure
            })?;
            let status = answer
                .as_ref()
                .and_then(|answer| answer.data()?.get("migration_info")?.as_object())
                .map(|info| fields::text(info, "status"))
                .unwrap_or_default();
            match status.as_str() {
                "success" => return Ok(()),
                "failure" => {
                    let message = format!("the server could not move `{from}` to `{to}`");
                    return Err(self.failure(FailureKind::Server, &call, ns, message));
                }
                _ if started.elapsed() > MOVE_TIME => {
                    let message = format!("`{from}` is still on its way to `{to}` after {} s", MOVE_TIME.as_secs());
                    let failure = self.failure(FailureKind::Timeout, &call, ns, message);
                    return Err(Failure {
                        may_have_been_done: true,
                        ..failure
                    });
                }
                _ => tokio::select! {
                    () = tokio::time::sleep(MOVE_PAUSE) => {}
                    () = cancel.cancelled() => {
                        let message = format!("`{from}` is on its way to `{to}`");
                        let failure = self.failure(FailureKind::Cancelled, &call, ns, message);
                        return Err(Failure { may_have_been_done: true, ..failure });
                    }
                },
            }
        }
    }

    /// Sends a write and returns the server's warnings.
    pub(super) async fn write(
        &self,
        ns: Option<&str>,
        call: Call,
        cancel: &CancellationToken,
    ) -> Result<Vec<String>, Failure> {
        match self.call(ns, &call, cancel).await? {
            Some(answer) => Ok(self.warnings(&answer)),
            None => Err(self.failure(FailureKind::NotFound, &call, ns, "there is no such path to write to")),
        }
    }
}

fn mount_path(path: &str) -> String {
    format!("sys/mounts/{}", path.trim_matches('/'))
}

fn log_warnings(path: &str, warnings: &[String]) {
    for warning in warnings {
        leastpriv_plugin::log::warn(warning, &[("mount", path)]);
    }
}

const MOVE_TIME: Duration = Duration::from_secs(300);
const MOVE_PAUSE: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_read_whatever_the_server_leaves_out() {
        let object = json!({
            "type": "aws", "description": "d", "accessor": "aws_1", "local": false, "seal_wrap": true,
            "options": null, "plugin_version": "", "running_plugin_version": "v1.21.0+builtin.vault",
            "config": { "default_lease_ttl": 900, "max_lease_ttl": "3600", "force_no_cache": false,
                        "audit_non_hmac_request_keys": ["a"], "listing_visibility": "hidden" }
        });
        let mount = Mount::parse("/team/aws/", object.as_object().unwrap());
        assert_eq!(
            (mount.path.as_str(), mount.kind.as_str(), mount.seal_wrap),
            ("team/aws", "aws", true)
        );
        assert_eq!(
            (mount.config.default_lease_ttl, mount.config.max_lease_ttl),
            (900, 3_600)
        );
        assert_eq!(mount.config.audit_non_hmac_request_keys, ["a"]);
        assert!(mount.options.is_empty() && mount.config.allowed_managed_keys.is_empty());
        assert_eq!(Mount::parse("aws", &Object::new()).path, "aws");
    }
}
