use std::error::Error;
use std::fmt::{self, Display, Formatter};

use rmp::encode::{self as output, ByteBuf, RmpWrite};

use crate::value::{Form, Number, Tree};

/// An unknown value without refinements: a one-byte extension of type zero.
const UNKNOWN: [u8; 3] = [0xd4, 0x00, 0x00];

/// Why a tree could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodeError {
    /// A text or collection is longer than the format can say.
    TooLong,
}

impl Display for EncodeError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("a text or collection is too long"),
        }
    }
}

impl Error for EncodeError {}

/// Writes a tree as MessagePack.
///
/// The tree has the shape of its type. What the type adds to a tree is in the tree already:
/// attributes without value are null, and a dynamic value carries its type.
pub fn encode(tree: &Tree) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer(ByteBuf::new());
    writer.value(tree)?;
    Ok(writer.0.into_vec())
}

/// A buffer in memory. Growing it reports no error, so the results of the format library, whose
/// error type has no values, are dropped here and nowhere else.
struct Writer(ByteBuf);

impl Writer {
    fn value(&mut self, tree: &Tree) -> Result<(), EncodeError> {
        match tree {
            Tree::Null => {
                let _ = output::write_nil(&mut self.0);
            }
            Tree::Unknown => {
                let _ = self.0.write_bytes(&UNKNOWN);
            }
            Tree::Bool(value) => {
                let _ = output::write_bool(&mut self.0, *value);
            }
            Tree::Number(number) => self.number(number)?,
            Tree::String(text) => self.text(text)?,
            Tree::List(elements) | Tree::Set(elements) => {
                let _ = output::write_array_len(&mut self.0, length(elements.len())?);
                for element in elements {
                    self.value(element)?;
                }
            }
            Tree::Map(fields) | Tree::Object(fields) => {
                let _ = output::write_map_len(&mut self.0, length(fields.len())?);
                for (name, field) in fields {
                    self.text(name)?;
                    self.value(field)?;
                }
            }
            Tree::Dynamic { ty, value } => {
                let ty = ty.to_json().to_string();
                let _ = output::write_array_len(&mut self.0, 2);
                let _ = output::write_bin_len(&mut self.0, length(ty.len())?);
                let _ = self.0.write_bytes(ty.as_bytes());
                self.value(value)?;
            }
        }
        Ok(())
    }

    fn number(&mut self, number: &Number) -> Result<(), EncodeError> {
        match number.form() {
            Form::Signed(value) => {
                let _ = output::write_sint(&mut self.0, *value);
            }
            Form::Unsigned(value) => {
                let _ = output::write_uint(&mut self.0, *value);
            }
            Form::Float(value) => {
                let _ = output::write_f64(&mut self.0, *value);
            }
            Form::Decimal(digits) => self.text(&digits.text())?,
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), EncodeError> {
        let _ = output::write_str_len(&mut self.0, length(text.len())?);
        let _ = self.0.write_bytes(text.as_bytes());
        Ok(())
    }
}

fn length(length: usize) -> Result<u32, EncodeError> {
    u32::try_from(length).map_err(|_| EncodeError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    fn number(text: &str) -> Vec<u8> {
        encode(&Tree::Number(Number::parse(text).unwrap())).unwrap()
    }

    #[test]
    fn a_number_takes_the_form_that_keeps_it() {
        assert_eq!(number("5"), [0x05]);
        assert_eq!(number("-1"), [0xff]);
        assert_eq!(
            number("18446744073709551615"),
            [0xcf, 255, 255, 255, 255, 255, 255, 255, 255]
        );
        assert_eq!(number("0.1"), b"\xa30.1");
        let float = Tree::Number(Number::from_f64(3.25).unwrap());
        assert_eq!(encode(&float).unwrap(), [0xcb, 0x40, 0x0a, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn unknown_carries_no_refinement() {
        assert_eq!(encode(&Tree::Unknown).unwrap(), [0xd4, 0, 0]);
    }

    #[test]
    fn a_dynamic_value_carries_its_type_as_binary() {
        let tree = Tree::Dynamic {
            ty: Box::new(Type::String),
            value: Box::new(Tree::String("a".to_owned())),
        };
        assert_eq!(encode(&tree).unwrap(), b"\x92\xc4\x08\"string\"\xa1a");
    }
}
