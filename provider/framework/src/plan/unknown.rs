use crate::path::AttributePath;
use crate::schema::{Nesting, Schema};
use crate::value::Tree;

/// Replaces whatever is unknown by null, and says where it was.
///
/// After apply nothing may be unknown. A state with null in place of a value that the provider
/// forgot can be saved and repaired; a state with an unknown value in it cannot.
pub fn take_unknown(tree: &mut Tree) -> Vec<AttributePath> {
    let mut paths = Vec::new();
    take(tree, &AttributePath::root(), &mut paths);
    paths
}

fn take(tree: &mut Tree, at: &AttributePath, paths: &mut Vec<AttributePath>) {
    match tree {
        Tree::Unknown => {
            paths.push(at.clone());
            *tree = Tree::Null;
        }
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::String(_) => {}
        Tree::List(elements) => {
            for (index, element) in elements.iter_mut().enumerate() {
                take(element, &at.clone().then_index(index), paths);
            }
        }
        Tree::Set(elements) => {
            for element in elements {
                take(element, at, paths);
            }
        }
        Tree::Map(entries) => {
            for (key, element) in entries {
                take(element, &at.clone().then_key(key.as_str()), paths);
            }
        }
        Tree::Object(fields) => {
            for (name, field) in fields {
                take(field, &at.clone().then_attribute(name.as_str()), paths);
            }
        }
        Tree::Dynamic { value, .. } => take(value, at, paths),
    }
}

/// The attributes that a plan leaves unknown although their value is settled: the configuration
/// gives it, or nobody but the configuration may.
pub fn needless_unknown(schema: &Schema, config: &Tree, planned: &Tree) -> Vec<AttributePath> {
    let mut paths = Vec::new();
    find_needless(schema, config, planned, &AttributePath::root(), &mut paths);
    paths
}

fn find_needless(schema: &Schema, config: &Tree, planned: &Tree, at: &AttributePath, paths: &mut Vec<AttributePath>) {
    for attribute in &schema.attributes {
        let given = config.attribute(attribute.name);
        let settled = given.is_wholly_known() && !(given.is_null() && attribute.mode.is_computed());
        if settled && !planned.attribute(attribute.name).is_wholly_known() {
            paths.push(at.clone().then_attribute(attribute.name));
        }
    }
    for block in &schema.blocks {
        let at = at.clone().then_attribute(block.name);
        let (config, planned) = (config.attribute(block.name), planned.attribute(block.name));
        match block.nesting {
            Nesting::Single => find_needless(&block.schema, config, planned, &at, paths),
            Nesting::List => {
                let pairs = config.elements().iter().zip(planned.elements());
                for (index, (config, planned)) in pairs.enumerate() {
                    find_needless(&block.schema, config, planned, &at.clone().then_index(index), paths);
                }
            }
            // Which element of the plan comes from which of the configuration cannot be told.
            Nesting::Set => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::schema::Attribute;
    use crate::value::Type;

    fn text(paths: &[AttributePath]) -> Vec<String> {
        paths.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn unknown_is_taken_out_at_any_depth() {
        let mut tree = Tree::object();
        tree.set("id", Tree::Unknown);
        tree.set("list", vec![Tree::Bool(true), Tree::Unknown]);
        tree.set("map", Tree::Map(BTreeMap::from([("k".to_owned(), Tree::Unknown)])));
        let paths = take_unknown(&mut tree);
        assert_eq!(text(&paths), ["id", "list[1]", "map[\"k\"]"]);
        assert!(tree.is_wholly_known());
        assert!(take_unknown(&mut tree).is_empty());
    }

    #[test]
    fn only_what_is_open_may_be_unknown() {
        let schema = Schema {
            attributes: vec![
                Attribute::required("name", Type::String, ""),
                Attribute::optional("note", Type::String, ""),
                Attribute::optional_computed("ttl", Type::Number, ""),
                Attribute::optional_computed("path", Type::String, ""),
                Attribute::computed("id", Type::String, ""),
            ],
            ..Schema::default()
        };
        let mut config = schema.null_tree();
        config.set("name", Tree::Unknown);
        config.set("path", "a");
        let mut planned = schema.null_tree();
        for name in ["name", "note", "ttl", "path", "id"] {
            planned.set(name, Tree::Unknown);
        }
        assert_eq!(text(&needless_unknown(&schema, &config, &planned)), ["note", "path"]);
    }
}
