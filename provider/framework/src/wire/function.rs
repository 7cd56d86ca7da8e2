use leastpriv_proto::tfplugin6;
use leastpriv_proto::tfplugin6::StringKind;

use crate::function::{FunctionError, Parameter, Signature};

/// The signature of a function, as the core reads it.
pub(crate) fn signature_to_wire(signature: &Signature) -> tfplugin6::Function {
    let Signature {
        summary,
        description,
        parameters,
        variadic,
        returns,
        deprecated,
    } = signature;
    tfplugin6::Function {
        parameters: parameters.iter().map(parameter_to_wire).collect(),
        variadic_parameter: variadic.as_ref().map(parameter_to_wire),
        r#return: Some(tfplugin6::function::Return {
            r#type: returns.to_json().to_string().into_bytes(),
        }),
        summary: summary.clone(),
        description: description.clone(),
        description_kind: StringKind::Markdown.into(),
        deprecation_message: deprecated.unwrap_or_default().to_owned(),
    }
}

/// Why a call came to nothing.
pub(crate) fn function_error_to_wire(error: FunctionError) -> tfplugin6::FunctionError {
    let FunctionError { text, argument } = error;
    tfplugin6::FunctionError {
        text,
        function_argument: argument.and_then(|at| i64::try_from(at).ok()),
    }
}

fn parameter_to_wire(parameter: &Parameter) -> tfplugin6::function::Parameter {
    let Parameter {
        name,
        ty,
        allow_null,
        allow_unknown,
        description,
    } = parameter;
    tfplugin6::function::Parameter {
        name: (*name).to_owned(),
        r#type: ty.to_json().to_string().into_bytes(),
        allow_null_value: *allow_null,
        allow_unknown_values: *allow_unknown,
        description: description.clone(),
        description_kind: StringKind::Markdown.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    #[test]
    fn parameters_and_types_are_sent() {
        let signature = Signature {
            summary: "Joins".to_owned(),
            description: "Joins texts.".to_owned(),
            parameters: vec![Parameter::new("by", Type::String, "what stands between").nullable()],
            variadic: Some(Parameter::new("texts", Type::list(Type::String), "the texts").or_unknown()),
            returns: Type::String,
            deprecated: Some("use `join`"),
        };
        let sent = signature_to_wire(&signature);
        assert_eq!(sent.r#return.unwrap().r#type, br#""string""#);
        assert_eq!(sent.deprecation_message, "use `join`");
        let [by] = &sent.parameters[..] else {
            panic!("one parameter was expected");
        };
        assert!(by.allow_null_value && !by.allow_unknown_values);
        let texts = sent.variadic_parameter.unwrap();
        assert_eq!(texts.r#type, br#"["list","string"]"#);
        assert!(!texts.allow_null_value && texts.allow_unknown_values);
    }

    #[test]
    fn the_argument_at_fault_is_sent_by_its_position() {
        let sent = function_error_to_wire(FunctionError::at(2, "no"));
        assert_eq!((sent.text.as_str(), sent.function_argument), ("no", Some(2)));
        assert_eq!(function_error_to_wire(FunctionError::new("no")).function_argument, None);
    }
}
