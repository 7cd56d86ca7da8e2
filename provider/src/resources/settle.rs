//! State against server: the spelling of the state stays when the server means the same.

use std::collections::{BTreeMap, BTreeSet};

use leastpriv_terraform::value::{Tree, Value};

/// The value for the state. The prior one stays when the server says the same, or when both count as not set;
/// otherwise it is the server's, and null when that counts as not set.
pub(crate) fn value<T: PartialEq>(prior: Value<T>, live: T, is_unset: impl Fn(&T) -> bool) -> Value<T> {
    match prior {
        Value::Known(old) if old == live || (is_unset(&old) && is_unset(&live)) => Value::Known(old),
        _ if is_unset(&live) => Value::Null,
        _ => Value::Known(live),
    }
}

/// A text; empty counts as not set.
pub(crate) fn text(prior: Value<String>, live: String) -> Value<String> {
    value(prior, live, String::is_empty)
}

/// A number; zero counts as not set.
pub(crate) fn number(prior: Value<i64>, live: i64) -> Value<i64> {
    value(prior, live, |number| *number == 0)
}

/// A truth value; false counts as not set.
pub(crate) fn flag(prior: Value<bool>, live: bool) -> Value<bool> {
    value(prior, live, |flag| !*flag)
}

/// A list whose order means nothing to the server.
pub(crate) fn unordered(prior: Value<Vec<String>>, live: Vec<String>) -> Value<Vec<String>> {
    let sorted = |list: &[String]| list.iter().cloned().collect::<BTreeSet<String>>();
    match prior {
        Value::Known(old) if sorted(&old) == sorted(&live) => Value::Known(old),
        _ if live.is_empty() => Value::Null,
        _ => Value::Known(live),
    }
}

/// A list whose order counts.
pub(crate) fn ordered(prior: Value<Vec<String>>, live: Vec<String>) -> Value<Vec<String>> {
    value(prior, live, Vec::is_empty)
}

/// A set.
pub(crate) fn set(prior: Value<BTreeSet<String>>, live: BTreeSet<String>) -> Value<BTreeSet<String>> {
    value(prior, live, BTreeSet::is_empty)
}

/// A map.
pub(crate) fn map(
    prior: Value<BTreeMap<String, String>>,
    live: BTreeMap<String, String>,
) -> Value<BTreeMap<String, String>> {
    value(prior, live, BTreeMap::is_empty)
}

/// Null in place of a known value that counts as not set.
pub(crate) fn null_if<T>(value: Value<T>, is_unset: impl Fn(&T) -> bool) -> Value<T> {
    match value {
        Value::Known(known) if is_unset(&known) => Value::Null,
        other => other,
    }
}

/// The attributes of `wanted` that `actual` has otherwise. What is wanted but unknown cannot differ yet.
pub(crate) fn differing(wanted: &Tree, actual: &Tree) -> Vec<String> {
    let Tree::Object(attributes) = wanted else {
        return Vec::new();
    };
    attributes
        .iter()
        .filter(|(name, value)| value.is_wholly_known() && *value != actual.attribute(name))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Whether an attribute holds something that a server without the field would lose.
pub(crate) fn is_set(tree: &Tree) -> bool {
    match tree {
        Tree::Null | Tree::Bool(false) => false,
        Tree::String(text) => !text.is_empty(),
        Tree::Number(number) => number.as_i64() != Some(0),
        Tree::List(elements) | Tree::Set(elements) => !elements.is_empty(),
        Tree::Map(entries) => !entries.is_empty(),
        Tree::Unknown | Tree::Bool(true) | Tree::Object(_) | Tree::Dynamic { .. } => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prior_spelling_stays_when_it_means_the_same() {
        assert_eq!(number(Value::Known(0), 0), Value::Known(0));
        assert_eq!(number(Value::Null, 0), Value::Null);
        assert_eq!(
            text(Value::Known(String::new()), String::new()),
            Value::Known(String::new())
        );
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            unordered(Value::Known(names(&["b", "a"])), names(&["a", "b"])),
            Value::Known(names(&["b", "a"]))
        );
        assert_eq!(
            set(Value::Known(BTreeSet::new()), BTreeSet::new()),
            Value::Known(BTreeSet::new())
        );
    }

    #[test]
    fn drift_shows() {
        assert_eq!(number(Value::Known(900), 0), Value::Null);
        assert_eq!(number(Value::Null, 900), Value::Known(900));
        assert_eq!(flag(Value::Known(true), false), Value::Null);
        assert_eq!(
            ordered(Value::Known(vec!["a".into(), "b".into()]), vec!["b".into(), "a".into()]),
            Value::Known(vec!["b".into(), "a".into()])
        );
    }

    #[test]
    fn only_known_values_can_differ() {
        let mut wanted = Tree::object();
        wanted.set("same", "x");
        wanted.set("other", "x");
        wanted.set("later", Tree::Unknown);
        wanted.set("cleared", Tree::Null);
        let mut actual = Tree::object();
        actual.set("same", "x");
        actual.set("other", "y");
        actual.set("later", "y");
        actual.set("cleared", "y");
        assert_eq!(differing(&wanted, &actual), ["cleared", "other"]);
    }
}
