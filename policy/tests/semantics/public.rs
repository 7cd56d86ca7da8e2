//! What is public, and what only looks so.

use leastpriv_policy::compare::{Cause, Containment, not_public};
use leastpriv_policy::document::parse;

fn answer(principal: &str, condition: &str) -> Containment {
    with(&format!(
        r#"{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{condition}}}"#
    ))
}

fn with(statements: &str) -> Containment {
    not_public(&parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).document)
}

#[track_caller]
fn assert_public(answer: &Containment, what: &str) {
    assert!(matches!(answer, Containment::Exceeds(_)), "{what}: {answer:?}");
}

#[test]
fn conditions_that_a_stranger_cannot_meet_close_a_policy() {
    for condition in [
        r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#,
        r#"{"StringEquals":{"aws:PrincipalOrgID":"${aws:ResourceOrgID}"}}"#,
        r#"{"StringEquals":{"aws:ResourceOrgID":"${aws:PrincipalOrgID}"}}"#,
        r#"{"StringEquals":{"aws:PrincipalAccount":["111122223333","444455556666"]}}"#,
        r#"{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:*"}}"#,
        r#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/*"}}"#,
        r#"{"StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}"#,
        r#"{"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#,
        r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:111122223333:*"}}"#,
        r#"{"ArnEquals":{"aws:SourceArn":"arn:aws:s3:::own-bucket"}}"#,
        r#"{"StringLike":{"aws:userid":"AROAEXAMPLEID:*"}}"#,
        r#"{"StringEquals":{"kms:CallerAccount":"111122223333"}}"#,
        r#"{"Bool":{"aws:PrincipalIsAWSService":"true"}}"#,
        r#"{"ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:111122223333:accesspoint/*"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["54.0.0.0/8"]}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","172.16.0.0/12","192.168.0.0/16","54.0.0.0/9"]}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["2001:db8::/32"]}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"},"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#,
    ] {
        for principal in [r#""*""#, r#"{"AWS":"*"}"#] {
            assert_eq!(answer(principal, condition), Containment::Contained, "{condition}");
        }
    }
}

#[test]
fn conditions_that_a_stranger_can_meet_do_not() {
    for condition in [
        "{}",
        r#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#,
        r#"{"StringLike":{"aws:PrincipalOrgID":"o-*"}}"#,
        r#"{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#,
        r#"{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}"#,
        r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#,
        r#"{"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}}"#,
        r#"{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/Admin"}}"#,
        r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}}"#,
        r#"{"StringEquals":{"aws:PrincipalTag/team":"payments"}}"#,
        r#"{"StringEquals":{"aws:PrincipalTag/team":"${aws:ResourceTag/team}"}}"#,
        r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
        r#"{"StringEquals":{"s3:prefix":"home/"}}"#,
        r#"{"StringEquals":{"aws:PrincipalType":"AssumedRole"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["54.0.0.0/8","203.0.113.9"]}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"2001:db8::/31"}}"#,
        r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
        r#"{"IpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},"StringEqualsIfExists":{"aws:SourceIp":"10.0.0.1"}}"#,
    ] {
        let found = answer(r#""*""#, condition);
        if condition.contains("10.0.0.1") {
            // Nobody can have an address that is in one network and is another one.
            assert!(!matches!(found, Containment::Exceeds(_)), "{found:?}");
        } else {
            assert_public(&found, condition);
        }
    }
}

#[test]
fn whom_a_policy_names_is_no_stranger() {
    for principal in [
        r#"{"AWS":"arn:aws:iam::111122223333:root"}"#,
        r#"{"AWS":["999988887777","arn:aws:iam::111122223333:user/ada"]}"#,
        r#"{"Service":"sns.amazonaws.com"}"#,
        r#"{"Federated":"arn:aws:iam::111122223333:saml-provider/own"}"#,
        r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC"}"#,
    ] {
        assert_eq!(answer(principal, "{}"), Containment::Contained, "{principal}");
    }
    let but = r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
    assert_public(&with(but), but);
}

#[test]
fn tokens_that_everybody_can_get_are_public_unless_a_claim_is_fixed() {
    let github = r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;
    let host = "token.actions.githubusercontent.com";
    for (claim, is_public) in [
        (
            format!(r#"{{"StringEquals":{{"{host}:aud":"sts.amazonaws.com"}}}}"#),
            true,
        ),
        (format!(r#"{{"StringLike":{{"{host}:sub":"repo:*"}}}}"#), true),
        (format!(r#"{{"StringLike":{{"{host}:sub":"repo:own-org/*"}}}}"#), false),
        (
            format!(r#"{{"StringEquals":{{"{host}:sub":"repo:own-org/own-repo:ref:refs/heads/main"}}}}"#),
            false,
        ),
        (
            format!(r#"{{"StringEquals":{{"{host}:repository_owner":"own-org"}}}}"#),
            false,
        ),
    ] {
        let found = answer(github, &claim);
        assert_eq!(
            matches!(found, Containment::Exceeds(_)),
            is_public,
            "{claim}: {found:?}"
        );
    }
    let cognito = r#"{"Federated":"cognito-identity.amazonaws.com"}"#;
    assert_public(&answer(cognito, "{}"), cognito);
    let own = r#"{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool"}}"#;
    assert_eq!(answer(cognito, own), Containment::Contained);
}

#[test]
fn addresses_of_several_statements_add_up() {
    let from = |block: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{{"IpAddress":{{"aws:SourceIp":"{block}"}}}}}}"#
        )
    };
    let (one, other) = (from("54.0.0.0/8"), from("55.0.0.0/8"));
    assert_eq!(with(&one), Containment::Contained);
    assert_public(&with(&format!("{one},{other}")), "two networks");
    // Each network reaches something else.
    let elsewhere = other.replace("b/*", "c/*");
    let Containment::Unknown(doubts) = with(&format!("{one},{elsewhere}")) else {
        panic!("nothing is open to both networks")
    };
    assert_eq!(doubts[0].cause, Cause::Addresses);
    // A Deny takes addresses away again.
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"54.0.0.0/9"}}}"#;
    let half = from("54.0.0.0/7");
    assert_public(&with(&half), "a /7");
    assert_eq!(with(&format!("{},{deny}", from("54.0.0.0/8"))), Containment::Contained);
}

#[test]
fn a_deny_for_everybody_else_closes_a_policy() {
    let open = r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}"#;
    assert_public(&with(open), open);
    assert_eq!(with(&format!("{open},{deny}")), Containment::Contained);
    let partly = deny.replace(r#""Action":"*""#, r#""Action":"s3:Put*""#);
    assert_public(&with(&format!("{open},{partly}")), "only writing is denied");
}
