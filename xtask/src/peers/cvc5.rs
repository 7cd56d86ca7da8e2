//! The solver cvc5, asked as its users ask it: one Python process, a solver of its own for each problem.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::json;

const SCRIPT: &str = include_str!("cvc5.py");

/// What cvc5 says of one problem.
#[derive(Debug, Deserialize)]
pub(crate) struct Solved {
    answer: String,
    parsing: f64,
    solving: f64,
}

impl Solved {
    /// Whether there is new access; nothing where it ran into the limit or does not know.
    pub(crate) fn is_new_access(&self) -> Option<bool> {
        match self.answer.as_str() {
            "sat" => Some(true),
            "unsat" => Some(false),
            _ => None,
        }
    }

    /// How long it took to read the text and make terms of it, and from there to the answer; at least the limit where there is
    /// none.
    pub(crate) fn whole(&self) -> Duration {
        Duration::from_secs_f64(self.parsing + self.solving)
    }

    /// How long it took from the terms to the answer.
    pub(crate) fn solving(&self) -> Duration {
        Duration::from_secs_f64(self.solving)
    }
}

/// Asks about each problem, in order; none may take longer than `limit`. Short times are measured so often, and the middle
/// counts.
pub(crate) fn ask(python: &Path, problems: &[String], limit: Duration, times: usize) -> Result<Vec<Solved>> {
    let mut file = tempfile::NamedTempFile::new()?;
    for (id, text) in problems.iter().enumerate() {
        writeln!(file, "{}", json!({ "id": id, "text": text }))?;
    }
    file.flush()?;
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(file.path())
        .args([limit.as_millis().to_string(), times.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .context("start cvc5")?;
    let text = String::from_utf8(output.stdout)?;
    let solved: Vec<Solved> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(
        output.status.success() && solved.len() == problems.len(),
        "cvc5 ended with {} after {} of {} problems",
        output.status,
        solved.len(),
        problems.len()
    );
    Ok(solved)
}
