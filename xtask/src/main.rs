//! Tasks of this repository, run as `cargo xtask TASK`. Nothing here is shipped.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task talks to the person who runs it"
)]
#![expect(clippy::cast_precision_loss, reason = "figures are printed with three digits")]

mod agreement;
mod bench;
mod calls;
mod catalog;
mod demo;
mod dist;
mod generate;
mod handlers;
mod made;
mod new_check;
mod nightly;
mod peers;
mod process;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
Tasks of this repository:

  cargo xtask demo             refuse a wide role, accept a narrow one, use its credential, clean up
  cargo xtask test             every test; the last line counts them
  cargo xtask bench [PART]...  every promised figure, with a peer or a floor beside it
  cargo xtask nightly [PART].. millions of comparisons with a slow evaluator, with cvc5 and with iam-simulate
  cargo xtask dist --out DIR   static release binaries of the linter and the provider
  cargo xtask generate         remake the generated pages; --check compares only
  cargo xtask new-check NAME   the files of a new check
  cargo xtask calls …          remake the names of calls in IAM from their source; --help says how
  cargo xtask catalog …        remake the AWS catalog from its sources; --help says how
  cargo xtask handlers …       remake what CloudFormation calls for each type from its source; --help says how
  cargo xtask agreement        compare with AWS's own answers (OUTSIDE_DATA names their folder)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    let done = match task {
        "agreement" => agreement::run(),
        "bench" => bench::run(rest),
        "calls" => calls::run(rest),
        "catalog" => catalog::run(rest),
        "demo" => demo::run(rest),
        "dist" => dist::run(rest),
        "generate" => generate::run(rest),
        "handlers" => handlers::run(rest),
        "new-check" => new_check::run(rest),
        "nightly" => nightly::run(rest),
        "test" => test::run(rest),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        other => Err(anyhow::anyhow!("`{other}` is no task\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {task}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
