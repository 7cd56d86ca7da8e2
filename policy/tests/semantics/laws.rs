//! Laws that hold for all policies: what may be written otherwise without a change of meaning, and what only widens or only
//! narrows. An answer may be left open only where variables or the documented doubts are in play, and an open answer breaks
//! no law.

use leastpriv_policy::compare::{Cause, Containment, Doubt};
use serde_json::{Map, Value, json};

use super::compare::{compare, mutated, pairs, plain};
use super::universe::Dice;

/// Whether `new` is contained in `existing`; nothing where the answer is left open for a reason that is allowed.
fn is_contained(new: &Value, existing: &Value) -> Option<bool> {
    match compare(new, existing) {
        Containment::Contained => Some(true),
        Containment::Exceeds(_) => Some(false),
        Containment::Unknown(doubts) => {
            let has_variables = [new, existing].iter().any(|policy| policy.to_string().contains("${"));
            let is_allowed = |doubt: &Doubt| match doubt.cause {
                Cause::Undecided | Cause::MixedTypes => true,
                Cause::Variable => has_variables,
                _ => false,
            };
            assert!(doubts.iter().all(is_allowed), "{doubts:?}\n{new:#}\n{existing:#}");
            None
        }
    }
}

/// Fails where two answers contradict each other.
fn agree(one: Option<bool>, other: Option<bool>, law: &str, seed: u64, policies: &[&Value]) {
    let contradict = one.is_some() && other.is_some() && one != other;
    assert!(!contradict, "seed {seed}, {law}: {one:?} and {other:?}\n{policies:#?}");
}

/// Fails where policies that are written in another way do not mean the same.
fn means_the_same(law: &str, seed: u64, [new, existing]: [&Value; 2], [turned_new, turned_existing]: [&Value; 2]) {
    let (one, other) = (is_contained(new, existing), is_contained(turned_new, turned_existing));
    agree(one, other, law, seed, &[new, existing, turned_new, turned_existing]);
    holds(is_contained(new, turned_new), law, seed, &[new, turned_new]);
    holds(is_contained(turned_new, new), law, seed, &[turned_new, new]);
}

/// Fails where an answer is a certain no.
fn holds(answer: Option<bool>, law: &str, seed: u64, policies: &[&Value]) {
    assert!(answer != Some(false), "seed {seed}, {law}\n{policies:#?}");
}

/// A policy, mostly without variables.
fn policy(dice: &mut Dice) -> Value {
    let policy = dice.policy(false);
    if dice.once_in(4) { policy } else { plain(&policy) }
}

/// A policy and one that is near it, or far.
fn pair(dice: &mut Dice) -> (Value, Value) {
    let existing = policy(dice);
    let new = if dice.once_in(2) {
        policy(dice)
    } else {
        mutated(dice, &existing)
    };
    (new, existing)
}

fn statements(policy: &Value) -> Vec<Value> {
    match &policy["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    }
}

fn with(policy: &Value, statements: Vec<Value>) -> Value {
    let mut out = policy.clone();
    out["Statement"] = Value::Array(statements);
    out
}

fn and(policy: &Value, statement: Value) -> Value {
    let mut all = statements(policy);
    all.push(statement);
    with(policy, all)
}

fn statement(dice: &mut Dice, effect: &str) -> Value {
    let mut statement = plain(&dice.statement(false));
    statement["Effect"] = json!(effect);
    statement
}

/// The same policy, its statements and every list of values in another order.
fn shuffled(dice: &mut Dice, value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| shuffled(dice, item)).collect();
            for at in 0..items.len() {
                let other = dice.roll(items.len());
                items.swap(at, other);
            }
            // A value that stands twice changes nothing.
            if let Some(text) = items.first().filter(|item| item.is_string()).cloned() {
                items.push(text);
            }
            Value::Array(items)
        }
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), shuffled(dice, value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[test]
fn the_order_of_statements_and_values_changes_nothing() {
    for seed in 0..pairs() / 6 {
        let dice = &mut Dice::new(seed);
        let (new, existing) = pair(dice);
        let (turned_new, turned_existing) = (shuffled(dice, &new), shuffled(dice, &existing));
        means_the_same("order", seed, [&new, &existing], [&turned_new, &turned_existing]);
    }
}

#[test]
fn an_allow_only_widens_and_a_deny_only_narrows() {
    for seed in 0..pairs() / 6 {
        let dice = &mut Dice::new(seed);
        let (new, existing) = pair(dice);
        let answer = is_contained(&new, &existing);
        let (allow, deny) = (statement(dice, "Allow"), statement(dice, "Deny"));
        let (wider, narrower) = (and(&new, allow.clone()), and(&new, deny.clone()));
        let (more, less) = (and(&existing, allow), and(&existing, deny));
        match answer {
            Some(false) => {
                let policies = [&new, &existing, &wider, &less];
                assert_ne!(
                    is_contained(&wider, &existing),
                    Some(true),
                    "seed {seed}: {policies:#?}"
                );
                assert_ne!(is_contained(&new, &less), Some(true), "seed {seed}: {policies:#?}");
            }
            Some(true) => {
                holds(
                    is_contained(&narrower, &existing),
                    "a Deny of new",
                    seed,
                    &[&narrower, &existing],
                );
                holds(is_contained(&new, &more), "an Allow of existing", seed, &[&new, &more]);
            }
            None => {}
        }
        holds(is_contained(&narrower, &new), "narrower", seed, &[&narrower, &new]);
        holds(is_contained(&new, &wider), "wider", seed, &[&new, &wider]);
    }
}

#[test]
fn containment_is_reflexive_and_transitive() {
    let mut chains = 0_u64;
    for seed in 0..pairs() / 6 {
        let dice = &mut Dice::new(seed);
        let (one, two) = pair(dice);
        let three = if dice.once_in(2) {
            mutated(dice, &two)
        } else {
            and(&two, statement(dice, "Allow"))
        };
        holds(is_contained(&one, &one), "reflexive", seed, &[&one]);
        let all = [&one, &two, &three];
        for first in all {
            for second in all {
                for third in all {
                    if is_contained(first, second) == Some(true) && is_contained(second, third) == Some(true) {
                        chains += u64::from(first != second && second != third);
                        holds(is_contained(first, third), "transitive", seed, &[first, second, third]);
                    }
                }
            }
        }
    }
    assert!(chains > pairs() / 6, "{chains}");
}

/// The same statement in two, each with a part of one list; nothing where no list is long enough.
fn split(dice: &mut Dice, statement: &Value) -> Option<[Value; 2]> {
    let element = dice.pick(&["Action", "Resource"]);
    let list = statement.get(element)?.as_array()?;
    let (one, other) = list.split_at(1 + dice.roll(list.len().checked_sub(1).filter(|more| *more > 0)?));
    Some([one, other].map(|part| {
        let mut out = statement.clone();
        out[element] = part.into();
        out
    }))
}

#[test]
fn a_statement_in_two_is_the_same_statement() {
    let mut seen = 0_u64;
    for seed in 0..pairs() / 3 {
        let dice = &mut Dice::new(seed);
        let whole = policy(dice);
        let mut parts = Vec::new();
        for statement in statements(&whole) {
            match split(dice, &statement) {
                Some(halves) => parts.extend(halves),
                None => parts.push(statement),
            }
        }
        if parts.len() == statements(&whole).len() {
            continue;
        }
        seen += 1;
        let parts = with(&whole, parts);
        let other = mutated(dice, &whole);
        holds(is_contained(&whole, &parts), "split", seed, &[&whole, &parts]);
        holds(is_contained(&parts, &whole), "split", seed, &[&parts, &whole]);
        for (one, two) in [
            (is_contained(&whole, &other), is_contained(&parts, &other)),
            (is_contained(&other, &whole), is_contained(&other, &parts)),
        ] {
            agree(one, two, "split", seed, &[&whole, &parts, &other]);
        }
    }
    assert!(seen * 12 > pairs(), "{seen}");
}

/// An Allow of one element, and the same as everything but what a Deny of its opposite takes away.
fn negated_twice(dice: &mut Dice) -> Option<(Value, Value)> {
    let everything = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let one = plain(&dice.statement(false));
    let (mut plain, mut denial) = (everything.clone(), everything.clone());
    denial["Effect"] = json!("Deny");
    match dice.roll(3) {
        0 => {
            let actions = one.get("Action")?;
            plain["Action"] = actions.clone();
            denial = json!({ "Effect": "Deny", "NotAction": actions, "Resource": "*" });
        }
        1 => {
            let resources = one.get("Resource")?;
            plain["Resource"] = resources.clone();
            denial = json!({ "Effect": "Deny", "Action": "*", "NotResource": resources });
        }
        _ => {
            let (operator, keys) = one.get("Condition")?.as_object()?.iter().next()?;
            let opposite = match operator.as_str() {
                "StringEquals" => "StringNotEquals",
                "StringLike" => "StringNotLike",
                "StringEqualsIgnoreCase" => "StringNotEqualsIgnoreCase",
                "ArnLike" => "ArnNotLike",
                "NumericEquals" => "NumericNotEquals",
                "DateEquals" => "DateNotEquals",
                "IpAddress" => "NotIpAddress",
                "ForAnyValue:StringEquals" => "ForAllValues:StringNotEquals",
                "ForAnyValue:StringLike" => "ForAllValues:StringNotLike",
                _ => return None,
            };
            plain["Condition"] = json!({ operator: keys });
            denial["Condition"] = json!({ opposite: keys });
        }
    }
    let version = |statements: Vec<Value>| json!({ "Version": "2012-10-17", "Statement": statements });
    Some((version(vec![plain]), version(vec![everything, denial])))
}

#[test]
fn a_denied_opposite_is_the_thing_itself() {
    let mut seen = 0_u64;
    for seed in 0..pairs() / 3 {
        let dice = &mut Dice::new(seed);
        let Some((plain, twice)) = negated_twice(dice) else {
            continue;
        };
        seen += 1;
        // One empty text is no value for ForAllValues, and is one for ForAnyValue.
        let has_empty_text = plain.to_string().contains("ForAnyValue");
        holds(is_contained(&twice, &plain), "negated twice", seed, &[&twice, &plain]);
        if !has_empty_text {
            holds(is_contained(&plain, &twice), "negated twice", seed, &[&plain, &twice]);
        }
        let other = policy(dice);
        if !has_empty_text {
            agree(
                is_contained(&plain, &other),
                is_contained(&twice, &other),
                "negated twice",
                seed,
                &[&plain, &twice, &other],
            );
            agree(
                is_contained(&other, &plain),
                is_contained(&other, &twice),
                "negated twice",
                seed,
                &[&plain, &twice, &other],
            );
        }
    }
    assert!(seen * 12 > pairs(), "{seen}");
}

#[test]
fn a_union_is_contained_where_both_its_parts_are() {
    for seed in 0..pairs() / 6 {
        let dice = &mut Dice::new(seed);
        let whole = plain(&dice.policy(false));
        let allows = |policy: &Value| {
            let all = statements(policy);
            all.into_iter()
                .filter(|statement| statement["Effect"] == "Allow")
                .collect::<Vec<_>>()
        };
        let (one, other) = (allows(&whole), allows(&plain(&dice.policy(false))));
        let union = with(&whole, [one.clone(), other.clone()].concat());
        let (one, other) = (with(&whole, one), with(&whole, other));
        holds(is_contained(&one, &union), "a part of a union", seed, &[&one, &union]);
        holds(
            is_contained(&other, &union),
            "a part of a union",
            seed,
            &[&other, &union],
        );
        if statements(&union).is_empty() {
            continue;
        }
        for limit in [mutated(dice, &union), whole] {
            let parts = [is_contained(&one, &limit), is_contained(&other, &limit)];
            let together = is_contained(&union, &limit);
            let policies = [&one, &other, &limit];
            match parts {
                [Some(true), Some(true)] => holds(together, "union", seed, &policies),
                [Some(false), _] | [_, Some(false)] => assert_ne!(together, Some(true), "seed {seed}: {policies:#?}"),
                _ => {}
            }
        }
    }
}

/// Texts in another case where their case does not count: actions, operators and the names of keys.
fn in_other_case(dice: &mut Dice, policy: &Value) -> Value {
    let turned: Vec<Value> = statements(policy)
        .iter()
        .map(|statement| {
            let mut out = statement.clone();
            for element in ["Action", "NotAction"] {
                if let Some(actions) = out.get_mut(element) {
                    *actions = serde_json::from_str(&turned(dice, &actions.to_string())).unwrap();
                }
            }
            if let Some(condition) = statement.get("Condition").and_then(Value::as_object) {
                let mut tests = Map::new();
                for (operator, keys) in condition {
                    let keys = keys.as_object().unwrap().iter();
                    let keys: Map<String, Value> =
                        keys.map(|(key, values)| (turned(dice, key), values.clone())).collect();
                    tests.insert(operator.clone(), Value::Object(keys));
                }
                out["Condition"] = Value::Object(tests);
            }
            out
        })
        .collect();
    with(policy, turned)
}

fn turned(dice: &mut Dice, text: &str) -> String {
    text.chars()
        .map(|letter| match dice.roll(3) {
            0 => letter.to_ascii_uppercase(),
            1 => letter.to_ascii_lowercase(),
            _ => letter,
        })
        .collect()
}

#[test]
fn the_case_of_actions_and_keys_changes_nothing() {
    for seed in 0..pairs() / 6 {
        let dice = &mut Dice::new(seed);
        let (new, existing) = pair(dice);
        let (turned_new, turned_existing) = (in_other_case(dice, &new), in_other_case(dice, &existing));
        means_the_same("case", seed, [&new, &existing], [&turned_new, &turned_existing]);
    }
}
