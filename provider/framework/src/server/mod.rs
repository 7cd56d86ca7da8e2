//! What each call of the protocol means: one file per call, as numbered steps with their reasons.
//!
//! A handler takes the message apart, lets the provider work, holds the answer to the rules of
//! `plan`, and puts the answer together. It gives an `Err` when there is nothing but diagnostics to
//! answer with. Tasks, panics and status codes belong to `wire`.

mod apply_resource_change;
mod call_function;
mod close_ephemeral_resource;
mod configure_provider;
mod get_functions;
mod get_metadata;
mod get_provider_schema;
mod import_resource_state;
mod move_resource_state;
mod open_ephemeral_resource;
mod plan_resource_change;
mod read_resource;
mod renew_ephemeral_resource;
mod session;
mod shape;
mod stop_provider;
mod upgrade_resource_state;
mod validate_ephemeral_resource_config;
mod validate_provider_config;
mod validate_resource_config;

use std::collections::BTreeMap;
use std::sync::Arc;

use leastpriv_proto::tfplugin6::ServerCapabilities;
use tokio_util::sync::CancellationToken;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::ephemeral_resource::EphemeralResource;
use crate::function::{Function, Signature};
use crate::provider::Provider;
use crate::resource::Resource;
use crate::server::session::Session;
use crate::server::shape::Shape;

/// A provider with everything that is made of it once: its schemas, its resources and functions by
/// name, and what it is configured with.
pub(crate) struct Server<P: Provider> {
    provider: P,
    shape: Shape,
    resources: BTreeMap<&'static str, Entry<dyn Resource<P::Meta>>>,
    ephemeral_resources: BTreeMap<&'static str, Entry<dyn EphemeralResource<P::Meta>>>,
    functions: BTreeMap<&'static str, KnownFunction>,
    /// What is wrong with the provider itself, told with its schema.
    problems: Diagnostics,
    session: Session<P::Meta>,
}

/// One resource and the shape of its block.
struct Entry<T: ?Sized> {
    shape: Shape,
    item: Box<T>,
}

/// One function and its signature.
struct KnownFunction {
    signature: Signature,
    item: Box<dyn Function>,
}

impl<P: Provider> Server<P> {
    /// Asks the provider for everything that does not change.
    pub(crate) fn new(provider: P) -> Self {
        let mut problems = Diagnostics::default();
        let mut resources = BTreeMap::new();
        for item in provider.resources() {
            let (name, shape) = (item.type_name(), Shape::new(item.schema()));
            if resources.insert(name, Entry { shape, item }).is_some() {
                problems.push(Diagnostic::internal(format!("there are two resources `{name}`")));
            }
        }
        let mut ephemeral_resources = BTreeMap::new();
        for item in provider.ephemeral_resources() {
            let (name, shape) = (item.type_name(), Shape::new(item.schema()));
            if ephemeral_resources.insert(name, Entry { shape, item }).is_some() {
                problems.push(Diagnostic::internal(format!(
                    "there are two ephemeral resources `{name}`"
                )));
            }
        }
        let mut functions = BTreeMap::new();
        for item in provider.functions() {
            let (name, signature) = (item.name(), item.signature());
            if functions.insert(name, KnownFunction { signature, item }).is_some() {
                problems.push(Diagnostic::internal(format!("there are two functions `{name}`")));
            }
        }
        Self {
            shape: Shape::new(provider.schema()),
            provider,
            resources,
            ephemeral_resources,
            functions,
            problems,
            session: Session::default(),
        }
    }

    /// A token for one call. It is cancelled when the practitioner interrupts while the call runs.
    pub(crate) fn operation(&self) -> CancellationToken {
        self.session.operation()
    }

    fn resource(&self, type_name: &str) -> Result<&Entry<dyn Resource<P::Meta>>, Diagnostics> {
        self.resources
            .get(type_name)
            .ok_or_else(|| not_offered("resource", type_name))
    }

    fn ephemeral_resource(&self, type_name: &str) -> Result<&Entry<dyn EphemeralResource<P::Meta>>, Diagnostics> {
        self.ephemeral_resources
            .get(type_name)
            .ok_or_else(|| not_offered("ephemeral resource", type_name))
    }

    /// What the configured provider hands to its resources.
    fn meta(&self) -> Result<Arc<P::Meta>, Diagnostics> {
        self.session.current().ok_or_else(|| {
            Diagnostic::error(
                "the provider is not configured",
                "the program that runs the provider asked for work before it handed over the provider block",
            )
            .into()
        })
    }
}

fn not_offered(kind: &str, type_name: &str) -> Diagnostics {
    Diagnostic::error(
        format!("there is no {kind} `{type_name}`"),
        "the provider that is installed does not offer it; check the name and the version of the provider",
    )
    .into()
}

/// What the provider does beyond the base protocol.
///
/// Destruction is planned so that a resource can speak up before its object goes. The schema is
/// optional so that later processes of a command need not ask for it.
fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: false,
    }
}

#[cfg(test)]
mod tests;
