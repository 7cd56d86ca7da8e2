//! Files that people write in YAML or TOML, each a tree in which everything has its place.
//!
//! What lives here: reading such a file, the fields of a table, and what is wrong where. What must not: what the fields
//! mean.

mod fields;
mod tree;

use std::path::Path;

use leastpriv_policy::decide::Context;
use leastpriv_policy::json::{Node, Value};
use leastpriv_policy::span::{LineIndex, Position, Span};

pub(crate) use fields::{Fields, list, text};
use tree::Language;

use crate::sources::read_text;

/// What is wrong in a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The file as it was given.
    pub(crate) file: String,
    /// Where in it; nothing where it is about the whole file.
    pub(crate) at: Option<Position>,
    /// What is wrong, in one line.
    pub(crate) message: String,
}

/// What is wrong with a part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    span: Span,
    message: String,
}

impl Fault {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }

    pub(crate) fn in_file(self, file: &str, lines: &LineIndex) -> Mistake {
        Mistake {
            file: file.to_owned(),
            at: Some(lines.position(self.span.start)),
            message: self.message,
        }
    }
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.at {
            Some(at) => write!(f, "{}:{}:{}: {}", self.file, at.line, at.column, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// Reads a file. `what` is its kind, with the article; `read` takes the tree, the name of the file, and its lines.
///
/// # Errors
///
/// Says what is wrong and where.
pub(crate) fn read_file<T>(
    path: &Path,
    what: &str,
    read: impl FnOnce(&Value, &str, &LineIndex) -> Result<T, Fault>,
) -> Result<T, Mistake> {
    let file = path.display().to_string();
    let whole = |message: String| Mistake {
        file: file.clone(),
        at: None,
        message,
    };
    let language = match path.extension().and_then(|extension| extension.to_str()) {
        Some("yaml" | "yml" | "json") => Language::Yaml,
        Some("toml") => Language::Toml,
        _ => return Err(whole(format!("{what} ends with `.yaml`, `.yml`, `.json` or `.toml`"))),
    };
    let text = read_text(path).map_err(|error| whole(format!("it cannot be read: {error}")))?;
    let lines = LineIndex::new(&text);
    let found = tree::read(&text, language).and_then(|tree| read(&tree, &file, &lines));
    found.map_err(|fault| fault.in_file(&file, &lines))
}

/// The texts of a field that has two names, of which one is used.
pub(crate) fn either<'v>(fields: &Fields<'v>, one: &str, many: &str) -> Result<Vec<(&'v str, Span)>, Fault> {
    match (fields.get(one), fields.get(many)) {
        (Some(_), Some(value)) => Err(Fault::new(
            value.span,
            format!("`{one}` and `{many}` both stand there; use one"),
        )),
        (Some(_), None) => fields.texts(one),
        (None, _) => fields.texts(many),
    }
}

/// Sets the keys of the field `context`: a list makes a key of several values, nothing takes a key away.
pub(crate) fn set_context(context: &mut Context, fields: &Fields<'_>) -> Result<(), Fault> {
    let Some(value) = fields.get("context") else {
        return Ok(());
    };
    let Node::Object(members) = &value.node else {
        return Err(Fault::new(
            value.span,
            format!("`context` is {}, not a table of keys", value.kind()),
        ));
    };
    for member in members {
        let one = |value: &Value| match &value.node {
            Node::Bool(is) => Ok(is.to_string()),
            _ => text(value, &member.key).map(str::to_owned),
        };
        match &member.value.node {
            Node::Null => context.set_all(&member.key, [""; 0]),
            Node::Array(items) => {
                let values = items.iter().map(one).collect::<Result<Vec<_>, _>>()?;
                context.set_all(&member.key, values)
            }
            _ => context.set(&member.key, one(&member.value)?),
        };
    }
    Ok(())
}
