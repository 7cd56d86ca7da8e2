//! The comparison: against the slow evaluator over random pairs, against pairs made so that the answer is known, and
//! against laws that hold for all policies. `COMPARE_PAIRS` sets how many are tried, `FIRST_SEED` which.

use std::ops::Range;

use leastpriv_policy::compare::{Access, Cause, Containment, contained, equivalent, is_empty, not_granted};
use leastpriv_policy::decide::{Principal, Request};
use leastpriv_policy::document::parse;
use serde_json::{Value, json};

use super::hard;
use super::slow::{self, Case, Who};
use super::universe::Dice;

pub(crate) fn compare(new: &Value, existing: &Value) -> Containment {
    contained(
        &parse(&new.to_string()).document,
        &parse(&existing.to_string()).document,
    )
}

pub(crate) fn pairs() -> u64 {
    number("COMPARE_PAIRS", 1_500)
}

/// The seeds of the pairs that are tried, from `FIRST_SEED` on.
pub(crate) fn seeds() -> Range<u64> {
    seeds_of(pairs())
}

/// So many seeds, from `FIRST_SEED` on.
pub(crate) fn seeds_of(count: u64) -> Range<u64> {
    let first = number("FIRST_SEED", 0);
    first..first.saturating_add(count)
}

/// A number from the environment.
pub(crate) fn number(variable: &str, usual: u64) -> u64 {
    let text = std::env::var(variable).ok();
    text.map_or(usual, |text| text.parse().expect("a variable of a test is a number"))
}

/// A request in the words of the slow evaluator.
pub(crate) fn case_of(request: &Request) -> Case {
    let mut context = slow::Context::new();
    for (key, values) in request.context.iter() {
        let values = (values.to_vec(), request.context.is_multivalued(key));
        context.insert(key.to_lowercase(), values);
    }
    Case {
        action: request.action.clone(),
        resource: request.resource.clone(),
        who: match &request.principal {
            Principal::Anonymous => Who::Anonymous,
            Principal::Root(account) => Who::Root(account.clone()),
            Principal::User(arn) => Who::User(arn.clone()),
            Principal::Session { session, role } => Who::Session(session.clone(), role.clone()),
            Principal::FederatedUser { federated, user } => Who::Federated(federated.clone(), user.clone()),
            // Nobody of an identity provider is named here.
            Principal::Service(name) | Principal::Federated(name) => Who::Service(name.clone()),
        },
        context,
        ..Case::default()
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the nightly job adds up how much was compared")]
fn no_answer_is_contradicted_by_a_request() {
    let (mut passes, mut fails, mut unknown) = (0_u64, 0_u64, 0_u64);
    let mut comparisons = 0_u64;
    for seed in seeds() {
        let dice = &mut Dice::new(seed);
        let existing = plain(&dice.policy(false));
        let new = if dice.once_in(2) {
            plain(&dice.policy(false))
        } else {
            mutated(dice, &existing)
        };
        match compare(&new, &existing) {
            Containment::Contained => {
                passes += 1;
                for _ in 0..REQUESTS {
                    let case = Case {
                        who: Who::User("arn:aws:iam::111111111111:user/ada".to_owned()),
                        ..dice.request_near(&new)
                    };
                    let (more, less) = (slow::allows(&new, &case), slow::allows(&existing, &case));
                    comparisons += 1;
                    assert!(
                        more != Some(true) || less != Some(false),
                        "seed {seed} is not contained: {case:#?}\n{new:#}\n{existing:#}"
                    );
                }
            }
            Containment::Exceeds(excesses) => {
                fails += 1;
                for excess in excesses {
                    let case = case_of(&excess.witness);
                    comparisons += 1;
                    assert_eq!(
                        (slow::allows(&new, &case), slow::allows(&existing, &case)),
                        (Some(true), Some(false)),
                        "seed {seed}: {:?}\n{new:#}\n{existing:#}",
                        excess.witness
                    );
                }
            }
            Containment::Unknown(doubts) => {
                unknown += 1;
                let allowed = [Cause::Undecided, Cause::MixedTypes];
                assert!(
                    doubts.iter().all(|doubt| allowed.contains(&doubt.cause)),
                    "seed {seed}: {doubts:?}\n{new:#}\n{existing:#}"
                );
            }
        }
    }
    println!("comparisons: {comparisons}");
    assert!(
        passes * 20 > pairs() && fails * 5 > pairs(),
        "{passes} {fails} {unknown}"
    );
}

#[test]
fn a_variable_may_be_what_another_test_of_its_key_wants() {
    let allow = |condition: Value| json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition}});
    let existing =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}});
    for condition in [
        json!({"StringEquals": {"k:a": "${aws:username}"}, "StringLike": {"K:a": "ada"}}),
        json!({"ForAllValues:StringEquals": {"k:a": "${aws:username}"}, "ForAnyValue:StringEquals": {"k:a": "ada"}}),
    ] {
        let new = allow(condition);
        assert_ne!(compare(&new, &existing), Containment::Contained, "{new}");
        let document = parse(&new.to_string()).document;
        assert_ne!(is_empty(&document), Containment::Contained, "{new}");
    }
}

#[test]
fn no_character_is_taken_for_one_that_no_policy_spells() {
    let allow = |operator: &str, values: Value| json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {operator: {"k:a": values}}}});
    let letters = ('a'..='z')
        .chain('0'..='9')
        .chain('\u{100}'..='\u{24f}')
        .chain(['\u{2603}']);
    let spelled: Vec<String> = letters.map(String::from).collect();
    let one = allow("StringLike", json!("?"));
    assert!(matches!(
        compare(&one, &allow("StringEquals", json!(spelled))),
        Containment::Exceeds(_)
    ));
    // Two characters in lower case are not one in upper case.
    let dotted = allow("StringEqualsIgnoreCase", json!("i\u{307}"));
    let both = allow("StringEquals", json!(["i\u{307}", "I\u{307}"]));
    assert_eq!(compare(&dotted, &both), Containment::Contained);
    let capital = allow("StringEqualsIgnoreCase", json!("\u{130}"));
    assert_eq!(
        compare(&capital, &allow("StringEquals", json!("\u{130}"))),
        Containment::Contained
    );
}

#[test]
fn a_question_costs_what_it_is_allowed_to() {
    let started = std::time::Instant::now();
    let wide: Vec<String> = (b'a'..=b'z')
        .map(char::from)
        .map(|at| format!("arn:aws:s3:::*{at}b*b{at}*"))
        .collect();
    let plain = (0..1_000).map(|at| format!("arn:aws:s3:::bucket-{at}"));
    let existing = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": wide.iter().cloned().chain(plain).collect::<Vec<_>>()},
        {"Effect": "Allow", "Action": "s3:*", "NotResource": wide}]});
    let new = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::*zz"}});
    let _ = compare(&new, &existing);
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

/// How many requests are held against an answer that there is no new access.
const REQUESTS: usize = 200;

/// A policy without variables, whose values are not known when policies are compared.
pub(crate) fn plain(policy: &Value) -> Value {
    serde_json::from_str(&policy.to_string().replace("${", "$(")).unwrap()
}

/// A policy that is nearly another one: a statement dropped, added, or with one element of another.
pub(crate) fn mutated(dice: &mut Dice, policy: &Value) -> Value {
    let mut out = policy.clone();
    let mut statements = match &policy["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    };
    let at = dice.roll(statements.len());
    match dice.roll(4) {
        0 if statements.len() > 1 => {
            statements.remove(at);
        }
        1 => statements.push(plain(&dice.statement(false))),
        2 => {
            let other = plain(&dice.statement(false));
            if let Some(condition) = other.get("Condition") {
                statements[at]["Condition"] = condition.clone();
            }
        }
        _ => {
            let effect = if statements[at]["Effect"] == "Deny" {
                "Allow"
            } else {
                "Deny"
            };
            statements[at]["Effect"] = json!(effect);
        }
    }
    out["Statement"] = Value::Array(statements);
    out
}

#[test]
fn pieces_that_only_together_hold_a_policy_are_seen_to_do_so() {
    for seed in seeds() {
        let pair = hard::pair(seed);
        let found = compare(&pair.new, &pair.existing);
        match (&found, pair.is_contained) {
            (Containment::Contained, true) | (Containment::Exceeds(_), false) => {}
            _ => panic!("seed {seed}: {found:?}\n{:#}", pair.existing),
        }
    }
}

#[test]
fn laws_that_hold_for_all_policies() {
    let is_contained = |new: &Value, existing: &Value| match compare(new, existing) {
        Containment::Contained => Some(true),
        Containment::Exceeds(_) => Some(false),
        Containment::Unknown(_) => None,
    };
    for seed in 0..pairs() / 5 {
        let dice = &mut Dice::new(seed);
        let policy = plain(&dice.policy(false));
        assert_ne!(
            is_contained(&policy, &policy),
            Some(false),
            "seed {seed}: a policy exceeds itself\n{policy:#}"
        );
        let mut statements = match &policy["Statement"] {
            Value::Array(statements) => statements.clone(),
            one => vec![one.clone()],
        };
        // Another Allow only widens, another Deny only narrows.
        let extra = plain(&dice.statement(false));
        statements.push(extra.clone());
        let mut more = policy.clone();
        more["Statement"] = Value::Array(statements.clone());
        let (small, large) = if extra["Effect"] == "Deny" {
            (&more, &policy)
        } else {
            (&policy, &more)
        };
        assert_ne!(
            is_contained(small, large),
            Some(false),
            "seed {seed}\n{small:#}\n{large:#}"
        );
        // The order of statements does not count, and neither do lists of one.
        statements.reverse();
        let mut turned = policy.clone();
        turned["Statement"] = Value::Array(statements);
        assert_ne!(is_contained(&more, &turned), Some(false), "seed {seed}");
        assert_ne!(is_contained(&turned, &more), Some(false), "seed {seed}");
        // Nothing is contained in everything, and everything holds it all.
        let everything =
            json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
        assert_eq!(
            is_contained(&policy, &everything),
            Some(true),
            "seed {seed}\n{policy:#}"
        );
        let nothing =
            json!({ "Version": "2012-10-17", "Statement": { "Effect": "Deny", "Action": "*", "Resource": "*" } });
        assert_eq!(is_contained(&nothing, &policy), Some(true), "seed {seed}");
    }
}

fn policy(statements: &str) -> leastpriv_policy::document::Document {
    parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).document
}

#[test]
fn what_cannot_be_said_is_not_guessed() {
    let plain = policy(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/ada/*"}"#);
    let invalid = policy(r#"{"Effect":"Allow","Actions":"s3:*","Resource":"*"}"#);
    let own = policy(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:username}/*"}"#);
    assert_eq!(
        doubts(contained(&invalid, &plain)),
        [(Cause::Invalid, "Statement[0] of the new policy".to_owned())]
    );
    assert_eq!(
        doubts(contained(&plain, &invalid)),
        [(Cause::Invalid, "Statement[0] of the existing policy".to_owned())]
    );
    let any = policy(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/?*"}"#);
    assert_eq!(
        doubts(contained(&own, &any)),
        [(Cause::Variable, "${aws:username}".to_owned())]
    );
    let both = policy(
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":
            {"StringLike":{"k:x":"1*"},"NumericLessThan":{"k:x":"1"},"NumericGreaterThan":{"k:x":"0"}}}"#,
    );
    assert_eq!(
        doubts(contained(
            &both,
            &policy(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#)
        )),
        [(Cause::MixedTypes, "k:x".to_owned())]
    );
}

/// Each cause with its elements.
fn doubts(answer: Containment) -> Vec<(Cause, String)> {
    let Containment::Unknown(doubts) = answer else {
        panic!("{answer:?}")
    };
    let told = doubts.into_iter().map(|doubt| (doubt.cause, doubt.elements.join(", ")));
    told.collect()
}

#[test]
fn what_holds_for_every_value_of_a_variable_is_proved() {
    let on = |resource: &str| {
        policy(&format!(
            r#"{{"Effect":"Allow","Action":"s3:*","Resource":"{resource}"}}"#
        ))
    };
    let own = on("arn:aws:s3:::home/${aws:username}/*");
    for wide in [
        "*",
        "arn:aws:s3:::home/*",
        "arn:aws:s3:::home/${AWS:username}/*",
        "arn:aws:s3:::*/${aws:username}/*",
    ] {
        assert_eq!(contained(&own, &on(wide)), Containment::Contained, "{wide}");
    }
    // Whoever has another name, or none, may not.
    let Containment::Exceeds(excesses) = contained(&on("arn:aws:s3:::home/ada/*"), &own) else {
        panic!("the folder of one user is not that of everybody")
    };
    assert_eq!(excesses[0].witness.resource.as_deref(), Some("arn:aws:s3:::home/ada/"));
    // A value may have any length, and another variable may have another value.
    for other in ["arn:aws:s3:::home/?/*", "arn:aws:s3:::home/${aws:userid}/*"] {
        let Containment::Exceeds(excesses) = contained(&own, &on(other)) else {
            panic!("{other} does not hold the folders of all users")
        };
        let witness = &excesses[0].witness;
        let name = witness.context.values("aws:username").unwrap()[0].as_str();
        assert_eq!(witness.resource, Some(format!("arn:aws:s3:::home/{name}/")), "{other}");
    }
    // So one character proves nothing.
    assert!(matches!(
        contained(&own, &on("arn:aws:s3:::home/?*")),
        Containment::Unknown(_)
    ));
    // Where two statements meet, a value decides whether they do.
    let allow = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:username}/*"}"#;
    let deny = r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::home/ada/*"}"#;
    assert_ne!(
        contained(&policy(allow), &policy(&format!("{allow},{deny}"))),
        Containment::Contained
    );
    // `arn:…:b/alice` is not outside `b/${aws:username}` for alice.
    let but = policy(r#"{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/${aws:username}"}"#);
    assert!(matches!(
        contained(&on("arn:aws:s3:::b/alice"), &but),
        Containment::Unknown(_)
    ));
    // What is written alike is alike for every value.
    let owner =
        r#"{"Effect":"Allow","Action":["s3:Get*","s3:PutObject"],"NotResource":"arn:aws:s3:::b/${aws:username}"}"#;
    let not_theirs = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::${aws:username}"}}}"#;
    let reading = owner.replace(r#"["s3:Get*","s3:PutObject"]"#, r#""s3:GetObject""#);
    let whole = policy(&format!("{owner},{not_theirs}"));
    let less = policy(&format!("{not_theirs},{reading}"));
    assert_eq!(contained(&less, &whole), Containment::Contained);
    assert!(matches!(contained(&policy(&reading), &whole), Containment::Exceeds(_)));
    // In the older language it is text.
    let text = |resource: &str| {
        parse(&format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"s3:*","Resource":"{resource}"}}}}"#
        ))
        .document
    };
    let plain = "arn:aws:s3:::home/${aws:username}/*";
    assert_eq!(contained(&text(plain), &text(plain)), Containment::Contained);
}

#[test]
fn access_that_must_not_be_granted_is_asked_for_by_action_and_resource() {
    let reader = policy(r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::reports/*"}"#);
    let access = |actions: &[&str], resources: &[&str]| Access {
        actions: actions.iter().map(|one| (*one).to_owned()).collect(),
        resources: resources.iter().map(|one| (*one).to_owned()).collect(),
    };
    let audit = "arn:aws:s3:::audit/*";
    for other in [
        access(&["s3:PutObject"], &[]),
        access(&["s3:GetObject"], &[audit]),
        access(&[], &[audit]),
    ] {
        assert_eq!(not_granted(&reader, &[other]), Containment::Contained);
    }
    let either = [access(&["s3:PutObject"], &[]), access(&[], &["arn:aws:s3:::reports/x"])];
    assert!(matches!(not_granted(&reader, &either), Containment::Exceeds(_)));
    let Containment::Exceeds(excesses) = not_granted(
        &reader,
        &[access(&["S3:getobject", "s3:PutObject"], &["arn:aws:s3:::rep*"])],
    ) else {
        panic!("reading is granted")
    };
    assert_eq!(excesses[0].witness.action.to_ascii_lowercase(), "s3:getobject");
    let (more, less) = equivalent(
        &reader,
        &policy(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::reports/*"}"#),
    );
    assert!(matches!(
        (more, less),
        (Containment::Contained, Containment::Exceeds(_))
    ));
}

#[test]
fn a_document_that_cannot_be_interpreted_is_not_compared() {
    let whole = policy(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    for text in [
        "[]",
        r#"{"Version":"2012-10-17"}"#,
        r#"{"Statement":[],"Statement":[]}"#,
        r#"{"Statement":["Allow"]}"#,
        r#"{"Statement":[],"Statements":[]}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","NotResource":"*"}}"#,
    ] {
        let broken = parse(text).document;
        for answer in [contained(&broken, &whole), contained(&whole, &broken)] {
            assert_eq!(doubts(answer)[0].0, Cause::Invalid, "{text}");
        }
    }
}
