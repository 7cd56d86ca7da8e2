//! A policy with the actions of the catalog in place of its wildcards.

use std::collections::BTreeSet;

use leastpriv_catalog::Action;
use leastpriv_policy::document::Parsed;
use leastpriv_policy::json::{Node, Value};
use leastpriv_policy::print::text_of;

use super::expand;

/// A policy with its wildcard actions spelled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The policy, without white space between its elements.
    pub text: String,
    /// What is not spelled out, in order.
    pub notes: Vec<Note>,
}

/// Something that is not spelled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Number of the statement.
    pub statement: usize,
    /// What and why.
    pub text: String,
    /// Whether something stays that should have been spelled out.
    pub stays: bool,
}

/// Spells out the wildcards in the `Action` elements of a policy that can be read. `NotAction` stays: it names what is left
/// over, and the catalog does not know all of that.
pub fn expand_policy(parsed: &Parsed) -> Expanded {
    let mut value = parsed.value.clone();
    let mut notes = Vec::new();
    if let Node::Object(members) = &mut value.node {
        for member in members.iter_mut().filter(|member| member.key == "Statement") {
            let statements: Vec<&mut Value> = match &mut member.value.node {
                Node::Array(items) => items.iter_mut().collect(),
                _ => vec![&mut member.value],
            };
            for (number, statement) in statements.into_iter().enumerate() {
                expand_statement(statement, number, &mut notes);
            }
        }
    }
    Expanded {
        text: text_of(&value),
        notes,
    }
}

fn expand_statement(statement: &mut Value, number: usize, notes: &mut Vec<Note>) {
    let Node::Object(members) = &mut statement.node else {
        return;
    };
    for member in members {
        match member.key.as_str() {
            "Action" => expand_list(&mut member.value, number, notes),
            "NotAction" => notes.push(Note {
                statement: number,
                text: "NotAction stays as it is: it is about every action but those it names".to_owned(),
                stays: false,
            }),
            _ => {}
        }
    }
}

fn expand_list(list: &mut Value, number: usize, notes: &mut Vec<Note>) {
    let items = match &list.node {
        Node::Array(items) => items.clone(),
        _ => vec![list.clone()],
    };
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    let mut add = |value: Value| {
        // What is no text stays, however often it stands there.
        if value.as_str().is_none_or(|text| seen.insert(text.to_ascii_lowercase())) {
            out.push(value);
        }
    };
    for item in items {
        let Some(text) = item.as_str() else {
            add(item);
            continue;
        };
        match expand(text) {
            Ok(actions) if text.contains(['*', '?']) => {
                let named = |name| Value {
                    node: Node::String(name),
                    span: item.span,
                };
                actions.into_iter().map(Action::full_name).map(named).for_each(&mut add);
            }
            Ok(_) => add(item),
            Err(reason) => {
                notes.push(Note {
                    statement: number,
                    text: format!("{}; it stays", reason.reason(text)),
                    stays: true,
                });
                add(item);
            }
        }
    }
    if out.len() > 1 || matches!(list.node, Node::Array(_)) {
        list.node = Node::Array(out);
    } else if let Some(only) = out.pop() {
        *list = only;
    }
}

#[cfg(test)]
mod tests {
    use leastpriv_policy::document::parse;

    use super::*;

    #[test]
    fn what_is_no_text_stays_in_its_list() {
        let text = r#"{"Statement":[{"Effect":"Allow","Action":["s3:GetObject",7,7],"Resource":"*"}]}"#;
        assert_eq!(expand_policy(&parse(text)).text, text);
    }

    #[test]
    fn wildcards_become_actions_and_the_rest_stays() {
        let text = r#"{"Statement":[{"Effect":"Allow","Action":["s3:GetObjectTagging","S3:GetObject*ging","s3:Fetch*","sqs:PurgeQueue"],"Resource":"*"},{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}]}"#;
        let out = expand_policy(&parse(text));
        assert_eq!(
            out.text,
            text.replace(r#""S3:GetObject*ging""#, r#""s3:GetObjectVersionTagging""#)
        );
        let notes: Vec<_> = out.notes.iter().map(|note| (note.statement, note.stays)).collect();
        assert_eq!(notes, [(0, true), (1, false)]);
        let one = expand_policy(&parse(
            r#"{"Statement":{"Effect":"Allow","Action":"sqs:Purge*","Resource":"*"}}"#,
        ));
        assert!(one.text.contains(r#""Action":"sqs:PurgeQueue""#), "{}", one.text);
    }
}
