//! Which policies of two sides belong together.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Standing;
use super::policy::Policy;
use super::side::{Content, Side};
use crate::planned;
use crate::simulate::NamedPolicy;
use crate::sources::{DocumentInput, ManagedPolicyInput, Origin, Sources};

/// Where a policy stands in a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Place {
    pub(super) address: String,
    pub(super) attribute: String,
}

/// A policy of both sides, or of one and what stands in for it on the other.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) place: Option<Place>,
    pub(super) standing: Standing,
    pub(super) old: Policy,
    pub(super) new: Policy,
}

/// What was not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gap {
    /// Where; nothing for a plan as a whole.
    pub(super) place: Option<Place>,
    /// The side that it is about.
    pub(super) side: String,
    pub(super) reason: String,
    /// Whether access may be gained there.
    pub(super) may_gain: bool,
}

impl Pair {
    fn kept(place: Option<Place>, old: Policy, new: Policy) -> Self {
        Self {
            place,
            standing: Standing::Kept,
            old,
            new,
        }
    }

    fn added(place: Option<Place>, new: Policy) -> Self {
        Self {
            place,
            standing: Standing::Added,
            old: Policy::absent(&new),
            new,
        }
    }

    fn removed(place: Option<Place>, old: Policy) -> Self {
        Self {
            place,
            standing: Standing::Removed,
            new: Policy::absent(&old),
            old,
        }
    }
}

/// The pairs of two sides, and what was not compared.
///
/// # Errors
///
/// Where one side is a policy and the other one a plan.
pub(super) fn pairs(old: Side, new: Side) -> Result<(Vec<Pair>, Vec<Gap>), String> {
    let (old_label, new_label) = (old.label().to_owned(), new.label().to_owned());
    match (old.into_content(), new.into_content()) {
        (Content::Policy(old), Content::Policy(new)) => Ok((vec![Pair::kept(None, *old, *new)], Vec::new())),
        (Content::Absent, Content::Policy(new)) => Ok((vec![Pair::added(None, *new)], Vec::new())),
        (Content::Plan(old), Content::Plan(new)) => Ok(of_plans(Plan::of(&old, old_label), Plan::of(&new, new_label))),
        (Content::Absent, Content::Plan(new)) => Ok(of_plans(Plan::default(), Plan::of(&new, new_label))),
        (Content::Policy(_), Content::Plan(_)) => Err(differ(&old_label, &new_label)),
        (Content::Plan(_), Content::Policy(_)) => Err(differ(&new_label, &old_label)),
        (_, Content::Absent) => Err(format!("`{new_label}` is not there")),
    }
}

fn differ(policy: &str, plan: &str) -> String {
    format!("`{policy}` is a policy and `{plan}` is a plan; compare two policies, or two plans")
}

/// What a plan holds.
#[derive(Default)]
struct Plan {
    label: String,
    /// The policies of an attribute without its numbers, in order.
    policies: BTreeMap<Place, Vec<Held>>,
    managed: BTreeSet<Managed>,
    /// What is not known: where, and why.
    open: Vec<(Option<Place>, String)>,
}

/// A policy with its exact place.
struct Held {
    place: Place,
    policy: Policy,
}

/// A managed policy of which a plan holds the ARN only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Managed {
    place: Place,
    arn: String,
    is_hidden: bool,
}

impl Plan {
    fn of(sources: &Sources, label: String) -> Self {
        let mut out = Self {
            label,
            ..Self::default()
        };
        for unjudged in &sources.unjudged {
            out.open.push((Place::of(&unjudged.origin), unjudged.reason.clone()));
        }
        for input in &sources.inputs {
            if let Some(document) = &input.document {
                out.hold(document);
            }
            out.managed
                .extend(input.managed_policies.iter().filter_map(Managed::of));
        }
        out
    }

    fn hold(&mut self, input: &DocumentInput) {
        let Some(place) = Place::of(&input.site.origin) else {
            return;
        };
        let document = match planned::read(input, None) {
            Ok(document) => document,
            Err(error) => return self.open.push((Some(place), error)),
        };
        let name = planned::name(input, || self.label.clone());
        let named = NamedPolicy::placed(name, document, Vec::new(), input.site.sensitive);
        let mut policy = Policy::new(named, &input.text, input.kind);
        policy.arn = planned::shown_arn(input).map(str::to_owned);
        let held = Held {
            place: place.clone(),
            policy,
        };
        self.policies.entry(place.without_numbers()).or_default().push(held);
    }

    /// Whether something at a place, or around it, is not known.
    fn is_open_at(&self, place: &Place) -> bool {
        let mut open = self.open.iter().filter_map(|(open, _)| open.as_ref());
        open.any(|open| open.holds(place))
    }

    fn has_policy_in(&self, place: &Place) -> bool {
        self.policies.values().flatten().any(|held| place.holds(&held.place))
    }
}

impl Place {
    fn of(origin: &Origin) -> Option<Self> {
        match origin {
            Origin::File => None,
            Origin::Plan { address, attribute, .. } => Some(Self {
                address: address.clone(),
                attribute: attribute.clone(),
            }),
        }
    }

    /// The place without the numbers of blocks: their order says nothing.
    fn without_numbers(&self) -> Self {
        Self {
            address: self.address.clone(),
            attribute: planned::without_numbers(&self.attribute),
        }
    }

    /// Whether it is a place or what is around it.
    fn holds(&self, other: &Self) -> bool {
        self.address == other.address && planned::holds(&self.attribute, &other.attribute)
    }
}

impl Managed {
    fn of(input: &ManagedPolicyInput) -> Option<Self> {
        Some(Self {
            place: Place::of(&input.site.origin)?.without_numbers(),
            arn: input.arn.clone(),
            is_hidden: input.site.sensitive,
        })
    }

    fn text(&self) -> String {
        planned::managed_words(&self.arn, self.is_hidden)
    }
}

fn of_plans(mut old: Plan, mut new: Plan) -> (Vec<Pair>, Vec<Gap>) {
    let gaps = gaps(&old, &new);
    let mut pairs = Vec::new();
    let (old_policies, mut new_policies) = (std::mem::take(&mut old.policies), std::mem::take(&mut new.policies));
    let mut of_place = Vec::new();
    for (place, before) in old_policies {
        let after = new_policies.remove(&place).unwrap_or_default();
        of_place.push((place, before, after));
    }
    of_place.extend(
        new_policies
            .into_iter()
            .map(|(place, after)| (place, Vec::new(), after)),
    );
    of_place.sort_by(|(one, _, _), (other, _, _)| one.cmp(other));
    for (_, before, after) in of_place {
        pairs.extend(matched(before, after, &old, &new));
    }
    (pairs, gaps)
}

/// The pairs of one attribute: equal texts belong together, then what stands in the same order.
fn matched(before: Vec<Held>, after: Vec<Held>, old: &Plan, new: &Plan) -> Vec<Pair> {
    let mut after: Vec<Option<Held>> = after.into_iter().map(Some).collect();
    let mut pairs = Vec::new();
    let mut left = Vec::new();
    for held in before {
        let is_same = |other: &&mut Option<Held>| {
            let other = other.as_ref();
            other.is_some_and(|other| other.policy.is_same(&held.policy))
        };
        match after.iter_mut().find(is_same).and_then(Option::take) {
            Some(other) => pairs.push(Pair::kept(Some(other.place), held.policy, other.policy)),
            None => left.push(held),
        }
    }
    let mut after = after.into_iter().flatten();
    for held in left {
        match after.next() {
            Some(other) => pairs.push(Pair::kept(Some(other.place), held.policy, other.policy)),
            None if new.is_open_at(&held.place) => {}
            None => pairs.push(Pair::removed(Some(held.place), held.policy)),
        }
    }
    let added = after.filter(|held| !old.is_open_at(&held.place));
    pairs.extend(added.map(|held| Pair::added(Some(held.place), held.policy)));
    pairs.sort_by(|one, other| one.place.cmp(&other.place));
    pairs
}

fn gaps(old: &Plan, new: &Plan) -> Vec<Gap> {
    let mut out = BTreeSet::new();
    for (place, reason) in &new.open {
        out.insert(Gap {
            place: place.clone(),
            side: new.label.clone(),
            reason: reason.clone(),
            may_gain: true,
        });
    }
    for (place, reason) in &old.open {
        out.insert(Gap {
            place: place.clone(),
            side: old.label.clone(),
            reason: reason.clone(),
            may_gain: place.as_ref().is_none_or(|place| new.has_policy_in(place)),
        });
    }
    for added in new.managed.difference(&old.managed) {
        out.insert(Gap {
            place: Some(added.place.clone()),
            side: new.label.clone(),
            reason: format!(
                "it names {}, whose document is not in the plan; {}",
                added.text(),
                planned::GIVE_IT
            ),
            may_gain: true,
        });
    }
    for removed in old.managed.difference(&new.managed) {
        out.insert(Gap {
            place: Some(removed.place.clone()),
            side: new.label.clone(),
            reason: format!(
                "it no longer names {}, whose document is not in the plan; {}",
                removed.text(),
                planned::GIVE_IT
            ),
            may_gain: false,
        });
    }
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(attribute: &str) -> Place {
        Place {
            address: "aws_iam_role.r".to_owned(),
            attribute: attribute.to_owned(),
        }
    }

    #[test]
    fn a_place_holds_what_is_inside() {
        let list = place("inline_policy");
        assert!(list.holds(&place("inline_policy[0].policy")) && list.holds(&list));
        assert!(!list.holds(&place("inline_policy_other")) && !place("inline_policy[0].policy").holds(&list));
        assert_eq!(
            place("inline_policy[10].policy").without_numbers(),
            place("inline_policy.policy")
        );
    }
}
