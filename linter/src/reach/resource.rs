//! What the policies of resources in the plan say of somebody.

use std::collections::BTreeSet;

use leastpriv_catalog::catalog;
use leastpriv_policy::compare::{self, Access, Containment, all_but};
use leastpriv_policy::decide::{Attachment, Context, Outcome, Policies, Policy, Principal, Request, evaluate};
use leastpriv_policy::document::{Document, Statement, Text, Texts};
use leastpriv_policy::kind::PolicyKind;

use super::holder::{Holder, nothing};
use crate::parts::with_statements;
use crate::planned;
use crate::simulate::principal;
use crate::sources::{Origin, Sources, arns};

/// What the policies of some resources say of somebody, without their principals.
#[derive(Debug, Default)]
pub(super) struct OfResource {
    /// What they give.
    pub(super) given: Vec<Given>,
    /// What they deny.
    pub(super) denied: Vec<Document>,
    /// What has to allow beside the identity-based policies, where the policy of such a resource decides.
    pub(super) needed: Option<Vec<Document>>,
    /// Why it may need more to be allowed.
    pub(super) missing: Option<String>,
    /// Whether something of them must not be shown.
    pub(super) is_hidden: bool,
    /// Why it is not known what they say.
    pub(super) open: BTreeSet<String>,
}

/// A statement that gives somebody something.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The statement as people find it.
    pub(super) name: String,
    /// A policy of the statement without its principals.
    pub(super) alone: Document,
    /// Whether it gives whatever else limits, and not only within the boundary.
    pub(super) is_direct: bool,
}

/// How a statement is about somebody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bearing {
    /// It is not.
    None,
    /// By the account, which leaves it to the identity-based policies.
    Delegates,
    /// By the role, within its boundary.
    Gives,
    /// Whatever else limits.
    GivesDirectly,
}

/// The account of those whose ARN is known only after apply, as the comparison makes up its callers.
const ACCOUNT: &str = "999988887777";

/// The policies of resources in a plan, as far as they are about some access.
#[derive(Debug)]
pub(super) struct Resources<'s> {
    statements: Vec<About<'s>>,
    /// Whether the policy of the resource has to allow even within one account.
    decides: bool,
    /// Whether the plan holds the policy of what is asked for.
    is_there: bool,
    open: BTreeSet<String>,
}

/// A statement that is about the access.
#[derive(Debug)]
struct About<'s> {
    policy: &'s ResourcePolicy,
    statement: &'s Statement,
    /// A policy of the statement without its principals.
    alone: Document,
    /// Whether it is not known which resource it is about.
    is_open: bool,
}

/// A policy of a resource that may be about the access.
#[derive(Debug)]
pub(super) struct ResourcePolicy {
    address: String,
    attribute: String,
    /// The ARN of the resource, where it is known.
    arn: Option<String>,
    document: Result<Document, String>,
    is_hidden: bool,
}

/// The policies of resources in a plan that may be about some access.
pub(super) fn resource_policies(sources: &Sources, access: &Access) -> Vec<ResourcePolicy> {
    let arns = arns(sources);
    let policy = |origin: &Origin, kind, is_hidden, document: &dyn Fn() -> Result<Document, String>| {
        let Origin::Plan {
            address,
            resource_type,
            attribute,
        } = origin
        else {
            return None;
        };
        may_be_about(kind, resource_type, access).then(|| ResourcePolicy {
            address: address.clone(),
            attribute: attribute.clone(),
            arn: arns.get(address).cloned(),
            document: document(),
            is_hidden,
        })
    };
    let known = sources.inputs.iter().filter_map(|input| {
        let input = input.document.as_ref()?;
        let site = &input.site;
        policy(&site.origin, input.kind, site.sensitive, &|| planned::read(input, None))
    });
    let unknown = sources.unjudged.iter().filter_map(|unjudged| {
        let kind = unjudged.kind.unwrap_or(PolicyKind::Resource);
        policy(&unjudged.origin, kind, false, &|| Err(unjudged.reason.clone()))
    });
    known.chain(unknown).collect()
}

/// Whether a policy is of a resource of a service that the access is about.
fn may_be_about(kind: PolicyKind, resource_type: &str, access: &Access) -> bool {
    let is_of = |action: &String| {
        let service = action.split(':').next().unwrap_or_default().to_ascii_lowercase();
        service.contains(['*', '?']) || is_of_service(resource_type, &service)
    };
    match kind {
        PolicyKind::Resource => is_of_aws(resource_type) && access.actions.iter().any(is_of),
        PolicyKind::Trust => decides(access) || access.actions.iter().any(|action| action.starts_with('*')),
        _ => false,
    }
}

fn is_of_aws(resource_type: &str) -> bool {
    resource_type.starts_with("aws_") || resource_type.starts_with("awscc_")
}

/// The first words of resource types whose service has another prefix in IAM.
const OTHER_PREFIXES: [(&str, &str); 9] = [
    ("acmpca_", "acm-pca"),
    ("api_gateway_", "execute-api"),
    ("cloudwatch_event_", "events"),
    ("cloudwatch_log_", "logs"),
    ("efs_", "elasticfilesystem"),
    ("elasticsearch_", "es"),
    ("media_store_", "mediastore"),
    ("opensearch_", "es"),
    ("s3control_", "s3"),
];

/// Whether a type of resources may be of a service; one that begins with no service may be of any.
fn is_of_service(resource_type: &str, service: &str) -> bool {
    let name = resource_type.split_once('_').map_or(resource_type, |(_, name)| name);
    if let Some((_, other)) = OTHER_PREFIXES.iter().find(|(words, _)| name.starts_with(words)) {
        return *other == service;
    }
    let first = name.split('_').next().unwrap_or_default();
    first == service.replace('-', "") || catalog().service(first).is_none()
}

impl<'s> Resources<'s> {
    /// Those of the policies that are about the access.
    pub(super) fn of(policies: &'s [ResourcePolicy], access: &Access) -> Self {
        let mut out = Self {
            statements: Vec::new(),
            decides: decides(access),
            is_there: false,
            open: BTreeSet::new(),
        };
        for policy in policies {
            let arn = policy.arn.as_deref();
            out.is_there |= access.resources.iter().any(|resource| Some(resource.as_str()) == arn);
            match &policy.document {
                Ok(document) => out.add(policy, document, access),
                Err(error) => {
                    out.open.insert(format!("the policy of `{}`: {error}", policy.address));
                }
            }
        }
        out
    }

    fn add(&mut self, policy: &'s ResourcePolicy, document: &'s Document, access: &Access) {
        for statement in &document.statements {
            let (stripped, is_open) = stripped(statement, policy.arn.as_deref());
            let alone = with_statements(document, vec![stripped]);
            if meets(&alone, access) {
                self.statements.push(About {
                    policy,
                    statement,
                    alone,
                    is_open,
                });
            }
        }
    }

    /// What they say of somebody.
    pub(super) fn say(&self, holder: &Holder) -> OfResource {
        let mut out = OfResource::default();
        let Some(caller) = caller(holder) else { return out };
        out.open.clone_from(&self.open);
        for about in &self.statements {
            self.add_to(&mut out, about, holder, &caller);
        }
        if self.decides {
            out.needed.get_or_insert_default();
            let missing = "the policy of the resource decides, too, and the plan does not hold it";
            out.missing = (!self.is_there).then(|| missing.to_owned());
        }
        out
    }

    fn add_to(&self, out: &mut OfResource, about: &About<'_>, holder: &Holder, caller: &Principal) {
        let statement = about.statement;
        let may_mean = may_mean(statement, holder, statement.denies() || self.decides);
        let bearing = bearing(statement, &about.alone, caller);
        if bearing == Bearing::None && !may_mean {
            return;
        }
        if about.is_open || may_mean {
            let address = &about.policy.address;
            out.open.insert(format!(
                "whether the policy of `{address}` is about this is known only after apply"
            ));
            return;
        }
        out.is_hidden |= about.policy.is_hidden;
        if statement.denies() {
            out.denied.push(about.alone.clone());
            return;
        }
        if bearing >= Bearing::Gives {
            out.given.push(Given {
                name: about.name(),
                alone: about.alone.clone(),
                is_direct: bearing == Bearing::GivesDirectly,
            });
        }
        if self.decides {
            out.needed.get_or_insert_default().push(about.alone.clone());
        }
    }
}

impl About<'_> {
    /// The statement as people find it.
    fn name(&self) -> String {
        let policy = self.policy;
        let sid = self
            .statement
            .sid_text()
            .filter(|sid| !sid.is_empty() && !policy.is_hidden);
        let sid = sid.map_or_else(String::new, |sid| format!(" ({sid})"));
        let index = self.statement.index;
        format!("{} {} Statement[{index}]{sid}", policy.address, policy.attribute)
    }
}

/// Who the holder is to the policy of a resource; a group is nobody.
fn caller(holder: &Holder) -> Option<Principal> {
    let principal_of = &holder.principal;
    let kind = match (principal_of.resource_type.as_str(), &principal_of.via) {
        ("aws_iam_group", _) => return None,
        ("aws_iam_role", _) | (_, Some(_)) => "role",
        _ => "user",
    };
    let name = principal_of.name.as_deref().unwrap_or("somebody");
    let made_up = format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}");
    principal(principal_of.arn.as_deref().unwrap_or(&made_up)).ok()
}

/// Whether the policy of the resource has to allow even within one account: of a KMS key, and the trust policy of a role.
fn decides(access: &Access) -> bool {
    let is_of = |service: &str| {
        let mut actions = access.actions.iter();
        actions.any(|action| {
            action
                .split(':')
                .next()
                .is_some_and(|prefix| prefix.eq_ignore_ascii_case(service))
        })
    };
    is_of("kms")
        || access
            .actions
            .iter()
            .any(|action| action.to_ascii_lowercase().starts_with("sts:assumerole"))
}

/// A statement without its principals, and whether it is not known which resource it is about.
fn stripped(statement: &Statement, arn: Option<&str>) -> (Statement, bool) {
    let is_everything = |text: &Text| text.text.chars().all(|letter| letter == '*');
    let own_only = statement.not_resource.is_empty() && statement.resources().all(is_everything);
    let resource = |text: &str| {
        vec![Texts {
            items: vec![Text {
                text: text.to_owned(),
                ..Text::default()
            }],
            ..Texts::default()
        }]
    };
    let mut out = Statement {
        principal: Vec::new(),
        not_principal: Vec::new(),
        ..statement.clone()
    };
    if own_only {
        out.resource = resource(arn.unwrap_or("*"));
    }
    (out, own_only && arn.is_none())
}

/// Whether a policy of one statement is about some of the access, whatever its effect and conditions.
fn meets(alone: &Document, access: &Access) -> bool {
    let statements = alone.statements.iter().cloned().map(|statement| Statement {
        effect: vec![effect("Allow")],
        condition: Vec::new(),
        condition_keys: Vec::new(),
        ..statement
    });
    let allowed = with_statements(alone, statements.collect());
    compare::not_granted(&allowed, std::slice::from_ref(access)) != Containment::Contained
}

fn effect(text: &str) -> Text {
    Text {
        text: text.to_owned(),
        ..Text::default()
    }
}

/// Whether a statement may name somebody whose ARN is known only after apply, or the account where that counts.
fn may_mean(statement: &Statement, holder: &Holder, account_counts: bool) -> bool {
    if holder.principal.arn.is_some() {
        return false;
    }
    let name = holder.principal.name.as_deref();
    let elements = statement.principal.iter().chain(&statement.not_principal);
    let named = elements
        .flat_map(|element| &element.entries)
        .filter(|(kind, _)| kind.text == "AWS");
    let mut texts = named.flat_map(|(_, names)| &names.items).map(|text| text.text.as_str());
    texts.any(|text| match text.rsplit_once('/') {
        Some((_, last)) => name.is_none_or(|name| name == last),
        None => text != "*" && account_counts,
    })
}

/// How a statement is about a caller.
fn bearing(statement: &Statement, document: &Document, caller: &Principal) -> Bearing {
    let probe = Statement {
        action: vec![Texts {
            items: vec![effect("*")],
            ..Texts::default()
        }],
        not_action: Vec::new(),
        resource: Vec::new(),
        not_resource: Vec::new(),
        condition: Vec::new(),
        condition_keys: Vec::new(),
        ..statement.clone()
    };
    let resource = Policy::new(&with_statements(document, vec![probe]), Attachment::Resource);
    let everything = Policy::new(&all_but(&Document::default(), &[]), Attachment::Principal);
    let request = Request {
        action: "sts:AssumeRole".to_owned(),
        resource: None,
        principal: caller.clone(),
        resource_account: caller.account().map(str::to_owned),
        context: Context::default(),
    };
    let policies = Policies {
        resource: Some(resource),
        ..Policies::default()
    };
    let ends = |policies: &Policies, outcome: Outcome| evaluate(policies, &request).outcome == outcome;
    let delegated = Policies {
        identity: vec![everything],
        resource_must_allow: true,
        ..policies.clone()
    };
    if statement.denies() {
        return if ends(&delegated, Outcome::ExplicitDeny) {
            Bearing::Delegates
        } else {
            Bearing::None
        };
    }
    let bounded = Policies {
        boundary: Some(Policy::new(&nothing(), Attachment::Principal)),
        ..policies.clone()
    };
    if ends(&bounded, Outcome::Allowed) {
        Bearing::GivesDirectly
    } else if ends(&policies, Outcome::Allowed) {
        Bearing::Gives
    } else if ends(&delegated, Outcome::Allowed) {
        Bearing::Delegates
    } else {
        Bearing::None
    }
}
