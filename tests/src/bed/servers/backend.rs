//! Vault and OpenBao in development mode: in memory, unsealed, with a root token of the bed's own.
//!
//! OpenBao has no AWS engine built in. Development mode registers every file of the plugin folder by its SHA-256
//! under the name of the file, so the engine's file is called `aws` and `type = "aws"` mounts it like the one that
//! is built into Vault.
//!
//! How the two differ where a provider can see it:
//!
//! - Vault keeps what a write of `config/root` leaves out, but for `username_template`; OpenBao with this engine
//!   resets it, the secret key included.
//! - OpenBao takes audit devices from its configuration file only, Vault by a request only.
//! - OpenBao answers an unknown namespace with 404; Vault ignores the header and works on its root.
//! - The answer to a `session_token` role has `session_token` only; for the other types of STS credentials
//!   `security_token` stands beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::aws::{Credentials, REGION};
use super::super::http::Api;
use super::super::process::Daemon;
use super::super::{Bed, Part};
use super::{Emulator, environment, start};

/// OpenBao with HashiCorp's AWS engine as a plugin.
#[derive(Debug)]
pub struct OpenBao;

impl OpenBao {
    /// Starts OpenBao.
    pub fn start(bed: &Bed) -> Result<Backend> {
        Backend::start(bed, BackendKind::OpenBao)
    }
}

/// HashiCorp Vault.
#[derive(Debug)]
pub struct Vault;

impl Vault {
    /// Starts Vault.
    pub fn start(bed: &Bed) -> Result<Backend> {
        Backend::start(bed, BackendKind::Vault)
    }
}

/// Which server has the AWS engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BackendKind {
    /// OpenBao.
    OpenBao,
    /// HashiCorp Vault.
    Vault,
}

impl BackendKind {
    /// The name in reports and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenBao => "openbao",
            Self::Vault => "vault",
        }
    }

    /// Whether a write of `config/root` resets the fields it leaves out.
    pub fn replaces_root_config(self) -> bool {
        matches!(self, Self::OpenBao)
    }
}

/// A running server.
#[derive(Debug)]
pub struct Backend {
    kind: BackendKind,
    api: Api,
    daemon: Daemon,
    scratch: TempDir,
}

impl Backend {
    /// Starts a server.
    pub fn start(bed: &Bed, kind: BackendKind) -> Result<Self> {
        let program = match kind {
            BackendKind::OpenBao => bed.program(Part::OpenBao)?,
            BackendKind::Vault => bed.program(Part::Vault)?,
        };
        let plugins = match kind {
            BackendKind::OpenBao => bed.program(Part::Engine)?.parent(),
            BackendKind::Vault => None,
        };
        let started = start(
            kind.name(),
            |port, scratch| {
                let mut command = Command::new(program);
                environment(scratch)?.apply(&mut command);
                command.arg("server").arg("-dev").arg("-dev-no-store-token");
                command.arg(format!("-dev-root-token-id={}", root_token(port)));
                command.arg(format!("-dev-listen-address=127.0.0.1:{port}"));
                if let Some(plugins) = plugins {
                    let config = scratch.join("config.hcl");
                    fs::write(&config, audit_blocks(scratch)?).context("cannot write the configuration of OpenBao")?;
                    command.arg(format!("-dev-plugin-dir={}", plugins.display()));
                    command.arg(format!("-config={}", config.display()));
                }
                Ok(command)
            },
            // Health is good before development mode has made the root token and registered the plugin.
            |port| {
                api(port)
                    .read("sys/plugins/catalog/secret/aws")
                    .is_ok_and(|reply| reply.status == 200)
            },
        )?;
        let backend = Self {
            kind,
            api: api(started.port),
            daemon: started.daemon,
            scratch: started.scratch,
        };
        if kind == BackendKind::Vault {
            backend.enable_audit()?;
        }
        Ok(backend)
    }

    /// Which server it is.
    pub fn kind(&self) -> BackendKind {
        self.kind
    }

    /// Where it listens, such as `http://127.0.0.1:8200`.
    pub fn address(&self) -> &str {
        self.api.address()
    }

    /// The root token.
    pub fn token(&self) -> &str {
        self.api.token()
    }

    /// Requests with the root token.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The process id, for a scenario in which the server stops answering.
    pub fn process_id(&self) -> u32 {
        self.daemon.id()
    }

    /// The end of the server's log.
    pub fn log_tail(&self) -> String {
        self.daemon.log_tail()
    }

    /// Mounts the AWS engine and gives it an identity on an emulator.
    pub fn mount_aws(&self, path: &str, aws: &Emulator, identity: &Credentials) -> Result<()> {
        self.api
            .write(&format!("sys/mounts/{path}"), &json!({"type": "aws"}))?
            .accepted()?;
        let config = root_config(aws.endpoint(), identity);
        self.api.write(&format!("{path}/config/root"), &config)?.accepted()?;
        Ok(())
    }

    /// Asks for credentials of a role. `parameters` are those of the path, such as `{"ttl": "15m"}`, or null.
    ///
    /// The path `creds` serves all types; `sts` is left for roles of the old form.
    pub fn issue(&self, mount: &str, role: &str, parameters: &Value) -> Result<Lease> {
        let none = json!({});
        let parameters = if parameters.is_null() { &none } else { parameters };
        let reply = self
            .api
            .write(&format!("{mount}/creds/{role}"), parameters)?
            .accepted()?;
        lease(&reply.body).with_context(|| format!("the credentials of `{role}` are not complete"))
    }

    /// Revokes a lease; for an IAM user this deletes the user before it returns.
    pub fn revoke(&self, lease: &Lease) -> Result<()> {
        self.api
            .write("sys/leases/revoke", &json!({"lease_id": lease.id, "sync": true}))?
            .accepted()?;
        Ok(())
    }

    /// The ids of the leases below a prefix such as `aws/creds/reader/`.
    pub fn leases(&self, prefix: &str) -> Result<Vec<String>> {
        let reply = self.api.list(&format!("sys/leases/lookup/{prefix}"))?;
        match reply.status {
            404 => Ok(Vec::new()),
            _ => Ok(reply.accepted()?.keys().into_iter().map(str::to_owned).collect()),
        }
    }

    /// A token that may do what an access control policy allows.
    pub fn token_with_policy(&self, name: &str, policy: &str) -> Result<String> {
        self.api
            .write(&format!("sys/policies/acl/{name}"), &json!({"policy": policy}))?
            .accepted()?;
        let reply = self
            .api
            .write("auth/token/create", &json!({"policies": [name], "ttl": "1h"}))?
            .accepted()?;
        let token = reply.body.pointer("/auth/client_token").and_then(Value::as_str);
        Ok(token.context("the answer holds no token")?.to_owned())
    }

    /// The entries of an audit log so far, requests and responses. An entry is written before its answer is sent.
    pub fn audit(&self, form: AuditForm) -> Result<Vec<Value>> {
        let path = form.file(self.scratch.path());
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        text.lines()
            .map(|line| serde_json::from_str(line).context("the audit log holds a line that is no JSON"))
            .collect()
    }

    /// Where an audit log is.
    pub fn audit_file(&self, form: AuditForm) -> PathBuf {
        form.file(self.scratch.path())
    }

    /// Every request so far as its operation and path, such as `update aws/roles/reader`.
    pub fn requests(&self) -> Result<Vec<String>> {
        let entries = self.audit(AuditForm::Hashed)?;
        Ok(entries
            .iter()
            .filter(|entry| entry.get("type").is_some_and(|kind| kind == "request"))
            .map(request)
            .collect())
    }

    fn enable_audit(&self) -> Result<()> {
        for form in [AuditForm::Raw, AuditForm::Hashed] {
            let device = json!({"type": "file", "options": form.options(self.scratch.path())});
            self.api
                .write(&format!("sys/audit/{}", form.name()), &device)?
                .accepted()?;
        }
        Ok(())
    }
}

/// Credentials that the server issued.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The lease id; empty where the server makes no lease.
    pub id: String,
    /// How long it lasts.
    pub seconds: u64,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// What it is about.
    pub credentials: Credentials,
}

/// Which of the two audit logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditForm {
    /// Everything in clear, as the provider sent it.
    Raw,
    /// Strings hashed, as a server in production writes it.
    Hashed,
}

impl AuditForm {
    fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Hashed => "hashed",
        }
    }

    fn file(self, scratch: &Path) -> PathBuf {
        scratch.join(format!("audit-{}.log", self.name()))
    }

    fn options(self, scratch: &Path) -> Value {
        json!({"file_path": self.file(scratch).to_string_lossy(), "log_raw": (self == Self::Raw).to_string()})
    }
}

/// A token that no other server of the bed has, so that a server which took the port cannot be mistaken for ours.
fn root_token(port: u16) -> String {
    format!("bed-root-{}-{port}", process::id())
}

fn api(port: u16) -> Api {
    Api::new(format!("http://127.0.0.1:{port}"), root_token(port))
}

/// `max_retries` 0: the default of the SDK would make a scenario about a failure wait for it.
fn root_config(endpoint: &str, identity: &Credentials) -> Value {
    json!({
        "access_key": identity.access_key(),
        "secret_key": identity.secret_key(),
        "region": REGION,
        "iam_endpoint": endpoint,
        "sts_endpoint": endpoint,
        "max_retries": 0,
    })
}

/// The first label of an audit block is its type, the second its path.
fn audit_blocks(scratch: &Path) -> Result<String> {
    let block = |form: AuditForm| -> Result<String> {
        let path = serde_json::to_string(&form.file(scratch).to_string_lossy())?;
        let raw = form == AuditForm::Raw;
        let name = form.name();
        Ok(format!(
            "audit \"file\" \"{name}\" {{\n  options = {{\n    file_path = {path}\n    log_raw = \"{raw}\"\n  }}\n}}\n"
        ))
    };
    Ok(block(AuditForm::Raw)? + &block(AuditForm::Hashed)?)
}

fn lease(body: &Value) -> Result<Lease> {
    let data = body.get("data").context("there is no `data`")?;
    let text = |name: &str| data.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (Some(access_key), Some(secret_key)) = (text("access_key"), text("secret_key")) else {
        bail!("there is no `access_key` or no `secret_key`");
    };
    let credentials = Credentials::new(access_key, secret_key);
    Ok(Lease {
        id: body
            .get("lease_id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        seconds: body.get("lease_duration").and_then(Value::as_u64).unwrap_or_default(),
        renewable: body.get("renewable").and_then(Value::as_bool).unwrap_or_default(),
        credentials: match text("session_token").or_else(|| text("security_token")) {
            Some(token) => credentials.with_session_token(token),
            None => credentials,
        },
    })
}

fn request(entry: &Value) -> String {
    let part = |name: &str| {
        entry
            .pointer(&format!("/request/{name}"))
            .and_then(Value::as_str)
            .unwrap_or("?")
    };
    format!("{} {}", part("operation"), part("path"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_of_an_iam_user_has_no_session_token() {
        let body = json!({
            "lease_id": "aws/creds/u/D2gf", "lease_duration": 2_764_800, "renewable": true,
            "data": {"access_key": "AKIA1", "secret_key": "s", "session_token": null},
        });
        let lease = lease(&body).unwrap();
        assert_eq!(
            (lease.id.as_str(), lease.seconds, lease.renewable),
            ("aws/creds/u/D2gf", 2_764_800, true)
        );
        assert_eq!(lease.credentials, Credentials::new("AKIA1", "s"));
    }

    #[test]
    fn a_lease_of_sts_credentials_has_a_token_under_either_name() {
        let expected = Credentials::new("ASIA1", "s").with_session_token("t");
        for name in ["session_token", "security_token"] {
            let body = json!({"lease_id": "", "data": {"access_key": "ASIA1", "secret_key": "s", name: "t"}});
            assert_eq!(lease(&body).unwrap().credentials, expected);
        }
    }

    #[test]
    fn an_answer_without_a_key_is_no_lease() {
        assert!(lease(&json!({"data": {"access_key": "AKIA1"}})).is_err());
        assert!(lease(&json!({"errors": []})).is_err());
    }

    #[test]
    fn each_audit_log_has_a_block_of_its_own() {
        let blocks = audit_blocks(Path::new("/tmp/lp")).unwrap();
        assert!(blocks.contains("audit \"file\" \"raw\" {\n") && blocks.contains("audit \"file\" \"hashed\" {\n"));
        assert!(
            blocks.contains("file_path = \"/tmp/lp/audit-raw.log\"\n    log_raw = \"true\""),
            "{blocks}"
        );
        assert!(
            blocks.contains("file_path = \"/tmp/lp/audit-hashed.log\"\n    log_raw = \"false\""),
            "{blocks}"
        );
    }

    #[test]
    fn a_request_is_told_by_operation_and_path() {
        let entry = json!({"type": "request", "request": {"operation": "update", "path": "aws/roles/reader"}});
        assert_eq!(request(&entry), "update aws/roles/reader");
    }
}
