//! The least of a policy that still allows what is needed.
//!
//! What lives here: which part of a policy a need is about, gathering those parts into a policy that is as small as they
//! allow, and the proofs: a request for each need that the evaluator has allowed, and that nothing is allowed that was
//! not before. What must not: where needs come from, and the catalog.
//!
//! Conditions and every Deny stay as they are. A Deny that takes nothing away from what is left may still hold back
//! another policy of the same principal.

mod build;
mod generalise;
mod parts;

use std::collections::BTreeSet;

use crate::compare::{Cause, Containment, Covered, Doubt, Excess, certificate, contained, is_empty, is_interpretable};
use crate::decide::{
    Attachment, Context, Decision, Outcome, Policies, Policy, Principal, Request, has_variables, trace_as_given,
};
use crate::document::{Document, Statement, Text, Texts};
use crate::pattern::Pattern;
use build::{Kept, numbered};
use parts::{Met, meet, names_action};

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

/// A policy that is asked about needs.
struct Asked<'d> {
    document: &'d Document,
    policies: Policies,
    variables: bool,
}

/// What a policy gives of a need.
struct Given {
    /// The statements that give it, and what of their resources.
    parts: Vec<(usize, Met)>,
    /// All that the policy gives of it, as a policy; nothing where one request is asked about.
    whole: Option<Document>,
    verdict: Verdict,
}

enum Verdict {
    Allowed {
        request: Request,
        by: Vec<usize>,
    },
    Partly {
        request: Request,
        by: Vec<usize>,
        lacking: Request,
    },
    Missing {
        is_denied: bool,
    },
    Free,
    Unknown(Vec<Doubt>),
}

impl<'d> Asked<'d> {
    fn new(document: &'d Document) -> Self {
        Self {
            document,
            policies: Policies {
                identity: vec![Policy::new(document, Attachment::Principal)],
                ..Policies::default()
            },
            variables: has_variables(document),
        }
    }

    fn decide(&self, request: &Request) -> Decision {
        trace_as_given(&self.policies, request)
    }

    /// What the policy gives of a need.
    fn give(&self, need: &Need) -> Given {
        let allows = self.document.statements.iter().filter(|one| one.allows());
        let named = allows.filter(|one| names_action(one, &need.action));
        let mut parts: Vec<(&Statement, Met)> = named
            .filter_map(|one| Some((one, meet(one, &need.wanted, self.variables)?)))
            .collect();
        let nothing = |verdict| Given {
            parts: Vec::new(),
            whole: None,
            verdict,
        };
        if is_free(&need.action) {
            return nothing(Verdict::Free);
        }
        if parts.is_empty() {
            return nothing(Verdict::Missing { is_denied: false });
        }
        if let Some(context) = &need.context {
            return self.give_request(need, context, parts);
        }
        let whole = self.only(need, &parts);
        let verdict = match is_empty(&asked_about(&whole, &need.wanted)) {
            Containment::Contained => return nothing(Verdict::Missing { is_denied: true }),
            Containment::Unknown(doubts) => Verdict::Unknown(doubts),
            Containment::Exceeds(excesses) => self.found(need, &whole, excesses),
        };
        if matches!(verdict, Verdict::Missing { .. }) {
            return nothing(verdict);
        }
        // A statement that gives all of it without a condition needs no other beside it.
        if let Some(at) = parts.iter().position(|(one, met)| self.gives_all(need, one, met)) {
            parts = parts.into_iter().skip(at).take(1).collect();
        }
        Given {
            parts: parts.into_iter().map(|(one, met)| (one.index, met)).collect(),
            whole: Some(whole),
            verdict,
        }
    }

    /// What the policy says of one request.
    fn give_request(&self, need: &Need, context: &Context, parts: Vec<(&Statement, Met)>) -> Given {
        let request = request_of(need, context);
        let decision = self.decide(&request);
        let by: Vec<usize> = decision.deciding.iter().map(|id| id.statement).collect();
        let verdict = match decision.outcome {
            Outcome::Allowed => Verdict::Allowed {
                request,
                by: by.clone(),
            },
            Outcome::ImplicitDeny => Verdict::Missing { is_denied: false },
            Outcome::ExplicitDeny => Verdict::Missing { is_denied: true },
            Outcome::Unknown(reason) => Verdict::Unknown(vec![undecided(reason.text())]),
        };
        let is_kept = |one: &Statement| match &verdict {
            Verdict::Allowed { by, .. } => by.contains(&one.index),
            Verdict::Unknown(_) => true,
            _ => false,
        };
        let mut parts: Vec<(usize, Met)> = parts
            .into_iter()
            .filter(|(one, _)| is_kept(one))
            // The statement that gives least beside what is needed comes first.
            .map(|(one, met)| ((self.holds_more(&met), one.condition.is_empty()), (one.index, met)))
            .collect::<std::collections::BTreeMap<_, _>>()
            .into_values()
            .collect();
        if matches!(verdict, Verdict::Allowed { .. }) {
            parts.truncate(1);
        }
        Given {
            parts,
            whole: None,
            verdict,
        }
    }

    fn holds_more(&self, met: &Met) -> bool {
        match met {
            Met::AsWritten => true,
            Met::Patterns { texts, wider } => *wider || self.variables && texts.iter().any(|text| text.contains("${")),
        }
    }

    fn gives_all(&self, need: &Need, statement: &Statement, met: &Met) -> bool {
        let wanted = need.wanted.patterns();
        statement.condition.is_empty()
            && !self.holds_more(met)
            && match met {
                Met::AsWritten => false,
                Met::Patterns { texts, .. } => wanted.iter().all(|wanted| texts.contains(wanted)),
            }
    }

    /// A request of a need that the policy allows, and one that it lacks.
    fn found(&self, need: &Need, whole: &Document, excesses: Vec<Excess>) -> Verdict {
        let is_bare = |excess: &Excess| {
            let mut statements = whole.statements.iter();
            statements.any(|one| one.index == excess.statement && one.condition.is_empty())
        };
        let decided = excesses.into_iter().map(|excess| {
            let is_bare = is_bare(&excess);
            let mut request = excess.witness;
            if need.wanted == Wanted::Nothing {
                request.resource = None;
            }
            let decision = self.decide(&request);
            (is_bare, request, decision)
        });
        // One without conditions says most.
        let best = decided.min_by_key(|(is_bare, _, decision)| match decision.outcome {
            Outcome::Allowed if *is_bare => 0,
            Outcome::Allowed => 1,
            Outcome::Unknown(_) => 2,
            Outcome::ImplicitDeny | Outcome::ExplicitDeny => 3,
        });
        let Some((_, request, decision)) = best else {
            return Verdict::Missing { is_denied: false };
        };
        match decision.outcome {
            Outcome::Allowed => {}
            Outcome::Unknown(reason) => return Verdict::Unknown(vec![undecided(reason.text())]),
            // AWS keeps some requests for itself, whatever a policy says.
            Outcome::ImplicitDeny | Outcome::ExplicitDeny => return Verdict::Missing { is_denied: false },
        }
        let by = decision.deciding.iter().map(|id| id.statement).collect();
        if need.wanted.is_one() || matches!(need.wanted, Wanted::Some(_)) {
            return Verdict::Allowed { request, by };
        }
        match self.lacking(need) {
            Containment::Contained => Verdict::Allowed { request, by },
            Containment::Exceeds(excesses) => match excesses.into_iter().next() {
                Some(excess) => Verdict::Partly {
                    request,
                    by,
                    lacking: excess.witness,
                },
                None => Verdict::Allowed { request, by },
            },
            Containment::Unknown(doubts) => Verdict::Unknown(doubts),
        }
    }

    /// What the policy does not give of a need, its conditions left aside.
    fn lacking(&self, need: &Need) -> Containment {
        let all = Statement {
            effect: vec![text("Allow")],
            action: vec![texts([need.action.as_str()])],
            resource: vec![texts(need.wanted.patterns().iter().map(String::as_str))],
            ..Statement::default()
        };
        let statements = self.document.statements.iter();
        let bare = statements
            .filter(|one| one.allows() || one.condition.is_empty())
            .map(|one| Statement {
                condition: Vec::new(),
                condition_keys: Vec::new(),
                ..one.clone()
            });
        contained(&numbered(self.document, [all]), &numbered(self.document, bare))
    }

    /// The policy that gives what some statements give of a need.
    fn only(&self, need: &Need, parts: &[(&Statement, Met)]) -> Document {
        let action = need.action.as_str();
        let denials = self.document.statements.iter();
        let denials = denials
            .filter(|one| !one.allows() && names_action(one, action))
            .cloned();
        let allows = parts.iter().map(|(one, met)| {
            let mut part = Statement {
                action: vec![texts([action])],
                not_action: Vec::new(),
                ..(*one).clone()
            };
            if let Met::Patterns { texts: patterns, .. } = met {
                part.resource = vec![texts(patterns.iter().map(String::as_str))];
                part.not_resource = Vec::new();
            }
            part
        });
        numbered(self.document, allows.chain(denials))
    }

    /// What became of a need, now that this is the policy.
    fn fate(&self, need: &Need, given: Given) -> Fate {
        let (request, by_existing, lacking) = match given.verdict {
            Verdict::Missing { is_denied } => return Fate::Missing { is_denied },
            Verdict::Free => return Fate::Free,
            Verdict::Unknown(doubts) => return Fate::Unknown(doubts),
            Verdict::Allowed { request, by } => (request, by, None),
            Verdict::Partly { request, by, lacking } => (request, by, Some(lacking)),
        };
        match given.whole.map(|whole| contained(&whole, self.document)) {
            None | Some(Containment::Contained) => {}
            Some(Containment::Unknown(doubts)) => return Fate::Unknown(doubts),
            Some(Containment::Exceeds(_)) => return Fate::Unknown(vec![undecided(&need.action)]),
        }
        let decision = self.decide(&request);
        if decision.outcome != Outcome::Allowed {
            return Fate::Unknown(vec![undecided(&need.action)]);
        }
        let by: Vec<usize> = decision.deciding.iter().map(|id| id.statement).collect();
        let deciding = || self.document.statements.iter().filter(|one| by.contains(&one.index));
        let tests = deciding().flat_map(|one| &one.condition);
        let proof = Proof {
            keys: if deciding().any(|one| one.condition.is_empty()) {
                BTreeSet::new()
            } else {
                tests.map(|test| test.key.text.clone()).collect()
            },
            is_wide: need.wanted == Wanted::unknown() || given.parts.iter().any(|(_, met)| self.holds_more(met)),
            request,
            by,
            by_existing,
        };
        match lacking {
            None => Fate::Kept(proof),
            Some(lacking) => Fate::Partly(proof, Box::new(lacking)),
        }
    }
}

fn undecided(what: &str) -> Doubt {
    Doubt {
        cause: Cause::Undecided,
        elements: vec![what.to_owned()],
    }
}

/// What of a policy is about a request for some resources. For none in particular, a statement that matches such a request
/// stands for all resources, so that a request that is found for one holds for none, too.
fn asked_about(whole: &Document, wanted: &Wanted) -> Document {
    if *wanted != Wanted::Nothing {
        return whole.clone();
    }
    let matching = whole.statements.iter().filter(|one| meet(one, wanted, false).is_some());
    let everywhere = matching.map(|one| Statement {
        resource: vec![texts(["*"])],
        not_resource: Vec::new(),
        ..one.clone()
    });
    numbered(whole, everywhere)
}

/// Whether an action needs no permission.
fn is_free(action: &str) -> bool {
    let request = Request {
        action: action.to_owned(),
        resource: None,
        principal: somebody(),
        resource_account: None,
        context: Context::default(),
    };
    trace_as_given(&Policies::default(), &request).outcome == Outcome::Allowed
}

fn request_of(need: &Need, context: &Context) -> Request {
    let resource = need.wanted.patterns().first();
    Request {
        action: need.action.clone(),
        resource: resource.cloned(),
        principal: somebody(),
        resource_account: None,
        context: context.clone(),
    }
}

/// Stands for whoever has the policy. Their ARN is in no context.
fn somebody() -> Principal {
    Principal::User("arn:aws:iam::000000000000:user/somebody".to_owned())
}

fn text(text: &str) -> Text {
    Text {
        text: text.to_owned(),
        ..Text::default()
    }
}

fn texts<'t>(items: impl IntoIterator<Item = &'t str>) -> Texts {
    Texts {
        items: items.into_iter().map(text).collect(),
        ..Texts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

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
