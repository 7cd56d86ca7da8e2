//! The reference of the linter's commands, from their own help.

use std::ffi::OsString;
use std::fmt::Write as _;

use leastpriv::cli::{self, Surroundings};
use leastpriv_checks::vet::Date;

use super::Page;

/// The one page of commands.
pub(crate) fn pages() -> Vec<Page> {
    let mut text = String::from("# Commands\n\nMade by `cargo xtask generate`.\n");
    let commands = [
        "",
        "lint",
        "check-no-new-access",
        "check-access-not-granted",
        "check-no-public-access",
        "diff",
        "who-can",
        "what-can",
        "simulate",
        "test",
        "minimize",
        "expand",
        "narrow",
        "explain",
        "checks",
        "completions",
    ];
    for command in commands {
        let name = format!("leastpriv {command}");
        let _ = write!(text, "\n## `{}`\n\n```text\n{}```\n", name.trim_end(), help(command));
    }
    vec![Page {
        path: "commands.md".into(),
        text,
    }]
}

fn help(command: &str) -> String {
    let mut output = Vec::new();
    let words = ["leastpriv", command, "--help"];
    cli::run(
        words.iter().filter(|word| !word.is_empty()).map(OsString::from),
        &mut Surroundings {
            input: &mut std::io::empty(),
            output: &mut output,
            errors: &mut std::io::sink(),
            folder: None,
            colour: false,
            today: Date::from_unix_seconds(0),
        },
    );
    let text = String::from_utf8_lossy(&output).into_owned();
    text.lines()
        .fold(String::new(), |out, line| out + line.trim_end() + "\n")
}
