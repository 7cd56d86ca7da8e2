//! How long comparisons take: pairs of policies, one a line as `{"new": …, "existing": …}`, in the file that is named.

#![expect(clippy::print_stdout, reason = "a bench prints its figure")]

use std::time::{Duration, Instant};

use leastpriv_policy::compare::{Containment, contained};
use leastpriv_policy::document::{Document, parse};
use leastpriv_policy::json;

fn main() {
    // Cargo adds flags of its own.
    let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        println!("name a file with pairs");
        return;
    };
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut times: Vec<Duration> = Vec::new();
    let mut unknown = 0_usize;
    for line in text.lines() {
        let (pair, _) = json::parse(line);
        let document = |name: &str| -> Document {
            let span = pair.get(name).map(|value| value.span).unwrap_or_default();
            parse(span.of(line)).document
        };
        let (new, existing) = (document("new"), document("existing"));
        let best = (0..3).map(|_| {
            let started = Instant::now();
            unknown += usize::from(matches!(contained(&new, &existing), Containment::Unknown(_)));
            started.elapsed()
        });
        times.extend(best.min());
    }
    times.sort_unstable();
    let at = |percent: usize| {
        times
            .get(times.len() * percent / 100)
            .map_or(0.0, Duration::as_secs_f64)
            * 1e6
    };
    println!(
        "{} pairs, {} unknown: {:.1} us median, {:.1} us at 99 %",
        times.len(),
        unknown / 3,
        at(50),
        at(99)
    );
}
