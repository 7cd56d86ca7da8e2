use leastpriv_proto::tfplugin6;
use leastpriv_proto::tfplugin6::provider_server::Provider as ProviderService;
use tonic::Request;

use super::example::{Credentials, Example, Seen};
use super::{configured, errors, sent_as};
use crate::ephemeral_resource::EphemeralResource;
use crate::value::{Tree, Value};
use crate::wire::{Service, value_from_wire};

async fn open(service: &Service<Example>, role: &str) -> tfplugin6::open_ephemeral_resource::Response {
    let mut config = Tree::object();
    config.set("role", role);
    let request = tfplugin6::open_ephemeral_resource::Request {
        type_name: "example_credentials".to_owned(),
        config: Some(sent_as(&Credentials.schema(), config)),
        ..Default::default()
    };
    service
        .open_ephemeral_resource(Request::new(request))
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn an_ephemeral_value_is_opened_renewed_and_closed() {
    let service = configured(&Seen::default()).await;
    let opened = open(&service, "a").await;
    assert_eq!(errors(&opened.diagnostics), [""; 0]);
    assert_eq!(opened.renew_at.unwrap().seconds, 90);
    let result = value_from_wire(opened.result.as_ref(), &Credentials.schema().ty()).unwrap();
    assert_eq!(result.get("key"), Value::Known("AKIA".to_owned()));

    let type_name = "example_credentials".to_owned();
    let request = tfplugin6::renew_ephemeral_resource::Request {
        type_name: type_name.clone(),
        private: opened.private.clone(),
    };
    let renewed = service
        .renew_ephemeral_resource(Request::new(request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(renewed.private.as_deref(), Some(b"leaselease".as_slice()));
    assert_eq!(renewed.renew_at, None);

    let request = tfplugin6::close_ephemeral_resource::Request {
        type_name,
        private: opened.private,
    };
    let closed = service
        .close_ephemeral_resource(Request::new(request))
        .await
        .unwrap()
        .into_inner();
    assert!(closed.diagnostics.is_empty());
}

#[tokio::test]
async fn an_ephemeral_value_is_wholly_known() {
    let service = configured(&Seen::default()).await;
    let opened = open(&service, "forgets").await;
    assert_eq!(errors(&opened.diagnostics), ["the provider did not say what `key` is"]);
}
