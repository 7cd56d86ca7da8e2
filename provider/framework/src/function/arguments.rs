use std::fmt::{self, Debug, Formatter};

use crate::value::{FromTree, Tree, Value};

static NULL: Tree = Tree::Null;

/// The arguments of one call, in order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Arguments(Vec<Tree>);

impl Arguments {
    /// The argument at a position, counted from zero; null where there is none.
    pub fn tree(&self, at: usize) -> &Tree {
        self.0.get(at).unwrap_or(&NULL)
    }

    /// The argument at a position as a typed value.
    pub fn get<T: FromTree>(&self, at: usize) -> Value<T> {
        T::from_tree(self.tree(at))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Tree> for Arguments {
    fn from_iter<I: IntoIterator<Item = Tree>>(trees: I) -> Self {
        Self(trees.into_iter().collect())
    }
}

/// Arguments may hold a secret, so nothing of them is printed.
impl Debug for Arguments {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arguments")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
