//! Decisions as a table for people: actions down, resources across, in words that need no colour.

use std::collections::BTreeMap;
use std::fmt::Write;

use leastpriv_policy::decide::{Decision, Outcome};

use super::answer::missing;
use super::layers::Layers;
use super::question::Question;
use super::why::{nearest, outcome_words, why};
use crate::report::visible;

/// Widest line with the resources in the head of the table; wider ones are numbered.
const WIDTH: usize = 120;

/// Writes decisions as a table; with `explain` also why each request that is not allowed is not.
pub(crate) fn table(layers: &Layers, decided: &[(Question<'_>, Decision)], explain: bool) -> String {
    let actions = unique(decided.iter().map(|(question, _)| question.action));
    let resources = unique(decided.iter().map(|(question, _)| question.resource));
    let outcomes: BTreeMap<_, _> = decided
        .iter()
        .map(|(question, decision)| ((question.action, question.resource), decision.outcome))
        .collect();
    let names: Vec<String> = resources.iter().map(|resource| visible(resource)).collect();
    let left = widest(actions.iter().map(|action| visible(action)));
    let line = names.iter().fold(left, |sum, name| sum.saturating_add(column(name)));
    let numbered = line > WIDTH && names.len() > 1;
    let heads: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            if numbered {
                format!("[{}]", index.saturating_add(1))
            } else {
                name.clone()
            }
        })
        .collect();
    let mut out = String::new();
    if numbered {
        for (head, name) in heads.iter().zip(&names) {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{head:>4} {name}");
        }
        out.push('\n');
    }
    row(
        &mut out,
        left,
        "",
        heads.iter().map(|head| (head.as_str(), column(head))),
    );
    for action in &actions {
        let cells = resources.iter().zip(&heads).map(|(resource, head)| {
            let outcome = outcomes.get(&(*action, *resource));
            (outcome.map_or("", |outcome| cell(*outcome)), column(head))
        });
        row(&mut out, left, &visible(action), cells);
    }
    if explain {
        for (question, decision) in decided {
            explanation(&mut out, layers, question, decision);
        }
    }
    out
}

fn unique<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut out = Vec::new();
    for text in texts {
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

fn widest(texts: impl Iterator<Item = String>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or_default()
}

/// The width of a column: its head or the longest word, and two spaces before it.
fn column(head: &str) -> usize {
    head.chars().count().max("implicit".len()).saturating_add(2)
}

fn row<'a>(out: &mut String, left: usize, first: &str, cells: impl Iterator<Item = (&'a str, usize)>) {
    let mut line = format!("{first:left$}");
    for (cell, width) in cells {
        let _ = write!(line, "  {cell:width$}", width = width.saturating_sub(2));
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

fn cell(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "allow",
        Outcome::ExplicitDeny => "deny",
        Outcome::ImplicitDeny => "implicit",
        Outcome::Unknown(_) => "unknown",
    }
}

fn explanation(out: &mut String, layers: &Layers, question: &Question<'_>, decision: &Decision) {
    let why = why(layers, question, decision);
    let _ = writeln!(
        out,
        "\n{} on {}: {}",
        visible(question.action),
        visible(question.resource),
        outcome_words(decision.outcome)
    );
    for shown in &why.deciding {
        let _ = writeln!(out, "  by {}", visible(&shown.text()));
    }
    for reason in &why.reasons {
        let _ = writeln!(out, "  {reason}");
    }
    if decision.outcome == Outcome::Allowed {
        return;
    }
    if let Some(nearest) = nearest(layers, question, decision) {
        let _ = writeln!(out, "  nearest: {}", visible(&nearest.text()));
    }
    let missing = missing(layers, &decision.missing);
    if !missing.is_empty() {
        let _ = writeln!(out, "  keys that the context lacks: {}", visible(&missing.join(", ")));
    }
}
