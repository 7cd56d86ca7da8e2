//! What one policy allows more than another one.

use std::borrow::Cow;
use std::collections::BTreeSet;

use leastpriv_policy::compare::{self, Cause, Containment, Doubt};
use leastpriv_policy::decide::Request;
use leastpriv_policy::document::{Document, Principal, Statement, Text};

use super::policy::Policy;
use super::stop::{Stop, Stops};
use crate::access::doubt_words;
use crate::parts::{Comparison, Condition, Counts, Names, Part, Sides, apart, conditions, names, with_statements};

/// What one policy allows more than another one.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// By statement: first those that allow more, then those that no longer deny.
    pub(super) changes: Vec<Change>,
    /// What the rest depends on, in words.
    pub(super) doubts: BTreeSet<String>,
}

/// A statement that makes a difference.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) how: How,
    /// The statement as people find it.
    pub(super) statement: String,
    /// Its number; nothing where it stands in for a policy.
    pub(super) number: Option<usize>,
    /// Its `Sid`.
    pub(super) sid: Option<String>,
    /// What the statement asks for.
    pub(super) conditions: Vec<Condition>,
    /// Whom it is for, where it says so, a kind and a name each.
    pub(super) principals: Vec<(String, String)>,
    /// Whom it is not for, where it is for all others.
    pub(super) not_principals: Vec<(String, String)>,
    /// The resources that it is not about, where it is about all others.
    pub(super) not_resources: Vec<String>,
    /// The actions and resources; none where the policy must not be shown.
    pub(super) parts: Vec<ChangedPart>,
}

/// How a statement makes a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// It allows what the other policy does not.
    Allows,
    /// It is a Deny of the other policy, and nothing denies the same here. What it denied another policy may allow.
    NoLongerDenies,
}

/// Actions and resources of a statement for which it makes the same difference.
#[derive(Debug)]
pub(super) struct ChangedPart {
    pub(super) actions: Names,
    pub(super) counts: Counts,
    /// Names that the catalog does not have.
    pub(super) others: Vec<String>,
    pub(super) resources: Vec<String>,
    /// What of the other policy stands in the way.
    pub(super) stop: Option<Stop>,
    pub(super) witness: Request,
}

impl Change {
    /// Whether the statement says whom it is for.
    pub(super) fn names_principals(&self) -> bool {
        !self.principals.is_empty() || !self.not_principals.is_empty()
    }
}

impl Difference {
    /// Whether there is none, for sure.
    pub(super) fn is_nothing(&self) -> bool {
        self.changes.is_empty() && self.doubts.is_empty()
    }

    /// Takes out what could show a text that must not be shown.
    pub(super) fn hide(&mut self) {
        for change in &mut self.changes {
            change.statement = match change.number {
                Some(number) => format!("Statement[{number}]"),
                None => String::new(),
            };
            change.sid = None;
            change.conditions.clear();
            change.principals.clear();
            change.not_principals.clear();
            change.not_resources.clear();
            change.parts.clear();
        }
        if !self.doubts.is_empty() {
            self.doubts = BTreeSet::from(["what must not be shown".to_owned()]);
        }
    }
}

/// What `new` allows more than `old`, and what it no longer denies.
pub(super) fn difference(new: &Policy, old: &Policy) -> Difference {
    let mut out = Difference::default();
    let whole = compare::contained(new.document(), old.document());
    if let Containment::Unknown(doubts) = &whole {
        let is_invalid = |doubt: &Doubt| doubt.cause == Cause::Invalid;
        if doubts.iter().any(is_invalid) {
            out.doubts.extend(doubts.iter().map(doubt_words));
            return out;
        }
    }
    if whole != Containment::Contained {
        allowed_more(new, old, &mut out);
    }
    if out.is_nothing()
        && let Containment::Unknown(doubts) = &whole
    {
        out.doubts.extend(doubts.iter().map(doubt_words));
    }
    denied_less(new, old, &mut out);
    out
}

fn allowed_more(new: &Policy, old: &Policy, out: &mut Difference) {
    let denials = of_effect(new.document(), false);
    let comparison = AllowedMore {
        new: new.document(),
        denials,
        old: old.document(),
    };
    let stops = Stops::of(old);
    // Of a policy that is not there nothing stands in the way.
    let is_there = !old.document().statements.is_empty();
    for statement in new.document().statements.iter().filter(|one| one.allows()) {
        let found = apart(statement, &comparison, &mut |request| {
            is_there.then(|| stops.stop(request))
        })
        .joined();
        out.doubts.extend(found.doubts.iter().map(doubt_words));
        out.add(How::Allows, new, statement, found.parts);
    }
}

fn denied_less(new: &Policy, old: &Policy, out: &mut Difference) {
    let named = [new.document(), old.document()]
        .into_iter()
        .find(|one| one.names_principals());
    // What the new policy allows counts as allowed more already.
    let taken = new.document().statements.iter().cloned().map(|mut statement| {
        if statement.allows() {
            statement.effect = vec![Text {
                text: "Deny".to_owned(),
                ..Text::default()
            }];
        }
        statement
    });
    let comparison = DeniedLess {
        full: compare::all_but(named.unwrap_or(new.document()), &[]),
        taken: with_statements(new.document(), taken.collect()),
        old: old.document(),
    };
    for statement in old.document().statements.iter().filter(|one| one.denies()) {
        let found = apart(statement, &comparison, &mut |_| None).joined();
        out.doubts.extend(found.doubts.iter().map(doubt_words));
        out.add(How::NoLongerDenies, old, statement, found.parts);
    }
}

fn of_effect(document: &Document, allows: bool) -> Vec<Statement> {
    let statements = document.statements.iter();
    statements.filter(|one| one.allows() == allows).cloned().collect()
}

impl Difference {
    fn add(&mut self, how: How, policy: &Policy, statement: &Statement, parts: Vec<Part<Option<Stop>>>) {
        if parts.is_empty() {
            return;
        }
        let part = |part: Part<Option<Stop>>| ChangedPart {
            actions: names(statement, &part.actions),
            counts: Counts::of(&part.actions),
            others: part.others,
            resources: part.resources,
            stop: part.key,
            witness: part.witness,
        };
        self.changes.push(Change {
            how,
            statement: policy.statement_text(statement.index),
            number: policy.number(statement.index),
            sid: policy.sid(statement.index),
            conditions: conditions(statement),
            principals: principals(&statement.principal),
            not_principals: principals(&statement.not_principal),
            not_resources: statement.not_resources().map(|text| text.text.clone()).collect(),
            parts: parts.into_iter().map(part).collect(),
        });
    }
}

/// Principals, a kind and a name each; `*` is everybody.
fn principals(elements: &[Principal]) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for element in elements {
        if element.is_star {
            out.push(("AWS".to_owned(), "*".to_owned()));
        }
        for (kind, names) in &element.entries {
            let names = names.items.iter();
            out.extend(names.map(|name| (kind.text.clone(), name.text.clone())));
        }
    }
    out
}

/// What an Allow of the new policy allows and the old policy does not.
struct AllowedMore<'d> {
    new: &'d Document,
    denials: Vec<Statement>,
    old: &'d Document,
}

impl Comparison for AllowedMore<'_> {
    fn sides(&self, part: Statement) -> Sides<'_> {
        let mut statements = vec![part];
        statements.extend(self.denials.iter().cloned());
        Sides {
            new: vec![vec![Cow::Owned(with_statements(self.new, statements))]],
            existing: vec![vec![Cow::Borrowed(self.old)]],
        }
    }

    fn policies(&self) -> Vec<&Document> {
        vec![self.new, self.old]
    }
}

/// What a Deny of the old policy denies and the new policy neither denies nor allows.
struct DeniedLess<'d> {
    full: Document,
    taken: Document,
    old: &'d Document,
}

impl Comparison for DeniedLess<'_> {
    fn sides(&self, part: Statement) -> Sides<'_> {
        let denied = with_statements(self.old, vec![part]);
        Sides {
            new: vec![vec![Cow::Borrowed(&self.full), Cow::Borrowed(&self.taken)]],
            existing: vec![vec![Cow::Borrowed(&self.full), Cow::Owned(denied)]],
        }
    }

    fn policies(&self) -> Vec<&Document> {
        vec![&self.taken, self.old]
    }
}
