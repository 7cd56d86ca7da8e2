//! The comparison of policies against pairs that AWS, a solver and their makers have labelled.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use leastpriv_policy::compare::{Containment, contained};
use leastpriv_policy::document::parse;
use leastpriv_policy::json::{self, Value};

use super::lines;
use crate::peers::Pair;

/// A set of labelled pairs.
#[derive(Debug)]
pub(crate) struct Set {
    /// Its file in the outside data.
    pub(crate) file: &'static str,
    /// How to take the pairs out of a line.
    read: fn(&Value, &str) -> Vec<Pair>,
}

/// What AWS labelled.
pub(crate) const OF_AWS: Set = Set {
    file: "check-no-new-access.jsonl.xz",
    read: of_aws,
};

/// Mutants of policies, labelled by a solver.
pub(crate) const MUTANTS: Set = Set {
    file: "containment-mutants.jsonl.xz",
    read: of_mutants,
};

/// Pairs that are hard to tell, labelled by how they were made.
pub(crate) const HARD: Set = Set {
    file: "containment-hard.jsonl.xz",
    read: of_hard,
};

/// All sets.
pub(crate) const SETS: [Set; 3] = [OF_AWS, MUTANTS, HARD];

impl Set {
    /// The pairs whose label binds; nothing where the outside data do not have the set.
    pub(crate) fn pairs(&self, folder: &Path) -> Result<Option<Vec<Pair>>> {
        let path = folder.join(self.file);
        if !path.is_file() {
            return Ok(None);
        }
        let mut pairs = Vec::new();
        for line in lines(&path)?.lines() {
            let (value, problems) = json::parse(line);
            ensure!(problems.is_empty(), "a row of {} is no JSON: {problems:?}", self.file);
            pairs.extend((self.read)(&value, line));
        }
        Ok(Some(pairs))
    }
}

/// Compares every pair and prints a line for each set; fails on a wrong answer, and on one that is missing.
pub(super) fn run(folder: &Path) -> Result<()> {
    println!(
        "\n{:<32} {:>6} {:>6} {:>6} {:>8} {:>10} {:>10}",
        "containment", "pairs", "right", "wrong", "unknown", "median", "99 %"
    );
    let mut wrong = Vec::new();
    for set in &SETS {
        let name = set.file;
        let Some(pairs) = set.pairs(folder)? else {
            println!("{name:<32} skipped: it is not in the outside data");
            continue;
        };
        let (mut right, mut unknown) = (0, 0);
        let before = wrong.len();
        let mut times: Vec<Duration> = Vec::new();
        for pair in &pairs {
            let (new, existing) = (parse(&pair.new), parse(&pair.existing));
            let started = Instant::now();
            let answer = contained(&new.document, &existing.document);
            times.push(started.elapsed());
            match (&answer, pair.is_contained) {
                (Containment::Contained, Some(true)) | (Containment::Exceeds(_), Some(false)) => right += 1,
                (Containment::Unknown(doubts), _) => {
                    unknown += 1;
                    println!("{}: {doubts:?}", pair.id);
                }
                _ => wrong.push(pair.id.clone()),
            }
        }
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        println!(
            "{name:<32} {:>6} {right:>6} {:>6} {unknown:>8} {:>10.1?} {:>10.1?}",
            pairs.len(),
            wrong.len() - before,
            at(50),
            at(99)
        );
        ensure!(
            unknown == 0,
            "{unknown} pairs of {name} have no answer, and none has variables"
        );
    }
    ensure!(wrong.is_empty(), "wrong answers: {wrong:?}");
    Ok(())
}

fn text(value: &Value, name: &str, line: &str) -> Option<String> {
    Some(value.get(name)?.span.of(line).to_owned())
}

fn pair(value: &Value, line: &str, names: [&str; 2], id: String, is_contained: bool) -> Option<Pair> {
    let [new, existing] = names;
    Some(Pair {
        id,
        new: text(value, new, line)?,
        existing: text(value, existing, line)?,
        is_contained: Some(is_contained),
    })
}

fn is(value: &Value, name: &str, expected: &str) -> bool {
    value.get(name).and_then(Value::as_str) == Some(expected)
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool) == Some(true)
}

/// AWS's own samples, but for those whose document is defective.
fn of_aws(value: &Value, line: &str) -> Vec<Pair> {
    if flag(value, "sampleIsWrong") {
        return Vec::new();
    }
    let id = ["file", "title"].map(|name| value.get(name).and_then(Value::as_str).unwrap_or_default());
    let passes = is(value, "expected", "PASS");
    pair(value, line, ["candidate", "reference"], id.join(" "), passes)
        .into_iter()
        .collect()
}

/// Mutants both ways; the labels of those with variables do not bind.
fn of_mutants(value: &Value, line: &str) -> Vec<Pair> {
    if flag(value, "variables") {
        return Vec::new();
    }
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
    let one = pair(
        value,
        line,
        ["first", "second"],
        id.to_owned(),
        !flag(value, "firstNotWithinSecond"),
    );
    let other = pair(
        value,
        line,
        ["second", "first"],
        format!("{id} back"),
        !flag(value, "secondNotWithinFirst"),
    );
    one.into_iter().chain(other).collect()
}

/// Pairs of which only several statements together, or one single point, give the answer.
fn of_hard(value: &Value, line: &str) -> Vec<Pair> {
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    pair(value, line, ["new", "existing"], id, is(value, "label", "PASS"))
        .into_iter()
        .collect()
}
