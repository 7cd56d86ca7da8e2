//! An intent file: what has to stay allowed, as people write it.

use std::path::Path;

use leastpriv_catalog::catalog;
use leastpriv_policy::decide::Context;
use leastpriv_policy::json::{Node, Value};
use leastpriv_policy::narrow::{Need, Wanted};
use leastpriv_policy::pattern::Pattern;
use leastpriv_policy::span::{LineIndex, Position, Span};

use super::works_on_nothing;
use crate::simulate::{check_action, check_resource, spelling_note};
use crate::tables::{Fault, Fields, Mistake, either, read_file, set_context};

const FILE: [&str; 1] = ["needs"];

const NEED: [&str; 5] = ["action", "actions", "resource", "resources", "context"];

/// A need that somebody wrote down.
#[derive(Debug)]
pub(super) struct Written {
    /// The need.
    pub(super) need: Need,
    /// The file.
    pub(super) file: String,
    /// Where in it.
    pub(super) at: Position,
}

/// Reads an intent file, and what a reader should know of it.
///
/// # Errors
///
/// Says what is wrong and where.
pub(super) fn read(path: &Path) -> Result<(Vec<Written>, Vec<Mistake>), Mistake> {
    read_file(path, "an intent file", |tree, file, lines| {
        Reader { file, lines }.file(tree)
    })
}

struct Reader<'a> {
    file: &'a str,
    lines: &'a LineIndex,
}

impl Reader<'_> {
    fn file(&self, tree: &Value) -> Result<(Vec<Written>, Vec<Mistake>), Fault> {
        let fields = Fields::of(tree, "an intent file", &FILE)?;
        let Some(needs) = fields.get("needs") else {
            return Err(Fault::new(fields.span(), "the file has no `needs`"));
        };
        let Node::Array(items) = &needs.node else {
            return Err(Fault::new(
                needs.span,
                format!("`needs` is {}, not a list", needs.kind()),
            ));
        };
        let (mut out, mut notes) = (Vec::new(), Vec::new());
        for item in items {
            self.need(item, &mut out, &mut notes)?;
        }
        Ok((out, notes))
    }

    fn need(&self, value: &Value, out: &mut Vec<Written>, notes: &mut Vec<Mistake>) -> Result<(), Fault> {
        let fields = Fields::of(value, "a need", &NEED)?;
        let actions = either(&fields, "action", "actions")?;
        if actions.is_empty() {
            return Err(Fault::new(
                fields.span(),
                "the need has no `action`; such as `action: s3:GetObject`",
            ));
        }
        let resources = either(&fields, "resource", "resources")?;
        let mut context = fields.get("context").map(|_| Context::default());
        if let Some(context) = &mut context {
            set_context(context, &fields)?;
        }
        for (resource, span) in &resources {
            checked(resource, *span, context.is_some())?;
        }
        for (action, span) in actions {
            check_action(action).map_err(|error| Fault::new(span, error))?;
            if let Some(note) = spelling_note(action) {
                notes.push(Fault::new(span, note).in_file(self.file, self.lines));
            }
            let wanted: Vec<Wanted> = if resources.is_empty() {
                vec![unsaid(context.is_some())]
            } else {
                resources.iter().map(|(resource, _)| wanted(action, resource)).collect()
            };
            out.extend(wanted.into_iter().map(|wanted| Written {
                need: Need {
                    action: full_name(action),
                    wanted,
                    context: context.clone(),
                },
                file: self.file.to_owned(),
                at: self.lines.position(value.span.start),
            }));
        }
        Ok(())
    }
}

fn checked(resource: &str, span: Span, has_context: bool) -> Result<(), Fault> {
    check_resource(resource).map_err(|error| Fault::new(span, error))?;
    if resource.contains("${") {
        return Err(Fault::new(
            span,
            format!("`{resource}` has a variable; a need names resources, with `*` for many"),
        ));
    }
    if has_context && resource != "*" && !Pattern::new(resource).is_literal() {
        return Err(Fault::new(
            span,
            format!(
                "`{resource}` has a wildcard, and the need a `context`; a request with a context is about one resource"
            ),
        ));
    }
    Ok(())
}

/// As the catalog spells it.
fn full_name(action: &str) -> String {
    let known = action
        .split_once(':')
        .and_then(|(prefix, name)| catalog().action(prefix, name));
    known.map_or_else(|| action.to_owned(), leastpriv_catalog::Action::full_name)
}

fn wanted(action: &str, resource: &str) -> Wanted {
    if resource == "*" && works_on_nothing(action) {
        Wanted::Nothing
    } else {
        Wanted::every(resource)
    }
}

/// Where no resource is named: none in particular of one request, else whatever the policy gives.
fn unsaid(has_context: bool) -> Wanted {
    if has_context {
        Wanted::Nothing
    } else {
        Wanted::unknown()
    }
}
