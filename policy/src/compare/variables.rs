//! Policy variables, as far as a comparison can be sure without knowing their values.
//!
//! Each variable becomes one special character, a mark. What holds for texts with a mark holds for every value in its
//! place, because a value only lengthens the text where a `*`, or the same variable, stands on the other side. That is
//! not so for `?`, which sees one character, for what is negated, for ARN conditions, whose fields a value may split, and
//! where two statements, or two tests of one key, have to meet: there nothing is proved. A variable without a value matches
//! nothing, on either side.
//!
//! A "no" needs values: a request with marks becomes one with a value for each, and has to hold before the evaluator.

use std::collections::BTreeMap;

use super::cover::{Covers, Rest};
use super::{Cause, Doubt, Layers};
use crate::decide::{Request, has_variables};
use crate::document::{Document, Statement, Text};

/// The policies of both sides with marks for variables.
pub(super) struct Marked {
    new: Vec<Vec<Document>>,
    existing: Vec<Vec<Document>>,
    /// Whether a "yes" about them proves anything.
    pub(super) proves: bool,
    variables: Vec<Variable>,
}

/// A variable that some policy holds.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) mark: char,
    /// What stands between `${` and `}`.
    written: String,
    /// Its key in lower case.
    pub(super) key: String,
    default: Option<String>,
}

/// Both sides with marks; nothing where no policy has a variable.
pub(super) fn marked(new: &Layers<'_>, existing: &Layers<'_>) -> Option<Marked> {
    if !new.iter().chain(existing).flatten().any(|document| may_have(document)) {
        return None;
    }
    let spells_mark = statements_of(new)
        .chain(statements_of(existing))
        .flat_map(texts)
        .any(is_marked);
    let mut marks = Marks::default();
    let mut both = [new, existing].map(|layers| -> Vec<Vec<Document>> {
        let owned = |layer: &Vec<&Document>| layer.iter().map(|document| (*document).clone()).collect();
        layers.iter().map(owned).collect()
    });
    for document in both.iter_mut().flatten().flatten().filter(|one| has_variables(one)) {
        document.statements.iter_mut().for_each(|one| marks.mark(one));
    }
    if marks.variables.is_empty() {
        return None;
    }
    let [new, existing] = both;
    let is_known = !spells_mark && marks.variables.len() < MOST_VARIABLES;
    Some(Marked {
        proves: is_known && proves(&new, &existing),
        new,
        existing,
        variables: marks.variables,
    })
}

fn statements_of<'d>(layers: &Layers<'d>) -> impl Iterator<Item = &'d Statement> {
    layers.iter().flatten().flat_map(|document| &document.statements)
}

/// Whether some text of a document has the beginning of a variable.
fn may_have(document: &Document) -> bool {
    let mut texts = document.statements.iter().flat_map(texts);
    has_variables(document) && texts.any(|text| text.text.contains("${"))
}

fn proves(new: &[Vec<Document>], existing: &[Vec<Document>]) -> bool {
    let (allows, denies): (Vec<_>, Vec<_>) = statements(new).partition(|one| one.allows());
    let (existing_allows, existing_denies): (Vec<_>, Vec<_>) = statements(existing).partition(|one| one.allows());
    let mut covering = denies.iter().chain(&existing_allows);
    let sees_one_character = covering.any(|one| texts(one).any(|text| text.text.contains('?')));
    let mut all = statements(new).chain(statements(existing));
    let negates = all.any(|statement| {
        statement.not_resources().any(is_marked)
            || statement.condition.iter().any(|test| {
                let operator = test.operator.text.to_ascii_lowercase();
                let is_plain = operator.contains("string") && !operator.contains("not");
                test.values.iter().any(is_marked) && !is_plain
            })
    });
    // A value that is tested twice may be equal to a text that its mark is not equal to.
    let meets_itself = |statement: &&Statement| {
        let mut marked = statement
            .condition
            .iter()
            .filter(|test| test.values.iter().any(is_marked));
        marked.any(|test| {
            let same_key = statement
                .condition
                .iter()
                .filter(|one| one.key.text.eq_ignore_ascii_case(&test.key.text));
            same_key.count() > 1
        })
    };
    let has_mark = |statements: &[&Statement]| statements.iter().any(|one| texts(one).any(is_marked));
    let kept = Covers::of(denies.iter().copied());
    let is_lifted = |deny: &&Statement| !matches!(kept.rest(deny), Rest::Nothing);
    let meet = new.len() > 1 || existing_denies.iter().any(is_lifted);
    let meet = meet || allows.iter().any(meets_itself);
    !(sees_one_character || negates || has_mark(&existing_denies) || (meet && has_mark(&allows)))
}

fn statements(layers: &[Vec<Document>]) -> impl Iterator<Item = &Statement> {
    layers.iter().flatten().flat_map(|document| &document.statements)
}

impl Marked {
    pub(super) fn of_new(&self) -> Vec<Vec<&Document>> {
        self.new.iter().map(|layer| layer.iter().collect()).collect()
    }

    pub(super) fn of_existing(&self) -> Vec<Vec<&Document>> {
        self.existing.iter().map(|layer| layer.iter().collect()).collect()
    }

    pub(super) fn variables(&self) -> &[Variable] {
        &self.variables
    }

    pub(super) fn doubt(&self) -> Doubt {
        let written = self.variables.iter().map(|one| format!("${{{}}}", one.written));
        Doubt::new(Cause::Variable, written)
    }

    /// The requests that come of one with marks, with a few values for each: what the request itself says of the key, the
    /// default, a name and a number.
    pub(super) fn concrete(&self, request: &Request) -> Vec<Request> {
        let mut found = vec![request.clone()];
        for variable in self.variables.iter().filter(|one| holds(request, one.mark)) {
            let values = variable.values(request);
            let filled = found.iter().flat_map(|request| {
                let values = values.iter();
                values.map(|(value, is_default)| variable.filled(request, value, *is_default))
            });
            found = filled.take(MOST_CONCRETE).collect();
        }
        found.retain(|request| !is_special(request));
        found
    }

    /// A few choices of a value for every variable: different names, and texts that conditions compare their keys with.
    pub(super) fn assignments(&self) -> Vec<Vec<String>> {
        let count = self.variables.len();
        let names = (1..=count).map(|at| format!("someone{at}")).collect();
        let compared: Vec<Vec<&str>> = self.variables.iter().map(|one| self.compared(&one.key)).collect();
        let most = compared.iter().map(Vec::len).max().unwrap_or_default();
        let of_conditions = (0..most.min(MOST_COMPARED)).map(|at| {
            let values = compared.iter().enumerate();
            let values = values.map(|(number, texts)| {
                let text = texts.get(at).or_else(|| texts.first());
                text.map_or_else(|| format!("someone{number}"), |text| (*text).to_owned())
            });
            values.collect()
        });
        std::iter::once(names).chain(of_conditions).collect()
    }

    /// The plain texts that conditions compare a key with, in the order in which they are written.
    fn compared(&self, key: &str) -> Vec<&str> {
        let tests = statements(&self.new).chain(statements(&self.existing));
        let tests = tests.flat_map(|statement| &statement.condition);
        let tests = tests.filter(|test| test.key.text.eq_ignore_ascii_case(key));
        let texts = tests.flat_map(|test| &test.values).map(|value| value.text.as_str());
        texts
            .filter(|text| !has_mark(text) && !text.contains(['*', '?']))
            .collect()
    }

    /// The policies with a value in place of every variable.
    pub(super) fn with(&self, values: &[String]) -> Self {
        let fill = |layers: &[Vec<Document>]| -> Vec<Vec<Document>> {
            let filled = |document: &Document| {
                let mut document = document.clone();
                document.statements.iter_mut().for_each(|one| {
                    change_texts(one, |text| {
                        let pairs = self.variables.iter().zip(values);
                        pairs.fold(text.to_owned(), |text, (variable, value)| {
                            text.replace(variable.mark, value)
                        })
                    });
                });
                document
            };
            layers.iter().map(|layer| layer.iter().map(filled).collect()).collect()
        };
        Self {
            new: fill(&self.new),
            existing: fill(&self.existing),
            proves: false,
            variables: Vec::new(),
        }
    }

    /// A request in which every variable has its value, but for keys that it speaks of itself.
    pub(super) fn given(&self, request: &Request, values: &[String]) -> Request {
        let mut out = request.clone();
        for (variable, value) in self.variables.iter().zip(values) {
            if request.context.values(&variable.key).is_none() {
                out.context.set(&variable.key, value.as_str());
            }
        }
        out
    }
}

/// Most choices of values that conditions compare keys with.
const MOST_COMPARED: usize = 3;

/// Most requests that come of one with marks.
const MOST_CONCRETE: usize = 64;

impl Variable {
    /// Values to try, each with whether it is the default, for which the key is absent.
    fn values(&self, request: &Request) -> Vec<(String, bool)> {
        if let Some([value]) = request.context.values(&self.key)
            && !has_mark(value)
        {
            return vec![(value.clone(), false)];
        }
        let default = self.default.iter().map(|default| (default.clone(), true));
        let plain = ["someone", "111122223333"].map(|value| (value.to_owned(), false));
        default.chain(plain).collect()
    }

    fn filled(&self, request: &Request, value: &str, is_default: bool) -> Request {
        let fill = |text: &str| text.replace(self.mark, value);
        let mut out = request.clone();
        out.resource = request.resource.as_deref().map(fill);
        for (key, values) in request
            .context
            .iter()
            .filter(|(_, values)| values.iter().any(|one| has_mark(one)))
        {
            let mut values = values.iter().map(|value| fill(value));
            if request.context.is_multivalued(key) {
                out.context.set_all(key, values);
            } else if let Some(value) = values.next() {
                out.context.set(key, value);
            }
        }
        if !is_default {
            out.context.set(&self.key, value);
        }
        out
    }
}

/// Most variables that have a mark of their own.
const MOST_VARIABLES: usize = 60_000;

/// Characters that hardly a policy spells: a range for private use. Where one does, nothing is proved.
const MARKS: std::ops::RangeInclusive<char> = '\u{f0000}'..='\u{ffffd}';

fn is_marked(text: &Text) -> bool {
    has_mark(&text.text)
}

pub(super) fn has_mark(text: &str) -> bool {
    text.chars().any(|letter| MARKS.contains(&letter))
}

/// Whether a request holds a mark.
pub(super) fn is_special(request: &Request) -> bool {
    values(request).any(has_mark)
}

fn holds(request: &Request, mark: char) -> bool {
    values(request).any(|value| value.contains(mark))
}

fn values(request: &Request) -> impl Iterator<Item = &str> {
    let values = request.context.iter().flat_map(|(_, values)| values);
    values.map(String::as_str).chain(request.resource.as_deref())
}

fn texts(statement: &Statement) -> impl Iterator<Item = &Text> {
    let resources = statement.resources().chain(statement.not_resources());
    resources.chain(statement.condition.iter().flat_map(|test| &test.values))
}

/// Changes every text of a statement that can hold a variable.
fn change_texts(statement: &mut Statement, mut change: impl FnMut(&str) -> String) {
    let resources = statement
        .resource
        .iter_mut()
        .chain(&mut statement.not_resource)
        .flat_map(|texts| &mut texts.items);
    let values = statement.condition.iter_mut().flat_map(|test| &mut test.values);
    for text in resources.chain(values) {
        text.text = change(&text.text);
    }
}

/// The marks that have been given out.
#[derive(Default)]
struct Marks {
    variables: Vec<Variable>,
    /// By the key and what stands behind it.
    by_text: BTreeMap<(String, String), char>,
}

impl Marks {
    fn mark(&mut self, statement: &mut Statement) {
        change_texts(statement, |text| {
            if text.contains("${") {
                self.replaced(text)
            } else {
                text.to_owned()
            }
        });
    }

    fn replaced(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((inside, behind)) = after.split_once('}') else {
                break;
            };
            out.push_str(before);
            out.push(self.of(inside));
            rest = behind;
        }
        out.push_str(rest);
        out
    }

    fn of(&mut self, written: &str) -> char {
        let (key, behind) = written.split_once(',').unwrap_or((written, ""));
        let (key, behind) = (key.trim(), behind.trim());
        // The case of a key does not count, that of a default does, and without a colon it is no key.
        let id = if key.contains(':') {
            (key.to_ascii_lowercase(), behind.to_owned())
        } else {
            (written.to_owned(), String::new())
        };
        if let Some(mark) = self.by_text.get(&id) {
            return *mark;
        }
        let next = u32::try_from(self.variables.len())
            .ok()
            .and_then(|count| u32::from(*MARKS.start()).checked_add(count));
        let mark = next.and_then(char::from_u32).unwrap_or(*MARKS.end());
        let default = behind.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        self.variables.push(Variable {
            mark,
            written: written.to_owned(),
            key: id.0.clone(),
            default: default.map(str::to_owned),
        });
        self.by_text.insert(id, mark);
        mark
    }
}
