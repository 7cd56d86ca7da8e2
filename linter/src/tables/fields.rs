//! The fields of a table, each taken once; what is left over is refused by name.

use leastpriv_policy::json::{Member, Node, Value};
use leastpriv_policy::span::Span;

use super::Fault;
use crate::simulate::hint;

/// A table and the fields it may have.
#[derive(Debug)]
pub(crate) struct Fields<'v> {
    span: Span,
    members: &'v [Member],
}

impl<'v> Fields<'v> {
    /// The fields of a value that has to be a table, all of whose names are known. `what` is the table, with its article.
    pub(crate) fn of(value: &'v Value, what: &str, names: &[&str]) -> Result<Self, Fault> {
        let Node::Object(members) = &value.node else {
            return Err(Fault::new(
                value.span,
                format!("{what} is {}, not a table of fields", value.kind()),
            ));
        };
        let unknown = members.iter().find(|member| !names.contains(&member.key.as_str()));
        if let Some(member) = unknown {
            let help = hint(&member.key, names.iter().copied(), || {
                format!("it has {}", names.join(", "))
            });
            return Err(Fault::new(
                member.key_span,
                format!("{what} has no field `{}`; {help}", member.key),
            ));
        }
        Ok(Self {
            span: value.span,
            members,
        })
    }

    /// The table itself.
    pub(crate) fn span(&self) -> Span {
        Span::new(self.span.start, self.span.start)
    }

    /// A field; one without a value is absent.
    pub(crate) fn get(&self, name: &str) -> Option<&'v Value> {
        let member = self.members.iter().find(|member| member.key == name)?;
        (!member.value.is_null()).then_some(&member.value)
    }

    /// The text of a field.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'v str>, Fault> {
        self.get(name).map(|value| text(value, name)).transpose()
    }

    /// The texts of a field that holds one or a list of them, with their places.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<(&'v str, Span)>, Fault> {
        let Some(value) = self.get(name) else {
            return Ok(Vec::new());
        };
        let items = list(value);
        if items.is_empty() {
            return Err(Fault::new(value.span, format!("`{name}` is empty")));
        }
        items.iter().map(|item| Ok((text(item, name)?, item.span))).collect()
    }
}

/// The elements of a list, or a value that stands alone.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or(std::slice::from_ref(value))
}

/// A text. The number of an account is one, too.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str, Fault> {
    match &value.node {
        Node::String(text) | Node::Number(text) => Ok(text),
        _ => Err(Fault::new(
            value.span,
            format!("`{name}` is {}, not a text", value.kind()),
        )),
    }
}
