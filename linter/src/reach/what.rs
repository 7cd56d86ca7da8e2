//! What somebody can do.

use std::borrow::Cow;
use std::collections::BTreeSet;

use leastpriv_catalog::Action;
use leastpriv_policy::compare::Access;
use leastpriv_policy::decide::Request;
use leastpriv_policy::document::{Document, Statement};

use super::Can;
use super::holder::{Held, Holder, Reading, denials, holders};
use super::resource::{OfResource, Resources, resource_policies};
use crate::access::doubt_words;
use crate::parts::{Comparison, Condition, Part, Sides, apart, conditions, names, with_statements};
use crate::run::Exit;
use crate::simulate::nearest_name;
use crate::sources::Sources;

/// What somebody can do.
#[derive(Debug)]
pub(crate) struct What {
    pub(super) principals: Vec<Reach>,
}

/// What one can do.
#[derive(Debug)]
pub(super) struct Reach {
    pub(super) name: String,
    pub(super) resource_type: String,
    pub(super) arn: Option<String>,
    pub(super) permissions: Vec<Permission>,
    /// Why there may be more or less.
    pub(super) open: BTreeSet<String>,
    /// Whether there is something that must not be shown.
    pub(super) is_hidden: bool,
}

/// Actions of one service on the same resources under the same conditions.
#[derive(Debug)]
pub(super) struct Permission {
    /// The prefix; `*` for actions of many services.
    pub(super) service: String,
    pub(super) actions: Vec<Action>,
    /// Patterns and actions that say the same.
    pub(super) named: Vec<String>,
    pub(super) left_out: Vec<String>,
    /// What the catalog does not have.
    pub(super) others: Vec<String>,
    pub(super) scope: Scope,
    pub(super) witness: Request,
}

/// On which resources, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// The statement of the policy of a resource that gives it; nothing where an identity-based policy does.
    pub(super) given_by: Option<String>,
    pub(super) resources: Vec<String>,
    pub(super) not_resources: Vec<String>,
    pub(super) conditions: Vec<Condition>,
}

/// Asks what a principal of a plan can do, by its address, ARN or name.
///
/// # Errors
///
/// Where the plan has no such principal, or several.
pub(crate) fn what_can(wanted: &str, sources: &Sources) -> Result<What, String> {
    let all = holders(sources);
    let is_of = |holder: &&Holder| {
        let principal = &holder.principal;
        let texts = [
            Some(&principal.address),
            principal.arn.as_ref(),
            principal.name.as_ref(),
        ];
        texts.into_iter().flatten().any(|text| text == wanted)
    };
    let found: Vec<&Holder> = all.iter().filter(is_of).collect();
    let addresses: BTreeSet<&str> = found.iter().map(|holder| holder.principal.address.as_str()).collect();
    if addresses.len() > 1 {
        let addresses: Vec<&str> = addresses.into_iter().collect();
        return Err(format!(
            "`{wanted}` is several: `{}`; name one by its address",
            addresses.join("`, `")
        ));
    }
    if found.is_empty() {
        let known = all.iter().map(|holder| holder.principal.address.as_str());
        return Err(match nearest_name(wanted, known) {
            Some(meant) => format!("the plan has no principal `{wanted}`; is it `{meant}`?"),
            None => format!("the plan has no principal `{wanted}`; give the address of a role, a user or a group"),
        });
    }
    let everything = Access {
        actions: vec!["*".to_owned()],
        resources: vec!["*".to_owned()],
    };
    let policies = resource_policies(sources, &everything);
    let resources = Resources::of(&policies, &everything);
    let reach = |holder: &Holder| reach(holder, &resources.say(holder));
    Ok(What {
        principals: found.into_iter().map(reach).collect(),
    })
}

impl What {
    /// Whether there is anything.
    pub(super) fn can(&self) -> Can {
        Can::of_all(self.principals.iter().map(|one| {
            match (one.open.is_empty(), one.permissions.is_empty() && !one.is_hidden) {
                (false, _) => Can::Unknown,
                (true, true) => Can::No,
                (true, false) => Can::Yes,
            }
        }))
    }

    /// How the run ends.
    pub(crate) fn exit(&self) -> Exit {
        self.can().exit()
    }
}

fn reach(holder: &Holder, of_resource: &OfResource) -> Reach {
    let mut out = Reach {
        name: holder.name(),
        resource_type: holder.principal.resource_type.clone(),
        arn: holder.principal.arn.clone(),
        permissions: Vec::new(),
        open: holder.open(),
        is_hidden: holder.is_hidden() || of_resource.is_hidden,
    };
    out.open.extend(of_resource.open.iter().cloned());
    if out.is_hidden {
        return out;
    }
    let denied = &of_resource.denied;
    for policy in &holder.identity.policies {
        let comparison = Permitted::new(&policy.document, &holder.limiting(), &[&holder.identity], denied);
        out.add_all(None, &comparison);
    }
    for given in &of_resource.given {
        let comparison = if given.is_direct {
            Permitted::new(&given.alone, &[], &holder.all(), denied)
        } else {
            Permitted::new(&given.alone, &holder.limiting(), &[&holder.identity], denied)
        };
        out.add_all(Some(&given.name), &comparison);
    }
    out.permissions.sort_by(|one, other| one.service.cmp(&other.service));
    out
}

/// Most services of one part that are told one by one.
const MOST_SERVICES: usize = 12;

impl Reach {
    /// Adds what the Allows of a policy let through.
    fn add_all(&mut self, given_by: Option<&str>, comparison: &Permitted<'_>) {
        for statement in comparison.policy.statements.iter().filter(|one| one.allows()) {
            let found = apart(statement, comparison, &mut |_| ()).joined();
            let doubts = found.doubts.iter().map(doubt_words);
            self.open.extend(doubts.map(|doubt| format!("it depends on {doubt}")));
            for part in found.parts {
                self.add(given_by, statement, part);
            }
        }
    }

    fn add(&mut self, given_by: Option<&str>, statement: &Statement, part: Part<()>) {
        let scope = Scope {
            given_by: given_by.map(str::to_owned),
            resources: part.resources,
            not_resources: statement.not_resources().map(|text| text.text.clone()).collect(),
            conditions: conditions(statement),
        };
        let services: BTreeSet<&str> = part.actions.iter().map(|action| action.service().prefix()).collect();
        let mut groups: Vec<(String, Vec<Action>)> = Vec::new();
        if services.len() > MOST_SERVICES {
            groups.push(("*".to_owned(), part.actions.clone()));
        } else {
            for service in services {
                let of_service = part
                    .actions
                    .iter()
                    .filter(|action| action.service().prefix() == service);
                groups.push((service.to_owned(), of_service.copied().collect()));
            }
        }
        for (service, actions) in groups {
            self.add_actions(statement, service, actions, &scope, &part.witness);
        }
        if !part.others.is_empty() {
            let first = part.others.first().and_then(|name| name.split(':').next());
            self.permissions.push(Permission {
                service: first.unwrap_or("*").to_owned(),
                actions: Vec::new(),
                named: Vec::new(),
                left_out: Vec::new(),
                others: part.others,
                scope,
                witness: part.witness,
            });
        }
    }

    fn add_actions(
        &mut self,
        statement: &Statement,
        service: String,
        actions: Vec<Action>,
        scope: &Scope,
        witness: &Request,
    ) {
        let alike = self
            .permissions
            .iter_mut()
            .find(|one| one.service == service && one.scope == *scope && one.others.is_empty());
        if let Some(alike) = alike {
            alike.actions.extend(actions);
            alike.actions.sort_unstable();
            alike.actions.dedup();
            let names = names(&Statement::default(), &alike.actions);
            (alike.named, alike.left_out) = (names.named, names.left_out);
            return;
        }
        let names = names(statement, &actions);
        self.permissions.push(Permission {
            service,
            named: names.named,
            left_out: names.left_out,
            actions,
            others: Vec::new(),
            scope: scope.clone(),
            witness: witness.clone(),
        });
    }
}

/// What an Allow of a policy lets through that nothing denies and every limit allows.
struct Permitted<'h> {
    policy: &'h Document,
    denials: Vec<Document>,
    limits: Vec<Vec<Cow<'h, Document>>>,
}

impl<'h> Permitted<'h> {
    /// Of a policy within limits. What `denying` and the policies of resources deny counts.
    fn new(policy: &'h Document, limits: &[&'h Held], denying: &[&'h Held], denied: &[Document]) -> Self {
        let own = denying.iter().flat_map(|held| &held.policies);
        let own = own.map(|policy| denials(&policy.document));
        Self {
            policy,
            denials: own.chain(denied.iter().cloned()).collect(),
            limits: limits.iter().map(|held| held.layer(Reading::Widest)).collect(),
        }
    }
}

impl Comparison for Permitted<'_> {
    fn sides(&self, part: Statement) -> Sides<'_> {
        let mut allowed = vec![Cow::Owned(with_statements(self.policy, vec![part]))];
        allowed.extend(self.denials.iter().map(Cow::Borrowed));
        let mut new = vec![allowed];
        let limits = self.limits.iter();
        new.extend(limits.map(|layer| layer.iter().map(|document| Cow::Borrowed(document.as_ref())).collect()));
        Sides {
            new,
            existing: vec![Vec::new()],
        }
    }

    fn policies(&self) -> Vec<&Document> {
        let limits = self.limits.iter().flatten().map(AsRef::as_ref);
        std::iter::once(self.policy)
            .chain(&self.denials)
            .chain(limits)
            .collect()
    }
}
