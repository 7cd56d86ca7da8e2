//! Writes of a role: what is checked once more, what is read back, and what is done about a role that is there already.

use leastpriv_terraform::diagnostics::{Diagnostic, DiagnosticSeverity, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::resource::{ApplyRequest, Outcome};
use leastpriv_terraform::value::Tree;
use tokio_util::sync::CancellationToken;

use super::model::Role;
use super::{TYPE_NAME, misfits, nameless, rules, server};
use crate::client::{Client, Failure, FailureKind, Meta, Object, RoleSpec};
use crate::judge::{self, CeilingOwner};
use crate::resources::engine::{self, Fields};
use crate::resources::{import_command, settle};

/// Deletes a role, unless what is mounted there now is no AWS engine.
pub(super) async fn remove(
    client: &Client,
    role: &Role,
    mount: &str,
    path: &str,
    cancel: &CancellationToken,
) -> Diagnostics {
    match engine::role_fields(client, role.namespace(), mount, cancel).await {
        Ok(Fields::NotAws) => {
            return Diagnostic::warning(
                format!("role `{path}` went with its mount"),
                format!("`{mount}` is not an AWS secrets engine any more; what it keeps at this path is left alone"),
            )
            .into();
        }
        Ok(Fields::Of(_) | Fields::NotTold) => {}
        Err(failure) => return failure.diagnostic(&format!("delete role `{path}`")).into(),
    }
    match client.delete(role.namespace(), path, cancel).await {
        Ok(()) => Diagnostics::default(),
        Err(failure) if matches!(failure.kind, FailureKind::MountGone | FailureKind::NotFound) => {
            Diagnostics::default()
        }
        Err(failure) => failure.diagnostic(&format!("delete role `{path}`")).into(),
    }
}

/// Writes the role as planned: the common part of creation and update.
pub(super) async fn store(meta: &Meta, request: &ApplyRequest<'_>) -> Outcome {
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
    let candidate = role.candidate().under(CeilingOwner::Provider, meta.policy_ceiling());
    let vetted = match candidate.vetted(judge::today()) {
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
    let left = match left_behind(&client, request, &path).await {
        Ok(left) => left,
        Err(failure) => return failure.diagnostic(&what).into(),
    };
    if request.prior.is_none() || left.is_some() {
        match client.read(role.namespace(), &path, request.cancel).await {
            Ok(Some(live)) if left.is_none() => return adopt(request.planned, &role, &path, &live),
            Ok(Some(live)) => {
                let different = deviations(request.planned, &role, &server::from_server(role.clone(), &live));
                if !different.is_empty() {
                    return taken(&role, &path, &different).into();
                }
            }
            Ok(None) => {}
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
    if let Some(old) = left.filter(|_| outcome.state.is_some())
        && let (Some(mount), Some(path)) = (old.mount(), old.path())
    {
        outcome
            .diagnostics
            .extend(remove(&client, &old, mount, &path, request.cancel).await);
    }
    outcome
}

/// The role at its former path, where `backend` names another mount now and the former one is still there. A mount
/// that was moved has taken its roles along.
async fn left_behind(client: &Client, request: &ApplyRequest<'_>, path: &str) -> Result<Option<Role>, Failure> {
    let Some(old) = request.prior.map(Role::from_tree) else {
        return Ok(None);
    };
    let Some(former) = old.path().filter(|former| former != path) else {
        return Ok(None);
    };
    match client.read(old.namespace(), &former, request.cancel).await {
        Ok(Some(_)) => Ok(Some(old)),
        Ok(None) => Ok(None),
        Err(failure) if engine::is_absence(failure.kind) => Ok(None),
        Err(failure) => Err(failure),
    }
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
pub(super) fn done(state: &Tree, role: &Role, path: &str, diagnostics: Diagnostics) -> Outcome {
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
pub(super) fn existing(planned: &Tree, role: &Role, path: &str, live: &Object) -> Option<Diagnostic> {
    let different = deviations(planned, role, &server::from_server(role.clone(), live));
    if !different.is_empty() {
        return Some(taken(role, path, &different));
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
        taken(role, path, &different).into()
    }
}

fn adopted(path: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("role `{path}` exists as planned and is taken over"),
        "every field that can be read is the planned one, as after a run that was stopped before it could save its state. From here on Terraform manages the role and deletes it with the resource",
    )
}

fn taken(role: &Role, path: &str, different: &[String]) -> Diagnostic {
    Diagnostic::error(
        format!("role `{path}` exists already"),
        format!(
            "it differs from the planned one in `{}` and is not overwritten. To manage it here, import it:\n\n  {}",
            different.join("`, `"),
            import_command(TYPE_NAME, role.namespace(), path)
        ),
    )
    .at(AttributePath::attribute("name"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::named;
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
}
