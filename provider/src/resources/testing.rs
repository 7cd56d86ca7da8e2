//! What the tests of several resources need.

use leastpriv_terraform::schema::Schema;
use leastpriv_terraform::value::Tree;

/// What Terraform proposes: the configuration, with the prior value where a computed attribute is not configured.
pub(crate) fn propose(schema: &Schema, prior: Option<&Tree>, config: &Tree) -> Tree {
    let mut proposed = config.clone();
    for attribute in schema
        .attributes
        .iter()
        .filter(|attribute| attribute.mode.is_computed())
    {
        if config.attribute(attribute.name).is_null() {
            proposed.set(
                attribute.name,
                prior.map_or(Tree::Null, |prior| prior.attribute(attribute.name).clone()),
            );
        }
    }
    proposed
}
