use crate::schema::{Attribute, Schema};
use crate::value::Type;

/// How often a block may be repeated, and what that makes of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// Once at most: an object, or null.
    Single,
    /// Any number of times, in order.
    List,
    /// Any number of times, without order.
    Set,
}

/// A block within a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The name in configurations.
    pub name: &'static str,
    /// How often it may be repeated.
    pub nesting: Nesting,
    /// The attributes and blocks within.
    pub schema: Schema,
    /// How many there must be.
    pub min_items: i64,
    /// How many there may be. Zero sets no limit.
    pub max_items: i64,
    /// What the block stands for, in Markdown.
    pub description: String,
}

impl Block {
    /// A block that may be there once.
    pub fn single(name: &'static str, attributes: Vec<Attribute>) -> Self {
        Self::new(name, Nesting::Single, attributes)
    }

    /// A block that may be repeated, in order.
    pub fn list(name: &'static str, attributes: Vec<Attribute>) -> Self {
        Self::new(name, Nesting::List, attributes)
    }

    /// A block that may be repeated, without order.
    pub fn set(name: &'static str, attributes: Vec<Attribute>) -> Self {
        Self::new(name, Nesting::Set, attributes)
    }

    /// Says how many there must and may be. Zero as the largest number sets no limit.
    #[must_use]
    pub fn items(mut self, min_items: i64, max_items: i64) -> Self {
        self.min_items = min_items;
        self.max_items = max_items;
        self
    }

    /// Says what the block stands for.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// The type of all repetitions together.
    pub fn ty(&self) -> Type {
        match self.nesting {
            Nesting::Single => self.schema.ty(),
            Nesting::List => Type::list(self.schema.ty()),
            Nesting::Set => Type::set(self.schema.ty()),
        }
    }

    fn new(name: &'static str, nesting: Nesting, attributes: Vec<Attribute>) -> Self {
        Self {
            name,
            nesting,
            schema: Schema {
                attributes,
                ..Schema::default()
            },
            min_items: 0,
            max_items: 0,
            description: String::new(),
        }
    }
}
