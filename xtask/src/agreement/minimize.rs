//! How much smaller AWS's own policies get, and that each smaller one is proved.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use leastpriv_policy::minimize::{Options, Outcome, certificates, minimize};
use leastpriv_policy::print::compact;

use super::Row;

/// The longest policy of which the certificates are made: each statement of it is tried without each other one.
const MOST_CERTIFIED: usize = 6_144;

/// Makes every policy smaller and prints by how much; fails where a proof or a certificate is missing, and where the smaller
/// policy can be made smaller still.
pub(super) fn run(rows: &[Row]) -> Result<()> {
    let (mut smaller, mut certified) = (0_usize, 0_usize);
    let (mut before, mut after) = (0_usize, 0_usize);
    let mut times: Vec<Duration> = Vec::new();
    let mut wrong = Vec::new();
    for row in rows {
        let started = Instant::now();
        let found = minimize(&row.document, Options::default());
        times.push(started.elapsed());
        let [was, is] = [&row.document, &found.text].map(|text| compact(text).chars().count());
        (before, after) = (before + was, after + is);
        match found.outcome {
            Outcome::Unchanged => continue,
            Outcome::Unproved(_) => wrong.push(format!("{}: not proved", row.name)),
            Outcome::Smaller => smaller += 1,
        }
        if minimize(&found.text, Options::default()).outcome == Outcome::Smaller {
            wrong.push(format!("{}: smaller twice", row.name));
        }
        if was <= MOST_CERTIFIED {
            certified += 1;
            if certificates(&row.document, &found.text).is_none() {
                wrong.push(format!("{}: no certificate", row.name));
            }
        }
    }
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    println!(
        "\nminimize: {smaller} of {} policies smaller, {before} to {after} characters, {:.1} % less, all proved both ways, \
         {certified} with certificates; median {:.1?}, 99 % {:.1?}",
        rows.len(),
        100.0 * before.saturating_sub(after) as f64 / before.max(1) as f64,
        at(50),
        at(99)
    );
    ensure!(wrong.is_empty(), "smaller policies: {wrong:?}");
    Ok(())
}
