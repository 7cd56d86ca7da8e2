//! The comparison of AWS's own policies with changed ones, of which it is known which allows more.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use leastpriv_policy::compare::{Cause, Containment, contained};
use leastpriv_policy::document::parse;
use serde_json::{Value, json};

use super::Row;
use crate::peers::Pair;

/// Two policies, of which the first allows nothing that the second does not.
struct Ordered {
    small: String,
    large: String,
}

/// How the pairs went.
#[derive(Default)]
struct Counts {
    pairs: usize,
    unknown: BTreeMap<Cause, usize>,
}

/// Every policy with its mutants, in both directions.
pub(crate) fn all(rows: &[Row]) -> Result<Vec<Pair>> {
    let mut out = Vec::new();
    for row in rows {
        for (kind, Ordered { small, large }) in pairs(&serde_json::from_str(&row.document)?) {
            let directions = [(&small, &large, Some(true)), (&large, &small, None)];
            out.extend(directions.map(|(new, existing, is_contained)| Pair {
                id: format!("{} {kind}", row.name),
                new: new.clone(),
                existing: existing.clone(),
                is_contained,
            }));
        }
    }
    Ok(out)
}

/// Compares every policy with its mutants in both directions, and prints how often there was no answer and why; fails on
/// a wrong answer, and on one that is missing without variables.
pub(super) fn run(rows: &[Row]) -> Result<()> {
    let mut counts = [Counts::default(), Counts::default()];
    let mut wrong = Vec::new();
    let mut times: Vec<Duration> = Vec::new();
    for pair in all(rows)? {
        let (new, existing) = (parse(&pair.new), parse(&pair.existing));
        let has_variables = [&pair.new, &pair.existing].iter().any(|text| text.contains("${"));
        let of_kind = &mut counts[usize::from(has_variables)];
        let started = Instant::now();
        let answer = contained(&new.document, &existing.document);
        times.push(started.elapsed());
        of_kind.pairs += 1;
        match answer {
            Containment::Exceeds(_) if pair.is_contained == Some(true) => wrong.push(pair.id),
            Containment::Unknown(doubts) => {
                for doubt in doubts {
                    *of_kind.unknown.entry(doubt.cause).or_default() += 1;
                }
            }
            Containment::Contained | Containment::Exceeds(_) => {}
        }
    }
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    for (name, counts) in ["without variables", "with variables"].iter().zip(&counts) {
        println!(
            "mutants {name}: {} pairs, no answer: {:?}",
            counts.pairs, counts.unknown
        );
    }
    println!("mutants: median {:.1?}, 99 % {:.1?}", at(50), at(99));
    ensure!(wrong.is_empty(), "wrong answers: {wrong:?}");
    ensure!(
        counts[0].unknown.is_empty(),
        "pairs without variables have no answer: {:?}",
        counts[0].unknown
    );
    Ok(())
}

/// The policy and its mutants: a statement added, dropped, narrowed, split, negated. Which statement it is goes round.
fn pairs(policy: &Value) -> Vec<(&'static str, Ordered)> {
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    };
    let text = |statements: &[Value]| {
        let mut whole = policy.clone();
        whole["Statement"] = statements.into();
        whole.to_string()
    };
    let original = text(&statements);
    let chosen = original.len() % statements.len().max(1);
    let Some(statement) = statements.get(chosen) else {
        return Vec::new();
    };
    let allows = statement["Effect"] == "Allow";
    let with = |replacement: Vec<Value>| {
        let mut changed = statements.clone();
        changed.splice(chosen..=chosen, replacement);
        text(&changed)
    };
    let pair = |one: &str, other: &str, is_first_small: bool| {
        let (small, large) = if is_first_small { (one, other) } else { (other, one) };
        Ordered {
            small: small.to_owned(),
            large: large.to_owned(),
        }
    };
    let addition = json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/x*"});
    let added = with(vec![statement.clone(), addition]);
    let mut negation = statement.clone();
    negation["Effect"] = "Deny".into();
    let negated = with(vec![statement.clone(), negation]);
    let mut out = vec![
        ("added", pair(&original, &added, true)),
        ("dropped", pair(&with(Vec::new()), &original, allows)),
        ("negated", pair(&negated, &original, true)),
    ];
    if statement["Resource"] == "*" {
        let mut narrow = statement.clone();
        narrow["Resource"] = "arn:aws:s3:::narrow/*".into();
        out.push(("narrowed", pair(&with(vec![narrow]), &original, allows)));
    }
    if let Some(actions) = statement["Action"].as_array() {
        let half = |actions: &[Value]| {
            let mut half = statement.clone();
            half["Action"] = actions.into();
            half
        };
        let (one, other) = actions.split_at(actions.len() / 2);
        let halves = [one, other].into_iter().filter(|part| !part.is_empty()).map(half);
        let split = with(halves.collect());
        out.push(("split", pair(&split, &original, true)));
        out.push(("joined", pair(&original, &split, true)));
    }
    out
}
