//! Policies narrowed to what is needed of them.
//!
//! What lives here: needs out of intent files (`intent`), CloudTrail (`trail`) and plans that are applied (`applies`),
//! the ARNs of a need (`resources`), asking the policy library, and the reports. What must not: how a policy is narrowed, which is `leastpriv_policy::narrow`, and the command line.

mod applies;
mod intent;
mod report;
mod resources;
mod trail;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use leastpriv_catalog::{AccessLevel, catalog};
use leastpriv_checks::facts::Facts;
use leastpriv_policy::compare::{Containment, Covered, Doubt};
use leastpriv_policy::decide::Context;
use leastpriv_policy::document::{Document, parse};
use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::narrow::{Fate, Generalised, Need, Wanted, narrow, written};
use leastpriv_policy::print::compact;

use crate::run::Exit;
use crate::simulate::NamedPolicy;
use crate::tables::Mistake;

pub(crate) use report::{NarrowFormat, render};

/// Where needs come from.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    /// Intent files.
    pub(crate) intents: Vec<PathBuf>,
    /// Files and folders of CloudTrail; `-` is standard input.
    pub(crate) trails: Vec<PathBuf>,
    /// Plans that are applied; `-` is standard input.
    pub(crate) plans: Vec<PathBuf>,
    /// Whose events count; everybody's where none is named.
    pub(crate) principals: Vec<String>,
}

/// What is needed.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    needs: Vec<Needed>,
    /// Calls that are no action of the catalog, with how often they were made.
    unmapped: BTreeMap<String, usize>,
    /// Types of resources whose actions are not known, with how many there are.
    unknown_types: BTreeMap<String, usize>,
    notes: Vec<String>,
}

/// What a call or a change needs: an action on a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    /// The action.
    action: String,
    /// On what.
    wanted: Wanted,
    /// Whether the action is needed only sometimes.
    is_optional: bool,
}

#[derive(Debug)]
struct Needed {
    need: Need,
    /// Whether it is missed where the policy does not give it.
    is_optional: bool,
    from: Source,
}

/// Where a need comes from.
#[derive(Clone, Debug)]
enum Source {
    /// A place in an intent file.
    Intent(String),
    /// Events.
    Events { count: usize, names: Vec<String> },
    /// Changes of plans.
    Changes(Vec<applies::Change>),
}

/// Why needs cannot be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// An intent file is wrong.
    Intent(Mistake),
    /// CloudTrail cannot be read.
    Trail(String),
    /// A plan cannot be read.
    Plan(String),
}

/// Reads what is needed.
///
/// # Errors
///
/// Says what is wrong and where.
pub(crate) fn read(origins: &Origins, input: &mut dyn Read) -> Result<Needs, Unreadable> {
    let mut out = Needs::default();
    for path in &origins.intents {
        let (written, notes) = intent::read(path).map_err(Unreadable::Intent)?;
        out.notes.extend(notes.iter().map(ToString::to_string));
        out.needs.extend(written.into_iter().map(|one| Needed {
            need: one.need,
            is_optional: false,
            from: Source::Intent(format!("{}:{}:{}", one.file, one.at.line, one.at.column)),
        }));
    }
    let plans = applies::read(&origins.plans, input).map_err(Unreadable::Plan)?;
    out.needs.extend(plans.needs.into_iter().map(|(call, changes)| Needed {
        is_optional: call.is_optional,
        need: call.need(),
        from: Source::Changes(changes.into_iter().collect()),
    }));
    out.unknown_types = plans.unknown;
    out.notes.extend(plans.notes);
    if origins.trails.is_empty() {
        return Ok(out);
    }
    let trail = trail::read(&origins.trails, &origins.principals, input).map_err(Unreadable::Trail)?;
    out.needs.extend(trail.needs.into_iter().map(|(call, seen)| Needed {
        is_optional: call.is_optional,
        need: call.need(),
        from: Source::Events {
            count: seen.events,
            names: seen.names.into_iter().collect(),
        },
    }));
    out.unmapped = trail.unmapped;
    out.notes.extend(trail.notes);
    Ok(out)
}

impl Call {
    /// In whatever context the policy allows it.
    fn need(self) -> Need {
        Need {
            action: self.action,
            wanted: self.wanted,
            context: None,
        }
    }
}

/// What came of a policy.
#[derive(Debug)]
pub(crate) struct Outcome {
    old: Document,
    /// The narrowed policy, where it can be given.
    new: Option<New>,
    /// Why there is none.
    doubts: Vec<Doubt>,
    fates: Vec<(Needed, Fate)>,
    unmapped: BTreeMap<String, usize>,
    unknown_types: BTreeMap<String, usize>,
    notes: Vec<String>,
    before: Size,
}

#[derive(Debug)]
struct New {
    policy: Document,
    text: String,
    certificate: Vec<Covered>,
    generalised: Vec<Generalised>,
    size: Size,
}

/// How much a policy gives.
#[derive(Clone, Debug)]
struct Size {
    /// Actions of the catalog that it gives on some resource, by their level.
    levels: BTreeMap<AccessLevel, usize>,
    statements: usize,
    /// Its length without white space, which is what quotas count.
    bytes: usize,
}

impl Size {
    fn of(policy: &Document) -> Self {
        let text = compact(&written(policy));
        let parsed = parse(&text);
        let facts = Facts::of(&text, &parsed, PolicyKind::Identity, catalog());
        let mut allowed = facts.allowed.clone();
        allowed.remove(&facts.denied);
        let mut levels = BTreeMap::new();
        for action in allowed.iter(catalog()) {
            let count: &mut usize = levels.entry(action.level()).or_default();
            *count = count.saturating_add(1);
        }
        Self {
            levels,
            statements: policy.statements.len(),
            bytes: text.len(),
        }
    }

    fn actions(&self) -> usize {
        self.levels.values().sum()
    }
}

/// Narrows a policy. `notes` are what a reader should know of it.
pub(crate) fn run(policy: NamedPolicy, needs: Needs, mut notes: Vec<String>, support: usize) -> Outcome {
    notes.extend(needs.notes);
    let asked: Vec<Need> = needs.needs.iter().map(|needed| needed.need.clone()).collect();
    let mut out = Outcome {
        before: Size::of(&policy.document),
        old: policy.document,
        new: None,
        doubts: Vec::new(),
        fates: Vec::new(),
        unmapped: needs.unmapped,
        unknown_types: needs.unknown_types,
        notes,
    };
    match narrow(&out.old, &asked, support) {
        Err(doubts) => {
            let fates = needs
                .needs
                .into_iter()
                .map(|needed| (needed, Fate::Unknown(doubts.clone())));
            out.fates = fates.collect();
            out.doubts = doubts;
        }
        Ok(narrowed) => {
            // One that the policy does not give is not missed where the call may have done without.
            let fates = needs.needs.into_iter().zip(narrowed.fates);
            out.fates = fates
                .filter(|(needed, fate)| !(needed.is_optional && matches!(fate, Fate::Missing { .. })))
                .collect();
            match narrowed.containment {
                Containment::Contained => {
                    out.new = Some(New {
                        size: Size::of(&narrowed.policy),
                        policy: narrowed.policy,
                        text: narrowed.text,
                        certificate: narrowed.certificate,
                        generalised: narrowed.generalised,
                    });
                }
                Containment::Unknown(doubts) => out.doubts = doubts,
                // Each part lies within the policy by how it was made; what the comparison says counts more.
                Containment::Exceeds(_) => {}
            }
        }
    }
    out
}

impl Outcome {
    /// How it ends.
    pub(crate) fn exit(&self) -> Exit {
        let has = |is: fn(&Fate) -> bool| self.fates.iter().any(|(_, fate)| is(fate));
        if has(|fate| matches!(fate, Fate::Missing { .. } | Fate::Partly(..))) {
            Exit::Findings
        } else if self.new.is_none()
            || !self.unmapped.is_empty()
            || !self.unknown_types.is_empty()
            || has(|fate| matches!(fate, Fate::Unknown(_)))
        {
            Exit::NotJudged
        } else {
            Exit::Clean
        }
    }
}

/// Whether an action works on no resource in particular.
fn works_on_nothing(action: &str) -> bool {
    let known = action.split_once(':');
    let known = known.and_then(|(prefix, name)| catalog().action(prefix, name));
    known.is_some_and(|action| !action.supports_resource_level())
}

/// The resource of a need in words.
fn resource_words(need: &Need) -> String {
    match &need.wanted {
        Wanted::Nothing => "*".to_owned(),
        _ if works_on_nothing(&need.action) => "*".to_owned(),
        Wanted::Every([pattern]) => pattern.clone(),
        wanted if *wanted == Wanted::unknown() => "whatever the policy gives".to_owned(),
        Wanted::Some(patterns) => patterns.join(" or "),
    }
}

/// The keys of a context as they are written.
fn context_words(context: &Context) -> Vec<String> {
    let keys = context.iter();
    keys.map(|(key, values)| format!("{key} = {}", values.join(", ")))
        .collect()
}
