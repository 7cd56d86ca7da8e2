//! The comparison beside a solver: cvc5 on the same questions in the same run, its answers held against ours.

use std::time::Duration;

use anyhow::{Result, ensure};
use leastpriv_e2e::bed::{Bed, Part};
use leastpriv_policy::document::parse;
use leastpriv_policy::smt::problem;

use super::{Figure, TIMES, Times, Unit};
use crate::agreement::{self, containment, mutations};
use crate::peers::{Pair, cvc5, ours};
use crate::process;

/// How long cvc5 may think about one question. Where it has no answer by then, the limit counts as its time.
const LIMIT: Duration = Duration::from_secs(5);

/// How many questions of a set are put to cvc5, evenly spread; a set that is smaller is put whole.
const MOST: usize = 300;

/// How many times as long as we cvc5 takes at least: the median, and the time that 99 of 100 stay within.
const PROMISED: [f64; 2] = [100.0, 50.0];

/// Measures both. Our time is from policies that have been parsed to the answer, the making of patterns included; so that of
/// cvc5 is from the written problem to the answer, the making of terms included. What it needs from there is printed beside.
pub(crate) fn figures() -> Result<Vec<Figure>> {
    let Some(data) = agreement::outside_data() else {
        println!("bench: skipped solver: OUTSIDE_DATA names no folder with the outside data");
        return Ok(Vec::new());
    };
    let bed = Bed::prepare_parts(&[Part::Cvc5])?;
    let python = bed.program(Part::Cvc5)?;
    println!("\ncvc5 has {LIMIT:?} for a question; its time is that to read the problem and to solve it");
    let mut figures = Vec::new();
    for (name, set) in [
        ("AWS's samples", &containment::OF_AWS),
        ("mutants", &containment::MUTANTS),
        ("hard pairs", &containment::HARD),
    ] {
        let Some(pairs) = set.pairs(&data)? else {
            println!("bench: skipped {name}: {} is not in the outside data", set.file);
            continue;
        };
        let beside = compare(name, &pairs, python)?;
        for (percent, promised) in [50, 99].into_iter().zip(PROMISED) {
            let (measured, beside) = beside.at(percent);
            figures.push(Figure {
                name: format!("cvc5 to us, {name}, {percent} %"),
                measured,
                promised,
                unit: Unit::TimesAtLeast,
                beside,
            });
        }
    }
    let rows = agreement::read_rows(&data.join(agreement::ROWS))?;
    compare("AWS's policies, changed", &mutations::all(&rows)?, python)?;
    Ok(figures)
}

/// How long both took.
struct Beside {
    we: Times,
    cvc5: Times,
    solving: Times,
}

impl Beside {
    /// The ratio at a percentage, and what it is made of.
    fn at(&self, percent: usize) -> (f64, String) {
        let [we, cvc5, solving] = [&self.we, &self.cvc5, &self.solving].map(|times| times.at(percent));
        let ratio = |time: Duration| time.as_secs_f64() / we.as_secs_f64().max(1e-9);
        let alone = ratio(solving);
        let text = format!("{we:.1?}; cvc5 {cvc5:.1?}, the solving alone {solving:.1?}, {alone:.0} times");
        (ratio(cvc5), text)
    }
}

/// Puts questions to both; a different answer is an error.
fn compare(name: &str, pairs: &[Pair], python: &std::path::Path) -> Result<Beside> {
    let step = pairs.len().div_ceil(MOST).max(1);
    let mut asked = Vec::new();
    let mut problems = Vec::new();
    let mut unsaid = 0;
    for pair in pairs.iter().step_by(step) {
        let (new, existing) = (parse(&pair.new).document, parse(&pair.existing).document);
        match problem(&new, &existing, false) {
            Ok(text) => {
                asked.push(pair);
                problems.push(text);
            }
            Err(_) => unsaid += 1,
        }
    }
    let we = ours::ask(&process::binaries("release").join("leastpriv"), &asked, TIMES)?;
    let solved = cvc5::ask(python, &problems, LIMIT, TIMES)?;
    let mut wrong = Vec::new();
    let (mut same, mut silent) = (0, 0);
    for ((pair, our), their) in asked.iter().zip(&we).zip(&solved) {
        match (our.is_new_access(), their.is_new_access()) {
            (_, None) => silent += 1,
            (None, Some(_)) => {}
            (Some(one), Some(other)) if one == other => same += 1,
            _ => wrong.push(pair.id.clone()),
        }
    }
    println!(
        "{name}: {} of {} questions put to both: {same} answers are the same, {} differ, cvc5 has none to {silent}; \
         {unsaid} cannot be written in SMT-LIB",
        asked.len(),
        pairs.len(),
        wrong.len()
    );
    ensure!(wrong.is_empty(), "cvc5 answers otherwise: {wrong:?}");
    let beside = Beside {
        we: Times::of(we.iter().map(|one| one.took)),
        cvc5: Times::of(solved.iter().map(cvc5::Solved::whole)),
        solving: Times::of(solved.iter().map(cvc5::Solved::solving)),
    };
    for percent in [50, 99] {
        let (ratio, text) = beside.at(percent);
        println!("  {percent} %: {ratio:.0} times; {text}");
    }
    Ok(beside)
}
