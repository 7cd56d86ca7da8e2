//! Pairs whose answer hangs on one value that is easily forgotten.

use leastpriv_policy::compare::{Containment, Replay, contained};
use leastpriv_policy::document::{Document, parse};

fn allow(condition: &str) -> Document {
    document(&format!(
        r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}"#
    ))
}

fn document(statements: &str) -> Document {
    parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).document
}

fn nothing() -> Document {
    document(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#)
}

#[track_caller]
fn exceeds(new: &Document, existing: &Document) {
    let Containment::Exceeds(excesses) = contained(new, existing) else {
        panic!("{:?}", contained(new, existing))
    };
    let replay = Replay::new(new, existing);
    assert!(
        excesses.iter().all(|excess| replay.is_new(&excess.witness)),
        "{excesses:?}"
    );
}

#[test]
fn a_value_that_no_pattern_spells_is_not_the_empty_one() {
    let only = allow(r#"{"ForAllValues:StringEquals":{"k":"a"}}"#);
    exceeds(&allow(r#"{"StringNotEquals":{"k":"a"}}"#), &only);
    let without = document(
        r#"{"Effect":"Allow","Action":"*","Resource":"*"},
           {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"k":"a"}}}"#,
    );
    exceeds(&without, &only);
    let either = document(
        r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAllValues:StringLike":{"k":"a*"}}},
           {"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringLike":{"k":"a*"}}}"#,
    );
    exceeds(&document(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#), &either);
}

#[test]
fn one_empty_text_is_a_value_of_every_type() {
    for (all, not, value) in [
        ("NumericEquals", "NumericNotEquals", "1"),
        ("IpAddress", "NotIpAddress", "10.0.0.0/8"),
    ] {
        let condition =
            format!(r#"{{"ForAllValues:{all}":{{"k":"{value}"}},"{not}":{{"k":"{value}"}},"Null":{{"k":"false"}}}}"#);
        exceeds(&allow(&condition), &nothing());
    }
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
        exceeds(&to(new), &to(existing));
    }
    let everybody_but = document(
        r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#,
    );
    exceeds(&everybody_but, &to("999988887777"));
    // A session has the role that is named, path and all.
    let session = to("arn:aws:sts::111122223333:assumed-role/r/one");
    let but_the_role = document(
        r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},
           {"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:role/path/r"},"Action":"*","Resource":"*"}"#,
    );
    exceeds(&session, &but_the_role);
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
    exceeds(&document(user), &document(&format!("{user},{but}")));
}

#[test]
fn a_key_with_operators_of_both_kinds_may_hold_several_values() {
    let new = allow(r#"{"ForAnyValue:StringEquals":{"k":"a"},"ForAnyValue:StringLike":{"k":"b"}}"#);
    let existing = document(
        r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*","Condition":{"StringEquals":{"b":"t","k":"z"}}},
           {"Effect":"Allow","NotAction":"s3:Get*","Resource":"*"},
           {"Effect":"Allow","Action":"s3:Get*","Resource":"*","Condition":{"StringNotEquals":{"b":"t"},"StringEquals":{"c":"u"}}},
           {"Effect":"Allow","Action":"s3:Get*","Resource":"*","Condition":{"StringEquals":{"b":"t"},"StringNotEquals":{"c":"u"}}}"#,
    );
    assert_ne!(contained(&new, &existing), Containment::Contained);
}

#[test]
fn the_first_year_has_one_before_it() {
    exceeds(&allow(r#"{"DateLessThan":{"k":"0000-01-01"}}"#), &nothing());
    exceeds(&allow(r#"{"DateLessThan":{"k":"0001-01-01"}}"#), &nothing());
}

#[test]
fn letters_are_folded_one_by_one() {
    // The sign of the kelvin is a `k` in another case.
    exceeds(
        &allow(r#"{"StringEqualsIgnoreCase":{"k":"k"}}"#),
        &allow(r#"{"StringEquals":{"k":["k","K"]}}"#),
    );
    exceeds(&allow(r#"{"StringEqualsIgnoreCase":{"k":"ΑΣ"}}"#), &nothing());
}

#[test]
fn an_action_has_a_prefix_and_a_name() {
    let on = |actions: &str| document(&format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":"*"}}"#));
    for (new, existing) in [
        (r#""s3:*""#, r#""s3:?*""#),
        (r#""*:Get*""#, r#""?*:Get*""#),
        (r#""s3*""#, r#"["s3:*","s3?*:*"]"#),
        (r#""*""#, r#"["?:*","??:*","???*:*"]"#),
    ] {
        assert_eq!(contained(&on(new), &on(existing)), Containment::Contained, "{new}");
    }
}
