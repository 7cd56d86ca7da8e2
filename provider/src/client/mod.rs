//! The client for Vault and OpenBao: typed calls over one HTTP transport, failures that can be shown, and secrets that
//! cannot.
//!
//! No Terraform resource lives here, and no judgement of policies: a role is written only from a [`Vetted`] policy,
//! which this module cannot make.
//!
//! [`Vetted`]: leastpriv_checks::vet::Vetted

mod answer;
mod call;
mod consistency;
mod engine;
mod failure;
pub(crate) mod fields;
mod help;
mod leases;
mod meta;
mod mounts;
mod path;
mod retry;
mod secret;
mod server;
mod token;
mod transport;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use leastpriv_terraform::diagnostics::Diagnostics;
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::config::{Connection, normalise_namespace};
use consistency::Indexes;
use secret::Masker;
use token::TokenState;
use transport::Transport;

pub use engine::{RoleSpec, RootConfig};
pub use failure::{Failure, FailureKind};
pub use help::PathHelp;
pub use leases::{CredentialKind, CredentialParameters, Credentials, Lease, Renewal};
pub use meta::Meta;
pub use mounts::{Mount, MountConfig};
pub use path::is_role_name;
pub use secret::Secret;
pub use server::{Flavour, Server};

pub(crate) use retry::Limits;

/// The `data` of an answer.
pub type Object = serde_json::Map<String, Value>;

/// A client for one server. Clones share connections and what has been learnt about the server.
///
/// Every call takes the namespace of the resource, relative to the provider's, and a token that stops it. A stop ends a
/// pause or a read at once; a write on the wire gets a few seconds to end.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    masker: Masker,
    /// Only for asking about the token itself.
    token: Secret,
    namespace: String,
    limits: Limits,
    indexes: Indexes,
    server: OnceCell<Server>,
    /// By namespace and path.
    helps: Mutex<BTreeMap<(String, String), PathHelp>>,
    token_state: Mutex<Option<(Instant, TokenState)>>,
    /// When a sealed server was last waited for in vain.
    given_up: Mutex<Option<Instant>>,
}

impl Client {
    /// A client for a connection. Nothing is sent yet.
    pub(crate) fn new(connection: &Connection, user_agent: &str) -> Result<Self, Diagnostics> {
        let masker = Masker::default();
        masker.learn(&connection.token);
        for secret in connection
            .proxy_passwords
            .iter()
            .chain(connection.headers.iter().map(|header| &header.value))
        {
            masker.learn(secret);
        }
        Ok(Self {
            inner: Arc::new(Inner {
                transport: Transport::new(connection, user_agent, masker.clone())?,
                masker,
                token: connection.token.clone(),
                namespace: connection.namespace.clone(),
                limits: connection.limits,
                indexes: Indexes::default(),
                server: OnceCell::new(),
                helps: Mutex::default(),
                token_state: Mutex::default(),
                given_up: Mutex::default(),
            }),
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("transport", &self.inner.transport)
            .finish_non_exhaustive()
    }
}

/// A namespace relative to another.
fn join_namespaces(outer: &str, relative: &str) -> String {
    let (outer, relative) = (normalise_namespace(outer), normalise_namespace(relative));
    match (outer.is_empty(), relative.is_empty()) {
        (true, _) => relative,
        (false, true) => outer,
        (false, false) => format!("{outer}/{relative}"),
    }
}

/// A path below a mount.
fn below(mount: &str, rest: &str) -> String {
    format!("{}/{rest}", mount.trim_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_joined() {
        let cases = [
            ("", "", ""),
            ("a", "", "a"),
            ("", "b", "b"),
            ("a/", "/b/c/", "a/b/c"),
            ("root", "b", "b"),
            ("a", "root", "a"),
        ];
        for (outer, relative, expected) in cases {
            assert_eq!(join_namespaces(outer, relative), expected, "{outer} {relative}");
        }
    }

    #[test]
    fn paths_below_a_mount() {
        assert_eq!(below("/team/aws/", "config/root"), "team/aws/config/root");
    }
}
