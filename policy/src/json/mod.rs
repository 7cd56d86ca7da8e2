//! A lossless, total JSON reader: every node knows its bytes, members keep their order and their
//! duplicates, broken parts stay visible, and what is wrong becomes a [`Problem`], never an error.
//!
//! The reader takes exactly the JSON of RFC 8259 without problems; everything else is read as far as
//! it can be understood. Nesting is bounded by [`MAX_DEPTH`], so no input can exhaust the stack.

mod reader;
mod string_map;

pub use reader::parse;
pub use string_map::StringMap;

use crate::span::Span;

/// Deepest nesting that is read; anything deeper is one [`ProblemKind::TooDeep`] and a broken node.
pub const MAX_DEPTH: usize = 128;

/// Most problems of one kind that are kept for one text; a text with more is garbage, and the rest says nothing new.
pub const MAX_PROBLEMS: usize = 64;

/// A JSON value and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What it is.
    pub node: Node,
    /// Where it stands, quotes and brackets included.
    pub span: Span,
}

/// What a JSON value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as its text, so that no digit is lost.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object; duplicates are kept.
    Object(Vec<Member>),
    /// Something that could not be read; a problem says why.
    Broken,
}

/// One member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The name, unescaped.
    pub key: String,
    /// Where the name stands, quotes included.
    pub key_span: Span,
    /// The value.
    pub value: Value,
}

/// Something wrong found while reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind of problem.
    pub kind: ProblemKind,
    /// The smallest place that shows it.
    pub span: Span,
    /// Other places that belong to it: for a duplicate member the earlier ones.
    pub related: Vec<Span>,
    /// One line: what is wrong.
    pub message: String,
}

/// Kinds of problems of the JSON reader.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// Not JSON here.
    Syntax,
    /// A member occurs twice in one object; most readers keep only the last one.
    DuplicateKey,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

impl Value {
    /// The last member of that name, as most readers would take it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_object()?
            .iter()
            .rev()
            .find(|member| member.key == key)
            .map(|member| &member.value)
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.node {
            Node::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        match &self.node {
            Node::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members of an object.
    pub fn as_object(&self) -> Option<&[Member]> {
        match &self.node {
            Node::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The truth value of `true` and `false`.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.node {
            Node::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.node, Node::Null)
    }

    /// The field's word for this kind of value, with its article.
    pub fn kind(&self) -> &'static str {
        match self.node {
            Node::Null => "null",
            Node::Bool(_) => "a boolean",
            Node::Number(_) => "a number",
            Node::String(_) => "a string",
            Node::Array(_) => "an array",
            Node::Object(_) => "an object",
            Node::Broken => "something unreadable",
        }
    }
}
