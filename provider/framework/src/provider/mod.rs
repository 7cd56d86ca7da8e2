//! What a provider is: a configuration block, the resources that work with what it configures, and functions that need
//! neither.

use std::time::Duration;

use async_trait::async_trait;

use crate::diagnostics::Diagnostics;
use crate::ephemeral_resource::EphemeralResource;
use crate::function::Function;
use crate::resource::Resource;
use crate::schema::Schema;
use crate::value::Tree;

/// A provider, as one process of it runs.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// What a configured provider hands to its resources: clients, settings, open leases.
    type Meta: Send + Sync + 'static;

    /// The attributes and blocks of the provider block. Called once.
    fn schema(&self) -> Schema;

    /// What is wrong with a configuration on its own. Values may be unknown.
    fn validate(&self, config: &Tree) -> Diagnostics;

    /// Takes the configuration. No server is contacted: Terraform configures providers that no
    /// resource needs, and values that come from other resources are unknown while planning.
    async fn configure(&self, config: &Tree, client: &ClientInfo) -> Result<Self::Meta, Diagnostics>;

    /// The resources on offer. Called once.
    fn resources(&self) -> Vec<Box<dyn Resource<Self::Meta>>>;

    /// The ephemeral resources on offer. Called once.
    fn ephemeral_resources(&self) -> Vec<Box<dyn EphemeralResource<Self::Meta>>>;

    /// The functions on offer. Called once.
    fn functions(&self) -> Vec<Box<dyn Function>>;

    /// Gives back whatever is still open. After `limit` it is given up on: about a second and a half, or a minute
    /// where the host is gone.
    ///
    /// Called when the practitioner interrupts, when the host says goodbye and when it is gone, so
    /// more than once; calls may still come after an interrupt.
    async fn shutdown(&self, meta: &Self::Meta, limit: Duration);
}

/// What is known about the program that configures the provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// The version it calls itself. OpenTofu gives its own.
    pub terraform_version: String,
    /// Whether it keeps write-only values out of plan and state.
    pub write_only_allowed: bool,
}
