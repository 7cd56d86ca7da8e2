//! `cargo xtask nightly`: what takes too long for every change: millions of random comparisons with evaluators and solvers
//! that share no code with ours.

mod evaluator;
mod requests;
mod simulator;
mod solver;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::process;

/// What a part does, with the first seed of its random choices.
type Part = fn(u64) -> Result<()>;

const PARTS: [(&str, Part); 3] = [
    ("evaluator", evaluator::run),
    ("solver", solver::run),
    ("simulator", simulator::run),
];

/// So many seeds lie between those of one day and those of the next.
const SEEDS_OF_A_DAY: u64 = 1_000_000_000;

/// Runs the parts that are named, or all. Each day has seeds of its own; `--seed N` repeats a run.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (seed, arguments) = match arguments {
        [flag, seed, rest @ ..] if flag == "--seed" => {
            let seed = seed.parse().with_context(|| format!("`--seed {seed}` is no number"))?;
            (seed, rest)
        }
        rest => (seed_of_today(), rest),
    };
    let parts = process::chosen(&PARTS, arguments, "nightly [--seed N]")?;
    println!("nightly: `--seed {seed}` repeats this run");
    for part in parts {
        part(seed)?;
    }
    Ok(())
}

fn seed_of_today() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_secs() / 86_400 * SEEDS_OF_A_DAY
}

/// The tests of what policies mean, built with optimisations.
fn semantics() -> Result<PathBuf> {
    let build = ["test", "--release", "-p", "leastpriv-policy", "--test", "semantics"];
    let output = process::cargo(&[&build[..], &["--no-run", "--message-format", "json"]].concat())
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("build the tests")?;
    ensure!(output.status.success(), "the tests of the policies cannot be built");
    let text = String::from_utf8(output.stdout)?;
    let executable = text.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_test = message["target"]["name"] == "semantics";
        message["executable"].as_str().filter(|_| is_test).map(PathBuf::from)
    });
    executable.context("cargo built no test of that name")
}
