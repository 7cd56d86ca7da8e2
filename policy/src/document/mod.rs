//! Policy documents: statements, principals, conditions, every node with its place.
//!
//! A document keeps what the author wrote, all of it: an element that stands twice is there twice,
//! an unknown element is listed, a value of the wrong kind is a [`Mismatch`]. What a statement
//! *means* is decided elsewhere.

mod path;
mod read;

pub use path::PathElement;
pub use read::parse;

use crate::json::{Problem, Value};
use crate::span::Span;

/// A policy document and the problems met while reading its JSON.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The document, as far as it could be read.
    pub document: Document,
    /// The JSON it was read from.
    pub value: Value,
    /// What is wrong with the JSON.
    pub problems: Vec<Problem>,
}

/// A policy document.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The whole document.
    pub span: Span,
    /// Whether the text is a JSON object at all.
    pub is_object: bool,
    /// Every `Version` element.
    pub version: Vec<Text>,
    /// Every `Id` element.
    pub id: Vec<Text>,
    /// The names of every `Statement` element.
    pub statement_keys: Vec<Span>,
    /// All statements, in order.
    pub statements: Vec<Statement>,
    /// Members that the grammar does not know.
    pub unknown: Vec<Text>,
    /// Members whose value could not be read.
    pub unreadable: Vec<Text>,
    /// Values of the wrong JSON kind at document level.
    pub mismatches: Vec<Mismatch>,
}

/// A statement.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    /// Its number in the document, from 0.
    pub index: usize,
    /// Path to it: `Statement`, and its index where statements stand in a list.
    pub path: Vec<PathElement>,
    /// The whole object.
    pub span: Span,
    /// Every `Sid`.
    pub sid: Vec<Text>,
    /// Every `Effect`.
    pub effect: Vec<Text>,
    /// Every `Action`.
    pub action: Vec<Texts>,
    /// Every `NotAction`.
    pub not_action: Vec<Texts>,
    /// Every `Resource`.
    pub resource: Vec<Texts>,
    /// Every `NotResource`.
    pub not_resource: Vec<Texts>,
    /// Every `Principal`.
    pub principal: Vec<Principal>,
    /// Every `NotPrincipal`.
    pub not_principal: Vec<Principal>,
    /// Every test of every `Condition`.
    pub condition: Vec<ConditionTest>,
    /// The names of every `Condition` element.
    pub condition_keys: Vec<Span>,
    /// Members that the grammar does not know.
    pub unknown: Vec<Text>,
    /// Members whose value could not be read.
    pub unreadable: Vec<Text>,
    /// Values of the wrong JSON kind.
    pub mismatches: Vec<Mismatch>,
}

/// A text with its place and path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// The text, unescaped.
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Span,
    /// The way to it from the document.
    pub path: Vec<PathElement>,
}

/// An element that holds one text or a list of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Texts {
    /// The element's name.
    pub key_span: Span,
    /// The element's value.
    pub span: Span,
    /// The way to the value.
    pub path: Vec<PathElement>,
    /// The texts, in order.
    pub items: Vec<Text>,
}

/// A `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Principal {
    /// The element's name.
    pub key_span: Span,
    /// The element's value.
    pub span: Span,
    /// Whether it is the bare string `*`.
    pub is_star: bool,
    /// The kinds it names (`AWS`, `Service`, …) with their values.
    pub entries: Vec<(Text, Texts)>,
}

/// One key tested by one operator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConditionTest {
    /// The operator as written, with its set prefix and suffix.
    pub operator: Text,
    /// The condition key as written.
    pub key: Text,
    /// The values it is compared with.
    pub values: Vec<Text>,
    /// Span of the values.
    pub values_span: Span,
}

/// A value of a JSON kind that the grammar does not take there.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// The element.
    pub element: String,
    /// What it must be, with its article.
    pub expected: &'static str,
    /// What it is, with its article.
    pub found: &'static str,
    /// The value.
    pub span: Span,
    /// The way to the value.
    pub path: Vec<PathElement>,
}

impl Statement {
    /// All actions of all `Action` elements.
    pub fn actions(&self) -> impl Iterator<Item = &Text> {
        self.action.iter().flat_map(|texts| &texts.items)
    }

    /// All actions of all `NotAction` elements.
    pub fn not_actions(&self) -> impl Iterator<Item = &Text> {
        self.not_action.iter().flat_map(|texts| &texts.items)
    }

    /// All resources of all `Resource` elements.
    pub fn resources(&self) -> impl Iterator<Item = &Text> {
        self.resource.iter().flat_map(|texts| &texts.items)
    }

    /// All resources of all `NotResource` elements.
    pub fn not_resources(&self) -> impl Iterator<Item = &Text> {
        self.not_resource.iter().flat_map(|texts| &texts.items)
    }

    /// Whether some `Effect` says Allow. Where the element stands twice, the wider reading counts.
    pub fn allows(&self) -> bool {
        self.effect.iter().any(|effect| effect.text == "Allow")
    }

    /// Whether every `Effect` says Deny, and there is one.
    pub fn denies(&self) -> bool {
        !self.effect.is_empty() && self.effect.iter().all(|effect| effect.text == "Deny")
    }

    /// Whether it says whom it is about, as statements of a resource's policy do.
    pub fn names_principals(&self) -> bool {
        !self.principal.is_empty() || !self.not_principal.is_empty()
    }

    /// The first `Sid`.
    pub fn sid_text(&self) -> Option<&str> {
        self.sid.first().map(|sid| sid.text.as_str())
    }
}

impl Document {
    /// Whether some statement says whom it is about.
    pub fn names_principals(&self) -> bool {
        self.statements.iter().any(Statement::names_principals)
    }

    /// Whether a JSON value is meant as a policy: an object with a `Statement`, or with a `Version`
    /// that is one of the two policy dates.
    pub fn looks_like_policy(value: &Value) -> bool {
        value.get("Statement").is_some_and(|statement| {
            statement.as_object().is_some()
                || statement
                    .as_array()
                    .is_some_and(|items| items.iter().all(|item| item.as_object().is_some()))
        }) || value
            .get("Version")
            .and_then(Value::as_str)
            .is_some_and(|version| version == "2012-10-17" || version == "2008-10-17")
    }
}
