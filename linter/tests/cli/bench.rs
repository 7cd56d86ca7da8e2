//! A folder to run the binary in.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

/// Longest that a run may take; a run that hangs fails its test.
const LIMIT: Duration = Duration::from_secs(60);

/// A policy without findings.
pub(crate) const GOOD: &str = r#"{
  "Version": "2012-10-17",
  "Statement": {
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::reports/*"
  }
}
"#;

/// A policy with one error.
pub(crate) const TYPO: &str = r#"{
  "Version": "2012-10-17",
  "Statement": {
      "Effect": "Allow",
      "Action": "s3:GetObejct",
      "Resource": "arn:aws:s3:::reports/*"
  }
}
"#;

/// A policy whose only finding is a suggestion.
pub(crate) const SUGGESTION: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;

/// A folder of its own for a test.
#[derive(Debug)]
pub(crate) struct Bench {
    folder: TempDir,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Copies a file of the test data.
    pub(crate) fn copy(&self, data: &str, path: &str) -> &Self {
        self.write(path, std::fs::read(data_path(data)).unwrap())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with_input(arguments, b"")
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        run(self.path(), None, arguments, input)
    }

    /// Runs in a folder inside.
    pub(crate) fn run_inside(&self, folder: &str, arguments: &[&str]) -> Ran {
        run(&self.path().join(folder), None, arguments, b"")
    }

    /// Runs with these folders of programs.
    pub(crate) fn run_with_path(&self, path: &str, arguments: &[&str]) -> Ran {
        run(self.path(), Some(path), arguments, b"")
    }

    /// Runs `lint --format json` and reads the report.
    pub(crate) fn report(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let mut all = vec!["lint", "--format", "json"];
        all.extend(arguments);
        let ran = self.run(&all);
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        (ran.code, report)
    }
}

fn run(folder: &Path, path: Option<&str>, arguments: &[&str], input: &[u8]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leastpriv"));
    command.args(arguments).current_dir(folder).env_clear();
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    std::thread::spawn(move || {
        // A run that reads no input closes the pipe.
        let _ = stdin.write_all(&input);
    });
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || send.send(child.wait_with_output()));
    let output = receive.recv_timeout(LIMIT).expect("the run hangs").unwrap();
    Ran {
        code: output.status.code().expect("the run was killed"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    /// The last line: the three counts that every run ends with.
    pub(crate) fn counts(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }
}

/// The top of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The path of a file of the test data.
pub(crate) fn data_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The checks that a report names, in its order.
pub(crate) fn checks_of(report: &serde_json::Value) -> Vec<&str> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["check"].as_str().unwrap())
        .collect()
}

/// The figures of judged, partly judged and not judged.
pub(crate) fn counts_of(report: &serde_json::Value) -> [u64; 3] {
    let policies = &report["summary"]["policies"];
    ["judged", "partly_judged", "not_judged"].map(|name| policies[name].as_u64().unwrap())
}

/// The reasons of what a report could not judge.
pub(crate) fn reasons_of(report: &serde_json::Value) -> Vec<&str> {
    report["not_judged"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| gap["reason"].as_str().unwrap())
        .collect()
}
