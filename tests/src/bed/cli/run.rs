//! What one run of the tool said.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

/// A run that came to its end.
#[derive(Clone, Debug)]
pub struct Run {
    /// The arguments, for messages.
    pub command: String,
    /// The exit status; none when a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// How long it took.
    pub elapsed: Duration,
}

impl Run {
    /// Whether it ended with status 0, or with 2, by which a plan with `-detailed-exitcode` says that it has changes.
    pub fn succeeded(&self) -> bool {
        self.status == Some(0) || self.has_changes()
    }

    /// The opposite of [`Run::succeeded`].
    pub fn failed(&self) -> bool {
        !self.succeeded()
    }

    /// Whether a plan with `-detailed-exitcode` found something to do.
    pub fn has_changes(&self) -> bool {
        self.status == Some(2) && self.command.contains("-detailed-exitcode")
    }

    /// Whether standard output or standard error holds a text. White space counts as one space on both sides,
    /// because the tools wrap a message where the line is full.
    pub fn says(&self, text: &str) -> bool {
        let wanted = one_line(text);
        one_line(&self.stdout).contains(&wanted) || one_line(&self.stderr).contains(&wanted)
    }

    /// The run itself when it succeeded, else an error that holds its output.
    pub fn accepted(self) -> Result<Self> {
        if self.succeeded() {
            return Ok(self);
        }
        let status = self
            .status
            .map_or_else(|| "a signal".to_owned(), |status| format!("status {status}"));
        bail!(
            "`{}` ended with {status}:\n{}{}",
            self.command,
            self.stdout,
            self.stderr
        )
    }

    /// Standard output as one JSON value, as of `show -json`.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.stdout)
            .with_context(|| format!("`{}` wrote no JSON:\n{}", self.command, self.stdout))
    }

    /// The diagnostics of a run with `-json`, in the order in which they came.
    ///
    /// `validate` writes one object with a list of them, the other commands one object for each line.
    pub fn diagnostics(&self) -> Result<Vec<Diagnostic>> {
        if let Ok(report) = serde_json::from_str::<Validation>(&self.stdout) {
            return Ok(report.diagnostics);
        }
        let events = self
            .stdout
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(serde_json::from_str::<Event>)
            .collect::<Result<Vec<_>, _>>()
            .with_context(|| format!("`{}` did not run with `-json`:\n{}", self.command, self.stdout))?;
        if events.is_empty() {
            bail!("`{}` wrote nothing to standard output:\n{}", self.command, self.stderr);
        }
        Ok(events.into_iter().filter_map(|event| event.diagnostic).collect())
    }

    /// The diagnostics of severity error of a run with `-json`.
    pub fn errors(&self) -> Result<Vec<Diagnostic>> {
        Ok(self
            .diagnostics()?
            .into_iter()
            .filter(|found| found.severity == Severity::Error)
            .collect())
    }

    /// The warnings of a run with `-json`, without the one that the bed causes itself by its way to install the
    /// provider.
    pub fn warnings(&self) -> Result<Vec<Diagnostic>> {
        Ok(self
            .diagnostics()?
            .into_iter()
            .filter(|found| found.severity == Severity::Warning && found.summary != OVERRIDE_WARNING)
            .collect())
    }
}

/// One message of the tool or of the provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The headline.
    pub summary: String,
    /// The explanation.
    #[serde(default)]
    pub detail: String,
    /// The resource it is about, such as `leastpriv_aws_role.reader`.
    #[serde(default)]
    pub address: Option<String>,
    /// The part of the configuration it is about.
    #[serde(default)]
    pub range: Option<Place>,
    /// That part in words.
    #[serde(default)]
    pub snippet: Option<Snippet>,
}

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The run fails.
    Error,
    /// The run goes on.
    Warning,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// The file, relative to the workspace.
    pub filename: String,
    /// Where it begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

/// A position in a file, counted from 1, with the byte counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
    /// The byte.
    pub byte: u64,
}

/// The source text that a diagnostic points to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Snippet {
    /// The block around it, such as `resource "leastpriv_aws_role" "reader"`.
    #[serde(default)]
    pub context: Option<String>,
    /// The line or lines.
    #[serde(default)]
    pub code: String,
}

/// What `validate -json` writes.
#[derive(Deserialize)]
struct Validation {
    diagnostics: Vec<Diagnostic>,
}

/// One line of any other command with `-json`; it has a diagnostic when its type is `diagnostic`.
#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    diagnostic: Option<Diagnostic>,
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const OVERRIDE_WARNING: &str = "Provider development overrides are in effect";

#[cfg(test)]
mod tests {
    use super::*;

    fn run(command: &str, status: i32, stdout: &str, stderr: &str) -> Run {
        Run {
            command: command.to_owned(),
            status: Some(status),
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
            elapsed: Duration::ZERO,
        }
    }

    const VALIDATE: &str = r#"{
        "format_version": "1.0", "valid": false, "error_count": 1, "warning_count": 1,
        "diagnostics": [
            {
                "severity": "error", "summary": "Invalid reference", "detail": "A reference to …",
                "range": {
                    "filename": "main.tf",
                    "start": {"line": 1, "column": 41, "byte": 40},
                    "end": {"line": 1, "column": 49, "byte": 48}
                },
                "snippet": {
                    "context": "resource \"terraform_data\" \"t\"", "code": "input = nonsense", "start_line": 1,
                    "highlight_start_offset": 8, "highlight_end_offset": 16, "values": []
                }
            },
            {"severity": "warning", "summary": "Provider development overrides are in effect", "detail": ""}
        ]
    }"#;

    const PLAN: &str = concat!(
        r#"{"@level":"info","@message":"Terraform 1.11.4","type":"version","ui":"1.2"}"#,
        "\n",
        r#"{"@level":"error","diagnostic":{"severity":"error","summary":"no","detail":"why","#,
        r#""address":"leastpriv_aws_role.r"},"type":"diagnostic"}"#,
        "\n",
        r#"{"@level":"warn","diagnostic":{"severity":"warning","summary":"hm","detail":""},"type":"diagnostic"}"#,
        "\n",
    );

    #[test]
    fn the_diagnostics_of_validate_are_one_list() {
        let run = run("validate -json", 1, VALIDATE, "");
        let errors = run.errors().unwrap();
        assert_eq!(errors.len(), 1);
        let range = errors[0].range.as_ref().unwrap();
        assert_eq!(
            (range.filename.as_str(), range.start.byte, range.end.column),
            ("main.tf", 40, 49)
        );
        let snippet = errors[0].snippet.as_ref().unwrap();
        assert_eq!(snippet.context.as_deref(), Some("resource \"terraform_data\" \"t\""));
        assert!(run.warnings().unwrap().is_empty());
        assert_eq!(run.diagnostics().unwrap().len(), 2);
    }

    #[test]
    fn the_diagnostics_of_a_plan_are_lines() {
        let run = run("plan -json", 1, PLAN, "");
        let errors = run.errors().unwrap();
        assert_eq!(errors[0].address.as_deref(), Some("leastpriv_aws_role.r"));
        assert_eq!(errors[0].detail, "why");
        assert_eq!(run.warnings().unwrap()[0].summary, "hm");
    }

    #[test]
    fn output_without_json_has_no_diagnostics_but_an_error() {
        assert!(run("plan", 1, "No changes.", "").diagnostics().is_err());
        assert!(
            run("plan -json", 1, "", "crashed")
                .diagnostics()
                .unwrap_err()
                .to_string()
                .contains("crashed")
        );
    }

    #[test]
    fn status_2_is_a_success_only_where_it_was_asked_for() {
        assert!(run("plan -detailed-exitcode", 2, "", "").has_changes());
        assert!(run("plan -detailed-exitcode", 2, "", "").succeeded());
        assert!(run("plan", 2, "", "").failed());
        assert!(run("plan", 1, "", "").failed());
        let error = run("plan", 1, "", "the reason").accepted().unwrap_err().to_string();
        assert!(
            error.contains("`plan` ended with status 1") && error.contains("the reason"),
            "{error}"
        );
    }

    #[test]
    fn a_text_is_found_across_the_wrap_of_a_line() {
        let run = run("plan", 1, "", "\nError: the role grants\nevery action on  `*`\n");
        assert!(run.says("grants every action on `*`"));
        assert!(!run.says("grants no action"));
    }
}
