//! Policies that bind together, what two policies share, and what proves a "yes".

use leastpriv_policy::compare::{
    Containment, Cover, Covered, certificate, contained, contained_layers, disjoint, is_empty,
};
use leastpriv_policy::decide::{Attachment, Outcome, Policies, Policy, Principal, Request, evaluate};
use leastpriv_policy::document::{Document, parse};

use super::compare::plain;
use super::decide::request;
use super::universe::Dice;

fn document(statements: &str) -> Document {
    parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).document
}

fn allow(action: &str, resource: &str) -> Document {
    document(&format!(
        r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#
    ))
}

#[test]
fn a_session_policy_limits_a_role() {
    let role = allow("s3:*", "arn:aws:s3:::reports/*");
    let session = allow("s3:Get*", "*");
    let ceiling = allow("s3:Get*", "arn:aws:s3:::reports/*");
    assert_eq!(
        contained_layers(&[vec![&session], vec![&role]], &[vec![&ceiling]]),
        Containment::Contained
    );
    let Containment::Exceeds(excesses) = contained_layers(&[vec![&session]], &[vec![&ceiling]]) else {
        panic!("a session policy alone reaches other buckets")
    };
    assert_eq!((excesses[0].policy, excesses[0].statement), (0, 0));
    // A second role that can more than the session policy takes away.
    let other = allow("s3:GetObject", "arn:aws:s3:::audit/*");
    let answer = contained_layers(&[vec![&session], vec![&role, &other]], &[vec![&ceiling]]);
    let Containment::Exceeds(excesses) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(excesses[0].witness.resource.as_deref(), Some("arn:aws:s3:::audit/"));
    // Both layers of the existing side have to allow.
    assert_eq!(
        contained_layers(&[vec![&ceiling]], &[vec![&session], vec![&role]]),
        Containment::Contained
    );
    assert!(matches!(
        contained_layers(&[vec![&role]], &[vec![&session], vec![&role]]),
        Containment::Exceeds(_)
    ));
    // Variables of two layers may or may not meet.
    let own = allow("s3:Get*", "arn:aws:s3:::${aws:username}/*");
    let nothing = document("");
    assert_ne!(
        contained_layers(&[vec![&own], vec![&role]], &[vec![&nothing]]),
        Containment::Contained
    );
}

#[test]
fn layers_agree_with_the_evaluator() {
    let policy = |dice: &mut Dice| parse(&plain(&dice.policy(false)).to_string()).document;
    let (mut contained, mut exceeded) = (0, 0);
    for seed in 0..400 {
        let dice = &mut Dice::new(seed);
        let (role, session, ceiling) = (policy(dice), policy(dice), policy(dice));
        let policies = |session: Option<&Document>, role: &Document| Policies {
            identity: vec![Policy::new(role, Attachment::Principal)],
            session: session.map(|session| vec![Policy::new(session, Attachment::Principal)]),
            ..Policies::default()
        };
        let (more, less) = (policies(Some(&session), &role), policies(None, &ceiling));
        match contained_layers(&[vec![&role], vec![&session]], &[vec![&ceiling]]) {
            Containment::Contained => {
                contained += 1;
                for _ in 0..40 {
                    let case = dice.case();
                    let request = Request {
                        principal: Principal::User("arn:aws:iam::111111111111:user/ada".to_owned()),
                        resource_account: None,
                        ..request(&case)
                    };
                    let (more, less) = (evaluate(&more, &request).outcome, evaluate(&less, &request).outcome);
                    let is_new =
                        more == Outcome::Allowed && matches!(less, Outcome::ImplicitDeny | Outcome::ExplicitDeny);
                    assert!(!is_new, "seed {seed}: {request:#?}");
                }
            }
            Containment::Exceeds(excesses) => {
                exceeded += 1;
                for excess in excesses {
                    assert_eq!(
                        evaluate(&more, &excess.witness).outcome,
                        Outcome::Allowed,
                        "seed {seed}"
                    );
                    assert_ne!(
                        evaluate(&less, &excess.witness).outcome,
                        Outcome::Allowed,
                        "seed {seed}"
                    );
                }
            }
            Containment::Unknown(_) => {}
        }
    }
    assert!(contained > 20 && exceeded > 20, "{contained} {exceeded}");
}

#[test]
fn two_policies_may_have_nothing_in_common() {
    let reports = allow("s3:*", "arn:aws:s3:::reports/*");
    let audit = allow("s3:Get*", "arn:aws:s3:::audit/*");
    assert_eq!(disjoint(&reports, &audit), Containment::Contained);
    let Containment::Exceeds(excesses) = disjoint(&reports, &allow("*:Get*", "*")) else {
        panic!("both allow reading")
    };
    assert!(excesses[0].witness.action.starts_with("s3:get"), "{excesses:?}");
    let taken =
        document(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*"}"#);
    assert_eq!(is_empty(&taken), Containment::Contained);
    assert!(matches!(is_empty(&audit), Containment::Exceeds(_)));
}

#[test]
fn a_yes_says_which_statements_are_needed() {
    let existing = document(
        r#"{"Effect":"Allow","Action":"ec2:*","Resource":"*"},
           {"Effect":"Allow","Action":"s3:G*","Resource":"*"},
           {"Effect":"Allow","Action":"s3:P*","Resource":"*"},
           {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::audit/*"}"#,
    );
    let new = document(
        r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":"*"},
           {"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"},
           {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::a*"}"#,
    );
    assert_eq!(contained(&new, &existing), Containment::Contained);
    assert_eq!(
        certificate(&new, &existing),
        Some(vec![
            Covered {
                statement: 0,
                meets: None,
                by: vec![Cover::NewDeny(1), Cover::ExistingAllow(1), Cover::ExistingAllow(2)],
            },
            Covered {
                statement: 0,
                meets: Some(3),
                by: vec![Cover::NewDeny(2)],
            },
        ])
    );
    assert_eq!(certificate(&existing, &new), None);
    let own = allow("s3:*", "arn:aws:s3:::home/${aws:username}/*");
    let wide = allow("s3:*", "arn:aws:s3:::home/*");
    assert_eq!(certificate(&own, &wide).unwrap()[0].by, [Cover::ExistingAllow(0)]);
}
