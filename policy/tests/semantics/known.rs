//! Pairs that a search for classes of values, names or actions easily gets wrong: each has a request that one policy lets
//! through and the other does not, or has none.

use leastpriv_policy::compare::{Containment, Replay, contained};
use leastpriv_policy::decide::{Context, Principal, Request};
use leastpriv_policy::document::{Document, parse};
use serde_json::{Value, json};

fn policy(statements: &[Value]) -> Document {
    let statements: Vec<Value> = statements
        .iter()
        .map(|statement| {
            let mut whole = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
            whole
                .as_object_mut()
                .unwrap()
                .extend(statement.as_object().unwrap().clone());
            whole
        })
        .collect();
    parse(&json!({ "Version": "2012-10-17", "Statement": statements }).to_string()).document
}

fn condition(condition: &Value) -> Vec<Value> {
    vec![json!({ "Condition": condition })]
}

fn nothing() -> Vec<Value> {
    vec![json!({ "Effect": "Deny" })]
}

fn request() -> Request {
    Request {
        action: "s3:GetObject".to_owned(),
        resource: Some("arn:aws:s3:::b/x".to_owned()),
        principal: Principal::User("arn:aws:iam::111122223333:user/ada".to_owned()),
        resource_account: None,
        context: Context::default(),
    }
}

/// Asks whether a request is new access, and whether the comparison sees that there is some.
fn exceeds(new: &[Value], existing: &[Value], request: &Request) {
    let (new, existing) = (policy(new), policy(existing));
    let replay = Replay::new(&new, &existing);
    assert!(replay.is_new(request), "{request:?}\n{new:?}\n{existing:?}");
    let found = contained(&new, &existing);
    let Containment::Exceeds(excesses) = &found else {
        panic!("{found:?} in spite of {request:?}\n{new:?}\n{existing:?}")
    };
    assert!(
        excesses.iter().all(|excess| replay.is_new(&excess.witness)),
        "{found:?}"
    );
}

fn exceeds_with(new: &[Value], existing: &[Value], values: &[&str], is_set: bool) {
    let mut request = request();
    if is_set {
        request.context.set_all("k", values.to_vec());
    } else {
        request.context.set("k", values[0]);
    }
    exceeds(new, existing, &request);
}

#[test]
fn a_value_that_no_pattern_spells_is_none_of_them_even_if_the_empty_text_counts_as_none() {
    let only_a = json!({ "ForAllValues:StringEquals": { "k": "a" } });
    let deny_a = json!({ "Effect": "Deny", "Condition": { "ForAnyValue:StringEquals": { "k": "a" } } });
    exceeds_with(
        &condition(&json!({ "StringNotEquals": { "k": "a" } })),
        &condition(&only_a.clone()),
        &["z"],
        false,
    );
    exceeds_with(&[json!({}), deny_a], &condition(&only_a.clone()), &["z"], true);
    let both = [
        json!({ "Condition": only_a }),
        json!({ "Condition": { "ForAnyValue:StringEquals": { "k": "a" } } }),
    ];
    exceeds_with(&[json!({})], &both, &["z"], true);
    let like = [
        json!({ "Condition": { "ForAllValues:StringLike": { "k": "a*" } } }),
        json!({ "Condition": { "ForAnyValue:StringLike": { "k": "a*" } } }),
    ];
    exceeds_with(&[json!({})], &like, &["z"], true);
}

#[test]
fn one_empty_text_counts_as_no_value_for_every_type() {
    for (set, plain) in [(json!({ "k": "1" }), "Numeric"), (json!({ "k": "2026-11-29" }), "Date")] {
        let new = json!({
            format!("ForAllValues:{plain}Equals"): set,
            format!("{plain}NotEquals"): set,
            "Null": { "k": "false" }
        });
        exceeds_with(&condition(&new), &nothing(), &[""], false);
    }
    let address = json!({
        "ForAllValues:IpAddress": { "k": "10.0.0.0/8" }, "NotIpAddress": { "k": "10.0.0.0/8" }, "Null": { "k": "false" }
    });
    exceeds_with(&condition(&address), &nothing(), &[""], false);
}

#[test]
fn nobody_is_taken_for_somebody_who_is_named() {
    let by = |principal: &str| {
        vec![json!({ "Principal": { "AWS": principal }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" })]
    };
    let session = |name: &str| Request {
        principal: Principal::Session {
            session: format!("arn:aws:sts::111122223333:assumed-role/r/{name}"),
            role: "arn:aws:iam::111122223333:role/r".to_owned(),
        },
        ..request()
    };
    let role = by("arn:aws:iam::111122223333:role/r");
    let someone = by("arn:aws:sts::111122223333:assumed-role/r/someone");
    exceeds(&role, &someone, &session("other"));
    exceeds(
        &by("111122223333"),
        &by("arn:aws:iam::111122223333:user/someone"),
        &request(),
    );
    let another = |name: &str| vec![json!({ "Principal": { "Service": name } })];
    let everybody = vec![json!({ "Principal": "*" })];
    let service = Request {
        principal: Principal::Service("ec2.amazonaws.com".to_owned()),
        ..request()
    };
    exceeds(&everybody, &another("another.amazonaws.com"), &service);
    exceeds(&everybody, &by("999988887777"), &request());
}

#[test]
fn moments_are_found_wherever_they_can_be_written() {
    let (new, existing) = (
        policy(&condition(&json!({ "DateLessThan": { "k": "0001-01-01" } }))),
        policy(&nothing()),
    );
    let mut early = request();
    early.context.set("k", "0000-06-01");
    let is_read = Replay::new(&new, &existing).is_new(&early);
    let mut ahead = request();
    ahead.context.set("k", "0001-01-01T00:00:00+01:00");
    assert!(Replay::new(&new, &existing).is_new(&ahead) || !is_read);
    assert!(
        matches!(contained(&new, &existing), Containment::Exceeds(_)),
        "{:?}",
        contained(&new, &existing)
    );
}

#[test]
fn letters_that_fold_to_a_letter_of_the_policy_are_values() {
    let folded = |text: &str| condition(&json!({ "StringEqualsIgnoreCase": { "k": text } }));
    exceeds_with(
        &folded("k"),
        &condition(&json!({ "StringEquals": { "k": ["k", "K"] } })),
        &["\u{212a}"],
        false,
    );
    exceeds_with(&folded("ΑΣ"), &nothing(), &["ΑΣ"], false);
}

#[test]
fn what_is_no_action_is_no_request() {
    let actions = |actions: Value| policy(&[json!({ "Action": actions })]);
    for (new, existing) in [
        (json!("s3:*"), json!("s3:?*")),
        (json!("*:Get*"), json!("?*:Get*")),
        (json!("s3*"), json!(["s3:*", "s3?*:*"])),
        (json!("*"), json!(["?:*", "??:*", "???*:*"])),
    ] {
        let found = contained(&actions(new.clone()), &actions(existing.clone()));
        assert_eq!(found, Containment::Contained, "{new} {existing}");
    }
}

fn document(statements: &str) -> Document {
    parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).document
}

/// Asks whether the comparison sees that there is new access, whatever request shows it.
#[track_caller]
fn differs(new: &Document, existing: &Document) {
    let found = contained(new, existing);
    assert!(matches!(found, Containment::Exceeds(_)), "{found:?}");
}

#[test]
fn an_invented_name_is_one_that_no_policy_spells() {
    let to = |principal: &str| {
        document(&format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}"#
        ))
    };
    for (new, existing) in [
        (
            "arn:aws:iam::111122223333:role/r",
            "arn:aws:sts::111122223333:assumed-role/r/someone",
        ),
        ("111122223333", "arn:aws:iam::111122223333:user/someone"),
        ("*", "999988887777"),
        (
            "arn:aws:iam::111122223333:role/path/r",
            "arn:aws:sts::111122223333:assumed-role/r/one",
        ),
    ] {
        differs(&to(new), &to(existing));
    }
    let everybody_but = document(
        r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#,
    );
    differs(&everybody_but, &to("999988887777"));
    // A session has the role that is named, path and all.
    let session = to("arn:aws:sts::111122223333:assumed-role/r/one");
    let but_the_role = document(
        r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},
           {"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:role/path/r"},"Action":"*","Resource":"*"}"#,
    );
    differs(&session, &but_the_role);
}

#[test]
fn a_session_has_the_role_of_its_name_whatever_the_path() {
    let session = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/r/s"},"Action":"*","Resource":"*"}"#;
    let role =
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/app/r"},"Action":"*","Resource":"*"}"#;
    assert_eq!(contained(&document(session), &document(role)), Containment::Contained);
    let user =
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ada"},"Action":"*","Resource":"*"}"#;
    let but = r#"{"Effect":"Deny","Principal":{"AWS":"arn:aws:sts::111122223333:federated-user/x"},"Action":"*","Resource":"*"}"#;
    differs(&document(user), &document(&format!("{user},{but}")));
}

#[test]
fn a_key_with_operators_of_both_kinds_may_hold_several_values() {
    let new = policy(&condition(
        &json!({ "ForAnyValue:StringEquals": { "k": "a" }, "ForAnyValue:StringLike": { "k": "b" } }),
    ));
    let existing = document(
        r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*","Condition":{"StringEquals":{"b":"t","k":"z"}}},
           {"Effect":"Allow","NotAction":"s3:Get*","Resource":"*"},
           {"Effect":"Allow","Action":"s3:Get*","Resource":"*","Condition":{"StringNotEquals":{"b":"t"},"StringEquals":{"c":"u"}}},
           {"Effect":"Allow","Action":"s3:Get*","Resource":"*","Condition":{"StringEquals":{"b":"t"},"StringNotEquals":{"c":"u"}}}"#,
    );
    assert_ne!(contained(&new, &existing), Containment::Contained);
}

#[test]
fn a_variable_whose_case_does_not_count_is_a_value_all_the_same() {
    let new = document(
        r#"{"Effect":"Allow","Action":"A:x","Resource":"*","Condition":{"StringEqualsIgnoreCase":{"k:name":"${k:other}"}}}"#,
    );
    let existing = document(r#"{"Effect":"Allow","Action":"b:?","Resource":"*"}"#);
    differs(&new, &existing);
    differs(&new, &document(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#));
}

#[test]
fn variables_are_alike_only_where_the_evaluator_reads_them_alike() {
    let on = |resource: &str| {
        document(&format!(
            r#"{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/{resource}"}}"#
        ))
    };
    for (new, existing) in [
        // The case of a default counts, and a text without a colon is no variable.
        ("${aws:userid,'Ann'}", "${aws:userid,'ann'}"),
        ("${Foo}/${aws:userid}", "${foo}/${aws:userid}"),
        // A policy may spell a character that stands for a variable.
        ("\u{f0000}", "${aws:username}"),
    ] {
        assert_ne!(
            contained(&on(new), &on(existing)),
            Containment::Contained,
            "{new} {existing}"
        );
    }
    for (new, existing) in [
        ("${AWS:userid,'ann'}", "${aws:UserId, 'ann'}"),
        ("${aws:username}", "${AWS:USERNAME}"),
    ] {
        assert_eq!(
            contained(&on(new), &on(existing)),
            Containment::Contained,
            "{new} {existing}"
        );
    }
}
