//! `leastpriv test`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueHint};

use super::Surroundings;
use super::lint::whatever_the_reader;
use super::managed::ManagedPolicies;
use crate::report::visible;
use crate::run::Exit;
use crate::unit::{TestFormat, TestRun, render, render_summary, run};

const EXIT_CODES: &str = "\
A test file names the policies that apply to somebody and lists cases: requests and what is expected of them.

Exit codes, the same for every format:
  0  everything ended as expected
  1  something did not, or `--require-coverage` is missed
  3  a test file or a policy it names cannot be read, or the command line is wrong
";

/// The arguments of `test`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Test {
    /// Test files, each in YAML or TOML
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, required = true)]
    files: Vec<PathBuf>,

    /// The format of the report
    #[arg(long, value_enum, default_value_t)]
    format: TestFormat,

    /// Write the report to a file and only the counts to standard error
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,

    /// Fail unless the cases match so many percent of all statements; all of them where no number is given
    #[arg(
        long,
        value_name = "PERCENT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "100",
        value_parser = clap::value_parser!(u8).range(..=100)
    )]
    require_coverage: Option<u8>,

    #[command(flatten)]
    managed: ManagedPolicies,
}

impl Test {
    /// Runs the tests and reports.
    pub(super) fn run(self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        if let Some(folder) = self.files.iter().find(|path| path.is_dir()) {
            bail!("`{}` is a folder; name the test files in it", folder.display());
        }
        let outcome = run(&self.files, self.managed.read()?, self.require_coverage);
        for mistake in &outcome.mistakes {
            writeln!(surroundings.errors, "error: {}", visible(&mistake.to_string()))?;
        }
        if let Some(path) = &self.output {
            whatever_the_reader(self.write_file(path, &outcome))
                .with_context(|| format!("`{}` cannot be written", path.display()))?;
            whatever_the_reader(render_summary(&outcome, surroundings.errors))
                .context("the counts cannot be written")?;
        } else {
            let written = render(self.format, &outcome, surroundings.output);
            whatever_the_reader(written.and_then(|()| surroundings.output.flush()))
                .context("the report cannot be written")?;
        }
        Ok(outcome.exit())
    }

    fn write_file(&self, path: &Path, outcome: &TestRun) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        render(self.format, outcome, &mut file)?;
        file.flush()
    }
}
