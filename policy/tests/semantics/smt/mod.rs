//! The problems for solvers: each is read by a small interpreter, which asks it about requests, and holds for a request
//! exactly where the evaluator says that it is new access. A solver itself runs in the nightly job.

mod interpreter;

use leastpriv_policy::compare::Replay;
use leastpriv_policy::decide::{Principal, Request};
use leastpriv_policy::document::parse;
use leastpriv_policy::smt::{Unsupported, problem};
use serde_json::{Value, json};

use super::compare::{mutated, pairs, plain, seeds};
use super::decide::request;
use super::universe::Dice;
use interpreter::Problem;

#[test]
fn a_problem_holds_for_a_request_exactly_where_it_is_new_access() {
    let (mut asked, mut new_access) = (0_u64, 0_u64);
    for seed in seeds() {
        let dice = &mut Dice::new(seed);
        let of_resource = dice.once_in(3);
        let existing = plain(&dice.policy(of_resource));
        let new = if dice.once_in(2) || of_resource {
            plain(&dice.policy(of_resource))
        } else {
            mutated(dice, &existing)
        };
        let (new, existing) = (parse(&new.to_string()).document, parse(&existing.to_string()).document);
        let text = match problem(&new, &existing, false) {
            Ok(text) => text,
            Err(Unsupported::MixedTypes) => continue,
            Err(other) => panic!("seed {seed}: {other}"),
        };
        let problem = Problem::read(&text);
        let replay = Replay::new(&new, &existing);
        for _ in 0..20 {
            let request = Request {
                principal: problem.somebody(dice),
                ..request(&dice.case())
            };
            let Some(found) = problem.holds(&request) else {
                continue;
            };
            asked += 1;
            new_access += u64::from(found);
            assert_eq!(found, replay.is_new(&request), "seed {seed}: {request:?}\n{text}");
        }
    }
    assert!(asked > pairs() && new_access * 50 > asked, "{asked} {new_access}");
}

fn of(statement: &Value) -> leastpriv_policy::document::Document {
    parse(&json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()).document
}

fn everything_if(condition: &Value) -> leastpriv_policy::document::Document {
    of(&json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition }))
}

#[test]
fn what_cannot_be_expressed_is_refused_with_its_reason() {
    let whole = everything_if(&json!({}));
    let on = |resource: &str| of(&json!({ "Effect": "Allow", "Action": "*", "Resource": resource }));
    let by = |principal: Value| of(&json!({ "Effect": "Allow", "Principal": principal, "Action": "*" }));
    for (document, expected) in [
        (on("arn:aws:s3:::home/${aws:username}"), Unsupported::Variable),
        (
            everything_if(&json!({ "StringLike": { "k": "${k:x}*" } })),
            Unsupported::Variable,
        ),
        (
            everything_if(&json!({ "StringLike": { "k": "1" }, "NumericEquals": { "K": "1" } })),
            Unsupported::MixedTypes,
        ),
        (on("arn:aws:s3:::\u{30000}"), Unsupported::Character),
        (
            everything_if(&json!({ "StringEqualsIgnoreCase": { "k": "é" } })),
            Unsupported::Case,
        ),
        (
            of(&json!({ "Effect": "Allow", "Actions": "*", "Resource": "*" })),
            Unsupported::Invalid,
        ),
    ] {
        assert_eq!(problem(&document, &whole, false), Err(expected), "{document:?}");
        assert_eq!(problem(&whole, &document, false), Err(expected), "{document:?}");
    }
    let canonical = by(json!({ "CanonicalUser": "79a5" }));
    assert_eq!(problem(&canonical, &by(json!("*")), false), Err(Unsupported::Principal));
    // One of them says whom it is about, and the other one not.
    assert_eq!(problem(&by(json!("*")), &whole, false), Err(Unsupported::Invalid));
    // In the older language a variable is text, and three variables are one character each.
    let old = parse(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}"}}"#);
    assert!(problem(&old.document, &whole, false).is_ok());
    assert!(problem(&on("arn:aws:s3:::${*}${?}${$}"), &whole, false).is_ok());
}

#[test]
fn every_kind_of_value_is_asked_about() {
    for (condition, values, absent) in [
        (
            json!({ "BinaryEquals": { "k": "QQ==" } }),
            [("QQ==", true), ("QR==", true), ("Qg==", false)],
            false,
        ),
        (
            json!({ "BinaryEquals": { "k": "" } }),
            [("", true), ("QR==", false), ("x", false)],
            false,
        ),
        (
            json!({ "Bool": { "k": true } }),
            [("TRUE", true), ("false", false), ("", false)],
            false,
        ),
        (
            json!({ "IpAddress": { "k": "10.0.0.0/31" } }),
            [("10.0.0.1", true), ("10.0.0.2", false), ("x", false)],
            false,
        ),
        (
            json!({ "NotIpAddress": { "k": "::/0" } }),
            [("10.0.0.1", true), ("10.0.0.2", true), ("x", true)],
            true,
        ),
        (
            json!({ "StringEqualsIgnoreCase": { "k": "K" } }),
            [("k", true), ("\u{212a}", true), ("l", false)],
            false,
        ),
        (
            json!({ "StringLike": { "k": "\"\\${*}*" } }),
            [("\"\\*a", true), ("\"\\a*", false), ("", false)],
            false,
        ),
        (
            json!({ "ArnLike": { "k": "a*:b:c:d:e:f*" } }),
            [("ax:b:c:d:e:f:g", true), ("a:x:b:c:d:e:f", false), ("a", false)],
            false,
        ),
        (
            json!({ "DateGreaterThan": { "k": "99999999999999" } }),
            [
                ("99999999999998", false),
                ("99999999999999", false),
                ("100000000000000", true),
            ],
            false,
        ),
        (
            json!({ "StringSame": { "k": "x" } }),
            [("x", false), ("y", false), ("", false)],
            false,
        ),
        (
            json!({ "ForAllValues:NumericEquals": { "k": "1" } }),
            [("", true), ("1.0", true), ("x", false)],
            true,
        ),
    ] {
        let (new, existing) = (
            everything_if(&condition),
            of(&json!({ "Effect": "Deny", "Action": "*", "Resource": "*" })),
        );
        let text = problem(&new, &existing, true).unwrap();
        assert!(text.ends_with("(check-sat)\n(get-model)\n") && text.contains(":produce-models"));
        let problem = Problem::read(&text);
        let replay = Replay::new(&new, &existing);
        let ask = |value: Option<&str>, expected: bool| {
            let mut request = Request {
                action: "s3:GetObject".to_owned(),
                resource: None,
                principal: Principal::Anonymous,
                resource_account: None,
                context: leastpriv_policy::decide::Context::default(),
            };
            if let Some(value) = value {
                request.context.set("K", value);
            }
            let found = problem.holds(&request);
            assert_eq!(
                (found, replay.is_new(&request)),
                (Some(expected), expected),
                "{condition} {value:?}\n{text}"
            );
        };
        for (value, expected) in values {
            ask(Some(value), expected);
        }
        ask(None, absent);
    }
}
