use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{self, Display, Formatter};

use rmp::Marker;
use rmp::decode::{self as input, NumValueReadError, ValueReadError};
use serde_json::Value as Json;

use crate::path::{Located, Step};
use crate::value::tree::sort_set;
use crate::value::{MAX_DEPTH, Number, Tree, Type};

/// Why bytes could not be read as a value of the type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeFault {
    /// The bytes end within the value.
    Truncated,
    /// There are bytes after the value.
    TrailingBytes,
    /// The value is of another kind.
    Mismatch {
        /// What the type asks for.
        expected: &'static str,
    },
    /// An attribute of the type is missing.
    MissingAttribute,
    /// The type has no such attribute.
    UnexpectedAttribute,
    /// A name or key occurs twice.
    RepeatedKey,
    /// A text is not UTF-8.
    NotUtf8,
    /// A text or float is not a number.
    NotANumber,
    /// A dynamic value names a type that does not exist.
    BadType,
    /// The value nests too deeply.
    TooDeep,
}

impl Display for DecodeFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the value ends too early"),
            Self::TrailingBytes => f.write_str("there are bytes after the value"),
            Self::Mismatch { expected } => write!(f, "{expected} is required"),
            Self::MissingAttribute => f.write_str("the attribute is missing"),
            Self::UnexpectedAttribute => f.write_str("there is no such attribute"),
            Self::RepeatedKey => f.write_str("the name is given twice"),
            Self::NotUtf8 => f.write_str("the text is not UTF-8"),
            Self::NotANumber => f.write_str("the number cannot be read"),
            Self::BadType => f.write_str("the type of the dynamic value cannot be read"),
            Self::TooDeep => write!(f, "more than {MAX_DEPTH} levels are nested"),
        }
    }
}

impl Error for DecodeFault {}

type Decoded<T> = Result<T, Located<DecodeFault>>;

/// Reads MessagePack as a value of the type.
///
/// An object must have exactly the attributes of its type, as Terraform itself demands. Refinements
/// of an unknown value are read over, which the protocol allows.
pub fn decode(bytes: &[u8], ty: &Type) -> Decoded<Tree> {
    let mut reader = Reader { rest: bytes };
    let tree = reader.value(ty, 0)?;
    if reader.rest.is_empty() {
        Ok(tree)
    } else {
        Err(DecodeFault::TrailingBytes.into())
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, ty: &Type, depth: usize) -> Decoded<Tree> {
        if depth > MAX_DEPTH {
            return Err(DecodeFault::TooDeep.into());
        }
        match self.peek()? {
            Marker::Null => {
                self.take(1)?;
                return Ok(Tree::Null);
            }
            Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32 => {
                self.extension()?;
                return Ok(Tree::Unknown);
            }
            _ => {}
        }
        match ty {
            Type::String => Ok(Tree::String(self.text(ty.description())?.to_owned())),
            Type::Number => Ok(Tree::Number(self.number()?)),
            Type::Bool => {
                let value = input::read_bool(&mut self.rest);
                Ok(Tree::Bool(value.map_err(not(ty.description()))?))
            }
            Type::Dynamic => self.dynamic(depth),
            Type::List(element) => self.elements(ty, element, depth).map(Tree::List),
            Type::Set(element) => {
                let elements = self.elements(ty, element, depth)?;
                Ok(Tree::Set(sort_set(elements)))
            }
            Type::Map(element) => self.map(element, depth),
            Type::Object(attributes) => self.object(attributes, depth),
            Type::Tuple(types) => self.tuple(types, depth),
        }
    }

    fn elements(&mut self, ty: &Type, element: &Type, depth: usize) -> Decoded<Vec<Tree>> {
        let length = input::read_array_len(&mut self.rest).map_err(not(ty.description()))?;
        // Grown by what is there. The length is a claim, and memory for it could be refused.
        let mut elements = Vec::new();
        for index in 0..length {
            let value = self.value(element, depth + 1);
            elements.push(value.map_err(|fault| fault.under(Step::Index(index.into())))?);
        }
        Ok(elements)
    }

    fn tuple(&mut self, types: &[Type], depth: usize) -> Decoded<Tree> {
        let expected = "a tuple of the right length";
        let length = input::read_array_len(&mut self.rest).map_err(not(expected))?;
        if usize::try_from(length) != Ok(types.len()) {
            return Err(DecodeFault::Mismatch { expected }.into());
        }
        let mut elements = Vec::new();
        for (ty, index) in types.iter().zip(0..) {
            let value = self.value(ty, depth + 1);
            elements.push(value.map_err(|fault| fault.under(Step::Index(index)))?);
        }
        Ok(Tree::List(elements))
    }

    fn map(&mut self, element: &Type, depth: usize) -> Decoded<Tree> {
        let length = input::read_map_len(&mut self.rest).map_err(not("a map"))?;
        let mut entries = BTreeMap::new();
        for _ in 0..length {
            let key = self.text("a key")?.to_owned();
            let value = self.value(element, depth + 1);
            let value = value.map_err(|fault| fault.under(Step::Key(key.clone())))?;
            if entries.insert(key.clone(), value).is_some() {
                return Err(Located::from(DecodeFault::RepeatedKey).under(Step::Key(key)));
            }
        }
        Ok(Tree::Map(entries))
    }

    fn object(&mut self, attributes: &BTreeMap<String, Type>, depth: usize) -> Decoded<Tree> {
        let length = input::read_map_len(&mut self.rest).map_err(not("an object"))?;
        let mut fields = BTreeMap::new();
        for _ in 0..length {
            let name = self.text("an attribute name")?.to_owned();
            let step = Step::Attribute(name.clone());
            let Some(ty) = attributes.get(&name) else {
                return Err(Located::from(DecodeFault::UnexpectedAttribute).under(step));
            };
            match self.value(ty, depth + 1) {
                Err(fault) => return Err(fault.under(step)),
                Ok(value) => {
                    if fields.insert(name, value).is_some() {
                        return Err(Located::from(DecodeFault::RepeatedKey).under(step));
                    }
                }
            }
        }
        match attributes.keys().find(|name| !fields.contains_key(*name)) {
            Some(name) => {
                let step = Step::Attribute(name.clone());
                Err(Located::from(DecodeFault::MissingAttribute).under(step))
            }
            None => Ok(Tree::Object(fields)),
        }
    }

    fn dynamic(&mut self, depth: usize) -> Decoded<Tree> {
        let expected = Type::Dynamic.description();
        let length = input::read_array_len(&mut self.rest).map_err(not(expected))?;
        if length != 2 {
            return Err(DecodeFault::Mismatch { expected }.into());
        }
        let json: Json = serde_json::from_slice(self.binary()?).map_err(|_| DecodeFault::BadType)?;
        let ty = Type::from_json(&json).ok_or(DecodeFault::BadType)?;
        let value = self.value(&ty, depth + 1)?;
        Ok(Tree::Dynamic {
            ty: Box::new(ty),
            value: Box::new(value),
        })
    }

    fn number(&mut self) -> Result<Number, DecodeFault> {
        match self.peek()? {
            Marker::FixPos(_) | Marker::U8 | Marker::U16 | Marker::U32 | Marker::U64 => {
                let value = input::read_int::<u64, _>(&mut self.rest).map_err(|error| no_integer(&error))?;
                Ok(value.into())
            }
            Marker::FixNeg(_) | Marker::I8 | Marker::I16 | Marker::I32 | Marker::I64 => {
                let value = input::read_int::<i64, _>(&mut self.rest).map_err(|error| no_integer(&error))?;
                Ok(value.into())
            }
            Marker::F32 => {
                let value = input::read_f32(&mut self.rest).map_err(not("a number"))?;
                Number::from_f64(value.into()).ok_or(DecodeFault::NotANumber)
            }
            Marker::F64 => {
                let value = input::read_f64(&mut self.rest).map_err(not("a number"))?;
                Number::from_f64(value).ok_or(DecodeFault::NotANumber)
            }
            _ => Number::parse(self.text("a number")?).ok_or(DecodeFault::NotANumber),
        }
    }

    fn text(&mut self, expected: &'static str) -> Result<&'a str, DecodeFault> {
        let length = input::read_str_len(&mut self.rest).map_err(not(expected))?;
        std::str::from_utf8(self.take(length)?).map_err(|_| DecodeFault::NotUtf8)
    }

    /// The type of a dynamic value, which some writers send as text.
    fn binary(&mut self) -> Result<&'a [u8], DecodeFault> {
        match self.peek()? {
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => {
                let length = input::read_bin_len(&mut self.rest).map_err(not("a type"))?;
                self.take(length)
            }
            _ => self.text("a type").map(str::as_bytes),
        }
    }

    fn extension(&mut self) -> Result<(), DecodeFault> {
        let meta = input::read_ext_meta(&mut self.rest).map_err(not("an unknown value"))?;
        self.take(meta.size)?;
        Ok(())
    }

    fn peek(&self) -> Result<Marker, DecodeFault> {
        let first = self.rest.first().ok_or(DecodeFault::Truncated)?;
        Ok(Marker::from_u8(*first))
    }

    fn take(&mut self, length: u32) -> Result<&'a [u8], DecodeFault> {
        let length = usize::try_from(length).map_err(|_| DecodeFault::Truncated)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(DecodeFault::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// Reading from memory fails for two reasons only: another kind of value, or no more bytes.
fn not(expected: &'static str) -> impl FnOnce(ValueReadError<std::io::Error>) -> DecodeFault {
    move |error| match error {
        ValueReadError::TypeMismatch(_) => DecodeFault::Mismatch { expected },
        ValueReadError::InvalidMarkerRead(_) | ValueReadError::InvalidDataRead(_) => DecodeFault::Truncated,
    }
}

fn no_integer(error: &NumValueReadError<std::io::Error>) -> DecodeFault {
    match error {
        NumValueReadError::TypeMismatch(_) | NumValueReadError::OutOfRange => DecodeFault::NotANumber,
        NumValueReadError::InvalidMarkerRead(_) | NumValueReadError::InvalidDataRead(_) => DecodeFault::Truncated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(bytes: &[u8]) -> Number {
        match decode(bytes, &Type::Number) {
            Ok(Tree::Number(number)) => number,
            other => panic!("not a number: {other:?}"),
        }
    }

    #[test]
    fn a_number_comes_in_every_form() {
        assert_eq!(number(&[0x05]).as_i64(), Some(5));
        assert_eq!(number(&[0xff]).as_i64(), Some(-1));
        assert_eq!(number(&[0xcd, 0x01, 0x2c]).as_i64(), Some(300));
        assert_eq!(number(&[0xd1, 0xfe, 0xd4]).as_i64(), Some(-300));
        assert_eq!(
            number(&[0xcf, 255, 255, 255, 255, 255, 255, 255, 255]).as_u64(),
            Some(u64::MAX)
        );
        assert_eq!(number(&[0xcb, 0x40, 0x0a, 0, 0, 0, 0, 0, 0]).to_string(), "3.25");
        assert_eq!(number(&[0xca, 0x40, 0x50, 0, 0]).to_string(), "3.25");
        assert_eq!(number(b"\xa30.1").to_string(), "0.1");
        assert_eq!(
            decode(b"\xcb\x7f\xf8\0\0\0\0\0\0", &Type::Number),
            Err(DecodeFault::NotANumber.into())
        );
    }

    #[test]
    fn any_extension_is_unknown() {
        assert_eq!(decode(&[0xd4, 0, 0], &Type::String), Ok(Tree::Unknown));
        // Extension 12 of three bytes: not null, and nothing else is said.
        let refined = [0xc7, 3, 12, 0x81, 1, 0xc2];
        assert_eq!(decode(&refined, &Type::String), Ok(Tree::Unknown));
        assert_eq!(
            decode(&[0xc7, 3, 12, 0x81], &Type::String),
            Err(DecodeFault::Truncated.into())
        );
    }

    #[test]
    fn a_dynamic_value_brings_its_type() {
        let bytes = b"\x92\xc4\x08\"string\"\xa1a";
        let expected = Tree::Dynamic {
            ty: Box::new(Type::String),
            value: Box::new(Tree::String("a".to_owned())),
        };
        assert_eq!(decode(bytes, &Type::Dynamic), Ok(expected));
        assert_eq!(decode(&[0xc0], &Type::Dynamic), Ok(Tree::Null));
    }

    #[test]
    fn an_object_has_exactly_its_attributes() {
        let ty = Type::Object(BTreeMap::from([
            ("a".to_owned(), Type::String),
            ("b".to_owned(), Type::Bool),
        ]));
        let read = |bytes: &[u8]| decode(bytes, &ty).map_err(|fault| fault.to_string());
        assert!(read(b"\x82\xa1a\xc0\xa1b\xc3").is_ok());
        assert_eq!(read(b"\x81\xa1a\xc0"), Err("`b`: the attribute is missing".to_owned()));
        assert_eq!(
            read(b"\x81\xa1c\xc0"),
            Err("`c`: there is no such attribute".to_owned())
        );
        assert_eq!(
            read(b"\x83\xa1a\xc0\xa1a\xc0\xa1b\xc3"),
            Err("`a`: the name is given twice".to_owned())
        );
    }

    #[test]
    fn sets_come_in_any_order() {
        let expected = ["a", "b"].map(|text| Tree::String(text.to_owned()));
        assert_eq!(
            decode(b"\x93\xa1b\xa1a\xa1b", &Type::set(Type::String)),
            Ok(Tree::Set(expected.to_vec()))
        );
    }

    #[test]
    fn a_claimed_length_costs_nothing() {
        let bytes = [0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0];
        let fault = decode(&bytes, &Type::list(Type::String)).unwrap_err();
        assert_eq!(fault.to_string(), "`[1]`: the value ends too early");
    }

    #[test]
    fn nesting_is_bounded() {
        let level = b"\x92\xc4\x09\"dynamic\"";
        let bytes = level.repeat(100_000);
        let fault = decode(&bytes, &Type::Dynamic).unwrap_err();
        assert_eq!(fault.fault, DecodeFault::TooDeep);
    }

    #[test]
    fn bytes_after_the_value_are_refused() {
        assert_eq!(
            decode(&[0xc3, 0xc3], &Type::Bool),
            Err(DecodeFault::TrailingBytes.into())
        );
    }
}
