use std::error::Error;
use std::fmt::{self, Display, Formatter};

use leastpriv_proto::tfplugin6::DynamicValue;

use crate::path::Located;
use crate::value::json::{self, JsonFault};
use crate::value::msgpack::{self, DecodeFault, EncodeError};
use crate::value::{Tree, Type};

/// Why a value of a message could not be read.
#[derive(Debug)]
pub(crate) enum ReadValueError {
    Msgpack(Located<DecodeFault>),
    Json(Located<JsonFault>),
    Syntax(serde_json::Error),
}

impl Display for ReadValueError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Msgpack(_) => "the MessagePack value does not fit the schema",
            Self::Json(_) => "the JSON value does not fit the schema",
            Self::Syntax(_) => "the JSON value cannot be parsed",
        })
    }
}

impl Error for ReadValueError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Msgpack(fault) => Some(fault),
            Self::Json(fault) => Some(fault),
            Self::Syntax(error) => Some(error),
        }
    }
}

/// Reads a value of a message. One that is not there, or is empty, is null.
pub(crate) fn value_from_wire(value: Option<&DynamicValue>, ty: &Type) -> Result<Tree, ReadValueError> {
    match value {
        Some(value) if !value.msgpack.is_empty() => {
            msgpack::decode(&value.msgpack, ty).map_err(ReadValueError::Msgpack)
        }
        Some(value) if !value.json.is_empty() => {
            let parsed = serde_json::from_slice(&value.json).map_err(ReadValueError::Syntax)?;
            json::decode(&parsed, ty).map_err(ReadValueError::Json)
        }
        Some(_) | None => Ok(Tree::Null),
    }
}

/// Writes a tree that has the shape of its type.
pub(crate) fn value_to_wire(tree: &Tree) -> Result<DynamicValue, EncodeError> {
    let msgpack = msgpack::encode(tree)?;
    Ok(DynamicValue {
        msgpack,
        json: Vec::new(),
    })
}

/// The null of every type.
pub(crate) fn null_to_wire() -> DynamicValue {
    DynamicValue {
        msgpack: vec![NIL],
        json: Vec::new(),
    }
}

const NIL: u8 = 0xc0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_null() {
        let empty = DynamicValue::default();
        assert_eq!(value_from_wire(None, &Type::String).unwrap(), Tree::Null);
        assert_eq!(value_from_wire(Some(&empty), &Type::String).unwrap(), Tree::Null);
        assert_eq!(
            value_from_wire(Some(&null_to_wire()), &Type::String).unwrap(),
            Tree::Null
        );
    }

    #[test]
    fn both_encodings_are_read() {
        let text = Tree::String("a".to_owned());
        let json = DynamicValue {
            msgpack: Vec::new(),
            json: br#""a""#.to_vec(),
        };
        assert_eq!(value_from_wire(Some(&json), &Type::String).unwrap(), text);
        let msgpack = value_to_wire(&text).unwrap();
        assert_eq!(value_from_wire(Some(&msgpack), &Type::String).unwrap(), text);
    }
}
