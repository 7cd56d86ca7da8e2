//! Random policies narrowed to random needs: what is left allows nothing new, and what was given of a need stays given.
//! All of it is held against the slow evaluator.

use leastpriv_policy::compare::{Cause, Containment};
use leastpriv_policy::decide::Request;
use leastpriv_policy::document::parse;
use leastpriv_policy::narrow::{Fate, Narrowed, Need, Wanted, narrow};
use serde_json::Value;

use super::compare::{case_of, pairs, plain};
use super::decide::request;
use super::slow::{self, Case, Who};
use super::universe::Dice;

/// How many requests are held against a narrowed policy, and against each need.
const REQUESTS: usize = 40;

/// Somebody whose name is in no key.
fn somebody(case: Case) -> Case {
    Case {
        who: Who::User("arn:aws:iam::000000000000:user/somebody".to_owned()),
        ..case
    }
}

/// A need for a request near a policy; with its context, or for whatever context.
fn need(request: Request, with_context: bool) -> Need {
    Need {
        action: request.action,
        wanted: request.resource.map_or(Wanted::Nothing, Wanted::every),
        context: with_context.then_some(request.context),
    }
}

/// What the slow evaluator says of a request of a need.
fn is_kept(new: &Value, old: &Value, case: &Case, fate: &Fate, seed: u64) {
    let (before, after) = (slow::allows(old, case), slow::allows(new, case));
    let told = || format!("seed {seed}: {fate:?}\n{case:#?}\n{old:#}\n{new:#}");
    match fate {
        Fate::Kept(_) | Fate::Partly(..) => assert!(before != Some(true) || after == Some(true), "{}", told()),
        Fate::Missing { .. } => assert!(before != Some(true), "{}", told()),
        Fate::Free => panic!("{}", told()),
        Fate::Unknown(_) => {}
    }
}

#[test]
fn a_narrowed_policy_gives_what_is_needed_and_nothing_new() {
    let (mut kept, mut missing, mut unknown) = (0_u64, 0_u64, 0_u64);
    for seed in 0..pairs() {
        let dice = &mut Dice::new(seed);
        let old = if dice.once_in(4) {
            dice.policy(false)
        } else {
            plain(&dice.policy(false))
        };
        let cases: Vec<Case> = (0..=dice.roll(5)).map(|_| somebody(dice.request_near(&old))).collect();
        let with_context: Vec<bool> = cases.iter().map(|_| dice.once_in(2)).collect();
        let needs: Vec<Need> = cases
            .iter()
            .zip(&with_context)
            .map(|(case, with)| need(request(case), *with))
            .collect();
        let Narrowed {
            text,
            fates,
            containment,
            ..
        } = narrow(&parse(&old.to_string()).document, &needs, 2 + dice.roll(2)).unwrap();
        let new: Value = serde_json::from_str(&text).unwrap();
        match &containment {
            Containment::Contained => {}
            Containment::Exceeds(excesses) => panic!("seed {seed}: {excesses:?}\n{old:#}\n{new:#}"),
            Containment::Unknown(doubts) => {
                unknown += 1;
                let is_allowed = |cause: Cause| match cause {
                    Cause::Undecided | Cause::MixedTypes => true,
                    Cause::Variable => old.to_string().contains("${"),
                    _ => false,
                };
                assert!(
                    doubts.iter().all(|doubt| is_allowed(doubt.cause)),
                    "seed {seed}: {doubts:?}"
                );
            }
        }
        for _ in 0..REQUESTS {
            let case = somebody(dice.request_near(&new));
            let (more, less) = (slow::allows(&new, &case), slow::allows(&old, &case));
            assert!(
                more != Some(true) || less != Some(false),
                "seed {seed}: {case:#?}\n{old:#}\n{new:#}"
            );
        }
        for ((case, fate), with_context) in cases.iter().zip(&fates).zip(with_context) {
            match fate {
                Fate::Kept(proof) | Fate::Partly(proof, _) => {
                    kept += 1;
                    let proof = case_of(&proof.request);
                    assert_eq!(
                        (slow::allows(&old, &proof), slow::allows(&new, &proof)),
                        (Some(true), Some(true)),
                        "seed {seed}: {proof:#?}\n{old:#}\n{new:#}"
                    );
                }
                Fate::Missing { .. } => missing += 1,
                _ => unknown += 1,
            }
            is_kept(&new, &old, case, fate, seed);
            for _ in 0..if with_context { 0 } else { REQUESTS } {
                let context = dice.request_near(&old).context;
                is_kept(
                    &new,
                    &old,
                    &Case {
                        context,
                        ..case.clone()
                    },
                    fate,
                    seed,
                );
            }
        }
    }
    assert!(
        kept * 3 > pairs() && missing * 3 > pairs() && unknown < pairs(),
        "{kept} {missing} {unknown}"
    );
}
