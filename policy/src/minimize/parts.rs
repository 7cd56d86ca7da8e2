//! The statements of a policy while it is shortened: each as JSON, in the order of its author, and as it is read.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::proof::prove;
use super::{Options, Step};
use crate::compare::{is_plain, only};
use crate::decide::Attachment;
use crate::decide::statement::is_invalid;
use crate::document::{Document, Parsed, Statement, parse};
use crate::json::{Node, Value};
use crate::pattern::ArnPattern;
use crate::print::text_of;

/// Most changes of one policy that are proved of the policy as a whole.
const MOST_PROOFS: usize = 64;

/// What the proofs of single steps of one policy may cost.
const MOST_COST: usize = 100_000;

/// One statement.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Its number in the policy as it was given.
    pub(super) number: usize,
    value: Value,
    /// What was read from the JSON.
    pub(super) statement: Statement,
    /// Whether all of it can be interpreted.
    is_usable: bool,
}

impl Part {
    /// The items of a list in it; nothing where the path leads to none, or to an element without one.
    fn list_mut(&mut self, path: &[&str]) -> Option<&mut Vec<Value>> {
        let mut here = &mut self.value;
        for name in path {
            let Node::Object(members) = &mut here.node else {
                return None;
            };
            here = &mut members.iter_mut().find(|member| member.key == *name)?.value;
        }
        if !matches!(here.node, Node::Array(_)) {
            let only = Value {
                node: std::mem::replace(&mut here.node, Node::Null),
                span: here.span,
            };
            here.node = Node::Array(vec![only]);
        }
        match &mut here.node {
            Node::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The statement with another list at a path; nothing where it has none there.
    pub(super) fn with_list(&self, path: &[&str], change: impl FnOnce(&mut Vec<Value>)) -> Option<Self> {
        let mut out = self.clone();
        change(out.list_mut(path)?);
        out.read();
        Some(out)
    }

    /// The items of a list, as JSON.
    pub(super) fn list(&self, path: &[&str]) -> Vec<Value> {
        self.clone().list_mut(path).cloned().unwrap_or_default()
    }

    /// The statement with the principals of another one beside its own.
    pub(super) fn with_principals_of(&self, other: &Self) -> Option<Self> {
        const PRINCIPAL: &str = "Principal";
        let theirs = other.value.get(PRINCIPAL)?.as_object()?;
        let mut out = self.clone();
        for kind in theirs {
            let path = [PRINCIPAL, kind.key.as_str()];
            if let Some(mine) = out.list_mut(&path) {
                add(mine, other.list(&path), str::to_owned);
            } else if let Node::Object(members) = &mut out.value.node {
                let principal = members.iter_mut().find(|member| member.key == PRINCIPAL)?;
                if let Node::Object(kinds) = &mut principal.value.node {
                    kinds.push(kind.clone());
                }
            }
        }
        out.read();
        Some(out)
    }

    /// Reads the statement anew.
    fn read(&mut self) {
        let text = format!(r#"{{"Statement":{}}}"#, text_of(&self.value));
        if let Some(statement) = parse(&text).document.statements.into_iter().next() {
            self.statement = Statement {
                index: self.number,
                ..without_paths(statement)
            };
        }
    }
}

/// A statement whose texts do not know where they stand: nobody asks here, and most of what a copy costs is that.
fn without_paths(mut statement: Statement) -> Statement {
    let lists = [
        &mut statement.action,
        &mut statement.not_action,
        &mut statement.resource,
        &mut statement.not_resource,
    ];
    let principals = statement.principal.iter_mut().chain(&mut statement.not_principal);
    let names = principals.flat_map(|one| &mut one.entries).map(|(_, names)| names);
    for list in lists.into_iter().flatten().chain(names) {
        list.items.iter_mut().for_each(|text| text.path = Vec::new());
    }
    for test in &mut statement.condition {
        test.values.iter_mut().for_each(|text| text.path = Vec::new());
    }
    statement
}

/// Adds what is not there yet; `key` makes equal what means the same.
pub(super) fn add(list: &mut Vec<Value>, more: Vec<Value>, key: impl Fn(&str) -> String) {
    let key = |value: &Value| match &value.node {
        Node::String(text) => key(text),
        _ => text_of(value),
    };
    let mut there: BTreeSet<String> = list.iter().map(&key).collect();
    list.extend(more.into_iter().filter(|value| there.insert(key(value))));
}

/// All statements.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    parts: Vec<Part>,
    /// The policy that they are of, without statements.
    frame: Document,
    options: Options,
    /// Where each change has to be proved of the policy as a whole: how often that may still be tried.
    proofs_left: Option<usize>,
    /// What proofs of single steps may still cost.
    budget: Cell<usize>,
}

impl Parts {
    /// The statements of a policy that can be read.
    pub(super) fn of(parsed: &Parsed, options: Options) -> Self {
        let attachment = if parsed.document.names_principals() {
            Attachment::Resource
        } else {
            Attachment::Principal
        };
        let values: &[Value] = match parsed.value.get("Statement") {
            Some(value) => value.as_array().unwrap_or(std::slice::from_ref(value)),
            None => &[],
        };
        let parts = values.iter().zip(&parsed.document.statements);
        let parts = parts.enumerate().map(|(number, (value, statement))| Part {
            number,
            value: value.clone(),
            statement: without_paths(statement.clone()),
            is_usable: is_usable(statement, attachment),
        });
        Self {
            parts: parts.collect(),
            frame: only(&parsed.document, []),
            options,
            proofs_left: None,
            budget: Cell::new(MOST_COST),
        }
    }

    /// Pays for a proof; false where there is too little left.
    pub(super) fn pay(&self, cost: usize) -> bool {
        let left = self.budget.get().checked_sub(cost);
        self.budget.set(left.unwrap_or_default());
        left.is_some()
    }

    /// The same statements, each change to which has to be proved of the policy as a whole.
    pub(super) fn proving_each_change(self) -> Self {
        Self {
            proofs_left: Some(MOST_PROOFS),
            ..self
        }
    }

    /// The same statements, as if nothing had been proved yet.
    pub(super) fn with_new_budget(self) -> Self {
        Self {
            proofs_left: None,
            budget: Cell::new(MOST_COST),
            ..self
        }
    }

    /// Numbers of the statements that stay as they are.
    pub(super) fn left(&self) -> Vec<usize> {
        let left = self.parts.iter().filter(|part| !part.is_usable);
        left.map(|part| part.number).collect()
    }

    /// How many statements there are, those that stay as they are included.
    pub(super) fn count(&self) -> usize {
        self.parts.len()
    }

    /// The statements that can be interpreted, in order.
    pub(super) fn usable(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.is_usable)
    }

    pub(super) fn usable_mut(&mut self) -> impl Iterator<Item = &mut Part> {
        self.parts.iter_mut().filter(|part| part.is_usable)
    }

    /// The statement of a number.
    pub(super) fn get(&self, number: usize) -> Option<&Part> {
        self.usable().find(|part| part.number == number)
    }

    /// Puts a statement in the place of the one of its number and drops others; false where the policy as a whole is not
    /// proved to mean the same then.
    pub(super) fn change(&mut self, with: Option<Part>, gone: &[usize]) -> bool {
        let before = self.proofs_left.map(|left| (left, self.parts.clone(), self.document()));
        self.parts.retain(|part| !gone.contains(&part.number));
        if let Some(with) = with
            && let Some(part) = self.parts.iter_mut().find(|part| part.number == with.number)
        {
            *part = with;
        }
        let Some((left, parts, document)) = before else {
            return true;
        };
        self.proofs_left = Some(left.saturating_sub(1));
        let is_proved = left > 0 && prove(&document, &self.document()).is_ok();
        if !is_proved {
            self.parts = parts;
        }
        is_proved
    }

    /// A document of some statements, in the language of the policy.
    pub(super) fn only(&self, statements: impl IntoIterator<Item = Statement>) -> Document {
        only(&self.frame, statements)
    }

    /// The document of all statements that can be interpreted, under their numbers.
    pub(super) fn document(&self) -> Document {
        Document {
            statements: self.usable().map(|part| part.statement.clone()).collect(),
            ..self.frame.clone()
        }
    }

    /// The text of the policy, given as it was, with these statements.
    pub(super) fn text(&self, given: &Value) -> String {
        let mut out = given.clone();
        if let Node::Object(members) = &mut out.node
            && let Some(member) = members.iter_mut().find(|member| member.key == "Statement")
        {
            let statements: Vec<Value> = self.parts.iter().map(|part| part.value.clone()).collect();
            match (&member.value.node, statements.as_slice()) {
                (Node::Object(_), [only]) => member.value = only.clone(),
                _ => member.value.node = Node::Array(statements),
            }
        }
        text_of(&out)
    }

    /// How long the statements are.
    pub(super) fn length(&self) -> usize {
        let lengths = self.parts.iter().map(|part| text_of(&part.value).chars().count());
        lengths.fold(0, usize::saturating_add)
    }

    /// Drops Sids that say nothing, or all.
    pub(super) fn tidy(&mut self, steps: &mut Vec<Step>) {
        let drops_all = self.options.drop_sids;
        let mut count = 0_usize;
        for part in self.usable_mut() {
            let Node::Object(members) = &mut part.value.node else {
                continue;
            };
            let before = members.len();
            members.retain(|member| member.key != "Sid" || !(drops_all || member.value.as_str() == Some("")));
            let gone = before.saturating_sub(members.len());
            if gone > 0 {
                count = count.saturating_add(gone);
                part.read();
            }
        }
        if count > 0 {
            steps.push(Step::Sids(count));
        }
    }

    /// Writes lists of one element as the element.
    pub(super) fn unlist(&mut self, steps: &mut Vec<Step>) {
        let count = self.usable_mut().map(|part| unlist(&mut part.value)).sum();
        if count > 0 {
            steps.push(Step::Unlisted(count));
        }
    }
}

/// Writes every list of one element in a value as the element, and says how many there were.
fn unlist(value: &mut Value) -> usize {
    match &mut value.node {
        Node::Object(members) => members.iter_mut().map(|member| unlist(&mut member.value)).sum(),
        Node::Array(items) if items.len() == 1 => {
            if let Some(only) = items.pop() {
                *value = only;
            }
            1
        }
        _ => 0,
    }
}

/// Whether all of a statement can be interpreted. What AWS or a service reads in a way of its own, such as a resource that
/// is no ARN, is not for us to take away.
fn is_usable(statement: &Statement, attachment: Attachment) -> bool {
    let is_action = |text: &str| text.contains(['*', '?']) || text.matches(':').count() == 1;
    let mut actions = statement.actions().chain(statement.not_actions());
    let mut resources = statement.resources().chain(statement.not_resources());
    let mut principals = statement.principal.iter().chain(&statement.not_principal);
    is_plain(statement)
        && !is_invalid(statement, attachment)
        && actions.all(|action| is_action(&action.text))
        && resources.all(|resource| ArnPattern::new(&resource.text).is_arn())
        && principals.all(|one| one.is_star || one.entries.iter().all(|(_, names)| !names.items.is_empty()))
}
