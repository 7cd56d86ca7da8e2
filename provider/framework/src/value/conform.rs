//! Giving a tree exactly the shape of a type.
//!
//! Conforming is total: it answers with a tree that the encoder accepts, whatever came in, and with
//! the faults it had to repair. So one wrong attribute never costs the rest of a state.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{self, Display, Formatter};

use crate::path::{AttributePath, Located, Step};
use crate::value::tree::sort_set;
use crate::value::{Tree, Type};

/// What did not fit the type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConformFault {
    /// The value is of another kind. It was replaced by null.
    Mismatch {
        /// What the type asks for.
        expected: &'static str,
    },
    /// The type has no such attribute. It was left out.
    UnexpectedAttribute,
}

impl Display for ConformFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mismatch { expected } => write!(f, "{expected} is required"),
            Self::UnexpectedAttribute => f.write_str("there is no such attribute"),
        }
    }
}

impl Error for ConformFault {}

/// Gives a tree the shape of the type, and says what did not fit.
///
/// Missing attributes become null, sets are sorted, and lists, maps and objects that only differ in
/// kind are taken for the kind of the type.
pub fn conform(tree: Tree, ty: &Type) -> (Tree, Vec<Located<ConformFault>>) {
    let mut conformer = Conformer::default();
    let tree = conformer.value(tree, ty);
    (tree, conformer.faults)
}

#[derive(Default)]
struct Conformer {
    path: Vec<Step>,
    faults: Vec<Located<ConformFault>>,
}

impl Conformer {
    fn value(&mut self, tree: Tree, ty: &Type) -> Tree {
        match (ty, tree) {
            (_, tree @ (Tree::Null | Tree::Unknown))
            | (Type::String, tree @ Tree::String(_))
            | (Type::Number, tree @ Tree::Number(_))
            | (Type::Bool, tree @ Tree::Bool(_)) => tree,
            (Type::List(element), Tree::List(elements) | Tree::Set(elements)) => {
                Tree::List(self.elements(elements, element))
            }
            (Type::Set(element), Tree::List(elements) | Tree::Set(elements)) => {
                Tree::Set(sort_set(self.elements(elements, element)))
            }
            (Type::Tuple(types), Tree::List(elements)) if elements.len() == types.len() => self.tuple(elements, types),
            (Type::Map(element), Tree::Map(entries) | Tree::Object(entries)) => self.map(entries, element),
            (Type::Object(attributes), Tree::Map(fields) | Tree::Object(fields)) => self.object(fields, attributes),
            (Type::Dynamic, Tree::Dynamic { ty, value }) => {
                let value = Box::new(self.value(*value, &ty));
                Tree::Dynamic { ty, value }
            }
            (ty, _) => {
                self.report(ConformFault::Mismatch {
                    expected: ty.description(),
                });
                Tree::Null
            }
        }
    }

    fn elements(&mut self, elements: Vec<Tree>, ty: &Type) -> Vec<Tree> {
        elements
            .into_iter()
            .zip(0..)
            .map(|(element, index)| self.part(Step::Index(index), element, ty))
            .collect()
    }

    fn tuple(&mut self, elements: Vec<Tree>, types: &[Type]) -> Tree {
        let elements = elements
            .into_iter()
            .zip(types)
            .zip(0..)
            .map(|((element, ty), index)| self.part(Step::Index(index), element, ty))
            .collect();
        Tree::List(elements)
    }

    fn map(&mut self, entries: BTreeMap<String, Tree>, ty: &Type) -> Tree {
        let entries = entries
            .into_iter()
            .map(|(key, element)| {
                let element = self.part(Step::Key(key.clone()), element, ty);
                (key, element)
            })
            .collect();
        Tree::Map(entries)
    }

    fn object(&mut self, mut fields: BTreeMap<String, Tree>, attributes: &BTreeMap<String, Type>) -> Tree {
        let conformed = attributes
            .iter()
            .map(|(name, ty)| {
                let field = fields.remove(name).unwrap_or_default();
                let field = self.part(Step::Attribute(name.clone()), field, ty);
                (name.clone(), field)
            })
            .collect();
        for name in fields.into_keys() {
            self.path.push(Step::Attribute(name));
            self.report(ConformFault::UnexpectedAttribute);
            self.path.pop();
        }
        Tree::Object(conformed)
    }

    fn part(&mut self, step: Step, tree: Tree, ty: &Type) -> Tree {
        self.path.push(step);
        let tree = self.value(tree, ty);
        self.path.pop();
        tree
    }

    fn report(&mut self, fault: ConformFault) {
        let path: AttributePath = self.path.iter().cloned().collect();
        self.faults.push(Located { path, fault });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Tree {
        Tree::String(value.to_owned())
    }

    fn role() -> Type {
        Type::Object(BTreeMap::from([
            ("name".to_owned(), Type::String),
            ("arns".to_owned(), Type::set(Type::String)),
        ]))
    }

    #[test]
    fn missing_attributes_become_null_and_sets_are_sorted() {
        let mut tree = Tree::object();
        tree.set("arns", vec![text("b"), text("a"), text("b")]);
        let (tree, faults) = conform(tree, &role());
        assert!(faults.is_empty());
        assert_eq!(tree.attribute("name"), &Tree::Null);
        assert_eq!(tree.attribute("arns"), &Tree::Set(vec![text("a"), text("b")]));
    }

    #[test]
    fn one_wrong_attribute_does_not_cost_the_rest() {
        let mut tree = Tree::object();
        tree.set("name", true);
        tree.set("arns", vec![text("a")]);
        tree.set("more", "x");
        let (tree, faults) = conform(tree, &role());
        assert_eq!(tree.attribute("arns"), &Tree::Set(vec![text("a")]));
        assert_eq!(tree.attribute("name"), &Tree::Null);
        let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            ["`name`: a string is required", "`more`: there is no such attribute"]
        );
    }

    #[test]
    fn a_dynamic_value_needs_its_type() {
        let (tree, faults) = conform(text("a"), &Type::Dynamic);
        assert_eq!(tree, Tree::Null);
        assert_eq!(faults.len(), 1);
    }
}
