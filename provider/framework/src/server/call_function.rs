use std::error::Error;

use leastpriv_proto::tfplugin6::DynamicValue;
use leastpriv_proto::tfplugin6::call_function::{Request, Response};

use crate::function::{Arguments, FunctionError, Parameter, Signature};
use crate::path::AttributePath;
use crate::provider::Provider;
use crate::schema::check_value;
use crate::server::{KnownFunction, Server};
use crate::value::conform::conform;
use crate::value::{Tree, Type};
use crate::wire::{function_error_to_wire, value_from_wire, value_to_wire};

impl<P: Provider> Server<P> {
    /// Computes one function. The process need not be configured, and nothing is kept from one call to the next.
    pub(crate) fn call_function(&self, request: &Request) -> Response {
        match self.result_of(request) {
            Ok(value) => Response {
                result: Some(value),
                error: None,
            },
            Err(error) => Response {
                result: None,
                error: Some(function_error_to_wire(error)),
            },
        }
    }

    fn result_of(&self, request: &Request) -> Result<DynamicValue, FunctionError> {
        // 1. Take the message apart.
        let KnownFunction { signature, item } = self.functions.get(request.name.as_str()).ok_or_else(|| {
            FunctionError::new(format!(
                "there is no function `{}`; check the name and the version of the provider",
                request.name
            ))
        })?;
        let arguments = arguments(signature, &request.arguments)?;

        // 2. What comes of something unknown is unknown. A host answers so without a call.
        if is_open(signature, &arguments) {
            return sendable(&Tree::Unknown);
        }

        // 3. Compute, and hold the result to its type.
        let result = item.call(&arguments)?;
        sendable(&fitting(result, &signature.returns)?)
    }
}

fn arguments(signature: &Signature, sent: &[DynamicValue]) -> Result<Arguments, FunctionError> {
    let least = signature.parameters.len();
    if sent.len() < least || (sent.len() > least && signature.variadic.is_none()) {
        let at_least = if signature.variadic.is_some() { "at least " } else { "" };
        return Err(FunctionError::new(format!(
            "{} arguments were given, and {at_least}{least} are needed",
            sent.len()
        )));
    }
    let read = |(at, value): (usize, &DynamicValue)| match signature.parameter(at) {
        Some(parameter) => argument(at, parameter, value),
        None => Err(FunctionError::at(at, "there is no such parameter")),
    };
    sent.iter().enumerate().map(read).collect()
}

fn argument(at: usize, parameter: &Parameter, value: &DynamicValue) -> Result<Tree, FunctionError> {
    let Parameter { name, ty, .. } = parameter;
    let tree = value_from_wire(Some(value), ty).map_err(|error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        FunctionError::at(at, format!("`{name}` cannot be read: {error}{cause}"))
    })?;
    if tree.is_null() && !parameter.allow_null {
        return Err(FunctionError::at(at, format!("`{name}` must not be null")));
    }
    let fault = check_value(ty, &tree, &AttributePath::attribute(*name))
        .into_iter()
        .next();
    match fault {
        Some(fault) => Err(FunctionError::at(at, format!("{}; {}", fault.summary, fault.detail))),
        None => Ok(tree),
    }
}

/// Whether an argument is unknown, wholly or in part, that the function does not take so.
fn is_open(signature: &Signature, arguments: &Arguments) -> bool {
    (0..arguments.len()).any(|at| {
        let takes_unknown = signature.parameter(at).is_some_and(|parameter| parameter.allow_unknown);
        !takes_unknown && !arguments.tree(at).is_wholly_known()
    })
}

fn fitting(result: Tree, ty: &Type) -> Result<Tree, FunctionError> {
    let (result, faults) = conform(result, ty);
    if let Some(fault) = faults.first() {
        return Err(FunctionError::internal(&format!(
            "the function returned a wrong value: {fault}"
        )));
    }
    if !result.is_wholly_known() {
        return Err(FunctionError::internal(
            "the function did not say what all of its result is",
        ));
    }
    Ok(result)
}

fn sendable(tree: &Tree) -> Result<DynamicValue, FunctionError> {
    value_to_wire(tree).map_err(|error| FunctionError::internal(&format!("the result cannot be sent: {error}")))
}
