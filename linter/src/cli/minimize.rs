//! `leastpriv minimize`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum, ValueHint};
use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::minimize::Options;

use super::Surroundings;
use super::lint::{kind_parser, whatever_the_reader};
use crate::access::read_document;
use crate::run::Exit;
use crate::smaller::{Smaller, Wanted, replace, summary, write_report};
use crate::sources::{FileName, GatherOptions, Origin, Sources, gather};

const EXIT_CODES: &str = "\
The smaller policy goes to standard output, in the layout of the given one; what was done, to standard error. It means the
same beside any other policies, for actions to come as well, unless `--closed-world` is given.

Exit codes:
  0  every policy is as small as it is proved to go, or was made so
  1  with `--check`: a policy could be smaller
  2  a policy, or a statement of it, cannot be interpreted and stays as it is
  3  the command line is wrong, or a policy cannot be read or written
";

/// The arguments of `minimize`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub(super) struct Minimize {
    /// Policy files; `-` is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, required = true)]
    files: Vec<PathBuf>,

    /// Write each policy that is smaller back to its file
    #[arg(long, conflicts_with = "check")]
    write: bool,

    /// Print no policy, and fail where one could be smaller
    #[arg(long)]
    check: bool,

    /// Drop every Sid, too
    #[arg(long)]
    drop_sids: bool,

    /// Shorten lists of actions to wildcards that match no other action of the catalog; actions that AWS adds later may match
    #[arg(long)]
    closed_world: bool,

    /// Tell which statements prove that the policy means the same
    #[arg(long)]
    certificate: bool,

    /// What the policies hang on, which says how their length counts; guessed where it is not said
    #[arg(long, value_name = "TYPE", value_parser = kind_parser())]
    policy_type: Option<PolicyKind>,

    /// The format of what is printed
    #[arg(long, value_enum, default_value_t)]
    format: MinimizeFormat,
}

/// The format of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum MinimizeFormat {
    /// The policy, and a summary on standard error
    #[default]
    Text,
    /// For programs: policies, sizes, steps and proofs, under a version
    Json,
}

impl Minimize {
    /// Makes the policies smaller.
    pub(super) fn run(self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        let options = GatherOptions {
            policy_type: self.policy_type,
            skip_non_policies: false,
        };
        let sources = gather(&self.files, options, surroundings.input)?;
        let policies = self.made_smaller(&sources)?;
        if self.write {
            for (smaller, name) in policies
                .iter()
                .zip(sources.inputs.iter().filter_map(|one| sources.files.get(one.file)))
            {
                let path = name
                    .name
                    .path()
                    .context("standard input cannot be written back; leave `--write` out")?;
                if smaller.is_smaller {
                    replace(path, &smaller.text).with_context(|| format!("`{}` cannot be written", path.display()))?;
                }
            }
        }
        let exit = self.exit_of(&policies);
        whatever_the_reader(self.print(&policies, exit, surroundings)).context("the policy cannot be written")?;
        Ok(exit)
    }

    fn made_smaller(&self, sources: &Sources) -> anyhow::Result<Vec<Smaller>> {
        if let Some(gap) = sources.unjudged.first() {
            let help = gap.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            bail!("`{}`: {}{help}", gap.file.shown(), gap.reason);
        }
        if self.write && sources.files.iter().any(|file| file.name == FileName::StandardInput) {
            bail!("standard input cannot be written back; leave `--write` out");
        }
        let is_one_each = self.write || self.check || self.format == MinimizeFormat::Json;
        if sources.inputs.len() > 1 && !is_one_each {
            bail!(
                "{} policies cannot go to one output; use `--write`, `--check` or `--format json`",
                sources.inputs.len()
            );
        }
        let wanted = Wanted {
            options: Options {
                drop_sids: self.drop_sids,
            },
            closed_world: self.closed_world,
            certificate: self.certificate,
        };
        let mut out = Vec::new();
        for input in &sources.inputs {
            let name = sources
                .files
                .get(input.file)
                .map(|file| file.name.shown())
                .unwrap_or_default();
            let document = input.document.as_ref().filter(|one| one.site.origin == Origin::File);
            let Some(document) = document else {
                bail!("`{name}` is a plan; take the policies out of it, each into a file of its own");
            };
            read_document(&document.text, None).map_err(|error| anyhow!("`{name}`: {error}"))?;
            out.push(Smaller::of(name, &document.text, document.kind, wanted));
        }
        if out.is_empty() {
            bail!("no policy was found");
        }
        Ok(out)
    }

    fn exit_of(&self, policies: &[Smaller]) -> Exit {
        if self.check && policies.iter().any(|one| one.is_smaller) {
            Exit::Findings
        } else if policies.iter().all(Smaller::is_whole) {
            Exit::Clean
        } else {
            Exit::NotJudged
        }
    }

    fn print(&self, policies: &[Smaller], exit: Exit, surroundings: &mut Surroundings<'_>) -> std::io::Result<()> {
        let Surroundings { output, errors, .. } = surroundings;
        if self.format == MinimizeFormat::Json {
            write_report(policies, exit.code(), output)?;
            return output.flush();
        }
        let prints_policy = !self.write && !self.check;
        for one in policies {
            if prints_policy {
                output.write_all(one.text.as_bytes())?;
                let ends = one.text.ends_with('\n');
                output.write_all(if ends { b"" } else { b"\n" })?;
                output.flush()?;
                errors.write_all(summary(one, false).as_bytes())?;
            } else {
                output.write_all(summary(one, policies.len() > 1).as_bytes())?;
            }
        }
        output.flush()?;
        errors.flush()
    }
}
