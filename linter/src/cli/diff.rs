//! `leastpriv diff`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, ValueHint};

use super::Surroundings;
use super::lint::whatever_the_reader;
use super::managed::ManagedPolicies;
use crate::diff::{DiffFormat, Operand, diff, read};
use crate::run::Exit;

const USAGE: &str = "leastpriv diff [OPTIONS] OLD NEW
       leastpriv diff [OPTIONS] --git REVISION NEW";

const AFTER_HELP: &str = "\
Examples:
  leastpriv diff old.json new.json             two policies, or two plans from `terraform show -json`
  leastpriv diff --git main policy.json        a file against what it was in a revision of git
  leastpriv diff main:policies/a.json a.json   as git names a file of a revision: from the top of the
                                               repository, with `main:./a.json` from the current folder

Exit codes, the same for every format:
  0  nothing is gained, whatever is lost
  1  access is gained, or a Deny is gone
  2  it is not known whether access is gained
  3  the command line is wrong, or a side cannot be read
";

/// The arguments of `diff`.
#[derive(Debug, Args)]
#[command(override_usage = USAGE, after_help = AFTER_HELP)]
pub(super) struct Diff {
    /// The old and the new policy or plan: a file, `-` for standard input, or `REVISION:PATH`; with `--git` only the new one, a
    /// file
    #[arg(value_name = "OLD, NEW", value_hint = ValueHint::FilePath, num_args = 1..=2, required = true)]
    sides: Vec<PathBuf>,

    /// Compare a file with what it was in a revision of git
    #[arg(long, value_name = "REVISION")]
    git: Option<String>,

    #[command(flatten)]
    managed: ManagedPolicies,

    /// The format of the report
    #[arg(long, value_enum, default_value_t)]
    format: DiffFormat,

    /// Exit with 0 whatever is gained
    #[arg(long)]
    exit_zero: bool,
}

impl Diff {
    /// Compares and reports.
    pub(super) fn run(self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        let (old, new) = self.operands()?;
        let managed = self.managed.read()?;
        let mut read = |operand: &Operand| read(operand, &managed, surroundings.input).map_err(anyhow::Error::msg);
        let (old, new) = (read(&old)?, read(&new)?);
        let diff = diff(old, new).map_err(anyhow::Error::msg)?;
        let written = diff.render(self.format, surroundings.colour, surroundings.output);
        whatever_the_reader(written.and_then(|()| surroundings.output.flush()))
            .context("the report cannot be written")?;
        Ok(if self.exit_zero { Exit::Clean } else { diff.exit() })
    }

    fn operands(&self) -> anyhow::Result<(Operand, Operand)> {
        let operands = match (&self.git, self.sides.as_slice()) {
            (Some(revision), [path]) => {
                if path.as_os_str() == "-" {
                    bail!("`--git` compares a file; standard input has no revision");
                }
                let old = Operand::Before {
                    revision: revision.clone(),
                    path: path.clone(),
                };
                (old, Operand::File(path.clone()))
            }
            (Some(_), _) => bail!("`--git` takes one file, and finds the other side in the revision"),
            (None, [old, new]) => (Operand::of(old.clone()), Operand::of(new.clone())),
            (None, _) => bail!("there is no NEW to compare with; such as `leastpriv diff old.json new.json`"),
        };
        if operands == (Operand::StandardInput, Operand::StandardInput) {
            bail!("standard input can be one side only");
        }
        Ok(operands)
    }
}
