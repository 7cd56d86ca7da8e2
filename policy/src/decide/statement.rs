//! One statement against one request.

use std::collections::BTreeSet;

use super::condition::{Test, is_arn_of};
use super::principal::{Named, Principals};
use super::request::{Principal, View};
use super::template::Template;
use super::truth::{Reason, Truth};
use crate::document::{Statement, Text};
use crate::pattern::{ActionPattern, Pattern};

/// What a policy is attached to, as far as the grammar of its statements depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// A principal: identity-based policies, boundaries, session policies and service control policies.
    Principal,
    /// A resource or an endpoint: the statements say whom they are about.
    Resource,
}

/// An element of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// `Action` or `NotAction`.
    Action,
    /// `Resource` or `NotResource`.
    Resource,
    /// `Condition`.
    Condition,
}

/// A statement that is ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) index: usize,
    pub(crate) sid: Option<String>,
    pub(crate) allows: bool,
    denies: bool,
    /// Whether the statement cannot be interpreted.
    is_invalid: bool,
    pub(crate) principals: Option<Principals>,
    actions: Choice<Action>,
    resources: Choice<Resource>,
    pub(crate) conditions: Vec<Test>,
}

/// A list, or everything but a list.
#[derive(Clone, Debug)]
enum Choice<T> {
    Of(Vec<T>),
    AllBut(Vec<T>),
    /// Nothing is said.
    Unsaid,
}

/// An action pattern.
#[derive(Clone, Debug)]
enum Action {
    Everything,
    /// In lower case.
    Of(Pattern),
}

impl Action {
    fn new(text: &str) -> Self {
        if ActionPattern::is_everything(text) {
            Self::Everything
        } else {
            Self::Of(Pattern::ignoring_case(text))
        }
    }

    fn holds(&self, action: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Of(pattern) => pattern.matches_ignoring_case(action),
        }
    }
}

/// A resource pattern.
#[derive(Clone, Debug)]
enum Resource {
    /// `*`
    Everything,
    /// Six fields that are the same for every request.
    Constant(Box<[Pattern; 6]>),
    /// Five fields that are the same for every request, and a sixth with variables. There are none before the fifth colon.
    Variable(Box<[Pattern; 5]>, Template),
    /// No ARN.
    Nothing,
}

/// What became of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) truth: Truth,
    /// The first element that failed.
    pub(super) failed: Option<Element>,
    /// How the principal is named, in a policy of a resource.
    pub(super) named: Named,
}

/// What a request looks like to every statement.
pub(crate) struct Asked<'r> {
    pub(crate) action: &'r str,
    pub(crate) resource: Option<&'r str>,
    pub(crate) principal: &'r Principal,
    pub(crate) context: View<'r>,
    /// Whether the principal has a permissions boundary.
    pub(crate) is_bounded: bool,
}

impl Rule {
    /// Reads a statement of a policy whose version has variables or not.
    pub(crate) fn new(statement: &Statement, attachment: Attachment, variables: bool) -> Self {
        let read = |text: &Text| Resource::new(&text.text, variables);
        let action = |text: &Text| Action::new(&text.text);
        Self {
            index: statement.index,
            sid: statement.sid_text().map(str::to_owned),
            allows: statement.allows(),
            denies: statement.effect.iter().any(|effect| effect.text == "Deny"),
            is_invalid: is_invalid(statement, attachment),
            principals: Principals::of(statement),
            actions: if statement.not_action.is_empty() {
                Choice::Of(statement.actions().map(action).collect())
            } else {
                Choice::AllBut(statement.not_actions().map(action).collect())
            },
            resources: match (statement.resource.is_empty(), statement.not_resource.is_empty()) {
                (false, _) => Choice::Of(statement.resources().map(read).collect()),
                (_, false) => Choice::AllBut(statement.not_resources().map(read).collect()),
                (true, true) => Choice::Unsaid,
            },
            conditions: statement
                .condition
                .iter()
                .map(|test| Test::new(test, variables))
                .collect(),
        }
    }

    /// Whether its effect is Allow, or Deny, and nothing else.
    pub(super) fn is_certainly(&self, allow: bool) -> bool {
        (self.allows, self.denies) == (allow, !allow)
    }

    /// Whether the statement is about a request. `missing` collects the context keys that were asked for in vain.
    pub(crate) fn matches(&self, asked: &Asked<'_>, missing: &mut BTreeSet<String>) -> Match {
        if self.is_invalid {
            return Match {
                truth: Truth::Unknown(Reason::InvalidStatement),
                failed: None,
                named: Named::everyone(),
            };
        }
        let (named, principal) = match &self.principals {
            Some(principals) => principals.name(asked.principal, asked.is_bounded && !self.allows),
            None => (Named::everyone(), Truth::Yes),
        };
        let mut truth = principal;
        let fails = |truth: Truth, element| Match {
            truth,
            failed: Some(element),
            named,
        };
        if truth == Truth::No {
            return fails(truth, Element::Principal);
        }
        truth = truth.and(self.is_about_action(asked));
        if truth == Truth::No {
            return fails(truth, Element::Action);
        }
        let mut tell = |key: &str| {
            missing.insert(key.to_owned());
        };
        truth = truth.and(self.is_about_resource(asked, &mut tell));
        if truth == Truth::No {
            return fails(truth, Element::Resource);
        }
        for test in &self.conditions {
            truth = truth.and(test.holds(&asked.context, &mut tell));
            if truth == Truth::No {
                return fails(truth, Element::Condition);
            }
        }
        Match {
            truth,
            failed: None,
            named,
        }
    }

    pub(crate) fn is_about_action(&self, asked: &Asked<'_>) -> Truth {
        let listed = |patterns: &[Action]| patterns.iter().any(|pattern| pattern.holds(asked.action));
        Truth::from(match &self.actions {
            Choice::Of(patterns) => listed(patterns),
            Choice::AllBut(patterns) => !listed(patterns),
            Choice::Unsaid => false,
        })
    }

    /// Whether it is about every action.
    pub(crate) fn is_about_every_action(&self) -> bool {
        matches!(&self.actions, Choice::Of(patterns) if patterns.iter().any(|pattern| matches!(pattern, Action::Everything)))
    }

    /// Whether it is about every resource, and about requests without one.
    pub(crate) fn is_about_every_resource(&self) -> bool {
        match &self.resources {
            Choice::Of(patterns) => patterns.iter().any(|pattern| matches!(pattern, Resource::Everything)),
            Choice::AllBut(_) => false,
            Choice::Unsaid => true,
        }
    }

    pub(crate) fn is_about_resource(&self, asked: &Asked<'_>, missing: &mut dyn FnMut(&str)) -> Truth {
        match &self.resources {
            Choice::Of(patterns) => Truth::any(patterns.iter().map(|pattern| pattern.holds(asked, missing))),
            Choice::AllBut(patterns) => {
                let without_value = patterns.iter().any(|pattern| pattern.lacks_a_value(&asked.context));
                let listed = Truth::any(patterns.iter().map(|pattern| pattern.holds(asked, missing)));
                if without_value && listed != Truth::Yes {
                    return Truth::Unknown(Reason::VariableInNotResource);
                }
                listed.negated()
            }
            Choice::Unsaid => Truth::Yes,
        }
    }
}

/// Whether a statement cannot be interpreted where it is attached.
pub(crate) fn is_invalid(statement: &Statement, attachment: Attachment) -> bool {
    let pair = |one: usize, other: usize| one.saturating_add(other);
    let has_principal = pair(statement.principal.len(), statement.not_principal.len());
    let resources = pair(statement.resource.len(), statement.not_resource.len());
    statement.effect.len() != 1
        || !(statement.allows() || statement.denies())
        || pair(statement.action.len(), statement.not_action.len()) != 1
        || resources > 1
        || statement.condition_keys.len() > 1
        || has_principal > 1
        || !statement.unknown.is_empty()
        || !statement.unreadable.is_empty()
        || !statement.mismatches.is_empty()
        || match attachment {
            Attachment::Principal => has_principal != 0 || resources == 0,
            Attachment::Resource => has_principal == 0,
        }
}

impl Resource {
    fn new(text: &str, variables: bool) -> Self {
        if !text.is_empty() && text.bytes().all(|letter| letter == b'*') {
            return Self::Everything;
        }
        let mut parts = text.splitn(6, ':');
        let is_arn = parts.next() == Some("arn");
        let parts: Vec<&str> = parts.collect();
        if !is_arn || parts.is_empty() {
            return Self::Nothing;
        }
        // An ARN that stops early is filled up with stars.
        let field = |at: usize| Pattern::new(parts.get(at).copied().unwrap_or("*"));
        let head = [Pattern::new("arn"), field(0), field(1), field(2), field(3)];
        let template = Template::new(parts.get(4).copied().unwrap_or("*"), variables);
        match template.constant() {
            Some(pieces) => {
                let [arn, partition, service, region, account] = head;
                let resource = Pattern::of_pieces(pieces);
                Self::Constant(Box::new([arn, partition, service, region, account, resource]))
            }
            None => Self::Variable(Box::new(head), template),
        }
    }

    fn holds(&self, asked: &Asked<'_>, missing: &mut dyn FnMut(&str)) -> Truth {
        let resource = match (self, asked.resource) {
            (Self::Everything, _) => return Truth::Yes,
            (_, Some(resource)) => resource,
            (_, None) => return Truth::No,
        };
        match self {
            Self::Everything => Truth::Yes,
            Self::Constant(fields) => Truth::from(is_arn_of(resource, fields.as_slice())),
            Self::Variable(head, tail) => {
                let Some(last) = resource.splitn(6, ':').nth(5) else {
                    return Truth::No;
                };
                if !is_arn_of(resource, head.as_slice()) {
                    return Truth::No;
                }
                match tail.fill(&asked.context, missing) {
                    Ok(Some(pieces)) => Truth::from(Pattern::of_pieces(pieces).matches(last)),
                    Ok(None) => Truth::No,
                    Err(reason) => Truth::Unknown(reason),
                }
            }
            Self::Nothing => Truth::No,
        }
    }

    /// Whether a variable in it has no value.
    fn lacks_a_value(&self, context: &View<'_>) -> bool {
        match self {
            Self::Variable(_, tail) => matches!(tail.fill(context, &mut |_| ()), Ok(None)),
            _ => false,
        }
    }
}
