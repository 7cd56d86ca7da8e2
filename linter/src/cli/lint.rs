//! `leastpriv lint`.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use leastpriv_checks::Severity;
use leastpriv_policy::kind::PolicyKind;

use super::Surroundings;
use crate::report::{self, Format, ReportOptions};
use crate::run::{self, Exit, Outcome, RunOptions};
use crate::sources::{GatherOptions, gather};

/// What is judged where nothing is named.
const CURRENT_FOLDER: &str = ".";

/// Judge policies
#[derive(Debug, Args)]
#[command(after_help = exit_codes())]
pub(super) struct Lint {
    /// Policy files, plans as JSON and folders of them; `-` is standard input [default: the current folder]
    #[arg(value_name = "PATHS", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,

    /// The kind of the policies in policy files; guessed where it is not said
    #[arg(long, value_name = "TYPE", value_parser = kind_parser())]
    policy_type: Option<PolicyKind>,

    /// The mildest severity that fails the run
    #[arg(long, value_name = "SEVERITY", default_value = "warning", value_parser = severity_parser())]
    fail_on: Severity,

    /// The format of the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Write the report to a file and only the counts to standard error
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,

    /// Count a file that was named and holds no policy, as one met in a folder is counted
    #[arg(long)]
    skip_non_policies: bool,
}

impl Lint {
    /// Judges and reports.
    pub(super) fn run(mut self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        if self.paths.is_empty() {
            self.paths.push(PathBuf::from(CURRENT_FOLDER));
        }
        let options = GatherOptions {
            policy_type: self.policy_type,
            skip_non_policies: self.skip_non_policies,
        };
        let sources = gather(&self.paths, options, surroundings.input)?;
        let outcome = run::run(
            sources,
            RunOptions {
                fail_on: self.fail_on,
                today: surroundings.today,
            },
        );
        let exit = outcome.exit();
        if let Some(path) = &self.output {
            self.write_file(path, &outcome, surroundings)?;
            whatever_the_reader(report::render_summary(&outcome, surroundings.errors))
                .context("the counts cannot be written")?;
        } else {
            let options = ReportOptions {
                colour: surroundings.colour,
                folder: surroundings.folder.clone(),
            };
            let written = report::render(self.format, &outcome, &options, surroundings.output)
                .and_then(|()| surroundings.output.flush());
            whatever_the_reader(written).context("the report cannot be written")?;
        }
        Ok(exit)
    }

    fn write_file(&self, path: &Path, outcome: &Outcome, surroundings: &Surroundings<'_>) -> anyhow::Result<()> {
        let options = ReportOptions {
            colour: false,
            folder: surroundings.folder.clone(),
        };
        let write = || -> io::Result<()> {
            let mut file = BufWriter::new(File::create(path)?);
            report::render(self.format, outcome, &options, &mut file)?;
            file.flush()
        };
        whatever_the_reader(write()).with_context(|| format!("`{}` cannot be written", path.display()))
    }
}

/// A reader that went away, such as `head`, does not change what was found.
pub(super) fn whatever_the_reader(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

pub(super) fn kind_parser() -> impl TypedValueParser<Value = PolicyKind> {
    PossibleValuesParser::new(PolicyKind::ALL.iter().map(|kind| kind.name()))
        .try_map(|name| PolicyKind::from_name(&name).ok_or("no policy type of that name"))
}

fn severity_parser() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.iter().rev().map(|severity| severity.as_str()))
        .try_map(|name| Severity::from_name(&name).ok_or("no severity of that name"))
}

fn exit_codes() -> String {
    let mut out = "Exit codes, the same for every format:\n".to_owned();
    for exit in Exit::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {}  {}", exit.code(), exit.meaning());
    }
    out
}
