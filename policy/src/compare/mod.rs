//! Comparing what two policies allow: is there a request that one allows and the other does not?
//!
//! What lives here: the search for such a request. A statement is a box, one set for each of action, resource, principal
//! and condition key. New access exists where some Allow of the new policy has a point that no Deny of it and no Allow of
//! the existing one covers, or that a Deny of the existing one covers and no Deny of the new one does. Along each axis
//! only the points matter that are covered by as few boxes as can be, and the axes do not depend on each other.
//!
//! Every "no" carries a request, which the evaluator of [`decide`](crate::decide) has replayed on both policies. What
//! cannot be decided is [`Containment::Unknown`], never a guess.

mod axes;
mod cover;
mod keys;
mod search;
mod strings;
mod variables;

use std::collections::BTreeSet;

use crate::decide::statement::Rule;
use crate::decide::{Attachment, Policy, Request, Truth};
use crate::document::{Document, Statement, parse};
use crate::print::quote;
use axes::{asked, nobody};
use search::point;

/// Whether a policy allows nothing that another one does not.
#[derive(Clone, Debug, PartialEq)]
pub enum Containment {
    /// Everything that the new policy allows, the existing one allows too.
    Contained,
    /// It allows more: a request for every statement that lets one through.
    Exceeds(Vec<Excess>),
    /// It cannot be said, for these reasons.
    Unknown(Vec<Doubt>),
}

/// New access that a statement gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Excess {
    /// Number of the statement in the new policy.
    pub statement: usize,
    /// A request that the new policy allows and the existing one does not. Its keys are independent of each other, so a
    /// real caller may not be able to make it.
    pub witness: Request,
}

/// Why it cannot be said. The list is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// A statement that cannot be interpreted.
    Invalid,
    /// Policy variables, whose values are not known.
    Variable,
    /// One key that is read as values of several types.
    MixedTypes,
    /// Principals that cannot be told apart, such as canonical users.
    Principal,
    /// The documentation leaves open what decides.
    Undecided,
    /// There is too much to tell apart.
    Budget,
}

impl Doubt {
    /// The reason in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Invalid => "a document or statement that cannot be interpreted",
            Self::Variable => "policy variables, whose values are not known",
            Self::MixedTypes => "a condition key that is read as values of several types",
            Self::Principal => "principals that cannot be told apart",
            Self::Undecided => "a rule that the documentation leaves open",
            Self::Budget => "more combinations than can be searched",
        }
    }
}

/// Whether `new` allows nothing that `existing` does not.
pub fn contained(new: &Document, existing: &Document) -> Containment {
    let (written_new, written_existing) = (new, existing);
    let Some((new, existing, proves)) = variables::marked(new, existing) else {
        return compared(new, existing);
    };
    match compared(&new, &existing) {
        Containment::Contained if proves || cover::is_whole(written_new, written_existing) => Containment::Contained,
        Containment::Contained => Containment::Unknown(vec![Doubt::Variable]),
        Containment::Exceeds(mut excesses) => {
            // A special character is no value. A request without one may hold for the policies as they are.
            let replay = Replay::new(written_new, written_existing);
            excesses.retain(|excess| !variables::is_special(&excess.witness) && replay.is_new(&excess.witness));
            if excesses.is_empty() {
                Containment::Unknown(vec![Doubt::Variable])
            } else {
                Containment::Exceeds(excesses)
            }
        }
        unknown @ Containment::Unknown(_) => unknown,
    }
}

/// Whether two policies allow the same: what each allows more than the other.
pub fn equivalent(one: &Document, other: &Document) -> (Containment, Containment) {
    (contained(one, other), contained(other, one))
}

/// Access that a policy should not give: any of the actions on any of the resources. Patterns are those of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The actions; any, where there is none.
    pub actions: Vec<String>,
    /// The resources; any, where there is none.
    pub resources: Vec<String>,
}

/// Whether a policy gives none of some access.
pub fn not_granted(policy: &Document, access: &[Access]) -> Containment {
    contained(policy, &all_but(policy, access))
}

/// The policy that allows everything but some access, to everybody where `policy` names principals.
pub fn all_but(policy: &Document, access: &[Access]) -> Document {
    let list = |texts: &[String]| {
        let mut out = String::new();
        for (at, text) in texts.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            quote(text, &mut out);
        }
        if out.is_empty() { "\"*\"".to_owned() } else { out }
    };
    let everybody = if names_principals(policy) {
        "\"Principal\":\"*\","
    } else {
        ""
    };
    let denials: Vec<String> = access
        .iter()
        .map(|one| {
            let (actions, resources) = (list(&one.actions), list(&one.resources));
            format!(r#",{{"Effect":"Deny",{everybody}"Action":[{actions}],"Resource":[{resources}]}}"#)
        })
        .collect();
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{everybody}"Action":"*","Resource":"*"}}{}]}}"#,
        denials.concat()
    );
    parse(&text).document
}

/// Two policies, before which requests can be replayed.
#[derive(Debug)]
pub struct Replay<'d> {
    new: Side<'d>,
    existing: Side<'d>,
    attachment: Attachment,
}

impl<'d> Replay<'d> {
    /// Reads both policies once.
    pub fn new(new: &'d Document, existing: &'d Document) -> Self {
        let attachment = if names_principals(new) || names_principals(existing) {
            Attachment::Resource
        } else {
            Attachment::Principal
        };
        Self {
            new: Side::of(new, attachment),
            existing: Side::of(existing, attachment),
            attachment,
        }
    }

    /// Whether the new policy certainly allows a request and the existing one certainly does not. Nothing is certain
    /// about a policy that cannot be interpreted.
    pub fn is_new(&self, request: &Request) -> bool {
        !self.is_invalid() && self.new.allows(request) == Truth::Yes && self.existing.allows(request) == Truth::No
    }

    /// Whether one of the policies cannot be compared at all.
    fn is_invalid(&self) -> bool {
        self.new.is_invalid || self.existing.is_invalid
    }
}

fn names_principals(document: &Document) -> bool {
    let mut statements = document.statements.iter();
    statements.any(|statement| !statement.principal.is_empty() || !statement.not_principal.is_empty())
}

fn compared(new: &Document, existing: &Document) -> Containment {
    let replay = Replay::new(new, existing);
    if replay.is_invalid() {
        return Containment::Unknown(vec![Doubt::Invalid]);
    }
    let (uncovered, kept_denials) = (cover::uncovered(new, existing), cover::kept_denials(new, existing));
    let uncovered = Side::of(&uncovered, replay.attachment);
    let mut excesses = Vec::new();
    let mut doubts = BTreeSet::new();
    for allow in replay.new.boxes(true) {
        let rest = uncovered.boxes(true).find(|rest| rest.rule.index == allow.rule.index);
        match exceeds(allow, rest, &replay, &kept_denials) {
            Ok(Some(witness)) => excesses.push(Excess {
                statement: allow.rule.index,
                witness,
            }),
            Ok(None) => {}
            Err(doubt) => {
                doubts.insert(doubt);
            }
        }
    }
    if !excesses.is_empty() {
        Containment::Exceeds(excesses)
    } else if doubts.is_empty() {
        Containment::Contained
    } else {
        Containment::Unknown(doubts.into_iter().collect())
    }
}

/// One of the two policies.
#[derive(Debug)]
struct Side<'d> {
    boxes: Vec<StatementBox<'d>>,
    /// Whether a statement or the document around them cannot be interpreted.
    is_invalid: bool,
}

#[derive(Debug)]
struct StatementBox<'d> {
    rule: Rule,
    written: &'d Statement,
}

impl<'d> Side<'d> {
    fn of(document: &'d Document, attachment: Attachment) -> Self {
        let rules = Policy::new(document, attachment).rules;
        Self {
            is_invalid: !document.is_object
                || document.statement_keys.len() != 1
                || document.version.len() > 1
                || !document.unknown.is_empty()
                || !document.unreadable.is_empty()
                || !document.mismatches.is_empty()
                || rules.iter().any(|rule| rule.is_invalid),
            boxes: rules
                .into_iter()
                .zip(&document.statements)
                .map(|(rule, written)| StatementBox { rule, written })
                .collect(),
        }
    }

    fn boxes(&self, allow: bool) -> impl Iterator<Item = &StatementBox<'d>> {
        self.boxes.iter().filter(move |one| one.rule.is_certainly(allow))
    }

    /// Whether the policy alone allows a request in which every key is free.
    fn allows(&self, request: &Request) -> Truth {
        let any = |allow: bool| Truth::any(self.boxes(allow).map(|one| one.matches(request)));
        any(true).and(any(false).negated())
    }
}

impl StatementBox<'_> {
    /// Whether the statement is about a request in which every key is free.
    fn matches(&self, request: &Request) -> Truth {
        let asked = asked(&request.action, request.resource.as_deref(), request);
        self.rule.matches(&asked, &mut BTreeSet::new()).truth
    }
}

/// A request that an Allow of the new policy lets through and the existing policy does not. `rest` is what no single
/// statement of the existing policy covers of it.
fn exceeds(
    allow: &StatementBox<'_>,
    rest: Option<&StatementBox<'_>>,
    replay: &Replay<'_>,
    kept_denials: &BTreeSet<usize>,
) -> Result<Option<Request>, Doubt> {
    let Replay { new, existing, .. } = replay;
    let lifted: Vec<&StatementBox<'_>> = existing
        .boxes(false)
        .filter(|deny| !kept_denials.contains(&deny.rule.index))
        .collect();
    let mut plain = rest.iter().chain(&lifted).flat_map(|one| plain_requests(one.written));
    if let Some(request) = plain.find(|request| allow.matches(request) == Truth::Yes && replay.is_new(request)) {
        return Ok(Some(request));
    }
    let denies: Vec<&StatementBox<'_>> = new.boxes(false).collect();
    let allowed = existing.boxes(true);
    let outside: Vec<&StatementBox<'_>> = denies.iter().copied().chain(allowed).collect();
    let mut doubt = None;
    let questions = rest
        .map(|rest| (vec![rest], outside))
        .into_iter()
        .chain(lifted.iter().map(|deny| (vec![allow, *deny], denies.clone())));
    for (inside, outside) in questions {
        match point(&inside, &outside) {
            // What was found has to hold before the evaluator, or it is no proof.
            Ok(Some(request)) if replay.is_new(&request) => return Ok(Some(request)),
            Ok(Some(_)) => doubt = Some(Doubt::Undecided),
            Ok(None) => {}
            Err(reason) => doubt = Some(reason),
        }
    }
    doubt.map_or(Ok(None), Err)
}

/// A few requests that a statement without conditions and principals is plainly about. Most new access shows in one of
/// them, long before the search would find it.
fn plain_requests(statement: &Statement) -> impl Iterator<Item = Request> {
    let is_plain =
        statement.condition.is_empty() && statement.principal.is_empty() && statement.not_principal.is_empty();
    let shortest = |text: &str| text.replace('*', "").replace('?', "a");
    let actions = statement.actions().filter(move |_| is_plain).take(MOST_PLAIN);
    actions
        .flat_map(move |action| {
            let resources = statement.resources().take(MOST_PLAIN);
            resources.map(move |resource| Request {
                action: shortest(&action.text),
                resource: Some(shortest(&resource.text)),
                ..nobody()
            })
        })
        .filter(|request| !variables::is_special(request))
}

/// Most actions, and most resources, of the requests that are tried before a search.
const MOST_PLAIN: usize = 8;
