//! Questions about access, answered in the words of AWS's policy checks.
//!
//! What lives here: reading the documents and the list of access, asking the policy library, and the answer with its
//! reasons and requests. What must not: how access is compared, which is `leastpriv_policy::compare`.

mod batch;
mod plan;
mod resource_type;
mod shorthand;

use std::collections::BTreeMap;

use leastpriv_checks::terms;
use leastpriv_policy::compare::{self, Access, Containment, Excess, Replay};
use leastpriv_policy::decide::{Principal, Request};
use leastpriv_policy::document::{Document, Statement, parse};
use leastpriv_policy::span::LineIndex;
use serde::Serialize;
use serde_json::{Value, json};

pub(crate) use batch::{Asks, BatchOptions, answer_lines};
pub(crate) use plan::{OfPlan, References, answer_plan};
pub(crate) use resource_type::{RESOURCE_TYPES, checked_resource_type};
pub use shorthand::{access_from_json, parse_access};

/// What is asked of a policy.
#[derive(Clone, Debug)]
pub enum Question {
    /// Does the new policy allow anything that the existing one does not?
    NewAccess {
        /// The policy that is to replace the existing one.
        new: Document,
        /// The policy as it is.
        existing: Document,
    },
    /// Does the policy give any of some access?
    Granted {
        /// The policy.
        policy: Document,
        /// What it should not give.
        access: Vec<Access>,
    },
    /// Does the policy of a resource give access to everybody?
    Public {
        /// The policy.
        policy: Document,
    },
}

/// Whom a policy is written for, as AWS's policy checks tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum PolicyType {
    /// A policy of a user, group or role: it names no principals.
    #[value(name = "IDENTITY_POLICY")]
    Identity,
    /// A policy of a resource, or the trust policy of a role: it names principals.
    #[value(name = "RESOURCE_POLICY")]
    Resource,
}

/// The result of a check; of several, the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// There is no such access.
    Pass,
    /// It cannot be said.
    Unknown,
    /// There is, and a request shows it.
    Fail,
}

/// An answer with what proves it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The result.
    pub verdict: Verdict,
    /// The result in a sentence.
    message: &'static str,
    /// One for each statement that gives the access, or for each doubt.
    reasons: Vec<Reason>,
    /// A request for each reason of a FAIL.
    witnesses: Vec<Witness>,
    /// For a PASS, where it was asked for.
    certificate: Vec<Proof>,
}

/// An answer as it is written: as AWS writes it, with what proves it.
#[derive(Debug, Serialize)]
pub struct Written<'a> {
    result: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    reasons: &'a [Reason],
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<&'a Witness>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    witnesses: &'a [Witness],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    certificate: &'a [Proof],
}

/// Why a statement of the new policy gives no new access.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proof {
    /// The Allow of the new policy.
    pub(crate) statement_index: usize,
    /// Where the proof is about what the Allow has in common with a Deny of the existing policy: that Deny.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) existing_deny_index: Option<usize>,
    /// Denies of the new policy that cover it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) denied_by_new: Vec<usize>,
    /// Allows of the existing policy that cover it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed_by_existing: Vec<usize>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reason {
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement_id: Option<String>,
}

/// A request that the policy allows.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Witness {
    action: String,
    resource: String,
    principal: Value,
    context: BTreeMap<String, Vec<String>>,
    /// Whether the action exists, works on such a resource, and AWS sends every key with it.
    realistic: bool,
}

impl PolicyType {
    /// The type of that name.
    pub(crate) fn from_name(name: &str) -> Result<Self, String> {
        <Self as clap::ValueEnum>::from_str(name, false)
            .map_err(|_| format!("`policyType` is `{name}`; it can be IDENTITY_POLICY or RESOURCE_POLICY"))
    }
}

impl Verdict {
    /// The result, an UNKNOWN taken as a FAIL where that is wanted.
    fn taken(self, is_strict: bool) -> Self {
        match self {
            Self::Unknown if is_strict => Self::Fail,
            verdict => verdict,
        }
    }

    /// As AWS writes it; `UNKNOWN` is ours.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Reads a policy of a type.
///
/// # Errors
///
/// Says what is wrong and where.
pub fn read_document(text: &str, policy_type: Option<PolicyType>) -> Result<Document, String> {
    let parsed = parse(text);
    if let Some(problem) = parsed.problems.first() {
        let at = LineIndex::new(text).position(problem.span.start);
        return Err(format!("line {}, column {}: {}", at.line, at.column, problem.message));
    }
    let document = parsed.document;
    if !document.is_object || document.statement_keys.is_empty() {
        return Err("it holds no `Statement`, so it is no policy".to_owned());
    }
    let mut statements = document.statements.iter();
    match policy_type {
        Some(PolicyType::Identity) => match statements.find(|one| one.names_principals()) {
            Some(one) => Err(format!(
                "Statement[{}] names a principal, which no IDENTITY_POLICY can; is it a RESOURCE_POLICY?",
                one.index
            )),
            None => Ok(document),
        },
        Some(PolicyType::Resource) => match statements.find(|one| !one.names_principals()) {
            Some(one) => Err(format!(
                "Statement[{}] names no principal, which every RESOURCE_POLICY must; is it an IDENTITY_POLICY?",
                one.index
            )),
            None => Ok(document),
        },
        None => Ok(document),
    }
}

impl Question {
    /// What the policy library says, without any words.
    fn ask(&self) -> Containment {
        match self {
            Self::NewAccess { new, existing } => compare::contained(new, existing),
            Self::Granted { policy, access } => compare::not_granted(policy, access),
            Self::Public { policy } => compare::not_public(policy),
        }
    }

    /// The answer.
    pub fn answer(&self) -> Answer {
        self.explain(self.ask())
    }

    fn explain(&self, containment: Containment) -> Answer {
        let (verdict, reasons, witnesses) = match containment {
            Containment::Contained => (Verdict::Pass, Vec::new(), Vec::new()),
            Containment::Exceeds(excesses) => {
                let reasons = excesses.iter().map(|one| self.reason(one)).collect();
                (Verdict::Fail, reasons, self.witnesses(&excesses))
            }
            Containment::Unknown(doubts) => {
                let reason = |doubt: &compare::Doubt| Reason {
                    description: format!("It depends on {}.", doubt_words(doubt)),
                    statement_index: None,
                    statement_id: None,
                };
                (Verdict::Unknown, doubts.iter().map(reason).collect(), Vec::new())
            }
        };
        Answer {
            verdict,
            message: self.message(verdict),
            reasons,
            witnesses,
            certificate: Vec::new(),
        }
    }

    /// The answer; a PASS about new access with the statements that prove it.
    pub fn answer_with_certificate(&self) -> Answer {
        let mut answer = self.answer();
        if answer.verdict == Verdict::Pass
            && let Self::NewAccess { new, existing } = self
        {
            let covered = compare::certificate(new, existing).unwrap_or_default();
            answer.certificate = covered.into_iter().map(proof).collect();
        }
        answer
    }

    fn subject(&self) -> &Document {
        match self {
            Self::NewAccess { new: policy, .. } | Self::Granted { policy, .. } | Self::Public { policy } => policy,
        }
    }

    fn message(&self, verdict: Verdict) -> &'static str {
        match (self, verdict) {
            (Self::NewAccess { .. }, Verdict::Pass) => {
                "The modified permissions do not grant new access compared to your existing policy."
            }
            (Self::NewAccess { .. }, Verdict::Fail) => {
                "The modified permissions grant new access compared to your existing policy."
            }
            (Self::NewAccess { .. }, Verdict::Unknown) => {
                "It cannot be decided whether the modified permissions grant new access compared to your existing policy."
            }
            (Self::Granted { .. }, Verdict::Pass) => {
                "The policy document does not grant access to perform the listed actions or resources."
            }
            (Self::Granted { .. }, Verdict::Fail) => {
                "The policy document grants access to perform one or more of the listed actions or resources."
            }
            (Self::Granted { .. }, Verdict::Unknown) => {
                "It cannot be decided whether the policy document grants access to perform the listed actions or resources."
            }
            (Self::Public { .. }, Verdict::Pass) => {
                "The resource policy does not grant public access for the given resource type."
            }
            (Self::Public { .. }, Verdict::Fail) => {
                "The resource policy grants public access for the given resource type."
            }
            (Self::Public { .. }, Verdict::Unknown) => {
                "It cannot be decided whether the resource policy grants public access for the given resource type."
            }
        }
    }

    fn reason(&self, excess: &Excess) -> Reason {
        let what = match self {
            Self::NewAccess { .. } => "New access",
            Self::Granted { .. } => "One or more of the listed actions or resources",
            Self::Public { .. } => "Public access granted",
        };
        let place = match self {
            Self::Public { .. } => "in the following statement",
            _ => "in the statement",
        };
        let statement = self.subject().statements.get(excess.statement);
        let sid = statement.and_then(Statement::sid_text).filter(|sid| !sid.is_empty());
        Reason {
            description: match sid {
                Some(sid) => format!("{what} {place} with sid: {sid}."),
                None => format!("{what} {place} with index: {}.", excess.statement),
            },
            statement_index: Some(excess.statement),
            statement_id: sid.map(str::to_owned),
        }
    }

    fn witnesses(&self, excesses: &[Excess]) -> Vec<Witness> {
        let all_but;
        let (new, existing) = match self {
            Self::NewAccess { new, existing } => (new, existing),
            Self::Granted { policy, access } => {
                all_but = compare::all_but(policy, access);
                (policy, &all_but)
            }
            Self::Public { policy } => {
                all_but = compare::all_but(policy, &[Access::default()]);
                (policy, &all_but)
            }
        };
        let replay = Replay::new(new, existing);
        let write = |excess: &Excess| witness(&terms::proof(new, &replay, excess));
        excesses.iter().map(write).collect()
    }
}

impl Answer {
    /// The answer as AWS writes it, with the requests that prove a FAIL. With `is_strict` an UNKNOWN is a FAIL, as AWS
    /// knows only two results.
    pub fn written(&self, is_strict: bool) -> Written<'_> {
        Written {
            result: self.verdict_as(is_strict).name(),
            message: self.message,
            reasons: &self.reasons,
            witness: self.witnesses.first(),
            witnesses: &self.witnesses,
            certificate: &self.certificate,
        }
    }

    /// Takes out what could show a text that must not be shown.
    fn hide(&mut self) {
        self.witnesses.clear();
        if self.verdict == Verdict::Unknown {
            self.reasons.clear();
        }
    }

    /// The result, an UNKNOWN taken as a FAIL where that is wanted.
    pub fn verdict_as(&self, is_strict: bool) -> Verdict {
        self.verdict.taken(is_strict)
    }
}

/// What an answer depends on, in words.
pub(crate) fn doubt_words(doubt: &compare::Doubt) -> String {
    match doubt.elements.as_slice() {
        [] => doubt.reason().to_owned(),
        elements => format!("{}: {}", doubt.reason(), elements.join(", ")),
    }
}

/// A part of a certificate, as it is written.
pub(crate) fn proof(covered: compare::Covered) -> Proof {
    let mut out = Proof {
        statement_index: covered.statement,
        existing_deny_index: covered.meets,
        denied_by_new: Vec::new(),
        allowed_by_existing: Vec::new(),
    };
    for cover in covered.by {
        match cover {
            compare::Cover::NewDeny(number) => out.denied_by_new.push(number),
            compare::Cover::ExistingAllow(number) => out.allowed_by_existing.push(number),
        }
    }
    out
}

/// A request as it is written.
pub(crate) fn witness(request: &Request) -> Witness {
    Witness {
        action: request.action.clone(),
        resource: request.resource.clone().unwrap_or_else(|| "*".to_owned()),
        principal: principal(&request.principal),
        context: request
            .context
            .iter()
            .map(|(key, values)| (key.to_owned(), values.to_vec()))
            .collect(),
        realistic: terms::is_realistic(request),
    }
}

fn principal(principal: &Principal) -> Value {
    principal
        .named()
        .map_or_else(|| json!("*"), |(kind, name)| json!({kind: name}))
}
