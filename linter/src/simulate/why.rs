//! Why a request was decided as it was, for people.

use leastpriv_policy::decide::{Decision, Element, Layer, Outcome, Principal, StatementId};
use leastpriv_policy::document::{ConditionTest, Document, Statement};

use super::layers::{Layers, NamedPolicy, Shown, layer_words};
use super::question::{Asked, Question};

/// Why a request was decided as it was.
#[derive(Debug)]
pub(crate) struct Why<'a> {
    /// The statements that decided.
    pub(crate) deciding: Vec<Shown<'a>>,
    /// What stood in the way where nothing allowed the request, or what is not known, in sentences.
    pub(crate) reasons: Vec<String>,
}

/// A statement that did not match.
#[derive(Debug)]
pub(crate) struct Nearest<'a> {
    /// The statement.
    pub(crate) shown: Shown<'a>,
    /// Its first element that failed.
    pub(crate) element: Element,
    /// The tests of its condition that failed, where that is the element: each an operator and a key.
    pub(crate) tests: Vec<(&'a str, &'a str)>,
}

impl Nearest<'_> {
    /// The statement and what of it does not match.
    pub(crate) fn text(&self) -> String {
        let element = element_words(self.element);
        let tests: Vec<String> = self
            .tests
            .iter()
            .map(|(operator, key)| format!("`{operator}` of `{key}`"))
            .collect();
        let tests = match tests.as_slice() {
            [] => String::new(),
            tests if self.shown.is_sensitive() => format!(" ({} of its tests)", tests.len()),
            tests => format!(" ({})", tests.join(", ")),
        };
        format!("{}, whose `{element}` does not match{tests}", self.shown.text())
    }
}

/// Explains a decision.
pub(crate) fn why<'a>(layers: &'a Layers, question: &Question<'_>, decision: &Decision) -> Why<'a> {
    let deciding = decision.deciding.iter().filter_map(|id| layers.statement(id)).collect();
    let mut reasons = Vec::new();
    match decision.outcome {
        Outcome::Allowed | Outcome::ExplicitDeny => {}
        Outcome::Unknown(reason) => reasons.push(format!("it depends on {reason}")),
        Outcome::ImplicitDeny => {
            reasons.extend(
                blocking(decision)
                    .into_iter()
                    .map(|layer| format!("no {} allows it", spelled(layer, layers))),
            );
            if layers.resource.is_none() && (question.crosses_accounts() || has_only_the_resource(question)) {
                reasons.push("only the policy of the resource could allow it, and none is given".to_owned());
            } else if reasons.is_empty() {
                reasons.push(unexpected_denial(layers, question).to_owned());
            }
        }
    }
    Why { deciding, reasons }
}

/// Whether the caller has nothing but what the policy of the resource gives.
fn has_only_the_resource(question: &Question<'_>) -> bool {
    matches!(
        question.caller,
        Some(Principal::Service(_) | Principal::Anonymous | Principal::Federated(_))
    )
}

/// Why a request is denied that every layer allows.
fn unexpected_denial(layers: &Layers, question: &Question<'_>) -> &'static str {
    match question.caller {
        Some(Principal::FederatedUser { .. }) if layers.session.is_none() => {
            "a federated user has what a session policy gives, and none is given"
        }
        _ => "AWS keeps it for itself",
    }
}

/// The layers that stood in the way of a request that nothing denies: those that limit, and those that could have granted
/// it where none of them did.
fn blocking(decision: &Decision) -> Vec<Layer> {
    let is_granting = |layer: Layer| matches!(layer, Layer::Identity | Layer::Resource);
    let of = |granting: bool| {
        decision
            .layers
            .iter()
            .filter(move |(layer, _)| is_granting(*layer) == granting)
    };
    let closed = |granting: bool| -> Vec<Layer> {
        let closed = of(granting).filter(|(_, outcome)| *outcome != Outcome::Allowed);
        closed.map(|(layer, _)| *layer).collect()
    };
    let (not_granting, limiting) = (closed(true), closed(false));
    if limiting.is_empty() || not_granting.len() == of(true).count() {
        return not_granting.into_iter().chain(limiting).collect();
    }
    limiting
}

/// A layer in words, with the number of its level where there are several.
fn spelled(layer: Layer, layers: &Layers) -> String {
    let words = layer_words(layer);
    match layer {
        Layer::ServiceControl(level) if layers.service_control.len() > 1 => {
            format!("{words} of level {}", level.saturating_add(1))
        }
        _ => words.to_owned(),
    }
}

/// The statement that came nearest to another answer: one that denies where the request was allowed, elsewhere one that
/// allows, in a layer that stood in the way. It is that whose first failing element comes last; among equals one that names
/// the service of the action.
pub(crate) fn nearest<'a>(layers: &'a Layers, question: &Question<'_>, decision: &Decision) -> Option<Nearest<'a>> {
    if decision.outcome == Outcome::ExplicitDeny {
        return None;
    }
    let allowed = decision.outcome == Outcome::Allowed;
    let blocking = blocking(decision);
    let counts =
        |shown: &Shown<'_>| shown.statement.allows() != allowed && (allowed || blocking.contains(&shown.layer));
    let (service, _) = question.action.split_once(':')?;
    let names_service = |shown: &Shown<'_>| {
        let is_of = |action: &str| {
            action
                .split(':')
                .next()
                .is_some_and(|prefix| prefix.eq_ignore_ascii_case(service))
        };
        shown.statement.actions().any(|action| is_of(&action.text))
    };
    let candidates = decision
        .trace
        .iter()
        .filter_map(|(id, element): &(StatementId, Element)| {
            let shown = layers.statement(id)?;
            counts(&shown).then_some((shown, *element))
        });
    // The last of equals would win, so they are met backwards.
    let candidates: Vec<_> = candidates.collect();
    let (shown, element) = candidates
        .into_iter()
        .rev()
        .max_by_key(|(shown, element)| (*element, names_service(shown)))?;
    Some(Nearest {
        tests: if element == Element::Condition {
            failed_tests(&shown, question)
        } else {
            Vec::new()
        },
        shown,
        element,
    })
}

/// The tests of a condition that do not hold: those without the others of which the statement does not match.
fn failed_tests<'a>(shown: &Shown<'a>, question: &Question<'_>) -> Vec<(&'a str, &'a str)> {
    let fails = |test: &&ConditionTest| {
        let statement = Statement {
            condition: vec![(*test).clone()],
            ..shown.statement.clone()
        };
        let document = Document {
            statements: vec![statement],
            ..shown.policy.document.clone()
        };
        let alone = NamedPolicy::placed(String::new(), document, Vec::new(), false);
        let decision = Asked::new(&Layers::only(shown.layer, alone)).decide(question);
        decision.trace.iter().any(|(_, element)| *element == Element::Condition)
    };
    let failed = shown.statement.condition.iter().filter(fails);
    failed
        .map(|test| (test.operator.text.as_str(), test.key.text.as_str()))
        .collect()
}

/// An outcome in words.
pub(crate) fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "allow",
        Outcome::ExplicitDeny => "explicit deny",
        Outcome::ImplicitDeny => "implicit deny",
        Outcome::Unknown(_) => "unknown",
    }
}

/// An element by its name in a policy.
pub(crate) fn element_words(element: Element) -> &'static str {
    match element {
        Element::Principal => "Principal",
        Element::Action => "Action",
        Element::Resource => "Resource",
        Element::Condition => "Condition",
    }
}
