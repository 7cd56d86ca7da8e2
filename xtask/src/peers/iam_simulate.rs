//! The evaluator iam-simulate, run as a program of its own.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

const SCRIPT: &str = include_str!("iam_simulate.cjs");

/// What it says of one request.
#[derive(Debug, Deserialize)]
pub(crate) struct Simulated {
    /// `Allowed`, `ImplicitlyDenied`, `ExplicitlyDenied`, or an error.
    pub(crate) result: String,
    /// The context keys that it did not look at.
    pub(crate) ignored: Vec<String>,
}

/// Asks about each request, in order. `folder` is where `node` finds the package.
pub(crate) fn ask(folder: &Path, simulations: impl Iterator<Item = Value>) -> Result<Vec<Simulated>> {
    let mut file = tempfile::NamedTempFile::new()?;
    let mut count = 0;
    for (id, simulation) in simulations.enumerate() {
        writeln!(file, "{}", json!({ "id": id, "simulation": simulation }))?;
        count += 1;
    }
    file.flush()?;
    let output = Command::new("node")
        .args(["-e", SCRIPT])
        .arg(file.path())
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .context("start node")?;
    let text = String::from_utf8(output.stdout)?;
    let simulated: Vec<Simulated> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(
        output.status.success() && simulated.len() == count,
        "iam-simulate ended with {} after {} of {count} requests",
        output.status,
        simulated.len()
    );
    Ok(simulated)
}
