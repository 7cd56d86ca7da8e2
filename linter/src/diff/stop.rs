//! What of a policy stands in the way of a request.

use leastpriv_policy::decide::{Decision, Element, Outcome, Policies, Request, trace_as_given};

use super::policy::Policy;
use crate::simulate::{Layers, Question, nearest, why};

/// What stands in the way of requests, the same for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Statements that deny it, as people find them.
    Denied(Vec<String>),
    /// The statement that comes nearest, and its first element that does not match.
    Element {
        statement: String,
        element: Element,
        /// The tests of its condition that fail, each an operator and a key.
        tests: Vec<(String, String)>,
    },
    /// No statement is about such an action.
    Nothing,
}

/// A policy that is asked what stands in the way.
pub(super) struct Stops<'p> {
    policy: &'p Policy,
    layers: Layers,
    policies: Policies,
}

impl<'p> Stops<'p> {
    /// Of a policy.
    pub(super) fn of(policy: &'p Policy) -> Self {
        let layers = policy.alone();
        Self {
            policy,
            policies: layers.policies(),
            layers,
        }
    }

    /// What stands in the way of a request that the policy does not allow.
    pub(super) fn stop(&self, request: &Request) -> Stop {
        let decision: Decision = trace_as_given(&self.policies, request);
        let caller = self.policy.document().names_principals().then_some(&request.principal);
        let question = Question {
            action: &request.action,
            resource: request.resource.as_deref().unwrap_or("*"),
            caller,
            owner: None,
            context: &request.context,
        };
        if decision.outcome == Outcome::ExplicitDeny {
            let why = why(&self.layers, &question, &decision);
            let statements = why.deciding.iter();
            return Stop::Denied(
                statements
                    .map(|shown| self.policy.statement_text(shown.statement.index))
                    .collect(),
            );
        }
        match nearest(&self.layers, &question, &decision) {
            Some(nearest) if nearest.element != Element::Action => Stop::Element {
                statement: self.policy.statement_text(nearest.shown.statement.index),
                element: nearest.element,
                tests: nearest
                    .tests
                    .iter()
                    .map(|(operator, key)| ((*operator).to_owned(), (*key).to_owned()))
                    .collect(),
            },
            _ => Stop::Nothing,
        }
    }
}

impl Stop {
    /// In words, about a request that it stops.
    pub(super) fn text(&self, request: &Request) -> String {
        match self {
            Self::Denied(statements) => format!("denied by {}", statements.join(" and ")),
            Self::Nothing => "no statement allows the action".to_owned(),
            Self::Element {
                statement,
                element,
                tests,
            } => match element {
                Element::Condition if !tests.is_empty() => {
                    let tests = tests.iter().map(|(operator, key)| test_words(operator, key, request));
                    format!("not allowed {} by {statement}", tests.collect::<Vec<_>>().join(" and "))
                }
                Element::Condition => format!("not allowed under these conditions by {statement}"),
                Element::Principal => format!("not allowed to this principal by {statement}"),
                Element::Action | Element::Resource => format!("not allowed on this resource by {statement}"),
            },
        }
    }
}

/// What of the context fails a test: a key that is missing, or a value.
fn test_words(operator: &str, key: &str, request: &Request) -> String {
    match request.context.values(key) {
        None | Some([]) => format!("without `{key}` (`{operator}`)"),
        Some(values) => {
            let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
            format!("with {} as `{key}` (`{operator}`)", values.join(", "))
        }
    }
}
