use std::collections::{BTreeMap, BTreeSet};

use crate::value::tree::sort_set;
use crate::value::{Number, Tree, Value};

/// Reading a Rust value from a tree.
///
/// A tree has the shape of its schema before anything is read from it, so a shape that does not fit
/// is a field read as the wrong type; it reads as null.
pub trait FromTree: Sized {
    /// Reads the value and its state.
    fn from_tree(tree: &Tree) -> Value<Self>;
}

/// Writing a Rust value into a tree.
pub trait IntoTree {
    /// The value as a tree.
    fn into_tree(self) -> Tree;
}

impl FromTree for Tree {
    fn from_tree(tree: &Tree) -> Value<Self> {
        match tree {
            Tree::Null => Value::Null,
            Tree::Unknown => Value::Unknown,
            known => Value::Known(known.clone()),
        }
    }
}

impl FromTree for String {
    fn from_tree(tree: &Tree) -> Value<Self> {
        scalar(tree, |tree| match tree {
            Tree::String(text) => Some(text.clone()),
            _ => None,
        })
    }
}

impl FromTree for bool {
    fn from_tree(tree: &Tree) -> Value<Self> {
        scalar(tree, |tree| match tree {
            Tree::Bool(value) => Some(*value),
            _ => None,
        })
    }
}

impl FromTree for Number {
    fn from_tree(tree: &Tree) -> Value<Self> {
        scalar(tree, |tree| match tree {
            Tree::Number(number) => Some(number.clone()),
            _ => None,
        })
    }
}

/// Numbers of a configuration are checked to be whole before a resource reads them; see
/// [`Schema::check`](crate::schema::Schema::check).
impl FromTree for i64 {
    fn from_tree(tree: &Tree) -> Value<Self> {
        scalar(tree, |tree| match tree {
            Tree::Number(number) => number.as_i64(),
            _ => None,
        })
    }
}

/// A list or set that holds anything unknown reads as unknown. Null elements are left out; a
/// configuration has none, see [`Schema::check`](crate::schema::Schema::check).
impl<T: FromTree> FromTree for Vec<T> {
    fn from_tree(tree: &Tree) -> Value<Self> {
        match tree {
            Tree::List(elements) | Tree::Set(elements) => collect(elements.iter().map(|element| ((), element)))
                .map(|known: Vec<((), T)>| known.into_iter().map(|((), element)| element).collect()),
            Tree::Dynamic { value, .. } => Self::from_tree(value),
            Tree::Unknown => Value::Unknown,
            _ => Value::Null,
        }
    }
}

/// As for a list.
impl<T: FromTree + Ord> FromTree for BTreeSet<T> {
    fn from_tree(tree: &Tree) -> Value<Self> {
        Vec::from_tree(tree).map(|elements: Vec<T>| elements.into_iter().collect())
    }
}

/// A map that holds anything unknown reads as unknown. Null elements are left out.
impl<T: FromTree> FromTree for BTreeMap<String, T> {
    fn from_tree(tree: &Tree) -> Value<Self> {
        match tree {
            Tree::Map(entries) | Tree::Object(entries) => {
                let entries = entries.iter().map(|(key, element)| (key.clone(), element));
                collect(entries).map(|known: Vec<(String, T)>| known.into_iter().collect())
            }
            Tree::Dynamic { value, .. } => Self::from_tree(value),
            Tree::Unknown => Value::Unknown,
            _ => Value::Null,
        }
    }
}

fn scalar<T>(tree: &Tree, read: impl FnOnce(&Tree) -> Option<T>) -> Value<T> {
    match tree {
        Tree::Unknown => Value::Unknown,
        Tree::Dynamic { value, .. } if value.is_unknown() => Value::Unknown,
        Tree::Dynamic { value, .. } => Value::or_null(read(value)),
        tree => Value::or_null(read(tree)),
    }
}

fn collect<'a, K, T: FromTree>(elements: impl Iterator<Item = (K, &'a Tree)>) -> Value<Vec<(K, T)>> {
    let mut known = Vec::new();
    for (key, element) in elements {
        match T::from_tree(element) {
            Value::Known(value) => known.push((key, value)),
            Value::Unknown => return Value::Unknown,
            Value::Null => {}
        }
    }
    Value::Known(known)
}

impl IntoTree for Tree {
    fn into_tree(self) -> Tree {
        self
    }
}

impl IntoTree for String {
    fn into_tree(self) -> Tree {
        Tree::String(self)
    }
}

impl IntoTree for &str {
    fn into_tree(self) -> Tree {
        Tree::String(self.to_owned())
    }
}

impl IntoTree for bool {
    fn into_tree(self) -> Tree {
        Tree::Bool(self)
    }
}

impl IntoTree for Number {
    fn into_tree(self) -> Tree {
        Tree::Number(self)
    }
}

impl IntoTree for i64 {
    fn into_tree(self) -> Tree {
        Tree::Number(self.into())
    }
}

impl IntoTree for i32 {
    fn into_tree(self) -> Tree {
        Tree::Number(self.into())
    }
}

impl IntoTree for u32 {
    fn into_tree(self) -> Tree {
        Tree::Number(self.into())
    }
}

impl IntoTree for u64 {
    fn into_tree(self) -> Tree {
        Tree::Number(self.into())
    }
}

impl<T: IntoTree> IntoTree for Vec<T> {
    fn into_tree(self) -> Tree {
        Tree::List(self.into_iter().map(IntoTree::into_tree).collect())
    }
}

impl<T: IntoTree> IntoTree for BTreeSet<T> {
    fn into_tree(self) -> Tree {
        Tree::Set(sort_set(self.into_iter().map(IntoTree::into_tree).collect()))
    }
}

impl<T: IntoTree> IntoTree for BTreeMap<String, T> {
    fn into_tree(self) -> Tree {
        let entries = self.into_iter().map(|(key, element)| (key, element.into_tree()));
        Tree::Map(entries.collect())
    }
}

impl<T: IntoTree> IntoTree for Value<T> {
    fn into_tree(self) -> Tree {
        match self {
            Self::Null => Tree::Null,
            Self::Unknown => Tree::Unknown,
            Self::Known(value) => value.into_tree(),
        }
    }
}

impl<T: IntoTree> IntoTree for Option<T> {
    fn into_tree(self) -> Tree {
        self.map_or(Tree::Null, IntoTree::into_tree)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut tree = Tree::object();
        tree.set("text", "a");
        tree.set("count", 5_i64);
        tree.set("flag", true);
        tree.set("list", vec!["b".to_owned(), "a".to_owned()]);
        tree.set("set", BTreeSet::from(["b".to_owned(), "a".to_owned()]));
        tree.set("map", BTreeMap::from([("k".to_owned(), "v".to_owned())]));

        assert_eq!(tree.get::<String>("text").as_deref(), Some("a"));
        assert_eq!(tree.get::<i64>("count"), Value::Known(5));
        assert_eq!(tree.get::<bool>("flag"), Value::Known(true));
        assert_eq!(
            tree.get::<Vec<String>>("list"),
            Value::Known(vec!["b".to_owned(), "a".to_owned()])
        );
        assert_eq!(
            tree.get::<BTreeSet<String>>("set"),
            Value::Known(BTreeSet::from(["a".to_owned(), "b".to_owned()]))
        );
        assert_eq!(
            tree.get::<BTreeMap<String, String>>("map"),
            Value::Known(BTreeMap::from([("k".to_owned(), "v".to_owned())]))
        );
    }

    #[test]
    fn an_unknown_element_makes_a_collection_unknown() {
        let list = Tree::List(vec![Tree::String("a".to_owned()), Tree::Unknown]);
        assert_eq!(Vec::<String>::from_tree(&list), Value::Unknown);
        let map = Tree::Map(BTreeMap::from([("k".to_owned(), Tree::Unknown)]));
        assert_eq!(BTreeMap::<String, String>::from_tree(&map), Value::Unknown);
    }

    #[test]
    fn the_state_of_a_typed_value_is_written() {
        assert_eq!(Value::<String>::Unknown.into_tree(), Tree::Unknown);
        assert_eq!(Value::<String>::Null.into_tree(), Tree::Null);
        assert_eq!(None::<String>.into_tree(), Tree::Null);
    }

    #[test]
    fn a_dynamic_value_is_read_through() {
        let tree = Tree::Dynamic {
            ty: Box::new(crate::value::Type::String),
            value: Box::new(Tree::String("a".to_owned())),
        };
        assert_eq!(String::from_tree(&tree), Value::Known("a".to_owned()));
    }
}
