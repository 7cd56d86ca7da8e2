//! The command line: arguments in, an exit code out.
//!
//! What lives here: the arguments, their help, and the commands that are not `lint`.
//! What must not: standard streams, the environment and the clock, which [`Surroundings`] brings.

mod access;
mod diff;
mod expand;
mod input;
mod lint;
mod managed;
mod minimize;
mod narrow;
mod reach;
mod simulate;
mod test;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use leastpriv_checks::vet::Date;
use leastpriv_checks::{Check, check, checks};

use crate::report::{catalog_sources, page, version, visible};
use crate::run::Exit;

/// The name of the program.
const NAME: &str = "leastpriv";

/// What the program has around it.
pub struct Surroundings<'a> {
    /// Standard input.
    pub input: &'a mut dyn Read,
    /// Standard output.
    pub output: &'a mut dyn Write,
    /// Standard error.
    pub errors: &'a mut dyn Write,
    /// The current folder, where the system tells it.
    pub folder: Option<PathBuf>,
    /// Whether standard output may be coloured.
    pub colour: bool,
    /// Today.
    pub today: Date,
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("folder", &self.folder)
            .field("colour", &self.colour)
            .field("today", &self.today)
            .finish_non_exhaustive()
    }
}

/// Judges AWS IAM policies in files and in plans of Terraform and OpenTofu, without a network
#[derive(Debug, Parser)]
#[command(name = NAME, disable_version_flag = true, arg_required_else_help = true)]
struct Arguments {
    /// Print the version and the dates of the catalog
    #[arg(short = 'V', long)]
    version: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge policies
    Lint(lint::Lint),
    /// Check whether a policy allows anything that the existing one does not
    ///
    /// A batch has a line of JSON for each question: `{"id": …, "existing": {policy}, "new": {policy}, "policyType": …}`.
    CheckNoNewAccess(access::CheckNoNewAccess),
    /// Check whether a policy gives none of some access
    ///
    /// A batch has a line of JSON for each question: `{"id": …, "policy": {policy}, "access": [{"actions": […],
    /// "resources": […]}], "policyType": …}`.
    CheckAccessNotGranted(access::CheckAccessNotGranted),
    /// Tell whether the policy of a resource gives access to everybody
    ///
    /// A batch has a line of JSON for each question: `{"id": …, "policy": {policy}, "resourceType": "AWS::S3::Bucket"}`.
    CheckNoPublicAccess(access::CheckNoPublicAccess),
    /// Tell people what a change of policies gives and takes, with a request for each
    Diff(diff::Diff),
    /// Tell who in a plan can do something
    WhoCan(reach::WhoCan),
    /// Tell what a principal of a plan can do
    WhatCan(reach::WhatCan),
    /// Decide requests against all policies that apply
    Simulate(Box<simulate::Simulate>),
    /// Run tests of policies
    Test(test::Test),
    /// Make policies smaller that mean the same, with a proof
    Minimize(minimize::Minimize),
    /// Print the actions that patterns stand for, or a policy with its wildcard actions spelled out
    Expand(expand::Expand),
    /// Narrow a policy to what is needed of it
    Narrow(Box<narrow::Narrow>),
    /// Explain a check
    Explain {
        /// Name of the check
        #[arg(value_parser = check_parser(), hide_possible_values = true)]
        check: &'static Check,
    },
    /// List the checks
    Checks,
    /// Write a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Runs the program and gives its exit code. The first argument is the program's own name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, surroundings: &mut Surroundings<'_>) -> u8 {
    let result = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => obey(arguments, surroundings),
        Err(error) if error.use_stderr() => {
            // With standard error gone as well, the exit code has to do.
            let _ = refuse(&error.to_string(), surroundings.errors);
            return Exit::Usage.code();
        }
        Err(help) => write!(surroundings.output, "{help}")
            .map(|()| Exit::Clean)
            .map_err(anyhow::Error::from),
    };
    match result {
        Ok(exit) => exit.code(),
        // A reader that went away, such as `head`, has seen what it wanted.
        Err(error) if is_broken_pipe(&error) => Exit::Clean.code(),
        Err(error) => {
            let _ = refuse(&format!("error: {error:#}"), surroundings.errors);
            Exit::Usage.code()
        }
    }
}

fn obey(arguments: Arguments, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
    if arguments.version {
        writeln!(surroundings.output, "{NAME} {}", version())?;
        writeln!(surroundings.output, "catalog: {}", catalog_sources())?;
        return Ok(Exit::Clean);
    }
    match arguments.command {
        Some(Command::Lint(lint)) => return lint.run(surroundings),
        Some(Command::CheckNoNewAccess(check)) => return check.run(surroundings),
        Some(Command::CheckAccessNotGranted(check)) => return check.run(surroundings),
        Some(Command::CheckNoPublicAccess(check)) => return check.run(surroundings),
        Some(Command::Diff(diff)) => return diff.run(surroundings),
        Some(Command::WhoCan(who)) => return who.run(surroundings),
        Some(Command::WhatCan(what)) => return what.run(surroundings),
        Some(Command::Simulate(simulate)) => return simulate.run(surroundings),
        Some(Command::Test(test)) => return test.run(surroundings),
        Some(Command::Minimize(minimize)) => return minimize.run(surroundings),
        Some(Command::Expand(expand)) => return expand.run(surroundings),
        Some(Command::Narrow(narrow)) => return narrow.run(surroundings),
        Some(Command::Explain { check }) => explain(check, surroundings.output)?,
        Some(Command::Checks) => list(surroundings.output)?,
        Some(Command::Completions { shell }) => {
            // The generator panics where it cannot write, so it writes to memory.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut script);
            surroundings.output.write_all(&script)?;
        }
        // Clap answers a command line without a command with the help.
        None => return Ok(Exit::Usage),
    }
    Ok(Exit::Clean)
}

fn explain(check: &Check, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", check.name)?;
    writeln!(out, "{}\n", check.summary)?;
    writeln!(out, "- severity: {}", check.severity)?;
    if !check.aws_codes.is_empty() {
        writeln!(out, "- AWS codes: {}", check.aws_codes.join(", "))?;
    }
    writeln!(out, "- since: {}\n", check.since)?;
    writeln!(out, "{}", page(check.docs))
}

fn list(out: &mut dyn Write) -> io::Result<()> {
    let width = |text: fn(&Check) -> &'static str| checks().iter().map(|check| text(check).len()).max().unwrap_or(0);
    let names = width(|check| check.name);
    let severities = width(|check| check.severity.as_str());
    for check in checks() {
        let severity = check.severity.as_str();
        writeln!(out, "{:names$}  {severity:severities$}  {}", check.name, check.summary)?;
    }
    Ok(())
}

fn check_parser() -> impl TypedValueParser<Value = &'static Check> {
    PossibleValuesParser::new(checks().iter().map(|check| check.name))
        .try_map(|name| check(&name).ok_or("no check of that name"))
}

/// Writes a message line by line with everything in it that would act on a terminal escaped.
fn refuse(message: &str, errors: &mut dyn Write) -> io::Result<()> {
    for line in message.trim_end().lines() {
        writeln!(errors, "{}", visible(line))?;
    }
    errors.flush()
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
