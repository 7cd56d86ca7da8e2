//! The least of a policy that still allows what is needed.
//!
//! What lives here: which part of a policy a need is about, gathering those parts into a policy that is as small as they
//! allow, and the proofs: a request for each need that the evaluator has allowed, and that nothing is allowed that was
//! not before. What must not: where needs come from, and the catalog.
//!
//! Conditions and every Deny stay as they are. A Deny that takes nothing away from what is left may still hold back
//! another policy of the same principal.

mod asked;
mod build;
mod generalise;
mod parts;

use std::collections::BTreeSet;

use crate::compare::{Cause, Containment, Covered, Doubt, certificate, contained, is_interpretable};
use crate::decide::{Context, Request};
use crate::document::Document;
use crate::pattern::Pattern;
use asked::{Asked, Given};
use build::Kept;

/// Requests that have to stay allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// The action, by its full name.
    pub action: String,
    /// On what.
    pub wanted: Wanted,
    /// The keys of the request, where they are known. Where they are not, the conditions of the policy stay.
    pub context: Option<Context>,
}

/// The resources of a need.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// No resource in particular, as the action works on none.
    Nothing,
    /// Every resource that a pattern matches; one where it is an ARN, every one there is where it is `*`.
    Every([String; 1]),
    /// Whatever the policy gives of these patterns, as it is not known better.
    Some(Vec<String>),
}

impl Wanted {
    /// Every resource that a pattern matches.
    pub fn every(pattern: impl Into<String>) -> Self {
        Self::Every([pattern.into()])
    }

    /// Whatever the policy gives: the resource is not known.
    pub fn unknown() -> Self {
        Self::Some(vec!["*".to_owned()])
    }

    /// The patterns; none where the action works on no resource in particular.
    pub fn patterns(&self) -> &[String] {
        match self {
            Self::Nothing => &[],
            Self::Every(pattern) => pattern,
            Self::Some(patterns) => patterns,
        }
    }

    fn is_one(&self) -> bool {
        self.patterns().iter().all(|text| Pattern::new(text).is_literal())
    }
}

/// A narrowed policy.
#[derive(Clone, Debug)]
pub struct Narrowed {
    /// The policy.
    pub policy: Document,
    /// The policy as text.
    pub text: String,
    /// What became of each need, in their order.
    pub fates: Vec<Fate>,
    /// Whether the policy allows nothing that the old one does not. It is only of use where it does not.
    pub containment: Containment,
    /// What proves that; empty where it is not so.
    pub certificate: Vec<Covered>,
    /// The patterns that stand for several ARNs of the needs.
    pub generalised: Vec<Generalised>,
}

/// A pattern that stands for several ARNs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generalised {
    /// The action.
    pub action: String,
    /// The pattern.
    pub pattern: String,
    /// How many ARNs it stands for.
    pub count: usize,
}

/// What became of a need.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// The new policy allows all of it that the old one does, and nothing is missing.
    Kept(Proof),
    /// The same, but the old policy gives only a part of it; a request for what it does not give.
    Partly(Proof, Box<Request>),
    /// The policy does not give it.
    Missing {
        /// Whether a statement would, and a Deny takes it away.
        is_denied: bool,
    },
    /// Everybody may do it, whatever the policies say.
    Free,
    /// It cannot be said, for these reasons.
    Unknown(Vec<Doubt>),
}

/// What shows that a need is met.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// A request for it, which the evaluator has allowed under both policies.
    pub request: Request,
    /// The statements of the new policy that allow it, by their numbers.
    pub by: Vec<usize>,
    /// Those of the old one.
    pub by_existing: Vec<usize>,
    /// The keys of conditions that it depends on.
    pub keys: BTreeSet<String>,
    /// Whether more of the policy is kept than the need is about, or its resource is not known.
    pub is_wide: bool,
}

/// Narrows a policy to needs. `support` is how many ARNs have to be alike for a star to take the place of what differs.
///
/// # Errors
///
/// Says why the policy cannot be narrowed at all: it cannot be interpreted, or it names principals.
pub fn narrow(policy: &Document, needs: &[Need], support: usize) -> Result<Narrowed, Vec<Doubt>> {
    if policy.names_principals() {
        return Err(vec![Doubt {
            cause: Cause::Principal,
            elements: vec!["the policy names principals, so it is a resource's".to_owned()],
        }]);
    }
    if !is_interpretable(policy) {
        return Err(match contained(policy, policy) {
            Containment::Unknown(doubts) => doubts,
            Containment::Contained | Containment::Exceeds(_) => vec![Doubt {
                cause: Cause::Invalid,
                elements: Vec::new(),
            }],
        });
    }
    let old = Asked::new(policy);
    let given: Vec<Given> = needs.iter().map(|need| old.give(need)).collect();
    let mut kept = Kept::default();
    for (need, given) in needs.iter().zip(&given) {
        for (statement, met) in &given.parts {
            kept.add(*statement, &need.action, met);
        }
    }
    let (document, text, generalised) = kept.document(policy, support);
    let containment = contained(&document, policy);
    let new = Asked::new(&document);
    let fates = needs
        .iter()
        .zip(given)
        .map(|(need, given)| new.fate(need, given))
        .collect();
    Ok(Narrowed {
        certificate: certificate(&document, policy).unwrap_or_default(),
        fates,
        containment,
        generalised,
        policy: document,
        text,
    })
}

/// A policy that names no principals, as [`narrow`] writes it.
pub fn written(policy: &Document) -> String {
    build::text(policy, &policy.statements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Statement, parse};

    fn document(statements: &str) -> Document {
        parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).document
    }

    fn need(action: &str, wanted: Wanted) -> Need {
        Need {
            action: action.to_owned(),
            wanted,
            context: None,
        }
    }

    fn statements(narrowed: &Narrowed) -> Vec<(Vec<&str>, Vec<&str>)> {
        let allows = narrowed.policy.statements.iter().filter(|one| one.allows());
        allows
            .map(|one| {
                (
                    one.actions().map(|text| text.text.as_str()).collect(),
                    one.resources().map(|text| text.text.as_str()).collect(),
                )
            })
            .collect()
    }

    const WIDE: &str = r#"{"Sid":"All","Effect":"Allow","Action":"s3:*","Resource":"*"},
        {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::secret/*"}"#;

    #[test]
    fn what_is_needed_is_left() {
        let policy = document(WIDE);
        let object = |key: &str| Wanted::every(format!("arn:aws:s3:::b/{key}"));
        let needs = [
            need("s3:GetObject", object("1")),
            need("s3:PutObject", object("1")),
            need("s3:GetObject", object("2")),
            need("s3:ListAllMyBuckets", Wanted::Nothing),
            need("s3:GetObject", Wanted::every("arn:aws:s3:::secret/x")),
            need("ec2:RunInstances", Wanted::unknown()),
            need("sts:GetCallerIdentity", Wanted::Nothing),
        ];
        let narrowed = narrow(&policy, &needs, 3).unwrap();
        assert_eq!(narrowed.containment, Containment::Contained);
        assert_eq!(
            statements(&narrowed),
            [
                (vec!["s3:ListAllMyBuckets"], vec!["*"]),
                (vec!["s3:PutObject"], vec!["arn:aws:s3:::b/1"]),
                (vec!["s3:GetObject"], vec!["arn:aws:s3:::b/1", "arn:aws:s3:::b/2"]),
            ]
        );
        let sids: Vec<_> = narrowed.policy.statements.iter().map(Statement::sid_text).collect();
        assert_eq!(sids, [Some("All"), Some("All2"), Some("All3"), None]);
        for (fate, index) in narrowed.fates.iter().zip([2, 1, 2, 0]) {
            assert!(
                matches!(fate, Fate::Kept(proof) if proof.by == [index] && proof.by_existing == [0]),
                "{fate:?}"
            );
        }
        assert_eq!(narrowed.fates[4], Fate::Missing { is_denied: true });
        assert_eq!(narrowed.fates[5], Fate::Missing { is_denied: false });
        assert_eq!(narrowed.fates[6], Fate::Free);
        assert!(!narrowed.certificate.is_empty());
    }

    #[test]
    fn conditions_stay_where_nothing_else_allows() {
        let policy = document(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
               {"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::open/*"}"#,
        );
        let needs = [
            need("s3:GetObject", Wanted::every("arn:aws:s3:::closed/1")),
            need("s3:GetObject", Wanted::every("arn:aws:s3:::open/1")),
        ];
        let narrowed = narrow(&policy, &needs, 3).unwrap();
        assert_eq!(narrowed.policy.statements.len(), 2);
        assert!(matches!(&narrowed.fates[0], Fate::Kept(proof) if proof.keys.contains("aws:SecureTransport")));
        assert!(matches!(&narrowed.fates[1], Fate::Kept(proof) if proof.keys.is_empty() && proof.by_existing == [1]));
    }

    #[test]
    fn a_set_of_resources_stays_whole_or_its_lack_is_told() {
        let policy =
            document(r#"{"Effect":"Allow","Action":"s3:Get*","Resource":["arn:aws:s3:::a/*","arn:aws:s3:::b/x*"]}"#);
        let needs = [
            need("s3:GetObject", Wanted::every("arn:aws:s3:::a/logs/*")),
            need("s3:GetObject", Wanted::every("arn:aws:s3:::b/*")),
        ];
        let narrowed = narrow(&policy, &needs, 3).unwrap();
        assert_eq!(
            statements(&narrowed),
            [(vec!["s3:GetObject"], vec!["arn:aws:s3:::a/logs/*", "arn:aws:s3:::b/x*"])]
        );
        assert!(matches!(narrowed.fates[0], Fate::Kept(_)));
        let Fate::Partly(_, lacking) = &narrowed.fates[1] else {
            panic!("{:?}", narrowed.fates[1]);
        };
        assert!(
            lacking
                .resource
                .as_deref()
                .is_some_and(|arn| arn.starts_with("arn:aws:s3:::b/"))
        );
    }

    #[test]
    fn a_context_picks_the_narrowest_statement() {
        let policy = document(
            r#"{"Effect":"Allow","Action":"*","Resource":"*"},
               {"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}"#,
        );
        let mut context = Context::default();
        context.set("aws:RequestedRegion", "eu-west-1");
        let mut one = need("sqs:SendMessage", Wanted::every("arn:aws:sqs:eu-west-1:111111111111:q"));
        one.context = Some(context);
        let narrowed = narrow(&policy, &[one], 3).unwrap();
        assert_eq!(narrowed.policy.statements.len(), 1);
        assert_eq!(narrowed.policy.statements[0].condition.len(), 1);
        assert!(matches!(&narrowed.fates[0], Fate::Kept(proof) if proof.by_existing == [0, 1]));
    }

    #[test]
    fn complements_and_variables_are_kept_as_they_are_where_they_have_to_be() {
        let policy = document(
            r#"{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::secret/*"},
               {"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:*:*:table/${aws:username}"}"#,
        );
        let needs = [
            need("s3:GetObject", Wanted::every("arn:aws:s3:::b/1")),
            need("sqs:SendMessage", Wanted::unknown()),
        ];
        let narrowed = narrow(&policy, &needs, 3).unwrap();
        assert_eq!(narrowed.containment, Containment::Contained);
        assert_eq!(narrowed.policy.statements.len(), 2);
        assert!(matches!(&narrowed.fates[1], Fate::Kept(proof) if proof.is_wide));
        let own = document(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:username}/*"}"#);
        let needs = [need("s3:GetObject", Wanted::every("arn:aws:s3:::home/ada/1"))];
        let narrowed = narrow(&own, &needs, 3).unwrap();
        assert_eq!(narrowed.containment, Containment::Contained);
        assert_eq!(
            statements(&narrowed),
            [(vec!["s3:GetObject"], vec!["arn:aws:s3:::home/${aws:username}/*"])]
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_narrowed() {
        let broken = document(r#"{"Effect":"Allow","Action":"s3:*"}"#);
        assert!(narrow(&broken, &[], 3).is_err());
        let resource = document(r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#);
        assert!(narrow(&resource, &[], 3).is_err());
    }
}
