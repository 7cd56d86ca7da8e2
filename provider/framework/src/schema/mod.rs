//! What a block of configuration holds: attributes, nested blocks, and their documentation.
//!
//! A schema describes. Comparing two values under a schema is for `plan`, and its form in the
//! protocol is for `wire`.

mod attribute;
mod block;
mod check;
mod docs;

use crate::path::Located;
use crate::value::conform::{self, ConformFault};
use crate::value::{Tree, Type};

pub(crate) use check::check_value;

pub use attribute::{Attribute, Mode};
pub use block::{Block, Nesting};

/// The shape of a provider, resource or ephemeral resource block, and of its state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// Counts incompatible changes of the stored state.
    pub version: i64,
    /// What the block stands for, in Markdown.
    pub description: String,
    /// The arguments and results.
    pub attributes: Vec<Attribute>,
    /// The blocks within.
    pub blocks: Vec<Block>,
}

impl Schema {
    /// The object type of all attributes and blocks.
    pub fn ty(&self) -> Type {
        let attributes = self
            .attributes
            .iter()
            .map(|attribute| (attribute.name.to_owned(), attribute.ty.clone()));
        let blocks = self.blocks.iter().map(|block| (block.name.to_owned(), block.ty()));
        Type::Object(attributes.chain(blocks).collect())
    }

    /// An object in which nothing is set.
    pub fn null_tree(&self) -> Tree {
        self.conform(Tree::object()).0
    }

    /// Gives a tree exactly this shape, and says what did not fit.
    ///
    /// Beyond the type, repeated blocks that are missing become empty: Terraform never takes null
    /// for them.
    pub fn conform(&self, tree: Tree) -> (Tree, Vec<Located<ConformFault>>) {
        let (mut tree, faults) = conform::conform(tree, &self.ty());
        self.fill_blocks(&mut tree);
        (tree, faults)
    }

    fn fill_blocks(&self, tree: &mut Tree) {
        let Tree::Object(fields) = tree else { return };
        for block in &self.blocks {
            let Some(field) = fields.get_mut(block.name) else {
                continue;
            };
            if field.is_null() {
                match block.nesting {
                    Nesting::List => *field = Tree::List(Vec::new()),
                    Nesting::Set => *field = Tree::Set(Vec::new()),
                    Nesting::Single => {}
                }
                continue;
            }
            match field {
                Tree::List(items) | Tree::Set(items) => {
                    for item in items {
                        block.schema.fill_blocks(item);
                    }
                }
                item => block.schema.fill_blocks(item),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn schema() -> Schema {
        Schema {
            attributes: vec![
                Attribute::required("name", Type::String, "name of the role"),
                Attribute::computed("id", Type::String, "path of the role"),
            ],
            blocks: vec![
                Block::list("header", vec![Attribute::required("key", Type::String, "name")]),
                Block::single("login", vec![Attribute::optional("role", Type::String, "role")]),
            ],
            ..Schema::default()
        }
    }

    #[test]
    fn the_type_has_attributes_and_blocks() {
        let header = BTreeMap::from([("key".to_owned(), Type::String)]);
        let login = BTreeMap::from([("role".to_owned(), Type::String)]);
        let expected = BTreeMap::from([
            ("name".to_owned(), Type::String),
            ("id".to_owned(), Type::String),
            ("header".to_owned(), Type::list(Type::Object(header))),
            ("login".to_owned(), Type::Object(login)),
        ]);
        assert_eq!(schema().ty(), Type::Object(expected));
    }

    #[test]
    fn a_repeated_block_is_never_null() {
        let tree = schema().null_tree();
        assert_eq!(tree.attribute("header"), &Tree::List(Vec::new()));
        assert_eq!(tree.attribute("login"), &Tree::Null);
        assert_eq!(tree.attribute("name"), &Tree::Null);
    }
}
