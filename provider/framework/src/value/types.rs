use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

/// The type of a value, as the protocol knows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// Text.
    String,
    /// A number of any size.
    Number,
    /// A truth value.
    Bool,
    /// Any type; the value says which.
    Dynamic,
    /// Elements in order.
    List(Box<Type>),
    /// Elements without order and repetition.
    Set(Box<Type>),
    /// Elements by key.
    Map(Box<Type>),
    /// Attributes by name.
    Object(BTreeMap<String, Type>),
    /// A fixed number of elements, each with its own type.
    Tuple(Vec<Type>),
}

impl Type {
    /// A list of this element type.
    pub fn list(element: Type) -> Self {
        Self::List(Box::new(element))
    }

    /// A set of this element type.
    pub fn set(element: Type) -> Self {
        Self::Set(Box::new(element))
    }

    /// A map to this element type.
    pub fn map(element: Type) -> Self {
        Self::Map(Box::new(element))
    }

    /// The type in the JSON notation of the protocol.
    pub fn to_json(&self) -> Json {
        match self {
            Self::String => json!("string"),
            Self::Number => json!("number"),
            Self::Bool => json!("bool"),
            Self::Dynamic => json!("dynamic"),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Set(element) => json!(["set", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Object(attributes) => {
                let attributes: Map<String, Json> = attributes
                    .iter()
                    .map(|(name, ty)| (name.clone(), ty.to_json()))
                    .collect();
                json!(["object", attributes])
            }
            Self::Tuple(elements) => {
                let elements: Vec<Json> = elements.iter().map(Self::to_json).collect();
                json!(["tuple", elements])
            }
        }
    }

    /// Reads the JSON notation of the protocol. `None` when it is not a type.
    pub fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::String(name) => match name.as_str() {
                "string" => Some(Self::String),
                "number" => Some(Self::Number),
                "bool" => Some(Self::Bool),
                "dynamic" => Some(Self::Dynamic),
                _ => None,
            },
            Json::Array(parts) => match parts.as_slice() {
                [Json::String(kind), inner] => Self::compound(kind, inner),
                // The names of optional attributes, which matter to configuration types alone.
                [Json::String(kind), inner, Json::Array(_)] if kind == "object" => Self::compound(kind, inner),
                _ => None,
            },
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => None,
        }
    }

    /// What a value of this type is called in a message.
    pub(crate) fn description(&self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a bool",
            Self::Dynamic => "a value with its type",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
            Self::Tuple(_) => "a tuple of the right length",
        }
    }

    fn compound(kind: &str, inner: &Json) -> Option<Self> {
        match (kind, inner) {
            ("list", element) => Self::from_json(element).map(Self::list),
            ("set", element) => Self::from_json(element).map(Self::set),
            ("map", element) => Self::from_json(element).map(Self::map),
            ("object", Json::Object(attributes)) => attributes
                .iter()
                .map(|(name, ty)| Some((name.clone(), Self::from_json(ty)?)))
                .collect::<Option<_>>()
                .map(Self::Object),
            ("tuple", Json::Array(elements)) => elements
                .iter()
                .map(Self::from_json)
                .collect::<Option<_>>()
                .map(Self::Tuple),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_is_read_back() {
        let object = BTreeMap::from([
            ("any".to_owned(), Type::Dynamic),
            ("tags".to_owned(), Type::map(Type::String)),
        ]);
        let ty = Type::Tuple(vec![
            Type::list(Type::Number),
            Type::set(Type::Bool),
            Type::Object(object),
        ]);
        assert_eq!(Type::from_json(&ty.to_json()), Some(ty));
    }

    #[test]
    fn the_notation_is_the_one_of_the_protocol() {
        let object = BTreeMap::from([("a".to_owned(), Type::String)]);
        let ty = Type::list(Type::Object(object));
        assert_eq!(ty.to_json().to_string(), r#"["list",["object",{"a":"string"}]]"#);
    }

    #[test]
    fn optional_attributes_of_an_object_type_are_read_over() {
        let json = json!(["object", {"a": "string"}, ["a"]]);
        let object = BTreeMap::from([("a".to_owned(), Type::String)]);
        assert_eq!(Type::from_json(&json), Some(Type::Object(object)));
    }

    #[test]
    fn other_json_is_no_type() {
        for json in [
            json!("text"),
            json!(["list"]),
            json!(["list", "text"]),
            json!(["object", ["string"]]),
            json!(["tuple", "string"]),
            json!(["list", "string", []]),
            json!(null),
            json!(1),
        ] {
            assert_eq!(Type::from_json(&json), None, "{json}");
        }
    }
}
