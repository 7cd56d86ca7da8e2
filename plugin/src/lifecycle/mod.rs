//! When the process begins to matter and when it should end: connections, signals, and the rule for orphans.
//!
//! What is done on the way out is decided in `serve`.

mod accept;
mod census;
mod signals;

pub(crate) use accept::accept_connections;
pub(crate) use census::{Census, Patience};
pub(crate) use signals::Signals;
