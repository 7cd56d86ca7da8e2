//! The way from the document to an element, in the form that AWS's validation answers use.

use std::fmt;

use crate::json::{Node, Value};
use crate::span::Span;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathElement {
    /// Into the value of a member.
    Value(String),
    /// Into an element of a list, from 0.
    Index(usize),
    /// At the name of a member itself.
    Key(String),
}

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(name) | Self::Key(name) => f.write_str(name),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl PathElement {
    /// The way to the innermost element of a value that holds a span.
    pub fn to(value: &Value, span: Span) -> Vec<Self> {
        let holds = |outer: Span| outer.start <= span.start && span.end <= outer.end;
        let mut path = Vec::new();
        let mut here = value;
        loop {
            let next = match &here.node {
                Node::Object(members) => members.iter().find_map(|member| {
                    if holds(member.key_span) {
                        return Some((Self::Key(member.key.clone()), None));
                    }
                    holds(member.value.span).then(|| (Self::Value(member.key.clone()), Some(&member.value)))
                }),
                Node::Array(items) => items
                    .iter()
                    .enumerate()
                    .find(|(_, item)| holds(item.span))
                    .map(|(index, item)| (Self::Index(index), Some(item))),
                _ => None,
            };
            let Some((element, inner)) = next else { return path };
            path.push(element);
            let Some(inner) = inner else { return path };
            here = inner;
        }
    }

    /// A path as people write it: `Statement[0].Action[1]`.
    pub fn join(path: &[Self]) -> String {
        let mut out = String::new();
        for element in path {
            if !out.is_empty() && !matches!(element, Self::Index(_)) {
                out.push('.');
            }
            out.push_str(&element.to_string());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::PathElement::{self, Index, Value};
    use crate::span::Span;

    #[test]
    fn paths_read_like_code() {
        assert_eq!(
            PathElement::join(&[Value("Statement".into()), Index(0), Value("Action".into()), Index(1)]),
            "Statement[0].Action[1]"
        );
    }

    #[test]
    fn a_span_leads_to_the_innermost_element() {
        let text = r#"{"Statement": [{"Effect": "Deny"}, {"Effect": "Allow"}]}"#;
        let (value, _) = crate::json::parse(text);
        let at = |part: &str| {
            let start = text.rfind(part).unwrap();
            PathElement::join(&PathElement::to(&value, Span::new(start, start + part.len())))
        };
        assert_eq!(at("\"Effect\""), "Statement[1].Effect");
        assert_eq!(at("Deny"), "Statement[0].Effect");
        assert_eq!(at("}, {"), "Statement");
        assert_eq!(at("{\"Statement"), "");
    }
}
