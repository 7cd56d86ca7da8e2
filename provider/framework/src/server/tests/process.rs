use std::sync::Arc;
use std::sync::atomic::Ordering;

use leastpriv_proto::tfplugin6;
use leastpriv_proto::tfplugin6::provider_server::Provider as ProviderService;
use tonic::{Code, Request};

use super::example::Seen;
use super::{configured, create, errors, plan, read, role, unconfigured};
use crate::value::Tree;

#[tokio::test]
async fn a_panic_becomes_a_diagnostic_without_its_text() {
    let service = configured(&Seen::default()).await;
    let answer = plan(&service, Tree::Null, role("panics")).await;
    assert_eq!(
        errors(&answer.diagnostics),
        ["the provider broke down in `PlanResourceChange`"]
    );
    assert!(!format!("{answer:?}").contains("hunter2"));
    let answer = plan(&service, Tree::Null, role("a")).await;
    assert_eq!(errors(&answer.diagnostics), [""; 0], "the process goes on");
}

#[tokio::test]
async fn an_interrupt_ends_running_work_and_gives_back_what_is_open() {
    let seen = Seen::default();
    let service = Arc::new(configured(&seen).await);
    let creation = tokio::spawn({
        let service = Arc::clone(&service);
        async move { create(&service, "waits").await }
    });
    seen.creation_started.notified().await;

    let request = tfplugin6::stop_provider::Request::default();
    let answer = service.stop_provider(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(answer.error, "");
    assert_eq!(seen.shutdowns.load(Ordering::SeqCst), 1);
    assert_eq!(errors(&creation.await.unwrap().diagnostics), ["it was interrupted"]);

    let answer = create(&service, "a").await;
    assert_eq!(errors(&answer.diagnostics), [""; 0], "later calls are answered");
}

#[tokio::test]
async fn work_without_a_configuration_is_refused() {
    let answer = read(&unconfigured(&Seen::default()), "a").await;
    assert_eq!(errors(&answer.diagnostics), ["the provider is not configured"]);
}

#[tokio::test]
async fn a_name_that_is_not_offered_is_an_error() {
    let request = tfplugin6::read_resource::Request {
        type_name: "example_user".to_owned(),
        ..Default::default()
    };
    let service = configured(&Seen::default()).await;
    let answer = service.read_resource(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(errors(&answer.diagnostics), ["there is no resource `example_user`"]);
}

#[tokio::test]
async fn the_schema_names_everything_on_offer() {
    let service = unconfigured(&Seen::default());
    let request = tfplugin6::get_provider_schema::Request::default();
    let schema = service
        .get_provider_schema(Request::new(request))
        .await
        .unwrap()
        .into_inner();
    assert!(schema.resource_schemas.contains_key("example_role"));
    assert!(schema.ephemeral_resource_schemas.contains_key("example_credentials"));
    let capabilities = schema.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy && capabilities.get_provider_schema_optional);
    assert!(capabilities.move_resource_state && !capabilities.generate_resource_config);

    let request = tfplugin6::get_metadata::Request::default();
    let metadata = service.get_metadata(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(metadata.resources[0].type_name, "example_role");
    assert_eq!(metadata.server_capabilities, Some(capabilities));
}

#[tokio::test]
async fn what_is_not_offered_is_unimplemented() {
    let service = unconfigured(&Seen::default());
    let request = tfplugin6::read_data_source::Request::default();
    let status = service.read_data_source(Request::new(request)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    let request = tfplugin6::list_resource::Request::default();
    let status = service.list_resource(Request::new(request)).await.err().unwrap();
    assert_eq!(status.code(), Code::Unimplemented);
}
