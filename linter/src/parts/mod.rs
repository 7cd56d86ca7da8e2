//! What a statement gives, told apart: which of its actions, on which of its resources, and a request for each.
//!
//! What lives here: actions in classes that no statement tells apart, the questions about one class and one resource, and
//! actions and conditions in few words. What must not: how access is compared, which is `leastpriv_policy::compare`, and what is asked,
//! which is a [`Comparison`].

mod classes;
mod condition;
mod names;

use std::borrow::Cow;
use std::collections::BTreeSet;

use leastpriv_catalog::Action;
use leastpriv_checks::terms;
use leastpriv_policy::compare::{self, Containment, Doubt, Excess, Replay};
use leastpriv_policy::decide::Request;
use leastpriv_policy::document::{Document, Statement, Text, Texts};

use classes::Class;
pub(crate) use condition::{Condition, conditions};
pub(crate) use names::{Counts, Names, in_words, names, request_words};

/// What is asked of a statement: what two sides of policies say of any part of it.
pub(crate) trait Comparison {
    /// The two sides with a part of the statement in its place. The first policy of the new side is the one that a
    /// request is proven for.
    fn sides(&self, part: Statement) -> Sides<'_>;

    /// Every policy that may tell actions apart.
    fn policies(&self) -> Vec<&Document>;
}

/// Policies in layers, on two sides.
#[derive(Debug)]
pub(crate) struct Sides<'d> {
    /// What may allow more.
    pub(crate) new: Vec<Vec<Cow<'d, Document>>>,
    /// What it is compared with.
    pub(crate) existing: Vec<Vec<Cow<'d, Document>>>,
}

/// What a comparison finds about a statement.
#[derive(Debug)]
pub(crate) struct Found<K> {
    /// The parts for which it finds a request, in the order of the catalog.
    pub(crate) parts: Vec<Part<K>>,
    /// Why it cannot be said of other parts.
    pub(crate) doubts: BTreeSet<Doubt>,
}

/// Actions and resources of a statement that are alike.
#[derive(Debug)]
pub(crate) struct Part<K> {
    /// The actions that the catalog has.
    pub(crate) actions: Vec<Action>,
    /// Actions and patterns, as they are written, that stand for what the catalog does not have.
    pub(crate) others: Vec<String>,
    /// The patterns of resources, as they are written; none where the statement has no such list.
    pub(crate) resources: Vec<String>,
    /// What all its requests have in common.
    pub(crate) key: K,
    /// One of the requests.
    pub(crate) witness: Request,
}

/// Most questions about one statement; beyond them resources are not told apart.
const MOST_QUESTIONS: usize = 5_000;

/// Most actions among which one is looked for that makes a request realistic.
const MOST_PROVEN: usize = 64;

/// Tells apart what a comparison finds about a statement, and what `key` says of the requests.
pub(crate) fn apart<K: PartialEq>(
    statement: &Statement,
    comparison: &dyn Comparison,
    key: &mut dyn FnMut(&Request) -> K,
) -> Found<K> {
    let mut out = Found {
        parts: Vec::new(),
        doubts: BTreeSet::new(),
    };
    let whole = match comparison.sides(statement.clone()).ask() {
        Containment::Contained => return out,
        Containment::Exceeds(excesses) => excesses.into_iter().next(),
        Containment::Unknown(doubts) => {
            out.doubts.extend(doubts);
            None
        }
    };
    let mut asker = Asker {
        statement,
        comparison,
        questions: 0,
        doubts: BTreeSet::new(),
    };
    for class in classes::of(statement, &comparison.policies()) {
        for (resources, request) in asker.requests(&class) {
            out.add(&class, resources, key(&request), request);
        }
    }
    // What was found of a part says more than what was not found of the whole.
    if whole.is_some() || !out.parts.is_empty() {
        out.doubts = asker.doubts;
    }
    if let Some(excess) = whole
        && out.parts.is_empty()
    {
        let request = comparison.sides(statement.clone()).prove(&excess);
        let class = Class::beyond(statement);
        out.add(&class, texts(statement.resources()), key(&request), request);
    }
    out
}

/// Asks about the parts of a statement.
struct Asker<'a> {
    statement: &'a Statement,
    comparison: &'a dyn Comparison,
    questions: usize,
    doubts: BTreeSet<Doubt>,
}

/// What a comparison says of a part.
enum Answer {
    No,
    Yes(Request),
    Open,
}

impl Asker<'_> {
    /// The resources of the statement, each with a request, for which the comparison finds one in a class.
    fn requests(&mut self, class: &Class) -> Vec<(Vec<String>, Request)> {
        let all = self.ask(class, None);
        if matches!(all, Answer::No) {
            return Vec::new();
        }
        let listed: Vec<&Text> = self.statement.resources().collect();
        let mut out = Vec::new();
        if listed.len() > 1 && self.questions < MOST_QUESTIONS {
            for resource in &listed {
                if let Answer::Yes(request) = self.ask(class, Some(resource)) {
                    out.push((vec![resource.text.clone()], request));
                }
            }
        }
        match all {
            Answer::Yes(request) if out.is_empty() => vec![(texts(listed), request)],
            _ => out,
        }
    }

    fn ask(&mut self, class: &Class, resource: Option<&Text>) -> Answer {
        self.questions = self.questions.saturating_add(1);
        match self.sides(&class.sample(1), resource).ask() {
            Containment::Contained => Answer::No,
            Containment::Exceeds(excesses) => match excesses.first() {
                Some(excess) => Answer::Yes(self.sides(&class.sample(MOST_PROVEN), resource).prove(excess)),
                None => Answer::Open,
            },
            Containment::Unknown(doubts) => {
                self.doubts.extend(doubts);
                Answer::Open
            }
        }
    }

    fn sides(&self, actions: &[String], resource: Option<&Text>) -> Sides<'_> {
        self.comparison.sides(part(self.statement, actions, resource))
    }
}

fn texts<'t>(texts: impl IntoIterator<Item = &'t Text>) -> Vec<String> {
    texts.into_iter().map(|text| text.text.clone()).collect()
}

/// A statement for some of its actions, and for one of its resources where one is said.
fn part(statement: &Statement, actions: &[String], resource: Option<&Text>) -> Statement {
    let list = |items: Vec<Text>| {
        vec![Texts {
            items,
            ..Texts::default()
        }]
    };
    let action = |text: &String| Text {
        text: text.clone(),
        ..Text::default()
    };
    let mut out = Statement {
        action: list(actions.iter().map(action).collect()),
        not_action: Vec::new(),
        ..statement.clone()
    };
    if let Some(resource) = resource {
        out.resource = list(vec![resource.clone()]);
    }
    out
}

impl<K: PartialEq> Found<K> {
    /// Adds what was found of a class to the part that is alike.
    fn add(&mut self, class: &Class, resources: Vec<String>, key: K, request: Request) {
        // Of one class only the resources can differ.
        let of_class = self
            .parts
            .iter_mut()
            .find(|part| part.key == key && part.actions == class.actions && part.others == class.others);
        if let Some(part) = of_class {
            part.resources.extend(resources);
            part.prefer(request);
            return;
        }
        self.parts.push(Part {
            actions: class.actions.clone(),
            others: class.others.clone(),
            resources,
            key,
            witness: request,
        });
    }

    /// Joins the classes that are alike.
    pub(crate) fn joined(self) -> Self {
        let mut parts: Vec<Part<K>> = Vec::new();
        for part in self.parts {
            let alike = parts
                .iter_mut()
                .find(|one| one.key == part.key && one.resources == part.resources);
            match alike {
                Some(one) => {
                    one.actions.extend(part.actions);
                    one.others.extend(part.others);
                    one.prefer(part.witness);
                }
                None => parts.push(part),
            }
        }
        for part in &mut parts {
            part.actions.sort_unstable();
        }
        Self {
            parts,
            doubts: self.doubts,
        }
    }
}

impl<K> Part<K> {
    /// Takes another request of the part where it is one that somebody could make and the present one is not.
    fn prefer(&mut self, request: Request) {
        if !terms::is_realistic(&self.witness) && terms::is_realistic(&request) {
            self.witness = request;
        }
    }
}

impl Sides<'_> {
    /// What the new side allows more.
    pub(crate) fn ask(&self) -> Containment {
        compare::contained_layers(&borrowed(&self.new), &borrowed(&self.existing))
    }

    /// The request of an excess in terms of the catalog.
    pub(crate) fn prove(&self, excess: &Excess) -> Request {
        let (new, existing) = (borrowed(&self.new), borrowed(&self.existing));
        let replay = Replay::of_layers(&new, &existing);
        match new.first().and_then(|layer| layer.first()) {
            Some(first) => terms::proof(first, &replay, excess),
            None => excess.witness.clone(),
        }
    }
}

fn borrowed<'d>(layers: &'d [Vec<Cow<'_, Document>>]) -> Vec<Vec<&'d Document>> {
    let layers = layers.iter();
    layers.map(|layer| layer.iter().map(AsRef::as_ref).collect()).collect()
}

/// A document with other statements in place of its own.
pub(crate) fn with_statements(document: &Document, statements: Vec<Statement>) -> Document {
    Document {
        statements,
        version: document.version.clone(),
        id: document.id.clone(),
        statement_keys: document.statement_keys.clone(),
        unknown: document.unknown.clone(),
        unreadable: document.unreadable.clone(),
        mismatches: document.mismatches.clone(),
        ..*document
    }
}
