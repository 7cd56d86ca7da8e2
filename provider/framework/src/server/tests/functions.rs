use leastpriv_proto::tfplugin6;
use leastpriv_proto::tfplugin6::DynamicValue;
use leastpriv_proto::tfplugin6::provider_server::Provider as ProviderService;
use tonic::Request;

use super::example::{Example, Seen};
use super::{configured, unconfigured};
use crate::value::{IntoTree, Tree, Type};
use crate::wire::{Service, value_from_wire, value_to_wire};

async fn call(service: &Service<Example>, name: &str, arguments: Vec<Tree>) -> Result<Tree, tfplugin6::FunctionError> {
    let arguments: Vec<DynamicValue> = arguments.iter().map(|tree| value_to_wire(tree).unwrap()).collect();
    let request = tfplugin6::call_function::Request {
        name: name.to_owned(),
        arguments,
    };
    let answer = service.call_function(Request::new(request)).await.unwrap().into_inner();
    match answer.error {
        Some(error) => {
            assert!(answer.result.is_none());
            Err(error)
        }
        None => Ok(value_from_wire(answer.result.as_ref(), &Type::String).unwrap()),
    }
}

async fn join(arguments: Vec<Tree>) -> Result<Tree, tfplugin6::FunctionError> {
    call(&unconfigured(&Seen::default()), "join", arguments).await
}

async fn fault(arguments: Vec<Tree>) -> (String, Option<i64>) {
    let error = join(arguments).await.unwrap_err();
    (error.text, error.function_argument)
}

fn text(text: &str) -> Tree {
    text.into_tree()
}

#[tokio::test]
async fn a_function_is_called_before_and_after_the_provider_is_configured() {
    let seen = Seen::default();
    for service in [unconfigured(&seen), configured(&seen).await] {
        let more = vec![text("b"), text("c")].into_tree();
        let result = call(
            &service,
            "join",
            vec![text("-"), text("a"), more, Tree::List(Vec::new())],
        )
        .await;
        assert_eq!(result.unwrap(), text("a-b-c"));
    }
}

#[tokio::test]
async fn null_is_passed_on_only_where_it_may_be() {
    assert_eq!(join(vec![text("-"), Tree::Null]).await.unwrap(), text("null"));
    let refused = ("`by` must not be null".to_owned(), Some(0));
    assert_eq!(fault(vec![Tree::Null, text("a")]).await, refused);
    assert_eq!(fault(vec![Tree::Null, Tree::Unknown]).await, refused);
    let (message, at) = fault(vec![text("-"), text("a"), vec![Tree::Null].into_tree()]).await;
    assert!(message.starts_with("`more[0]` holds null"), "{message}");
    assert_eq!(at, Some(2));
}

#[tokio::test]
async fn what_comes_of_something_unknown_is_unknown() {
    assert_eq!(join(vec![text("-"), Tree::Unknown]).await.unwrap(), text("unknown"));
    assert_eq!(join(vec![Tree::Unknown, text("a")]).await.unwrap(), Tree::Unknown);
    let partly = vec![text("b"), Tree::Unknown].into_tree();
    assert_eq!(
        join(vec![text("fails"), text("a"), partly]).await.unwrap(),
        Tree::Unknown
    );
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_refused_at_their_place() {
    let (message, at) = fault(vec![text("-")]).await;
    assert_eq!(message, "1 arguments were given, and at least 2 are needed");
    assert_eq!(at, None);
    let (message, at) = fault(vec![text("-"), text("a"), text("b")]).await;
    assert!(message.starts_with("`more` cannot be read"), "{message}");
    assert_eq!(at, Some(2));
}

#[tokio::test]
async fn an_error_of_a_function_names_the_argument() {
    let expected = ("`first` is bad; choose a good one".to_owned(), Some(1));
    assert_eq!(fault(vec![text("fails"), text("a")]).await, expected);
}

#[tokio::test]
async fn a_result_has_its_type_and_is_known() {
    for (how, expected) in [
        ("lies", "the function returned a wrong value: a string is required; "),
        ("forgets", "the function did not say what all of its result is; "),
    ] {
        let (message, at) = fault(vec![text(how), text("a")]).await;
        assert!(
            message.starts_with(expected) && message.contains("please report"),
            "{message}"
        );
        assert_eq!(at, None);
    }
}

#[tokio::test]
async fn a_panic_becomes_an_error_without_its_text() {
    let service = unconfigured(&Seen::default());
    let error = call(&service, "join", vec![text("panics"), text("a")])
        .await
        .unwrap_err();
    assert!(
        error.text.starts_with("the provider broke down in `CallFunction`; "),
        "{}",
        error.text
    );
    assert!(!error.text.contains("hunter2"));
    let result = call(&service, "join", vec![text("-"), text("a")]).await;
    assert_eq!(result.unwrap(), text("a"), "the process goes on");
}

#[tokio::test]
async fn a_function_that_is_not_offered_is_an_error() {
    let service = unconfigured(&Seen::default());
    let error = call(&service, "split", Vec::new()).await.unwrap_err();
    assert!(error.text.starts_with("there is no function `split`"), "{}", error.text);
}

#[tokio::test]
async fn the_functions_are_told_with_the_schema_and_alone() {
    let service = unconfigured(&Seen::default());
    let request = tfplugin6::get_functions::Request::default();
    let alone = service.get_functions(Request::new(request)).await.unwrap().into_inner();
    let request = tfplugin6::get_provider_schema::Request::default();
    let schema = service
        .get_provider_schema(Request::new(request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(schema.functions, alone.functions);
    let join = &alone.functions["join"];
    assert_eq!(join.summary, "Joins");
    assert_eq!(join.parameters[1].name, "first");
    assert!(join.parameters[1].allow_null_value && join.parameters[1].allow_unknown_values);
    let request = tfplugin6::get_metadata::Request::default();
    let metadata = service.get_metadata(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(metadata.functions[0].name, "join");
}
