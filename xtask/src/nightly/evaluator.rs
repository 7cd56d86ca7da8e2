//! The comparison and the evaluator against the slow evaluator of the tests, which shares no code with them.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

/// The tests, each with the variable that says how many cases it tries, and how many those are.
const TESTS: [(&str, &str, u64); 4] = [
    (
        "compare::no_answer_is_contradicted_by_a_request",
        "COMPARE_PAIRS",
        120_000,
    ),
    (
        "decide::both_evaluators_agree_on_random_cases",
        "DECIDE_CASES",
        1_000_000,
    ),
    (
        "compare::pieces_that_only_together_hold_a_policy_are_seen_to_do_so",
        "COMPARE_PAIRS",
        100_000,
    ),
    (
        "smt::a_problem_holds_for_a_request_exactly_where_it_is_new_access",
        "COMPARE_PAIRS",
        50_000,
    ),
];

/// How many times a pair of policies, or all policies of a case, have to be held against the slow evaluator on a request.
const LEAST: u64 = 10_000_000;

/// Runs the tests; a disagreement fails with its seed.
pub(super) fn run(seed: u64) -> Result<()> {
    let binary = super::semantics()?;
    let began = Instant::now();
    let mut running = Vec::new();
    for (test, variable, count) in TESTS {
        let child = Command::new(&binary)
            .args([test, "--exact", "--nocapture"])
            .env(variable, count.to_string())
            .env("FIRST_SEED", seed.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {}", binary.display()))?;
        running.push((test, child));
    }
    let mut comparisons = 0;
    for (test, child) in running {
        let output = child.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "{test} failed:\n{text}");
        let counted = |line: &str| line.split_once("comparisons: ")?.1.trim().parse::<u64>().ok();
        let count: u64 = text.lines().filter_map(counted).sum();
        println!("{test}: {count} comparisons with the slow evaluator");
        comparisons += count;
    }
    println!("{comparisons} comparisons in {:.0?}, no disagreement", began.elapsed());
    ensure!(comparisons >= LEAST, "fewer than {LEAST} comparisons");
    Ok(())
}
