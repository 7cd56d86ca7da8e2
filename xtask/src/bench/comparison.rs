//! The comparison of two policies: hard pairs, AWS's own policies with changes, and pairs that are made to be slow; and how
//! often it has no answer, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, ensure};
use leastpriv_policy::compare::{Containment, contained};
use leastpriv_policy::document::{Document, parse};

use super::{Figure, TIMES, Times, Unit, adversarial};
use crate::agreement::{self, containment, mutations};
use crate::peers::Pair;
use crate::peers::ours::{self, Answered};
use crate::process;

/// Measures comparisons through a batch of the linter, the reading of the policies left out.
pub(crate) fn figures() -> Result<Vec<Figure>> {
    let linter = process::binaries("release").join("leastpriv");
    let mut figures = vec![adversarial(&linter)?];
    let Some(data) = agreement::outside_data() else {
        println!("bench: skipped hard pairs and AWS's policies: OUTSIDE_DATA names no folder with the outside data");
        return Ok(figures);
    };
    if let Some(pairs) = containment::HARD.pairs(&data)? {
        figures.extend(of_set(&linter, "hard pairs", &pairs, [100.0, 3_000.0])?);
    }
    let rows = agreement::read_rows(&data.join(agreement::ROWS))?;
    let pairs = mutations::all(&rows)?;
    figures.extend(of_set(&linter, "AWS's policies, changed", &pairs, [20.0, 1_000.0])?);
    Ok(figures)
}

/// Fifteen globs in forty-five pieces: the slowest counts.
fn adversarial(linter: &Path) -> Result<Figure> {
    let pairs = adversarial::pairs();
    let answers = ask(linter, &pairs, 1)?;
    println!("\nfifteen globs in forty-five pieces");
    for (pair, answer) in pairs.iter().zip(&answers) {
        println!("  {:<64} {:>8} {:>10.1?}", pair.id, answer.result, answer.took);
    }
    let silent = answers.iter().filter(|one| one.is_new_access().is_none()).count();
    let times = Times::of(answers.iter().map(|one| one.took));
    let slowest = times.at(100).as_secs_f64() * 1e3;
    Ok(Figure {
        name: "compare 15 globs with 45 pieces of them, slowest".to_owned(),
        // No answer is worse than a late one.
        measured: if silent == 0 { slowest } else { f64::INFINITY },
        promised: 50.0,
        unit: Unit::Milliseconds,
        beside: format!(
            "{} pairs, median {:.1?}, {silent} without an answer",
            pairs.len(),
            times.at(50)
        ),
    })
}

fn of_set(linter: &Path, name: &str, pairs: &[Pair], promised: [f64; 2]) -> Result<Vec<Figure>> {
    let answers = ask(linter, pairs, TIMES)?;
    let times = Times::of(answers.iter().map(|one| one.took));
    let unknown: Vec<&Pair> = pairs
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.is_new_access().is_none())
        .map(|(pair, _)| pair)
        .collect();
    tell(name, pairs.len(), &unknown);
    let figure = |(percent, promised): (usize, f64)| Figure {
        name: format!("compare {name}, {percent} %"),
        measured: times.at(percent).as_secs_f64() * 1e6,
        promised,
        unit: Unit::Microseconds,
        beside: format!(
            "{} questions, the slowest {:.1?}, {} without an answer",
            pairs.len(),
            times.at(100),
            unknown.len()
        ),
    };
    Ok([50, 99].into_iter().zip(promised).map(figure).collect())
}

/// The answers, each asked for so many times; one that is known to be wrong is an error.
fn ask(linter: &Path, pairs: &[Pair], times: usize) -> Result<Vec<Answered>> {
    let answers = ours::ask(linter, &pairs.iter().collect::<Vec<_>>(), times)?;
    let is_wrong = |pair: &Pair, answer: &Answered| {
        let known = pair.is_contained.zip(answer.is_new_access());
        known.is_some_and(|(is_contained, is_new)| is_contained == is_new)
    };
    let wrong: Vec<&String> = pairs
        .iter()
        .zip(&answers)
        .filter(|(pair, answer)| is_wrong(pair, answer))
        .map(|(pair, _)| &pair.id)
        .collect();
    ensure!(wrong.is_empty(), "wrong answers: {wrong:?}");
    Ok(answers)
}

/// Prints which reasons leave a question without an answer, by the families of operators in its policies.
fn tell(name: &str, asked: usize, unknown: &[&Pair]) {
    println!("\n{name}: {} of {asked} questions have no answer", unknown.len());
    let mut table: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for pair in unknown {
        let (new, existing) = (parse(&pair.new).document, parse(&pair.existing).document);
        let Containment::Unknown(doubts) = contained(&new, &existing) else {
            continue;
        };
        let families = families(&new, &existing);
        for doubt in doubts {
            let row = table.entry(doubt.reason()).or_default();
            for family in &families {
                *row.entry(family.clone()).or_default() += 1;
            }
            *row.entry("all".to_owned()).or_default() += 1;
        }
    }
    for (reason, row) in table {
        let cells: Vec<String> = row.iter().map(|(family, count)| format!("{family} {count}")).collect();
        println!("  {reason}: {}", cells.join(", "));
    }
}

/// The families of the operators that two policies use, such as `string`, `set of arn`.
fn families(new: &Document, existing: &Document) -> BTreeSet<String> {
    let tests = [new, existing]
        .into_iter()
        .flat_map(|document| &document.statements)
        .flat_map(|statement| &statement.condition);
    let mut out: BTreeSet<String> = tests
        .map(|test| {
            let operator = test.operator.text.to_ascii_lowercase();
            let (set, operator) = operator.split_once(':').unwrap_or(("", &operator));
            let of = ["string", "numeric", "date", "bool", "binary", "arn", "null"];
            let family = of.into_iter().find(|family| operator.starts_with(family));
            let family = family.unwrap_or("address");
            if set.is_empty() {
                family.to_owned()
            } else {
                format!("set of {family}")
            }
        })
        .collect();
    if out.is_empty() {
        out.insert("no condition".to_owned());
    }
    out
}
