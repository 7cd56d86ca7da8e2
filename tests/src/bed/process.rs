//! Child processes: one that runs to its end within a time limit, and one that serves until it is dropped.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What a process that ran to its end left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) elapsed: Duration,
}

/// Runs a command and kills it at the limit.
///
/// Files take the output, and not pipes: a grandchild that outlives the command (a provider, a plugin) would keep
/// a pipe open and the reader waiting.
pub(crate) fn run_within(command: &mut Command, limit: Duration, input: &[u8]) -> Result<Finished> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut stdin = tempfile::tempfile().context("cannot create a scratch file")?;
    let mut stdout = tempfile::tempfile().context("cannot create a scratch file")?;
    let mut stderr = tempfile::tempfile().context("cannot create a scratch file")?;
    stdin.write_all(input)?;
    stdin.rewind()?;

    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::from(stdin))
        .stdout(Stdio::from(stdout.try_clone()?))
        .stderr(Stdio::from(stderr.try_clone()?))
        .spawn()
        .with_context(|| format!("cannot start `{name}`"))?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            break None;
        }
        thread::sleep(POLL);
    };
    let elapsed = start.elapsed();
    let (stdout, stderr) = (read_back(&mut stdout)?, read_back(&mut stderr)?);
    let Some(status) = status else {
        let seconds = limit.as_secs_f64();
        bail!(
            "`{name}` did not end within {seconds:.0} s; it had written:\n{}\n{}",
            tail(&stdout),
            tail(&stderr)
        );
    };
    Ok(Finished {
        status,
        stdout,
        stderr,
        elapsed,
    })
}

fn read_back(file: &mut File) -> Result<String> {
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A server process, stopped when this value is dropped.
///
/// A second process, a shell that waits on a pipe from the test process, stops the server when the test process
/// dies without dropping anything: the pipe closes with it, however it ends. Both are in process groups of their
/// own, so that an interrupt from the terminal does not reach the server while a test still tidies up with it.
#[derive(Debug)]
pub(crate) struct Daemon {
    name: &'static str,
    child: Child,
    watchdog: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts a server with its output in `log`.
    pub(crate) fn spawn(name: &'static str, command: &mut Command, log: &Path) -> Result<Self> {
        let output = File::create(log).with_context(|| format!("cannot create `{}`", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::from(output.try_clone()?))
            .stderr(Stdio::from(output))
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, &child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        match watchdog {
            Ok(watchdog) => Ok(Self {
                name,
                child,
                watchdog,
                log: log.to_owned(),
            }),
            Err(error) => {
                let mut child = child;
                stop(&mut child);
                Err(error).context("cannot start `sh`, which guards the server")
            }
        }
    }

    /// Waits until `ready` says so, the server ends, or the time is over.
    pub(crate) fn wait_until(&mut self, limit: Duration, mut ready: impl FnMut() -> bool) -> Result<()> {
        let start = Instant::now();
        loop {
            // Asked in this order: another process on the port may answer while this server has given up.
            let answered = ready();
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "{} ended before it was ready ({status}); the end of its log:\n{}",
                    self.name,
                    self.log_tail()
                );
            }
            if answered {
                return Ok(());
            }
            if start.elapsed() >= limit {
                let seconds = limit.as_secs();
                bail!(
                    "{} was not ready within {seconds} s; the end of its log:\n{}",
                    self.name,
                    self.log_tail()
                );
            }
            thread::sleep(POLL);
        }
    }

    /// The last lines of what the server wrote.
    pub(crate) fn log_tail(&self) -> String {
        tail(&self.log_text())
    }

    /// Everything the server wrote so far.
    pub(crate) fn log_text(&self) -> String {
        fs::read(&self.log).map_or_else(
            |error| format!("(cannot read `{}`: {error})", self.log.display()),
            |bytes| String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    /// The process id of the server.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        stop(&mut self.child);
        // The watchdog goes after the server, and by a signal it cannot trap: woken by its closed pipe it would
        // send a signal to a process id that may belong to somebody else by then.
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
    }
}

/// Asks twice, because the emulators can miss the first signal while they start, then stops asking.
fn stop(child: &mut Child) {
    let id = child.id();
    for _ in 0..2 {
        if ended(child, Duration::ZERO) {
            return;
        }
        signal("TERM", &id.to_string());
        if ended(child, Duration::from_secs(1)) {
            return;
        }
    }
    // The group takes along what the server has started itself, such as the engine of OpenBao.
    signal("KILL", &format!("-{id}"));
    let _ = child.kill();
    let _ = child.wait();
}

fn ended(child: &mut Child, patience: Duration) -> bool {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) | Err(_) => return true,
            Ok(None) if start.elapsed() >= patience => return false,
            Ok(None) => thread::sleep(POLL),
        }
    }
}

/// The standard library can only kill; the shell's own `kill` can ask.
fn signal(name: &str, target: &str) {
    let _ = Command::new("sh")
        .args(["-c", r#"kill -s "$0" -- "$1""#, name, target])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// A port on the loopback interface that is free, with the next one free too: Vault and OpenBao take that for
/// their cluster listener.
///
/// Somebody else may take it before the server does, so whoever uses it starts again on a conflict.
pub(crate) fn free_port() -> Result<u16> {
    for _ in 0..64 {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
        let port = first.local_addr()?.port();
        if let Some(next) = port.checked_add(1)
            && TcpListener::bind((Ipv4Addr::LOCALHOST, next)).is_ok()
        {
            return Ok(port);
        }
    }
    bail!("no two free ports next to each other on 127.0.0.1")
}

/// The last 40 lines of a text.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let skipped = lines.len().saturating_sub(40);
    lines.into_iter().skip(skipped).collect::<Vec<_>>().join("\n")
}

const POLL: Duration = Duration::from_millis(10);

/// `$0` is the process id of the server, which leads a process group of the same number.
const WATCHDOG: &str = r#"
trap "" INT TERM HUP
read -r _
kill -s TERM -- "$0"
sleep 2
kill -s KILL -- "-$0"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn lives(id: u32) -> bool {
        shell(&format!("kill -s 0 -- {id}"))
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }

    fn soon(mut condition: impl FnMut() -> bool) -> bool {
        (0..500).any(|_| {
            thread::sleep(POLL);
            condition()
        })
    }

    #[test]
    fn a_command_is_read_to_its_end() {
        let limit = Duration::from_secs(30);
        let run = run_within(&mut shell("cat; echo problem >&2; exit 3"), limit, b"given").unwrap();
        assert_eq!(
            (run.status.code(), run.stdout.as_str(), run.stderr.as_str()),
            (Some(3), "given", "problem\n")
        );
    }

    #[test]
    fn a_command_that_hangs_is_ended_and_its_output_is_told() {
        let limit = Duration::from_millis(200);
        let error = run_within(&mut shell("echo before; exec sleep 60"), limit, b"")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("did not end within") && error.contains("before"),
            "{error}"
        );
    }

    #[test]
    fn a_grandchild_that_keeps_the_output_open_does_not_hold_the_caller() {
        let start = Instant::now();
        let run = run_within(&mut shell("sleep 3 & echo done"), Duration::from_secs(30), b"").unwrap();
        assert_eq!(run.stdout, "done\n");
        assert!(start.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn a_server_that_ends_early_is_an_error_with_its_log() {
        let scratch = tempfile::tempdir().unwrap();
        let mut command = shell("echo address already in use; exit 7");
        let mut daemon = Daemon::spawn("the thing", &mut command, &scratch.path().join("log")).unwrap();
        let error = daemon
            .wait_until(Duration::from_secs(30), || false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("the thing ended before it was ready"), "{error}");
        assert!(error.contains("address already in use"), "{error}");
    }

    #[test]
    fn a_server_that_is_never_ready_is_an_error_with_its_log() {
        let scratch = tempfile::tempdir().unwrap();
        let mut command = shell("echo thinking; exec sleep 60");
        let mut daemon = Daemon::spawn("the thing", &mut command, &scratch.path().join("log")).unwrap();
        let error = daemon
            .wait_until(Duration::from_millis(300), || false)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("was not ready within") && error.contains("thinking"),
            "{error}"
        );
    }

    #[test]
    fn a_dropped_server_is_gone_with_its_guard() {
        let scratch = tempfile::tempdir().unwrap();
        let daemon = Daemon::spawn("the thing", &mut shell("exec sleep 60"), &scratch.path().join("log")).unwrap();
        let (server, guard) = (daemon.id(), daemon.watchdog.id());
        assert!(lives(server) && lives(guard));
        drop(daemon);
        assert!(!lives(server) && !lives(guard));
    }

    #[test]
    fn a_server_that_ignores_the_signal_is_killed() {
        let scratch = tempfile::tempdir().unwrap();
        let mut command = shell("trap '' TERM; echo ready; while :; do sleep 0.1; done");
        let mut daemon = Daemon::spawn("the thing", &mut command, &scratch.path().join("log")).unwrap();
        let log = scratch.path().join("log");
        daemon
            .wait_until(Duration::from_secs(30), || {
                fs::read_to_string(&log).is_ok_and(|text| text.contains("ready"))
            })
            .unwrap();
        let server = daemon.id();
        drop(daemon);
        assert!(!lives(server));
    }

    #[test]
    fn a_server_dies_when_its_guard_loses_the_test_process() {
        let scratch = tempfile::tempdir().unwrap();
        let mut daemon = Daemon::spawn("the thing", &mut shell("exec sleep 60"), &scratch.path().join("log")).unwrap();
        drop(daemon.watchdog.stdin.take());
        assert!(soon(|| daemon.child.try_wait().unwrap().is_some()));
    }

    #[test]
    fn a_free_port_can_be_bound_together_with_the_next() {
        let bound = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        // Another process may be quicker once, hardly five times.
        assert!((0..5).any(|_| {
            let port = free_port().unwrap();
            let listeners = (bound(port), bound(port + 1));
            listeners.0.is_ok() && listeners.1.is_ok()
        }));
    }

    #[test]
    fn a_tail_keeps_the_last_lines() {
        let lines: Vec<String> = (0..100).map(|line| line.to_string()).collect();
        let text = tail(&lines.join("\n"));
        assert!(text.starts_with("60\n") && text.ends_with("\n99"), "{text}");
        assert_eq!(tail(""), "");
    }
}
