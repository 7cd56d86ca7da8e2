//! JUnit XML, as CI servers read it: a suite for each file, a case for each case.
//!
//! There is no standard; these are the elements and attributes that Jenkins, GitLab and the actions of GitHub share.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::super::run::{CaseRun, SuiteRun, TestRun};
use super::failure;
use crate::report::visible;

/// The name of the suite that holds what is required of the coverage.
const COVERAGE: &str = "statement coverage";

/// Writes the report.
pub(super) fn render(run: &TestRun, out: &mut dyn Write) -> io::Result<()> {
    let (passed, failed) = run.counts();
    let extra = usize::from(run.required.is_some());
    let uncovered = usize::from(!run.is_covered());
    let errors = run.mistakes.len();
    let tests = [passed, failed, extra, errors].iter().sum::<usize>();
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    open(
        &mut text,
        "testsuites",
        &[
            ("name", "leastpriv test"),
            ("tests", &tests.to_string()),
            ("failures", &failed.saturating_add(uncovered).to_string()),
            ("errors", &errors.to_string()),
        ],
    );
    for of_file in &run.suites {
        suite(&mut text, of_file);
    }
    for mistake in &run.mistakes {
        open_suite(&mut text, &mistake.file, [1, 0, 1]);
        open(
            &mut text,
            "testcase",
            &[("name", "the file is read"), ("classname", &mistake.file)],
        );
        open(&mut text, "error", &[("message", &mistake.to_string())]);
        text.push_str("</error>\n</testcase>\n</testsuite>\n");
    }
    if run.required.is_some() {
        coverage(&mut text, run);
    }
    text.push_str("</testsuites>\n");
    out.write_all(text.as_bytes())
}

fn suite(text: &mut String, suite: &SuiteRun) {
    let failed = suite.cases.iter().filter(|case| !case.passed()).count();
    open_suite(text, &suite.file, [suite.cases.len(), failed, 0]);
    for case in &suite.cases {
        let line = case.at.line.to_string();
        open(
            text,
            "testcase",
            &[
                ("name", &case.name),
                ("classname", &suite.file),
                ("file", &suite.file),
                ("line", &line),
            ],
        );
        if !case.passed() {
            failed_case(text, case);
        }
        text.push_str("</testcase>\n");
    }
    text.push_str("</testsuite>\n");
}

fn failed_case(text: &mut String, case: &CaseRun) {
    let checks = || case.checks.iter().filter(|check| !check.passed);
    let lines: Vec<String> = checks().flat_map(|check| failure(check, case.expected)).collect();
    let message = lines.first().map(String::as_str).unwrap_or_default();
    open(text, "failure", &[("message", message)]);
    for line in &lines {
        escape(text, line);
        text.push('\n');
    }
    text.push_str("</failure>\n");
}

fn coverage(text: &mut String, run: &TestRun) {
    let covered = run.coverage.covered();
    let failed = usize::from(!run.is_covered());
    open_suite(text, COVERAGE, [1, failed, 0]);
    let name = format!(
        "at least {} % of the statements are matched",
        run.required.unwrap_or_default()
    );
    open(text, "testcase", &[("name", &name), ("classname", COVERAGE)]);
    if failed > 0 {
        let message = format!("{} of {} statements matched", covered.matched, covered.all);
        open(text, "failure", &[("message", &message)]);
        for (statement, _) in run.coverage.statements().filter(|(_, matched)| !matched) {
            escape(text, &statement.text);
            text.push('\n');
        }
        text.push_str("</failure>\n");
    }
    text.push_str("</testcase>\n</testsuite>\n");
}

fn open_suite(text: &mut String, name: &str, [tests, failures, errors]: [usize; 3]) {
    let attributes = [
        ("name", name),
        ("tests", &tests.to_string()),
        ("failures", &failures.to_string()),
        ("errors", &errors.to_string()),
    ];
    open(text, "testsuite", &attributes);
}

fn open(text: &mut String, element: &str, attributes: &[(&str, &str)]) {
    text.push('<');
    text.push_str(element);
    for (name, value) in attributes {
        // Writing to a string cannot fail.
        let _ = write!(text, " {name}=\"");
        escape(text, value);
        text.push('"');
    }
    text.push_str(">\n");
}

/// Adds a text in which nothing acts on a terminal, and which XML can hold.
fn escape(out: &mut String, text: &str) {
    for character in visible(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // No document may hold these two.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_stands_in_an_attribute() {
        let text = "a\"b'<c>&\u{1b}[0m\u{0}\u{ffff}\n]]>é";
        let mut out = String::new();
        open(&mut out, "x", &[("y", text)]);
        out.push_str("</x>");
        let document = roxmltree::Document::parse(&out).unwrap();
        let held = document.root_element().attribute("y").unwrap();
        assert_eq!(held, "a\"b'<c>&\\u{1b}[0m\\u{0}\u{fffd}\\n]]>é");
    }
}
