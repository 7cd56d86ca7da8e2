//! Policy text out: compacted as the server stores it, laid out for people, canonical, and equality of meaning.

use std::fmt::Write as _;

use crate::json::{self, Node, Value};

/// The text without insignificant white space: what Go's `json.Compact` makes of it, and so what the
/// server stores and sends. Text that is no JSON comes back unchanged.
pub fn compact(text: &str) -> String {
    if !json::parse(text)
        .1
        .iter()
        .all(|problem| problem.kind == json::ProblemKind::DuplicateKey)
    {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut in_string = false;
    let mut escaped = false;
    for character in text.chars() {
        if in_string {
            out.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if !matches!(character, ' ' | '\t' | '\n' | '\r') {
            out.push(character);
            in_string = character == '"';
        }
    }
    out
}

/// Whether two policy texts mean the same by form alone: they may differ in white space, in the order
/// of members, in `"x"` against `["x"]`, and in the order of a list of texts. The order of statements
/// counts. Texts that are no JSON are equal only letter by letter.
pub fn semantically_equal(a: &str, b: &str) -> bool {
    a == b || canonical(a).is_some_and(|a| canonical(b).is_some_and(|b| a == b))
}

/// The canonical text: members sorted by name, one-element lists as their element, lists of texts
/// sorted and without repetitions, no white space. Absent where the text is no JSON or has a doubled
/// member, because then nobody can say what it means.
pub fn canonical(text: &str) -> Option<String> {
    let (value, problems) = json::parse(text);
    if !problems.is_empty() {
        return None;
    }
    let mut out = String::new();
    write_canonical(&value, &mut out);
    Some(out)
}

fn write_canonical(value: &Value, out: &mut String) {
    match &value.node {
        Node::Null | Node::Broken => out.push_str("null"),
        Node::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Node::Number(text) => out.push_str(text),
        Node::String(text) => quote(text, out),
        Node::Array(items) => match items.as_slice() {
            [only] if !matches!(only.node, Node::Array(_)) => write_canonical(only, out),
            _ => {
                let mut texts: Vec<String> = items
                    .iter()
                    .map(|item| {
                        let mut text = String::new();
                        write_canonical(item, &mut text);
                        text
                    })
                    .collect();
                if items.iter().all(|item| item.as_str().is_some()) {
                    texts.sort();
                    texts.dedup();
                }
                if let [only] = texts.as_slice() {
                    out.push_str(only);
                } else {
                    out.push('[');
                    out.push_str(&texts.join(","));
                    out.push(']');
                }
            }
        },
        Node::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|a, b| a.key.cmp(&b.key));
            out.push('{');
            for (at, member) in members.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                quote(&member.key, out);
                out.push(':');
                write_canonical(&member.value, out);
            }
            out.push('}');
        }
    }
}

/// The text of a JSON value without white space, its members in their order. What could not be read is `null`.
pub fn text_of(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, &mut out);
    out
}

fn write_value(value: &Value, out: &mut String) {
    match &value.node {
        Node::Null | Node::Broken => out.push_str("null"),
        Node::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Node::Number(text) => out.push_str(text),
        Node::String(text) => quote(text, out),
        Node::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_value(item, out);
            }
            out.push(']');
        }
        Node::Object(members) => {
            out.push('{');
            for (at, member) in members.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                quote(&member.key, out);
                out.push(':');
                write_value(&member.value, out);
            }
            out.push('}');
        }
    }
}

/// A text of JSON with each member and each element on a line of its own, each depth one `indent` further in.
pub fn laid_out(text: &str, indent: &str) -> String {
    let text = compact(text);
    let mut out = String::with_capacity(text.len().saturating_mul(2));
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&indent.repeat(depth));
    };
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if in_string {
            out.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        in_string = character == '"';
        match character {
            '{' | '[' => {
                out.push(character);
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth = depth.saturating_add(1);
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(character);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            other => out.push(other),
        }
    }
    out
}

/// Writes a text as a JSON string, escaping only what must be escaped.
pub fn quote(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn compact_keeps_strings_order_and_duplicates() {
        assert_eq!(
            compact("{ \"b\" : [ 1 , \"x y\\\" \" ],\n\t\"b\": 2 }"),
            "{\"b\":[1,\"x y\\\" \"],\"b\":2}"
        );
        assert_eq!(compact("not json "), "not json ");
    }

    #[test]
    fn a_layout_adds_white_space_alone() {
        let text = r#"{"a":[1,{"b: ,[":"x\"{"},[]],"c":{},"d":true}"#;
        let laid = laid_out(text, "  ");
        assert_eq!(
            laid,
            "{\n  \"a\": [\n    1,\n    {\n      \"b: ,[\": \"x\\\"{\"\n    },\n    []\n  ],\n  \"c\": {},\n  \"d\": true\n}"
        );
        assert_eq!(compact(&laid), text);
        assert_eq!(text_of(&json::parse(&laid).0), text);
    }

    #[test]
    fn form_does_not_matter_meaning_does() {
        let base =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:b","c:d"],"Resource":["*"]}]}"#;
        for same in [
            r#"{ "Statement": { "Resource": "*", "Action": ["c:d", "a:b"], "Effect": "Allow" }, "Version": "2012-10-17" }"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:b","c:d","a:b"],"Resource":"\u002a"}]}"#,
        ] {
            assert!(semantically_equal(base, same), "{same}");
        }
        for other in [
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:b"],"Resource":["*"]}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:b","c:d"],"Resource":["*"],"Resource":["*"]}]}"#,
            "",
        ] {
            assert!(!semantically_equal(base, other), "{other}");
        }
        let (one, two) = (r#"{"Effect":"Allow"}"#, r#"{"Effect":"Deny"}"#);
        assert!(!semantically_equal(
            &format!("[{one},{two}]"),
            &format!("[{two},{one}]")
        ));
    }

    proptest! {
        #[test]
        fn canonical_text_is_a_fixed_point(key in "[a-c\"\\\\]{1,3}", texts in proptest::collection::vec("[a-c\n]{0,2}", 0..4)) {
            let mut text = String::from("{");
            quote(&key, &mut text);
            text.push_str(": [");
            for (at, item) in texts.iter().enumerate() {
                if at > 0 {
                    text.push_str(" , ");
                }
                quote(item, &mut text);
            }
            text.push_str("]}");
            let once = canonical(&text).unwrap();
            prop_assert_eq!(canonical(&once).unwrap(), once.clone());
            prop_assert!(semantically_equal(&text, &once));
            prop_assert!(semantically_equal(&text, &compact(&text)));
        }
    }
}
