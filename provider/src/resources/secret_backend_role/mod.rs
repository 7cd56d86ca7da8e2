//! `leastpriv_aws_secret_backend_role`: one role at `MOUNT/roles/NAME`.
//!
//! The engine keeps fields that a write leaves out, so every write sends all of them. It compacts the policy document
//! and answers an unset list with null or with an empty list, so the state keeps its own spelling. A read of an absent
//! role and of an absent mount are both 404; of another engine it may be anything, so what answers is looked at before
//! it is believed. Import takes the id.

mod model;
mod moved;
mod plan;
mod rules;
mod server;

use async_trait::async_trait;
use leastpriv_terraform::diagnostics::{Diagnostic, DiagnosticSeverity, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::resource::{ApplyRequest, Change, MoveSource, Outcome, Plan, Resource};
use leastpriv_terraform::schema::Schema;
use leastpriv_terraform::value::{Tree, Value, json};
use tokio_util::sync::CancellationToken;

use super::engine::{self, Fields};
use super::known::Known;
use super::settle;
use crate::client::{Client, Failure, FailureKind, Meta, Object, RoleSpec};
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
        if !judge::tool_plans() || diagnostics.has_errors() {
            diagnostics.extend(role.candidate().warnings(judge::today()));
        }
        diagnostics
    }

    fn plan(&self, change: &Change<'_>) -> Plan {
        plan::plan(change, (!judge::tool_destroys()).then(judge::today))
    }

    async fn review(&self, meta: &Meta, change: &Change<'_>, plan: &mut Plan, cancel: &CancellationToken) {
        if let Some(prior) = change.prior {
            self.remember(&Role::from_tree(prior));
        }
        if plan.state.is_null() || change.prior == Some(&plan.state) {
            return;
        }
        let role = Role::from_tree(&plan.state);
        let (Some(mount), Some(path), false) = (role.mount(), role.path(), role.namespace.is_unknown()) else {
            return;
        };
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
        if change.prior.is_some() || plan.diagnostics.has_errors() || self.known.holds(role.namespace(), &path) {
            return;
        }
        match client.read(role.namespace(), &path, cancel).await {
            Ok(None) => {}
            Ok(Some(live)) => plan.diagnostics.extend(existing(&plan.state, &role, &path, &live)),
            Err(failure) if engine::is_absence(failure.kind) || failure.kind == FailureKind::Denied => {}
            Err(failure) => plan
                .diagnostics
                .push(failure.diagnostic(&format!("plan role `{path}`"))),
        }
    }

    async fn create(&self, meta: &Meta, request: &ApplyRequest<'_>) -> Outcome {
        store(meta, request).await
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
        store(meta, request).await
    }

    async fn delete(&self, meta: &Meta, request: &ApplyRequest<'_>) -> Outcome {
        let role = Role::from_tree(request.prior.unwrap_or(&Tree::Null));
        let (Some(mount), Some(path)) = (role.mount(), role.path()) else {
            return nameless();
        };
        let client = match meta.client().await {
            Ok(client) => client,
            Err(diagnostics) => return diagnostics.into(),
        };
        match engine::role_fields(&client, role.namespace(), mount, request.cancel).await {
            Ok(Fields::NotAws) => {
                return Diagnostic::warning(
                    format!("role `{path}` went with its mount"),
                    format!(
                        "`{mount}` is not an AWS secrets engine any more; what it keeps at this path is left alone"
                    ),
                )
                .into();
            }
            Ok(Fields::Of(_) | Fields::NotTold) => {}
            Err(failure) => return failure.diagnostic(&format!("delete role `{path}`")).into(),
        }
        match client.delete(role.namespace(), &path, request.cancel).await {
            Ok(()) => Outcome::default(),
            Err(failure) if matches!(failure.kind, FailureKind::MountGone | FailureKind::NotFound) => {
                Outcome::default()
            }
            Err(failure) => failure.diagnostic(&format!("delete role `{path}`")).into(),
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

/// Writes the role as planned: the common part of creation and update.
async fn store(meta: &Meta, request: &ApplyRequest<'_>) -> Outcome {
    let role = Role::from_tree(request.planned);
    let (Some(mount), Some(path), Some(name)) = (role.mount(), role.path(), role.name.as_deref()) else {
        return nameless();
    };
    // What was unknown until apply has been neither checked nor judged.
    let wrong: Diagnostics = rules::check(&role)
        .into_iter()
        .filter(|found| found.severity == DiagnosticSeverity::Error)
        .collect();
    if wrong.has_errors() {
        return wrong.into();
    }
    let vetted = match role.candidate().vetted(judge::today()) {
        Ok(vetted) => vetted,
        Err(refusals) => return refusals.into(),
    };
    let client = match meta.client().await {
        Ok(client) => client,
        Err(diagnostics) => return diagnostics.into(),
    };
    let what = format!(
        "{} role `{path}`",
        if request.prior.is_none() { "create" } else { "update" }
    );
    let fields = match engine::role_fields(&client, role.namespace(), mount, request.cancel).await {
        Ok(fields) => fields,
        Err(failure) => return failure.diagnostic(&what).into(),
    };
    let unfit = misfits(request.planned, &role, &fields);
    if unfit.has_errors() {
        return unfit.into();
    }
    if request.prior.is_none() {
        match client.read(role.namespace(), &path, request.cancel).await {
            Ok(None) => {}
            Ok(Some(live)) => return adopt(request.planned, &role, &path, &live),
            Err(failure) if failure.kind == FailureKind::Denied => {}
            Err(failure) => return failure.diagnostic(&what).into(),
        }
    }
    let spec = RoleSpec {
        vetted,
        fields: server::body(&role, fields.known()),
    };
    let written = client
        .write_role(role.namespace(), mount, name, spec, request.cancel)
        .await;
    let warnings = match written {
        Ok(warnings) => warnings,
        Err(failure) => return resolve(&client, request, &role, &path, failure.diagnostic(&what), &failure).await,
    };
    let mut outcome = confirm(&client, request, &role, &path).await;
    for warning in warnings {
        outcome.diagnostics.warning(
            format!("the server warns about role `{path}`: {warning}"),
            "it came with the answer to the write",
        );
    }
    outcome
}

/// Decides about a write whose result is not known: it was done if the role is there as planned.
async fn resolve(
    client: &Client,
    request: &ApplyRequest<'_>,
    role: &Role,
    path: &str,
    diagnostic: Diagnostic,
    failure: &Failure,
) -> Outcome {
    if failure.may_have_been_done
        && let Ok(Some(live)) = client.read(role.namespace(), path, request.cancel).await
        && deviations(request.planned, role, &server::from_server(role.clone(), &live)).is_empty()
    {
        return done(request.planned, role, path, Diagnostics::default());
    }
    diagnostic.into()
}

/// Reads back what was written and names every field that did not stick.
async fn confirm(client: &Client, request: &ApplyRequest<'_>, role: &Role, path: &str) -> Outcome {
    let live = match client.read(role.namespace(), path, request.cancel).await {
        Ok(Some(live)) => live,
        Ok(None) => {
            return Diagnostic::error(
                format!("role `{path}` was written and is not there"),
                "the server accepted the write; somebody may have deleted the role in the same moment. Run again",
            )
            .into();
        }
        // The write was accepted; a token that may write and not read is no reason to call it a failure.
        Err(failure) => {
            let warning = failure.warning(&format!("read role `{path}` back after it was written"));
            return done(request.planned, role, path, warning.into());
        }
    };
    let actual = server::from_server(role.clone(), &live);
    let lost = deviations(request.planned, role, &actual);
    if lost.is_empty() {
        return done(request.planned, role, path, Diagnostics::default());
    }
    let diagnostics = lost
        .iter()
        .map(|attribute| {
            Diagnostic::error(
                format!("role `{path}`: the server did not keep `{attribute}` as it was sent"),
                "it accepted the write and has another value. Look for something else that writes the role, and at what this version of the engine supports",
            )
            .at(AttributePath::attribute(attribute.as_str()))
        })
        .collect();
    done(&actual.into_tree(), role, path, diagnostics)
}

/// The outcome with the role in place.
fn done(state: &Tree, role: &Role, path: &str, diagnostics: Diagnostics) -> Outcome {
    let mut state = state.clone();
    state.set("id", path);
    if state.attribute("findings").is_unknown() {
        state.set("findings", role.candidate().record());
    }
    Outcome {
        state: Some(state),
        private: Vec::new(),
        diagnostics,
    }
}

/// The readable attributes that the server has otherwise than planned.
fn deviations(planned: &Tree, role: &Role, actual: &Role) -> Vec<String> {
    // Findings follow from the policies and are ours, not the server's.
    let actual = Role {
        findings: role.findings.clone(),
        ..actual.clone()
    }
    .into_tree();
    settle::differing(planned, &actual)
}

/// What to say at plan about a role that exists under the name of a new one.
fn existing(planned: &Tree, role: &Role, path: &str, live: &Object) -> Option<Diagnostic> {
    let different = deviations(planned, role, &server::from_server(role.clone(), live));
    if !different.is_empty() {
        return Some(taken(path, &different));
    }
    // While something is unknown, the apply decides.
    let Tree::Object(attributes) = planned else { return None };
    let decided = attributes
        .iter()
        .all(|(name, value)| matches!(name.as_str(), "id" | "findings") || value.is_wholly_known());
    decided.then(|| adopted(path))
}

/// Takes over a role that is exactly the planned one, as after a run that was killed before its state was saved.
fn adopt(planned: &Tree, role: &Role, path: &str, live: &Object) -> Outcome {
    let different = deviations(planned, role, &server::from_server(role.clone(), live));
    if different.is_empty() {
        done(planned, role, path, adopted(path).into())
    } else {
        taken(path, &different).into()
    }
}

fn adopted(path: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("role `{path}` exists as planned and is taken over"),
        "every field that can be read is the planned one, as after a run that was stopped before it could save its state. From here on Terraform manages the role and deletes it with the resource",
    )
}

fn taken(path: &str, different: &[String]) -> Diagnostic {
    Diagnostic::error(
        format!("role `{path}` exists already"),
        format!(
            "it differs from the planned one in `{}` and is not overwritten. To manage it here, import it:\n\n  terraform import {TYPE_NAME}.NAME '{path}'",
            different.join("`, `")
        ),
    )
    .at(AttributePath::attribute("name"))
}

/// What the role asks of the engine that it cannot give.
fn misfits(planned: &Tree, role: &Role, fields: &Fields) -> Diagnostics {
    match fields {
        Fields::Of(known) => server::unsupported(planned, known)
            .into_iter()
            .map(|attribute| engine::lacks("AWS secrets engine", &format!("role {}", role.label()), attribute))
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

    fn planned() -> Tree {
        let mut tree = named("team/aws/roles/ci").unwrap();
        tree.set("id", Tree::Unknown);
        tree.set("findings", Tree::List(Vec::new()));
        tree.set("credential_type", "session_token");
        tree.set("exception", Tree::List(Vec::new()));
        tree
    }

    fn live(value: &serde_json::Value) -> Object {
        value.as_object().cloned().unwrap_or_default()
    }

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
    fn an_equal_role_is_taken_over_and_any_other_is_not() {
        let tree = planned();
        let role = Role::from_tree(&tree);
        let equal = live(&json!({"credential_type": "session_token", "policy_arns": null, "iam_groups": []}));
        let outcome = adopt(&tree, &role, "team/aws/roles/ci", &equal);
        assert!(!outcome.diagnostics.has_errors() && !outcome.diagnostics.is_empty());
        assert_eq!(
            outcome.state.unwrap().attribute("id"),
            &Tree::String("team/aws/roles/ci".to_owned())
        );
        let foreign = live(&json!({"credential_type": "session_token", "iam_tags": {"owner": "somebody"}}));
        let outcome = adopt(&tree, &role, "team/aws/roles/ci", &foreign);
        assert!(outcome.state.is_none());
        let refusal = outcome.diagnostics.iter().next().unwrap();
        assert!(
            refusal.detail.contains("`iam_tags`") && refusal.detail.contains("'team/aws/roles/ci'"),
            "{refusal:?}"
        );
    }

    #[test]
    fn a_plan_with_something_unknown_is_not_decided_but_still_refused() {
        let mut tree = planned();
        tree.set("mfa_serial_number", Tree::Unknown);
        let role = Role::from_tree(&tree);
        assert!(existing(&tree, &role, "p", &live(&json!({"credential_type": "session_token"}))).is_none());
        let refusal = existing(&tree, &role, "p", &live(&json!({"credential_type": "iam_user"}))).unwrap();
        assert_eq!(refusal.severity, DiagnosticSeverity::Error);
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
