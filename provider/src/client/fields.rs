//! Reading fields of answers without trusting their types: servers and proxies of different ages write a number as
//! text, or a list as text with commas. A missing or null field reads as the empty value.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Object;
use crate::config::parse_duration;

/// A text; a number or a truth value is spelled out.
pub(crate) fn text(object: &Object, name: &str) -> String {
    object.get(name).map(scalar).unwrap_or_default()
}

/// A whole number; a text is parsed, seconds with a unit ("30m0s") are counted.
pub(crate) fn integer(object: &Object, name: &str) -> i64 {
    match object.get(name) {
        Some(Value::Number(number)) => number.as_i64().unwrap_or_else(|| number.as_f64().map_or(0, whole)),
        Some(Value::String(text)) => {
            let text = text.trim();
            text.parse().unwrap_or_else(|_| {
                parse_duration(text)
                    .and_then(|duration| i64::try_from(duration.as_secs()).ok())
                    .unwrap_or(0)
            })
        }
        _ => 0,
    }
}

/// A truth value; the text "true" counts.
pub(crate) fn flag(object: &Object, name: &str) -> bool {
    match object.get(name) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.trim().eq_ignore_ascii_case("true"),
        _ => false,
    }
}

/// A list of texts; one text is split at its commas.
pub(crate) fn strings(object: &Object, name: &str) -> Vec<String> {
    match object.get(name) {
        Some(Value::Array(items)) => items.iter().filter(|item| !item.is_null()).map(scalar).collect(),
        Some(Value::String(text)) => text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(ToOwned::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

/// A map of texts.
pub(crate) fn map(object: &Object, name: &str) -> BTreeMap<String, String> {
    match object.get(name) {
        Some(Value::Object(map)) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), scalar(value)))
            .collect(),
        _ => BTreeMap::new(),
    }
}

/// The names of an object's members.
pub(crate) fn names(object: &Object) -> BTreeSet<String> {
    object.keys().cloned().collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float beyond the range of `i64` saturates, as it should"
)]
fn whole(float: f64) -> i64 {
    float as i64
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        match value {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }

    #[test]
    fn fields_of_the_right_type() {
        let object = object(json!({
            "t": "x", "n": 900, "b": true, "l": ["a", "b"], "m": {"k": "v"}
        }));
        assert_eq!(text(&object, "t"), "x");
        assert_eq!(integer(&object, "n"), 900);
        assert!(flag(&object, "b"));
        assert_eq!(strings(&object, "l"), ["a", "b"]);
        assert_eq!(map(&object, "m"), BTreeMap::from([("k".to_owned(), "v".to_owned())]));
        assert_eq!(names(&object).into_iter().collect::<String>(), "blmnt");
    }

    #[test]
    fn fields_of_another_type_are_read_as_far_as_they_go() {
        let object = object(json!({
            "n": "900", "d": "30m0s", "f": 1.5, "huge": 1e300, "b": "true", "l": " a, b ,", "t": 3, "m": {"k": 1, "gone": null}
        }));
        assert_eq!(integer(&object, "n"), 900);
        assert_eq!(integer(&object, "d"), 1_800);
        assert_eq!(integer(&object, "f"), 1);
        assert_eq!(integer(&object, "huge"), i64::MAX);
        assert!(flag(&object, "b"));
        assert_eq!(strings(&object, "l"), ["a", "b"]);
        assert_eq!(text(&object, "t"), "3");
        assert_eq!(map(&object, "m"), BTreeMap::from([("k".to_owned(), "1".to_owned())]));
    }

    #[test]
    fn absent_and_null_are_empty() {
        let object = object(json!({ "null": null }));
        for name in ["null", "absent"] {
            assert_eq!(text(&object, name), "");
            assert_eq!(integer(&object, name), 0);
            assert!(!flag(&object, name));
            assert!(strings(&object, name).is_empty());
            assert!(map(&object, name).is_empty());
        }
    }
}
