//! The evaluator against the slow one, over random policies of a tiny universe: small enough that patterns, keys and
//! principals meet all the time. `DECIDE_CASES` sets how many are tried, `FIRST_SEED` which.

use leastpriv_policy::decide::{Attachment, Context, Outcome, Policies, Policy, Principal, Request, evaluate, trace};
use leastpriv_policy::document::parse;
use serde_json::Value;

use super::compare::{number, seeds_of};
use super::slow::{self, Case, End, Who};
use super::universe::Dice;

fn policy(document: &Value, attachment: Attachment) -> Policy {
    let parsed = parse(&document.to_string());
    assert!(parsed.problems.is_empty());
    Policy::new(&parsed.document, attachment)
}

fn policies(case: &Case) -> Policies {
    let of_principal = |document: &Value| policy(document, Attachment::Principal);
    let of_resource = |document: &Value| policy(document, Attachment::Resource);
    let levels = |levels: &[Vec<Value>], read: &dyn Fn(&Value) -> Policy| -> Vec<Vec<Policy>> {
        levels.iter().map(|level| level.iter().map(read).collect()).collect()
    };
    Policies {
        identity: case.identity.iter().map(of_principal).collect(),
        resource: case.resource_policy.as_ref().map(of_resource),
        resource_must_allow: case.must_allow,
        boundary: case.boundary.as_ref().map(of_principal),
        session: case
            .session
            .as_ref()
            .map(|session| session.iter().map(of_principal).collect()),
        service_control: levels(&case.service_control, &of_principal),
        resource_control: levels(&case.resource_control, &of_resource),
        endpoint: case.endpoint.as_ref().map(of_resource),
    }
}

pub(crate) fn request(case: &Case) -> Request {
    let mut context = Context::default();
    for (key, (values, is_set)) in &case.context {
        match values.first() {
            Some(value) if !is_set => context.set(key, value.as_str()),
            _ => context.set_all(key, values.clone()),
        };
    }
    Request {
        action: case.action.clone(),
        resource: case.resource.clone(),
        principal: match &case.who {
            Who::Anonymous => Principal::Anonymous,
            Who::Root(account) => Principal::Root(account.clone()),
            Who::User(arn) => Principal::User(arn.clone()),
            Who::Session(session, role) => Principal::Session {
                session: session.clone(),
                role: role.clone(),
            },
            Who::Federated(federated, user) => Principal::FederatedUser {
                federated: federated.clone(),
                user: user.clone(),
            },
            Who::Service(name) => Principal::Service(name.clone()),
        },
        resource_account: case.owner.clone(),
        context,
    }
}

fn end(outcome: Outcome) -> End {
    match outcome {
        Outcome::Allowed => End::Allowed,
        Outcome::ImplicitDeny => End::Implicit,
        Outcome::ExplicitDeny => End::Explicit,
        Outcome::Unknown(_) => End::Unknown,
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the nightly job adds up how much was compared")]
fn both_evaluators_agree_on_random_cases() {
    let cases = number("DECIDE_CASES", 20_000);
    let mut ends = std::collections::BTreeMap::new();
    for seed in seeds_of(cases) {
        let case = Dice::new(seed).case();
        let found = evaluate(&policies(&case), &request(&case));
        let wanted = slow::decide(&case);
        assert_eq!(end(found.outcome), wanted, "seed {seed}: {found:?}\n{case:#?}");
        *ends.entry(format!("{wanted:?}")).or_insert(0_u64) += 1;
    }
    println!("comparisons: {cases}");
    // A universe in which nothing is ever allowed or denied would prove nothing.
    assert_eq!(ends.len(), 4, "{ends:?}");
    assert!(ends.values().all(|count| count * 100 > cases), "{ends:?}");
}

#[test]
fn a_decision_names_its_statements_and_a_trace_the_rest() {
    for seed in 0..2_000 {
        let case = Dice::new(seed).case();
        let (policies, request) = (policies(&case), request(&case));
        let traced = trace(&policies, &request);
        let plain = evaluate(&policies, &request);
        assert_eq!((traced.outcome, &traced.deciding), (plain.outcome, &plain.deciding));
        assert!(plain.trace.is_empty());
        if plain.outcome == Outcome::ExplicitDeny {
            assert!(!plain.deciding.is_empty(), "seed {seed}");
        }
        for (statement, _) in &traced.trace {
            assert!(!traced.deciding.contains(statement), "seed {seed}");
        }
    }
}
