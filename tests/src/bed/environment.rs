//! What a child process sees of the environment of the test process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::process::Command;
use std::{env, fmt};

/// The variables of a child process: the few that every program needs, and those the bed sets.
///
/// Keeping a short list, and not removing a long one, is what makes a run independent of a developer's shell:
/// no `VAULT_TOKEN`, no `AWS_PROFILE`, no `TF_LOG` and no proxy comes through.
#[derive(Clone, Default)]
pub struct Environment {
    vars: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// What is kept of this process's own environment.
    pub fn from_process() -> Self {
        Self::keeping(env::vars_os())
    }

    fn keeping(vars: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self {
            vars: vars
                .into_iter()
                .filter(|(name, _)| KEPT.iter().any(|kept| name == kept))
                .collect(),
        }
    }

    /// Sets one variable.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> &mut Self {
        self.vars.insert(name.into(), value.into());
        self
    }

    /// Removes one variable.
    pub fn remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.vars.remove(name.as_ref());
        self
    }

    /// The value of one variable.
    pub fn value(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        self.vars.get(name.as_ref()).map(OsString::as_os_str)
    }

    /// Gives exactly these variables to a command.
    pub fn apply(&self, command: &mut Command) {
        command.env_clear().envs(&self.vars);
    }
}

impl fmt::Debug for Environment {
    /// Names only: a value may be a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.vars.keys()).finish()
    }
}

/// `LLVM_PROFILE_FILE` is there so that coverage of the binaries under test can be measured.
const KEPT: [&str; 10] = [
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
    "LOGNAME",
    "PATH",
    "RUST_BACKTRACE",
    "SHELL",
    "TZ",
    "USER",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vars: &[(&str, &str)]) -> Environment {
        Environment::keeping(
            vars.iter()
                .map(|(name, value)| (OsString::from(name), OsString::from(value))),
        )
    }

    #[test]
    fn only_what_every_program_needs_is_kept() {
        let environment = of(&[
            ("PATH", "/bin"),
            ("VAULT_ADDR", "http://elsewhere"),
            ("VAULT_TOKEN", "s.secret"),
            ("BAO_ADDR", "http://elsewhere"),
            ("AWS_PROFILE", "production"),
            ("AWS_ACCESS_KEY_ID", "AKIA"),
            ("TF_CLI_CONFIG_FILE", "/elsewhere"),
            ("TF_LOG", "trace"),
            ("HTTPS_PROXY", "http://elsewhere"),
            ("HOME", "/home/someone"),
        ]);
        assert_eq!(environment.vars.keys().collect::<Vec<_>>(), ["PATH"]);
    }

    #[test]
    fn a_variable_that_was_set_reaches_the_command_and_nothing_else_does() {
        let mut environment = of(&[("PATH", "/bin:/usr/bin"), ("VAULT_TOKEN", "s.secret")]);
        environment
            .set("VAULT_ADDR", "http://127.0.0.1:1")
            .set("GONE", "x")
            .remove("GONE");
        let mut command = Command::new("env");
        command.env("LEFT_OVER", "x");
        environment.apply(&mut command);
        let output = command.output().unwrap();
        let mut lines: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["PATH=/bin:/usr/bin", "VAULT_ADDR=http://127.0.0.1:1"]);
        assert_eq!(environment.value("VAULT_ADDR"), Some(OsStr::new("http://127.0.0.1:1")));
    }

    #[test]
    fn values_are_not_in_the_debug_form() {
        let mut environment = of(&[]);
        environment.set("VAULT_TOKEN", "s.secret");
        let text = format!("{environment:?}");
        assert!(text.contains("VAULT_TOKEN") && !text.contains("s.secret"), "{text}");
    }
}
