//! The evaluator against iam-simulate, on random requests with policies of every kind.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use leastpriv_e2e::bed::{Bed, Part};
use leastpriv_policy::decide::{Outcome, evaluate};

use super::requests::Case;
use crate::agreement;
use crate::peers::iam_simulate;

/// How many requests are tried. They are the same every day, so that each disagreement can be explained by its number.
const CASES: u64 = 4_000;

/// Where the explained disagreements stand.
const EXPLAINED: &str = "tests/agreement/iam-simulate.txt";

/// Asks both; a disagreement that nobody has explained is an error, and so is an explanation that is not needed.
pub(super) fn run(_: u64) -> Result<()> {
    let bed = Bed::prepare_parts(&[Part::IamSimulate])?;
    let cases: Vec<Case> = (0..CASES).map(Case::new).collect();
    let theirs = iam_simulate::ask(bed.program(Part::IamSimulate)?, cases.iter().map(Case::theirs))?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut disagreements = BTreeSet::new();
    let mut unread = Vec::new();
    let explained = agreement::explained(EXPLAINED)?;
    for ((number, case), their) in cases.iter().enumerate().zip(&theirs) {
        let (policies, request) = case.ours();
        let our = match evaluate(&policies, &request).outcome {
            Outcome::Allowed => "Allowed",
            Outcome::ImplicitDeny => "ImplicitlyDenied",
            Outcome::ExplicitDeny => "ExplicitlyDenied",
            Outcome::Unknown(_) => "unknown",
        };
        if !their.ignored.is_empty() || their.result.starts_with("error") {
            unread.push(format!("request {number}: {} {:?}", their.result, their.ignored));
            continue;
        }
        *counts.entry(our.to_owned()).or_default() += 1;
        if our != "unknown" && our != their.result {
            let entry = format!("request {number} {our}, iam-simulate {}", their.result);
            if !explained.contains(&entry) {
                println!("{entry}:\n{}", case.theirs());
            }
            disagreements.insert(entry);
        }
    }
    println!("{CASES} requests, ours: {counts:?}");
    ensure!(
        unread.is_empty(),
        "iam-simulate did not take requests as they are: {}",
        unread.join("\n")
    );
    agreement::compare(&disagreements, EXPLAINED)
}
