//! The search for a request: one value along each axis, so that all boxes inside hold it and none outside does.

use std::collections::{BTreeSet, HashSet};

use super::axes::{STRANGER, actions, key_axis, principals, resources};
use super::keys::{self, KeyValue};
use super::scope::Scope;
use super::sides::StatementBox;
use super::{Cause, Doubt};
use crate::decide::condition::Test;
use crate::decide::statement::Rule;
use crate::decide::{Context, Principal, Request, Truth};

/// A set of the boxes outside, by number.
pub(super) type Covers = Vec<u64>;

/// A value along one axis.
pub(super) struct Cell<V> {
    pub(super) value: V,
    /// The boxes outside that hold it; those of which it is open are among them where the cell is certain.
    pub(super) covers: Covers,
    /// Whether all boxes inside hold it for certain, and no box outside does that is not among those.
    pub(super) is_certain: bool,
}

/// A value of any axis.
#[derive(Clone)]
pub(super) enum Value {
    Action(String),
    Resource(Option<String>),
    Principal(Principal),
    Key(String, KeyValue),
}

impl Value {
    /// The element of a statement that is about such values.
    fn element(&self) -> String {
        match self {
            Self::Action(_) => "Action".to_owned(),
            Self::Resource(_) => "Resource".to_owned(),
            Self::Principal(_) => "Principal".to_owned(),
            Self::Key(key, _) => key.clone(),
        }
    }
}

/// A request of the scope that all boxes inside hold and none outside does.
pub(super) fn point(
    inside: &[&StatementBox<'_>],
    outside: &[&StatementBox<'_>],
    scope: Option<&Scope>,
) -> Result<Option<Request>, Doubt> {
    // A box that holds nothing on one axis need not be looked at on the others, and most vanish with the action.
    let everything_outside = outside;
    let mut outside = outside.to_vec();
    let mut axes: Vec<Vec<Cell<Value>>> = Vec::new();
    let first: [&AxisOf<'_>; 3] = [
        &|inside, outside| principals(inside, outside, scope),
        &actions,
        &resources,
    ];
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
        .flat_map(|one| &one.rule().conditions)
        .map(|test| test.key().to_owned())
        .collect();
    let mut mixed = Vec::new();
    for key in keys {
        let (axis, whole) = key_axis(&key, inside, &outside, scope)?;
        if axis.is_empty() {
            // Nothing is inside; of a key of mixed types some value may be missing.
            return if whole {
                Ok(None)
            } else {
                Err(Doubt::new(Cause::MixedTypes, [key]))
            };
        }
        if !whole {
            mixed.push(key);
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
        let tests: Vec<&Test> = boxes.flat_map(|one| &one.rule().conditions).collect();
        return Ok(Some(request(&chosen, &tests)));
    }
    let all: Vec<Vec<&Cell<Value>>> = axes.iter().map(|axis| axis.iter().collect()).collect();
    let is_certain = |cells: &[&Cell<Value>]| cells.iter().all(|cell| cell.is_certain);
    if !all.iter().all(|axis| is_certain(axis))
        && let Some(chosen) = choose(&all, outside.len())?
    {
        let open = chosen.iter().filter(|cell| !cell.is_certain);
        return Err(Doubt::new(Cause::Undecided, open.map(|cell| cell.value.element())));
    }
    if mixed.is_empty() {
        Ok(None)
    } else {
        Err(Doubt::new(Cause::MixedTypes, mixed))
    }
}

/// Makes an axis.
type AxisOf<'s> = dyn Fn(&[&StatementBox<'_>], &[&StatementBox<'_>]) -> Result<Vec<Cell<Value>>, Doubt> + 's;

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

/// The boxes of which something is true.
pub(super) fn boxes(outside: &[&StatementBox<'_>], is_true: impl Fn(&Rule) -> bool) -> Covers {
    bits(outside.len(), |at| {
        outside.get(at).is_some_and(|one| is_true(one.rule()))
    })
}

fn bits(count: usize, is_set: impl Fn(usize) -> bool) -> Covers {
    let mut covers = vec![0_u64; count.div_ceil(64)];
    (0..count)
        .filter(|at| is_set(*at))
        .for_each(|at| set_bit(&mut covers, at));
    covers
}

fn set_bit(covers: &mut [u64], at: usize) {
    if let Some(word) = covers.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

/// The cells of a value; none where some box inside does not hold it. Where it is open whether a box outside does, there
/// are two: in the certain one it does, and has to be kept off by another axis, and in the other one it does not.
pub(super) fn cells(
    value: Value,
    inside: &[&StatementBox<'_>],
    outside: &[&StatementBox<'_>],
    holds: &dyn Fn(&Rule) -> Truth,
) -> impl Iterator<Item = Cell<Value>> + use<> {
    let mut truth = Truth::Yes;
    for one in inside {
        truth = truth.and(holds(one.rule()));
        if truth == Truth::No {
            return [None, None].into_iter().flatten();
        }
    }
    let mut covers = bits(outside.len(), |_| false);
    let mut open = Vec::new();
    for (at, one) in outside.iter().enumerate() {
        match holds(one.rule()) {
            Truth::Yes => set_bit(&mut covers, at),
            Truth::No => {}
            Truth::Unknown(_) => open.push(at),
        }
    }
    let cell = |value, covers, is_certain| {
        Some(Cell {
            value,
            covers,
            is_certain,
        })
    };
    let is_certain = truth == Truth::Yes;
    let pair = if is_certain && !open.is_empty() {
        let mut at_most = covers.clone();
        for at in open {
            set_bit(&mut at_most, at);
        }
        [cell(value.clone(), at_most, true), cell(value, covers, false)]
    } else {
        [cell(value, covers, is_certain), None]
    };
    pair.into_iter().flatten()
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
        return Err(Doubt::new(Cause::Budget, ["all elements together".to_owned()]));
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

pub(super) fn request(cells: &[&Cell<Value>], tests: &[&Test]) -> Request {
    let mut request = Request {
        action: String::new(),
        resource: None,
        principal: Principal::User(STRANGER.to_owned()),
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
