//! Comparing what two policies allow: is there a request that one allows and the other does not?
//!
//! What lives here: the search for such a request. A statement is a box, one set for each of action, resource, principal
//! and condition key. New access exists where some Allow of the new policy has a point that no Deny of it and no Allow of
//! the existing one covers, or that a Deny of the existing one covers and no Deny of the new one does. Along each axis
//! only the points matter that are covered by as few boxes as can be, and the axes do not depend on each other.
//!
//! Every "no" carries a request, which the evaluator of [`decide`](crate::decide) has replayed on both policies. What
//! cannot be decided is [`Containment::Unknown`], never a guess.

mod cover;
mod keys;
mod strings;
mod variables;

use std::collections::{BTreeSet, HashSet};

use crate::decide::condition::Test;
use crate::decide::principal::Entry;
use crate::decide::request::View;
use crate::decide::statement::{Asked, Rule};
use crate::decide::{Attachment, Context, Policy, Principal, Request, Truth};
use crate::document::{ConditionTest, Document, Statement, parse};
use crate::print::quote;
use keys::{BUDGET, KeyValue};
use strings::{Reader, Search, Token, arn, glob};

/// Whether a policy allows nothing that another one does not.
#[derive(Clone, Debug, PartialEq)]
pub enum Containment {
    /// Everything that the new policy allows, the existing one allows too.
    Contained,
    /// It allows more: a request for every statement that lets one through.
    Exceeds(Vec<Excess>),
    /// It cannot be said, for these reasons.
    Unknown(Vec<Doubt>),
}

/// New access that a statement gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Excess {
    /// Number of the statement in the new policy.
    pub statement: usize,
    /// A request that the new policy allows and the existing one does not. Its keys are independent of each other, so a
    /// real caller may not be able to make it.
    pub witness: Request,
}

/// Why it cannot be said. The list is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// A statement that cannot be interpreted.
    Invalid,
    /// Policy variables, whose values are not known.
    Variable,
    /// One key that is read as values of several types.
    MixedTypes,
    /// Principals that cannot be told apart, such as canonical users.
    Principal,
    /// The documentation leaves open what decides.
    Undecided,
    /// There is too much to tell apart.
    Budget,
}

impl Doubt {
    /// The reason in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Invalid => "a document or statement that cannot be interpreted",
            Self::Variable => "policy variables, whose values are not known",
            Self::MixedTypes => "a condition key that is read as values of several types",
            Self::Principal => "principals that cannot be told apart",
            Self::Undecided => "a rule that the documentation leaves open",
            Self::Budget => "more combinations than can be searched",
        }
    }
}

/// Whether `new` allows nothing that `existing` does not.
pub fn contained(new: &Document, existing: &Document) -> Containment {
    let (written_new, written_existing) = (new, existing);
    let Some((new, existing, proves)) = variables::marked(new, existing) else {
        return compared(new, existing);
    };
    match compared(&new, &existing) {
        Containment::Contained if proves || cover::is_whole(written_new, written_existing) => Containment::Contained,
        Containment::Contained => Containment::Unknown(vec![Doubt::Variable]),
        Containment::Exceeds(mut excesses) => {
            // A special character is no value. A request without one may hold for the policies as they are.
            excesses.retain(|excess| {
                !variables::is_special(&excess.witness)
                    && first_new(written_new, written_existing, [excess.witness.clone()]).is_some()
            });
            if excesses.is_empty() {
                Containment::Unknown(vec![Doubt::Variable])
            } else {
                Containment::Exceeds(excesses)
            }
        }
        unknown @ Containment::Unknown(_) => unknown,
    }
}

/// Whether two policies allow the same: what each allows more than the other.
pub fn equivalent(one: &Document, other: &Document) -> (Containment, Containment) {
    (contained(one, other), contained(other, one))
}

/// Access that a policy should not give: any of the actions on any of the resources. Patterns are those of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The actions; any, where there is none.
    pub actions: Vec<String>,
    /// The resources; any, where there is none.
    pub resources: Vec<String>,
}

/// Whether a policy gives none of some access.
pub fn not_granted(policy: &Document, access: &[Access]) -> Containment {
    contained(policy, &all_but(policy, access))
}

/// The policy that allows everything but some access, to everybody where `policy` names principals.
pub fn all_but(policy: &Document, access: &[Access]) -> Document {
    let list = |texts: &[String]| {
        let mut out = String::new();
        for (at, text) in texts.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            quote(text, &mut out);
        }
        if out.is_empty() { "\"*\"".to_owned() } else { out }
    };
    let everybody = if names_principals(policy) {
        "\"Principal\":\"*\","
    } else {
        ""
    };
    let denials: Vec<String> = access
        .iter()
        .map(|one| {
            let (actions, resources) = (list(&one.actions), list(&one.resources));
            format!(r#",{{"Effect":"Deny",{everybody}"Action":[{actions}],"Resource":[{resources}]}}"#)
        })
        .collect();
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{everybody}"Action":"*","Resource":"*"}}{}]}}"#,
        denials.concat()
    );
    parse(&text).document
}

/// The first of some requests that `new` allows and `existing` does not.
pub fn first_new(new: &Document, existing: &Document, requests: impl IntoIterator<Item = Request>) -> Option<Request> {
    let attachment = attachment_of(new, existing);
    let (new, existing) = (Side::of(new, attachment), Side::of(existing, attachment));
    if new.doubt().is_some() || existing.doubt().is_some() {
        return None;
    }
    requests
        .into_iter()
        .find(|request| new.allows(request) == Truth::Yes && existing.allows(request) == Truth::No)
}

fn attachment_of(new: &Document, existing: &Document) -> Attachment {
    if names_principals(new) || names_principals(existing) {
        Attachment::Resource
    } else {
        Attachment::Principal
    }
}

fn names_principals(document: &Document) -> bool {
    let mut statements = document.statements.iter();
    statements.any(|statement| !statement.principal.is_empty() || !statement.not_principal.is_empty())
}

fn compared(new: &Document, existing: &Document) -> Containment {
    let attachment = attachment_of(new, existing);
    let (uncovered, kept_denials) = (cover::uncovered(new, existing), cover::kept_denials(new, existing));
    let (new, existing) = (Side::of(new, attachment), Side::of(existing, attachment));
    let mut doubts: Vec<Doubt> = [&new, &existing].into_iter().filter_map(Side::doubt).collect();
    if !doubts.is_empty() {
        doubts.sort_unstable();
        doubts.dedup();
        return Containment::Unknown(doubts);
    }
    let mut excesses = Vec::new();
    let uncovered = Side::of(&uncovered, attachment);
    for allow in new.boxes(true) {
        let rest = uncovered.boxes(true).find(|rest| rest.rule.index == allow.rule.index);
        match exceeds(allow, rest, &new, &existing, &kept_denials) {
            Ok(Some(witness)) => excesses.push(Excess {
                statement: allow.rule.index,
                witness,
            }),
            Ok(None) => {}
            Err(doubt) => doubts.push(doubt),
        }
    }
    if !excesses.is_empty() {
        return Containment::Exceeds(excesses);
    }
    if doubts.is_empty() {
        Containment::Contained
    } else {
        doubts.sort_unstable();
        doubts.dedup();
        Containment::Unknown(doubts)
    }
}

/// One of the two policies.
struct Side<'d> {
    boxes: Vec<StatementBox<'d>>,
    policy: Policy,
    /// Whether the document around the statements cannot be interpreted.
    is_invalid: bool,
}

struct StatementBox<'d> {
    rule: Rule,
    written: &'d Statement,
}

impl<'d> Side<'d> {
    fn of(document: &'d Document, attachment: Attachment) -> Self {
        let policy = Policy::new(document, attachment);
        Self {
            boxes: policy
                .rules
                .iter()
                .cloned()
                .zip(&document.statements)
                .map(|(rule, written)| StatementBox { rule, written })
                .collect(),
            policy,
            is_invalid: !document.is_object
                || document.statement_keys.len() != 1
                || document.version.len() > 1
                || !document.unknown.is_empty()
                || !document.unreadable.is_empty()
                || !document.mismatches.is_empty(),
        }
    }

    fn boxes(&self, allow: bool) -> impl Iterator<Item = &StatementBox<'d>> {
        self.boxes.iter().filter(move |one| one.rule.is_certainly(allow))
    }

    /// What keeps the policy from being compared at all.
    fn doubt(&self) -> Option<Doubt> {
        let mut rules = self.boxes.iter().map(|one| &one.rule);
        (self.is_invalid || rules.any(|rule| rule.is_invalid)).then_some(Doubt::Invalid)
    }

    /// Whether the policy alone allows a request in which every key is free.
    fn allows(&self, request: &Request) -> Truth {
        let view = || Asked {
            action: &request.action,
            resource: request.resource.as_deref(),
            principal: &request.principal,
            context: View::as_given(request),
            is_bounded: false,
        };
        let any = |allow: bool| {
            let matches = |rule: &Rule| rule.matches(&view(), &mut BTreeSet::new()).truth;
            Truth::any(
                self.policy
                    .rules
                    .iter()
                    .filter(|rule| rule.is_certainly(allow))
                    .map(matches),
            )
        };
        any(true).and(any(false).negated())
    }
}

/// A request that an Allow of the new policy lets through and the existing policy does not. `rest` is what no single
/// statement of the existing policy covers of it.
fn exceeds(
    allow: &StatementBox<'_>,
    rest: Option<&StatementBox<'_>>,
    new: &Side<'_>,
    existing: &Side<'_>,
    kept_denials: &BTreeSet<usize>,
) -> Result<Option<Request>, Doubt> {
    // What was found has to hold before the evaluator, or it is no proof.
    let holds = |request: &Request| new.allows(request) == Truth::Yes && existing.allows(request) == Truth::No;
    let lifted: Vec<&StatementBox<'_>> = existing
        .boxes(false)
        .filter(|deny| !kept_denials.contains(&deny.rule.index))
        .collect();
    let is_of_allow = |request: &Request| {
        let asked = asked(&request.action, request.resource.as_deref(), request);
        allow.rule.matches(&asked, &mut BTreeSet::new()).truth == Truth::Yes
    };
    let plain = rest.iter().chain(&lifted).flat_map(|one| plain_requests(one.written));
    if let Some(request) = plain.into_iter().find(|request| is_of_allow(request) && holds(request)) {
        return Ok(Some(request));
    }
    let denies: Vec<&StatementBox<'_>> = new.boxes(false).collect();
    let allowed = existing.boxes(true);
    let outside: Vec<&StatementBox<'_>> = denies.iter().copied().chain(allowed).collect();
    let mut doubt = None;
    let questions = rest
        .map(|rest| (vec![rest], outside))
        .into_iter()
        .chain(lifted.iter().map(|deny| (vec![allow, *deny], denies.clone())));
    for (inside, outside) in questions {
        match point(&inside, &outside) {
            Ok(Some(request)) if holds(&request) => return Ok(Some(request)),
            Ok(Some(_)) => doubt = Some(Doubt::Undecided),
            Ok(None) => {}
            Err(reason) => doubt = Some(reason),
        }
    }
    doubt.map_or(Ok(None), Err)
}

/// A few requests that a statement without conditions and principals is plainly about. Most new access shows in one of
/// them, long before the search would find it.
fn plain_requests(statement: &Statement) -> impl Iterator<Item = Request> {
    let is_plain =
        statement.condition.is_empty() && statement.principal.is_empty() && statement.not_principal.is_empty();
    let shortest = |text: &str| text.replace('*', "").replace('?', "a");
    let actions = statement.actions().filter(move |_| is_plain).take(MOST_PLAIN);
    actions
        .flat_map(move |action| {
            let resources = statement.resources().take(MOST_PLAIN);
            resources.map(move |resource| Request {
                action: shortest(&action.text),
                resource: Some(shortest(&resource.text)),
                ..nobody()
            })
        })
        .filter(|request| !variables::is_special(request))
}

/// Most actions, and most resources, of the requests that are tried before a search.
const MOST_PLAIN: usize = 8;

/// A set of the boxes outside, by number.
type Covers = Vec<u64>;

/// A value along one axis.
struct Cell<V> {
    value: V,
    /// The boxes outside that hold it.
    covers: Covers,
    /// Whether that is certain.
    is_certain: bool,
}

/// A value of any axis.
#[derive(Clone)]
enum Value {
    Action(String),
    Resource(Option<String>),
    Principal(Principal),
    Key(String, KeyValue),
}

/// A request that all boxes inside hold and none outside does.
fn point(inside: &[&StatementBox<'_>], outside: &[&StatementBox<'_>]) -> Result<Option<Request>, Doubt> {
    // A box that holds nothing on one axis need not be looked at on the others, and most vanish with the action.
    let everything_outside = outside;
    let mut outside = outside.to_vec();
    let mut axes: Vec<Vec<Cell<Value>>> = Vec::new();
    let first: [AxisOf; 3] = [principals, actions, resources];
    for axis_of in first {
        let axis = axis_of(inside, &outside)?;
        if axis.is_empty() {
            return Ok(None);
        }
        narrow(axis, &mut axes, &mut outside);
    }
    let keys: BTreeSet<String> = inside
        .iter()
        .chain(&outside)
        .flat_map(|one| &one.rule.conditions)
        .map(|test| test.key().to_owned())
        .collect();
    let mut is_complete = true;
    for key in keys {
        let (axis, whole) = key_axis(&key, inside, &outside)?;
        is_complete &= whole;
        if axis.is_empty() {
            // Nothing is inside; of a key of mixed types some value may be missing.
            return if whole { Ok(None) } else { Err(Doubt::MixedTypes) };
        }
        narrow(axis, &mut axes, &mut outside);
    }
    axes.sort_by_key(Vec::len);
    let certain: Vec<Vec<&Cell<Value>>> = axes
        .iter()
        .map(|axis| axis.iter().filter(|cell| cell.is_certain).collect())
        .collect();
    if certain.iter().all(|axis| !axis.is_empty())
        && let Some(chosen) = choose(&certain, outside.len())?
    {
        // Also those of boxes that vanished: what is taken away from a set must not bring them back.
        let boxes = inside.iter().chain(everything_outside);
        let tests: Vec<&Test> = boxes.flat_map(|one| &one.rule.conditions).collect();
        return Ok(Some(request(&chosen, &tests)));
    }
    let all: Vec<Vec<&Cell<Value>>> = axes.iter().map(|axis| axis.iter().collect()).collect();
    if certain
        .iter()
        .zip(&all)
        .any(|(certain, all)| certain.len() != all.len())
        && choose(&all, outside.len())?.is_some()
    {
        return Err(Doubt::Undecided);
    }
    if is_complete { Ok(None) } else { Err(Doubt::MixedTypes) }
}

/// Makes an axis.
type AxisOf = fn(&[&StatementBox<'_>], &[&StatementBox<'_>]) -> Result<Vec<Cell<Value>>, Doubt>;

/// Adds an axis, and takes the boxes away that hold none of its cells.
fn narrow(mut axis: Vec<Cell<Value>>, axes: &mut Vec<Vec<Cell<Value>>>, outside: &mut Vec<&StatementBox<'_>>) {
    minimise(&mut axis);
    let is_held = |at: usize| axis.iter().any(|cell| holds_bit(&cell.covers, at));
    let kept: Vec<usize> = (0..outside.len()).filter(|at| is_held(*at)).collect();
    if kept.len() < outside.len() {
        for cell in axes.iter_mut().flatten().chain(&mut axis) {
            cell.covers = bits(kept.len(), |at| {
                kept.get(at).is_some_and(|at| holds_bit(&cell.covers, *at))
            });
        }
        let mut at = 0_usize;
        outside.retain(|_| {
            at = at.saturating_add(1);
            kept.binary_search(&at.saturating_sub(1)).is_ok()
        });
        // With fewer boxes more cells are alike.
        for axis in axes.iter_mut().chain(std::iter::once(&mut axis)) {
            minimise(axis);
        }
    }
    axes.push(axis);
}

fn holds_bit(covers: &[u64], at: usize) -> bool {
    covers.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
}

fn bits(count: usize, is_set: impl Fn(usize) -> bool) -> Covers {
    let mut covers = vec![0_u64; count.div_ceil(64)];
    for at in (0..count).filter(|at| is_set(*at)) {
        if let Some(word) = covers.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }
    covers
}

/// The cell of a value; nothing where some box inside does not hold it.
fn cell(
    value: Value,
    inside: &[&StatementBox<'_>],
    outside: &[&StatementBox<'_>],
    holds: &dyn Fn(&Rule) -> Truth,
) -> Option<Cell<Value>> {
    let mut is_certain = true;
    for one in inside {
        match holds(&one.rule) {
            Truth::Yes => {}
            Truth::No => return None,
            Truth::Unknown(_) => is_certain = false,
        }
    }
    let held: Vec<Truth> = outside.iter().map(|one| holds(&one.rule)).collect();
    is_certain &= !held.iter().any(|truth| matches!(truth, Truth::Unknown(_)));
    let covers = bits(held.len(), |at| held.get(at) == Some(&Truth::Yes));
    Some(Cell {
        value,
        covers,
        is_certain,
    })
}

/// Keeps the cells that no other one beats: covered by fewer boxes, and as certain.
fn minimise(axis: &mut Vec<Cell<Value>>) {
    let mut kept: Vec<Cell<Value>> = Vec::new();
    for new in axis.drain(..) {
        let within = |small: &Cell<Value>, large: &Cell<Value>| {
            (small.is_certain || !large.is_certain)
                && small
                    .covers
                    .iter()
                    .zip(&large.covers)
                    .all(|(small, large)| small & !large == 0)
        };
        if kept.iter().any(|old| within(old, &new)) {
            continue;
        }
        kept.retain(|old| !within(&new, old));
        kept.push(new);
    }
    *axis = kept;
}

/// One cell of each axis that no box outside covers all of.
fn choose<'c>(axes: &[Vec<&'c Cell<Value>>], boxes: usize) -> Result<Option<Vec<&'c Cell<Value>>>, Doubt> {
    let mut full = vec![u64::MAX; boxes.div_ceil(64)];
    if let Some(last) = full.last_mut()
        && !boxes.is_multiple_of(64)
    {
        *last = (1_u64 << (boxes % 64)).wrapping_sub(1);
    }
    let mut chosen = Vec::new();
    let mut failed = HashSet::new();
    let mut nodes = 0_usize;
    Ok(descend(axes, 0, &full, &mut chosen, &mut failed, &mut nodes)?.then_some(chosen))
}

/// Most steps of a search.
const MOST_NODES: usize = 500_000;

fn descend<'c>(
    axes: &[Vec<&'c Cell<Value>>],
    at: usize,
    left: &[u64],
    chosen: &mut Vec<&'c Cell<Value>>,
    failed: &mut HashSet<(usize, Covers)>,
    nodes: &mut usize,
) -> Result<bool, Doubt> {
    let Some(axis) = axes.get(at) else {
        return Ok(left.iter().all(|word| *word == 0));
    };
    if failed.contains(&(at, left.to_vec())) {
        return Ok(false);
    }
    *nodes = nodes.saturating_add(1);
    if *nodes > MOST_NODES {
        return Err(Doubt::Budget);
    }
    for cell in axis {
        let both: Covers = left
            .iter()
            .zip(&cell.covers)
            .map(|(left, covers)| left & covers)
            .collect();
        chosen.push(cell);
        if descend(axes, at.saturating_add(1), &both, chosen, failed, nodes)? {
            return Ok(true);
        }
        chosen.pop();
    }
    failed.insert((at, left.to_vec()));
    Ok(false)
}

fn request(cells: &[&Cell<Value>], tests: &[&Test]) -> Request {
    let mut request = Request {
        action: String::new(),
        resource: None,
        principal: stranger(),
        resource_account: None,
        context: Context::default(),
    };
    for cell in cells {
        match &cell.value {
            Value::Action(action) => request.action.clone_from(action),
            Value::Resource(resource) => request.resource.clone_from(resource),
            Value::Principal(principal) => request.principal = principal.clone(),
            Value::Key(key, KeyValue::Set(values)) => {
                let of_key: Vec<&Test> = tests.iter().copied().filter(|test| test.key() == key).collect();
                let values = keys::smaller(values.clone(), &of_key);
                keys::put(&mut request.context, key, &KeyValue::Set(values));
            }
            Value::Key(key, value) => keys::put(&mut request.context, key, value),
        }
    }
    request
}

/// Somebody in an account that no policy names.
fn stranger() -> Principal {
    Principal::User("arn:aws:iam::999988887777:user/someone".to_owned())
}

/// What a rule is asked about one axis alone.
fn asked<'r>(action: &'r str, resource: Option<&'r str>, request: &'r Request) -> Asked<'r> {
    Asked {
        action,
        resource,
        principal: &request.principal,
        context: View::as_given(request),
        is_bounded: false,
    }
}

fn nobody() -> Request {
    request(&[], &[])
}

fn actions(inside: &[&StatementBox<'_>], outside: &[&StatementBox<'_>]) -> Result<Vec<Cell<Value>>, Doubt> {
    let mut reader = Reader::default();
    // `prefix:name`, both without a colon.
    let action = [
        Token::OneOfField,
        Token::AnyOfField,
        Token::Literal(':'),
        Token::OneOfField,
        Token::AnyOfField,
    ];
    let action = reader.add(action.to_vec());
    reader.require(vec![action]);
    for one in inside {
        let group: Vec<usize> = one
            .written
            .actions()
            .map(|text| reader.add(glob(&text.text.to_ascii_lowercase())))
            .collect();
        if !one.written.action.is_empty() {
            reader.require(group);
        }
    }
    for one in inside.iter().chain(outside) {
        for text in one.written.actions().chain(one.written.not_actions()) {
            reader.add(glob(&text.text.to_ascii_lowercase()));
        }
    }
    let request = nobody();
    let mut out = Vec::new();
    let search = reader.classes(BUDGET, &mut |text| {
        let holds = |rule: &Rule| rule.is_about_action(&asked(text, None, &request));
        out.extend(cell(Value::Action(text.to_owned()), inside, outside, &holds));
    });
    complete(&search, out)
}

fn resources(inside: &[&StatementBox<'_>], outside: &[&StatementBox<'_>]) -> Result<Vec<Cell<Value>>, Doubt> {
    let mut reader = Reader::default();
    let whole = reader.add(arn("arn:*:*:*:*:*"));
    reader.require(vec![whole]);
    for one in inside {
        let group: Vec<usize> = one
            .written
            .resources()
            .map(|text| reader.add(resource_atom(&text.text)))
            .collect();
        if !one.written.resource.is_empty() {
            reader.require(group);
        }
    }
    for one in inside.iter().chain(outside) {
        for text in one.written.resources().chain(one.written.not_resources()) {
            reader.add(resource_atom(&text.text));
        }
    }
    let request = nobody();
    let holds =
        |resource: Option<&str>, rule: &Rule| rule.is_about_resource(&asked("", resource, &request), &mut |_| ());
    let mut out = Vec::new();
    let search = reader.classes(BUDGET, &mut |text| {
        out.extend(cell(Value::Resource(Some(text.to_owned())), inside, outside, &|rule| {
            holds(Some(text), rule)
        }));
    });
    out.extend(cell(Value::Resource(None), inside, outside, &|rule| holds(None, rule)));
    complete(&search, out)
}

/// A resource pattern; the bare star is every ARN, and an ARN that stops early is filled up with stars.
fn resource_atom(text: &str) -> Vec<Token> {
    if !text.is_empty() && text.chars().all(|letter| letter == '*') {
        return vec![Token::Any];
    }
    let colons = text.matches(':').count();
    let missing = 5_usize.saturating_sub(colons);
    arn(&format!("{text}{}", ":*".repeat(missing)))
}

fn complete(search: &Search, cells: Vec<Cell<Value>>) -> Result<Vec<Cell<Value>>, Doubt> {
    match search {
        Search::Complete => Ok(cells),
        Search::GaveUp => Err(Doubt::Budget),
    }
}

/// Principals that the policies can tell apart: every one that is named, another one of each account, and strangers.
fn principals(inside: &[&StatementBox<'_>], outside: &[&StatementBox<'_>]) -> Result<Vec<Cell<Value>>, Doubt> {
    let mut found = vec![stranger()];
    let entries = inside
        .iter()
        .chain(outside)
        .filter_map(|one| one.rule.principals.as_ref())
        .flat_map(|principals| &principals.entries);
    let mut names_any = false;
    for entry in entries {
        names_any = true;
        match entry {
            Entry::Everyone => {}
            Entry::Account(account) => found.push(Principal::User(format!("arn:aws:iam::{account}:user/someone"))),
            Entry::Arn(arn) => found.extend(of_arn(arn)),
            Entry::Service(name) => found.push(Principal::Service(name.clone())),
            Entry::Federated(name) => found.push(Principal::Federated(name.clone())),
            Entry::Other => return Err(Doubt::Principal),
        }
    }
    if names_any {
        found.extend([
            Principal::Anonymous,
            Principal::Service("another.amazonaws.com".to_owned()),
            Principal::Federated("another".to_owned()),
        ]);
    }
    Ok(found
        .into_iter()
        .filter_map(|principal| {
            let holds = |rule: &Rule| {
                rule.principals
                    .as_ref()
                    .map_or(Truth::Yes, |names| names.name(&principal, false).1)
            };
            cell(Value::Principal(principal.clone()), inside, outside, &holds)
        })
        .collect())
}

/// The principal that an ARN stands for, and another one of its account.
fn of_arn(arn: &str) -> Vec<Principal> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, service, _, account, name] = parts.as_slice() else {
        // A unique id stands for one that was deleted.
        return Vec::new();
    };
    let mut path = name.split('/');
    let (kind, first, last) = (path.next(), path.next().unwrap_or_default(), name.rsplit('/').next());
    let named = match (*service, kind) {
        ("iam", Some("role")) => Principal::Session {
            session: format!(
                "arn:aws:sts::{account}:assumed-role/{}/someone",
                last.unwrap_or_default()
            ),
            role: arn.to_owned(),
        },
        ("sts", Some("assumed-role")) => Principal::Session {
            session: arn.to_owned(),
            role: format!("arn:aws:iam::{account}:role/{first}"),
        },
        ("sts", Some("federated-user")) => Principal::FederatedUser {
            federated: arn.to_owned(),
            user: format!("arn:aws:iam::{account}:user/someone"),
        },
        _ => Principal::User(arn.to_owned()),
    };
    vec![named, Principal::User(format!("arn:aws:iam::{account}:user/someone"))]
}

fn key_axis(
    key: &str,
    inside: &[&StatementBox<'_>],
    outside: &[&StatementBox<'_>],
) -> Result<(Vec<Cell<Value>>, bool), Doubt> {
    let tests: Vec<(&Test, &ConditionTest)> = inside
        .iter()
        .chain(outside)
        .flat_map(|one| one.rule.conditions.iter().zip(&one.written.condition))
        .filter(|(test, _)| test.key() == key)
        .collect();
    let (values, is_complete) = keys::values(&tests)?;
    let cells = values
        .into_iter()
        .filter_map(|value| {
            let request = keys::with(key, &value);
            let view = View::as_given(&request);
            let holds = |rule: &Rule| {
                let of_key = rule.conditions.iter().filter(|test| test.key() == key);
                Truth::all(of_key.map(|test| test.holds(&view, &mut |_| ())))
            };
            cell(Value::Key(key.to_owned(), value.clone()), inside, outside, &holds)
        })
        .collect();
    Ok((cells, is_complete))
}
