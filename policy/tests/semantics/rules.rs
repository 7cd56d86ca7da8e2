//! The rules of the guide, one by one.

use leastpriv_policy::decide::{
    Attachment, Context, Element, Layer, Outcome, Policies, Policy, Principal, Reason, Request, evaluate, evaluate_all,
    trace, trace_as_given,
};
use leastpriv_policy::document::parse;

const ACCOUNT: &str = "111111111111";
const ALLOW: &str = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
const DENY: &str = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#;
const OTHER: &str = r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*"}"#;

fn of(statement: &str, attachment: Attachment) -> Policy {
    let parsed = parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#));
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    Policy::new(&parsed.document, attachment)
}

fn own(statement: &str) -> Policy {
    of(statement, Attachment::Principal)
}

/// The policy of a resource that allows reading to a principal.
#[expect(clippy::unnecessary_wraps, reason = "it is put where a policy may be absent")]
fn shared(principal: &str) -> Option<Policy> {
    let statement = format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"*"}}"#);
    Some(of(&statement, Attachment::Resource))
}

fn user() -> Principal {
    Principal::User(format!("arn:aws:iam::{ACCOUNT}:user/ada"))
}

fn session() -> Principal {
    Principal::Session {
        session: format!("arn:aws:sts::{ACCOUNT}:assumed-role/app/one"),
        role: format!("arn:aws:iam::{ACCOUNT}:role/app"),
    }
}

fn ask(principal: Principal) -> Request {
    Request {
        action: "s3:GetObject".to_owned(),
        resource: Some("arn:aws:s3:::reports/x".to_owned()),
        principal,
        resource_account: None,
        context: Context::default(),
    }
}

fn outcome(policies: &Policies, request: &Request) -> Outcome {
    evaluate(policies, request).outcome
}

fn with_identity(statement: &str) -> Policies {
    Policies {
        identity: vec![own(statement)],
        ..Policies::default()
    }
}

#[test]
fn nothing_said_is_denied_and_a_deny_of_any_layer_wins() {
    let request = ask(user());
    assert_eq!(outcome(&Policies::default(), &request), Outcome::ImplicitDeny);
    assert_eq!(outcome(&with_identity(ALLOW), &request), Outcome::Allowed);
    let everyone = r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}"#;
    let allowed = || Policies {
        resource: shared(r#""*""#),
        ..with_identity(ALLOW)
    };
    let layers: [fn(&mut Policies, Policy); 5] = [
        |policies, deny| policies.identity.push(deny),
        |policies, deny| policies.boundary = Some(deny),
        |policies, deny| policies.session = Some(vec![deny]),
        |policies, deny| policies.service_control = vec![vec![deny]],
        |policies, deny| policies.identity.insert(0, deny),
    ];
    for add in layers {
        let mut policies = allowed();
        add(&mut policies, own(DENY));
        assert_eq!(outcome(&policies, &request), Outcome::ExplicitDeny);
    }
    for add in [
        (|policies, deny| policies.resource = Some(deny)) as fn(&mut Policies, Policy),
        |policies, deny| policies.resource_control = vec![vec![deny]],
        |policies, deny| policies.endpoint = Some(deny),
    ] {
        let mut policies = allowed();
        add(&mut policies, of(everyone, Attachment::Resource));
        assert_eq!(outcome(&policies, &request), Outcome::ExplicitDeny);
    }
}

#[test]
fn every_level_of_an_organization_must_allow() {
    let request = ask(user());
    let levels = |statements: &[&str]| Policies {
        service_control: statements.iter().map(|statement| vec![own(statement)]).collect(),
        ..with_identity(ALLOW)
    };
    assert_eq!(outcome(&levels(&[ALLOW, ALLOW]), &request), Outcome::Allowed);
    assert_eq!(
        outcome(&levels(&[ALLOW, OTHER, ALLOW]), &request),
        Outcome::ImplicitDeny
    );
    // The root user has every right, but not those that its organization keeps back.
    let root = ask(Principal::Root(ACCOUNT.to_owned()));
    assert_eq!(outcome(&Policies::default(), &root), Outcome::Allowed);
    assert_eq!(outcome(&levels(&[OTHER]), &root), Outcome::ImplicitDeny);
    // Services and strangers belong to no organization.
    let policies = Policies {
        resource: shared(r#"{"Service":"ec2.amazonaws.com"}"#),
        ..levels(&[OTHER])
    };
    assert_eq!(
        outcome(&policies, &ask(Principal::Service("ec2.amazonaws.com".to_owned()))),
        Outcome::Allowed
    );
    // A resource control policy only takes away.
    let everyone = r#"{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}"#;
    let policies = Policies {
        resource_control: vec![vec![of(everyone, Attachment::Resource)]],
        ..with_identity(ALLOW)
    };
    assert_eq!(outcome(&policies, &request), Outcome::Allowed);
}

#[test]
fn within_an_account_either_side_is_enough_and_naming_decides_what_limits() {
    let user_arn = format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:user/ada"}}"#);
    let account = format!(r#"{{"AWS":"{ACCOUNT}"}}"#);
    let role = format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:role/app"}}"#);
    let one_session = format!(r#"{{"AWS":"arn:aws:sts::{ACCOUNT}:assumed-role/app/one"}}"#);
    let bounded = |resource: &str| Policies {
        resource: shared(resource),
        boundary: Some(own(OTHER)),
        session: None,
        ..Policies::default()
    };
    // An ARN of the user itself, or everybody, passes a silent boundary.
    assert_eq!(outcome(&bounded(&user_arn), &ask(user())), Outcome::Allowed);
    assert_eq!(outcome(&bounded(r#""*""#), &ask(user())), Outcome::Allowed);
    // Naming the account only delegates.
    assert_eq!(outcome(&bounded(&account), &ask(user())), Outcome::ImplicitDeny);
    // The session's own ARN passes, its role's does not.
    assert_eq!(outcome(&bounded(&one_session), &ask(session())), Outcome::Allowed);
    assert_eq!(outcome(&bounded(&role), &ask(session())), Outcome::ImplicitDeny);
    let limited = |session: &str| Policies {
        session: Some(vec![own(session)]),
        resource: shared(&role),
        ..Policies::default()
    };
    assert_eq!(outcome(&limited(OTHER), &ask(session())), Outcome::ImplicitDeny);
    assert_eq!(outcome(&limited(ALLOW), &ask(session())), Outcome::Allowed);
}

#[test]
fn a_federated_user_has_what_its_session_leaves_of_its_user() {
    let federated = ask(Principal::FederatedUser {
        federated: format!("arn:aws:sts::{ACCOUNT}:federated-user/eve"),
        user: format!("arn:aws:iam::{ACCOUNT}:user/ada"),
    });
    assert_eq!(outcome(&with_identity(ALLOW), &federated), Outcome::ImplicitDeny);
    let policies = Policies {
        session: Some(vec![own(ALLOW)]),
        ..with_identity(ALLOW)
    };
    assert_eq!(outcome(&policies, &federated), Outcome::Allowed);
}

#[test]
fn across_accounts_both_sides_must_allow() {
    let mut request = ask(user());
    request.resource_account = Some("222222222222".to_owned());
    assert_eq!(outcome(&with_identity(ALLOW), &request), Outcome::ImplicitDeny);
    let account = format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}}"#);
    let policies = |identity: &str, boundary: Option<&str>| Policies {
        resource: shared(&account),
        boundary: boundary.map(own),
        ..with_identity(identity)
    };
    assert_eq!(outcome(&policies(ALLOW, None), &request), Outcome::Allowed);
    assert_eq!(outcome(&policies(OTHER, None), &request), Outcome::ImplicitDeny);
    assert_eq!(outcome(&policies(ALLOW, Some(OTHER)), &request), Outcome::ImplicitDeny);
}

#[test]
fn trust_and_key_policies_must_allow_themselves() {
    let account = format!(r#"{{"AWS":"{ACCOUNT}"}}"#);
    let policies = |resource: Option<Policy>, identity: &str| Policies {
        resource,
        resource_must_allow: true,
        ..with_identity(identity)
    };
    assert_eq!(outcome(&policies(None, ALLOW), &ask(user())), Outcome::ImplicitDeny);
    assert_eq!(
        outcome(&policies(shared(&account), OTHER), &ask(user())),
        Outcome::ImplicitDeny
    );
    assert_eq!(
        outcome(&policies(shared(&account), ALLOW), &ask(user())),
        Outcome::Allowed
    );
    assert_eq!(
        outcome(&policies(shared(r#""*""#), OTHER), &ask(user())),
        Outcome::Allowed
    );
    // Callers with a token of a provider have nothing but the trust policy.
    let provider = "arn:aws:iam::111111111111:saml-provider/corp";
    let trust = shared(&format!(r#"{{"Federated":"{provider}"}}"#));
    assert_eq!(
        outcome(&policies(trust, ALLOW), &ask(Principal::Federated(provider.to_owned()))),
        Outcome::Allowed
    );
}

#[test]
fn an_endpoint_must_allow_too() {
    let everyone = |action: &str| {
        let statement = format!(r#"{{"Effect":"Allow","Principal":"*","Action":"{action}","Resource":"*"}}"#);
        Policies {
            endpoint: Some(of(&statement, Attachment::Resource)),
            ..with_identity(ALLOW)
        }
    };
    assert_eq!(outcome(&everyone("s3:*"), &ask(user())), Outcome::Allowed);
    assert_eq!(outcome(&everyone("sqs:*"), &ask(user())), Outcome::ImplicitDeny);
}

#[test]
fn not_principal_is_unknown_for_a_session_that_is_listed_in_part() {
    let all_but = |names: &str| Policies {
        resource: Some(of(
            &format!(r#"{{"Effect":"Deny","NotPrincipal":{{"AWS":[{names}]}},"Action":"*","Resource":"*"}}"#),
            Attachment::Resource,
        )),
        ..with_identity(ALLOW)
    };
    let role = format!(r#""arn:aws:iam::{ACCOUNT}:role/app""#);
    let whole = format!(r#"{role},"arn:aws:sts::{ACCOUNT}:assumed-role/app/one","{ACCOUNT}""#);
    assert_eq!(
        outcome(&all_but(&role), &ask(session())),
        Outcome::Unknown(Reason::NotPrincipalOfSession)
    );
    assert_eq!(outcome(&all_but(&whole), &ask(session())), Outcome::Allowed);
    assert_eq!(
        outcome(&all_but(r#""222222222222""#), &ask(session())),
        Outcome::ExplicitDeny
    );
    // With a boundary it always hits.
    let bounded = Policies {
        boundary: Some(own(ALLOW)),
        ..all_but(&whole)
    };
    assert_eq!(outcome(&bounded, &ask(session())), Outcome::ExplicitDeny);
}

#[test]
fn some_things_are_fixed() {
    let mut request = ask(user());
    request.resource = None;
    request.action = "sts:GetCallerIdentity".to_owned();
    assert_eq!(
        outcome(&with_identity(&DENY.replace("s3", "sts")), &request),
        Outcome::Allowed
    );
    let everything = with_identity(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    for (action, resource) in [
        ("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        (
            "iam:putrolepolicy",
            "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/x",
        ),
        ("kms:DeleteAlias", "arn:aws:kms:eu-west-1:111111111111:alias/aws/s3"),
    ] {
        request.action = action.to_owned();
        request.resource = Some(resource.to_owned());
        assert_eq!(outcome(&everything, &request), Outcome::ImplicitDeny, "{action}");
    }
    request.action = "iam:GetPolicy".to_owned();
    request.resource = Some("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned());
    assert_eq!(outcome(&everything, &request), Outcome::Allowed);
}

#[test]
fn keys_follow_from_the_request() {
    let conditions = [
        r#"{"StringEquals":{"aws:PrincipalAccount":"111111111111"}}"#,
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/ada"}}"#,
        r#"{"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}"#,
        r#"{"NumericLessThan":{"aws:EpochTime":"1795910401"}}"#,
        r#"{"DateGreaterThanEquals":{"aws:EpochTime":"2026-11-29"}}"#,
        r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["Team"]},"Null":{"aws:TagKeys":"false"}}"#,
    ];
    let mut request = ask(user());
    request
        .context
        .set("aws:CurrentTime", "2026-11-29T00:00:00Z")
        .set("aws:RequestTag/Team", "payments");
    for condition in conditions {
        let statement = format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}"#);
        assert_eq!(
            outcome(&with_identity(&statement), &request),
            Outcome::Allowed,
            "{condition}"
        );
    }
}

#[test]
fn a_statement_that_cannot_be_interpreted_is_not_dropped() {
    for statement in [
        r#"{"Effect":"Deny","Actions":"s3:*","Action":"s3:*","Resource":"*"}"#,
        r#"{"Effect":"Deny","Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
        r#"{"Effect":"Deny","Action":"s3:*"}"#,
        r#"{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":"x"}"#,
    ] {
        let parsed = parse(&format!(
            r#"{{"Version":"2012-10-17","Statement":[{ALLOW},{statement}]}}"#
        ));
        let policies = Policies {
            identity: vec![Policy::new(&parsed.document, Attachment::Principal)],
            ..Policies::default()
        };
        assert_eq!(
            outcome(&policies, &ask(user())),
            Outcome::Unknown(Reason::InvalidStatement),
            "{statement}"
        );
    }
}

#[test]
fn a_decision_tells_what_decided_what_failed_and_what_was_missing() {
    let statements = [
        r#"{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}"#,
        r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::archive/*"}"#,
        r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
    ];
    let decision = trace(&with_identity(&statements.join(",")), &ask(user()));
    assert_eq!(decision.outcome, Outcome::Allowed);
    assert_eq!(decision.deciding.len(), 1);
    assert_eq!(
        (
            decision.deciding[0].layer,
            decision.deciding[0].statement,
            decision.deciding[0].sid.as_deref()
        ),
        (Layer::Identity, 0, Some("Read"))
    );
    let failed: Vec<_> = decision
        .trace
        .iter()
        .map(|(id, element)| (id.statement, *element))
        .collect();
    assert_eq!(
        failed,
        [(1, Element::Action), (2, Element::Resource), (3, Element::Condition)]
    );
    assert_eq!(
        decision.missing.into_iter().collect::<Vec<_>>(),
        ["aws:securetransport"]
    );
}

#[test]
fn every_layer_tells_its_own_verdict_and_every_match_is_named() {
    let both = format!("{ALLOW},{DENY}");
    let policies = Policies {
        identity: vec![own(&both), own(OTHER)],
        boundary: Some(own(OTHER)),
        service_control: vec![vec![own(ALLOW), own(OTHER)], vec![own(DENY)]],
        resource_control: vec![vec![of(
            r#"{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}"#,
            Attachment::Resource,
        )]],
        ..Policies::default()
    };
    let decision = trace(&policies, &ask(user()));
    assert_eq!(
        decision.layers,
        [
            (Layer::Identity, Outcome::ExplicitDeny),
            (Layer::Boundary, Outcome::ImplicitDeny),
            (Layer::ServiceControl(0), Outcome::Allowed),
            (Layer::ServiceControl(1), Outcome::ExplicitDeny),
            (Layer::ResourceControl(0), Outcome::Allowed),
        ]
    );
    let matched: Vec<_> = decision
        .matched
        .iter()
        .map(|id| (id.layer, id.policy, id.statement))
        .collect();
    assert_eq!(
        matched,
        [
            (Layer::Identity, 0, 1),
            (Layer::ServiceControl(1), 0, 0),
            (Layer::Identity, 0, 0),
            (Layer::ServiceControl(0), 0, 0),
        ]
    );
    let plain = evaluate(&policies, &ask(user()));
    assert!(plain.layers.is_empty() && plain.matched.is_empty());
}

#[test]
fn a_context_can_be_all_that_is_known() {
    let policies = with_identity(
        r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:username":"*"}}}"#,
    );
    let mut request = ask(user());
    assert_eq!(trace(&policies, &request).outcome, Outcome::Allowed);
    let decision = trace_as_given(&policies, &request);
    assert_eq!(decision.outcome, Outcome::ImplicitDeny);
    assert!(decision.missing.contains("aws:username"));
    request.context.set("aws:username", "somebody");
    assert_eq!(trace_as_given(&policies, &request).outcome, Outcome::Allowed);
}

#[test]
fn a_call_of_several_requests_needs_them_all() {
    let policies =
        with_identity(r#"{"Effect":"Allow","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*"}"#);
    let on = |resource: &str| Request {
        action: "ec2:RunInstances".to_owned(),
        resource: Some(format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:{resource}")),
        ..ask(user())
    };
    let one = [on("instance/*")];
    let both = [on("instance/*"), on("subnet/subnet-1")];
    assert_eq!(evaluate_all(&policies, &one).unwrap().outcome, Outcome::Allowed);
    assert_eq!(evaluate_all(&policies, &both).unwrap().outcome, Outcome::ImplicitDeny);
    assert!(evaluate_all(&policies, &[]).is_none());
}
