//! `cargo xtask bench`: every promised figure, with a peer or a floor beside it where there is one.

mod decision;
mod linter;
mod provider;

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::process;

/// Measures and prints; a figure that misses its promise fails the run.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "usage: cargo xtask bench");
    process::run(&mut process::cargo(&[
        "build",
        "--release",
        "-p",
        "leastpriv",
        "-p",
        "terraform-provider-leastpriv",
    ]))?;
    let mut figures = Vec::new();
    figures.extend(provider::figures()?);
    figures.extend(linter::figures()?);
    figures.extend(decision::figures()?);
    println!("\n{:<56} {:>10} {:>10}  beside it", "figure", "measured", "promised");
    let mut missed = 0;
    for figure in &figures {
        let verdict = if figure.measured <= figure.promised {
            ""
        } else {
            "  MISSED"
        };
        missed += usize::from(!verdict.is_empty());
        println!(
            "{:<56} {:>10} {:>10}  {}{verdict}",
            figure.name,
            figure.unit.show(figure.measured),
            figure.unit.show(figure.promised),
            figure.beside
        );
    }
    ensure!(missed == 0, "{missed} figures miss their promise");
    Ok(())
}

/// One measured figure.
pub(crate) struct Figure {
    name: &'static str,
    measured: f64,
    promised: f64,
    unit: Unit,
    /// A peer or a floor measured in the same run, with the ratio.
    beside: String,
}

/// The unit of a figure.
#[derive(Copy, Clone)]
pub(crate) enum Unit {
    Microseconds,
    Milliseconds,
    Mebibytes,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Microseconds => format!("{value:.2} µs"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Mebibytes => format!("{value:.1} MiB"),
        }
    }
}

/// The median of a measurement, in milliseconds.
pub(crate) fn median(times: usize, mut measure: impl FnMut() -> Result<Duration>) -> Result<f64> {
    let mut all = (0..times).map(|_| measure()).collect::<Result<Vec<_>>>()?;
    all.sort();
    Ok(all.get(times / 2).map_or(0.0, |middle| middle.as_secs_f64() * 1000.0))
}
