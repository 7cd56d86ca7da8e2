//! The answer of `aws iam simulate-custom-policy`, with what only this program knows: an unknown decision with its reason,
//! and the statements that did not match.
//!
//! The shapes are those of the types `EvaluationResult`, `Statement` and `ResourceSpecificResult` of the IAM API.

use std::collections::{BTreeMap, BTreeSet};

use leastpriv_catalog::catalog;
use leastpriv_policy::decide::{Decision, Layer, Outcome, StatementId};
use leastpriv_policy::span::Position;
use serde::Serialize;

use super::layers::{Layers, NamedPolicy, Shown};
use super::question::{EVERY_RESOURCE, Question};
use super::why::element_words;

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Answer<'a> {
    evaluation_results: Vec<EvaluationResult<'a>>,
    is_truncated: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct EvaluationResult<'a> {
    eval_action_name: &'a str,
    eval_resource_name: &'a str,
    eval_decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_reason: Option<&'static str>,
    matched_statements: Vec<Matched<'a>>,
    missing_context_values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organizations_decision_detail: Option<OrganizationsDecisionDetail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions_boundary_decision_detail: Option<PermissionsBoundaryDecisionDetail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eval_decision_details: Option<BTreeMap<&'static str, &'static str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_specific_results: Vec<ResourceSpecificResult<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unmatched_statements: Option<Vec<Unmatched<'a>>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResourceSpecificResult<'a> {
    eval_resource_name: &'a str,
    eval_resource_decision: &'static str,
    matched_statements: Vec<Matched<'a>>,
    missing_context_values: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Matched<'a> {
    source_policy_id: &'a str,
    source_policy_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_position: Option<LineColumn>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_position: Option<LineColumn>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unmatched<'a> {
    #[serde(flatten)]
    statement: Matched<'a>,
    statement_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement_id: Option<&'a str>,
    effect: &'static str,
    failed_element: &'static str,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct LineColumn {
    line: usize,
    column: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct OrganizationsDecisionDetail {
    allowed_by_organizations: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PermissionsBoundaryDecisionDetail {
    allowed_by_permissions_boundary: bool,
}

/// Writes decisions as AWS does; with `explain` also the statements that did not match.
pub(crate) fn answer<'a>(layers: &'a Layers, decided: &'a [(Question<'a>, Decision)], explain: bool) -> Answer<'a> {
    let results = decided
        .iter()
        .map(|(question, decision)| result(layers, question, decision, explain));
    Answer {
        evaluation_results: results.collect(),
        is_truncated: false,
    }
}

fn result<'a>(
    layers: &'a Layers,
    question: &Question<'a>,
    decision: &'a Decision,
    explain: bool,
) -> EvaluationResult<'a> {
    let shown = |id: &StatementId| layers.statement(id);
    let deciding = decision.deciding.iter().filter_map(shown);
    let statements: Vec<_> = deciding.map(|shown| matched(&shown)).collect();
    let missing = missing(layers, &decision.missing);
    let allows = |is_layer: fn(Layer) -> bool| {
        let mut asked = decision.layers.iter().filter(|(layer, _)| is_layer(*layer));
        asked.all(|(_, outcome)| *outcome == Outcome::Allowed)
    };
    let allowed_by_organizations = allows(|layer| matches!(layer, Layer::ServiceControl(_)));
    let is_about_one = question.resource != EVERY_RESOURCE;
    EvaluationResult {
        eval_action_name: question.action,
        eval_resource_name: question.resource,
        eval_decision: name(decision.outcome),
        unknown_reason: match decision.outcome {
            Outcome::Unknown(reason) => Some(reason.text()),
            _ => None,
        },
        // AWS tells a part twice where a resource is named.
        resource_specific_results: if is_about_one {
            vec![ResourceSpecificResult {
                eval_resource_name: question.resource,
                eval_resource_decision: name(decision.outcome),
                matched_statements: statements.clone(),
                missing_context_values: missing.clone(),
            }]
        } else {
            Vec::new()
        },
        matched_statements: statements,
        missing_context_values: missing,
        organizations_decision_detail: (!layers.service_control.is_empty()).then_some(OrganizationsDecisionDetail {
            allowed_by_organizations,
        }),
        permissions_boundary_decision_detail: layers.boundary.is_some().then(|| PermissionsBoundaryDecisionDetail {
            allowed_by_permissions_boundary: allows(|layer| layer == Layer::Boundary),
        }),
        eval_decision_details: (is_about_one && allowed_by_organizations).then(|| details(question, decision)),
        unmatched_statements: explain.then(|| {
            let shown = decision
                .trace
                .iter()
                .filter_map(|(id, element)| Some((shown(id)?, *element)));
            let unmatched = shown.map(|(shown, element)| Unmatched {
                statement: matched(&shown),
                statement_index: shown.statement.index,
                statement_id: shown.sid(),
                effect: shown.effect(),
                failed_element: element_words(element),
            });
            unmatched.collect()
        }),
    }
}

fn matched<'a>(shown: &Shown<'a>) -> Matched<'a> {
    let place = |position: Position| LineColumn {
        line: position.line,
        column: position.column,
    };
    Matched {
        source_policy_id: &shown.policy.name,
        source_policy_type: source_type(shown.layer),
        start_position: shown.site.map(|site| place(site.start)),
        end_position: shown.site.map(|site| place(site.end)),
    }
}

/// What each side says where a request crosses accounts; empty within one.
fn details(question: &Question<'_>, decision: &Decision) -> BTreeMap<&'static str, &'static str> {
    if !question.crosses_accounts() {
        return BTreeMap::new();
    }
    let of_layers = decision.layers.iter().filter_map(|(layer, outcome)| match layer {
        Layer::Identity | Layer::Resource => Some((source_type(*layer), name(*outcome))),
        _ => None,
    });
    // A resource without a policy lets no other account in.
    let without_policy = (source_type(Layer::Resource), name(Outcome::ImplicitDeny));
    std::iter::once(without_policy).chain(of_layers).collect()
}

/// An outcome as AWS writes it; `unknown` is ours.
fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "allowed",
        Outcome::ExplicitDeny => "explicitDeny",
        Outcome::ImplicitDeny => "implicitDeny",
        Outcome::Unknown(_) => "unknown",
    }
}

/// The type of a policy. AWS writes the first two, the others are in their manner.
fn source_type(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "IAM Policy",
        Layer::Resource => "Resource Policy",
        Layer::Boundary => "Permissions Boundary Policy",
        Layer::Session => "Session Policy",
        Layer::ServiceControl(_) => "Service Control Policy",
        Layer::ResourceControl(_) => "Resource Control Policy",
        Layer::Endpoint => "VPC Endpoint Policy",
    }
}

/// Keys in lower case as they are written in the policies, or else in the catalog. Where a policy must not be shown, only
/// those that another one asks for.
pub(crate) fn missing(layers: &Layers, keys: &BTreeSet<String>) -> Vec<String> {
    let all = layers.layers();
    let policies: Vec<&NamedPolicy> = all.iter().flat_map(|layer| layers.of(*layer)).collect();
    let is_secret = policies.iter().any(|policy| policy.is_sensitive());
    let written = |key: &String| {
        let shown = policies.iter().filter(|policy| !policy.is_sensitive());
        let statements = shown.flat_map(|policy| &policy.document.statements);
        let mut tests = statements.flat_map(|statement| &statement.condition);
        let test = tests.find(|test| test.key.text.eq_ignore_ascii_case(key));
        let of_catalog = || {
            catalog()
                .global_key(key)
                .map_or_else(|| key.clone(), |known| known.name().to_owned())
        };
        match test {
            Some(test) => Some(test.key.text.clone()),
            None => (!is_secret).then(of_catalog),
        }
    };
    keys.iter().filter_map(written).collect()
}
