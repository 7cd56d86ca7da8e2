//! What an ephemeral resource is: a value that is opened, kept alive and given back, and that never
//! reaches plan or state.

use std::fmt::{self, Debug, Formatter};
use std::time::SystemTime;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostics;
use crate::schema::Schema;
use crate::value::Tree;

/// A kind of value that lives for one run. `M` is what the configured provider hands to it.
///
/// Terraform does not close what is open when a run fails or is interrupted. Whoever opens something
/// that must be given back keeps it in the meta data, where
/// [`Provider::shutdown`](crate::provider::Provider::shutdown) finds it.
#[async_trait]
pub trait EphemeralResource<M: Send + Sync>: Send + Sync {
    /// The name in configurations, with the prefix of the provider.
    fn type_name(&self) -> &'static str;

    /// The attributes and blocks. Called once.
    fn schema(&self) -> Schema;

    /// What is wrong with a configuration on its own. Values may be unknown.
    fn validate(&self, config: &Tree) -> Diagnostics;

    /// Obtains the value. The configuration is known.
    async fn open(&self, meta: &M, config: &Tree, cancel: &CancellationToken) -> Opened;

    /// Keeps the value alive.
    async fn renew(&self, meta: &M, private: &[u8], cancel: &CancellationToken) -> Renewed;

    /// Gives the value back.
    async fn close(&self, meta: &M, private: &[u8]) -> Diagnostics;
}

/// What opening came to.
#[derive(Default)]
pub struct Opened {
    /// The configuration with every computed attribute filled in. Nothing is unknown.
    pub result: Tree,
    /// What `renew` and `close` need.
    pub private: Vec<u8>,
    /// When to renew. None: never.
    pub renew_at: Option<SystemTime>,
    /// Messages for the practitioner. With an error nothing is open.
    pub diagnostics: Diagnostics,
}

impl From<Diagnostics> for Opened {
    fn from(diagnostics: Diagnostics) -> Self {
        Self {
            diagnostics,
            ..Self::default()
        }
    }
}

/// What a renewal came to.
#[derive(Default)]
pub struct Renewed {
    /// What the next call needs. None: what it needed so far.
    pub private: Option<Vec<u8>>,
    /// When to renew again. None: never.
    pub renew_at: Option<SystemTime>,
    /// Messages for the practitioner.
    pub diagnostics: Diagnostics,
}

// Results and private data may hold secrets, so nothing of them is printed.

impl Debug for Opened {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("renew_at", &self.renew_at)
            .field("diagnostics", &self.diagnostics)
            .finish_non_exhaustive()
    }
}

impl Debug for Renewed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewed")
            .field("renew_at", &self.renew_at)
            .field("diagnostics", &self.diagnostics)
            .finish_non_exhaustive()
    }
}
