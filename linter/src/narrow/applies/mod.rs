//! Needs out of plans: what applying a plan does with its resources, as the actions and resources that AWS checks.
//!
//! What lives here: the actions of a type of resource (`handlers`), the ARNs of a resource (`named`) and the names in them
//! (`names`). What must not: reading of plans, which is [`sources`](crate::sources), and what becomes of the needs.

mod handlers;
mod named;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use leastpriv_catalog::Action;
use leastpriv_policy::narrow::Wanted;

use self::handlers::{Handlers, is_aws};
use self::named::{Resources, Subject};
use self::names::works_on_own;
use super::Call;
use super::resources::{Place, partition_of};
use crate::planned;
use crate::sources::{Applied, Doing, ManagedDocuments, Origin, Values, applied, invocations};

/// What was read out of plans.
#[derive(Debug, Default)]
pub(super) struct Plans {
    /// The needs, each once, with what needs them.
    pub(super) needs: BTreeMap<Call, BTreeSet<Change>>,
    /// Types that are not known, with how many resources are of them.
    pub(super) unknown: BTreeMap<String, usize>,
    /// What a reader should know.
    pub(super) notes: Vec<String>,
}

/// What a plan does with a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    /// The plan.
    pub(super) file: String,
    /// The address of the resource.
    pub(super) address: String,
    /// What is done.
    pub(super) verb: &'static str,
}

/// Reads plans; `-` is standard input.
///
/// # Errors
///
/// Says what cannot be read.
pub(super) fn read(paths: &[PathBuf], input: &mut dyn Read) -> Result<Plans, String> {
    let mut out = Plans::default();
    for path in paths {
        out.take(path, input)?;
    }
    out.join();
    Ok(out)
}

/// What the resources of a plan were, in numbers.
#[derive(Default)]
struct Counts {
    by_doing: BTreeMap<Doing, usize>,
    others: BTreeSet<String>,
    data: BTreeMap<String, usize>,
    left_out: BTreeSet<String>,
    without_place: BTreeSet<&'static str>,
}

impl Plans {
    fn take(&mut self, path: &Path, input: &mut dyn Read) -> Result<(), String> {
        let sources = planned::read_file(path, &ManagedDocuments::default(), input)?;
        let file = sources.files.first().map(|file| file.name.shown()).unwrap_or_default();
        if planned::policy_file(&sources).is_some() {
            return Err(format!(
                "`{file}` is a policy, no plan; make one with `terraform show -json PLAN > plan.json`"
            ));
        }
        if let Some(broken) = sources.unjudged.iter().find(|one| one.origin == Origin::File) {
            let help = broken.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            return Err(format!("`{file}`: {}{help}", broken.reason));
        }
        let about = sources.notes.iter().filter(|note| note.text.starts_with("the plan"));
        self.notes.extend(about.map(|note| format!("{file}: {}", note.text)));
        let all = applied(&sources);
        let resources = Resources::new(&all);
        let mut counts = Counts::default();
        for one in &all {
            if !is_aws(&one.resource_type) {
                if !one.is_data {
                    counts.others.insert(one.address.clone());
                }
                continue;
            }
            let Some(handlers) = handlers::of(&one.resource_type, one.is_data) else {
                let unknown = if one.is_data {
                    &mut counts.data
                } else {
                    &mut self.unknown
                };
                let count = unknown.entry(one.resource_type.clone()).or_default();
                *count = count.saturating_add(1);
                continue;
            };
            self.add(&file, one, &handlers, &resources, &mut counts);
            if !one.is_data {
                let does = one
                    .does
                    .iter()
                    .filter(|doing| **doing != Doing::Read || one.does.len() == 1);
                for doing in does {
                    let count = counts.by_doing.entry(*doing).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
        for (_, kind) in invocations(&sources).into_iter().filter(|(_, kind)| is_aws(kind)) {
            let count = self.unknown.entry(format!("action.{kind}")).or_default();
            *count = count.saturating_add(1);
        }
        self.notes.extend(counts.notes(&file));
        Ok(())
    }

    /// What is needed surely is not needed another time perhaps.
    fn join(&mut self) {
        let perhaps: Vec<Call> = self.needs.keys().filter(|call| call.is_optional).cloned().collect();
        for call in perhaps {
            let surely = Call {
                is_optional: false,
                ..call.clone()
            };
            if self.needs.contains_key(&surely) {
                let changes = self.needs.remove(&call).unwrap_or_default();
                self.needs.entry(surely).or_default().extend(changes);
            }
        }
    }

    /// Adds what one resource needs.
    fn add(&mut self, file: &str, one: &Applied, handlers: &Handlers, resources: &Resources<'_>, counts: &mut Counts) {
        let place = &place(one, resources.partition(), counts);
        for listed in handlers.actions.iter().filter(|listed| one.does.contains(&listed.verb)) {
            let change = Change {
                file: file.to_owned(),
                address: one.address.clone(),
                verb: words(listed.verb),
            };
            for values in states(one, listed.verb) {
                let subject = Subject::new(values, &handlers.nouns, place);
                let action = listed.action.full_name();
                if action == "iam:PassRole" {
                    let (roles, is_open) = resources.roles(subject);
                    for role in roles {
                        // An update hands over only a role that changes.
                        self.need(&action, Wanted::Some(vec![role]), listed.verb != Doing::Create, &change);
                    }
                    if is_open {
                        self.need(&action, Wanted::unknown(), true, &change);
                    }
                    continue;
                }
                let wanted = resources.wanted(listed.action, subject);
                if !listed.is_certain && is_of_others(listed.action, &wanted, &handlers.nouns) {
                    counts.left_out.insert(action);
                    continue;
                }
                self.need(&action, wanted, !listed.is_certain, &change);
            }
        }
    }

    fn need(&mut self, action: &str, wanted: Wanted, is_optional: bool, change: &Change) {
        let call = Call {
            action: action.to_owned(),
            wanted,
            is_optional,
        };
        self.needs.entry(call).or_default().insert(change.clone());
    }
}

/// The states of a resource that something is done with: a delete is of what is there before, anything else of what is
/// there afterwards, and both are read.
fn states(one: &Applied, doing: Doing) -> Vec<&Values> {
    let (before, after) = (one.before.as_ref(), one.after.as_ref());
    let is_replaced = one.does.contains(&Doing::Create) && one.does.contains(&Doing::Delete);
    match doing {
        Doing::Delete => before.into_iter().collect(),
        Doing::Read if is_replaced => before.into_iter().chain(after).collect(),
        _ => after.or(before).into_iter().collect(),
    }
}

/// Where a resource is: what its own ARN says, what it says itself, or what its provider is set to.
fn place(one: &Applied, partition: Option<&str>, counts: &mut Counts) -> Place {
    let values = [&one.after, &one.before].into_iter().flatten();
    let own = values.clone().find_map(|values| values.texts.get("arn")?.first());
    let field = |at: usize| {
        let field = own.filter(|arn| arn.starts_with("arn:"))?.split(':').nth(at)?;
        (!field.is_empty()).then(|| field.to_owned())
    };
    let said = values.clone().find_map(|values| values.texts.get("region")?.first());
    let region = field(3)
        .or_else(|| said.cloned())
        .or_else(|| one.provider.region.clone());
    let account = field(4).or_else(|| one.provider.account.clone());
    let of_region = region.as_deref().map(|region| partition_of(region).to_owned());
    if region.is_none() {
        counts.without_place.insert("region");
    }
    if account.is_none() {
        counts.without_place.insert("account");
    }
    let any = || "*".to_owned();
    Place {
        partition: field(1)
            .or(of_region)
            .or_else(|| partition.map(str::to_owned))
            .unwrap_or_else(any),
        region: region.unwrap_or_else(any),
        account: account.unwrap_or_else(any),
    }
}

/// Whether an action works on resources of another kind than the one that is made, of which none is named: a key, a bucket
/// or a role that the configuration does not use.
fn is_of_others(action: Action, wanted: &Wanted, nouns: &[String]) -> bool {
    *wanted == Wanted::unknown() && action.supports_resource_level() && !works_on_own(action, nouns)
}

fn words(doing: Doing) -> &'static str {
    match doing {
        Doing::Create => "create",
        Doing::Read => "read",
        Doing::Update => "update",
        Doing::Delete => "delete",
    }
}

impl Counts {
    fn notes(&self, file: &str) -> Vec<String> {
        let count = |doing: Doing| self.by_doing.get(&doing).copied().unwrap_or(0);
        let mut out = vec![format!(
            "{file}: {} created, {} updated, {} deleted, {} only read; what they call is taken from CloudFormation's \
             handlers, and the provider may call other actions: try the policy, and add what is missing to an intent file",
            count(Doing::Create),
            count(Doing::Update),
            count(Doing::Delete),
            count(Doing::Read)
        )];
        if !self.others.is_empty() {
            out.push(format!(
                "{file}: left out: resources of providers other than AWS's: {}",
                self.others.len()
            ));
        }
        for (kind, count) in &self.data {
            out.push(format!(
                "{file}: {kind}, {count} of the data sources, is a type whose actions are not known; what it reads is not \
                 kept"
            ));
        }
        if !self.left_out.is_empty() {
            let names: Vec<&str> = self.left_out.iter().map(String::as_str).collect();
            out.push(format!(
                "{file}: left out, as nothing that they work on is named: {}; where one is needed, add it to an intent file",
                names.join(", ")
            ));
        }
        if !self.without_place.is_empty() {
            let names: Vec<&str> = self.without_place.iter().copied().collect();
            out.push(format!(
                "{file}: the {} of some resources is not in the plan, so any is taken",
                names.join(" and the ")
            ));
        }
        out
    }
}
