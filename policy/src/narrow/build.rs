//! The narrowed policy: grants gathered by the statements they come from, merged, and written as text.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::{only, overlapping_resources, redundant_statements, tests};
use crate::decide::has_variables;
use crate::document::{ConditionTest, Document, Statement, Text, Texts, parse};
use crate::pattern::{ArnPattern, Pattern};
use crate::print::{laid_out, quote};

use super::Generalised;
use super::generalise::{covered, generalise};
use super::parts::{Met, is_resource};

/// What is kept of a policy: for a statement, by its number, and an action what of its resources.
#[derive(Debug, Default)]
pub(super) struct Kept {
    grants: BTreeMap<(usize, String), Grant>,
}

#[derive(Debug, Default)]
struct Grant {
    /// ARNs that are needed one by one.
    named: BTreeSet<String>,
    /// Patterns that are needed as they are.
    patterns: BTreeSet<String>,
    /// Whether the statement's own resources stay, whatever they are.
    as_written: bool,
}

impl Kept {
    pub(super) fn add(&mut self, statement: usize, action: &str, met: &Met) {
        let grant = self.grants.entry((statement, action.to_owned())).or_default();
        match met {
            Met::AsWritten => grant.as_written = true,
            Met::Patterns { texts, .. } => {
                for text in texts {
                    if Pattern::new(text).is_literal() && !text.contains("${") {
                        grant.named.insert(text.clone());
                    } else {
                        grant.patterns.insert(text.clone());
                    }
                }
            }
        }
    }

    /// The policy that gives what is kept, beside every Deny, and what was generalised in it.
    pub(super) fn document(&self, policy: &Document, support: usize) -> (Document, String, Vec<Generalised>) {
        let mut generalised = BTreeSet::new();
        let mut statements = Vec::new();
        for statement in &policy.statements {
            if !statement.allows() {
                statements.push(statement.clone());
                continue;
            }
            let mut by_resources: BTreeMap<Resources, BTreeSet<String>> = BTreeMap::new();
            for ((_, action), grant) in self.grants.iter().filter(|((of, _), _)| *of == statement.index) {
                let resources = grant.resources(policy, statement, action, support, &mut generalised);
                by_resources.entry(resources).or_default().insert(action.clone());
            }
            statements.extend(
                by_resources
                    .iter()
                    .map(|(resources, actions)| part(statement, actions, resources)),
            );
        }
        let merged = only(policy, merged(statements));
        let needless: BTreeSet<usize> = redundant_statements(&merged)
            .into_iter()
            .map(|one| one.statement)
            .collect();
        let left = merged
            .statements
            .iter()
            .filter(|one| !one.allows() || !needless.contains(&one.index));
        let mut left: Vec<Statement> = left.cloned().collect();
        distinguish(&mut left);
        let text = text(policy, &left);
        (parse(&text).document, text, generalised.into_iter().collect())
    }
}

/// The resources of a statement to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Resources {
    Patterns(BTreeSet<String>),
    AsWritten,
}

impl Grant {
    fn resources(
        &self,
        policy: &Document,
        statement: &Statement,
        action: &str,
        support: usize,
        generalised: &mut BTreeSet<Generalised>,
    ) -> Resources {
        if self.as_written {
            return Resources::AsWritten;
        }
        let variables = has_variables(policy);
        let plain = |texts: &mut dyn Iterator<Item = &Text>| -> Vec<ArnPattern> {
            let texts = texts.filter(|text| is_resource(&text.text) && !(variables && text.text.contains("${")));
            texts.map(|text| ArnPattern::new(&text.text)).collect()
        };
        let own = plain(&mut statement.resources());
        let excluded = plain(&mut statement.not_resources());
        let is_within = |pattern: &ArnPattern| {
            if statement.not_resource.is_empty() {
                own.iter().any(|own| own.covers(pattern))
            } else {
                // One that holds a variable may exclude anything.
                let has_variable = variables && statement.not_resources().any(|text| text.text.contains("${"));
                let meets_any = excluded.iter().any(|excluded| excluded.meets(pattern));
                !has_variable && !meets_any
            }
        };
        let patterns = generalise(&self.named, support, &is_within);
        for pattern in &patterns {
            let arns = covered(pattern, &self.named);
            if !arns.is_empty() {
                generalised.insert(Generalised {
                    action: action.to_owned(),
                    pattern: pattern.clone(),
                    count: arns.len(),
                });
            }
        }
        let patterns: BTreeSet<String> = patterns.into_iter().chain(self.patterns.iter().cloned()).collect();
        Resources::Patterns(uncovered(&patterns))
    }
}

/// Texts that no other one covers.
fn uncovered(texts: &BTreeSet<String>) -> BTreeSet<String> {
    let overlaps = overlapping_resources(&list(texts).items);
    let covered: BTreeSet<usize> = overlaps.into_iter().flat_map(|overlap| overlap.covered).collect();
    let left = texts.iter().enumerate().filter(|(at, _)| !covered.contains(at));
    left.map(|(_, text)| text.clone()).collect()
}

fn part(statement: &Statement, actions: &BTreeSet<String>, resources: &Resources) -> Statement {
    let mut part = Statement {
        action: vec![list(actions)],
        not_action: Vec::new(),
        ..statement.clone()
    };
    if let Resources::Patterns(texts) = resources {
        part.resource = vec![list(texts)];
        part.not_resource = Vec::new();
    }
    part
}

fn list(texts: &BTreeSet<String>) -> Texts {
    let text = |text: &String| Text {
        text: text.clone(),
        ..Text::default()
    };
    Texts {
        items: texts.iter().map(text).collect(),
        ..Texts::default()
    }
}

/// Statements of which those that are the same but for one element are one.
fn merged(statements: Vec<Statement>) -> Vec<Statement> {
    let mut out: Vec<Statement> = Vec::new();
    for statement in statements {
        let twin = out.iter_mut().find(|other| can_merge(other, &statement));
        match twin {
            Some(twin) => {
                twin.action = vec![joined(twin.actions(), statement.actions())];
                if statement.not_resource.is_empty() {
                    twin.resource = vec![joined(twin.resources(), statement.resources())];
                }
            }
            None => out.push(statement),
        }
    }
    out
}

fn can_merge(one: &Statement, other: &Statement) -> bool {
    one.allows()
        && other.allows()
        && tests(&one.condition) == tests(&other.condition)
        && texts(one.not_resources()) == texts(other.not_resources())
        && (texts(one.resources()) == texts(other.resources())
            || one.not_resource.is_empty() && texts(one.actions()) == texts(other.actions()))
}

fn texts<'t>(texts: impl Iterator<Item = &'t Text>) -> BTreeSet<&'t str> {
    texts.map(|text| text.text.as_str()).collect()
}

fn joined<'t>(one: impl Iterator<Item = &'t Text>, other: impl Iterator<Item = &'t Text>) -> Texts {
    list(&one.chain(other).map(|text| text.text.clone()).collect())
}

/// Gives statements that came out of one, and so have its `Sid`, a number behind it: a `Sid` stands once in a policy.
fn distinguish(statements: &mut [Statement]) {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let written: BTreeSet<String> = statements
        .iter()
        .filter_map(|one| one.sid_text().map(str::to_owned))
        .collect();
    for statement in statements {
        let Some(sid) = statement.sid.first_mut().filter(|sid| !sid.text.is_empty()) else {
            continue;
        };
        let mut number = 2_usize;
        let first = sid.text.clone();
        while taken.contains(&sid.text) {
            let next = format!("{first}{number}");
            number = number.saturating_add(1);
            if !written.contains(&next) {
                sid.text = next;
            }
        }
        taken.insert(sid.text.clone());
    }
}

/// A policy as people write it, two spaces for each level.
pub(super) fn text(policy: &Document, statements: &[Statement]) -> String {
    let mut members = Vec::new();
    for (name, texts) in [("Version", &policy.version), ("Id", &policy.id)] {
        members.extend(texts.iter().map(|text| member(name, &quoted(&text.text))));
    }
    let statements: Vec<String> = statements.iter().map(statement_text).collect();
    members.push(member("Statement", &format!("[{}]", statements.join(","))));
    laid_out(&object(&members), "  ") + "\n"
}

fn statement_text(statement: &Statement) -> String {
    let mut members = Vec::new();
    for (name, texts) in [("Sid", &statement.sid), ("Effect", &statement.effect)] {
        members.extend(texts.iter().map(|text| member(name, &quoted(&text.text))));
    }
    for (name, texts) in [
        ("Action", &statement.action),
        ("NotAction", &statement.not_action),
        ("Resource", &statement.resource),
        ("NotResource", &statement.not_resource),
    ] {
        members.extend(texts.iter().map(|texts| member(name, &list_text(&texts.items))));
    }
    if !statement.condition.is_empty() {
        members.push(member("Condition", &condition_text(&statement.condition)));
    }
    object(&members)
}

fn condition_text(tests: &[ConditionTest]) -> String {
    let mut operators: Vec<(&str, Vec<String>)> = Vec::new();
    for test in tests {
        let operator = test.operator.text.as_str();
        let key = member(&test.key.text, &list_text(&test.values));
        match operators.iter_mut().find(|(known, _)| *known == operator) {
            Some((_, keys)) => keys.push(key),
            None => operators.push((operator, vec![key])),
        }
    }
    let operators = operators.iter().map(|(operator, keys)| member(operator, &object(keys)));
    object(&operators.collect::<Vec<_>>())
}

/// One text as it is, several as a list.
fn list_text(texts: &[Text]) -> String {
    if let [only] = texts {
        return quoted(&only.text);
    }
    let items: Vec<String> = texts.iter().map(|text| quoted(&text.text)).collect();
    format!("[{}]", items.join(","))
}

fn object(members: &[String]) -> String {
    format!("{{{}}}", members.join(","))
}

fn member(name: &str, value: &str) -> String {
    format!("{}:{value}", quoted(name))
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    quote(text, &mut out);
    out
}
