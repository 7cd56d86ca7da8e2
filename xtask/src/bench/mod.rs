//! `cargo xtask bench`: every promised figure, with a peer or a floor beside it where there is one.

mod adversarial;
mod comparison;
mod decision;
mod linter;
mod memory;
mod provider;
mod solver;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::process;

/// How often a question is asked; the middle of its times counts.
const TIMES: usize = 3;

/// A part of the bench.
#[derive(Clone, Copy)]
struct Part {
    measure: fn() -> Result<Vec<Figure>>,
    /// The packages whose release binaries it runs.
    runs: &'static [&'static str],
}

impl Part {
    const fn new(measure: fn() -> Result<Vec<Figure>>, runs: &'static [&'static str]) -> Self {
        Self { measure, runs }
    }
}

const PARTS: [(&str, Part); 6] = [
    (
        "provider",
        Part::new(provider::figures, &["terraform-provider-leastpriv"]),
    ),
    ("linter", Part::new(linter::figures, &["leastpriv"])),
    ("decision", Part::new(decision::figures, &[])),
    ("comparison", Part::new(comparison::figures, &["leastpriv"])),
    ("memory", Part::new(memory::figures, &["leastpriv"])),
    ("solver", Part::new(solver::figures, &["leastpriv"])),
];

/// Measures and prints the parts that are named, or all; a figure that misses its promise fails the run.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let parts = process::chosen(&PARTS, arguments, "bench")?;
    let packages: BTreeSet<&str> = parts.iter().flat_map(|part| part.runs).copied().collect();
    if !packages.is_empty() {
        let named = packages.iter().flat_map(|package| ["-p", package]);
        process::run(process::cargo(&["build", "--release"]).args(named))?;
    }
    let mut figures = Vec::new();
    for part in parts {
        figures.extend((part.measure)()?);
    }
    println!("\n{:<56} {:>10} {:>10}  beside it", "figure", "measured", "promised");
    let mut missed = 0;
    for figure in &figures {
        let verdict = if figure.is_kept() { "" } else { "  MISSED" };
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
    name: String,
    measured: f64,
    promised: f64,
    unit: Unit,
    /// A peer or a floor measured in the same run, with the ratio.
    beside: String,
}

impl Figure {
    fn is_kept(&self) -> bool {
        match self.unit {
            Unit::TimesAtLeast => self.measured >= self.promised,
            _ => self.measured <= self.promised,
        }
    }
}

/// The unit of a figure; a promise is the most that it may be, but for the one that says otherwise.
#[derive(Copy, Clone)]
pub(crate) enum Unit {
    Microseconds,
    Milliseconds,
    Mebibytes,
    Times,
    /// So many times at least.
    TimesAtLeast,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Microseconds => format!("{value:.2} µs"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Mebibytes => format!("{value:.1} MiB"),
            Self::Times => format!("{value:.2} ×"),
            Self::TimesAtLeast => format!("{value:.0} ×"),
        }
    }
}

/// Times of many questions, in order.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<Duration> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }

    /// The time that so many of 100 stay within.
    pub(crate) fn at(&self, percent: usize) -> Duration {
        let last = self.0.len().saturating_sub(1);
        let at = (self.0.len() * percent / 100).min(last);
        self.0.get(at).copied().unwrap_or_default()
    }
}

/// The median of a measurement, in milliseconds.
pub(crate) fn median(times: usize, mut measure: impl FnMut() -> Result<Duration>) -> Result<f64> {
    let all = (0..times).map(|_| measure()).collect::<Result<Vec<_>>>()?;
    Ok(Times::of(all).at(50).as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_so_many_stay_within_is_one_of_them() {
        let times = Times::of((1..=200).rev().map(Duration::from_millis));
        let at = [0, 50, 99, 100].map(|percent| times.at(percent).as_millis());
        assert_eq!(at, [1, 101, 199, 200]);
        assert_eq!(Times::of([]).at(50), Duration::ZERO);
    }

    #[test]
    fn a_ratio_is_kept_from_above_and_a_time_from_below() {
        let kept = |unit, measured| {
            let figure = Figure {
                name: String::new(),
                measured,
                promised: 100.0,
                unit,
                beside: String::new(),
            };
            figure.is_kept()
        };
        assert!(kept(Unit::TimesAtLeast, 101.0) && !kept(Unit::TimesAtLeast, 99.0));
        assert!(kept(Unit::Milliseconds, 99.0) && !kept(Unit::Milliseconds, 101.0));
    }
}
