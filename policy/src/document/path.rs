//! The way from the document to an element, in the form that AWS's validation answers use.

use std::fmt;

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

    #[test]
    fn paths_read_like_code() {
        assert_eq!(
            PathElement::join(&[Value("Statement".into()), Index(0), Value("Action".into()), Index(1)]),
            "Statement[0].Action[1]"
        );
    }
}
