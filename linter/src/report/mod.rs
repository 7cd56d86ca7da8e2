//! Reports: one renderer per format, each from the run's [`Outcome`](crate::run::Outcome) to bytes.
//!
//! What lives here: the formats and what they share about showing text of strangers.
//! What must not: deciding what fails, which is `run`, and reading of anything.

mod escape;
mod json;
mod sarif;
mod text;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use leastpriv_catalog::catalog;
use leastpriv_checks::Severity;

use crate::run::Outcome;
use crate::sources::Origin;

pub use escape::visible;
pub(crate) use text::{Paint, counted};

/// The format of a report.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: each finding with the text it is about
    #[default]
    Text,
    /// For programs: everything, under a version
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
}

/// What a report says beside the outcome.
#[derive(Clone, Debug, Default)]
pub struct ReportOptions {
    /// Whether text may be coloured.
    pub colour: bool,
    /// The folder that relative places are relative to.
    pub folder: Option<PathBuf>,
}

/// Writes a report.
pub fn render(format: Format, outcome: &Outcome, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::render(outcome, options, out),
        Format::Json => json::render(outcome, out),
        Format::Sarif => sarif::render(outcome, options, out),
    }
}

/// Writes what every run ends with: findings by severity, then policies judged, partly judged and not judged.
pub fn render_summary(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    text::summary(outcome, out)
}

/// The version of this program.
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The catalog's sources with their dates, as people read them.
pub fn catalog_sources() -> String {
    let sources: Vec<_> = catalog()
        .sources()
        .iter()
        .map(|source| format!("{} of {}", source.name, source.date))
        .collect();
    sources.join(", ")
}

/// The page of a check without the space that a doc comment puts before each line.
pub fn page(docs: &str) -> String {
    let lines: Vec<_> = docs
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    lines.join("\n").trim().to_owned()
}

/// Where in a file something is, as people read it; nothing for the file itself.
pub(crate) fn origin_text(origin: &Origin) -> Option<String> {
    match origin {
        Origin::File => None,
        Origin::Plan { address, attribute, .. } => Some(format!("{address}, attribute {attribute}")),
    }
}

/// How many findings are shown of each severity, most severe first.
fn by_severity(outcome: &Outcome) -> Vec<(Severity, usize)> {
    Severity::ALL
        .iter()
        .rev()
        .map(|severity| {
            let count = outcome
                .shown()
                .filter(|located| located.finding.severity == *severity)
                .count();
            (*severity, count)
        })
        .collect()
}

/// Serialises with every control character, direction mark and invisible character escaped, so that
/// a report is as harmless on a terminal as in a parser. Such characters stand inside strings only.
pub(crate) fn write_json(report: &impl serde::Serialize, out: &mut dyn Write) -> io::Result<()> {
    write_escaped(&serde_json::to_string_pretty(report)?, out)
}

/// As [`write_json`], with the indentation of the AWS CLI.
pub(crate) fn write_aws_json(answer: &impl serde::Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    answer.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))?;
    write_escaped(&String::from_utf8_lossy(&text), out)
}

/// Writes the text of a JSON document that ends with its last brace, escaped as [`write_json`] does.
pub(crate) fn write_escaped(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut escaped = escaped(text);
    escaped.push('\n');
    out.write_all(escaped.as_bytes())
}

/// A text of JSON, in which every such character stands inside a string, with each of them but line ends escaped.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut units = [0_u16; 2];
    for character in text.chars() {
        if character != '\n' && escape::acts(character) {
            for unit in character.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Whether a text is the same where it is escaped, but for the white space of JSON.
pub(crate) fn is_harmless(text: &str) -> bool {
    let is_space = |character: char| matches!(character, '\n' | '\r' | '\t');
    text.chars()
        .all(|character| is_space(character) || !escape::acts(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_escaped_and_still_the_same_value() {
        let text = "a\u{1b}[31m\u{9b}\u{202e}\u{e0041}\u{1f600}é\n##vso[x]";
        let mut out = Vec::new();
        write_json(&serde_json::json!({ "text": text }), &mut out).unwrap();
        let report = String::from_utf8(out).unwrap();
        assert!(
            report.contains("\\u202e") && report.contains("\\udb40\\udc41"),
            "{report}"
        );
        assert!(
            report
                .chars()
                .all(|character| character == '\n' || !escape::acts(character))
        );
        let value: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(value["text"], text);
    }

    #[test]
    fn a_page_loses_the_space_of_its_doc_comment() {
        assert_eq!(page(" ## What\n text\n\n     code\n"), "## What\ntext\n\n    code");
    }
}
