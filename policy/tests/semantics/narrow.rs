//! Policies that are about one condition key, or about who asks, and nothing else: so narrow that every request which they
//! could tell apart can be tried. What the comparison finds is held against all of them, in both directions.

use leastpriv_policy::compare::{Cause, Containment};
use leastpriv_policy::decide::Request;
use serde_json::{Map, Value, json};

use super::compare::{case_of, compare, pairs};
use super::slow::{self, Case, Who};
use super::universe::Dice;

/// Operators of one type, what policies compare with, and the values of requests: what is spelled, what no policy spells,
/// what cannot be read, and the empty text.
struct Type {
    operators: &'static [&'static str],
    wanted: &'static [&'static str],
    values: &'static [&'static str],
}

const TYPES: [Type; 7] = [
    Type {
        operators: &[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ],
        wanted: &["a", "b", "A", "k", "", "a*", "*a", "?", "?*", "*"],
        values: &[
            "", "a", "b", "A", "B", "k", "K", "\u{212a}", "z", "aa", "ab", "az", "Aa", "AA", "ba", "za", "zz", "aba",
            "aza", "zzz",
        ],
    },
    Type {
        operators: &["StringEquals", "StringNotEquals", "StringLike"],
        wanted: &["red", "blue", "re*"],
        values: &["", "red", "blue", "re", "green", "z"],
    },
    Type {
        operators: &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        wanted: &[
            "arn:*:iam:*:*:role/*",
            "arn:*:*:*:*:*",
            "arn:aws:iam::1:user/a",
            "arn:aws:iam:*",
            "a",
        ],
        values: &[
            "",
            "a",
            "arn:aws:iam::1:role/",
            "arn:aws:iam::1:role/a:b",
            "arn:aws:iam::1:user/a",
            "arn:aws:iam::1:user/b",
            "arn:aws:sqs:::x",
            "z:aws:iam::1:role/a",
            "arn:aws:iam:",
            "z",
        ],
    },
    Type {
        operators: &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        wanted: &["1", "1.0", "2", "-1", "y"],
        values: &["", "-2", "-1", "0", "1", "1.00", "1.5", "2", "3", "x"],
    },
    Type {
        operators: &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        wanted: &["2020-01-01", "1577836801", "2021-06-01T00:00:00Z", "never"],
        values: &[
            "",
            "2019-12-31",
            "2020-01-01T00:00:00Z",
            "2020-01-01T00:00:00.5Z",
            "1577836801",
            "2021-01-01",
            "2021-06-01",
            "2022-01-01",
            "x",
        ],
    },
    Type {
        operators: &["IpAddress", "NotIpAddress"],
        wanted: &["10.0.0.0/8", "10.0.0.1", "0.0.0.0/0", "10.0.0.0/31", "y"],
        values: &[
            "",
            "9.255.255.255",
            "10.0.0.0",
            "10.0.0.1",
            "10.0.0.2",
            "11.0.0.0",
            "2001:db8::1",
            "x",
        ],
    },
    Type {
        operators: &["Bool"],
        wanted: &["true", "false", "y"],
        values: &["", "true", "FALSE", "x"],
    },
];

/// How the operators of a policy read the key.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    One,
    Set,
    /// Some as one value, some as a set: then it holds one value.
    Both,
}

fn policy(dice: &mut Dice, of: &Type, reading: Reading) -> Value {
    let statements: Vec<Value> = (0..=dice.roll(3)).map(|_| statement(dice, of, reading)).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn statement(dice: &mut Dice, of: &Type, reading: Reading) -> Value {
    let effect = if dice.once_in(3) { "Deny" } else { "Allow" };
    let mut statement = json!({ "Effect": effect, "Action": "*", "Resource": "*" });
    let mut condition = Map::new();
    for _ in 0..dice.roll(4) {
        let (operator, values) = if dice.once_in(8) {
            ("Null".to_owned(), json!(dice.pick(&["true", "false"])))
        } else {
            let reads_set = reading == Reading::Set || (reading == Reading::Both && dice.once_in(2));
            let prefix = match reads_set {
                true if dice.once_in(2) => "ForAllValues:",
                true => "ForAnyValue:",
                false => "",
            };
            let suffix = if dice.once_in(5) { "IfExists" } else { "" };
            let values: Vec<&str> = (0..=dice.roll(2)).map(|_| dice.pick(of.wanted)).collect();
            (format!("{prefix}{}{suffix}", dice.pick(of.operators)), json!(values))
        };
        condition.insert(operator, json!({ "k": values }));
    }
    if !condition.is_empty() {
        statement["Condition"] = Value::Object(condition);
    }
    statement
}

/// Every request that policies of a type could tell apart.
fn requests(of: &Type, reading: Reading) -> Vec<Case> {
    let case = |values: Vec<&str>, is_set: bool| {
        let mut case = Case {
            action: "a:x".to_owned(),
            resource: Some("arn:aws:s3:::box/ada".to_owned()),
            who: Who::User("arn:aws:iam::111111111111:user/ada".to_owned()),
            ..Case::default()
        };
        if !values.is_empty() {
            let values = values.into_iter().map(str::to_owned).collect();
            case.context.insert("k".to_owned(), (values, is_set));
        }
        case
    };
    let mut out = vec![case(Vec::new(), false)];
    out.extend(of.values.iter().map(|value| case(vec![value], false)));
    if reading == Reading::Set {
        for (at, one) in of.values.iter().enumerate() {
            out.push(case(vec![one], true));
            for (after, other) in of.values.iter().enumerate().skip(at + 1) {
                out.push(case(vec![one, other], true));
                out.extend(
                    of.values
                        .iter()
                        .skip(after + 1)
                        .map(|third| case(vec![one, other, third], true)),
                );
            }
        }
    }
    out
}

/// Holds an answer against every request.
fn check(
    new: &Value,
    existing: &Value,
    requests: &[Case],
    seed: u64,
    words: &dyn Fn(&Request) -> Case,
) -> Option<bool> {
    let is_new = |case: &Case| slow::allows(new, case) == Some(true) && slow::allows(existing, case) == Some(false);
    let found = requests.iter().find(|case| is_new(case));
    match compare(new, existing) {
        Containment::Contained => {
            assert!(
                found.is_none(),
                "seed {seed} is not contained: {found:#?}\n{new:#}\n{existing:#}"
            );
            Some(true)
        }
        Containment::Exceeds(excesses) => {
            for excess in excesses {
                let case = words(&excess.witness);
                assert!(
                    is_new(&case),
                    "seed {seed}: {:?}\n{new:#}\n{existing:#}",
                    excess.witness
                );
            }
            Some(false)
        }
        Containment::Unknown(doubts) => {
            let is_undecided = doubts.iter().all(|doubt| doubt.cause == Cause::Undecided);
            assert!(is_undecided, "seed {seed}: {doubts:?}\n{new:#}\n{existing:#}");
            None
        }
    }
}

#[test]
fn every_value_of_one_key_is_tried() {
    for (number, of) in (0_u64..).zip(&TYPES) {
        for reading in [Reading::One, Reading::Set, Reading::Both] {
            let requests = requests(of, reading);
            let (mut passes, mut unknown) = (0_u64, 0_u64);
            let tried = pairs() / 10;
            for seed in 0..tried {
                let dice = &mut Dice::new(seed * 7 + number);
                let (new, existing) = (policy(dice, of, reading), policy(dice, of, reading));
                match check(&new, &existing, &requests, seed, &case_of) {
                    Some(true) => passes += 1,
                    Some(false) => {}
                    None => unknown += 1,
                }
            }
            assert!(
                passes * 20 > tried && (passes + unknown) * 20 < tried * 19,
                "{passes} {unknown} of {tried}"
            );
        }
    }
}

const NAMES: [&str; 9] = [
    "*",
    "111111111111",
    "arn:aws:iam::111111111111:root",
    "arn:aws:iam::111111111111:user/ada",
    "arn:aws:iam::111111111111:user/someone",
    "arn:aws:iam::111111111111:role/r",
    "arn:aws:sts::111111111111:assumed-role/r/one",
    "arn:aws:sts::111111111111:assumed-role/r/someone",
    "arn:aws:iam::222222222222:role/r",
];

fn of_principals(dice: &mut Dice) -> Value {
    let statements: Vec<Value> = (0..=dice.roll(3))
        .map(|_| {
            let effect = if dice.once_in(3) { "Deny" } else { "Allow" };
            let element = if dice.once_in(5) { "NotPrincipal" } else { "Principal" };
            let names: Vec<&str> = (0..=dice.roll(2)).map(|_| dice.pick(&NAMES)).collect();
            let mut principal = json!({ "AWS": names });
            if dice.once_in(4) {
                principal["Service"] = json!(dice.pick(&["ec2.amazonaws.com", "another.amazonaws.com"]));
            }
            json!({ "Effect": effect, element: principal, "Action": "*", "Resource": "*" })
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

#[test]
fn everybody_is_tried() {
    let mut everybody = vec![Who::Anonymous];
    everybody.extend(["ec2.amazonaws.com", "another.amazonaws.com", "x"].map(|name| Who::Service(name.to_owned())));
    for account in ["111111111111", "222222222222", "333333333333", "999988887777"] {
        everybody.push(Who::Root(account.to_owned()));
        everybody
            .extend(["ada", "someone", "bob"].map(|name| Who::User(format!("arn:aws:iam::{account}:user/{name}"))));
        for (role, name) in [("r", "one"), ("r", "someone"), ("r", "two"), ("q", "one")] {
            everybody.push(Who::Session(
                format!("arn:aws:sts::{account}:assumed-role/{role}/{name}"),
                format!("arn:aws:iam::{account}:role/{role}"),
            ));
        }
    }
    let requests: Vec<Case> = everybody
        .into_iter()
        .map(|who| Case {
            action: "a:x".to_owned(),
            resource: Some("arn:aws:s3:::box/ada".to_owned()),
            who,
            ..Case::default()
        })
        .collect();
    for seed in 0..pairs() {
        let dice = &mut Dice::new(seed);
        let (new, existing) = (of_principals(dice), of_principals(dice));
        check(&new, &existing, &requests, seed, &case_of);
    }
}
