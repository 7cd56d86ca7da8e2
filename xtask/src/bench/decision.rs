//! The decision engine: one request, in a bench of its own so that it is built with optimisations.

use anyhow::{Context as _, Result, ensure};

use super::{Figure, Unit};
use crate::process;

/// Measures one decision.
pub(crate) fn figures() -> Result<Vec<Figure>> {
    let output = process::cargo(&["bench", "--quiet", "-p", "leastpriv-policy", "--bench", "decide"])
        .output()
        .context("start the bench")?;
    ensure!(
        output.status.success(),
        "the bench failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    let measured: f64 = text
        .lines()
        .find_map(|line| line.strip_prefix("one decision: ")?.strip_suffix(" ns"))
        .context("the bench printed no figure")?
        .parse()?;
    Ok(vec![Figure {
        name: "one decision over three statements".to_owned(),
        measured: measured / 1000.0,
        promised: 0.5,
        unit: Unit::Microseconds,
        beside: "with a variable, an address and a condition to look at".to_owned(),
    }])
}
