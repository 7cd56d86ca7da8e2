//! What is told of smaller policies, for people and for programs.

use std::fmt::Write as _;
use std::io::{self, Write};

use leastpriv_catalog::catalog;
use leastpriv_checks::wildcards::Shortening;
use leastpriv_policy::compare::{Cover, Covered, Doubt};
use leastpriv_policy::minimize::Certificates;
use serde::Serialize;

use super::{Size, Smaller};
use crate::report::{visible, write_json};

/// Version of the report for programs.
const VERSION: u32 = 1;

/// What became of a policy, for people; each line is safe to show. Among many, one that stays as it is takes one line.
pub(crate) fn summary(one: &Smaller, is_among_many: bool) -> String {
    let mut out = String::new();
    let name = visible(&one.name);
    // Writing to a string cannot fail.
    let mut line = |text: &str| {
        let _ = writeln!(out, "{text}");
    };
    let [before, after] = one.characters;
    match &one.doubts {
        Some(doubts) => {
            line(&format!("{name}: nothing smaller is proved to mean the same"));
            for doubt in doubts {
                line(&format!("  it depends on {}", visible(&reason(doubt))));
            }
        }
        None if one.is_smaller => line(&format!(
            "{name}: {} → {} characters without white space, {} less",
            grouped(before),
            grouped(after),
            percent(before.saturating_sub(after), before)
        )),
        None => line(&format!(
            "{name}: as small as it can be, {} characters without white space",
            grouped(before)
        )),
    }
    let sizes = one.sizes.iter().filter(|_| one.is_smaller || !is_among_many);
    for size in sizes {
        line(&format!("  {}", size.words()));
    }
    for step in &one.steps {
        line(&format!("  - {}", visible(step)));
    }
    for list in &one.lists {
        line(&format!("  - {}", visible(&shortened(list))));
    }
    if !one.left.is_empty() {
        let numbers: Vec<String> = one.left.iter().map(|number| format!("Statement[{number}]")).collect();
        line(&format!(
            "  cannot be interpreted and stays as it is: {}",
            numbers.join(", ")
        ));
    }
    if one.is_smaller {
        line("  equivalence proven both ways, beside any other policies");
    }
    if !one.lists.is_empty() {
        line(&format!(
            "  but for the wildcards: they match what was listed of the catalog of {}, future actions included",
            catalog().date()
        ));
    }
    if one.lacks_certificates {
        line("  no certificate: the proof goes step by step, and none leads from the first policy to the last at once");
    }
    if let Some(certificates) = &one.certificates {
        for text in certificate_lines(certificates) {
            line(&format!("  {text}"));
        }
    }
    out
}

fn reason(doubt: &Doubt) -> String {
    match doubt.elements.as_slice() {
        [] => doubt.reason().to_owned(),
        elements => format!("{}: {}", doubt.reason(), elements.join(", ")),
    }
}

fn shortened(list: &Shortening) -> String {
    format!(
        "Statement[{}].Action: {} for {} actions, future actions included",
        list.statement,
        list.wildcards
            .iter()
            .map(|text| format!("`{text}`"))
            .collect::<Vec<_>>()
            .join(", "),
        list.actions
    )
}

impl Size {
    fn words(&self) -> String {
        let [before, after] = [self.before, self.after].map(|size| percent(size, self.limit));
        let share = if before == after {
            after
        } else {
            format!("{before} → {after}")
        };
        format!("{}: {share} of {} {}", self.kind.name(), grouped(self.limit), self.unit)
    }
}

/// `12.3 %`, rounded up, so that nothing over a quota looks as if it fitted.
fn percent(part: usize, whole: usize) -> String {
    let tenths = part.saturating_mul(1_000).div_ceil(whole.max(1));
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// `6,144`
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The four parts of a proof, each with what it shows.
fn parts(certificates: &Certificates) -> [(&'static str, &[Covered]); 4] {
    [
        ("allows no more", &certificates.allows_no_more),
        ("allows no less", &certificates.allows_no_less),
        ("denies no more", &certificates.denies_no_more),
        ("denies no less", &certificates.denies_no_less),
    ]
}

fn certificate_lines(certificates: &Certificates) -> Vec<String> {
    let mut out = Vec::new();
    for (what, covered) in parts(certificates) {
        let (mine, theirs) = if what.ends_with("more") {
            ("new", "given")
        } else {
            ("given", "new")
        };
        for one in covered {
            let meets = one
                .meets
                .map(|deny| format!(" where it meets {theirs} Statement[{deny}]"));
            let by: Vec<String> = one
                .by
                .iter()
                .map(|cover| match cover {
                    Cover::NewDeny(number) => format!("{mine} Statement[{number}] (Deny)"),
                    Cover::ExistingAllow(number) => format!("{theirs} Statement[{number}]"),
                })
                .collect();
            let by = if by.is_empty() {
                "nothing, being about no request".to_owned()
            } else {
                by.join(", ")
            };
            let (statement, meets) = (one.statement, meets.unwrap_or_default());
            out.push(format!(
                "{what}: {mine} Statement[{statement}]{meets} is covered by {by}"
            ));
        }
    }
    out
}

/// Writes the report for programs.
pub(crate) fn write_report(policies: &[Smaller], exit_code: u8, out: &mut dyn Write) -> io::Result<()> {
    let report = Report {
        format: "leastpriv-minimize",
        version: VERSION,
        exit_code,
        policies: policies.iter().map(Entry::of).collect(),
    };
    write_json(&report, out)
}

#[derive(Serialize)]
struct Report<'a> {
    format: &'static str,
    version: u32,
    exit_code: u8,
    policies: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    file: &'a str,
    outcome: &'static str,
    /// The text, as it is printed otherwise.
    policy: &'a str,
    characters_before: usize,
    characters_after: usize,
    quotas: Vec<QuotaEntry>,
    steps: &'a [String],
    future_actions: Vec<ListEntry<'a>>,
    statements_left: &'a [usize],
    doubts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificates: Option<CertificatesEntry>,
}

#[derive(Serialize)]
struct QuotaEntry {
    policy_type: &'static str,
    unit: &'static str,
    limit: usize,
    before: usize,
    after: usize,
}

#[derive(Serialize)]
struct ListEntry<'a> {
    statement: usize,
    wildcards: &'a [String],
    actions: usize,
}

#[derive(Serialize)]
struct CertificatesEntry {
    allows_no_more: Vec<CoveredEntry>,
    allows_no_less: Vec<CoveredEntry>,
    denies_no_more: Vec<CoveredEntry>,
    denies_no_less: Vec<CoveredEntry>,
}

#[derive(Serialize)]
struct CoveredEntry {
    statement: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    meets_deny: Option<usize>,
    denied_by: Vec<usize>,
    covered_by: Vec<usize>,
}

impl<'a> Entry<'a> {
    fn of(one: &'a Smaller) -> Self {
        let [characters_before, characters_after] = one.characters;
        let quotas = one.sizes.iter().map(|size| QuotaEntry {
            policy_type: size.kind.name(),
            unit: size.unit,
            limit: size.limit,
            before: size.before,
            after: size.after,
        });
        let lists = one.lists.iter().map(|list| ListEntry {
            statement: list.statement,
            wildcards: &list.wildcards,
            actions: list.actions,
        });
        Self {
            file: &one.name,
            outcome: match (&one.doubts, one.is_smaller) {
                (Some(_), _) => "unproved",
                (None, true) => "smaller",
                (None, false) => "unchanged",
            },
            policy: &one.text,
            characters_before,
            characters_after,
            quotas: quotas.collect(),
            steps: &one.steps,
            future_actions: lists.collect(),
            statements_left: &one.left,
            doubts: one.doubts.iter().flatten().map(reason).collect(),
            certificates: one.certificates.as_ref().map(|certificates| {
                let [allows_no_more, allows_no_less, denies_no_more, denies_no_less] =
                    parts(certificates).map(|(_, covered)| covered.iter().map(CoveredEntry::of).collect());
                CertificatesEntry {
                    allows_no_more,
                    allows_no_less,
                    denies_no_more,
                    denies_no_less,
                }
            }),
        }
    }
}

impl CoveredEntry {
    fn of(covered: &Covered) -> Self {
        let mut out = Self {
            statement: covered.statement,
            meets_deny: covered.meets,
            denied_by: Vec::new(),
            covered_by: Vec::new(),
        };
        for cover in &covered.by {
            match cover {
                Cover::NewDeny(number) => out.denied_by.push(*number),
                Cover::ExistingAllow(number) => out.covered_by.push(*number),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read_and_never_too_kind() {
        assert_eq!(
            [7, 1_234, 6_144, 1_000_000].map(grouped),
            ["7", "1,234", "6,144", "1,000,000"]
        );
        assert_eq!(percent(6_145, 6_144), "100.1 %");
        assert_eq!(percent(0, 0), "0.0 %");
        assert_eq!(percent(6_144, 6_144), "100.0 %");
    }
}
