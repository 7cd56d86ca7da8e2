//! Terms of SMT-LIB as text, and pairs of them for what is not certain.

use std::fmt::{self, Write as _};

use super::Unsupported;

/// A term of sort Bool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term(String);

impl Term {
    pub(super) fn of(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn constant(holds: bool) -> Self {
        Self::of(if holds { "true" } else { "false" })
    }

    pub(super) fn is_constant(&self) -> bool {
        self.is(true) || self.is(false)
    }

    fn is(&self, holds: bool) -> bool {
        self.0 == if holds { "true" } else { "false" }
    }

    pub(super) fn negated(self) -> Self {
        if self.is_constant() {
            return Self::constant(self.is(false));
        }
        match self.0.strip_prefix("(not ").and_then(|inner| inner.strip_suffix(')')) {
            Some(inner) => Self::of(inner),
            None => Self(format!("(not {})", self.0)),
        }
    }

    /// All of them; true where there is none.
    pub(super) fn all(terms: impl IntoIterator<Item = Self>) -> Self {
        Self::joined("and", terms, true)
    }

    /// At least one of them; false where there is none.
    pub(super) fn any(terms: impl IntoIterator<Item = Self>) -> Self {
        Self::joined("or", terms, false)
    }

    /// `neutral` is what changes nothing; its opposite decides alone.
    fn joined(operator: &str, terms: impl IntoIterator<Item = Self>, neutral: bool) -> Self {
        let mut parts: Vec<Self> = Vec::new();
        for term in terms {
            if term.is(!neutral) {
                return term;
            }
            if !term.is(neutral) && !parts.contains(&term) {
                parts.push(term);
            }
        }
        match parts.as_slice() {
            [] => Self::constant(neutral),
            [only] => only.clone(),
            several => {
                let mut text = format!("({operator}");
                for part in several {
                    let _ = write!(text, " {part}");
                }
                text.push(')');
                Self(text)
            }
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What certainly holds, and what may hold: they differ where the documentation leaves the answer open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kleene {
    pub(super) certain: Term,
    pub(super) possible: Term,
}

impl From<Term> for Kleene {
    fn from(term: Term) -> Self {
        Self {
            certain: term.clone(),
            possible: term,
        }
    }
}

impl Kleene {
    /// Nobody can say.
    pub(super) fn open() -> Self {
        Self {
            certain: Term::constant(false),
            possible: Term::constant(true),
        }
    }

    pub(super) fn negated(self) -> Self {
        Self {
            certain: self.possible.negated(),
            possible: self.certain.negated(),
        }
    }

    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(parts, Term::all)
    }

    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(parts, Term::any)
    }

    fn joined(parts: impl IntoIterator<Item = Self>, join: fn(Vec<Term>) -> Term) -> Self {
        let (certain, possible) = parts.into_iter().map(|part| (part.certain, part.possible)).unzip();
        Self {
            certain: join(certain),
            possible: join(possible),
        }
    }
}

/// A text as a literal of sort String.
pub(super) fn literal(text: &str) -> Result<String, Unsupported> {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\"\""),
            // A backslash may begin an escape.
            ' '..='~' if letter != '\\' => out.push(letter),
            '\0'..='\u{2ffff}' => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(letter));
            }
            _ => return Err(Unsupported::Character),
        }
    }
    out.push('"');
    Ok(out)
}
