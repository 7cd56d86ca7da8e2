//! How long one decision takes: a policy of three statements and a request with four context keys, as most are.

#![expect(clippy::print_stdout, reason = "a bench prints its figure")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use leastpriv_policy::decide::{Attachment, Context, Outcome, Policies, Policy, Principal, Request, evaluate};
use leastpriv_policy::document::parse;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::reports/${aws:username}/*",
     "Condition":{"Bool":{"aws:SecureTransport":"true"}}},
    {"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::reports"},
    {"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}]}"#;

fn main() {
    let parsed = parse(POLICY);
    let policies = Policies {
        identity: vec![Policy::new(&parsed.document, Attachment::Principal)],
        ..Policies::default()
    };
    let mut context = Context::default();
    context
        .set("aws:SecureTransport", "true")
        .set("aws:SourceIp", "203.0.113.9")
        .set("aws:RequestedRegion", "eu-west-1")
        .set("aws:UserAgent", "aws-cli");
    let request = Request {
        action: "s3:GetObject".to_owned(),
        resource: Some("arn:aws:s3:::reports/ada/monthly.txt".to_owned()),
        principal: Principal::User("arn:aws:iam::123456789012:user/ada".to_owned()),
        resource_account: None,
        context,
    };
    assert_eq!(
        evaluate(&policies, &request).outcome,
        Outcome::Allowed,
        "the bench decides something else"
    );
    let mut best = Duration::MAX;
    for _ in 0..7 {
        let started = Instant::now();
        for _ in 0..ROUNDS {
            black_box(evaluate(black_box(&policies), black_box(&request)));
        }
        best = best.min(started.elapsed());
    }
    println!("one decision: {} ns", best.as_nanos() / u128::from(ROUNDS));
}

const ROUNDS: u32 = 100_000;
