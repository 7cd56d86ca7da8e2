//! `leastpriv who-can` and `leastpriv what-can`.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::{Args, ValueHint};

use super::Surroundings;
use super::lint::whatever_the_reader;
use super::managed::ManagedPolicies;
use crate::reach::{ReachFormat, access, read_plan, what_can, who_can};
use crate::report::Paint;
use crate::run::Exit;
use crate::sources::Sources;

const WHO_EXIT_CODES: &str = "\
Exit codes, the same for every format:
  0  nobody in the plan can
  1  somebody can
  2  it is not known of somebody, and nobody else can
  3  the command line is wrong, or the plan cannot be read
";

const WHAT_EXIT_CODES: &str = "\
Exit codes, the same for every format:
  0  it can do nothing
  1  it can do something, and all of it is known
  2  not all of it is known
  3  the command line is wrong, or the plan cannot be read
";

/// The arguments of `who-can`.
#[derive(Debug, Args)]
#[command(after_help = WHO_EXIT_CODES)]
pub(super) struct WhoCan {
    /// The action; with a wildcard, some of those that it stands for
    #[arg(value_name = "ACTION")]
    action: String,

    /// The ARN of the resource; with a wildcard, some of those that it stands for
    #[arg(value_name = "RESOURCE")]
    resource: String,

    #[command(flatten)]
    common: Common,
}

/// The arguments of `what-can`.
#[derive(Debug, Args)]
#[command(after_help = WHAT_EXIT_CODES)]
pub(super) struct WhatCan {
    /// The address of a role, a user or a group in the plan, or its ARN or name where that is known
    #[arg(value_name = "PRINCIPAL")]
    principal: String,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// The plan, the output of `terraform show -json`; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, required = true)]
    plan: PathBuf,

    #[command(flatten)]
    managed: ManagedPolicies,

    /// The format of the report
    #[arg(long, value_enum, default_value_t)]
    format: ReachFormat,

    /// Name in the text what is only counted otherwise
    #[arg(long, short)]
    verbose: bool,

    /// Exit with 0 whatever the answer is
    #[arg(long)]
    exit_zero: bool,
}

impl WhoCan {
    /// Answers.
    pub(super) fn run(self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        let access = access(&self.action, &self.resource).map_err(anyhow::Error::msg)?;
        let sources = self.common.sources(surroundings)?;
        let who = who_can(&access, &sources);
        let paint = surroundings.paint();
        let Common { format, verbose, .. } = self.common;
        let written = who.render(format, verbose, paint, surroundings.output);
        self.common.end(written, who.exit(), surroundings)
    }
}

impl WhatCan {
    /// Answers.
    pub(super) fn run(self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        let sources = self.common.sources(surroundings)?;
        let what = what_can(&self.principal, &sources).map_err(anyhow::Error::msg)?;
        let paint = surroundings.paint();
        let Common { format, verbose, .. } = self.common;
        let written = what.render(format, verbose, paint, surroundings.output);
        self.common.end(written, what.exit(), surroundings)
    }
}

impl Common {
    fn sources(&self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Sources> {
        let managed = self.managed.read()?;
        read_plan(&self.plan, &managed, surroundings.input).map_err(|error| anyhow!("`--plan`: {error}"))
    }

    fn end(
        &self,
        written: std::io::Result<()>,
        exit: Exit,
        surroundings: &mut Surroundings<'_>,
    ) -> anyhow::Result<Exit> {
        let flushed = written.and_then(|()| surroundings.output.flush());
        whatever_the_reader(flushed).context("the report cannot be written")?;
        Ok(if self.exit_zero { Exit::Clean } else { exit })
    }
}

impl Surroundings<'_> {
    fn paint(&self) -> Paint {
        Paint { colour: self.colour }
    }
}
