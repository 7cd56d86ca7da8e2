//! One policy of a side, and what stands in for one that is not there.

use leastpriv_policy::compare::all_but;
use leastpriv_policy::decide::Layer;
use leastpriv_policy::document::{Document, Statement, parse};
use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::print::canonical;

use crate::simulate::{Layers, NamedPolicy};

/// A policy, or what stands in for it.
#[derive(Debug)]
pub(super) struct Policy {
    named: NamedPolicy,
    kind: PolicyKind,
    /// The ARN of a managed policy whose document stands beside the plan.
    pub(super) arn: Option<String>,
    /// Its text in one spelling, where it has one.
    spelling: Option<String>,
    /// The first statement that stands in for what is attached beside the policy.
    beside: usize,
}

impl Policy {
    /// A policy with its text. Control policies without an Allow take away from the full access that is attached beside them.
    pub(super) fn new(named: NamedPolicy, text: &str, kind: PolicyKind) -> Self {
        let beside = named.document.statements.len();
        let is_control = matches!(kind, PolicyKind::ServiceControl | PolicyKind::ResourceControl);
        let spelling = canonical(text);
        let mut out = Self {
            named,
            kind,
            arn: None,
            spelling,
            beside,
        };
        if is_control && !out.document().statements.iter().any(Statement::allows) {
            let full = all_but(out.document(), &[]).statements.into_iter();
            let numbered = full.zip(beside..).map(|(mut statement, index)| {
                statement.index = index;
                statement
            });
            out.named.document.statements.extend(numbered);
        }
        out
    }

    /// What stands in for a policy that one side lacks: nothing where its kind grants access, everything where it limits.
    pub(super) fn absent(other: &Self) -> Self {
        let document = if other.kind.grants() {
            parse(r#"{"Version":"2012-10-17","Statement":[]}"#).document
        } else {
            all_but(other.document(), &[])
        };
        Self {
            named: NamedPolicy::placed(String::new(), document, Vec::new(), false),
            kind: other.kind,
            arn: None,
            spelling: None,
            beside: 0,
        }
    }

    /// Whether it says the same in the same words, so that there is nothing to compare.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.spelling.is_some() && self.spelling == other.spelling
    }

    /// The document, with what stands in.
    pub(super) fn document(&self) -> &Document {
        &self.named.document
    }

    /// Whether its text must not be shown.
    pub(super) fn is_hidden(&self) -> bool {
        self.named.is_sensitive()
    }

    /// A statement as people find it.
    pub(super) fn statement_text(&self, index: usize) -> String {
        if index >= self.beside {
            return "full access, which holds without the policy".to_owned();
        }
        let shown = self.named.statement(Layer::Identity, index);
        shown.map_or_else(String::new, |shown| shown.text())
    }

    /// The number of a statement that somebody wrote.
    pub(super) fn number(&self, index: usize) -> Option<usize> {
        (index < self.beside).then_some(index)
    }

    /// The `Sid` of a statement, unless it must not be shown.
    pub(super) fn sid(&self, index: usize) -> Option<String> {
        let shown = self.named.statement(Layer::Identity, index)?;
        shown.sid().map(str::to_owned)
    }

    /// The policy alone, as it decides requests.
    pub(super) fn alone(&self) -> Layers {
        let mut out = Layers::default();
        if self.document().names_principals() {
            out.resource = Some(self.named.clone());
        } else {
            out.identity.push(self.named.clone());
        }
        out
    }
}
