//! Pairs whose answer is known by how they were made, and that no sampler of points gets right: an existing policy that is
//! cut into pieces which only together hold the new one, and the same with one piece smaller by a sliver.

use serde_json::{Map, Value, json};

use crate::universe::Dice;

/// A pair of policies, and whether the existing one holds the new one.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) new: Value,
    pub(crate) existing: Value,
    pub(crate) is_contained: bool,
}

/// One way to cut: conditions, actions or resources of which one holds for every request. The last one is the sliver
/// that is left out when the pair is to fail.
fn cuts(dice: &mut Dice) -> Vec<Vec<Value>> {
    let condition = |value: Value| json!({ "Condition": value });
    let low = dice.roll(5);
    let high = low + 1 + dice.roll(5);
    let (below, within, above) = (
        json!({ "NumericLessThan": { "k:n": low.to_string() } }),
        json!({ "NumericGreaterThanEquals": { "k:n": low.to_string() }, "NumericLessThanEquals": { "k:n": format!("{high}.0") } }),
        json!({ "NumericGreaterThan": { "k:n": high.to_string() } }),
    );
    vec![
        vec![
            condition(below),
            condition(within),
            condition(above),
            condition(json!({ "NumericNotEquals": { "k:n": low.to_string() } })),
        ],
        vec![
            condition(json!({ "StringLike": { "k:s": "a*" } })),
            condition(json!({ "StringNotLike": { "k:s": ["a*", "*b"] } })),
            condition(json!({ "StringLike": { "k:s": "*b" } })),
        ],
        vec![
            condition(json!({ "StringEqualsIgnoreCase": { "k:b": "true" } })),
            condition(json!({ "Null": { "k:b": "true" } })),
            condition(json!({ "StringNotEqualsIgnoreCase": { "k:b": "TRUE" }, "Null": { "k:b": "false" } })),
        ],
        vec![
            condition(json!({ "IpAddress": { "k:ip": ["0.0.0.0/1", "::/1"] } })),
            condition(json!({ "NotIpAddress": { "k:ip": ["0.0.0.0/1", "::/1", "128.0.0.0/2"] } })),
            condition(json!({ "IpAddress": { "k:ip": "128.0.0.0/2" } })),
        ],
        vec![
            condition(json!({ "DateLessThan": { "k:d": "2026-11-29T00:00:00Z" } })),
            condition(json!({ "DateNotEquals": { "k:d": "1795910400" } })),
            condition(json!({ "DateEquals": { "k:d": "2026-11-29" } })),
        ],
        vec![
            condition(json!({ "ForAllValues:StringEquals": { "k:m": ["red", "blue"] } })),
            condition(json!({ "ForAnyValue:StringNotEquals": { "k:m": ["red", "blue"] } })),
        ],
        vec![
            condition(json!({ "ArnLike": { "k:a": "arn:*:iam:*:*:role/*" } })),
            condition(json!({ "ArnNotLike": { "k:a": ["arn:*:iam:*:*:role/*", "arn:*:iam:*:*:user/*"] } })),
            condition(json!({ "ArnLike": { "k:a": "arn:*:iam:*:*:user/*" } })),
        ],
        vec![
            json!({ "Action": ["s3:Get*", "s3:P*"] }),
            json!({ "NotAction": ["s3:Get*", "s3:P*", "s3:List?*"] }),
            json!({ "Action": ["S3:LIST?*"] }),
        ],
        vec![
            json!({ "Resource": "arn:aws:s3:::box/*" }),
            json!({ "NotResource": ["arn:aws:s3:::box/*", "arn:aws:s3:::b?x"] }),
            json!({ "Resource": "arn:aws:s3:::b?x" }),
        ],
    ]
}

/// A pair of one or two cuts: each piece of the one with each piece of the other.
pub(crate) fn pair(seed: u64) -> Pair {
    let dice = &mut Dice::new(seed);
    let all = cuts(dice);
    let first = dice.roll(all.len());
    let second = dice.roll(all.len());
    let mut statements = all[first].clone();
    if first != second {
        statements = statements
            .iter()
            .flat_map(|one| all[second].iter().map(move |other| merged(one, other)))
            .collect();
    }
    let is_contained = !dice.once_in(2);
    if !is_contained {
        // The last piece of each cut is needed somewhere that no other piece reaches.
        statements.pop();
    }
    let count = statements.len();
    for at in 0..count {
        let other = dice.roll(count);
        statements.swap(at, other);
    }
    let statements: Vec<Value> = statements.iter().map(allow).collect();
    Pair {
        new: json!({ "Version": "2012-10-17", "Statement": [allow(&json!({}))] }),
        existing: json!({ "Version": "2012-10-17", "Statement": statements }),
        is_contained,
    }
}

/// Two pieces as one statement.
fn merged(one: &Value, other: &Value) -> Value {
    let mut out = one.as_object().unwrap().clone();
    for (name, value) in other.as_object().unwrap() {
        match out.get_mut(name).and_then(Value::as_object_mut) {
            Some(condition) => {
                for (operator, keys) in value.as_object().unwrap() {
                    let entry = condition.entry(operator.clone()).or_insert_with(|| json!({}));
                    entry.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
                }
            }
            None => {
                out.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(out)
}

/// A piece as an Allow; what it does not say is everything.
fn allow(piece: &Value) -> Value {
    let mut statement = Map::from_iter([("Effect".to_owned(), json!("Allow"))]);
    statement.extend(piece.as_object().unwrap().clone());
    for element in ["Action", "Resource"] {
        if !statement.contains_key(element) && !statement.contains_key(&format!("Not{element}")) {
            statement.insert(element.to_owned(), json!("*"));
        }
    }
    Value::Object(statement)
}
