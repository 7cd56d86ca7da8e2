//! The report for people, in the manner of rustc: each finding above the text it is about.
//!
//! No line begins with text of a stranger, so none can be taken for a command by a CI runner.

mod excerpt;

use std::io::{self, Write};

use leastpriv_checks::Severity;
use leastpriv_checks::vet::Place;
use leastpriv_policy::span::LineIndex;

use self::excerpt::{Annotation, Excerpt};
use super::{ReportOptions, by_severity, catalog_sources, origin_text, visible};
use crate::run::{Located, Outcome, Standing};
use crate::sources::Unjudged;

/// Writes the report.
pub(super) fn render(outcome: &Outcome, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint { colour: options.colour };
    let mut lines = Lines::default();
    for located in outcome.shown() {
        finding(outcome, located, paint, &mut lines, out)?;
    }
    for part in &outcome.partly_judged {
        gap("partly judged", part, paint, out)?;
    }
    for part in &outcome.not_judged {
        gap("not judged", part, paint, out)?;
    }
    for note in &outcome.notes {
        writeln!(out, "{}: {}", paint.bold("note"), visible(&note.text))?;
        writeln!(out, "  --> {}\n", visible(&note.file.shown()))?;
    }
    summary(outcome, out)
}

/// Writes what every run ends with.
pub(super) fn summary(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let severities: Vec<_> = by_severity(outcome)
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(severity, number)| counted(number, severity_words(severity)))
        .collect();
    if severities.is_empty() {
        writeln!(out, "no findings")?;
    } else {
        let total = counted(outcome.shown().count(), ("finding", "findings"));
        writeln!(out, "{total}: {}", severities.join(", "))?;
    }
    let excepted = outcome.excepted();
    if excepted > 0 || outcome.hidden > 0 {
        writeln!(
            out,
            "not shown: {excepted} excepted, {} hidden by `validate = \"off\"`",
            outcome.hidden
        )?;
    }
    let left_out: Vec<_> = [
        (
            outcome.left_out.files_without_policy,
            ("file without a policy", "files without a policy"),
        ),
        (
            outcome.left_out.destroyed_resources,
            ("destroyed resource", "destroyed resources"),
        ),
        (outcome.left_out.links, ("symbolic link", "symbolic links")),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, words)| counted(number, words))
    .collect();
    if !left_out.is_empty() {
        writeln!(out, "left out: {}", left_out.join(", "))?;
    }
    writeln!(out, "catalog: {}", catalog_sources())?;
    writeln!(
        out,
        "policies: {} judged, {} partly judged, {} not judged",
        outcome.judged,
        outcome.partly_judged.len(),
        outcome.not_judged.len()
    )
}

fn finding(
    outcome: &Outcome,
    located: &Located,
    paint: Paint,
    lines: &mut Lines,
    out: &mut dyn Write,
) -> io::Result<()> {
    let finding = &located.finding;
    let (Some(file), Some((text, site))) = (outcome.file(located), outcome.policy(located)) else {
        return Ok(());
    };
    let severity = finding.severity;
    let kind = paint.severity(severity, &format!("{severity}[{}]", finding.check.name));
    writeln!(out, "{kind}: {}", paint.bold(&visible(&finding.message)))?;

    let excerpt = if site.sensitive {
        None
    } else {
        let annotations = std::iter::once(Annotation::primary(finding.span, &finding.label)).chain(
            finding
                .related
                .iter()
                .map(|(span, label)| Annotation::related(*span, label)),
        );
        Some(Excerpt::new(
            text,
            lines.of((located.input, located.place), text),
            annotations.collect(),
        ))
    };
    let digits = excerpt.as_ref().map_or(1, Excerpt::digits);
    let margin = " ".repeat(digits.saturating_add(1));
    let start = located.region.start;
    let origin = origin_text(&site.origin)
        .map(|origin| format!(" ({})", visible(&origin)))
        .unwrap_or_default();
    writeln!(
        out,
        "{margin}{} {}:{}:{}{origin}",
        paint.frame("-->"),
        visible(&file.name.shown()),
        start.line,
        start.column
    )?;
    if let Some(excerpt) = excerpt {
        excerpt.render(paint, severity, out)?;
    }

    let mut fact = |name: &str, text: &str| {
        let equals = paint.frame("=");
        writeln!(out, "{margin} {equals} {}: {}", paint.bold(name), visible(text))
    };
    if let Some(help) = &finding.help {
        fact("help", help)?;
    }
    if let Some(example) = finding.example_text() {
        fact("lets through", &example)?;
    }
    for note in &finding.notes {
        fact("note", note)?;
    }
    if located.standing == Standing::Warns {
        fact("note", "`validate = \"warn\"`: it is shown and does not fail")?;
    }
    if let Some(code) = finding.aws_code {
        fact("aws", code)?;
    }
    writeln!(out)
}

fn gap(what: &str, unjudged: &Unjudged, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}", paint.bold(what), paint.bold(&visible(&unjudged.reason)))?;
    let origin = origin_text(&unjudged.origin)
        .map(|origin| format!(" ({})", visible(&origin)))
        .unwrap_or_default();
    writeln!(
        out,
        "  {} {}{origin}",
        paint.frame("-->"),
        visible(&unjudged.file.shown())
    )?;
    if let Some(help) = &unjudged.help {
        writeln!(out, "   {} {}: {}", paint.frame("="), paint.bold("help"), visible(help))?;
    }
    writeln!(out)
}

/// A number with its word.
pub(crate) fn counted(number: usize, (one, many): (&str, &str)) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn severity_words(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Error => ("error", "errors"),
        Severity::SecurityWarning => ("security warning", "security warnings"),
        Severity::Warning => ("warning", "warnings"),
        Severity::Suggestion => ("suggestion", "suggestions"),
    }
}

/// The lines of the policy text that was shown last; findings come policy by policy.
#[derive(Debug, Default)]
struct Lines {
    last: Option<((usize, Place), LineIndex)>,
}

impl Lines {
    fn of(&mut self, policy: (usize, Place), text: &str) -> &LineIndex {
        let is_same = self.last.as_ref().is_some_and(|(last, _)| *last == policy);
        if !is_same {
            self.last = None;
        }
        &self.last.get_or_insert_with(|| (policy, LineIndex::new(text))).1
    }
}

/// Colours, on a terminal that wants them.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Paint {
    /// Whether there are any.
    pub(crate) colour: bool,
}

impl Paint {
    fn severity(self, severity: Severity, text: &str) -> String {
        self.with(
            match severity {
                Severity::Error => return self.danger(text),
                Severity::SecurityWarning => "1;35",
                Severity::Warning => "1;33",
                Severity::Suggestion => "1;36",
            },
            text,
        )
    }

    /// What frames a text.
    pub(crate) fn frame(self, text: &str) -> String {
        self.with("1;34", text)
    }

    /// What stands out.
    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What is a danger.
    pub(crate) fn danger(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// What is none.
    pub(crate) fn relief(self, text: &str) -> String {
        self.with("1;32", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
