//! What a managed resource is: a schema, pure rules, and five operations on one object.
//!
//! The order of calls, the decoding and the guards around a resource belong to `server`. A resource
//! sees trees that have the shape of its schema and answers with such trees.

use std::fmt::{self, Debug, Formatter};

use async_trait::async_trait;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::path::AttributePath;
use crate::schema::Schema;
use crate::value::Tree;

/// A kind of object that Terraform manages. `M` is what the configured provider hands to it.
///
/// `validate`, `plan`, `move_from` and `upgrade` are pure: they are called without a configured
/// provider, more than once, and give the same answer each time.
#[async_trait]
pub trait Resource<M: Send + Sync>: Send + Sync {
    /// The name in configurations, with the prefix of the provider.
    fn type_name(&self) -> &'static str;

    /// The attributes and blocks. Called once.
    fn schema(&self) -> Schema;

    /// What is wrong with a configuration on its own. Values may be unknown.
    ///
    /// Terraform asks several times per run and shows what it is told each time, so warnings are
    /// better given by `plan`.
    fn validate(&self, config: &Tree) -> Diagnostics;

    /// The state that an apply would lead to, for a creation or an update.
    ///
    /// A configured attribute is planned as configured, or as it was before when that means the
    /// same. What only the apply can tell is unknown.
    fn plan(&self, change: &Change<'_>) -> Plan;

    /// What can only be said about a plan with the help of the server.
    ///
    /// Called when the provider is configured, after a `plan` without errors, and also for the
    /// destruction of an object, with a planned state of null.
    async fn review(&self, meta: &M, change: &Change<'_>, plan: &mut Plan, cancel: &CancellationToken) {
        let _ = (meta, change, plan, cancel);
    }

    /// Makes the object.
    async fn create(&self, meta: &M, request: &ApplyRequest<'_>) -> Outcome;

    /// Fetches the state of the object.
    async fn read(&self, meta: &M, state: &Tree, private: &[u8], cancel: &CancellationToken) -> Outcome;

    /// Changes the object. The prior state is there.
    async fn update(&self, meta: &M, request: &ApplyRequest<'_>) -> Outcome;

    /// Removes the object. The prior state is there, the planned one is null.
    async fn delete(&self, meta: &M, request: &ApplyRequest<'_>) -> Outcome;

    /// The state by which `read` finds the object that the practitioner names. It may be partial.
    async fn import(&self, meta: &M, id: &str, cancel: &CancellationToken) -> Outcome;

    /// The state of this resource that follows from state of another one. `None` for a source that
    /// it knows nothing of.
    fn move_from(&self, source: &MoveSource<'_>) -> Option<Outcome> {
        let _ = source;
        None
    }

    /// Brings state of an older schema version to this one. `None` leaves that to the framework,
    /// which drops attributes that are gone and sets new ones to null.
    fn upgrade(&self, version: i64, raw: &Json) -> Option<Result<Tree, Diagnostics>> {
        let _ = (version, raw);
        None
    }
}

/// What a plan is made from.
///
/// For a creation there is no prior state; for a destruction there are neither a proposed state nor
/// a configuration.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// The state so far.
    pub prior: Option<&'a Tree>,
    /// The configuration, with prior values where a computed attribute is not configured.
    pub proposed: Option<&'a Tree>,
    /// The configuration, the only place of write-only values.
    pub config: Option<&'a Tree>,
    /// What the resource stored beside the prior state.
    pub private: &'a [u8],
}

/// What an apply is to lead to.
pub struct Plan {
    /// The planned state. Null for a destruction.
    pub state: Tree,
    /// Attributes that need a new object, beside those that the schema marks.
    pub replace: Vec<AttributePath>,
    /// What the resource will find beside the planned state.
    pub private: Vec<u8>,
    /// Messages for the practitioner. An error ends the operation.
    pub diagnostics: Diagnostics,
}

/// What an apply has to do.
#[derive(Clone, Copy)]
pub struct ApplyRequest<'a> {
    /// The state so far. None for a creation.
    pub prior: Option<&'a Tree>,
    /// The planned state. Null for a deletion.
    pub planned: &'a Tree,
    /// The configuration, the only place of write-only values. Null for a deletion.
    pub config: &'a Tree,
    /// What the plan stored beside its state.
    pub private: &'a [u8],
    /// Ends the work early when the practitioner wants to stop.
    pub cancel: &'a CancellationToken,
}

/// What an operation came to.
///
/// | state | errors | meaning |
/// |---|---|---|
/// | some | none | done |
/// | some | some | partly done: the state is saved, and a new object is marked as tainted |
/// | none | some | nothing was created, or the prior state still holds |
/// | none | none | the object is gone or deleted |
#[derive(Default)]
pub struct Outcome {
    /// The state, as far as there is one.
    pub state: Option<Tree>,
    /// What the resource wants to find beside the state.
    pub private: Vec<u8>,
    /// Messages for the practitioner.
    pub diagnostics: Diagnostics,
}

impl From<Diagnostics> for Outcome {
    fn from(diagnostics: Diagnostics) -> Self {
        Self {
            state: None,
            private: Vec::new(),
            diagnostics,
        }
    }
}

impl From<Diagnostic> for Outcome {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics::from(diagnostic).into()
    }
}

/// State of another resource that the practitioner moves to one of ours.
#[derive(Clone, Copy)]
pub struct MoveSource<'a> {
    /// The full address of the provider, such as `registry.terraform.io/hashicorp/vault`.
    pub provider_address: &'a str,
    /// The type of the other resource.
    pub type_name: &'a str,
    /// The schema version of its state.
    pub schema_version: i64,
    /// Its state, an object.
    pub state: &'a Json,
    /// What the other provider stored beside it.
    pub private: &'a [u8],
}

// States, configurations and private data may hold secrets, so nothing of them is printed.

impl Debug for Change<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change")
            .field("prior", &self.prior.is_some())
            .field("proposed", &self.proposed.is_some())
            .field("config", &self.config.is_some())
            .finish_non_exhaustive()
    }
}

impl Debug for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("replace", &self.replace)
            .field("diagnostics", &self.diagnostics)
            .finish_non_exhaustive()
    }
}

impl Debug for ApplyRequest<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplyRequest")
            .field("prior", &self.prior.is_some())
            .field("planned", &!self.planned.is_null())
            .finish_non_exhaustive()
    }
}

impl Debug for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome")
            .field("state", &self.state.is_some())
            .field("diagnostics", &self.diagnostics)
            .finish_non_exhaustive()
    }
}

impl Debug for MoveSource<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoveSource")
            .field("provider_address", &self.provider_address)
            .field("type_name", &self.type_name)
            .field("schema_version", &self.schema_version)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_not_printed() {
        let secret = Tree::String("hunter2".to_owned());
        let change = Change {
            prior: Some(&secret),
            proposed: None,
            config: Some(&secret),
            private: b"hunter2",
        };
        let outcome = Outcome {
            state: Some(secret.clone()),
            private: b"hunter2".to_vec(),
            diagnostics: Diagnostics::default(),
        };
        assert!(!format!("{change:?} {outcome:?}").contains("hunter2"));
    }
}
