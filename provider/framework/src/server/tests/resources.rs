use leastpriv_proto::tfplugin6;
use leastpriv_proto::tfplugin6::ClientCapabilities;
use leastpriv_proto::tfplugin6::diagnostic::Severity;
use leastpriv_proto::tfplugin6::provider_server::Provider as ProviderService;
use tonic::Request;

use super::example::{Example, Seen};
use super::{apply, configured, create, errors, plan, read, received, role, sent, stored, summaries, unconfigured};
use crate::value::{Number, Tree, Value};
use crate::wire::Service;

async fn validate(service: &Service<Example>, config: Tree, write_only: bool) -> Vec<tfplugin6::Diagnostic> {
    let client = ClientCapabilities {
        write_only_attributes_allowed: write_only,
        ..Default::default()
    };
    let request = tfplugin6::validate_resource_config::Request {
        type_name: "example_role".to_owned(),
        config: sent(config),
        client_capabilities: Some(client),
    };
    service
        .validate_resource_config(Request::new(request))
        .await
        .unwrap()
        .into_inner()
        .diagnostics
}

#[tokio::test]
async fn a_creation_is_planned_with_open_results_and_without_secrets() {
    let service = configured(&Seen::default()).await;
    let mut config = role("a");
    config.set("secret_wo", "hunter2");
    let answer = plan(&service, Tree::Null, config).await;
    assert_eq!(errors(&answer.diagnostics), [""; 0]);
    let planned = received(answer.planned_state);
    assert_eq!(planned.attribute("id"), &Tree::Unknown);
    assert_eq!(planned.attribute("secret_wo"), &Tree::Null);
    assert_eq!(planned.attribute("header"), &Tree::List(Vec::new()));
    assert!(answer.requires_replace.is_empty());
    assert_eq!(answer.planned_private, b"planned");
}

#[tokio::test]
async fn another_name_needs_another_object() {
    let service = configured(&Seen::default()).await;
    let answer = plan(&service, stored("a"), role("b")).await;
    assert_eq!(answer.requires_replace.len(), 1);
    let mut longer = role("a");
    longer.set("ttl", 60_i64);
    let answer = plan(&service, stored("a"), longer).await;
    assert!(answer.requires_replace.is_empty());
}

#[tokio::test]
async fn the_same_plan_twice_is_the_same_bytes() {
    let service = configured(&Seen::default()).await;
    assert_eq!(
        plan(&service, stored("a"), role("b")).await,
        plan(&service, stored("a"), role("b")).await
    );
}

#[tokio::test]
async fn a_destruction_is_planned_as_null_and_reviewed() {
    let seen = Seen::default();
    let answer = plan(&configured(&seen).await, stored("a"), Tree::Null).await;
    assert_eq!(received(answer.planned_state), Tree::Null);
    assert_eq!(summaries(&answer.diagnostics, Severity::Warning), ["the role goes"]);
    assert_eq!(answer.planned_private, b"prior");
    let answer = plan(&unconfigured(&seen), stored("a"), Tree::Null).await;
    assert!(answer.diagnostics.is_empty(), "there is no server to ask");
}

#[tokio::test]
async fn a_plan_that_hides_a_configured_value_is_refused() {
    let service = configured(&Seen::default()).await;
    let answer = plan(&service, Tree::Null, role("hides")).await;
    assert_eq!(
        errors(&answer.diagnostics),
        ["the plan leaves `name` unknown although it is configured"]
    );
}

#[tokio::test]
async fn a_creation_ends_with_its_state() {
    let service = configured(&Seen::default()).await;
    let mut planned = role("a");
    planned.set("id", Tree::Unknown);
    let mut config = role("a");
    config.set("secret_wo", "hunter2");
    let answer = apply(&service, Tree::Null, planned, config).await;
    assert_eq!(errors(&answer.diagnostics), [""; 0]);
    assert_eq!(answer.private, b"created");
    let state = received(answer.new_state);
    assert_eq!(state.get("id"), Value::Known("a".to_owned()));
    assert_eq!(state.attribute("secret_wo"), &Tree::Null);
}

#[tokio::test]
async fn what_a_failed_creation_leaves_behind_is_told() {
    let service = configured(&Seen::default()).await;
    let answer = create(&service, "fails").await;
    assert_eq!(errors(&answer.diagnostics), ["it failed"]);
    assert_eq!(received(answer.new_state), Tree::Null);

    let answer = create(&service, "half").await;
    assert_eq!(errors(&answer.diagnostics), ["it failed half-way"]);
    assert_eq!(received(answer.new_state).get("id"), Value::Known("half".to_owned()));

    let answer = create(&service, "silent").await;
    assert_eq!(
        errors(&answer.diagnostics),
        ["`example_role` was applied, but the provider did not say what came of it"]
    );
}

#[tokio::test]
async fn nothing_stays_unknown_after_an_apply() {
    let service = configured(&Seen::default()).await;
    let answer = create(&service, "forgets").await;
    assert_eq!(errors(&answer.diagnostics), ["the provider did not say what `id` is"]);
    let state = received(answer.new_state);
    assert_eq!(state.attribute("id"), &Tree::Null);
    assert_eq!(state.get("name"), Value::Known("forgets".to_owned()));
}

#[tokio::test]
async fn updates_and_deletions_are_told_apart() {
    let service = configured(&Seen::default()).await;
    let answer = apply(&service, stored("a"), stored("a"), role("a")).await;
    assert_eq!(received(answer.new_state), received(sent(stored("a"))));

    let answer = apply(&service, stored("a"), Tree::Null, Tree::Null).await;
    assert!(answer.diagnostics.is_empty());
    assert_eq!(received(answer.new_state), Tree::Null);

    let answer = apply(&service, stored("stuck"), Tree::Null, Tree::Null).await;
    assert_eq!(errors(&answer.diagnostics), ["it cannot be deleted"]);
    assert_eq!(
        received(answer.new_state),
        Tree::Null,
        "with an error, null keeps the prior state"
    );
}

#[tokio::test]
async fn gone_and_unreachable_are_told_apart() {
    let service = configured(&Seen::default()).await;
    let answer = read(&service, "a").await;
    assert_eq!(received(answer.new_state).get("id"), Value::Known("old".to_owned()));
    assert_eq!(answer.private, b"read");

    let answer = read(&service, "gone").await;
    assert_eq!(errors(&answer.diagnostics), [""; 0]);
    assert_eq!(received(answer.new_state), Tree::Null);

    let answer = read(&service, "broken").await;
    assert_eq!(errors(&answer.diagnostics), ["the server does not answer"]);
    assert_eq!(received(answer.new_state).get("id"), Value::Known("old".to_owned()));
    assert_eq!(answer.private, b"before");
}

#[tokio::test]
async fn what_no_resource_should_see_is_refused_first() {
    let service = unconfigured(&Seen::default());
    assert!(validate(&service, role("a"), true).await.is_empty());
    assert_eq!(errors(&validate(&service, role("bad"), true).await), ["`name` is bad"]);

    let mut config = role("bad");
    config.set("ttl", Number::from_f64(1.5));
    assert_eq!(
        errors(&validate(&service, config, true).await),
        ["`ttl` is not a whole number in range"]
    );
}

#[tokio::test]
async fn a_secret_is_refused_by_a_client_that_would_store_it() {
    let service = unconfigured(&Seen::default());
    let mut config = role("a");
    config.set("secret_wo", Tree::Unknown);
    assert!(validate(&service, config.clone(), true).await.is_empty());
    let found = validate(&service, config, false).await;
    assert_eq!(errors(&found), ["`secret_wo` needs Terraform 1.11 or OpenTofu 1.11"]);
}
