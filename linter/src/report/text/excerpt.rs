//! The lines of a policy that a finding is about, with the exact places underlined.

use std::fmt::Write as _;
use std::io::{self, Write};

use leastpriv_checks::Severity;
use leastpriv_policy::span::{LineIndex, Span};

use super::super::escape::{self, visible};
use super::Paint;

/// Longest line that is shown whole, in characters.
const WHOLE_LINE: usize = 160;
/// What is shown of a longer one before the place, of the place itself and after it.
const BEFORE: usize = 40;
const PLACE: usize = 100;
const AFTER: usize = 40;
/// What a tab is shown as.
const TAB: &str = "    ";

/// A place to underline.
#[derive(Copy, Clone, Debug)]
pub(super) struct Annotation<'a> {
    span: Span,
    label: &'a str,
    is_primary: bool,
}

impl<'a> Annotation<'a> {
    /// The place the finding is at.
    pub(super) fn primary(span: Span, label: &'a str) -> Self {
        Self {
            span,
            label,
            is_primary: true,
        }
    }

    /// A place that belongs to it.
    pub(super) fn related(span: Span, label: &'a str) -> Self {
        Self {
            span,
            label,
            is_primary: false,
        }
    }
}

/// Rows of source text, each with its underlines.
#[derive(Debug)]
pub(super) struct Excerpt<'a> {
    rows: Vec<Row<'a>>,
}

/// An underline and the line it is under.
#[derive(Debug)]
struct Row<'a> {
    line: usize,
    /// The last line of a place that spans several.
    last_line: usize,
    window: Window,
    label: &'a str,
    is_primary: bool,
}

impl<'a> Excerpt<'a> {
    /// The excerpt of a text for some places.
    pub(super) fn new(text: &str, lines: &LineIndex, annotations: Vec<Annotation<'a>>) -> Self {
        let mut rows: Vec<_> = annotations
            .into_iter()
            .map(|annotation| {
                let line = lines.position(annotation.span.start).line;
                let of_line = lines.line_span(line);
                let end = annotation.span.end.min(of_line.end).max(annotation.span.start);
                let last = annotation.span.end.saturating_sub(1).max(annotation.span.start);
                let within = Span::new(
                    annotation.span.start.saturating_sub(of_line.start),
                    end.saturating_sub(of_line.start),
                );
                Row {
                    line,
                    last_line: lines.position(last).line,
                    window: Window::new(of_line.of(text), within),
                    label: annotation.label,
                    is_primary: annotation.is_primary,
                }
            })
            .collect();
        rows.sort_by_key(|row| (row.line, row.window.pad, !row.is_primary));
        Self { rows }
    }

    /// Width of its line numbers.
    pub(super) fn digits(&self) -> usize {
        let last = self.rows.iter().map(|row| row.line).max().unwrap_or(1);
        last.to_string().len()
    }

    /// Writes the rows.
    pub(super) fn render(&self, paint: Paint, severity: Severity, out: &mut dyn Write) -> io::Result<()> {
        let digits = self.digits();
        let bar = paint.frame("|");
        let margin = " ".repeat(digits.saturating_add(2));
        writeln!(out, "{margin}{bar}")?;
        let mut previous: Option<&Row<'_>> = None;
        for row in &self.rows {
            let is_gap = previous.is_some_and(|previous| row.line > previous.line.saturating_add(1));
            if is_gap {
                writeln!(out, "{}", paint.frame("..."))?;
            }
            let is_shown = previous
                .is_some_and(|previous| previous.line == row.line && !previous.window.is_cut && !row.window.is_cut);
            if !is_shown {
                let number = paint.frame(&format!("{:>digits$}", row.line));
                writeln!(out, " {number} {bar} {}", row.window.text)?;
            }
            let mark = if row.is_primary { "^" } else { "-" };
            let mut underline = mark.repeat(row.window.width.max(1));
            if !row.label.is_empty() {
                underline.push(' ');
                underline.push_str(&visible(row.label));
            }
            if row.last_line > row.line {
                // Writing to a string cannot fail.
                let _ = write!(underline, " (to line {})", row.last_line);
            }
            let underline = if row.is_primary {
                paint.severity(severity, &underline)
            } else {
                paint.frame(&underline)
            };
            let pad = " ".repeat(row.window.pad);
            writeln!(out, "{margin}{bar} {pad}{underline}")?;
            previous = Some(row);
        }
        Ok(())
    }
}

/// What is shown of a line, and the columns of the place in it.
#[derive(Debug)]
struct Window {
    text: String,
    pad: usize,
    width: usize,
    is_cut: bool,
}

impl Window {
    fn new(line: &str, place: Span) -> Self {
        let before = line.get(..place.start).unwrap_or_default();
        let middle = place.of(line);
        let after = line.get(place.end..).unwrap_or_default();
        let is_cut = line.chars().nth(WHOLE_LINE).is_some();
        let limit = |length: usize| if is_cut { length } else { usize::MAX };
        let (before, is_cut_before) = last_characters(before, limit(BEFORE));
        let (middle, is_cut_inside) = first_characters(middle, limit(PLACE));
        let (after, is_cut_after) = if is_cut_inside {
            ("", true)
        } else {
            first_characters(after, limit(AFTER))
        };

        let mut shown = Shown::default();
        if is_cut_before {
            shown.add("…");
        }
        shown.add(before);
        let pad = shown.columns;
        shown.add(middle);
        let width = shown.columns.saturating_sub(pad);
        shown.add(after);
        if is_cut_after {
            shown.add("…");
        }
        Self {
            text: shown.text,
            pad,
            width,
            is_cut,
        }
    }
}

/// The first characters of a text, and whether there are more.
fn first_characters(text: &str, length: usize) -> (&str, bool) {
    match text.char_indices().nth(length) {
        Some((end, _)) => (text.get(..end).unwrap_or_default(), true),
        None => (text, false),
    }
}

/// The last characters of a text, and whether there are more.
fn last_characters(text: &str, length: usize) -> (&str, bool) {
    match text.char_indices().rev().nth(length) {
        Some((at, before)) => {
            let start = at.saturating_add(before.len_utf8());
            (text.get(start..).unwrap_or_default(), true)
        }
        None => (text, false),
    }
}

/// Text as it is shown, with the columns it takes.
#[derive(Debug, Default)]
struct Shown {
    text: String,
    columns: usize,
    previous: Option<char>,
}

impl Shown {
    fn add(&mut self, text: &str) {
        for character in text.chars() {
            let before = self.text.len();
            if character == '\t' {
                self.text.push_str(TAB);
            } else {
                escape::push(&mut self.text, self.previous, character);
            }
            let added = self.text.get(before..).unwrap_or_default();
            let columns: usize = added.chars().map(escape::width).sum();
            self.columns = self.columns.saturating_add(columns);
            self.previous = Some(character);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str, places: &[(&str, &str, bool)]) -> String {
        let annotations = places
            .iter()
            .map(|(part, label, is_primary)| {
                let start = text.find(part).unwrap();
                Annotation {
                    span: Span::new(start, start + part.len()),
                    label,
                    is_primary: *is_primary,
                }
            })
            .collect();
        let mut out = Vec::new();
        Excerpt::new(text, &LineIndex::new(text), annotations)
            .render(Paint { colour: false }, Severity::Error, &mut out)
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_place_is_underlined_under_its_line() {
        assert_eq!(
            rendered(
                "{\n  \"Action\": \"s3:GetObejct\"\n}",
                &[("\"s3:GetObejct\"", "what", true)]
            ),
            concat!(
                "   |\n",
                " 2 |   \"Action\": \"s3:GetObejct\"\n",
                "   |             ^^^^^^^^^^^^^^ what\n",
            )
        );
    }

    #[test]
    fn places_share_a_line_and_leave_a_gap_between_lines() {
        assert_eq!(
            rendered(
                "aa bb\n\n\n\n\n\n\n\n\ncc\n",
                &[("cc", "", true), ("bb", "two", false), ("aa", "one", false)]
            ),
            concat!(
                "    |\n",
                "  1 | aa bb\n",
                "    | -- one\n",
                "    |    -- two\n",
                "...\n",
                " 10 | cc\n",
                "    | ^^\n",
            )
        );
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{}bad{}", "a".repeat(5000), "z".repeat(5000));
        let shown = rendered(&text, &[("bad", "here", true)]);
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(
            lines[1],
            format!(" 1 | …{}bad{}…", "a".repeat(BEFORE), "z".repeat(AFTER))
        );
        assert_eq!(lines[2], format!("   | {}^^^ here", " ".repeat(BEFORE + 1)));
    }

    #[test]
    fn what_acts_is_escaped_and_the_underline_still_fits() {
        assert_eq!(
            rendered("\t\u{1b}[2J漢bad", &[("bad", "\u{202e}", true)]),
            concat!(
                "   |\n",
                " 1 |     \\u{1b}[2J漢bad\n",
                "   |                ^^^ \\u{202e}\n",
            )
        );
    }

    #[test]
    fn a_place_over_several_lines_says_where_it_ends() {
        assert_eq!(
            rendered("x {\n}\n", &[("{\n}", "all of it", true)]),
            concat!("   |\n", " 1 | x {\n", "   |   ^ all of it (to line 2)\n")
        );
    }

    #[test]
    fn a_place_of_no_length_is_one_mark() {
        assert_eq!(rendered("ab", &[("", "here", true)]), "   |\n 1 | ab\n   | ^ here\n");
    }
}
