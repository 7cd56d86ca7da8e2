use std::collections::BTreeMap;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::path::AttributePath;
use crate::schema::Schema;
use crate::value::{Tree, Type};

impl Schema {
    /// Refuses what every resource would otherwise have to look out for itself.
    ///
    /// These are null elements within a collection, which no typed collection can hold, and numbers
    /// that are not whole or too large. Unknown values pass; they come again when they are known.
    pub fn check(&self, config: &Tree) -> Diagnostics {
        let mut found = Diagnostics::default();
        if let Type::Object(attributes) = self.ty() {
            check_object(&attributes, config, &AttributePath::root(), &mut found);
        }
        found
    }
}

/// As [`Schema::check`], for a value on its own; `at` is what it is called.
pub(crate) fn check_value(ty: &Type, value: &Tree, at: &AttributePath) -> Diagnostics {
    let mut found = Diagnostics::default();
    check_part(ty, value, at, &mut found);
    found
}

fn check_object(attributes: &BTreeMap<String, Type>, tree: &Tree, at: &AttributePath, found: &mut Diagnostics) {
    for (name, ty) in attributes {
        let at = at.clone().then_attribute(name.as_str());
        check_part(ty, tree.attribute(name), &at, found);
    }
}

fn check_part(ty: &Type, tree: &Tree, at: &AttributePath, found: &mut Diagnostics) {
    match (ty, tree) {
        (Type::Number, Tree::Number(number)) if number.as_i64().is_none() => {
            found.push(no_integer(at));
        }
        (Type::Object(attributes), Tree::Object(_)) => check_object(attributes, tree, at, found),
        (Type::List(element), Tree::List(elements)) => {
            for (index, tree) in elements.iter().enumerate() {
                check_element(element, tree, &at.clone().then_index(index), found);
            }
        }
        (Type::Set(element), Tree::Set(elements)) => {
            for tree in elements {
                check_element(element, tree, at, found);
            }
        }
        (Type::Map(element), Tree::Map(entries)) => {
            for (key, tree) in entries {
                check_element(element, tree, &at.clone().then_key(key.as_str()), found);
            }
        }
        _ => {}
    }
}

fn check_element(ty: &Type, tree: &Tree, at: &AttributePath, found: &mut Diagnostics) {
    if tree.is_null() {
        let diagnostic = Diagnostic::error(
            format!("`{at}` holds null"),
            "leave the element out, for example with a `for` expression that has an `if … != null`",
        );
        found.push(diagnostic.at(at.clone()));
    } else {
        check_part(ty, tree, at, found);
    }
}

fn no_integer(at: &AttributePath) -> Diagnostic {
    let detail = format!("give an integer between {} and {}", i64::MIN, i64::MAX);
    Diagnostic::error(format!("`{at}` is not a whole number in range"), detail).at(at.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Attribute, Block};
    use crate::value::Number;

    fn schema() -> Schema {
        Schema {
            attributes: vec![
                Attribute::optional("ttl", Type::Number, "seconds"),
                Attribute::optional("arns", Type::set(Type::String), "policies"),
                Attribute::optional("tags", Type::map(Type::String), "tags"),
            ],
            blocks: vec![Block::list(
                "header",
                vec![Attribute::optional("size", Type::Number, "bytes")],
            )],
            ..Schema::default()
        }
    }

    fn summaries(config: &Tree) -> Vec<String> {
        let found = schema().check(config);
        found.into_iter().map(|diagnostic| diagnostic.summary).collect()
    }

    #[test]
    fn whole_numbers_and_full_collections_pass() {
        let mut config = schema().null_tree();
        config.set("ttl", 3600_i64);
        config.set("tags", Tree::Unknown);
        assert!(schema().check(&config).is_empty());
    }

    #[test]
    fn a_fraction_is_refused_where_it_stands() {
        let mut header = Tree::object();
        header.set("size", Number::from_f64(1.5));
        let mut config = schema().null_tree();
        config.set("header", vec![header]);
        assert_eq!(summaries(&config), ["`header[0].size` is not a whole number in range"]);
    }

    #[test]
    fn null_elements_are_refused() {
        let mut config = schema().null_tree();
        config.set("arns", Tree::Set(vec![Tree::Null]));
        config.set("tags", Tree::Map(BTreeMap::from([("team".to_owned(), Tree::Null)])));
        assert_eq!(summaries(&config), ["`arns` holds null", "`tags[\"team\"]` holds null"]);
    }
}
