//! Deciding one request against all policies that apply to it.
//!
//! What lives here: requests, three-valued matching of statements, and the rules by which the policies of a principal,
//! of a resource, of an organization and of an endpoint decide together. What the documentation does not decide is
//! [`Truth::Unknown`] with its [`Reason`], never a guess.
//!
//! Sources: the pages "How AWS enforcement code logic evaluates requests", "Policy evaluation for requests within a
//! single account", "Cross-account policy evaluation logic" and "IAM JSON policy elements" of the IAM User Guide.
//!
//! ```
//! use leastpriv_policy::decide::{Attachment, Context, Outcome, Policies, Policy, Principal, Request, evaluate};
//! use leastpriv_policy::document::parse;
//!
//! let parsed = parse(r#"{"Version":"2012-10-17","Statement":{
//!     "Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::reports/*"}}"#);
//! let policies = Policies {
//!     identity: vec![Policy::new(&parsed.document, Attachment::Principal)],
//!     ..Policies::default()
//! };
//! let request = Request {
//!     action: "s3:GetObject".to_owned(),
//!     resource: Some("arn:aws:s3:::reports/monthly.txt".to_owned()),
//!     principal: Principal::User("arn:aws:iam::123456789012:user/ada".to_owned()),
//!     resource_account: None,
//!     context: Context::default(),
//! };
//! assert_eq!(evaluate(&policies, &request).outcome, Outcome::Allowed);
//! ```

mod caller;
pub(crate) mod condition;
pub(crate) mod principal;
pub(crate) mod request;
pub(crate) mod statement;
mod template;
mod truth;
pub(crate) mod value;

use std::collections::BTreeSet;

pub use caller::NoCaller;
pub use request::{Context, Principal, Request};
pub use statement::{Attachment, Element};
pub use truth::{Reason, Truth};

use crate::document::Document;
use principal::Named;
use request::View;
use statement::{Asked, Match, Rule};

/// A policy that is ready to be asked, again and again.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) rules: Vec<Rule>,
}

impl Policy {
    /// Reads a document that is attached to something. A statement that cannot be interpreted stays, and makes answers
    /// unknown where it matters.
    pub fn new(document: &Document, attachment: Attachment) -> Self {
        let variables = has_variables(document);
        Self {
            rules: document
                .statements
                .iter()
                .map(|statement| Rule::new(statement, attachment, variables))
                .collect(),
        }
    }
}

/// Whether the version of a document knows variables; in the older language they are plain text.
pub(crate) fn has_variables(document: &Document) -> bool {
    document.version.iter().any(|version| version.text == "2012-10-17")
}

/// All policies that apply to a request.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// Identity-based policies of the principal, its groups included.
    pub identity: Vec<Policy>,
    /// The policy of the resource.
    pub resource: Option<Policy>,
    /// Whether the resource's policy must allow even within one account, as trust policies of roles and policies of KMS
    /// keys must.
    pub resource_must_allow: bool,
    /// The permissions boundary of the principal.
    pub boundary: Option<Policy>,
    /// The session policies; nothing where the session was made without any.
    pub session: Option<Vec<Policy>>,
    /// Service control policies by level: the root of the organization, each unit, the account. Empty for the
    /// management account and for service-linked roles, which they do not bind.
    pub service_control: Vec<Vec<Policy>>,
    /// Resource control policies by level. The full-access policy that is always attached need not be there.
    pub resource_control: Vec<Vec<Policy>>,
    /// The policy of the VPC endpoint that the request comes through.
    pub endpoint: Option<Policy>,
}

/// Where a policy stands among [`Policies`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// `identity`
    Identity,
    /// `resource`
    Resource,
    /// `boundary`
    Boundary,
    /// `session`
    Session,
    /// `service_control`, with the number of its level.
    ServiceControl(usize),
    /// `resource_control`, with the number of its level.
    ResourceControl(usize),
    /// `endpoint`
    Endpoint,
}

/// A statement among [`Policies`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementId {
    /// The layer.
    pub layer: Layer,
    /// Number of the policy within its layer, from 0.
    pub policy: usize,
    /// Number of the statement within its policy, from 0.
    pub statement: usize,
    /// The statement's `Sid`.
    pub sid: Option<String>,
}

/// How a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is allowed.
    Allowed,
    /// Nothing allows it.
    ImplicitDeny,
    /// A statement denies it.
    ExplicitDeny,
    /// The documentation does not decide it, for this reason.
    Unknown(Reason),
}

impl Outcome {
    /// From whether something denies, and whether enough allows.
    fn of(denied: Truth, allowed: Truth) -> Self {
        match (denied, allowed) {
            (Truth::Yes, _) => Self::ExplicitDeny,
            (_, Truth::No) => Self::ImplicitDeny,
            (Truth::Unknown(reason), _) | (Truth::No, Truth::Unknown(reason)) => Self::Unknown(reason),
            (Truth::No, Truth::Yes) => Self::Allowed,
        }
    }
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// How it ends.
    pub outcome: Outcome,
    /// The statements that decided: every matching Deny, or every matching Allow where there is none.
    pub deciding: Vec<StatementId>,
    /// Context keys that some statement asked for and the request does not have, in lower case.
    pub missing: BTreeSet<String>,
    /// For each statement that did not match, the first of its elements that failed. Empty unless asked for.
    pub trace: Vec<(StatementId, Element)>,
    /// Every statement that matched, whatever its effect. Empty unless asked for.
    pub matched: Vec<StatementId>,
    /// What each layer that was asked says on its own, as if everything else allowed the request. Empty unless asked for.
    pub layers: Vec<(Layer, Outcome)>,
}

/// Decides a request.
pub fn evaluate(policies: &Policies, request: &Request) -> Decision {
    decide(policies, request, View::of(request), false)
}

/// Decides a call that is authorised as several requests, such as the launch of an instance: the first that is not allowed
/// decides, else the last one.
pub fn evaluate_all<'r>(policies: &Policies, requests: impl IntoIterator<Item = &'r Request>) -> Option<Decision> {
    let mut last = None;
    for request in requests {
        let decision = evaluate(policies, request);
        if decision.outcome != Outcome::Allowed {
            return Some(decision);
        }
        last = Some(decision);
    }
    last
}

/// Decides a request and says of every statement whether it matched, of one that did not which of its elements failed
/// first, and of every layer what it says on its own.
pub fn trace(policies: &Policies, request: &Request) -> Decision {
    decide(policies, request, View::of(request), true)
}

/// As [`trace`], for a request whose context is all that is known of it: no key follows from its principal, from the
/// owner of the resource, from the clock or from tags.
pub fn trace_as_given(policies: &Policies, request: &Request) -> Decision {
    decide(policies, request, View::as_given(request), true)
}

fn decide(policies: &Policies, request: &Request, context: View<'_>, traced: bool) -> Decision {
    let asked = Asked {
        action: &request.action,
        resource: request.resource.as_deref(),
        principal: &request.principal,
        context,
        is_bounded: policies.boundary.is_some(),
    };
    let mut inquiry = Inquiry {
        asked: &asked,
        traced,
        denied: Truth::No,
        denies: Vec::new(),
        allows: Vec::new(),
        missing: BTreeSet::new(),
        trace: Vec::new(),
        layers: Vec::new(),
    };
    let allowed = inquiry.ask(policies, request);
    let outcome = match Outcome::of(inquiry.denied, allowed) {
        // Asking who one is needs no permission, and none can be taken away.
        _ if is_always_allowed(&asked) => Outcome::Allowed,
        Outcome::ExplicitDeny => Outcome::ExplicitDeny,
        _ if is_never_allowed(&asked) => Outcome::ImplicitDeny,
        outcome => outcome,
    };
    let matched = if traced {
        inquiry.denies.iter().chain(&inquiry.allows).cloned().collect()
    } else {
        Vec::new()
    };
    let deciding = match outcome {
        Outcome::ExplicitDeny => inquiry.denies,
        Outcome::Allowed => inquiry.allows,
        Outcome::ImplicitDeny | Outcome::Unknown(_) => Vec::new(),
    };
    Decision {
        outcome,
        deciding,
        missing: inquiry.missing,
        trace: inquiry.trace,
        matched,
        layers: inquiry.layers,
    }
}

/// What AWS keeps for itself: its managed policies, its reserved roles, and its aliases of keys.
fn is_never_allowed(asked: &Asked<'_>) -> bool {
    let Some(resource) = asked.resource else { return false };
    let mut parts = resource.splitn(6, ':');
    let (service, account, name) = (parts.nth(2), parts.nth(1), parts.next());
    let (Some(service), Some(account), Some(name)) = (service, account, name) else {
        return false;
    };
    let is_one_of = |actions: &[&str]| {
        let action = asked.action.split_once(':').map_or("", |(_, action)| action);
        actions.iter().any(|one| action.eq_ignore_ascii_case(one))
    };
    match service {
        "iam" if account == "aws" && name.starts_with("policy/") => is_one_of(&POLICY_CHANGES),
        "iam" if name.starts_with("role/aws-reserved/") => is_one_of(&ROLE_CHANGES),
        "kms" if name.starts_with("alias/aws/") => is_one_of(&["CreateAlias", "DeleteAlias", "UpdateAlias"]),
        _ => false,
    }
}

const POLICY_CHANGES: [&str; 6] = [
    "CreatePolicyVersion",
    "DeletePolicy",
    "DeletePolicyVersion",
    "SetDefaultPolicyVersion",
    "TagPolicy",
    "UntagPolicy",
];

const ROLE_CHANGES: [&str; 12] = [
    "AttachRolePolicy",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "TagRole",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
    "UpdateRoleDescription",
];

fn is_always_allowed(asked: &Asked<'_>) -> bool {
    asked.action.eq_ignore_ascii_case("sts:GetCallerIdentity") && *asked.principal != Principal::Anonymous
}

/// What the statements have said so far.
struct Inquiry<'a> {
    asked: &'a Asked<'a>,
    traced: bool,
    denied: Truth,
    denies: Vec<StatementId>,
    allows: Vec<StatementId>,
    missing: BTreeSet<String>,
    trace: Vec<(StatementId, Element)>,
    layers: Vec<(Layer, Outcome)>,
}

/// What the policy of a resource grants, by how it names the principal.
#[derive(Clone, Copy)]
struct Grants {
    directly: Truth,
    by_role: Truth,
    by_account: Truth,
}

impl Grants {
    const NONE: Self = Self {
        directly: Truth::No,
        by_role: Truth::No,
        by_account: Truth::No,
    };

    fn add(&mut self, named: Named, truth: Truth) {
        let either = |old: Truth, applies: bool| if applies { old.or(truth) } else { old };
        self.directly = either(self.directly, named.directly);
        self.by_role = either(self.by_role, named.by_role);
        self.by_account = either(self.by_account, named.by_account);
    }

    fn at_all(self) -> Truth {
        self.directly.or(self.by_role).or(self.by_account)
    }
}

impl Inquiry<'_> {
    /// Whether the policies allow the request, Denies left aside; those are collected on the way.
    fn ask(&mut self, policies: &Policies, request: &Request) -> Truth {
        let principal = &request.principal;
        let identity = if principal.has_identity_policies() {
            self.layer(Layer::Identity, &policies.identity).at_all()
        } else {
            Truth::No
        };
        let resource = policies.resource.as_ref().map_or(Grants::NONE, |policy| {
            self.layer(Layer::Resource, std::slice::from_ref(policy))
        });
        // A layer that is absent limits nothing.
        let boundary = self.cap(Layer::Boundary, policies.boundary.as_ref().map(std::slice::from_ref));
        let session = self.cap(Layer::Session, policies.session.as_deref());
        let endpoint = self.cap(Layer::Endpoint, policies.endpoint.as_ref().map(std::slice::from_ref));
        let mut organization = Truth::Yes;
        if !matches!(
            principal,
            Principal::Service(_) | Principal::Anonymous | Principal::Federated(_)
        ) {
            for (level, policies) in policies.service_control.iter().enumerate() {
                organization = organization.and(self.layer(Layer::ServiceControl(level), policies).at_all());
            }
        }
        for (level, policies) in policies.resource_control.iter().enumerate() {
            // Only their Denies matter: full access is always attached beside them.
            self.layer(Layer::ResourceControl(level), policies);
        }
        let caps = boundary.and(session);
        let own = identity.and(caps);
        let is_foreign = principal
            .account()
            .zip(request.resource_account.as_deref())
            .is_some_and(|(one, other)| one != other);
        let granted = match principal {
            Principal::Service(_) | Principal::Anonymous | Principal::Federated(_) => resource.directly,
            Principal::Root(_) if is_foreign || policies.resource_must_allow => resource.at_all(),
            Principal::Root(_) => Truth::Yes,
            _ if is_foreign => own.and(resource.at_all()),
            Principal::User(_) if policies.resource_must_allow => resource.directly.or(resource.by_account.and(own)),
            Principal::User(_) => resource.directly.or(own),
            Principal::Session { .. } | Principal::FederatedUser { .. } => {
                let by_role = resource.by_role.and(caps);
                // Without a session policy a federated user has no rights of its own.
                let has_own = matches!(principal, Principal::Session { .. }) || policies.session.is_some();
                let own = if has_own { own } else { Truth::No };
                let delegated = if policies.resource_must_allow {
                    resource.by_account.and(own)
                } else {
                    own
                };
                resource.directly.or(by_role).or(delegated)
            }
        };
        granted.and(organization).and(endpoint)
    }

    fn cap(&mut self, layer: Layer, policies: Option<&[Policy]>) -> Truth {
        policies.map_or(Truth::Yes, |policies| self.layer(layer, policies).at_all())
    }

    /// What the Allows of a layer grant; its Denies are collected.
    fn layer(&mut self, layer: Layer, policies: &[Policy]) -> Grants {
        let mut grants = Grants::NONE;
        let mut denied = Truth::No;
        for (number, policy) in policies.iter().enumerate() {
            for rule in &policy.rules {
                let Match { truth, failed, named } = rule.matches(self.asked, &mut self.missing);
                let id = || StatementId {
                    layer,
                    policy: number,
                    statement: rule.index,
                    sid: rule.sid.clone(),
                };
                match (truth, failed) {
                    (Truth::No, Some(element)) if self.traced => self.trace.push((id(), element)),
                    (Truth::Yes, _) if rule.allows => self.allows.push(id()),
                    (Truth::Yes, _) => self.denies.push(id()),
                    (Truth::No | Truth::Unknown(_), _) => {}
                }
                if rule.is_certainly(true) {
                    grants.add(named, truth);
                } else if rule.is_certainly(false) {
                    denied = denied.or(truth);
                } else {
                    // Nobody knows whether it gives or takes.
                    grants.add(named, truth);
                    denied = denied.or(truth);
                }
            }
        }
        self.denied = self.denied.or(denied);
        if self.traced {
            let allowed = match layer {
                // Full access is always attached beside them.
                Layer::ResourceControl(_) => Truth::Yes,
                _ => grants.at_all(),
            };
            self.layers.push((layer, Outcome::of(denied, allowed)));
        }
        grants
    }
}
