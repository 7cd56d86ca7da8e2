//! Pairs of the generators as lines of JSON, for a solver to answer.

use std::fmt::Write as _;

use serde_json::json;

use super::compare::{mutated, plain, seeds};
use super::hard;
use super::universe::Dice;

#[test]
#[ignore = "writes pairs for another program into the file that EXPORT_PAIRS names"]
fn pairs_are_written() {
    let file = std::env::var_os("EXPORT_PAIRS").expect("EXPORT_PAIRS names no file");
    let mut out = String::new();
    for seed in seeds() {
        let dice = &mut Dice::new(seed);
        let of_resource = dice.once_in(4);
        let existing = plain(&dice.policy(of_resource));
        let new = if of_resource || dice.once_in(3) {
            plain(&dice.policy(of_resource))
        } else {
            mutated(dice, &existing)
        };
        writeln!(out, "{}", json!({ "id": seed, "new": new, "existing": existing })).unwrap();
        if seed.is_multiple_of(4) {
            let pair = hard::pair(seed);
            let line = json!({ "id": format!("hard {seed}"), "new": pair.new, "existing": pair.existing });
            writeln!(out, "{line}").unwrap();
        }
    }
    assert!(out.lines().count() > 1, "there are no pairs");
    std::fs::write(file, out).unwrap();
}
