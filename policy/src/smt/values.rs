//! One value of a condition key, in the sort that its operators read.

use std::fmt::Write as _;

use super::Unsupported;
use super::elements::template;
use super::operator::Family;
use super::regex::{Step, fields, matches};
use super::term::{Kleene, Term, literal};
use crate::decide::value::{Block, Decimal, moment};

/// Operators of one class read a value in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Text,
    Number,
    Date,
    Bool,
    Bytes,
    Address,
}

impl Class {
    /// The class of a family; nothing for `Null`, which reads no value.
    pub(super) fn of(family: Family) -> Option<Self> {
        Some(match family {
            Family::Text | Family::TextIgnoringCase | Family::Like | Family::Arn => Self::Text,
            Family::Number(_) => Self::Number,
            Family::Date(_) => Self::Date,
            Family::Bool => Self::Bool,
            Family::Binary => Self::Bytes,
            Family::Address => Self::Address,
            Family::Null => return None,
        })
    }
}

/// A value of a key: `key0-value1` and, beside it, whether it can be read.
///
/// A text is a String. A number is a Real, and a moment an Int of nanoseconds since 1970, where `key0-read1` says that the
/// text is one. A truth is an Int: 0 false, 1 true, 2 the empty text, 3 anything else. Bytes are an Int: 0 none, the number
/// of a value of the policies from 1, anything else another one. An address is an Int, with its family, 4 or 6, beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) key: usize,
    pub(super) number: usize,
}

impl Slot {
    fn name(self, part: &str) -> String {
        format!("key{}-{part}{}", self.key, self.number)
    }

    fn value(self) -> String {
        self.name("value")
    }

    /// Declares its constants and what they can be. `may_be_empty` asks for telling the empty text apart.
    pub(super) fn declare(
        self,
        class: Class,
        may_be_empty: bool,
        is_late: bool,
        out: &mut String,
    ) -> Result<(), Unsupported> {
        let value = self.value();
        let sort = match class {
            Class::Text => "String",
            Class::Number => "Real",
            Class::Date | Class::Bool | Class::Bytes | Class::Address => "Int",
        };
        let _ = writeln!(out, "(declare-const {value} {sort})");
        let unread = match class {
            Class::Text | Class::Bytes => return Ok(()),
            Class::Bool => {
                let _ = writeln!(out, "(assert (<= 0 {value} 3))");
                return Ok(());
            }
            Class::Number => {
                let read = self.name("read");
                let _ = writeln!(out, "(declare-const {read} Bool)");
                format!("(not {read})")
            }
            Class::Date => {
                let read = self.name("read");
                let _ = writeln!(out, "(declare-const {read} Bool)");
                let first = EARLIEST
                    .iter()
                    .find_map(|text| moment(text))
                    .ok_or(Unsupported::Invalid)?;
                let _ = writeln!(out, "(assert (<= {} {value}))", integer(first));
                if is_late {
                    let (last, end) = (integer(LAST_WRITTEN), integer(LAST_SECOND));
                    let _ = writeln!(out, "(assert (<= {value} {end}))");
                    let _ = writeln!(out, "(assert (or (<= {value} {last}) (= (mod {value} 1000000000) 0)))");
                }
                format!("(not {read})")
            }
            Class::Address => {
                let family = self.name("family");
                let _ = writeln!(out, "(declare-const {family} Int)");
                format!("(= {family} 0)")
            }
        };
        if may_be_empty {
            let empty = self.name("empty");
            let _ = writeln!(out, "(declare-const {empty} Bool)");
            let _ = writeln!(out, "(assert (=> {empty} {unread}))");
        }
        Ok(())
    }

    /// Whether it is the empty text.
    pub(super) fn is_empty(self, class: Class) -> Term {
        let value = self.value();
        Term::of(match class {
            Class::Text => format!("(= {value} \"\")"),
            Class::Bool => format!("(= {value} 2)"),
            Class::Bytes => format!("(= {value} 0)"),
            Class::Number | Class::Date | Class::Address => self.name("empty"),
        })
    }

    /// Whether it matches a value of a policy. `known` are the bytes that have a number.
    pub(super) fn matches(
        self,
        family: Family,
        text: &str,
        has_variables: bool,
        known: &[Vec<u8>],
    ) -> Result<Kleene, Unsupported> {
        let value = self.value();
        let nothing = || Ok(Term::constant(false));
        let pattern = || template(text, has_variables);
        let plain = |step: Step| match step {
            Step::Run | Step::RunOfField => '*',
            Step::One | Step::OneOfField => '?',
            Step::Is(letter) | Step::Folded(letter) => letter,
        };
        let compared = |relation: &str, wanted: String| {
            let read = self.name("read");
            Ok(Term::of(format!("(and {read} ({relation} {value} {wanted}))")))
        };
        let term = match family {
            Family::Text => {
                let text: String = pattern()?.into_iter().map(plain).collect();
                Ok(Term::of(format!("(= {value} {})", literal(&text)?)))
            }
            Family::TextIgnoringCase => {
                let folded: Vec<Step> = pattern()?.into_iter().map(plain).map(Step::Folded).collect();
                matches(&value, &folded)
            }
            Family::Like => matches(&value, &pattern()?),
            Family::Arn => match fields(&pattern()?) {
                Some(pattern) => matches(&value, &pattern),
                None => return Ok(Kleene::open()),
            },
            Family::Number(relation) => decimal(text).map_or_else(nothing, |wanted| compared(relation, wanted)),
            Family::Date(relation) => moment(text).map_or_else(nothing, |wanted| compared(relation, integer(wanted))),
            Family::Bool if text.eq_ignore_ascii_case("true") => Ok(Term::of(format!("(= {value} 1)"))),
            Family::Bool if text.eq_ignore_ascii_case("false") => Ok(Term::of(format!("(= {value} 0)"))),
            Family::Binary => bytes(text).map_or_else(nothing, |wanted| {
                let number = known.iter().position(|one| *one == wanted);
                let number = number.map_or(0, |at| at.saturating_add(1));
                Ok(Term::of(format!("(= {value} {number})")))
            }),
            Family::Address => Block::parse(text).map_or_else(nothing, |block| Ok(self.lies_in(block))),
            Family::Bool | Family::Null => nothing(),
        };
        term.map(Kleene::from)
    }

    fn lies_in(self, block: Block) -> Term {
        let family = if block.address.is_ipv4() { 4 } else { 6 };
        let (first, last) = block.range();
        let (value, of_family) = (self.value(), self.name("family"));
        Term::of(format!("(and (= {of_family} {family}) (<= {first} {value} {last}))"))
    }
}

/// The earliest moment that can be written: midnight of the first day in the zone that is farthest ahead. Year 0000 is
/// read by some.
const EARLIEST: [&str; 2] = ["0000-01-01T00:00:00+23:59", "0001-01-01T00:00:00+23:59"];

/// `9999-12-31T23:59:59.999999999-23:59`; what is later can only be written in seconds.
const LAST_WRITTEN: i128 = 253_402_387_139_999_999_999;

/// The last second whose nanoseconds can be counted.
const LAST_SECOND: i128 = i128::MAX / 1_000_000_000 * 1_000_000_000;

/// Whether a moment is one of those that can only be written in seconds.
pub(super) fn latest(text: &str) -> bool {
    moment(text).is_some_and(|moment| moment >= LAST_WRITTEN)
}

fn integer(value: i128) -> String {
    if value < 0 {
        format!("(- {})", value.unsigned_abs())
    } else {
        value.to_string()
    }
}

/// A number as a literal of sort Real.
fn decimal(text: &str) -> Option<String> {
    Decimal::parse(text)?;
    let digits = text.trim_start_matches(['+', '-']);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = Some(whole.trim_start_matches('0')).filter(|whole| !whole.is_empty());
    let fraction = Some(fraction).filter(|fraction| !fraction.is_empty());
    let number = format!("{}.{}", whole.unwrap_or("0"), fraction.unwrap_or("0"));
    Some(if text.starts_with('-') {
        format!("(- {number})")
    } else {
        number
    })
}

/// The bytes of a base-64 text with its padding; what is left over of a last digit does not count.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    let padding = text.len().checked_sub(digits.len())?;
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bits: Vec<bool> = Vec::new();
    for letter in digits.chars() {
        let digit = DIGITS.find(letter)?;
        bits.extend((0..6_u32).rev().map(|bit| digit & (1 << bit) != 0));
    }
    let whole = bits.chunks_exact(8);
    Some(
        whole
            .map(|bits| bits.iter().fold(0_u8, |byte, bit| (byte << 1) | u8::from(*bit)))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_moment_that_can_be_written_is_known() {
        assert_eq!(moment("9999-12-31T23:59:59.999999999-23:59"), Some(LAST_WRITTEN));
        assert!(latest("253402387140") && !latest("253402387139"));
        assert_eq!(moment(&(LAST_SECOND / 1_000_000_000).to_string()), Some(LAST_SECOND));
        assert_eq!(moment(&(LAST_SECOND / 1_000_000_000 + 1).to_string()), None);
    }

    #[test]
    fn numbers_are_written_as_solvers_read_them() {
        for (text, expected) in [
            ("7", Some("7.0")),
            ("-007.50", Some("(- 7.50)")),
            ("+.5", Some("0.5")),
            ("1e3", None),
            ("", None),
        ] {
            assert_eq!(decimal(text).as_deref(), expected, "{text}");
        }
        assert_eq!(integer(-3), "(- 3)");
    }

    #[test]
    fn base64_is_read_to_its_bytes() {
        assert_eq!(bytes("aGVsbG8=").as_deref(), Some(b"hello".as_slice()));
        assert_eq!(bytes("QQ=="), bytes("QR=="));
        assert_eq!(bytes("").as_deref(), Some(b"".as_slice()));
        for bad in ["a", "a===", "ab!=", "====", "aGVsbG8"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }
}
