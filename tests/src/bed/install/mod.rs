//! How each part of the bed comes to be on this machine.
//!
//! Every pinned input is a file below `bed/` of this package. Which index or proxy serves the packages is the
//! business of the machine's own settings of `pip` and `go`; nothing here names one.

mod go;
mod node;
mod python;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, bail};

use super::Part;
use super::cache::CacheFolder;
use super::process::{run_within, tail};

/// Finds one part, or installs it.
pub(crate) fn provide(part: Part, cache: &CacheFolder) -> Result<PathBuf> {
    match part {
        Part::Python => python::PYTHON.provide(cache),
        Part::OpenBao => python::bao(cache),
        Part::Engine => go::ENGINE.provide(cache),
        Part::Vault => go::VAULT.provide(cache),
        Part::Terraform => on_path("terraform").context("there is no `terraform` on `PATH`"),
        Part::OpenTofu => match on_path("tofu") {
            Some(tofu) => Ok(tofu),
            None => go::TOFU.provide(cache),
        },
        Part::Cvc5 => python::CVC5.provide(cache),
        Part::IamSimulate => node::iam_simulate(cache),
    }
}

/// An executable file of that name in a folder of `PATH`.
fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// What an install is for, as a part of its stamp.
fn platform() -> String {
    format!("{} {}", env::consts::OS, env::consts::ARCH)
}

/// Says what a long step does, and how long it took.
fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let say = |text: &str| {
        let _ = writeln!(io::stderr().lock(), "bed: {text}");
    };
    say(what);
    let start = Instant::now();
    let result = work();
    let seconds = start.elapsed().as_secs_f64();
    say(&match &result {
        Ok(_) => format!("{what}: done in {seconds:.1} s"),
        Err(error) => format!("{what}: failed after {seconds:.1} s: {error:#}"),
    });
    result
}

/// Runs one command of an install; its whole output goes to `log`, the end of it into the error.
fn run_step(command: &mut Command, log: &Path) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let run = run_within(command, LIMIT, b"")?;
    let output = format!("{}{}", run.stdout, run.stderr);
    fs::write(log, &output).with_context(|| format!("cannot write `{}`", log.display()))?;
    if !run.status.success() {
        bail!(
            "`{name}` failed ({}); `{}` ends in:\n{}",
            run.status,
            log.display(),
            tail(&output)
        );
    }
    Ok(())
}

/// Long enough for a cold build of Vault on two slow cores.
const LIMIT: Duration = Duration::from_mins(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_on_the_path_is_found_and_a_folder_is_not() {
        assert!(on_path("sh").is_some_and(|path| path.is_absolute()));
        assert_eq!(on_path("no-such-program-anywhere"), None);
        assert!(!is_program(Path::new("/")));
        assert!(!is_program(&super::super::inputs().join("python/requirements.txt")));
    }

    #[test]
    fn a_failed_step_tells_the_end_of_its_output() {
        let scratch = tempfile::tempdir().unwrap();
        let log = scratch.path().join("log");
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such version; exit 1"]);
        let error = run_step(&mut command, &log).unwrap_err().to_string();
        assert!(
            error.contains("no such version") && error.contains("exit status: 1"),
            "{error}"
        );
        assert_eq!(fs::read_to_string(&log).unwrap(), "no such version\n");
    }

    #[test]
    fn no_pinned_input_names_an_index_or_a_proxy() {
        for file in [
            "python/requirements.in",
            "python/requirements.txt",
            "cvc5/requirements.in",
            "cvc5/requirements.txt",
            "iam-simulate/package.json",
            "iam-simulate/package-lock.json",
            "go/engine/go.mod",
            "go/vault/go.mod",
        ] {
            let text = fs::read_to_string(super::super::inputs().join(file)).unwrap();
            assert!(
                !text.contains("://") && !text.lines().any(|line| line.starts_with('-')),
                "{file}"
            );
        }
    }
}
