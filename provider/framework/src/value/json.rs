//! Reading stored state, which is JSON.
//!
//! The type drives the reading: the same JSON object is a map, an object or a dynamic value,
//! depending on what the schema says. There is no writing, since answers are MessagePack.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{self, Display, Formatter};

use serde_json::{Map, Value as Json};

use crate::path::{Located, Step};
use crate::value::tree::sort_set;
use crate::value::{MAX_DEPTH, Number, Tree, Type};

/// Why JSON could not be read as a value of the type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonFault {
    /// The value is of another kind.
    Mismatch {
        /// What the type asks for.
        expected: &'static str,
    },
    /// A dynamic value names a type that does not exist.
    BadType,
    /// The value nests too deeply.
    TooDeep,
}

impl Display for JsonFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mismatch { expected } => write!(f, "{expected} is required"),
            Self::BadType => f.write_str("the type of the dynamic value cannot be read"),
            Self::TooDeep => write!(f, "more than {MAX_DEPTH} levels are nested"),
        }
    }
}

impl Error for JsonFault {}

type Decoded<T> = Result<T, Located<JsonFault>>;

/// Reads JSON as a value of the type.
///
/// Attributes that the type does not have are dropped and missing ones become null, so state of an
/// older or newer schema can be read. As in Terraform's own reader, a number or truth value stands
/// for its text where a text is asked for, and the other way round.
pub fn decode(json: &Json, ty: &Type) -> Result<Tree, Located<JsonFault>> {
    value(json, ty, 0)
}

fn value(json: &Json, ty: &Type, depth: usize) -> Decoded<Tree> {
    if depth > MAX_DEPTH {
        return Err(JsonFault::TooDeep.into());
    }
    match (ty, json) {
        (_, Json::Null) => Ok(Tree::Null),
        (Type::List(element), Json::Array(elements)) => list(elements, element, depth).map(Tree::List),
        (Type::Set(element), Json::Array(elements)) => {
            let elements = list(elements, element, depth)?;
            Ok(Tree::Set(sort_set(elements)))
        }
        (Type::Tuple(types), Json::Array(elements)) if types.len() == elements.len() => tuple(elements, types, depth),
        (Type::Map(element), Json::Object(entries)) => map(entries, element, depth),
        (Type::Object(attributes), Json::Object(fields)) => object(fields, attributes, depth),
        (Type::Dynamic, Json::Object(fields)) => dynamic(fields, depth),
        (ty, json) => scalar(json, ty).ok_or_else(|| {
            let expected = ty.description();
            JsonFault::Mismatch { expected }.into()
        }),
    }
}

fn scalar(json: &Json, ty: &Type) -> Option<Tree> {
    match (ty, json) {
        (Type::String, Json::String(text)) => Some(Tree::String(text.clone())),
        (Type::String, Json::Number(number)) => Some(Tree::String(number.to_string())),
        (Type::String, Json::Bool(value)) => Some(Tree::String(value.to_string())),
        // The text of the number is taken over, since a float would lose digits.
        (Type::Number, Json::Number(number)) => Number::parse(&number.to_string()).map(Tree::Number),
        (Type::Number, Json::String(text)) => Number::parse(text).map(Tree::Number),
        (Type::Bool, Json::Bool(value)) => Some(Tree::Bool(*value)),
        (Type::Bool, Json::String(text)) => match text.as_str() {
            "true" | "1" => Some(Tree::Bool(true)),
            "false" | "0" => Some(Tree::Bool(false)),
            _ => None,
        },
        _ => None,
    }
}

fn list(elements: &[Json], ty: &Type, depth: usize) -> Decoded<Vec<Tree>> {
    elements
        .iter()
        .zip(0..)
        .map(|(element, index)| value(element, ty, depth + 1).map_err(|fault| fault.under(Step::Index(index))))
        .collect()
}

fn tuple(elements: &[Json], types: &[Type], depth: usize) -> Decoded<Tree> {
    let elements: Decoded<Vec<Tree>> = elements
        .iter()
        .zip(types)
        .zip(0..)
        .map(|((element, ty), index)| value(element, ty, depth + 1).map_err(|fault| fault.under(Step::Index(index))))
        .collect();
    elements.map(Tree::List)
}

fn map(entries: &Map<String, Json>, ty: &Type, depth: usize) -> Decoded<Tree> {
    let entries: Decoded<BTreeMap<String, Tree>> = entries
        .iter()
        .map(|(key, element)| {
            let element = value(element, ty, depth + 1).map_err(|fault| fault.under(Step::Key(key.clone())))?;
            Ok((key.clone(), element))
        })
        .collect();
    entries.map(Tree::Map)
}

fn object(fields: &Map<String, Json>, attributes: &BTreeMap<String, Type>, depth: usize) -> Decoded<Tree> {
    let fields: Decoded<BTreeMap<String, Tree>> = attributes
        .iter()
        .map(|(name, ty)| {
            let field = fields.get(name).unwrap_or(&Json::Null);
            let field = value(field, ty, depth + 1).map_err(|fault| fault.under(Step::Attribute(name.clone())))?;
            Ok((name.clone(), field))
        })
        .collect();
    fields.map(Tree::Object)
}

fn dynamic(fields: &Map<String, Json>, depth: usize) -> Decoded<Tree> {
    let ty = fields.get("type").and_then(Type::from_json).ok_or(JsonFault::BadType)?;
    let inner = fields.get("value").unwrap_or(&Json::Null);
    let inner = value(inner, &ty, depth + 1)?;
    Ok(Tree::Dynamic {
        ty: Box::new(ty),
        value: Box::new(inner),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str, ty: &Type) -> Result<Tree, Located<JsonFault>> {
        decode(&serde_json::from_str(text).unwrap(), ty)
    }

    fn number(text: &str) -> Tree {
        Tree::Number(Number::parse(text).unwrap())
    }

    #[test]
    fn numbers_beyond_floats_keep_every_digit() {
        for text in [
            "123456789012345678901234567890.123456789",
            "0.1",
            "18446744073709551615",
            "1e400",
            "-9223372036854775809",
        ] {
            let tree = read(text, &Type::Number).unwrap();
            assert_eq!(tree, number(text));
        }
        let Tree::Number(read_back) = read("123456789012345678901234567890.5", &Type::Number).unwrap() else {
            panic!("a number was expected");
        };
        assert_eq!(read_back.to_string(), "123456789012345678901234567890.5");
    }

    #[test]
    fn the_type_decides_what_an_object_is() {
        let text = r#"{"type": "string", "value": "a"}"#;
        let dynamic = Tree::Dynamic {
            ty: Box::new(Type::String),
            value: Box::new(Tree::String("a".to_owned())),
        };
        assert_eq!(read(text, &Type::Dynamic).unwrap(), dynamic);
        assert!(matches!(read(text, &Type::map(Type::String)).unwrap(), Tree::Map(_)));
    }

    #[test]
    fn other_attributes_are_dropped_and_missing_ones_are_null() {
        let ty = Type::Object(BTreeMap::from([
            ("name".to_owned(), Type::String),
            ("ttl".to_owned(), Type::Number),
        ]));
        let tree = read(r#"{"name": "a", "gone": [1]}"#, &ty).unwrap();
        let expected = Tree::Object(BTreeMap::from([
            ("name".to_owned(), Tree::String("a".to_owned())),
            ("ttl".to_owned(), Tree::Null),
        ]));
        assert_eq!(tree, expected);
    }

    #[test]
    fn scalars_stand_in_for_each_other() {
        assert_eq!(read("15.0", &Type::String).unwrap(), Tree::String("15.0".to_owned()));
        assert_eq!(read(r#""15""#, &Type::Number).unwrap(), number("15"));
        assert_eq!(read(r#""true""#, &Type::Bool).unwrap(), Tree::Bool(true));
    }

    #[test]
    fn a_fault_names_its_place() {
        let ty = Type::Object(BTreeMap::from([("arns".to_owned(), Type::list(Type::String))]));
        let fault = read(r#"{"arns": ["a", {}]}"#, &ty).unwrap_err();
        assert_eq!(fault.to_string(), "`arns[1]`: a string is required");
    }

    #[test]
    fn nesting_is_bounded() {
        let mut json = json!({"type": "string", "value": "a"});
        for _ in 0..2 * MAX_DEPTH {
            json = json!({"type": "dynamic", "value": json});
        }
        let fault = decode(&json, &Type::Dynamic).unwrap_err();
        assert_eq!(fault.fault, JsonFault::TooDeep);
    }
}
