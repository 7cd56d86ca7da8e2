//! The report for people.
//!
//! No line begins with text of a stranger, so none can be taken for a command by a CI runner.

use std::io::{self, Write};

use leastpriv_catalog::catalog;
use leastpriv_policy::decide::Request;

use super::difference::{Change, ChangedPart, Difference, How};
use super::{Diff, Outcome, PolicyDiff, Standing};
use crate::parts::{in_words, request_words};
use crate::report::{Paint, counted, visible};

/// Which way access goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Gained,
    Lost,
}

/// Writes the report.
pub(super) fn render(diff: &Diff, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let (old, new) = (visible(&diff.old), visible(&diff.new));
    writeln!(out, "{}", paint.bold(&format!("from {old} to {new}")))?;
    for policy in diff.policies.iter().filter(|one| one.is_shown()) {
        writeln!(out)?;
        of_policy(policy, paint, out)?;
    }
    if !diff.gaps.is_empty() {
        writeln!(out)?;
    }
    for gap in &diff.gaps {
        let place = gap.place.as_ref().map_or_else(String::new, |place| {
            format!("{}, attribute {}: ", place.address, place.attribute)
        });
        let text = format!("{place}{} ({})", gap.reason, gap.side);
        writeln!(out, "{}: {}", paint.bold("not compared"), visible(&text))?;
    }
    writeln!(out)?;
    summary(diff, out)
}

impl PolicyDiff {
    /// Whether there is anything to say.
    fn is_shown(&self) -> bool {
        self.standing != Standing::Kept || !self.gained.is_nothing() || !self.lost.is_nothing()
    }
}

fn of_policy(policy: &PolicyDiff, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let standing = match policy.standing {
        Standing::Kept => "",
        Standing::Added => " is added",
        Standing::Removed => " is removed",
    };
    let hidden = if policy.is_hidden {
        "; it is sensitive and not shown"
    } else {
        ""
    };
    match &policy.place {
        Some(place) => {
            let title = format!(
                "policy {}, attribute {}{standing}{hidden}",
                place.address, place.attribute
            );
            writeln!(out, "{}", paint.bold(&visible(&title)))?;
        }
        None if policy.standing == Standing::Added => writeln!(out, "the policy is added")?,
        None => {}
    }
    if policy.gained.is_nothing() && policy.lost.is_nothing() {
        writeln!(out, "  it allows nothing")?;
    }
    of_difference(&policy.gained, Way::Gained, paint, out)?;
    of_difference(&policy.lost, Way::Lost, paint, out)
}

fn of_difference(difference: &Difference, way: Way, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    for change in &difference.changes {
        let word = match (way, change.how) {
            (Way::Gained, How::Allows) => "gained",
            (Way::Gained, How::NoLongerDenies) => "no longer denied",
            (Way::Lost, How::Allows) => "lost",
            (Way::Lost, How::NoLongerDenies) => "newly denied",
        };
        let word = match way {
            Way::Gained => paint.danger(word),
            Way::Lost => paint.relief(word),
        };
        writeln!(out, "  {word}: {}", visible(&change.statement))?;
        for part in &change.parts {
            of_part(change, part, way, out)?;
        }
    }
    let word = match way {
        Way::Gained => "not known whether more is gained",
        Way::Lost => "not known whether more is lost",
    };
    for doubt in &difference.doubts {
        writeln!(out, "  {}: it depends on {}", paint.bold(word), visible(doubt))?;
    }
    Ok(())
}

fn of_part(change: &Change, part: &ChangedPart, way: Way, out: &mut dyn Write) -> io::Result<()> {
    if !part.actions.named.is_empty() {
        let mut names = in_words(&part.actions.named);
        if !part.actions.left_out.is_empty() {
            names = format!("{names} but {}", in_words(&part.actions.left_out));
        }
        writeln!(out, "    {} ({})", visible(&names), part.counts)?;
    }
    if !part.others.is_empty() {
        let names = in_words(&part.others);
        let date = catalog().date();
        writeln!(out, "    {} (not in the catalog of {date})", visible(&names))?;
    }
    if !change.not_resources.is_empty() {
        let names = in_words(&change.not_resources);
        writeln!(out, "      on every resource but {}", visible(&names))?;
    } else if !part.resources.is_empty() {
        writeln!(out, "      on {}", visible(&in_words(&part.resources)))?;
    }
    for (word, principals) in [
        ("for", &change.principals),
        ("for everybody but", &change.not_principals),
    ] {
        if !principals.is_empty() {
            let names: Vec<String> = principals.iter().map(|(kind, name)| format!("{kind} {name}")).collect();
            writeln!(out, "      {word} {}", visible(&in_words(&names)))?;
        }
    }
    for condition in &change.conditions {
        writeln!(out, "      where {}", visible(&condition.text()))?;
    }
    if let Some(stop) = &part.stop {
        let when = match way {
            Way::Gained => "before",
            Way::Lost => "now",
        };
        writeln!(out, "      {when}: {}", visible(&stop.text(&part.witness)))?;
    }
    let by = change.names_principals().then(|| principal_words(&part.witness));
    let request = request_words(&part.witness, by.as_deref());
    writeln!(out, "      such as: {}", visible(&request))
}

/// Who asks.
fn principal_words(request: &Request) -> String {
    let named = request.principal.named();
    named.map_or_else(|| "anybody".to_owned(), |(_, name)| name.into_owned())
}

fn summary(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    let count = |of: fn(&PolicyDiff) -> &Difference| {
        let changes = diff.policies.iter().map(|one| of(one).changes.len());
        changes.sum::<usize>()
    };
    let (gained, lost) = (count(|one| &one.gained), count(|one| &one.lost));
    let words = |number| match number {
        0 => "nothing".to_owned(),
        number => format!("access in {}", counted(number, ("statement", "statements"))),
    };
    let of = match diff.policies.len() {
        1 => String::new(),
        number => format!("{number} policies: "),
    };
    match diff.outcome() {
        Outcome::Same => writeln!(
            out,
            "{of}the same access: nothing is gained and nothing is lost, for any request"
        ),
        Outcome::Unknown => writeln!(out, "{of}gained: not known; lost: {}", words(lost)),
        Outcome::Gained | Outcome::Lost => writeln!(out, "{of}gained: {}; lost: {}", words(gained), words(lost)),
    }
}
