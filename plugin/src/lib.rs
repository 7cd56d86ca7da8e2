//! The go-plugin server contract in Rust.
//!
//! A host program starts a plugin as a child process, reads one line from its standard output, connects to the socket
//! named there, and speaks gRPC. This crate does everything around the gRPC services themselves: the cookie that tells a
//! host from a curious user, mutual TLS with a pinned certificate, the socket, the line, the services that go-plugin
//! expects on every server, log lines that the host can read, and an end that leaves nothing behind.
//!
//! What the services do is handed in as [`tonic::service::Routes`]; no word of any particular host protocol belongs here.
//!
//! | module | holds |
//! |---|---|
//! | `serve` | the life of one process, from the cookie to the exit code |
//! | `environment` | what the host says through environment variables |
//! | `handshake` | the line on standard output |
//! | `reattach` | the line that a developer gets instead |
//! | `socket` | where the plugin listens |
//! | `tls` | who may connect |
//! | `services` | controller, standard streams, broker |
//! | `lifecycle` | connections, signals, and when to end |
//! | [`log`] | log lines |
//! | `panic_hook` | what a panic looks like to the host |
//!
//! ```
//! use leastpriv_plugin::{Hooks, ServeConfig, serve};
//! use tonic::service::Routes;
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let config = ServeConfig {
//!     cookie_key: "EXAMPLE_COOKIE",
//!     cookie_value: "d602bf8f470b",
//!     protocol_version: 6,
//!     hint: "this program is a plugin, it is of no use on its own".to_owned(),
//!     module: "example",
//!     debug: false,
//!     reattach_variable: "EXAMPLE_REATTACH",
//!     address: "example.com/acme/example",
//! };
//! // Nobody has set the cookie, so the hint goes to standard error and the process should exit with 1.
//! let code = serve(config, Routes::default(), Hooks::default()).await;
//! assert_eq!(format!("{code:?}"), format!("{:?}", std::process::ExitCode::FAILURE));
//! # });
//! ```

pub mod log;

mod environment;
mod handshake;
mod lifecycle;
mod panic_hook;
mod reattach;
mod serve;
mod services;
mod socket;
mod tls;

pub use panic_hook::install_panic_hook;
pub use serve::{BoxFuture, Ending, Hooks, ServeConfig, serve};
pub use tls::crypto_provider;
