//! The hook, as the real pre-commit runs it from a clone of this repository.

#![expect(clippy::print_stderr, reason = "a skip says why")]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use leastpriv_e2e::bed::{Bed, Part};
use tempfile::TempDir;

const GOOD: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}"#;
const WIDE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// A repository of somebody who uses the hook.
struct Project {
    scratch: TempDir,
    python: PathBuf,
    path: OsString,
}

impl Project {
    /// None where there is no Python with pre-commit; the reason is printed, and with `CI=true` it is a failure.
    fn new() -> Option<Self> {
        let bed = Bed::prepare_parts(&[Part::Python]).unwrap();
        let python = match bed.program(Part::Python) {
            Ok(python) => python.to_owned(),
            Err(missing) => {
                assert!(std::env::var("CI").is_err(), "{missing}");
                eprintln!("skipped: {missing}");
                return None;
            }
        };
        let linter = linter().parent().unwrap().to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(linter).chain(std::env::split_paths(&path))).unwrap();
        let project = Self {
            scratch: tempfile::tempdir().unwrap(),
            python,
            path,
        };
        fs::create_dir(project.root()).unwrap();
        fs::create_dir(project.scratch.path().join("hook")).unwrap();
        fs::copy(
            repository().join(".pre-commit-hooks.yaml"),
            project.scratch.path().join("hook/.pre-commit-hooks.yaml"),
        )
        .unwrap();
        for folder in ["project", "hook"] {
            project.git(folder, &["init", "--quiet"]);
            project.git(folder, &["add", "--all"]);
            project.git(folder, &["commit", "--quiet", "--allow-empty", "--message", "begin"]);
        }
        Some(project)
    }

    fn root(&self) -> PathBuf {
        self.scratch.path().join("project")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.root().join(name), text).unwrap();
    }

    fn git(&self, folder: &str, arguments: &[&str]) {
        let output = self.command(Path::new("git"), folder).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs the hook over everything that is staged.
    fn run_hook(&self) -> Output {
        self.git("project", &["add", "--all"]);
        let hook = self.scratch.path().join("hook");
        self.command(&self.python, "project")
            .args(["-m", "pre_commit", "try-repo"])
            .arg(hook)
            .args(["leastpriv", "--all-files", "--color=never"])
            .output()
            .unwrap()
    }

    /// A command with a home folder of its own, and no terminal.
    fn command(&self, program: &Path, folder: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.scratch.path().join(folder))
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.scratch.path());
        for (name, value) in [("NAME", "somebody"), ("EMAIL", "somebody@example.com")] {
            command
                .env(format!("GIT_AUTHOR_{name}"), value)
                .env(format!("GIT_COMMITTER_{name}"), value);
        }
        command
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The linter beside this test in cargo's output folder, under the name by which the hook calls it.
fn linter() -> PathBuf {
    let linter = std::env::current_exe().unwrap();
    let linter = linter.parent().and_then(Path::parent).unwrap().join("leastpriv");
    assert!(
        linter.is_file(),
        "`{}` is not built; run `cargo build --workspace --bins`",
        linter.display()
    );
    linter
}

#[test]
fn the_hook_passes_policies_and_other_json_and_stops_a_wide_policy() {
    let Some(project) = Project::new() else { return };
    project.write("package.json", r#"{"name": "x", "version": "1.0.0"}"#);
    for number in 0..40 {
        project.write(&format!("policy {number}.json"), GOOD);
    }
    let passed = project.run_hook();
    let text = String::from_utf8_lossy(&passed.stdout);
    assert!(passed.status.success() && text.contains("Passed"), "{text}");

    project.write("wide.json", WIDE);
    let failed = project.run_hook();
    let text = String::from_utf8_lossy(&failed.stdout);
    assert_eq!(failed.status.code(), Some(1), "{text}");
    for wanted in ["wide.json:1:", "administrator-access", "Failed"] {
        assert!(text.contains(wanted), "no `{wanted}` in {text}");
    }
}
