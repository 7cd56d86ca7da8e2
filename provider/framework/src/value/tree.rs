use std::collections::BTreeMap;

use crate::value::{FromTree, IntoTree, Number, Type, Value};

static NULL: Tree = Tree::Null;
static UNKNOWN: Tree = Tree::Unknown;

/// One Terraform value without static type.
///
/// A tree may hold a secret and prints it when debug-formatted, so a tree never goes into a log or
/// a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tree {
    /// Not set.
    #[default]
    Null,
    /// Set, but not known before apply.
    Unknown,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(String),
    /// A list, or a tuple.
    List(Vec<Tree>),
    /// A set, sorted and without repetition wherever the framework made it.
    Set(Vec<Tree>),
    /// A map from any key to elements of one type.
    Map(BTreeMap<String, Tree>),
    /// An object with the attributes of its type.
    Object(BTreeMap<String, Tree>),
    /// A value that carries its own type, because the schema leaves the type open.
    Dynamic {
        /// The type of the value.
        ty: Box<Type>,
        /// The value.
        value: Box<Tree>,
    },
}

impl Tree {
    /// An object without attributes.
    pub fn object() -> Self {
        Self::Object(BTreeMap::new())
    }

    /// An attribute of this object: null when it is absent, unknown when the object itself is.
    pub fn attribute(&self, name: &str) -> &Self {
        match self {
            Self::Object(fields) | Self::Map(fields) => fields.get(name).unwrap_or(&NULL),
            Self::Dynamic { value, .. } => value.attribute(name),
            Self::Unknown => &UNKNOWN,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::List(_) | Self::Set(_) => &NULL,
        }
    }

    /// An attribute of this object as a typed value.
    pub fn get<T: FromTree>(&self, name: &str) -> Value<T> {
        T::from_tree(self.attribute(name))
    }

    /// Sets an attribute. Anything but an object or map becomes an object first.
    pub fn set(&mut self, name: impl Into<String>, value: impl IntoTree) {
        if !matches!(self, Self::Object(_) | Self::Map(_)) {
            *self = Self::object();
        }
        if let Self::Object(fields) | Self::Map(fields) = self {
            fields.insert(name.into(), value.into_tree());
        }
    }

    /// The elements of this list or set; none for anything else.
    pub fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) | Self::Set(elements) => elements,
            Self::Dynamic { value, .. } => value.elements(),
            Self::Null
            | Self::Unknown
            | Self::Bool(_)
            | Self::Number(_)
            | Self::String(_)
            | Self::Map(_)
            | Self::Object(_) => &[],
        }
    }

    /// Whether the value is not set.
    pub fn is_null(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Dynamic { value, .. } => value.is_null(),
            _ => false,
        }
    }

    /// Whether the value as a whole is unknown. A known list with an unknown element is not.
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Dynamic { value, .. } => value.is_unknown(),
            _ => false,
        }
    }

    /// Whether nothing in the value is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
            Self::List(elements) | Self::Set(elements) => elements.iter().all(Self::is_wholly_known),
            Self::Map(fields) | Self::Object(fields) => fields.values().all(Self::is_wholly_known),
            Self::Dynamic { value, .. } => value.is_wholly_known(),
        }
    }
}

/// Sorts the elements of a set and drops repetitions.
///
/// Elements with something unknown in them stay, since they may turn out to differ.
pub(crate) fn sort_set(mut elements: Vec<Tree>) -> Vec<Tree> {
    elements.sort();
    elements.dedup_by(|later, earlier| later == earlier && later.is_wholly_known());
    elements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_that_is_absent_is_null() {
        let mut tree = Tree::object();
        tree.set("name", "deploy");
        assert_eq!(tree.attribute("name"), &Tree::String("deploy".to_owned()));
        assert_eq!(tree.attribute("other"), &Tree::Null);
        assert_eq!(Tree::Null.attribute("name"), &Tree::Null);
    }

    #[test]
    fn an_attribute_of_an_unknown_object_is_unknown() {
        assert_eq!(Tree::Unknown.attribute("name"), &Tree::Unknown);
        assert_eq!(Tree::Unknown.get::<String>("name"), Value::Unknown);
    }

    #[test]
    fn unknown_is_found_at_any_depth() {
        let mut tree = Tree::object();
        tree.set("list", vec![Tree::Null, Tree::Unknown]);
        assert!(!tree.is_wholly_known());
        assert!(!tree.is_unknown());
    }

    #[test]
    fn a_set_keeps_elements_that_may_still_differ() {
        let text = Tree::String("a".to_owned());
        let sorted = sort_set(vec![text.clone(), Tree::Unknown, text.clone(), Tree::Unknown]);
        assert_eq!(sorted, [Tree::Unknown, Tree::Unknown, text]);
    }

    #[test]
    fn setting_turns_null_into_an_object() {
        let mut tree = Tree::Null;
        tree.set("ttl", 3600_i64);
        assert_eq!(tree.get::<i64>("ttl"), Value::Known(3600));
    }
}
