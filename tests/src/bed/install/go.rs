//! The Go parts: HashiCorp's AWS engine, Vault and OpenTofu, each built from a small module of our own.
//!
//! `go install PACKAGE@VERSION` refuses a module with a replace line, which Vault and OpenTofu have. A module below
//! `bed/go/` repeats that line and names the program with a `tool` line; its `go.sum` pins every dependency.
//!
//! - The engine is the one of Vault 1.18.5. Later ones register a rotation job on each write of `config/root`,
//!   and OpenBao answers that with an error.
//! - Vault 1.21.0 compiles with version 0.20.0 of its SDK, and its later patch releases with none.
//! - A cold build takes one minute for the engine, four for OpenTofu and up to fifteen for Vault on two cores.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::super::cache::{CacheFolder, Stamp};
use super::super::inputs;
use super::{is_program, on_path, platform, run_step, step};

pub(crate) const ENGINE: GoProgram = GoProgram {
    folder: "engine",
    package: "github.com/hashicorp/vault/builtin/logical/aws/cmd/aws",
    // The plugin folder of OpenBao gives a plugin the name of its file, and `aws` is the type that clients mount.
    binary: "aws",
};

pub(crate) const VAULT: GoProgram = GoProgram {
    folder: "vault",
    package: "github.com/hashicorp/vault",
    binary: "vault",
};

pub(crate) const TOFU: GoProgram = GoProgram {
    folder: "tofu",
    package: "github.com/opentofu/opentofu/cmd/tofu",
    binary: "tofu",
};

/// A program that is built from a pinned module.
#[derive(Debug)]
pub(crate) struct GoProgram {
    folder: &'static str,
    package: &'static str,
    binary: &'static str,
}

impl GoProgram {
    /// The built program; the folder it is in holds nothing else.
    pub(crate) fn provide(&self, cache: &CacheFolder) -> Result<PathBuf> {
        let module = inputs().join("go").join(self.folder);
        let stamp = self.stamp()?;
        let program = cache.folder(self.folder, &stamp).join(self.binary);
        if is_program(&program) {
            return Ok(program);
        }
        let lock = cache.lock()?;
        if is_program(&program) {
            return Ok(program);
        }
        let go = on_path("go").context("there is no `go` on `PATH`")?;
        let log = cache.log(self.folder);
        step(&format!("building `{}` (minutes, once)", self.package), || {
            cache
                .install(&lock, self.folder, &stamp, |partial| {
                    let mut command = Command::new(&go);
                    command
                        .arg("build")
                        .args(FLAGS)
                        .arg("-o")
                        .arg(partial.join(self.binary))
                        .arg(self.package);
                    command
                        .current_dir(&module)
                        .env("CGO_ENABLED", "0")
                        .env("GOWORK", "off");
                    command.env_remove("GOOS").env_remove("GOARCH");
                    run_step(&mut command, &log)
                })
                .map(drop)
        })?;
        Ok(program)
    }

    fn stamp(&self) -> Result<Stamp> {
        let module = inputs().join("go").join(self.folder);
        let read = |name: &str| {
            let path = module.join(name);
            fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))
        };
        let (pins, sums) = (read("go.mod")?, read("go.sum")?);
        let text = [FLAGS.join(" "), self.package.to_owned(), platform()];
        let parts = [pins.as_slice(), sums.as_slice()]
            .into_iter()
            .chain(text.iter().map(String::as_bytes));
        Ok(Stamp::of(parts))
    }
}

/// `-mod=readonly` wins over a user's `GOFLAGS`: a build must not change the pins.
const FLAGS: [&str; 4] = ["-mod=readonly", "-trimpath", "-ldflags", "-s -w"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_has_a_module_that_names_it_as_a_tool() {
        for program in [&ENGINE, &VAULT, &TOFU] {
            let pins = fs::read_to_string(inputs().join("go").join(program.folder).join("go.mod")).unwrap();
            assert!(
                pins.lines().any(|line| line == format!("tool {}", program.package)),
                "{}",
                program.package
            );
        }
    }

    #[test]
    fn the_engine_and_vault_have_different_stamps() {
        assert_eq!(ENGINE.stamp().unwrap(), ENGINE.stamp().unwrap());
        assert_ne!(ENGINE.stamp().unwrap(), VAULT.stamp().unwrap());
    }

    #[test]
    fn the_engine_is_the_last_one_that_openbao_can_run() {
        let pins = fs::read_to_string(inputs().join("go/engine/go.mod")).unwrap();
        assert!(pins.contains("github.com/hashicorp/vault v1.18.5"));
    }
}
