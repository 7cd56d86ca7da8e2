//! The smaller policy that means the same.
//!
//! What lives here: the steps that shorten a policy, each proved by the comparison, and the proof about the whole. What
//! must not: how access is compared, which is [`compare`](crate::compare), and the catalog: what is said here holds for
//! actions to come, too.
//!
//! A policy is used beside others, so two policies mean the same where they deny the same, and allow the same of what they
//! do not deny.

mod lists;
mod merge;
mod parts;
mod proof;
mod statements;
mod step;

use crate::compare::{Cause, Doubt};
use crate::document::{Document, Parsed, parse};
use crate::print::compact;
use parts::Parts;
use proof::prove;
pub use proof::{Certificates, certificates};
pub use step::{Dimension, Step};

/// What may be shortened beside what means the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether every `Sid` goes. They mean nothing to IAM and something to people, and some services keep their own.
    pub drop_sids: bool,
}

/// What came of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minimized {
    /// The smaller policy without white space between its elements; the text as it was given where it is not
    /// [`Outcome::Smaller`].
    pub text: String,
    /// How it went.
    pub outcome: Outcome,
    /// What was done, in order; nothing where the text is as it was given.
    pub steps: Vec<Step>,
    /// Numbers of the statements that stay as they are, because not all of them can be interpreted.
    pub left: Vec<usize>,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is smaller, and it is proved both ways that it means the same.
    Smaller,
    /// Nothing was found that could be shorter.
    Unchanged,
    /// Nothing is shortened, for these reasons: the policy cannot be read, or a proof is missing.
    Unproved(Vec<Doubt>),
}

/// The smaller policy of the same meaning. It is never longer, and the same text always gives the same one.
///
/// Dropped are values that others of their list cover, statements that others cover or deny, and statements that are about
/// no request; statements that differ in one element are merged, the first keeps its place and its `Sid`; a list of one
/// becomes its element. A statement that cannot be interpreted stays as it is.
pub fn minimize(text: &str, options: Options) -> Minimized {
    let parsed = parse(text);
    let as_given = |outcome, left| Minimized {
        text: text.to_owned(),
        outcome,
        steps: Vec::new(),
        left,
    };
    if let Some(doubt) = unreadable(&parsed) {
        return as_given(Outcome::Unproved(vec![doubt]), Vec::new());
    }
    let parts = Parts::of(&parsed, options);
    let left = parts.left();
    let (reduced, doubts) = settle(parts);
    let smaller = reduced.parts.text(&parsed.value);
    if smaller.chars().count() < compact(text).chars().count() {
        return Minimized {
            text: smaller,
            outcome: Outcome::Smaller,
            steps: reduced.steps,
            left,
        };
    }
    let outcome = doubts.map_or(Outcome::Unchanged, Outcome::Unproved);
    as_given(outcome, left)
}

/// Why a document as a whole cannot be shortened.
fn unreadable(parsed: &Parsed) -> Option<Doubt> {
    let document = &parsed.document;
    let is_sound = parsed.problems.is_empty()
        && document.is_object
        && document.statement_keys.len() == 1
        && !document.statements.is_empty()
        && document.version.len() < 2
        && document.unknown.is_empty()
        && document.unreadable.is_empty()
        && document.mismatches.is_empty();
    (!is_sound).then(|| Doubt {
        cause: Cause::Invalid,
        elements: vec!["the document".to_owned()],
    })
}

/// A document without some of its statements, the others under their numbers.
fn usable(document: &Document, left: &[usize]) -> Document {
    let mut out = document.clone();
    out.statements.retain(|statement| !left.contains(&statement.index));
    out
}

/// Parts of a policy and what was done to them.
#[derive(Clone)]
struct Reduced {
    parts: Parts,
    steps: Vec<Step>,
}

/// The parts after all steps that are proved of the policy as a whole, and why others are not. What is proved of one
/// policy after the other is proved of the first and the last.
fn settle(parts: Parts) -> (Reduced, Option<Vec<Doubt>>) {
    let mut settled = Reduced {
        parts,
        steps: Vec::new(),
    };
    loop {
        let before = settled.parts.length();
        let mut next = reduce(settled.parts.clone());
        if next.parts.length() >= before {
            return (settled, None);
        }
        if let Err(doubts) = prove(&settled.parts.document(), &next.parts.document()) {
            // Some step says the same and yet hides from the proof of the whole that all does.
            let [order, _] = merge::ORDERS;
            next = reduce_in_order(settled.parts.clone().proving_each_change(), &order);
            if next.parts.length() >= before {
                return (settled, Some(doubts));
            }
        }
        settled.parts = next.parts.with_new_budget();
        settled.steps.append(&mut next.steps);
    }
}

/// Takes steps until there is none left to take. What is merged first decides what else can be, so two orders are tried.
fn reduce(parts: Parts) -> Reduced {
    let [first, second] = merge::ORDERS;
    let one = reduce_in_order(parts.clone(), &first);
    if !one.steps.iter().any(|step| matches!(step, Step::Merged { .. })) {
        return one;
    }
    let other = reduce_in_order(parts, &second);
    if other.parts.length() < one.parts.length() {
        other
    } else {
        one
    }
}

fn reduce_in_order(parts: Parts, order: &[Dimension]) -> Reduced {
    let mut out = Reduced {
        parts,
        steps: Vec::new(),
    };
    out.parts.tidy(&mut out.steps);
    loop {
        let before = out.steps.len();
        lists::shorten(&mut out.parts, &mut out.steps);
        statements::drop_needless(&mut out.parts, &mut out.steps);
        merge::merge(&mut out.parts, order, &mut out.steps);
        if out.steps.len() == before {
            break;
        }
    }
    out.parts.unlist(&mut out.steps);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimized(text: &str) -> Minimized {
        minimize(text, Options::default())
    }

    /// The statements of the smaller policy, and the steps in words.
    fn of(statements: &str) -> (String, Vec<String>) {
        let out = minimized(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#));
        let statements = out
            .text
            .strip_prefix(r#"{"Version":"2012-10-17","Statement":["#)
            .unwrap();
        let steps = out.steps.iter().map(Step::to_string).collect();
        (statements.strip_suffix("]}").unwrap().to_owned(), steps)
    }

    #[test]
    fn values_that_others_cover_go() {
        let (text, steps) = of(
            r#"{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","s3:Get*","S3:getobject"],"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b/x"]}"#,
        );
        assert_eq!(
            text,
            r#"{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}"#
        );
        assert_eq!(
            steps,
            [
                "Statement[0].Action: `s3:GetObject` and `S3:getobject` are covered by others of the list",
                "Statement[0].Resource: `arn:aws:s3:::b/x` is covered by others of the list",
                "2 lists of one element are written as the element"
            ]
        );
        // Only both others together cover the first.
        let (text, _) = of(r#"{"Effect":"Allow","Action":["s3:a*","s3:??*","s3:?"],"Resource":"*"}"#);
        assert_eq!(text, r#"{"Effect":"Allow","Action":["s3:??*","s3:?"],"Resource":"*"}"#);
        let (text, _) = of(
            r#"{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","10.1.0.0/16","192.0.2.0/24"]}}}"#,
        );
        assert!(text.contains(r#"["10.0.0.0/8","192.0.2.0/24"]"#), "{text}");
    }

    #[test]
    fn statements_that_add_nothing_go_and_a_deny_that_meets_no_allow_stays() {
        let (text, steps) = of(
            r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"},{"Effect":"Allow","Action":"ec2:RunInstances","Resource":"*"},{"Effect":"Deny","Action":"ec2:*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#,
        );
        assert_eq!(
            text,
            r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"},{"Effect":"Deny","Action":["ec2:*","iam:*"],"Resource":"*"}"#
        );
        assert_eq!(
            steps,
            [
                "Statement[1] is covered by Statement[0]",
                "Statement[2] is denied by Statement[3]",
                "Statement[4] is merged into Statement[3]: they differ in Action alone"
            ]
        );
    }

    #[test]
    fn statements_that_differ_in_one_element_are_merged() {
        let condition = |values: &str| {
            format!(
                r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{{"StringEquals":{{"aws:RequestedRegion":{values}}}}}}}"#
            )
        };
        let both = format!("{},{}", condition("\"eu-west-1\""), condition("[\"eu-west-2\"]"));
        assert_eq!(of(&both).0, condition(r#"["eu-west-1","eu-west-2"]"#));
        // What is not equal to one or not equal to another is everything.
        let neither = both
            .replace("StringEquals", "StringNotEquals")
            .replace("[\"eu-west-2\"]", "\"eu-west-2\"");
        assert_eq!(of(&neither).0, neither);
        let grant = |who: &str| format!(r#"{{"Effect":"Allow","Principal":{who},"Action":"s3:*","Resource":"*"}}"#);
        let (text, _) = of(&[
            grant(r#"{"AWS":"111111111111"}"#),
            grant(r#"{"AWS":["222222222222"],"Service":"ec2.amazonaws.com"}"#),
        ]
        .join(","));
        assert_eq!(
            text,
            grant(r#"{"AWS":["111111111111","222222222222"],"Service":"ec2.amazonaws.com"}"#)
        );
        // To name a user and to name its account are two grants.
        let two = grant(r#"{"AWS":["111111111111","arn:aws:iam::111111111111:user/a"]}"#);
        assert_eq!(of(&two).0, two);
    }

    #[test]
    fn what_cannot_be_interpreted_stays() {
        let odd = r#"{"Effect":"Allow","Action":["s3:Get*","s3:GetObject"],"Resource":"*","Recourse":"x"}"#;
        let shorthand = r#"{"Effect":"Deny","Action":["s3:Get*","s3:GetObject"],"Resource":["execute-api:/dev/*"]}"#;
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{odd},{shorthand},{{"Effect":"Allow","Action":["ec2:*"],"Resource":"*"}}]}}"#
        );
        let out = minimized(&text);
        assert_eq!((out.outcome, out.left), (Outcome::Smaller, vec![0, 1]));
        assert_eq!(out.text, text.replace("[\"ec2:*\"]", "\"ec2:*\""));
        for text in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"Statement":[]}"#,
            r#"{"Statement":{},"Statement":{}}"#,
        ] {
            let out = minimized(text);
            assert!(matches!(out.outcome, Outcome::Unproved(_)), "{text}");
            assert_eq!(out.text, text);
        }
    }

    #[test]
    fn a_policy_keeps_a_statement_and_its_sids() {
        let never = r#"{"Sid":"","Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"k:a":"x"},"StringNotEquals":{"k:a":"x"}}}"#;
        assert_eq!(of(never).0, never.replace(r#""Sid":"","#, ""));
        let named = r#"{"Statement":{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"},"Id":"x"}"#;
        assert_eq!(minimized(named).outcome, Outcome::Unchanged);
        let out = minimize(named, Options { drop_sids: true });
        assert_eq!(out.text, named.replace(r#""Sid":"A","#, ""));
        assert_eq!(
            out.steps.first().map(Step::to_string).as_deref(),
            Some("1 Sid is dropped")
        );
    }

    #[test]
    fn variables_keep_what_depends_on_them() {
        let (text, _) = of(
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::h/${aws:username}/*","arn:aws:s3:::h/ada/*"]},{"Effect":"Allow","Action":["s3:PutObject"],"Resource":["arn:aws:s3:::h/ada/*","arn:aws:s3:::h/${aws:username}/*"]}"#,
        );
        assert_eq!(
            text,
            r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::h/${aws:username}/*","arn:aws:s3:::h/ada/*"]}"#
        );
    }
}
