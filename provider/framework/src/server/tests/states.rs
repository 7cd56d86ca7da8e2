use leastpriv_proto::tfplugin6;
use leastpriv_proto::tfplugin6::RawState;
use leastpriv_proto::tfplugin6::provider_server::Provider as ProviderService;
use tonic::Request;

use super::example::Seen;
use super::{configured, errors, received, unconfigured};
use crate::value::{Number, Tree, Value};

async fn upgrade(version: i64, json: &str) -> tfplugin6::upgrade_resource_state::Response {
    let raw = RawState {
        json: json.as_bytes().to_vec(),
        ..Default::default()
    };
    let request = tfplugin6::upgrade_resource_state::Request {
        type_name: "example_role".to_owned(),
        version,
        raw_state: Some(raw),
    };
    let service = unconfigured(&Seen::default());
    service
        .upgrade_resource_state(Request::new(request))
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn stored_state_takes_the_shape_of_the_schema() {
    let answer = upgrade(
        1,
        r#"{"name": "a", "ttl": 18446744073709551616, "gone": true, "secret_wo": "hunter2"}"#,
    )
    .await;
    assert_eq!(errors(&answer.diagnostics), [""; 0]);
    let state = received(answer.upgraded_state);
    assert_eq!(state.get("name"), Value::Known("a".to_owned()));
    assert_eq!(
        state.get("ttl"),
        Value::Known(Number::parse("18446744073709551616").unwrap())
    );
    assert_eq!(state.attribute("id"), &Tree::Null);
    assert_eq!(state.attribute("secret_wo"), &Tree::Null);

    let answer = upgrade(0, r#"{"old_name": "b"}"#).await;
    assert_eq!(
        received(answer.upgraded_state).get("name"),
        Value::Known("b".to_owned())
    );

    let answer = upgrade(1, r#"{"name": ["a"]}"#).await;
    assert_eq!(
        errors(&answer.diagnostics),
        ["the stored state of `example_role` cannot be read"]
    );
    let answer = upgrade(1, "").await;
    assert_eq!(errors(&answer.diagnostics), ["the stored state is not JSON"]);
}

#[tokio::test]
async fn state_moves_from_a_source_that_is_known() {
    let service = unconfigured(&Seen::default());
    let from = |source: &str| tfplugin6::move_resource_state::Request {
        source_type_name: source.to_owned(),
        source_state: Some(RawState {
            json: br#"{"role": "a"}"#.to_vec(),
            ..Default::default()
        }),
        target_type_name: "example_role".to_owned(),
        ..Default::default()
    };
    let answer = service
        .move_resource_state(Request::new(from("other_role")))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(received(answer.target_state).get("name"), Value::Known("a".to_owned()));
    let answer = service
        .move_resource_state(Request::new(from("other_user")))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        errors(&answer.diagnostics),
        ["`other_user` cannot be moved to `example_role`"]
    );
}

#[tokio::test]
async fn an_object_is_imported_by_id() {
    let service = configured(&Seen::default()).await;
    let by = |id: &str| tfplugin6::import_resource_state::Request {
        type_name: "example_role".to_owned(),
        id: id.to_owned(),
        ..Default::default()
    };
    let mut answer = service
        .import_resource_state(Request::new(by("x/a")))
        .await
        .unwrap()
        .into_inner();
    let imported = answer.imported_resources.pop().unwrap();
    assert_eq!(received(imported.state).get("id"), Value::Known("x/a".to_owned()));

    let answer = service
        .import_resource_state(Request::new(by("nowhere")))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        errors(&answer.diagnostics),
        ["there is no `example_role` with the id `nowhere`"]
    );
    let answer = service
        .import_resource_state(Request::new(by("")))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        errors(&answer.diagnostics),
        ["`example_role` cannot be imported by identity"]
    );
}
