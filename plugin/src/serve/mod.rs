//! The life of one plugin process, from the cookie to the exit code.
//!
//! The order matters and is all that lives here: nothing slow comes before the handshake line, nothing is served before
//! the client has shown who it is, and the hook for cleaning up gets its time before the process ends.

use std::error::Error as _;
use std::fmt;
use std::io::{self, Write};
use std::pin::Pin;
use std::process::{self, ExitCode};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;

use crate::environment::Environment;
use crate::handshake::{self, Handshake};
use crate::lifecycle::{Census, Patience, Signals, accept_connections};
use crate::log::{self, Level};
use crate::socket::{self, Bound, Endpoint, Listener};
use crate::tls::{self, MutualTls, SetUpTlsError};
use crate::{reattach, services};

/// Why a process ends, and with that how much time the hook has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The host has asked for it, and kills a plugin that is still there two seconds later.
    Asked,
    /// The host is gone. Nobody waits any more, and nobody kills.
    Abandoned,
}

impl Ending {
    /// The time after which the hook is given up on.
    pub fn limit(self) -> Duration {
        match self {
            Self::Asked => Duration::from_millis(1_700),
            Self::Abandoned => Duration::from_secs(60),
        }
    }
}

/// What is left for answers that are on their way. Without any, closing takes a few milliseconds.
const DRAIN_LIMIT: Duration = Duration::from_millis(200);

/// Hosts connect right after the handshake line; a host that has not done so in this time is gone. The next connection
/// is another matter: a host that keeps the plugin opens it before it closes the last one, or at once.
const PATIENCE: Patience = Patience {
    first: Duration::from_secs(120),
    next: Duration::from_millis(500),
};

/// Connections that may wait for the server to take them.
const WAITING_CONNECTIONS: usize = 16;

/// A future that can be sent to another thread, of which nothing but the result matters.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a plugin has to say about itself.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// The environment variable by which a host shows that it is one.
    pub cookie_key: &'static str,
    /// What the host sets it to. This keeps users from running a plugin by hand; it is no secret.
    pub cookie_value: &'static str,
    /// The version of the protocol that the routes speak.
    pub protocol_version: u32,
    /// What a user reads who runs the plugin by hand.
    pub hint: String,
    /// The module that log lines name as their origin.
    pub module: &'static str,
    /// Runs without a host: no cookie, no TLS, and an assignment of `reattach_variable` in place of the handshake line.
    /// The process then ends on an interrupt, not when clients leave.
    pub debug: bool,
    /// The environment variable by which a host finds a plugin that is running already.
    pub reattach_variable: &'static str,
    /// The name under which a host knows this plugin.
    pub address: &'static str,
}

/// What the plugin wants to be told.
pub struct Hooks {
    /// Called once before the process ends, whatever the reason, and given up on after [`Ending::limit`].
    pub on_shutdown: Box<dyn Fn(Ending) -> BoxFuture<'static, ()> + Send + Sync>,
}

impl Default for Hooks {
    /// Nothing to do at the end.
    fn default() -> Self {
        Self {
            on_shutdown: Box::new(|_| Box::pin(std::future::ready(()))),
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}

/// Serves `routes` to the host that started this process, and returns when the process should end.
///
/// Must run inside a tokio runtime with I/O and time. The caller should end the process right away, without waiting for
/// blocking tasks (`Runtime::shutdown_background`): the host kills it two seconds after it asked for the end.
///
/// [`log::init`] is called with the configured module, so that logging is off unless the environment says otherwise; a
/// caller who wants another default calls it before.
pub async fn serve(config: ServeConfig, routes: Routes, hooks: Hooks) -> ExitCode {
    log::init(config.module, Level::Off);
    let environment = Environment::of_process(config.cookie_key);
    if !config.debug && environment.cookie.as_deref() != Some(config.cookie_value) {
        complain(&config.hint);
        return ExitCode::FAILURE;
    }
    match run(&config, &environment, routes, &hooks).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&chain(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(
    config: &ServeConfig,
    environment: &Environment,
    routes: Routes,
    hooks: &Hooks,
) -> Result<(), RunPluginError> {
    let mut signals = Signals::install().map_err(RunPluginError::Signals)?;
    let tls = match &environment.client_certificate {
        Some(certificate) if !config.debug => Some(tls::set_up(certificate).map_err(RunPluginError::Tls)?),
        _ => None,
    };
    let Bound {
        listener,
        endpoint,
        directory,
    } = socket::bind(environment).map_err(RunPluginError::Socket)?;
    announce(config, environment, &endpoint, tls.as_ref()).map_err(RunPluginError::Announce)?;
    log::debug(
        "listening",
        &[("network", endpoint.network), ("address", endpoint.address.as_str())],
    );

    let stop = CancellationToken::new();
    let census = Census::new();
    let mut server = start(listener, tls.map(|tls| tls.acceptor), routes, &stop, &census);

    let mut early = None;
    let (ending, reason) = tokio::select! {
        () = stop.cancelled() => (Ending::Asked, "the host asked for it"),
        () = signals.end_requested(config.debug) => (Ending::Asked, "a signal asked for it"),
        () = census.abandoned(PATIENCE), if !config.debug => (Ending::Abandoned, "the last client has left"),
        outcome = &mut server => {
            early = Some(outcome);
            (Ending::Asked, "the server has ended")
        }
    };
    log::debug("ending", &[("reason", reason)]);
    stop.cancel();
    clean_up(hooks, ending).await;
    let outcome = match early {
        Some(outcome) => Some(outcome),
        None => timeout(DRAIN_LIMIT, server).await.ok(),
    };
    drop(directory);
    match outcome {
        None | Some(Ok(Ok(()))) => Ok(()),
        Some(Ok(Err(error))) => Err(RunPluginError::Server(error)),
        Some(Err(error)) => Err(RunPluginError::ServerTask(error)),
    }
}

fn announce(
    config: &ServeConfig,
    environment: &Environment,
    endpoint: &Endpoint,
    tls: Option<&MutualTls>,
) -> io::Result<()> {
    if config.debug {
        return handshake::announce(&reattach::assignment(config, endpoint, process::id()));
    }
    let served = config.protocol_version;
    if !handshake::speaks(environment.protocol_versions.as_deref(), served) {
        let versions = environment.protocol_versions.as_deref().unwrap_or_default();
        log::warn(
            "the host speaks other protocol versions",
            &[("host", versions), ("plugin", served.to_string().as_str())],
        );
    }
    handshake::announce(&Handshake {
        protocol_version: served,
        endpoint,
        certificate: tls.map(|tls| tls.certificate.as_ref()),
        answer_multiplex: environment.multiplex,
    })
}

/// Starts to let clients in and to answer them. The task ends when `stop` is cancelled and nothing is left to answer.
fn start(
    listener: Listener,
    tls: Option<TlsAcceptor>,
    routes: Routes,
    stop: &CancellationToken,
    census: &Census,
) -> JoinHandle<Result<(), tonic::transport::Error>> {
    let (sender, receiver) = mpsc::channel(WAITING_CONNECTIONS);
    tokio::spawn(accept_connections(listener, tls, census.clone(), sender));
    let router = Server::builder().add_routes(services::add_to(routes, stop));
    tokio::spawn(router.serve_with_incoming_shutdown(ReceiverStream::new(receiver), stop.clone().cancelled_owned()))
}

/// Runs the hook in a task of its own: a panic in it must not keep the socket from being removed.
async fn clean_up(hooks: &Hooks, ending: Ending) {
    match timeout(ending.limit(), tokio::spawn((hooks.on_shutdown)(ending))).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::error("cleaning up failed", &[("error", error.to_string().as_str())]),
        Err(_) => log::error("cleaning up took too long and was given up on", &[]),
    }
}

/// Tells a person, not a host. There is no better place to report that standard error is closed.
fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// An error and its causes in one line.
fn chain(error: &RunPluginError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Why a plugin process could not do its work.
#[derive(Debug)]
enum RunPluginError {
    Signals(io::Error),
    Tls(SetUpTlsError),
    Socket(io::Error),
    Announce(io::Error),
    Server(tonic::transport::Error),
    ServerTask(JoinError),
}

impl fmt::Display for RunPluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signals(_) => "signals cannot be caught",
            Self::Tls(_) => "no secure connection to the host can be set up",
            Self::Socket(_) => "no socket to listen on can be had",
            Self::Announce(_) => "the host cannot be told where to connect",
            Self::Server(_) => "the server failed",
            Self::ServerTask(_) => "the server broke down",
        })
    }
}

impl std::error::Error for RunPluginError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Signals(error) | Self::Socket(error) | Self::Announce(error) => Some(error),
            Self::Tls(error) => Some(error),
            Self::Server(error) => Some(error),
            Self::ServerTask(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn causes_follow_the_message() {
        let error = RunPluginError::Socket(io::Error::new(io::ErrorKind::AddrInUse, "all ports are taken"));
        assert_eq!(chain(&error), "no socket to listen on can be had: all ports are taken");
    }

    #[tokio::test]
    async fn without_a_host_nothing_is_served_and_no_hook_is_called() {
        let called = Arc::new(AtomicBool::new(false));
        let hooks = Hooks {
            on_shutdown: Box::new({
                let called = Arc::clone(&called);
                move |_| {
                    called.store(true, Ordering::SeqCst);
                    Box::pin(std::future::ready(()))
                }
            }),
        };
        let config = ServeConfig {
            cookie_key: "LEASTPRIV_TEST_COOKIE_THAT_NOBODY_SETS",
            cookie_value: "biscuit",
            protocol_version: 6,
            hint: "this program is a plugin".to_owned(),
            module: "example",
            debug: false,
            reattach_variable: "REATTACH",
            address: "example.com/acme/example",
        };
        let code = serve(config, Routes::default(), hooks).await;
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::FAILURE));
        assert!(!called.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_hook_that_panics_does_no_harm() {
        let hooks = Hooks {
            on_shutdown: Box::new(|_| Box::pin(async { assert!(std::hint::black_box(false), "in the hook") })),
        };
        clean_up(&hooks, Ending::Asked).await;
    }

    #[tokio::test]
    async fn a_hook_that_hangs_is_given_up_on() {
        let hooks = Hooks {
            on_shutdown: Box::new(|_| Box::pin(std::future::pending())),
        };
        timeout(
            Ending::Asked.limit() + Duration::from_secs(5),
            clean_up(&hooks, Ending::Asked),
        )
        .await
        .unwrap();
    }
}
