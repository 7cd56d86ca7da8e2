//! The smaller policy: over random policies it means the same before the slow evaluator, what is denied told from what is
//! not allowed, it is never longer, and making it smaller once more changes nothing. `COMPARE_PAIRS` sets how many are tried.

use leastpriv_policy::minimize::{Minimized, Options, Outcome, certificates, minimize};
use leastpriv_policy::print::compact;
use serde_json::{Value, json};

use super::compare::plain;
use super::slow::{self, Case, End, Who};
use super::universe::Dice;

fn policies() -> u64 {
    std::env::var("COMPARE_PAIRS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(150)
}

/// How many requests each policy is asked.
const REQUESTS: usize = 60;

fn minimized(policy: &Value) -> Minimized {
    minimize(&policy.to_string(), Options::default())
}

/// A policy that says some things twice: a statement again, one with another element, and lists with more than they need.
fn wordy(dice: &mut Dice, principals: bool) -> Value {
    let mut policy = dice.policy(principals);
    let mut statements = match policy["Statement"].take() {
        Value::Array(statements) => statements,
        one => vec![one],
    };
    for _ in 0..=dice.roll(3) {
        let mut again = statements[dice.roll(statements.len())].clone();
        let other = dice.statement(principals);
        for name in ["Action", "Resource", "Principal", "Condition"] {
            if dice.once_in(3) && !again[name].is_null() && !other[name].is_null() {
                again[name] = other[name].clone();
                break;
            }
        }
        statements.insert(dice.roll(statements.len() + 1), again);
    }
    policy["Statement"] = Value::Array(statements);
    policy
}

#[test]
fn the_smaller_policy_means_the_same() {
    let (mut smaller, mut unproved) = (0_u64, 0_u64);
    for seed in 0..policies() {
        let dice = &mut Dice::new(seed);
        let principals = dice.once_in(3);
        let policy = wordy(dice, principals);
        let policy = if dice.once_in(2) { plain(&policy) } else { policy };
        let found = minimized(&policy);
        match found.outcome {
            Outcome::Smaller => smaller += 1,
            Outcome::Unproved(_) => unproved += 1,
            Outcome::Unchanged => {}
        }
        let (before, after) = (compact(&policy.to_string()), compact(&found.text));
        assert!(after.len() <= before.len(), "seed {seed}");
        let result: Value = serde_json::from_str(&found.text).unwrap();
        let again = minimized(&result);
        assert_ne!(
            again.outcome,
            Outcome::Smaller,
            "seed {seed}:\n{policy:#}\n{result:#}\n{}",
            again.text
        );
        for _ in 0..REQUESTS {
            let case = dice.request_near(&policy);
            let case = if principals {
                Case {
                    who: dice.case().who,
                    ..case
                }
            } else {
                Case {
                    who: Who::User("arn:aws:iam::111111111111:user/ada".to_owned()),
                    ..case
                }
            };
            let [was, is] = [&policy, &result].map(|policy| answer(policy, principals, &case));
            assert!(
                was == is || was == End::Unknown || is == End::Unknown,
                "seed {seed}: {was:?} {is:?} {case:#?}\n{policy:#}\n{result:#}\n{:#?}",
                found.steps
            );
        }
    }
    assert!(
        smaller * 4 > policies() * 3 && unproved * 10 < policies(),
        "{smaller} smaller and {unproved} unproved of {}",
        policies()
    );
}

/// How a request ends where nothing else applies to it: allowed, denied, or neither.
fn answer(policy: &Value, principals: bool, case: &Case) -> End {
    let (identity, resource_policy) = if principals {
        (Vec::new(), Some(policy.clone()))
    } else {
        (vec![policy.clone()], None)
    };
    slow::decide(&Case {
        identity,
        resource_policy,
        owner: Some("111111111111".to_owned()),
        ..case.clone()
    })
}

#[test]
fn what_is_smaller_has_certificates() {
    let (mut smaller, mut certified) = (0_u64, 0_u64);
    for seed in 0..policies() / 4 {
        let dice = &mut Dice::new(seed);
        let policy = plain(&wordy(dice, false)).to_string();
        let found = minimize(&policy, Options::default());
        if found.outcome == Outcome::Smaller {
            smaller += 1;
            certified += u64::from(certificates(&policy, &found.text).is_some());
        }
    }
    assert!(certified * 10 > smaller * 9, "{certified} of {smaller}");
}

#[test]
fn a_smaller_policy_denies_beside_others_what_it_denied() {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": ["iam:*", "iam:PassRole"], "Resource": "*"},
    ]});
    let found = minimized(&policy);
    assert_eq!(found.outcome, Outcome::Smaller);
    assert!(found.text.contains(r#""Action":"iam:*""#), "{}", found.text);
}

#[test]
fn hostile_policies_cost_little() {
    let started = std::time::Instant::now();
    let many = |count: usize, text: &dyn Fn(usize) -> String| -> Vec<String> { (0..count).map(text).collect() };
    let ends = many(2_000, &|at| format!("s3:*{at}x"));
    let resources = many(400, &|at| format!("arn:aws:s3:::*{at}/x"));
    let list = json!({"Effect": "Allow", "Action": ends, "Resource": resources});
    let apart: Vec<Value> = (0..100)
        .map(|at| {
            json!({"Effect": if at % 2 == 0 { "Allow" } else { "Deny" }, "Action": format!("s3:Get{at}*"),
                "Resource": format!("arn:aws:s3:::b{at}*"),
                "Condition": {"StringLike": {"k:a": many(20, &|value| format!("x{at}.{value}*"))}}})
        })
        .collect();
    let alike: Vec<Value> = (0..150)
        .map(|at| json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": format!("arn:aws:s3:::b{at}*")}))
        .collect();
    let addresses = many(32, &|at| format!("10.{at}.0.0/16"));
    let tests = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": addresses}}});
    for statements in [vec![list], apart, alike, vec![tests; 8]] {
        minimized(&json!({"Version": "2012-10-17", "Statement": statements}));
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
