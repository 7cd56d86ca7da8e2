//! The linter's own binary, asked as its users ask it: a batch of questions.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::Pair;

/// What `leastpriv check-no-new-access` says of one pair.
#[derive(Debug)]
pub(crate) struct Answered {
    /// `PASS`, `FAIL`, `UNKNOWN`.
    pub(crate) result: String,
    /// How long the comparison took, the documents read already.
    pub(crate) took: Duration,
}

impl Answered {
    /// Whether there is new access; nothing where it cannot be said.
    pub(crate) fn is_new_access(&self) -> Option<bool> {
        match self.result.as_str() {
            "FAIL" => Some(true),
            "PASS" => Some(false),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Line {
    result: String,
    message: String,
    microseconds: Option<f64>,
}

/// Asks about each pair, in order, so many times; the middle of its times counts.
pub(crate) fn ask(linter: &Path, pairs: &[&Pair], times: usize) -> Result<Vec<Answered>> {
    let mut file = tempfile::NamedTempFile::new()?;
    let count = pairs.len();
    for _ in 0..times {
        for pair in pairs {
            writeln!(file, r#"{{"new":{},"existing":{}}}"#, pair.new, pair.existing)?;
        }
    }
    file.flush()?;
    let output = Command::new(linter)
        .args(["check-no-new-access", "--timing", "--exit-zero", "--batch"])
        .arg(file.path())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("start {}", linter.display()))?;
    ensure!(output.status.success(), "leastpriv ended with {}", output.status);
    let text = String::from_utf8(output.stdout)?;
    let lines: Vec<Line> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(
        lines.len() == count * times,
        "{} answers to {} questions",
        lines.len(),
        count * times
    );
    (0..count).map(|question| middle(&lines, question, count)).collect()
}

fn middle(lines: &[Line], question: usize, count: usize) -> Result<Answered> {
    let mut times = Vec::new();
    let mut result = None;
    for line in lines.iter().skip(question).step_by(count) {
        let took = line
            .microseconds
            .with_context(|| format!("question {question} has no answer: {}", line.message))?;
        times.push(Duration::from_secs_f64(took / 1e6));
        ensure!(
            result.as_ref().is_none_or(|one| *one == line.result),
            "question {question} has two answers"
        );
        result = Some(line.result.clone());
    }
    times.sort_unstable();
    Ok(Answered {
        result: result.context("there are no answers")?,
        took: times.get(times.len() / 2).copied().unwrap_or_default(),
    })
}
