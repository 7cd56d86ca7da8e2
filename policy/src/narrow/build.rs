//! The narrowed policy: grants gathered by the statements they come from, merged, and written as text.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::{overlapping_resources, redundant_statements};
use crate::document::{ConditionTest, Document, Statement, Text, Texts, parse};
use crate::pattern::{ArnPattern, Pattern};
use crate::print::quote;

use super::generalise::{covered, generalise};
use super::parts::{Met, is_resource};
use super::{Generalised, has_variables};

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
        let merged = numbered(policy, merged(statements));
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
        && conditions(one) == conditions(other)
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

fn conditions(statement: &Statement) -> BTreeSet<(&str, &str, BTreeSet<&str>)> {
    statement
        .condition
        .iter()
        .map(|test| {
            (
                test.operator.text.as_str(),
                test.key.text.as_str(),
                texts(test.values.iter()),
            )
        })
        .collect()
}

/// A document of some statements, in the language of another one.
pub(super) fn numbered(policy: &Document, statements: impl IntoIterator<Item = Statement>) -> Document {
    let numbered = statements.into_iter().enumerate();
    Document {
        is_object: true,
        version: policy.version.clone(),
        statement_keys: policy.statement_keys.clone(),
        statements: numbered
            .map(|(index, statement)| Statement { index, ..statement })
            .collect(),
        ..Document::default()
    }
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
        members.extend(texts.iter().map(|text| format!("  \"{name}\": {}", quoted(&text.text))));
    }
    let statements: Vec<String> = statements.iter().map(statement_text).collect();
    members.push(if statements.is_empty() {
        "  \"Statement\": []".to_owned()
    } else {
        format!("  \"Statement\": [\n{}\n  ]", statements.join(",\n"))
    });
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

fn statement_text(statement: &Statement) -> String {
    let mut members = Vec::new();
    for (name, texts) in [("Sid", &statement.sid), ("Effect", &statement.effect)] {
        members.extend(
            texts
                .iter()
                .map(|text| format!("      \"{name}\": {}", quoted(&text.text))),
        );
    }
    for (name, texts) in [
        ("Action", &statement.action),
        ("NotAction", &statement.not_action),
        ("Resource", &statement.resource),
        ("NotResource", &statement.not_resource),
    ] {
        members.extend(
            texts
                .iter()
                .map(|texts| format!("      \"{name}\": {}", list_text(&texts.items, 6))),
        );
    }
    if !statement.condition.is_empty() {
        members.push(format!("      \"Condition\": {}", condition_text(&statement.condition)));
    }
    format!("    {{\n{}\n    }}", members.join(",\n"))
}

fn condition_text(tests: &[ConditionTest]) -> String {
    let mut operators: Vec<(&str, Vec<&ConditionTest>)> = Vec::new();
    for test in tests {
        let operator = test.operator.text.as_str();
        match operators.iter_mut().find(|(known, _)| *known == operator) {
            Some((_, tests)) => tests.push(test),
            None => operators.push((operator, vec![test])),
        }
    }
    let operators: Vec<String> = operators
        .into_iter()
        .map(|(operator, tests)| {
            let keys = tests
                .iter()
                .map(|test| format!("          {}: {}", quoted(&test.key.text), list_text(&test.values, 10)));
            let keys: Vec<String> = keys.collect();
            format!("        {}: {{\n{}\n        }}", quoted(operator), keys.join(",\n"))
        })
        .collect();
    format!("{{\n{}\n      }}", operators.join(",\n"))
}

/// One text as it is, several as a list.
fn list_text(texts: &[Text], indent: usize) -> String {
    if let [only] = texts {
        return quoted(&only.text);
    }
    if texts.is_empty() {
        return "[]".to_owned();
    }
    let space = " ".repeat(indent);
    let items: Vec<String> = texts
        .iter()
        .map(|text| format!("{space}  {}", quoted(&text.text)))
        .collect();
    format!("[\n{}\n{space}]", items.join(",\n"))
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    quote(text, &mut out);
    out
}
