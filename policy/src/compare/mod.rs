//! Comparing what policies allow: is there a request that some allow and others do not?
//!
//! What lives here: the search for such a request. A statement is a box, one set for each of action, resource, principal
//! and condition key. New access exists where some Allow of the new policy has a point that no Deny of it and no Allow of
//! the existing one covers, or that a Deny of the existing one covers and no Deny of the new one does. Along each axis
//! only the points matter that are covered by as few boxes as can be, and the axes do not depend on each other. Layers of
//! policies multiply the Allows of the new side and add questions about the existing one; every other question here is
//! one of these with a side that allows everything or nothing.
//!
//! Every "no" carries a request, which the evaluator of [`decide`](crate::decide) has replayed on all policies. What
//! cannot be decided is [`Containment::Unknown`], never a guess.

mod addresses;
mod axes;
mod certificate;
mod cover;
mod excess;
mod keys;
mod public;
mod redundancy;
mod scope;
mod search;
mod sides;
mod strings;
mod variables;

pub use certificate::{Cover, Covered, certificate};
pub(crate) use cover::{Names, Test, names, tests};
pub use public::not_public;
pub(crate) use redundancy::widened;
pub use redundancy::{
    Impossible, Needless, Overlap, denied_statements, impossible, overlapping_actions, overlapping_resources,
    redundant_statements,
};
pub(crate) use redundancy::{is_plain, only};
pub use sides::Replay;

use crate::decide::Request;
use crate::document::{Document, parse};
use crate::print::quote;
use scope::Among;

/// Policies that bind together: a request is allowed where every layer has a statement that allows it and no statement of
/// any layer denies it. A layer holds policies that add up, such as all policies of a role; a session policy, a boundary
/// or a level of an organization is another layer. Without a layer everything is allowed; a layer without policies allows
/// nothing.
pub type Layers<'d> = [Vec<&'d Document>];

/// Whether policies allow nothing that others do not.
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
    /// Number of the policy in the first layer of the new policies; 0 where there is one policy.
    pub policy: usize,
    /// Number of the statement in that policy.
    pub statement: usize,
    /// A request that the new policy allows and the existing one does not. Its keys are independent of each other, so a
    /// real caller may not be able to make it.
    pub witness: Request,
}

/// Why it cannot be said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    /// The reason, from a closed list.
    pub cause: Cause,
    /// The elements of the policies that bring it about, in words or as they are written; in order, each once.
    pub elements: Vec<String>,
}

/// The closed list of reasons for which it cannot be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
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
    /// Addresses that only several statements together make many.
    Addresses,
    /// There is too much to tell apart.
    Budget,
}

impl Doubt {
    fn new(cause: Cause, elements: impl IntoIterator<Item = String>) -> Self {
        let mut elements: Vec<String> = elements.into_iter().collect();
        elements.sort_unstable();
        elements.dedup();
        Self { cause, elements }
    }

    /// The reason in words.
    pub fn reason(&self) -> &'static str {
        match self.cause {
            Cause::Invalid => "a document or statement that cannot be interpreted",
            Cause::Variable => "policy variables, whose values are not known",
            Cause::MixedTypes => "a condition key that is read as values of several types",
            Cause::Principal => "principals that cannot be told apart",
            Cause::Undecided => "a rule that the documentation leaves open",
            Cause::Addresses => "addresses that are many only where several statements are taken together",
            Cause::Budget => "more combinations than can be searched",
        }
    }
}

/// Whether `new` allows nothing that `existing` does not.
pub fn contained(new: &Document, existing: &Document) -> Containment {
    contained_layers(&[vec![new]], &[vec![existing]])
}

/// Whether the policies of `new` together allow nothing that those of `existing` together do not. All of them name
/// principals, or none does.
pub fn contained_layers(new: &Layers<'_>, existing: &Layers<'_>) -> Containment {
    excess::find(new, existing, Among::Everything)
}

/// Whether two policies allow the same: what each allows more than the other.
pub fn equivalent(one: &Document, other: &Document) -> (Containment, Containment) {
    (contained(one, other), contained(other, one))
}

/// Whether no request is allowed by both of two policies; an excess is a request that is.
pub fn disjoint(one: &Document, other: &Document) -> Containment {
    contained_layers(&[vec![one], vec![other]], &[vec![]])
}

/// Whether every part of a policy can be interpreted, so that it can be compared.
pub fn is_interpretable(policy: &Document) -> bool {
    Replay::of_layers(&[vec![policy]], &[]).doubt().is_none()
}

/// Whether a policy allows nothing at all; an excess is a request that it allows.
pub fn is_empty(policy: &Document) -> Containment {
    contained_layers(&[vec![policy]], &[vec![]])
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
    let everybody = if policy.names_principals() {
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
