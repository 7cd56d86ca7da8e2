//! The two sides of a comparison: policies in layers, each statement a box that is made ready when it is first asked.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::axes::asked;
use super::{Cause, Doubt, Layers};
use crate::decide::statement::{Rule, is_invalid};
use crate::decide::{Attachment, Request, Truth, has_variables};
use crate::document::{Document, Statement};

/// Two sides, before which requests can be replayed.
#[derive(Debug)]
pub struct Replay<'d> {
    pub(super) new: Side<'d>,
    pub(super) existing: Side<'d>,
}

impl<'d> Replay<'d> {
    /// Two policies.
    pub fn new(new: &'d Document, existing: &'d Document) -> Self {
        Self::of_layers(&[vec![new]], &[vec![existing]])
    }

    /// Two sides of several layers.
    pub fn of_layers(new: &Layers<'d>, existing: &Layers<'d>) -> Self {
        let mut documents = new.iter().chain(existing).flatten();
        let attachment = if documents.any(|document| document.names_principals()) {
            Attachment::Resource
        } else {
            Attachment::Principal
        };
        Self {
            new: Side::of(new, attachment),
            existing: Side::of(existing, attachment),
        }
    }

    /// Whether the new side certainly allows a request and the existing one certainly does not. Nothing is certain about a
    /// policy that cannot be interpreted.
    pub fn is_new(&self, request: &Request) -> bool {
        self.new.invalid.is_empty()
            && self.existing.invalid.is_empty()
            && self.new.allows(request) == Truth::Yes
            && self.existing.allows(request) == Truth::No
    }

    /// What cannot be interpreted on either side.
    pub(super) fn doubt(&self) -> Option<Doubt> {
        let named = |side: &Side<'_>, name: &str| -> Vec<String> {
            let invalid = side.invalid.iter();
            invalid.map(|what| format!("{what} of the {name} policy")).collect()
        };
        let mut elements = named(&self.new, "new");
        elements.extend(named(&self.existing, "existing"));
        (!elements.is_empty()).then(|| Doubt::new(Cause::Invalid, elements))
    }
}

/// One side.
#[derive(Debug)]
pub(super) struct Side<'d> {
    pub(super) layers: Vec<Vec<StatementBox<'d>>>,
    /// What cannot be interpreted.
    invalid: Vec<String>,
}

impl<'d> Side<'d> {
    fn of(layers: &Layers<'d>, attachment: Attachment) -> Self {
        let mut invalid = Vec::new();
        let layers = layers.iter().map(|documents| {
            let count = documents.iter().map(|document| document.statements.len()).sum();
            let mut boxes = Vec::with_capacity(count);
            for (policy, document) in documents.iter().enumerate() {
                if is_unreadable(document) {
                    invalid.push("the document".to_owned());
                }
                let variables = has_variables(document);
                for statement in &document.statements {
                    if is_invalid(statement, attachment) {
                        invalid.push(format!("Statement[{}]", statement.index));
                    }
                    boxes.push(StatementBox {
                        written: Cow::Borrowed(statement),
                        policy,
                        attachment,
                        variables,
                        rule: OnceLock::new(),
                    });
                }
            }
            boxes
        });
        let layers = layers.collect();
        Self { layers, invalid }
    }

    /// The statements that allow, of all layers.
    pub(super) fn allowances(&self) -> impl Iterator<Item = &StatementBox<'d>> {
        self.layers.iter().flatten().filter(|one| one.written.allows())
    }

    /// The statements that deny.
    pub(super) fn denials(&self) -> impl Iterator<Item = &StatementBox<'d>> {
        self.layers.iter().flatten().filter(|one| one.written.denies())
    }

    /// Whether the policies allow a request in which every key is free.
    pub(super) fn allows(&self, request: &Request) -> Truth {
        let granted = Truth::all(self.layers.iter().map(|layer| {
            let allows = layer.iter().filter(|one| one.written.allows());
            Truth::any(allows.map(|one| one.matches(request)))
        }));
        if granted == Truth::No {
            return granted;
        }
        let denied = Truth::any(self.denials().map(|one| one.matches(request)));
        granted.and(denied.negated())
    }
}

fn is_unreadable(document: &Document) -> bool {
    !document.is_object
        || document.statement_keys.len() != 1
        || document.version.len() > 1
        || !document.unknown.is_empty()
        || !document.unreadable.is_empty()
        || !document.mismatches.is_empty()
}

/// A statement of a side.
#[derive(Clone, Debug)]
pub(super) struct StatementBox<'d> {
    pub(super) written: Cow<'d, Statement>,
    /// Number of its policy within the layer.
    pub(super) policy: usize,
    attachment: Attachment,
    variables: bool,
    rule: OnceLock<Rule>,
}

impl StatementBox<'_> {
    /// The statement, ready to be asked.
    pub(super) fn rule(&self) -> &Rule {
        self.rule
            .get_or_init(|| Rule::new(&self.written, self.attachment, self.variables))
    }

    /// The same place with a part of the statement.
    pub(super) fn with<'s>(&self, part: Statement) -> StatementBox<'s> {
        StatementBox {
            written: Cow::Owned(part),
            policy: self.policy,
            attachment: self.attachment,
            variables: self.variables,
            rule: OnceLock::new(),
        }
    }

    /// Whether the statement is about a request in which every key is free.
    pub(super) fn matches(&self, request: &Request) -> Truth {
        let asked = asked(&request.action, request.resource.as_deref(), request);
        self.rule().matches(&asked, &mut BTreeSet::new()).truth
    }
}
