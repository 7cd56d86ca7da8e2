//! One page per check, and the list of them.

use std::fmt::Write as _;

use leastpriv_checks::checks;

use super::Page;

/// The pages of the checks.
pub(crate) fn pages() -> Vec<Page> {
    let mut list = String::from(
        "# Checks\n\nMade by `cargo xtask generate`.\n\n| check | severity | AWS codes | what it finds |\n| --- | --- | --- | --- |\n",
    );
    let mut pages = Vec::new();
    for check in checks() {
        let codes = check
            .aws_codes
            .iter()
            .map(|code| format!("`{code}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let _ = writeln!(
            list,
            "| [{0}]({0}.md) | {1} | {2} | {3} |",
            check.name, check.severity, codes, check.summary
        );
        let docs: String = check
            .docs
            .lines()
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .map(spaced)
            .collect();
        let text = format!(
            "# {}\n\n{}. Severity: {}. Since {}.\n{}",
            check.name,
            capitalised(check.summary),
            check.severity,
            check.since,
            docs
        );
        pages.push(Page {
            path: format!("checks/{}.md", check.name).into(),
            text,
        });
    }
    pages.push(Page {
        path: "checks/README.md".into(),
        text: list,
    });
    pages
}

/// A line of a check's documentation, with the blank lines that Markdown wants around headings.
fn spaced(line: &str) -> String {
    if line.starts_with("## ") {
        return format!("\n{line}\n\n");
    }
    // The kind of policy behind the language is for the tests.
    let line = if line.starts_with("```json ") { "```json" } else { line };
    format!("{line}\n")
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
