//! Whether a policy gives access to everybody.

use super::addresses::{Class, SOURCE_IP, classes};
use super::scope::Among;
use super::sides::Replay;
use super::{Cause, Containment, Doubt, Excess, excess};
use crate::document::Document;

/// Whether the policy of a resource allows nothing to the public: to somebody whom it does not name, from no account, no
/// organization, no network and no source that it names, from more addresses than a /8 of version 4 or a /32 of version
/// 6 has. An excess is a request of such a stranger. Services of AWS are no strangers; whoever can get a token of an
/// identity provider that is open to all, is.
pub fn not_public(policy: &Document) -> Containment {
    let classes = classes(&[vec![policy]]);
    let (many, few): (Vec<Class>, Vec<Class>) = classes.into_iter().partition(|class| class.is_many(class.count));
    match from(policy, &many) {
        Containment::Contained => from_several(policy, &few),
        other => other,
    }
}

fn from(policy: &Document, classes: &[Class]) -> Containment {
    excess::find(&[vec![policy]], &[vec![]], Among::Strangers(classes))
}

/// Whether classes that are not many alone are many together.
fn from_several(policy: &Document, few: &[Class]) -> Containment {
    let family = |one: &Class| one.address.is_ipv4();
    let total = |of: &Class, classes: &[&Class]| {
        let same = classes.iter().filter(|one| family(one) == family(of));
        same.fold(0_u128, |sum, one| sum.saturating_add(one.count))
    };
    let all: Vec<&Class> = few.iter().collect();
    let (nobody, mut open) = ([vec![]], Vec::new());
    let policies = [vec![policy]];
    let replay = Replay::of_layers(&policies, &nobody);
    for class in few.iter().filter(|class| class.is_many(total(class, &all))) {
        let excesses = match from(policy, std::slice::from_ref(class)) {
            Containment::Contained => continue,
            Containment::Exceeds(excesses) => excesses,
            unknown @ Containment::Unknown(_) => return unknown,
        };
        open.push(class);
        let lets_many_in = |excess: &Excess| {
            let also = |one: &Class| {
                let mut request = excess.witness.clone();
                request.context.set(SOURCE_IP, one.address.to_string());
                replay.is_new(&request)
            };
            let classes: Vec<&Class> = few.iter().filter(|one| also(one)).collect();
            class.is_many(total(class, &classes))
        };
        let public: Vec<Excess> = excesses.into_iter().filter(lets_many_in).collect();
        if !public.is_empty() {
            return Containment::Exceeds(public);
        }
    }
    // Each request comes from few addresses. Together they may be many, but no single one has been found that is.
    if open.iter().any(|class| class.is_many(total(class, &open))) {
        let addresses = open.iter().map(|class| class.address.to_string());
        return Containment::Unknown(vec![Doubt::new(Cause::Addresses, addresses)]);
    }
    Containment::Contained
}
