//! Calls through the generated service trait, as a host would make them, to a provider that keeps
//! nothing and talks to nobody.

mod ephemeral;
mod example;
mod functions;
mod process;
mod resources;
mod states;

use std::sync::Arc;

use leastpriv_proto::tfplugin6;
use leastpriv_proto::tfplugin6::DynamicValue;
use leastpriv_proto::tfplugin6::diagnostic::Severity;
use leastpriv_proto::tfplugin6::provider_server::Provider as ProviderService;
use tonic::Request;

use self::example::{Example, Role, Seen};
use crate::resource::Resource;
use crate::schema::Schema;
use crate::server::Server;
use crate::value::Tree;
use crate::wire::{Service, value_from_wire, value_to_wire};

fn role(name: &str) -> Tree {
    let mut tree = Tree::object();
    tree.set("name", name);
    tree
}

fn stored(name: &str) -> Tree {
    let mut tree = role(name);
    tree.set("id", "old");
    tree
}

fn role_schema() -> Schema {
    Role(Seen::default()).schema()
}

#[expect(clippy::unnecessary_wraps, reason = "every field of a request takes it as an option")]
fn sent(tree: Tree) -> Option<DynamicValue> {
    Some(sent_as(&role_schema(), tree))
}

fn sent_as(schema: &Schema, tree: Tree) -> DynamicValue {
    let (tree, faults) = schema.conform(tree);
    assert!(faults.is_empty(), "{faults:?}");
    value_to_wire(&tree).unwrap()
}

fn received(value: Option<DynamicValue>) -> Tree {
    let value = value.expect("a value is always sent");
    value_from_wire(Some(&value), &role_schema().ty()).unwrap()
}

fn summaries(diagnostics: &[tfplugin6::Diagnostic], severity: Severity) -> Vec<&str> {
    let severity = i32::from(severity);
    let chosen = diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity);
    chosen.map(|diagnostic| diagnostic.summary.as_str()).collect()
}

fn errors(diagnostics: &[tfplugin6::Diagnostic]) -> Vec<&str> {
    summaries(diagnostics, Severity::Error)
}

fn unconfigured(seen: &Seen) -> Service<Example> {
    Service::new(Arc::new(Server::new(Example(seen.clone()))))
}

async fn configured(seen: &Seen) -> Service<Example> {
    let service = unconfigured(seen);
    let request = tfplugin6::configure_provider::Request::default();
    let answer = service
        .configure_provider(Request::new(request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(errors(&answer.diagnostics), [""; 0]);
    service
}

async fn plan(service: &Service<Example>, prior: Tree, config: Tree) -> tfplugin6::plan_resource_change::Response {
    let request = tfplugin6::plan_resource_change::Request {
        type_name: "example_role".to_owned(),
        prior_state: sent(prior),
        proposed_new_state: sent(config.clone()),
        config: sent(config),
        prior_private: b"prior".to_vec(),
        ..Default::default()
    };
    service
        .plan_resource_change(Request::new(request))
        .await
        .unwrap()
        .into_inner()
}

async fn apply(
    service: &Service<Example>,
    prior: Tree,
    planned: Tree,
    config: Tree,
) -> tfplugin6::apply_resource_change::Response {
    let request = tfplugin6::apply_resource_change::Request {
        type_name: "example_role".to_owned(),
        prior_state: sent(prior),
        planned_state: sent(planned),
        config: sent(config),
        ..Default::default()
    };
    service
        .apply_resource_change(Request::new(request))
        .await
        .unwrap()
        .into_inner()
}

async fn create(service: &Service<Example>, name: &str) -> tfplugin6::apply_resource_change::Response {
    let mut planned = role(name);
    planned.set("id", Tree::Unknown);
    apply(service, Tree::Null, planned, role(name)).await
}

async fn read(service: &Service<Example>, name: &str) -> tfplugin6::read_resource::Response {
    let request = tfplugin6::read_resource::Request {
        type_name: "example_role".to_owned(),
        current_state: sent(stored(name)),
        private: b"before".to_vec(),
        ..Default::default()
    };
    service.read_resource(Request::new(request)).await.unwrap().into_inner()
}
