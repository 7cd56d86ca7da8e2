//! Running cargo and other programs from the root of the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_path_buf)
}

/// A cargo command, run at the root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command to its end; anything but success is an error that names it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("start {command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

/// The folder of built binaries of a profile (`debug` or `release`).
pub(crate) fn binaries(profile: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join(profile)
}

/// The parts of a task that its arguments name, in their order; all of them where it names none.
pub(crate) fn chosen<T: Copy>(parts: &[(&str, T)], arguments: &[String], task: &str) -> Result<Vec<T>> {
    let known = || parts.iter().map(|(name, _)| *name).collect::<Vec<_>>().join("|");
    for argument in arguments {
        ensure!(
            parts.iter().any(|(name, _)| name == argument),
            "`{argument}` is no part; usage: cargo xtask {task} [{}]...",
            known()
        );
    }
    let is_chosen = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == name);
    let chosen = parts.iter().filter(|(name, _)| is_chosen(name));
    Ok(chosen.map(|(_, part)| *part).collect())
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn parts_are_chosen_by_name_and_a_wrong_name_is_told() {
        let parts = [("slow", 1), ("solver", 2)];
        let of = |arguments: &[&str]| {
            let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
            chosen(&parts, &arguments, "nightly")
        };
        assert_eq!(of(&[]).unwrap(), [1, 2]);
        assert_eq!(of(&["solver"]).unwrap(), [2]);
        let error = of(&["slow", "solvr"]).unwrap_err().to_string();
        assert!(error.contains("`solvr`") && error.contains("[slow|solver]"), "{error}");
    }
}
