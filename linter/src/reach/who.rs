//! Who can do something.

use std::borrow::Cow;
use std::collections::BTreeSet;

use leastpriv_policy::compare::{Access, Containment, Excess, all_but};
use leastpriv_policy::decide::{Attachment, Policies, Policy, Request, trace_as_given};
use leastpriv_policy::document::{Document, Statement, Text};

use super::Can;
use super::holder::{Holder, Reading, denials, holders};
use super::resource::{Given, OfResource, Resources, resource_policies};
use crate::access::doubt_words;
use crate::parts::Sides;
use crate::run::Exit;
use crate::simulate::Layers;
use crate::sources::Sources;

/// Who can do something.
#[derive(Debug)]
pub(crate) struct Who {
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) answers: Vec<Answer>,
}

/// Whether somebody can.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) name: String,
    pub(super) resource_type: String,
    pub(super) arn: Option<String>,
    pub(super) can: Can,
    /// The statements that allow the request, as people find them.
    pub(super) allowed_by: Vec<String>,
    /// A request that what is known allows; nothing where that must not be shown.
    pub(super) witness: Option<Request>,
    /// Why it is not known.
    pub(super) open: BTreeSet<String>,
}

/// Asks every principal of a plan whether it can do some of the access.
pub(crate) fn who_can(access: &Access, sources: &Sources) -> Who {
    let policies = resource_policies(sources, access);
    let resources = Resources::of(&policies, access);
    let answer = |holder: &Holder| Asked::new(access, holder, resources.say(holder)).answer();
    Who {
        action: access.actions.join(", "),
        resource: access.resources.join(", "),
        answers: holders(sources).iter().map(answer).collect(),
    }
}

impl Who {
    /// The answer about all.
    pub(super) fn can(&self) -> Can {
        Can::of_all(self.answers.iter().map(|answer| answer.can))
    }

    /// How the run ends.
    pub(crate) fn exit(&self) -> Exit {
        self.can().exit()
    }
}

/// Somebody who is asked.
struct Asked<'h> {
    exact: Document,
    holder: &'h Holder,
    of_resource: OfResource,
}

impl<'h> Asked<'h> {
    fn new(access: &Access, holder: &'h Holder, of_resource: OfResource) -> Self {
        Self {
            exact: exactly(access),
            holder,
            of_resource,
        }
    }

    fn answer(self) -> Answer {
        let mut open = self.holder.open();
        open.extend(self.of_resource.open.iter().cloned());
        let mut witness = None;
        let mut doubts = BTreeSet::new();
        for sides in self.ways(Reading::Known, true) {
            match sides.ask() {
                Containment::Contained => {}
                Containment::Exceeds(excesses) => {
                    let first: Option<&Excess> = excesses.first();
                    witness = witness.or_else(|| first.map(|excess| sides.prove(excess)));
                }
                Containment::Unknown(found) => doubts.extend(found.iter().map(doubt_words)),
            }
        }
        let is_closed = |sides: &Sides<'_>| sides.ask() == Containment::Contained;
        let mut can = match (&witness, open.is_empty()) {
            (Some(_), true) => Can::Yes,
            (None, true) if doubts.is_empty() => Can::No,
            (None, false)
                if self.of_resource.open.is_empty() && self.ways(Reading::Widest, true).iter().all(is_closed) =>
            {
                Can::No
            }
            _ => Can::Unknown,
        };
        if can == Can::No
            && let Some(missing) = &self.of_resource.missing
            && !self.ways(Reading::Widest, false).iter().all(is_closed)
        {
            can = Can::Unknown;
            open.insert(missing.clone());
        }
        if can == Can::No {
            open.clear();
        } else if witness.is_none() {
            open.extend(doubts.into_iter().map(|doubt| format!("it depends on {doubt}")));
        }
        let is_hidden = self.holder.is_hidden() || self.of_resource.is_hidden;
        Answer {
            name: self.holder.name(),
            resource_type: self.holder.principal.resource_type.clone(),
            arn: self.holder.principal.arn.clone(),
            can,
            allowed_by: witness
                .as_ref()
                .map(|request| self.allowed_by(request))
                .unwrap_or_default(),
            witness: witness.filter(|_| !is_hidden),
            open,
        }
    }

    /// The ways to be allowed: by identity-based policies within the limits, and by the policy of the resource alone.
    /// `heeds` says whether the policy of the resource has to allow in the first way where it decides.
    fn ways(&self, reading: Reading, heeds: bool) -> Vec<Sides<'_>> {
        let resource = &self.of_resource;
        let mut layers = self.holder.layers(reading);
        let denied = owned(&resource.denied);
        if let Some(identity) = layers.first_mut() {
            identity.extend(resource.given.iter().map(|given| Cow::Owned(given.alone.clone())));
            identity.extend(denied.iter().cloned());
        }
        let needed = resource.needed.as_ref().filter(|_| heeds);
        layers.extend(needed.map(|needed| owned(needed)));
        layers.insert(0, vec![Cow::Borrowed(&self.exact)]);
        let mut out = vec![sides(layers)];
        let direct = resource.given.iter().filter(|given| given.is_direct);
        let mut given: Vec<Cow<'_, Document>> = direct.map(|given| Cow::Owned(given.alone.clone())).collect();
        if !given.is_empty() {
            given.extend(denied);
            let own = self.holder.layers(reading).into_iter().flatten();
            given.extend(own.map(|document| Cow::Owned(denials(&document))));
            out.push(sides(vec![vec![Cow::Borrowed(&self.exact)], given]));
        }
        out
    }

    /// The statements that allow a request: the identity-based ones, and those of policies of resources.
    fn allowed_by(&self, request: &Request) -> Vec<String> {
        let layers = Layers {
            identity: self.holder.identity.policies.clone(),
            ..Layers::default()
        };
        let decision = trace_as_given(&layers.policies(), request);
        let allowing = decision.matched.iter().filter_map(|id| layers.statement(id));
        let allowing = allowing.filter(|shown| shown.statement.allows());
        let own = allowing.map(|shown| shown.text());
        let allows = |given: &&Given| {
            let policies = Policies {
                identity: vec![Policy::new(&given.alone, Attachment::Principal)],
                ..Policies::default()
            };
            let decision = trace_as_given(&policies, request);
            !decision.matched.is_empty()
        };
        let given = self.of_resource.given.iter().filter(allows);
        own.chain(given.map(|given| given.name.clone())).collect()
    }
}

fn sides(new: Vec<Vec<Cow<'_, Document>>>) -> Sides<'_> {
    Sides {
        new,
        existing: vec![Vec::new()],
    }
}

fn owned<'d>(documents: &[Document]) -> Vec<Cow<'d, Document>> {
    documents.iter().cloned().map(Cow::Owned).collect()
}

/// The policy that allows some access and nothing else.
fn exactly(access: &Access) -> Document {
    let mut out = all_but(&Document::default(), std::slice::from_ref(access));
    out.statements.retain(Statement::denies);
    for statement in &mut out.statements {
        statement.effect = vec![Text {
            text: "Allow".to_owned(),
            ..Text::default()
        }];
    }
    out
}
