//! The servers of the bed: Vault or OpenBao on one side, an emulator of AWS on the other.
//!
//! Every server listens on 127.0.0.1 only, has a scratch folder of its own and is stopped when its value is
//! dropped. What a server means to the provider is the business of a scenario.

mod backend;
mod emulator;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

pub use self::backend::{AuditForm, Backend, BackendKind, Lease, OpenBao, Vault};
pub use self::emulator::{Emulator, EmulatorKind, Ministack, Moto, Seed};

use super::Environment;
use super::process::{Daemon, free_port};

/// A server that answers.
#[derive(Debug)]
struct Started {
    daemon: Daemon,
    port: u16,
    scratch: TempDir,
}

/// Starts a server on a free port and waits for it; takes another port when somebody else was quicker.
fn start(
    name: &'static str,
    command: impl Fn(u16, &Path) -> Result<Command>,
    ready: impl Fn(u16) -> bool,
) -> Result<Started> {
    let mut attempt = 1;
    loop {
        let port = free_port()?;
        // A short name: a plugin of OpenBao has its socket below, and the path of a socket may have 104 bytes.
        let scratch = tempfile::Builder::new()
            .prefix("lp-")
            .tempdir()
            .context("cannot create a scratch folder")?;
        let mut command = command(port, scratch.path())?;
        let mut daemon = Daemon::spawn(name, &mut command, &scratch.path().join("log"))?;
        match daemon.wait_until(READY, || ready(port)) {
            Ok(()) => return Ok(Started { daemon, port, scratch }),
            Err(error) if attempt == ATTEMPTS || !lost_its_port(&daemon.log_text()) => return Err(error),
            Err(_) => attempt += 1,
        }
    }
}

fn lost_its_port(log: &str) -> bool {
    log.to_lowercase().contains("already in use")
}

/// What a server sees: a home and a place for scratch files of its own, so that nothing of the user's is read or
/// written.
fn environment(scratch: &Path) -> Result<Environment> {
    let home = scratch.join("home");
    fs::create_dir_all(&home).with_context(|| format!("cannot create `{}`", home.display()))?;
    let mut environment = Environment::from_process();
    environment.set("HOME", home).set("TMPDIR", scratch);
    Ok(environment)
}

/// The slowest of them answers within two seconds on an idle machine.
const READY: Duration = Duration::from_mins(1);

const ATTEMPTS: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_of_ports_is_known_in_the_words_of_each_server() {
        for log in [
            "Error initializing listener of type tcp: listen tcp 127.0.0.1:8200: bind: address already in use",
            "Address already in use\nPort 5000 is in use by another program.",
            "ERROR: 127.0.0.1:4566 is already in use. Is MiniStack already running?",
        ] {
            assert!(lost_its_port(log), "{log}");
        }
        assert!(!lost_its_port("permission denied"));
    }

    #[test]
    fn a_server_that_lost_its_port_is_started_again() {
        let attempts = std::cell::Cell::new(0);
        let started = start(
            "the thing",
            |_, _| {
                attempts.set(attempts.get() + 1);
                let script = if attempts.get() == 1 {
                    "echo address already in use; exit 1"
                } else {
                    "exec sleep 60"
                };
                let mut command = Command::new("sh");
                command.args(["-c", script]);
                Ok(command)
            },
            |_| attempts.get() == 2,
        );
        assert!(started.is_ok());
        assert_eq!(attempts.get(), 2);
    }

    #[test]
    fn a_server_that_fails_for_another_reason_is_not() {
        let attempts = std::cell::Cell::new(0);
        let started = start(
            "the thing",
            |_, _| {
                attempts.set(attempts.get() + 1);
                let mut command = Command::new("sh");
                command.args(["-c", "echo no such option; exit 1"]);
                Ok(command)
            },
            |_| false,
        );
        assert!(started.unwrap_err().to_string().contains("no such option"));
        assert_eq!(attempts.get(), 1);
    }

    #[test]
    fn a_server_has_a_home_of_its_own() {
        let scratch = tempfile::tempdir().unwrap();
        let environment = environment(scratch.path()).unwrap();
        assert_eq!(environment.value("HOME"), Some(scratch.path().join("home").as_os_str()));
        assert_eq!(environment.value("TMPDIR"), Some(scratch.path().as_os_str()));
        assert!(scratch.path().join("home").is_dir());
    }
}
