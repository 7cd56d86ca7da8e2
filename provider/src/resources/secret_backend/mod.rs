//! `leastpriv_aws_secret_backend`: a mount (`sys/mounts`), its own credentials (`config/root`) and the lease times of
//! its users (`config/lease`).
//!
//! Servers up to Vault 1.18, and engines of that age in OpenBao, rebuild `config/root` from each write and so lose a
//! secret that is not sent; later ones merge, but for the template. Tuning merges, ignores what is fixed, and takes
//! neither null nor an empty text for "back to the default". Unset TTLs are answered with zero or with the server's
//! own. So every write sends the whole record, every result is read back, and values that the server fills in are
//! remembered beside the state. Import takes the path.

mod apply;
mod model;
mod moved;
mod notes;
mod plan;
mod root;
mod rules;
mod schema;
mod server;

use std::collections::BTreeSet;

use async_trait::async_trait;
use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::resource::{ApplyRequest, Change, MoveSource, Outcome, Plan, Resource};
use leastpriv_terraform::schema::Schema;
use leastpriv_terraform::value::{Tree, json};
use tokio_util::sync::CancellationToken;

use super::engine::{self, Fields};
use super::known::Known;
use crate::client::{Client, Failure, FailureKind, Flavour, Meta};
use crate::judge::{tool_destroys, tool_plans};
use model::{Backend, Secrets};
use notes::Notes;
use server::Found;

/// The resource `leastpriv_aws_secret_backend`.
#[derive(Debug, Default)]
pub struct SecretBackend {
    known: Known,
}

#[async_trait]
impl Resource<Meta> for SecretBackend {
    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &Tree) -> Diagnostics {
        let found = rules::check(&Backend::from_tree(config), &Secrets::from_config(config));
        // A plan says it all, but there is none of a configuration with an error.
        if tool_plans() && !found.has_errors() {
            return Diagnostics::default();
        }
        found
    }

    fn plan(&self, change: &Change<'_>) -> Plan {
        let mut plan = plan::plan(change);
        if tool_destroys() {
            plan.diagnostics = super::without_errors(plan.diagnostics);
        } else if let Some(config) = change.config.filter(|_| tool_plans()) {
            let rules = rules::check(&Backend::from_tree(config), &Secrets::from_config(config));
            plan.diagnostics.extend(super::without_errors(rules));
        }
        plan
    }

    async fn review(&self, meta: &Meta, change: &Change<'_>, plan: &mut Plan, cancel: &CancellationToken) {
        if tool_destroys() {
            return;
        }
        if let Some(prior) = change.prior.map(Backend::from_tree) {
            self.remember(&prior);
            if plan.state.is_null()
                && let Some(path) = prior.path.as_deref()
                && self.known.plan_to_destroy(prior.namespace(), path)
            {
                plan.diagnostics
                    .push(super::made_and_destroyed(TYPE_NAME, &format!("mount `{path}`")));
            }
        }
        if plan.state.is_null() || change.prior == Some(&plan.state) {
            return;
        }
        let planned = Backend::from_tree(&plan.state);
        let Some(path) = planned.path.as_deref().filter(|_| !planned.namespace.is_unknown()) else {
            return;
        };
        if change.prior.is_none() && self.known.plan_to_make(planned.namespace(), path) {
            plan.diagnostics
                .push(super::made_and_destroyed(TYPE_NAME, &format!("mount `{path}`")));
            return;
        }
        let client = match meta.client().await {
            Ok(client) => client,
            Err(diagnostics) => {
                plan.diagnostics.extend(diagnostics);
                return;
            }
        };
        let review = Review {
            client: &client,
            planned: &planned,
            tree: &plan.state,
            path,
            cancel,
        };
        let said = match change.prior {
            Some(prior) if plan::replaces(prior, &plan.state) => Ok(Diagnostics::default()),
            Some(prior) => {
                let secrets = Secrets::from_config(change.config.unwrap_or(&Tree::Null));
                review
                    .update(&Backend::from_tree(prior), &secrets, &Notes::read(change.private))
                    .await
            }
            None => review.creation(self.known.holds(planned.namespace(), path)).await,
        };
        match said {
            Ok(diagnostics) => plan.diagnostics.extend(diagnostics),
            Err(failure) => plan
                .diagnostics
                .push(failure.diagnostic(&format!("plan mount `{path}`"))),
        }
    }

    async fn create(&self, meta: &Meta, request: &ApplyRequest<'_>) -> Outcome {
        let backend = Backend::from_tree(request.planned);
        let Some(path) = backend.path.as_deref() else {
            return pathless();
        };
        let _turn = self.known.turn(backend.namespace(), path).await;
        let outcome = apply::create(meta, request).await;
        if outcome.state.is_some() {
            self.known.make(backend.namespace(), path);
        }
        outcome
    }

    async fn read(&self, meta: &Meta, state: &Tree, private: &[u8], cancel: &CancellationToken) -> Outcome {
        let backend = Backend::from_tree(state);
        self.remember(&backend);
        let Some(path) = backend.path.known().cloned() else {
            return pathless();
        };
        let client = match meta.client().await {
            Ok(client) => client,
            Err(diagnostics) => return diagnostics.into(),
        };
        match server::load(&client, backend.namespace(), &path, cancel).await {
            Ok(Found::Aws(live)) => Outcome {
                state: Some(server::from_server(backend, &live, &Notes::read(private)).into_tree()),
                private: private.to_vec(),
                diagnostics: Diagnostics::default(),
            },
            Ok(Found::Nothing) => Outcome::default(),
            Ok(Found::Other(kind)) => another_engine(&path, &kind).into(),
            Err(failure) => failure.diagnostic(&format!("read mount `{path}`")).into(),
        }
    }

    async fn update(&self, meta: &Meta, request: &ApplyRequest<'_>) -> Outcome {
        apply::update(meta, request).await
    }

    async fn delete(&self, meta: &Meta, request: &ApplyRequest<'_>) -> Outcome {
        let backend = Backend::from_tree(request.prior.unwrap_or(&Tree::Null));
        let Some(path) = backend.path.as_deref() else {
            return pathless();
        };
        let _turn = self.known.turn(backend.namespace(), path).await;
        if self.known.is_made(backend.namespace(), path) {
            return super::kept(&format!("mount `{path}`")).into();
        }
        let client = match meta.client().await {
            Ok(client) => client,
            Err(diagnostics) => return diagnostics.into(),
        };
        let done = match server::kind(&client, backend.namespace(), path, request.cancel).await {
            Ok(None) => Ok(()),
            Ok(Some((_, true))) => client.disable_mount(backend.namespace(), path, request.cancel).await,
            Ok(Some((kind, false))) => return another_engine(path, &kind).into(),
            Err(failure) => Err(failure),
        };
        match done {
            Ok(()) => Outcome::default(),
            Err(failure) => failure.diagnostic(&format!("unmount `{path}`")).into(),
        }
    }

    async fn import(&self, meta: &Meta, id: &str, cancel: &CancellationToken) -> Outcome {
        let path = id.trim_matches('/');
        if !super::is_mount_path(path) {
            return Diagnostic::error(
                format!("`{id}` is not the path of a mount"),
                "write it as in `team/aws`",
            )
            .into();
        }
        let client = match meta.client().await {
            Ok(client) => client,
            Err(diagnostics) => return diagnostics.into(),
        };
        let backend = server::bare(path, super::import_namespace());
        match server::load(&client, backend.namespace(), path, cancel).await {
            Ok(Found::Aws(live)) => {
                let notes = Notes::of_access_key(Some(&live.access_key()));
                let state = server::from_server(backend, &live, &notes);
                Outcome { state: Some(state.into_tree()), private: notes.write(), diagnostics: Diagnostics::default() }
            }
            Ok(Found::Nothing) => Diagnostic::error(
                format!("nothing is mounted at `{path}`"),
                "check the path, and for a namespace `TERRAFORM_VAULT_NAMESPACE_IMPORT`; a mount that does not exist is created and not imported",
            )
            .into(),
            Ok(Found::Other(kind)) => Diagnostic::error(
                format!("`{path}` is a mount of type `{kind}` and not an AWS secrets engine"),
                "it is not imported: the next apply would write AWS keys into it",
            )
            .into(),
            Err(failure) => failure.diagnostic(&format!("import mount `{path}`")).into(),
        }
    }

    fn move_from(&self, source: &MoveSource<'_>) -> Option<Outcome> {
        if !super::is_peer(source.provider_address) || source.type_name != "vault_aws_secret_backend" {
            return None;
        }
        let moved = match json::decode(source.state, &schema::schema().ty()) {
            Ok(peer) => {
                let backend = moved::from_peer(&peer);
                let notes = Notes::of_access_key(backend.root.access_key.as_deref());
                Outcome {
                    private: notes.write(),
                    state: Some(backend.into_tree()),
                    diagnostics: Diagnostics::default(),
                }
            }
            Err(fault) => Diagnostic::error(
                "the state of `vault_aws_secret_backend` cannot be taken over",
                format!("{fault}; import the mount instead"),
            )
            .into(),
        };
        Some(moved)
    }
}

impl SecretBackend {
    fn remember(&self, backend: &Backend) {
        if let Some(path) = backend.path.as_deref() {
            self.known.remember(backend.namespace(), path);
        }
    }
}

/// What the server has to say about a plan.
struct Review<'a> {
    client: &'a Client,
    planned: &'a Backend,
    tree: &'a Tree,
    path: &'a str,
    cancel: &'a CancellationToken,
}

impl Review<'_> {
    async fn creation(&self, is_ours: bool) -> Result<Diagnostics, Failure> {
        let mut said = self.mount_fields().await?;
        said.extend(self.edition().await?);
        if !is_ours {
            said.extend(self.occupied().await?);
        }
        Ok(said)
    }

    async fn update(&self, prior: &Backend, secrets: &Secrets, notes: &Notes) -> Result<Diagnostics, Failure> {
        let mut said = self.mount_fields().await?;
        said.extend(self.edition().await?);
        if prior.path != self.planned.path {
            said.extend(self.occupied().await?);
        }
        let Some(path) = prior.path.as_deref() else {
            return Ok(said);
        };
        let known = match engine::root_fields(self.client, prior.namespace(), path, self.cancel).await? {
            Fields::Of(known) => known,
            Fields::NotAws | Fields::NotTold => return Ok(said),
        };
        let lacking = root::unsupported(self.tree, &known);
        said.extend(
            lacking
                .into_iter()
                .map(|field| engine::lacks("AWS secrets engine", &format!("mount `{path}`"), field)),
        );
        if prior.root == self.planned.root && prior.secret_key_wo_version == self.planned.secret_key_wo_version {
            return Ok(said);
        }
        let live = self
            .client
            .read(prior.namespace(), &format!("{path}/config/root"), self.cancel)
            .await?;
        let live_key = crate::client::fields::text(&live.unwrap_or_default(), "access_key");
        let situation = root::Situation {
            merges: engine::merges(&known),
            live_key: &live_key,
            last_written: notes.last_written_access_key.as_deref(),
        };
        if let Err(refusal) = root::decide(prior, self.planned, secrets, situation) {
            said.push(refusal.diagnostic(path));
        }
        Ok(said)
    }

    /// Fields that the mounts of this server do not have.
    async fn mount_fields(&self) -> Result<Diagnostics, Failure> {
        let tune = format!("sys/mounts/{}/tune", self.path);
        let known = match self
            .client
            .path_fields(self.planned.namespace(), &tune, self.cancel)
            .await
        {
            Ok(known) => known.unwrap_or_default(),
            Err(failure) if engine::is_absence(failure.kind) || failure.kind == FailureKind::Denied => BTreeSet::new(),
            Err(failure) => return Err(failure),
        };
        let lacking = server::unsupported(self.tree, &known);
        Ok(lacking
            .into_iter()
            .map(|field| engine::lacks("table of mounts", &format!("mount `{}`", self.path), field))
            .collect())
    }

    /// Fields that the community edition of Vault lists and refuses.
    async fn edition(&self) -> Result<Diagnostics, Failure> {
        let fields = root::needs_enterprise(self.tree);
        if fields.is_empty() {
            return Ok(Diagnostics::default());
        }
        let server = self.client.server(self.cancel).await?;
        if server.flavour != Flavour::Vault || server.version.is_empty() || server.is_enterprise() {
            return Ok(Diagnostics::default());
        }
        let refuse = |field: &str| {
            Diagnostic::error(
                format!("mount `{}`: `{field}` needs Vault Enterprise", self.path),
                format!(
                    "this server is Vault {}, which knows the field and refuses it; remove the argument",
                    server.version
                ),
            )
            .at(AttributePath::attribute(field))
        };
        Ok(fields.into_iter().map(refuse).collect())
    }

    /// What is mounted already where this mount is to be.
    async fn occupied(&self) -> Result<Option<Diagnostic>, Failure> {
        match self
            .client
            .mount(self.planned.namespace(), self.path, self.cancel)
            .await
        {
            Ok(mount) => Ok(mount.map(|mount| taken(self.planned.namespace(), self.path, &mount.kind))),
            Err(failure) if engine::is_absence(failure.kind) || failure.kind == FailureKind::Denied => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

/// The error for a path that is in use.
fn taken(namespace: Option<&str>, path: &str, kind: &str) -> Diagnostic {
    let help = if kind == "aws" {
        format!(
            "it is not taken over in silence. To manage it here, import it:\n\n  {}",
            super::import_command(TYPE_NAME, namespace, path)
        )
    } else {
        format!("a mount of type `{kind}` cannot become this one; choose another `path`")
    };
    Diagnostic::error(format!("something is mounted at `{path}` already"), help).at(AttributePath::attribute("path"))
}

/// The error for a mount that is another engine than the state says.
fn another_engine(path: &str, kind: &str) -> Diagnostic {
    Diagnostic::error(
        format!("`{path}` is a mount of type `{kind}` and no longer an AWS secrets engine"),
        format!(
            "somebody unmounted the engine and mounted another one in its place. It is not touched. To forget the engine that was there: `terraform state rm` for this resource and its roles; then choose another `path`, or unmount `{path}` by hand"
        ),
    )
    .at(AttributePath::attribute("path"))
}

fn pathless() -> Outcome {
    Diagnostic::error("the mount has no path", "`path` must be known").into()
}

const TYPE_NAME: &str = "leastpriv_aws_secret_backend";

#[cfg(test)]
mod tests {
    use leastpriv_terraform::value::Value;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_moved_state_remembers_its_access_key_and_forgets_its_secret() {
        let state = json!({
            "id": "aws", "path": "aws", "access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "planted-secret"
        });
        let source = MoveSource {
            provider_address: "registry.terraform.io/hashicorp/vault",
            type_name: "vault_aws_secret_backend",
            schema_version: 1,
            state: &state,
            private: b"{\"schema_version\":\"1\"}",
        };
        let outcome = SecretBackend::default().move_from(&source).unwrap();
        let notes = Notes::read(&outcome.private);
        assert_eq!(notes.last_written_access_key.as_deref(), Some("AKIAIOSFODNN7EXAMPLE"));
        assert!(!String::from_utf8_lossy(&outcome.private).contains("planted"));
        let state = outcome.state.unwrap();
        assert!(!format!("{state:?}").contains("planted"));
        assert_eq!(state.get::<bool>("disable_remount"), Value::Known(false));
        let other = MoveSource {
            type_name: "vault_mount",
            ..source
        };
        assert!(SecretBackend::default().move_from(&other).is_none());
    }

    #[test]
    fn a_path_in_use_is_refused_with_the_way_in() {
        assert!(
            taken(None, "team/aws", "aws")
                .detail
                .ends_with("  terraform import leastpriv_aws_secret_backend.NAME 'team/aws'")
        );
        let elsewhere = taken(Some("emea"), "aws", "aws").detail;
        assert!(elsewhere.contains("TERRAFORM_VAULT_NAMESPACE_IMPORT='emea' terraform import"));
        assert!(!taken(None, "team/aws", "kv").detail.contains("import"));
    }
}
