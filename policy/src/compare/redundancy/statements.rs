//! Statements that others of the same policy cover or take away.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::impossible::impossible;
use super::lists::literal_prefix;
use super::parts::{Part, covers_complement, covers_part, resources};
use super::{MOST_VALUES, is_contained, is_nothing, is_plain};
use crate::compare::cover::{Test, same_principals, tests};
use crate::document::{Document, Statement};
use crate::pattern::ActionPattern;

/// A statement without which the policy would mean the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needless {
    /// Number of the statement.
    pub statement: usize,
    /// Numbers of those that make it needless, together where there are several.
    pub by: Vec<usize>,
    /// Whether there is one, and it says the same: each covers the other.
    pub is_repeated: bool,
}

/// Statements that others of the same effect cover. Without all of them the policy means the same, for itself and beside
/// any other policy; that is why a Deny counts only where another Deny covers it.
///
/// Of statements that say the same the first stays. Statements that name different principals are not compared: to name a
/// user and to name its account are different grants.
pub fn redundant_statements(document: &Document) -> Vec<Needless> {
    let Some(index) = Index::of(document) else {
        return Vec::new();
    };
    let mut gone = BTreeSet::new();
    let mut out = Vec::new();
    // A statement that a single other one covers goes before one that several cover: they would go themselves otherwise.
    for needs_one in [true, false] {
        for (at, shape) in index.shapes.iter().enumerate().rev() {
            let Some(shape) = shape.as_ref().filter(|_| !gone.contains(&at)) else {
                continue;
            };
            let is_beside = |other: usize, candidate: &Shape<'_>| {
                other != at
                    && !gone.contains(&other)
                    && candidate.written.allows() == shape.written.allows()
                    && same_principals(candidate.written, shape.written)
            };
            let found = index.covering(at, &is_beside, needs_one).or_else(|| {
                let others = (!needs_one).then(|| index.loosely_covering(at, &is_beside))??;
                least(others, |others| index.is_covered_together(at, others))
            });
            let Some(by) = found.filter(|_| impossible(document, shape.written).is_none()) else {
                continue;
            };
            let back = |by: usize| index.covering(by, &|other, _| other == at, true).is_some();
            out.push(Needless {
                statement: at,
                is_repeated: matches!(by.as_slice(), [one] if back(*one)),
                by,
            });
            gone.insert(at);
        }
    }
    out.sort_by_key(|needless| needless.statement);
    out
}

/// Statements that allow nothing, because others deny all of it.
pub fn denied_statements(document: &Document) -> Vec<Needless> {
    let any_denies = document.statements.iter().any(Statement::denies);
    let Some(index) = any_denies.then(|| Index::of(document)).flatten() else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (at, shape) in index.shapes.iter().enumerate() {
        let Some(shape) = shape.as_ref().filter(|shape| shape.written.allows()) else {
            continue;
        };
        let takes = |_: usize, candidate: &Shape<'_>| {
            let everybody = candidate.written.principal.iter().any(|principal| principal.is_star);
            candidate.written.denies() && (everybody || same_principals(candidate.written, shape.written))
        };
        let found = index.covering(at, &takes, false).or_else(|| {
            let others = index.loosely_covering(at, &takes)?;
            least(others, |others| index.is_taken_away(at, others))
        });
        let found = found.filter(|_| impossible(document, shape.written).is_none());
        out.extend(found.map(|by| Needless {
            statement: at,
            by,
            is_repeated: false,
        }));
    }
    out
}

/// Those of some statements that are enough for a proof; nothing where all of them are not.
fn least(mut statements: Vec<usize>, is_enough: impl Fn(&[usize]) -> bool) -> Option<Vec<usize>> {
    if !is_enough(&statements) {
        return None;
    }
    for one in statements.clone() {
        let fewer: Vec<usize> = statements.iter().copied().filter(|other| *other != one).collect();
        if is_enough(&fewer) {
            statements = fewer;
        }
    }
    Some(statements)
}

/// The statements of a document, by the actions that they name.
struct Index<'d> {
    document: &'d Document,
    /// Nothing for a statement that cannot be interpreted.
    shapes: Vec<Option<Shape<'d>>>,
    /// Statements by action, in lower case.
    named: HashMap<String, Vec<usize>>,
    /// Those of the actions that have wildcards, by the text before the first.
    wild: HashMap<String, Vec<(String, ActionPattern)>>,
    /// Statements that name everything but some actions.
    complements: Vec<usize>,
    /// How many more steps may be taken. Without any nothing more is found.
    steps: Cell<usize>,
    /// How many more times the comparison may be asked.
    questions: Cell<usize>,
}

struct Shape<'d> {
    written: &'d Statement,
    tests: BTreeSet<Test>,
    /// Number of its resources, and one.
    size: usize,
}

impl Shape<'_> {
    /// The keys that are tested, in lower case.
    fn keys(&self) -> impl Iterator<Item = &str> {
        self.tests.iter().map(|(_, key, _)| key.as_str())
    }
}

/// Whether a statement, given with its number, may be among those that cover.
type Among<'a> = &'a dyn Fn(usize, &Shape<'_>) -> bool;

impl<'d> Index<'d> {
    /// Nothing where there are no two statements to compare.
    fn of(document: &'d Document) -> Option<Self> {
        let is_sound = document.is_object && document.statement_keys.len() == 1 && document.version.len() < 2;
        if document.statements.len() < 2 || !is_sound {
            return None;
        }
        let mut out = Self {
            document,
            shapes: Vec::new(),
            named: HashMap::new(),
            wild: HashMap::new(),
            complements: Vec::new(),
            steps: Cell::new(MOST_STEPS),
            questions: Cell::new(MOST_QUESTIONS),
        };
        for (at, statement) in document.statements.iter().enumerate() {
            let is_usable = is_plain(statement);
            out.shapes.push(is_usable.then(|| {
                Shape {
                    written: statement,
                    tests: tests(&statement.condition),
                    size: statement
                        .resources()
                        .chain(statement.not_resources())
                        .count()
                        .saturating_add(1),
                }
            }));
            if is_usable && !statement.not_action.is_empty() {
                out.complements.push(at);
            }
            for action in statement.actions().filter(|_| is_usable) {
                let lower = action.text.to_ascii_lowercase();
                if lower.contains(['*', '?']) && !out.named.contains_key(&lower) {
                    let prefix = literal_prefix(&lower).to_owned();
                    let pattern = ActionPattern::new(&lower);
                    out.wild.entry(prefix).or_default().push((lower.clone(), pattern));
                }
                out.named.entry(lower).or_default().push(at);
            }
        }
        Some(out)
    }

    /// Takes a step, or a few; false where none is left.
    fn step(&self, count: usize) -> bool {
        self.steps.set(self.steps.get().saturating_sub(count));
        self.steps.get() > 0
    }

    fn shape(&self, at: usize) -> Option<&Shape<'d>> {
        self.shapes.get(at)?.as_ref()
    }

    /// Statements that cover all of one, by how they are written: one of them where there is one, else several together,
    /// each with no more tests than it.
    fn covering(&self, at: usize, among: Among<'_>, needs_one: bool) -> Option<Vec<usize>> {
        let shape = self.shape(at)?;
        let may = |other: usize| {
            self.shape(other)
                .filter(|_| self.step(1))
                .is_some_and(|candidate| among(other, candidate) && candidate.tests.is_subset(&shape.tests))
        };
        let groups = self.groups(shape, &may, false)?;
        let covers = |other: usize, resource: &Part<'_>| {
            let candidate = self.shape(other).filter(|candidate| self.step(candidate.size));
            candidate.is_some_and(|candidate| covers_part(candidate.written, resource, false))
        };
        let resources = resources(shape.written);
        let first = groups.first()?;
        let single = first.iter().find(|other| {
            groups.iter().all(|group| group.contains(*other)) && resources.iter().all(|one| covers(**other, one))
        });
        if let Some(single) = single {
            return Some(vec![*single]);
        }
        if needs_one {
            return None;
        }
        let mut by = BTreeSet::new();
        for group in &groups {
            for resource in &resources {
                let mut able = group.iter().copied().filter(|other| covers(*other, resource));
                let first = able.next()?;
                if !by.contains(&first) && !able.any(|other| by.contains(&other)) {
                    by.insert(first);
                }
            }
        }
        Some(by.into_iter().collect())
    }

    /// Statements that might cover all of one, conditions and complements left aside. One with a test of a key that neither
    /// it nor another of them tests cannot help: the key is free to fail it.
    fn loosely_covering(&self, at: usize, among: Among<'_>) -> Option<Vec<usize>> {
        let shape = self.shape(at)?;
        let is_beside = |other: usize| {
            let candidate = self.shape(other).filter(|_| self.step(1));
            candidate.is_some_and(|candidate| among(other, candidate))
        };
        let near: BTreeSet<usize> = self.groups(shape, &is_beside, true)?.into_iter().flatten().collect();
        let mut tested: BTreeMap<&str, usize> = BTreeMap::new();
        for other in near.iter().filter_map(|other| self.shape(*other)) {
            for key in other.keys().collect::<BTreeSet<_>>() {
                let times = tested.entry(key).or_default();
                *times = times.saturating_add(1);
            }
        }
        let own: BTreeSet<&str> = shape.keys().collect();
        let can_help = |key: &str| own.contains(key) || tested.get(key).is_some_and(|times| *times > 1);
        let may = |other: usize| is_beside(other) && self.shape(other).is_some_and(|one| one.keys().all(can_help));
        let groups = self.groups(shape, &may, true)?;
        let resources = resources(shape.written);
        let reaches = |group: &Vec<usize>, resource: &Part<'_>| {
            let shapes = group.iter().filter_map(|other| self.shape(*other));
            let mut written = shapes.filter(|candidate| self.step(candidate.size));
            written.any(|candidate| covers_part(candidate.written, resource, true))
        };
        let all = groups
            .iter()
            .all(|group| resources.iter().all(|one| reaches(group, one)));
        let others: BTreeSet<usize> = groups.into_iter().flatten().collect();
        (all && others.len() <= MOST_OTHERS).then(|| others.into_iter().collect())
    }

    /// For each action of a statement those that cover it; nothing where some action has none.
    fn groups(&self, shape: &Shape<'_>, may: &dyn Fn(usize) -> bool, loosely: bool) -> Option<BTreeSet<Vec<usize>>> {
        let lower: Vec<String> = shape
            .written
            .actions()
            .map(|text| text.text.to_ascii_lowercase())
            .collect();
        let nots: Vec<ActionPattern> = shape
            .written
            .not_actions()
            .map(|text| ActionPattern::new(&text.text))
            .collect();
        let covers = |other: &usize| {
            self.shape(*other)
                .is_some_and(|candidate| loosely || covers_complement(candidate.written, &nots))
        };
        let complements: Vec<usize> = if loosely || !nots.is_empty() {
            self.complements.iter().copied().filter(covers).collect()
        } else {
            Vec::new()
        };
        // What is left beside some actions is covered by what covers everything.
        let actions = if nots.is_empty() { lower } else { vec!["*".to_owned()] };
        let mut groups = BTreeSet::new();
        for action in actions {
            let able = self.naming(&action).chain(complements.iter().copied());
            let group: BTreeSet<usize> = able.filter(|other| may(*other)).collect();
            if group.is_empty() {
                return None;
            }
            groups.insert(group.into_iter().collect());
        }
        Some(groups)
    }

    /// Statements with a pattern that covers an action, given in lower case.
    fn naming<'a>(&'a self, action: &'a str) -> impl Iterator<Item = usize> + use<'a, 'd> {
        let pattern = ActionPattern::new(action);
        let ends = (0..=action.len()).filter_map(|end| self.wild.get(action.get(..end)?));
        let wide = ends
            .flatten()
            .filter(move |(text, wide)| self.step(1) && text != action && wide.covers(&pattern));
        let texts = std::iter::once(action).chain(wide.map(|(text, _)| text.as_str()));
        texts.filter_map(|text| self.named.get(text)).flatten().copied()
    }

    /// Whether the comparison proves that some statements together cover one.
    fn is_covered_together(&self, at: usize, others: &[usize]) -> bool {
        let Some((one, others)) = self.narrowed(at, others) else {
            return false;
        };
        let allow = |statement| with_effect(statement, "Allow");
        is_contained(self.document, [allow(one)], others.into_iter().map(allow))
    }

    /// Whether the comparison proves that some statements together deny all of one.
    fn is_taken_away(&self, at: usize, others: &[usize]) -> bool {
        let Some((one, others)) = self.narrowed(at, others) else {
            return false;
        };
        is_nothing(self.document, std::iter::once(one).chain(others))
    }

    /// A statement, and others without the actions that have nothing to do with it; nothing where that is too much to ask.
    fn narrowed(&self, at: usize, others: &[usize]) -> Option<(Statement, Vec<Statement>)> {
        if self.questions.get() == 0 {
            return None;
        }
        self.questions.set(self.questions.get().saturating_sub(1));
        let one = self.shape(at)?.written;
        let own: Vec<ActionPattern> = one.actions().map(|text| ActionPattern::new(&text.text)).collect();
        let narrow = |other: &usize| {
            let mut statement = self.shape(*other)?.written.clone();
            for texts in statement.action.iter_mut().filter(|_| !own.is_empty()) {
                texts.items.retain(|text| {
                    let pattern = ActionPattern::new(&text.text);
                    own.iter().any(|action| pattern.covers(action))
                });
            }
            Some(statement)
        };
        let others: Vec<Statement> = others.iter().filter_map(narrow).collect();
        let all = || others.iter().chain(std::iter::once(one));
        let actions = all().flat_map(|one| one.actions().chain(one.not_actions())).count();
        let resources = all().flat_map(|one| one.resources().chain(one.not_resources())).count();
        let values = all()
            .flat_map(|one| &one.condition)
            .flat_map(|test| &test.values)
            .count();
        let is_small = actions <= MOST_VALUES && resources <= MOST_VALUES && values <= MOST_VALUES;
        is_small.then(|| (one.clone(), others))
    }
}

/// Most steps over one document, of which each compares two patterns or two statements.
const MOST_STEPS: usize = 200_000;

/// Most questions to the comparison over one document.
const MOST_QUESTIONS: usize = 64;

/// Most statements that are compared with one at a time.
const MOST_OTHERS: usize = 12;

fn with_effect(mut statement: Statement, effect: &str) -> Statement {
    for text in &mut statement.effect {
        effect.clone_into(&mut text.text);
    }
    statement
}
