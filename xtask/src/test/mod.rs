//! `cargo xtask test`: every test of the repository, with one count at the end.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};

use crate::{agreement, generate, process};

/// Runs the generated-file comparison, the agreement with AWS, and all cargo tests (the scenarios
/// among them). The last line is `N passed, N failed`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut passed = 0;
    let mut failed = 0;
    for (name, outcome) in [
        ("generate --check", generate::run(&["--check".to_owned()])),
        ("agreement", agreement::run()),
    ] {
        match outcome {
            Ok(()) => passed += 1,
            Err(error) => {
                failed += 1;
                println!("{name} failed: {error:#}");
            }
        }
    }
    process::run(&mut process::cargo(&["build", "--workspace", "--bins"]))?;
    let mut tests = process::cargo(&["test", "--workspace", "--no-fail-fast", "--quiet", "--"]);
    let mut child = tests
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .context("start cargo test")?;
    let output = child.stdout.take().context("read cargo test")?;
    for line in BufReader::new(output).lines() {
        let line = line.context("read cargo test")?;
        println!("{line}");
        if let Some(counts) = line.strip_prefix("test result: ") {
            passed += count(counts, "passed");
            failed += count(counts, "failed");
        }
    }
    let status = child.wait().context("wait for cargo test")?;
    if !status.success() && failed == 0 {
        failed = 1;
    }
    println!("\n{passed} passed, {failed} failed");
    ensure!(failed == 0, "some tests failed");
    Ok(())
}

/// The number before a word in `ok. 3 passed; 0 failed; …`.
fn count(counts: &str, word: &str) -> usize {
    counts
        .split([';', '.'])
        .filter_map(|part| part.trim().strip_suffix(word))
        .find_map(|number| number.trim().parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts_are_read_from_the_summary_of_a_run() {
        let line = "FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!((count(line, "passed"), count(line, "failed")), (12, 3));
    }
}
