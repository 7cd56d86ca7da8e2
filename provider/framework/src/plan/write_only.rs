use crate::path::AttributePath;
use crate::schema::Schema;
use crate::value::Tree;

/// Takes every write-only value out of a plan or state, where Terraform allows none.
pub fn null_write_only(schema: &Schema, tree: &mut Tree) {
    let Tree::Object(fields) = tree else { return };
    for attribute in schema.attributes.iter().filter(|attribute| attribute.write_only) {
        if let Some(field) = fields.get_mut(attribute.name) {
            *field = Tree::Null;
        }
    }
    for block in &schema.blocks {
        match fields.get_mut(block.name) {
            Some(Tree::List(items) | Tree::Set(items)) => {
                for item in items {
                    null_write_only(&block.schema, item);
                }
            }
            Some(item) => null_write_only(&block.schema, item),
            None => {}
        }
    }
}

/// The write-only attributes that a configuration gives a value, known or not.
pub fn write_only_set(schema: &Schema, config: &Tree) -> Vec<AttributePath> {
    let mut paths = Vec::new();
    collect(schema, config, &AttributePath::root(), &mut paths);
    paths
}

fn collect(schema: &Schema, config: &Tree, at: &AttributePath, paths: &mut Vec<AttributePath>) {
    for attribute in schema.attributes.iter().filter(|attribute| attribute.write_only) {
        if !config.attribute(attribute.name).is_null() {
            paths.push(at.clone().then_attribute(attribute.name));
        }
    }
    for block in &schema.blocks {
        let at = at.clone().then_attribute(block.name);
        match config.attribute(block.name) {
            Tree::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    collect(&block.schema, item, &at.clone().then_index(index), paths);
                }
            }
            // Elements of a set have no address, so each is reported as the set.
            Tree::Set(items) => {
                let before = paths.len();
                for item in items {
                    collect(&block.schema, item, &at, paths);
                }
                if paths.len() > before {
                    paths.truncate(before);
                    paths.push(at);
                }
            }
            item => collect(&block.schema, item, &at, paths),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::{Attribute, Block};
    use crate::value::Type;

    fn schema() -> Schema {
        let inner = || vec![Attribute::optional("key_wo", Type::String, "").write_only()];
        Schema {
            attributes: vec![
                Attribute::optional("name", Type::String, ""),
                Attribute::optional("secret_wo", Type::String, "").write_only(),
            ],
            blocks: vec![Block::list("list", inner()), Block::single("one", inner())],
            ..Schema::default()
        }
    }

    fn config(secret: impl crate::value::IntoTree) -> Tree {
        let mut inner = Tree::object();
        inner.set("key_wo", "deep");
        let mut tree = schema().null_tree();
        tree.set("name", "a");
        tree.set("secret_wo", secret);
        tree.set("list", vec![inner.clone()]);
        tree.set("one", inner);
        tree
    }

    #[test]
    fn every_write_only_value_is_taken_out_and_nothing_else() {
        let mut tree = config("secret");
        null_write_only(&schema(), &mut tree);
        assert!(write_only_set(&schema(), &tree).is_empty());
        assert_eq!(tree.attribute("name"), &Tree::String("a".to_owned()));
        assert_eq!(tree.attribute("list").elements().len(), 1);
    }

    #[test]
    fn what_is_set_is_named_even_when_unknown() {
        let paths = write_only_set(&schema(), &config(Tree::Unknown));
        let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
        assert_eq!(paths, ["secret_wo", "list[0].key_wo", "one.key_wo"]);
    }

    #[test]
    fn a_null_tree_has_nothing_to_take_out() {
        let mut tree = Tree::Null;
        null_write_only(&schema(), &mut tree);
        assert_eq!(tree, Tree::Null);
        assert!(write_only_set(&schema(), &Tree::Null).is_empty());
    }

    proptest! {
        #[test]
        fn no_secret_is_left(secret in "[A-Z]{8,12}", depth in 0_usize..3) {
            let mut tree = config(secret.as_str());
            let mut inner = Tree::object();
            inner.set("key_wo", secret.as_str());
            tree.set("list", vec![inner; depth]);
            null_write_only(&schema(), &mut tree);
            let printed = format!("{tree:?}");
            prop_assert!(!printed.contains(&secret));
        }
    }
}
