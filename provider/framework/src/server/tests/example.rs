use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use serde_json::Value as Json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::role;
use crate::diagnostics::Diagnostics;
use crate::ephemeral_resource::{EphemeralResource, Opened, Renewed};
use crate::function::{Arguments, Function, FunctionError, Parameter, Signature};
use crate::provider::{ClientInfo, Provider};
use crate::resource::{ApplyRequest, Change, MoveSource, Outcome, Plan, Resource};
use crate::schema::{Attribute, Block, Schema};
use crate::value::{IntoTree, Tree, Type, Value};

/// What the tests look at from outside.
#[derive(Clone, Default)]
pub(super) struct Seen {
    pub(super) shutdowns: Arc<AtomicUsize>,
    pub(super) creation_started: Arc<Notify>,
}

pub(super) struct Example(pub(super) Seen);

/// What the resources get from it: nothing.
pub(super) struct Meta;

#[async_trait]
impl Provider for Example {
    type Meta = Meta;

    fn schema(&self) -> Schema {
        Schema::default()
    }

    fn validate(&self, _: &Tree) -> Diagnostics {
        Diagnostics::default()
    }

    async fn configure(&self, _: &Tree, _: &ClientInfo) -> Result<Meta, Diagnostics> {
        Ok(Meta)
    }

    fn resources(&self) -> Vec<Box<dyn Resource<Meta>>> {
        vec![Box::new(Role(self.0.clone()))]
    }

    fn ephemeral_resources(&self) -> Vec<Box<dyn EphemeralResource<Meta>>> {
        vec![Box::new(Credentials)]
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        vec![Box::new(Join)]
    }

    async fn shutdown(&self, _: &Meta, _: Duration) {
        self.0.shutdowns.fetch_add(1, Ordering::SeqCst);
    }
}

/// A resource whose name says how it behaves.
pub(super) struct Role(pub(super) Seen);

#[async_trait]
impl Resource<Meta> for Role {
    fn type_name(&self) -> &'static str {
        "example_role"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 1,
            attributes: vec![
                Attribute::required("name", Type::String, "").replaces(),
                Attribute::optional("ttl", Type::Number, ""),
                Attribute::optional("secret_wo", Type::String, "").write_only(),
                Attribute::computed("id", Type::String, ""),
            ],
            blocks: vec![Block::list(
                "header",
                vec![Attribute::required("key", Type::String, "")],
            )],
            ..Schema::default()
        }
    }

    fn validate(&self, config: &Tree) -> Diagnostics {
        let mut found = Diagnostics::default();
        if config.get("name") == Value::Known("bad".to_owned()) {
            found.error("`name` is bad", "choose a good one");
        }
        found
    }

    fn plan(&self, change: &Change<'_>) -> Plan {
        // The configuration rather than the proposed state, so that write-only values are in it.
        let mut state = change.config.cloned().unwrap_or_default();
        assert!(state.get("name") != Value::Known("panics".to_owned()), "hunter2");
        state.set(
            "id",
            change
                .prior
                .map_or(Tree::Unknown, |prior| prior.attribute("id").clone()),
        );
        if state.get("name") == Value::Known("hides".to_owned()) {
            state.set("name", Tree::Unknown);
        }
        Plan {
            state,
            replace: Vec::new(),
            private: b"planned".to_vec(),
            diagnostics: Diagnostics::default(),
        }
    }

    async fn review(&self, _: &Meta, change: &Change<'_>, plan: &mut Plan, _: &CancellationToken) {
        if change.proposed.is_none() {
            plan.state = Tree::object();
            plan.diagnostics.warning("the role goes", "its leases go with it");
        }
    }

    async fn create(&self, _: &Meta, request: &ApplyRequest<'_>) -> Outcome {
        let mut state = request.planned.clone();
        let mut diagnostics = Diagnostics::default();
        match state.get::<String>("name").as_deref() {
            Some("fails") => {
                diagnostics.error("it failed", "");
                return diagnostics.into();
            }
            Some("half") => diagnostics.error("it failed half-way", ""),
            Some("silent") => return Outcome::default(),
            Some("forgets") => {
                return Outcome {
                    state: Some(state),
                    ..Outcome::default()
                };
            }
            Some("waits") => {
                self.0.creation_started.notify_one();
                request.cancel.cancelled().await;
                diagnostics.error("it was interrupted", "");
                return diagnostics.into();
            }
            _ => {}
        }
        state.set("id", state.attribute("name").clone());
        state.set("secret_wo", request.config.attribute("secret_wo").clone());
        Outcome {
            state: Some(state),
            private: b"created".to_vec(),
            diagnostics,
        }
    }

    async fn read(&self, _: &Meta, state: &Tree, _: &[u8], _: &CancellationToken) -> Outcome {
        let mut diagnostics = Diagnostics::default();
        match state.get::<String>("name").as_deref() {
            Some("gone") => Outcome::default(),
            Some("broken") => {
                diagnostics.error("the server does not answer", "");
                diagnostics.into()
            }
            _ => Outcome {
                state: Some(state.clone()),
                private: b"read".to_vec(),
                diagnostics,
            },
        }
    }

    async fn update(&self, _: &Meta, request: &ApplyRequest<'_>) -> Outcome {
        Outcome {
            state: Some(request.planned.clone()),
            ..Outcome::default()
        }
    }

    async fn delete(&self, _: &Meta, request: &ApplyRequest<'_>) -> Outcome {
        let mut diagnostics = Diagnostics::default();
        if request
            .prior
            .is_some_and(|prior| prior.get("name") == Value::Known("stuck".to_owned()))
        {
            diagnostics.error("it cannot be deleted", "");
        }
        diagnostics.into()
    }

    async fn import(&self, _: &Meta, id: &str, _: &CancellationToken) -> Outcome {
        let mut state = Tree::object();
        state.set("id", id);
        Outcome {
            state: (id != "nowhere").then_some(state),
            ..Outcome::default()
        }
    }

    fn move_from(&self, source: &MoveSource<'_>) -> Option<Outcome> {
        let name = source.state.get("role").and_then(Json::as_str)?;
        (source.type_name == "other_role").then(|| Outcome {
            state: Some(role(name)),
            ..Outcome::default()
        })
    }

    fn upgrade(&self, version: i64, raw: &Json) -> Option<Result<Tree, Diagnostics>> {
        let name = raw.get("old_name").and_then(Json::as_str)?;
        (version == 0).then(|| Ok(role(name)))
    }
}

/// An ephemeral resource with a result that it may forget.
pub(super) struct Credentials;

#[async_trait]
impl EphemeralResource<Meta> for Credentials {
    fn type_name(&self) -> &'static str {
        "example_credentials"
    }

    fn schema(&self) -> Schema {
        let attributes = vec![
            Attribute::required("role", Type::String, ""),
            Attribute::computed("key", Type::String, "").sensitive(),
        ];
        Schema {
            attributes,
            ..Schema::default()
        }
    }

    fn validate(&self, _: &Tree) -> Diagnostics {
        Diagnostics::default()
    }

    async fn open(&self, _: &Meta, config: &Tree, _: &CancellationToken) -> Opened {
        let mut result = config.clone();
        let forgets = config.get("role") == Value::Known("forgets".to_owned());
        result.set("key", if forgets { Tree::Unknown } else { "AKIA".into_tree() });
        let renew_at = Some(UNIX_EPOCH + Duration::from_secs(90));
        Opened {
            result,
            private: b"lease".to_vec(),
            renew_at,
            ..Opened::default()
        }
    }

    async fn renew(&self, _: &Meta, private: &[u8], _: &CancellationToken) -> Renewed {
        Renewed {
            private: Some(private.repeat(2)),
            ..Renewed::default()
        }
    }

    async fn close(&self, _: &Meta, private: &[u8]) -> Diagnostics {
        let mut found = Diagnostics::default();
        if private != b"lease" {
            found.error("this is no lease", "");
        }
        found
    }
}

/// A function that joins texts, whose first argument says how it behaves.
pub(super) struct Join;

impl Function for Join {
    fn name(&self) -> &'static str {
        "join"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Joins".to_owned(),
            description: "Joins texts.".to_owned(),
            parameters: vec![
                Parameter::new("by", Type::String, ""),
                Parameter::new("first", Type::String, "").nullable().or_unknown(),
            ],
            variadic: Some(Parameter::new("more", Type::list(Type::String), "")),
            returns: Type::String,
            deprecated: None,
        }
    }

    fn call(&self, arguments: &Arguments) -> Result<Tree, FunctionError> {
        let by = arguments.get::<String>(0).into_known().unwrap_or_default();
        match by.as_str() {
            "fails" => return Err(FunctionError::at(1, "`first` is bad; choose a good one")),
            "lies" => return Ok(Tree::Bool(true)),
            "forgets" => return Ok(Tree::Unknown),
            _ => assert!(by != "panics", "hunter2"),
        }
        let first = match arguments.get::<String>(1) {
            Value::Known(first) => first,
            Value::Null => "null".to_owned(),
            Value::Unknown => "unknown".to_owned(),
        };
        let mut texts = vec![first];
        for at in 2..arguments.len() {
            texts.extend(arguments.get::<Vec<String>>(at).into_known().unwrap_or_default());
        }
        Ok(texts.join(&by).into_tree())
    }
}
