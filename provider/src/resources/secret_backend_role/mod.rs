//! `leastpriv_aws_secret_backend_role`: one role at `MOUNT/roles/NAME`.
//!
//! The engine keeps fields that a write leaves out, so every write sends all of them. It compacts the policy document
//! and answers an unset list with null or with an empty list, so the state keeps its own spelling. A read of an absent
//! role and of an absent mount are both 404; of another engine it may be anything, so what answers is looked at before
//! it is believed. Import takes the id.

mod apply;
mod model;
mod moved;
mod plan;
mod rules;
mod server;

use async_trait::async_trait;
use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::resource::{ApplyRequest, Change, MoveSource, Outcome, Plan, Resource};
use leastpriv_terraform::schema::Schema;
use leastpriv_terraform::value::{Tree, Value, json};
use tokio_util::sync::CancellationToken;

use super::engine::{self, Fields};
use super::known::Known;
use crate::client::{FailureKind, Meta};
use crate::judge;
use model::Role;

/// The resource `leastpriv_aws_secret_backend_role`.
#[derive(Debug, Default)]
pub struct SecretBackendRole {
    known: Known,
}

#[async_trait]
impl Resource<Meta> for SecretBackendRole {
    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn schema(&self) -> Schema {
        model::schema()
    }

    fn validate(&self, config: &Tree) -> Diagnostics {
        let role = Role::from_tree(config);
        let mut diagnostics = rules::check(&role);
        // A plan says it all, but there is none of a configuration with an error.
        if judge::tool_plans() && !diagnostics.has_errors() {
            return Diagnostics::default();
        }
        diagnostics.extend(role.candidate().warnings(judge::today()));
        diagnostics
    }

    fn plan(&self, change: &Change<'_>) -> Plan {
        if judge::tool_destroys() {
            let mut plan = plan::plan(change, None);
            plan.diagnostics = super::without_errors(plan.diagnostics);
            return plan;
        }
        let mut plan = plan::plan(change, Some(judge::today()));
        if judge::tool_plans() && !plan.state.is_null() {
            let rules = rules::check(&Role::from_tree(change.config.unwrap_or(&Tree::Null)));
            plan.diagnostics.extend(super::without_errors(rules));
        }
        plan
    }

    async fn review(&self, meta: &Meta, change: &Change<'_>, plan: &mut Plan, cancel: &CancellationToken) {
        if judge::tool_destroys() {
            return;
        }
        if let Some(prior) = change.prior.map(Role::from_tree) {
            self.remember(&prior);
            if plan.state.is_null()
                && let Some(path) = prior.path()
                && self.known.plan_to_destroy(prior.namespace(), &path)
            {
                plan.diagnostics
                    .push(super::made_and_destroyed(TYPE_NAME, &format!("role `{path}`")));
            }
        }
        if plan.state.is_null() {
            return;
        }
        let role = Role::from_tree(&plan.state);
        let changes = change.prior != Some(&plan.state);
        let ceiling = meta.policy_ceiling();
        plan.diagnostics.extend(role.candidate().within(ceiling, changes));
        if !changes || plan.diagnostics.has_errors() {
            return;
        }
        let (Some(mount), Some(path), false) = (role.mount(), role.path(), role.namespace.is_unknown()) else {
            return;
        };
        if change.prior.is_none() && self.known.plan_to_make(role.namespace(), &path) {
            plan.diagnostics
                .push(super::made_and_destroyed(TYPE_NAME, &format!("role `{path}`")));
            return;
        }
        let client = match meta.client().await {
            Ok(client) => client,
            Err(diagnostics) => {
                plan.diagnostics.extend(diagnostics);
                return;
            }
        };
        match engine::role_fields(&client, role.namespace(), mount, cancel).await {
            Ok(fields) => plan.diagnostics.extend(misfits(&plan.state, &role, &fields)),
            Err(failure) => plan
                .diagnostics
                .push(failure.diagnostic(&format!("plan role `{path}`"))),
        }
        let stays = change
            .prior
            .is_some_and(|prior| Role::from_tree(prior).path().as_deref() == Some(path.as_str()));
        if stays || plan.diagnostics.has_errors() || self.known.holds(role.namespace(), &path) {
            return;
        }
        match client.read(role.namespace(), &path, cancel).await {
            Ok(None) => {}
            Ok(Some(live)) => plan
                .diagnostics
                .extend(apply::existing(&plan.state, &role, &path, &live)),
            Err(failure) if engine::is_absence(failure.kind) || failure.kind == FailureKind::Denied => {}
            Err(failure) => plan
                .diagnostics
                .push(failure.diagnostic(&format!("plan role `{path}`"))),
        }
    }

    async fn create(&self, meta: &Meta, request: &ApplyRequest<'_>) -> Outcome {
        let role = Role::from_tree(request.planned);
        let Some(path) = role.path() else { return nameless() };
        let _turn = self.known.turn(role.namespace(), &path).await;
        let outcome = apply::store(meta, request).await;
        if outcome.state.is_some() {
            self.known.make(role.namespace(), &path);
        }
        outcome
    }

    async fn read(&self, meta: &Meta, state: &Tree, private: &[u8], cancel: &CancellationToken) -> Outcome {
        let role = Role::from_tree(state);
        self.remember(&role);
        let Some(path) = role.path() else { return nameless() };
        let client = match meta.client().await {
            Ok(client) => client,
            Err(diagnostics) => return diagnostics.into(),
        };
        match client.read(role.namespace(), &path, cancel).await {
            Ok(Some(live)) if server::is_role(&live) => Outcome {
                state: Some(server::from_server(role, &live).into_tree()),
                private: private.to_vec(),
                diagnostics: Diagnostics::default(),
            },
            Ok(Some(_)) => not_aws(&path).into(),
            Ok(None) => Outcome::default(),
            Err(failure) if failure.kind == FailureKind::MountGone => Diagnostic::warning(
                format!("role `{path}` is gone together with its mount"),
                "no secrets engine is mounted there any more; the role is planned anew",
            )
            .into(),
            Err(failure) => failure.diagnostic(&format!("read role `{path}`")).into(),
        }
    }

    async fn update(&self, meta: &Meta, request: &ApplyRequest<'_>) -> Outcome {
        apply::store(meta, request).await
    }

    async fn delete(&self, meta: &Meta, request: &ApplyRequest<'_>) -> Outcome {
        let role = Role::from_tree(request.prior.unwrap_or(&Tree::Null));
        let (Some(mount), Some(path)) = (role.mount(), role.path()) else {
            return nameless();
        };
        let _turn = self.known.turn(role.namespace(), &path).await;
        if self.known.is_made(role.namespace(), &path) {
            return super::kept(&format!("role `{path}`")).into();
        }
        match meta.client().await {
            Ok(client) => apply::remove(&client, &role, mount, &path, request.cancel).await.into(),
            Err(diagnostics) => diagnostics.into(),
        }
    }

    async fn import(&self, meta: &Meta, id: &str, cancel: &CancellationToken) -> Outcome {
        let Some(wanted) = named(id) else {
            return Diagnostic::error(
                format!("`{id}` is not the id of a role"),
                "write the path of the mount, `/roles/` and the name of the role: `aws/roles/ci`",
            )
            .into();
        };
        let role = Role::from_tree(&wanted);
        let (Some(mount), Some(path)) = (role.mount(), role.path()) else {
            return nameless();
        };
        let client = match meta.client().await {
            Ok(client) => client,
            Err(diagnostics) => return diagnostics.into(),
        };
        match engine::role_fields(&client, role.namespace(), mount, cancel).await {
            Ok(Fields::NotAws) => return not_aws(&path).into(),
            Ok(Fields::Of(_) | Fields::NotTold) => {}
            Err(failure) => return failure.diagnostic(&format!("import role `{path}`")).into(),
        }
        match client.read(role.namespace(), &path, cancel).await {
            Ok(Some(live)) if server::is_role(&live) => {
                Outcome { state: Some(server::from_server(role, &live).into_tree()), ..Outcome::default() }
            }
            Ok(Some(_)) => not_aws(&path).into(),
            Ok(None) => Diagnostic::error(
                format!("there is no role `{path}`"),
                "check mount and name, and for a namespace `TERRAFORM_VAULT_NAMESPACE_IMPORT`; a role that does not exist is created and not imported",
            )
            .into(),
            Err(failure) => failure.diagnostic(&format!("import role `{path}`")).into(),
        }
    }

    fn move_from(&self, source: &MoveSource<'_>) -> Option<Outcome> {
        if !super::is_peer(source.provider_address) || source.type_name != "vault_aws_secret_backend_role" {
            return None;
        }
        let moved = match json::decode(source.state, &model::schema().ty()) {
            Ok(peer) => Outcome {
                state: Some(moved::from_peer(&peer).into_tree()),
                ..Outcome::default()
            },
            Err(fault) => Diagnostic::error(
                "the state of `vault_aws_secret_backend_role` cannot be taken over",
                format!("{fault}; import the role instead"),
            )
            .into(),
        };
        Some(moved)
    }
}

impl SecretBackendRole {
    fn remember(&self, role: &Role) {
        if let Some(path) = role.path() {
            self.known.remember(role.namespace(), &path);
        }
    }
}

/// What the role asks of the engine that it cannot give.
fn misfits(planned: &Tree, role: &Role, fields: &Fields) -> Diagnostics {
    match fields {
        Fields::Of(known) => server::unsupported(planned, known)
            .into_iter()
            .map(|attribute| engine::lacks("AWS secrets engine", &format!("role `{}`", role.label()), attribute))
            .collect(),
        Fields::NotAws => not_aws(&role.label()).into(),
        Fields::NotTold => Diagnostics::default(),
    }
}

fn not_aws(path: &str) -> Diagnostic {
    let mount = path.rsplit_once("/roles/").map_or(path, |(mount, _)| mount);
    Diagnostic::error(
        format!("`{mount}` is not an AWS secrets engine, so `{path}` is no role"),
        "another engine is mounted there, and nothing is written to it; check `backend` and `namespace`",
    )
    .at(AttributePath::attribute("backend"))
}

fn nameless() -> Outcome {
    Diagnostic::error(
        "the role has no mount or no name",
        "both `backend` and `name` must be known",
    )
    .into()
}

/// The role that an id names, with everything else still to be read.
fn named(id: &str) -> Option<Tree> {
    let (mount, name) = id.trim_matches('/').rsplit_once("/roles/")?;
    if !super::is_mount_path(mount) || !crate::client::is_role_name(name) {
        return None;
    }
    let role = Role {
        id: Value::Known(format!("{mount}/roles/{name}")),
        namespace: super::import_namespace().into(),
        backend: Value::Known(mount.to_owned()),
        name: Value::Known(name.to_owned()),
        validate: Value::Known(leastpriv_checks::vet::Mode::default().name().to_owned()),
        ..Role::from_tree(&Tree::Null)
    };
    Some(role.into_tree())
}

const TYPE_NAME: &str = "leastpriv_aws_secret_backend_role";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_name_mount_and_role() {
        let role = Role::from_tree(&named("/team/roles/roles/ci@eu").unwrap());
        assert_eq!(
            (role.mount(), role.name.as_deref()),
            (Some("team/roles"), Some("ci@eu"))
        );
        for id in [
            "",
            "ci",
            "aws/ci",
            "aws/roles/",
            "/roles/ci",
            "aws/roles/a b",
            "aws/creds/ci",
        ] {
            assert_eq!(named(id), None, "{id}");
        }
    }

    #[test]
    fn another_provider_is_not_moved_from() {
        let state = json!({});
        let source = |provider_address, type_name| MoveSource {
            provider_address,
            type_name,
            schema_version: 0,
            state: &state,
            private: &[],
        };
        let resource = SecretBackendRole::default();
        let peer = "registry.terraform.io/hashicorp/vault";
        assert!(
            resource
                .move_from(&source(peer, "vault_aws_secret_backend_role"))
                .is_some()
        );
        assert!(resource.move_from(&source(peer, "vault_mount")).is_none());
        assert!(
            resource
                .move_from(&source(
                    "registry.terraform.io/hashicorp/aws",
                    "vault_aws_secret_backend_role"
                ))
                .is_none()
        );
    }
}
