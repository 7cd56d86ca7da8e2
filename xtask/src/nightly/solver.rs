//! The comparison against cvc5, on random pairs of the generators of the tests.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use leastpriv_e2e::bed::{Bed, Part};
use leastpriv_policy::compare::{Containment, contained};
use leastpriv_policy::document::parse;
use leastpriv_policy::smt::problem;
use serde_json::Value;

use crate::peers::cvc5;

/// How many random pairs there are; so many hard ones are beside them as one in four of these.
const PAIRS: u64 = 6_000;

/// How long cvc5 may think about one pair.
const LIMIT: Duration = Duration::from_secs(5);

/// Asks both; a different answer is an error that names the pair.
pub(super) fn run(seed: u64) -> Result<()> {
    let bed = Bed::prepare_parts(&[Part::Cvc5])?;
    let python = bed.program(Part::Cvc5)?;
    let mut asked = Vec::new();
    let mut problems = Vec::new();
    let mut unsaid: BTreeMap<String, usize> = BTreeMap::new();
    for line in pairs(seed)?.lines() {
        let pair: Value = serde_json::from_str(line)?;
        let document = |name: &str| parse(&pair[name].to_string()).document;
        let (new, existing) = (document("new"), document("existing"));
        match problem(&new, &existing, false) {
            Ok(text) => {
                problems.push(text);
                asked.push((line.to_owned(), contained(&new, &existing)));
            }
            Err(reason) => *unsaid.entry(reason.to_string()).or_default() += 1,
        }
    }
    let solved = cvc5::ask(python, &problems, LIMIT, 1)?;
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for ((line, our), their) in asked.iter().zip(&solved) {
        // What is new for certain has to be found; an UNKNOWN is for what is open.
        let (our, is_new) = match our {
            Containment::Contained => ("PASS", false),
            Containment::Exceeds(_) => ("FAIL", true),
            Containment::Unknown(_) => ("UNKNOWN", false),
        };
        let found = match their.is_new_access() {
            Some(true) => "sat",
            Some(false) => "unsat",
            None => "no answer",
        };
        *counts.entry((our, found)).or_default() += 1;
        if their.is_new_access().is_some_and(|other| is_new != other) {
            wrong.push(format!("{our}, and cvc5 {found}: {line}"));
        }
    }
    for ((our, found), count) in &counts {
        println!("{our:>8} {found:<10} {count:>6}");
    }
    for (reason, count) in &unsaid {
        println!("not written: {reason}: {count}");
    }
    ensure!(wrong.is_empty(), "cvc5 answers otherwise:\n{}", wrong.join("\n"));
    for both in [("PASS", "unsat"), ("FAIL", "sat")] {
        let count = counts.get(&both).copied().unwrap_or_default();
        ensure!(count * 10 > asked.len(), "only {count} pairs are {both:?}");
    }
    Ok(())
}

/// Pairs of the tests' own generators, a line of JSON each.
fn pairs(seed: u64) -> Result<String> {
    let file = tempfile::NamedTempFile::new()?;
    let status = Command::new(super::semantics()?)
        .args(["export::pairs_are_written", "--exact", "--ignored", "--quiet"])
        .env("EXPORT_PAIRS", file.path())
        .env("COMPARE_PAIRS", PAIRS.to_string())
        .env("FIRST_SEED", seed.to_string())
        .status()?;
    ensure!(status.success(), "the pairs were not written");
    Ok(std::fs::read_to_string(file.path())?)
}
