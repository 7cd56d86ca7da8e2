use crate::path::AttributePath;
use crate::schema::{Nesting, Schema};
use crate::value::Tree;

/// The attributes whose change makes a new object necessary.
///
/// An attribute counts as changed when its planned value differs from the prior one, and also when
/// it is not wholly known: the object could not be changed in place once the value is there. In a
/// set of blocks elements have no address, so the path is that of the set.
pub fn requires_replace(schema: &Schema, prior: &Tree, planned: &Tree) -> Vec<AttributePath> {
    let mut paths = Vec::new();
    if !prior.is_null() && !planned.is_null() {
        collect(schema, prior, planned, &AttributePath::root(), &mut paths);
    }
    paths
}

fn collect(schema: &Schema, prior: &Tree, planned: &Tree, at: &AttributePath, paths: &mut Vec<AttributePath>) {
    for attribute in schema.attributes.iter().filter(|attribute| attribute.replaces) {
        if differ(prior.attribute(attribute.name), planned.attribute(attribute.name)) {
            paths.push(at.clone().then_attribute(attribute.name));
        }
    }
    for block in &schema.blocks {
        let at = at.clone().then_attribute(block.name);
        let (prior, planned) = (prior.attribute(block.name), planned.attribute(block.name));
        match block.nesting {
            Nesting::Single => collect(&block.schema, prior, planned, &at, paths),
            Nesting::List => {
                let (prior, planned) = (prior.elements(), planned.elements());
                for index in 0..prior.len().max(planned.len()) {
                    let prior = prior.get(index).unwrap_or(&Tree::Null);
                    let planned = planned.get(index).unwrap_or(&Tree::Null);
                    collect(&block.schema, prior, planned, &at.clone().then_index(index), paths);
                }
            }
            Nesting::Set => {
                if replaces_anything(&block.schema) && differ(prior, planned) {
                    paths.push(at);
                }
            }
        }
    }
}

fn differ(prior: &Tree, planned: &Tree) -> bool {
    !planned.is_wholly_known() || prior != planned
}

fn replaces_anything(schema: &Schema) -> bool {
    let attributes = schema.attributes.iter().any(|attribute| attribute.replaces);
    attributes || schema.blocks.iter().any(|block| replaces_anything(&block.schema))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::{Attribute, Block};
    use crate::value::Type;

    fn schema() -> Schema {
        let inner = || {
            vec![
                Attribute::required("key", Type::String, "").replaces(),
                Attribute::optional("note", Type::String, ""),
            ]
        };
        Schema {
            attributes: vec![
                Attribute::required("name", Type::String, "").replaces(),
                Attribute::optional("arns", Type::set(Type::String), "").replaces(),
                Attribute::optional("ttl", Type::Number, ""),
            ],
            blocks: vec![
                Block::list("list", inner()),
                Block::set("set", inner()),
                Block::single("one", inner()),
            ],
            ..Schema::default()
        }
    }

    fn state(name: &str) -> Tree {
        let mut tree = schema().null_tree();
        tree.set("name", name);
        tree
    }

    fn inner(key: &str, note: &str) -> Tree {
        let mut tree = Tree::object();
        tree.set("key", key);
        tree.set("note", note);
        tree
    }

    fn paths(prior: &Tree, planned: &Tree) -> Vec<String> {
        requires_replace(&schema(), prior, planned)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_changed_attribute_needs_a_new_object() {
        assert_eq!(paths(&state("a"), &state("b")), ["name"]);
        assert!(paths(&state("a"), &state("a")).is_empty());
    }

    #[test]
    fn unknown_counts_as_changed() {
        let prior = state("a");
        let mut planned = prior.clone();
        planned.set("name", Tree::Unknown);
        planned.set("arns", Tree::Set(vec![Tree::Unknown]));
        planned.set("ttl", Tree::Unknown);
        assert_eq!(paths(&prior, &planned), ["name", "arns"]);
    }

    #[test]
    fn creating_and_destroying_replace_nothing() {
        assert!(paths(&Tree::Null, &state("a")).is_empty());
        assert!(paths(&state("a"), &Tree::Null).is_empty());
    }

    #[test]
    fn blocks_are_compared_by_place() {
        let mut prior = state("a");
        prior.set("list", vec![inner("x", "1"), inner("y", "1")]);
        prior.set("one", inner("x", "1"));
        let mut planned = state("a");
        planned.set("list", vec![inner("x", "2"), inner("z", "1"), inner("w", "1")]);
        planned.set("one", inner("y", "1"));
        assert_eq!(paths(&prior, &planned), ["list[1].key", "list[2].key", "one.key"]);
    }

    #[test]
    fn a_set_of_blocks_is_compared_as_a_whole() {
        let mut prior = state("a");
        prior.set("set", Tree::Set(vec![inner("x", "1")]));
        let mut planned = state("a");
        planned.set("set", Tree::Set(vec![inner("y", "1")]));
        assert_eq!(paths(&prior, &planned), ["set"]);
        assert!(paths(&planned, &planned).is_empty());
    }

    proptest! {
        #[test]
        fn exactly_the_marked_attributes_that_differ_are_named(
            (old_name, new_name) in ("[ab]", "[ab]"),
            (old_ttl, new_ttl) in (0_i64..3, 0_i64..3),
        ) {
            let mut prior = state(&old_name);
            prior.set("ttl", old_ttl);
            let mut planned = state(&new_name);
            planned.set("ttl", new_ttl);
            let expected: Vec<&str> = if old_name == new_name { vec![] } else { vec!["name"] };
            prop_assert_eq!(paths(&prior, &planned), expected);
        }
    }
}
