//! What a document means, computed once: sets of actions, reach of resources, conditions that bound.
//!
//! Two texts that mean the same give the same facts: case, `?`, escapes, split statements, one object
//! for a list, `NotAction` and an ARN that is all wildcards disappear here, and no check looks at them.

mod actions;
mod conditions;
mod example;
mod risk;
mod statement;

pub use actions::{ActionSet, matches_some_of};
pub use conditions::Bound;
pub use risk::{exposes_credentials, needs_care, telling_example};
pub use statement::{Reach, StatementFacts, place};

use std::cell::{Cell, OnceCell};

use leastpriv_catalog::{Catalog, Service};
use leastpriv_policy::decide::Policies;
use leastpriv_policy::document::{Document, Parsed};
use leastpriv_policy::json::{Problem, Value};
use leastpriv_policy::kind::PolicyKind;

/// The facts of a document.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The text.
    pub text: &'a str,
    /// What was read from it.
    pub document: &'a Document,
    /// The JSON it was read from.
    pub value: &'a Value,
    /// What could not be read.
    pub problems: &'a [Problem],
    /// What the policy hangs on.
    pub kind: PolicyKind,
    /// The catalog the sets are over.
    pub catalog: &'a Catalog,
    /// Each statement's facts, in order.
    pub statements: Vec<StatementFacts<'a>>,
    /// Actions that a statement denies on everything, whatever the request.
    pub denied: ActionSet,
    /// Actions that some statement allows, on whatever resource, before any Deny.
    pub allowed: ActionSet,
    /// Actions that some statement allows on everything, before any Deny.
    pub allowed_everywhere: ActionSet,
    /// The policy, ready to be asked; made when it is asked first.
    policies: OnceCell<Policies>,
    /// How many more examples may be looked for.
    examples_left: Cell<usize>,
}

impl<'a> Facts<'a> {
    /// Computes the facts of a document.
    pub fn of(text: &'a str, parsed: &'a Parsed, kind: PolicyKind, catalog: &'a Catalog) -> Self {
        let statements: Vec<_> = parsed
            .document
            .statements
            .iter()
            .map(|statement| StatementFacts::of(statement, kind, catalog))
            .collect();
        let mut denied = ActionSet::empty(catalog);
        let mut allowed = ActionSet::empty(catalog);
        let mut allowed_everywhere = ActionSet::empty(catalog);
        for facts in &statements {
            if facts.statement.denies()
                && facts.is_well_formed()
                && facts.resource_is_everything()
                && facts.conditions.is_empty()
                && facts.is_about_everybody()
            {
                denied.add(&facts.actions);
            }
            if facts.allows() {
                allowed.add(&facts.actions);
                if facts.resource_is_everything() {
                    allowed_everywhere.add(&facts.actions);
                }
            }
        }
        Self {
            text,
            document: &parsed.document,
            value: &parsed.value,
            problems: &parsed.problems,
            kind,
            catalog,
            statements,
            denied,
            allowed,
            allowed_everywhere,
            policies: OnceCell::new(),
            examples_left: Cell::new(example::MOST_EXAMPLES),
        }
    }

    /// Whether the policy hands out everything there is: every known action, on every resource.
    pub fn grants_everything(&self) -> bool {
        self.kind.grants()
            && self.allowed_everywhere.is_everything(self.catalog)
            && !self.denied.is_everything(self.catalog)
    }

    /// The services of which every known action is allowed, before any Deny.
    pub fn whole_services(&self) -> impl Iterator<Item = Service> {
        self.catalog.services().filter(|service| {
            !service.action_ids().is_empty() && service.actions().all(|action| self.allowed.contains(action.id()))
        })
    }
}
