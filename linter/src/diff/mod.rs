//! What a change of policies gives and takes: two policy files, two plans, or a revision of git.
//!
//! What lives here: reading the two sides, finding the policies that belong together, what each allows more than the
//! other in words, and the reports. What must not: how access is compared, which is `leastpriv_policy::compare`, and the
//! command line.

mod difference;
mod git;
mod json;
mod pairs;
mod policy;
mod side;
mod stop;
mod text;

use std::io::{self, Write};

use clap::ValueEnum;

use crate::report::Paint;
use crate::run::Exit;
use difference::{Difference, difference};
use pairs::{Gap, Pair, Place, pairs};
use side::Side;
pub(crate) use side::{Operand, read};

/// The format of a report.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people: what is gained and lost, by statement
    #[default]
    Text,
    /// For programs: everything, under a version
    Json,
}

/// What a change gives and takes.
#[derive(Debug)]
pub(crate) struct Diff {
    old: String,
    new: String,
    policies: Vec<PolicyDiff>,
    gaps: Vec<Gap>,
}

/// What a change of one policy gives and takes.
#[derive(Debug)]
struct PolicyDiff {
    /// Where it stands in the plans; nothing for a policy file.
    place: Option<Place>,
    standing: Standing,
    /// The ARNs of the old and the new policy, where they are managed policies whose documents stand beside the plans.
    managed: [Option<String>; 2],
    /// Whether its text must not be shown.
    is_hidden: bool,
    gained: Difference,
    lost: Difference,
}

/// Which sides have the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Kept,
    Added,
    Removed,
}

impl Standing {
    fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// The result of all policies together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Gained,
    Unknown,
    Lost,
    Same,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Gained => "GAINED",
            Self::Unknown => "UNKNOWN",
            Self::Lost => "LOST",
            Self::Same => "SAME",
        }
    }
}

/// Compares two sides.
///
/// # Errors
///
/// Where a side has no policies that can be compared with those of the other one.
pub(crate) fn diff(old: Side, new: Side) -> Result<Diff, String> {
    let (old_label, new_label) = (old.label().to_owned(), new.label().to_owned());
    let (pairs, gaps) = pairs(old, new)?;
    Ok(Diff {
        old: old_label,
        new: new_label,
        policies: pairs.into_iter().map(of_pair).collect(),
        gaps,
    })
}

fn of_pair(pair: Pair) -> PolicyDiff {
    let Pair {
        place,
        standing,
        old,
        new,
    } = pair;
    let is_hidden = old.is_hidden() || new.is_hidden();
    let (mut gained, mut lost) = if new.is_same(&old) {
        (Difference::default(), Difference::default())
    } else {
        (difference(&new, &old), difference(&old, &new))
    };
    if is_hidden {
        gained.hide();
        lost.hide();
    }
    PolicyDiff {
        place,
        standing,
        managed: [old.arn, new.arn],
        is_hidden,
        gained,
        lost,
    }
}

impl Diff {
    fn outcome(&self) -> Outcome {
        let any = |is: &dyn Fn(&PolicyDiff) -> bool| self.policies.iter().any(is);
        if any(&|one| !one.gained.changes.is_empty()) {
            Outcome::Gained
        } else if any(&|one| !one.gained.doubts.is_empty()) || self.gaps.iter().any(|gap| gap.may_gain) {
            Outcome::Unknown
        } else if any(&|one| !one.lost.is_nothing()) || !self.gaps.is_empty() {
            Outcome::Lost
        } else {
            Outcome::Same
        }
    }

    /// How the run ends: what counts is access that is gained.
    pub(crate) fn exit(&self) -> Exit {
        match self.outcome() {
            Outcome::Gained => Exit::Findings,
            Outcome::Unknown => Exit::NotJudged,
            Outcome::Lost | Outcome::Same => Exit::Clean,
        }
    }

    /// Writes the report.
    pub(crate) fn render(&self, format: DiffFormat, colour: bool, out: &mut dyn Write) -> io::Result<()> {
        match format {
            DiffFormat::Text => text::render(self, Paint { colour }, out),
            DiffFormat::Json => json::render(self, out),
        }
    }
}
