//! From a JSON value to a policy document.

use super::{ConditionTest, Document, Mismatch, Parsed, PathElement, Principal, Statement, Text, Texts};
use crate::json::{self, Member, Node, Value};

/// Reads a text as a policy document. Total: any text gives a document and a list of problems.
pub fn parse(text: &str) -> Parsed {
    let (value, problems) = json::parse(text);
    Parsed {
        document: document(&value),
        value,
        problems,
    }
}

fn document(value: &Value) -> Document {
    let mut out = Document {
        span: value.span,
        ..Document::default()
    };
    let Some(members) = value.as_object() else { return out };
    out.is_object = true;
    for member in members {
        if member.value.node == Node::Broken {
            out.unreadable.push(key_text(member, &[]));
        }
        let path = vec![PathElement::Value(member.key.clone())];
        match member.key.as_str() {
            "Version" => scalar(member, path, &mut out.version, &mut out.mismatches),
            "Id" => scalar(member, path, &mut out.id, &mut out.mismatches),
            "Statement" => {
                out.statement_keys.push(member.key_span);
                statements(member, &mut out);
            }
            _ => out.unknown.push(key_text(member, &[])),
        }
    }
    for (index, statement) in out.statements.iter_mut().enumerate() {
        statement.index = index;
    }
    out
}

fn statements(member: &Member, out: &mut Document) {
    let path = vec![PathElement::Value(member.key.clone())];
    match &member.value.node {
        Node::Object(_) => out.statements.push(statement(&member.value, path)),
        Node::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let path = with(&path, PathElement::Index(index));
                match item.node {
                    Node::Object(_) => out.statements.push(statement(item, path)),
                    Node::Broken => {}
                    _ => out.mismatches.push(mismatch("Statement", "an object", item, path)),
                }
            }
        }
        Node::Broken => {}
        _ => out.mismatches.push(mismatch(
            "Statement",
            "an object or a list of objects",
            &member.value,
            path,
        )),
    }
}

fn statement(value: &Value, path: Vec<PathElement>) -> Statement {
    let mut out = Statement {
        span: value.span,
        path,
        ..Statement::default()
    };
    for member in value.as_object().unwrap_or_default() {
        if member.value.node == Node::Broken {
            let text = key_text(member, &out.path);
            out.unreadable.push(text);
        }
        let path = with(&out.path, PathElement::Value(member.key.clone()));
        match member.key.as_str() {
            "Sid" => scalar(member, path, &mut out.sid, &mut out.mismatches),
            "Effect" => scalar(member, path, &mut out.effect, &mut out.mismatches),
            "Action" => out.action.push(texts(member, path, &mut out.mismatches)),
            "NotAction" => out.not_action.push(texts(member, path, &mut out.mismatches)),
            "Resource" => out.resource.push(texts(member, path, &mut out.mismatches)),
            "NotResource" => out.not_resource.push(texts(member, path, &mut out.mismatches)),
            "Principal" => out.principal.push(principal(member, path, &mut out.mismatches)),
            "NotPrincipal" => out.not_principal.push(principal(member, path, &mut out.mismatches)),
            "Condition" => {
                out.condition_keys.push(member.key_span);
                condition(member, &path, &mut out);
            }
            _ => {
                let text = key_text(member, &out.path);
                out.unknown.push(text);
            }
        }
    }
    out
}

fn scalar(member: &Member, path: Vec<PathElement>, out: &mut Vec<Text>, mismatches: &mut Vec<Mismatch>) {
    match &member.value.node {
        Node::String(text) => out.push(Text {
            text: text.clone(),
            span: member.value.span,
            path,
        }),
        Node::Broken => {}
        _ => mismatches.push(mismatch(&member.key, "a string", &member.value, path)),
    }
}

fn texts(member: &Member, path: Vec<PathElement>, mismatches: &mut Vec<Mismatch>) -> Texts {
    let mut out = Texts {
        key_span: member.key_span,
        span: member.value.span,
        path,
        items: Vec::new(),
    };
    match &member.value.node {
        Node::String(text) => out.items.push(Text {
            text: text.clone(),
            span: member.value.span,
            path: out.path.clone(),
        }),
        Node::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let path = with(&out.path, PathElement::Index(index));
                match &item.node {
                    Node::String(text) => out.items.push(Text {
                        text: text.clone(),
                        span: item.span,
                        path,
                    }),
                    Node::Broken => {}
                    _ => mismatches.push(mismatch(&member.key, "a string", item, path)),
                }
            }
        }
        Node::Broken => {}
        _ => mismatches.push(mismatch(
            &member.key,
            "a string or a list of strings",
            &member.value,
            out.path.clone(),
        )),
    }
    out
}

fn principal(member: &Member, path: Vec<PathElement>, mismatches: &mut Vec<Mismatch>) -> Principal {
    let mut out = Principal {
        key_span: member.key_span,
        span: member.value.span,
        ..Principal::default()
    };
    match &member.value.node {
        Node::String(text) => {
            out.is_star = text == "*";
            if !out.is_star {
                mismatches.push(mismatch(
                    &member.key,
                    "an object, or the string `*`",
                    &member.value,
                    path,
                ));
            }
        }
        Node::Object(members) => {
            for kind in members {
                let name = key_text(kind, &path);
                let values = texts(kind, with(&path, PathElement::Value(kind.key.clone())), mismatches);
                out.entries.push((name, values));
            }
        }
        Node::Broken => {}
        _ => mismatches.push(mismatch(
            &member.key,
            "an object, or the string `*`",
            &member.value,
            path,
        )),
    }
    out
}

fn condition(member: &Member, path: &[PathElement], out: &mut Statement) {
    let Some(operators) = member.value.as_object() else {
        if member.value.node != Node::Broken {
            out.mismatches
                .push(mismatch("Condition", "an object", &member.value, path.to_vec()));
        }
        return;
    };
    for operator in operators {
        let operator_path = with(path, PathElement::Value(operator.key.clone()));
        let Some(keys) = operator.value.as_object() else {
            if operator.value.node != Node::Broken {
                out.mismatches
                    .push(mismatch(&operator.key, "an object", &operator.value, operator_path));
            }
            continue;
        };
        for key in keys {
            let key_path = with(&operator_path, PathElement::Value(key.key.clone()));
            let mut values = Vec::new();
            condition_values(&key.value, &key.key, &key_path, &mut values, &mut out.mismatches);
            out.condition.push(ConditionTest {
                operator: key_text(operator, path),
                key: key_text(key, &operator_path),
                values,
                values_span: key.value.span,
            });
        }
    }
}

/// Condition values may be strings, numbers or booleans; they are compared as their JSON text.
fn condition_values(
    value: &Value,
    key: &str,
    path: &[PathElement],
    out: &mut Vec<Text>,
    mismatches: &mut Vec<Mismatch>,
) {
    let text = match &value.node {
        Node::String(text) | Node::Number(text) => text.clone(),
        Node::Bool(truth) => truth.to_string(),
        Node::Broken => return,
        Node::Array(items) if path.last().is_none_or(|last| !matches!(last, PathElement::Index(_))) => {
            for (index, item) in items.iter().enumerate() {
                condition_values(item, key, &with(path, PathElement::Index(index)), out, mismatches);
            }
            return;
        }
        _ => {
            mismatches.push(mismatch(
                key,
                "a string, a number, a boolean, or a list of them",
                value,
                path.to_vec(),
            ));
            return;
        }
    };
    out.push(Text {
        text,
        span: value.span,
        path: path.to_vec(),
    });
}

fn key_text(member: &Member, parent: &[PathElement]) -> Text {
    Text {
        text: member.key.clone(),
        span: member.key_span,
        path: with(parent, PathElement::Key(member.key.clone())),
    }
}

fn mismatch(element: &str, expected: &'static str, value: &Value, path: Vec<PathElement>) -> Mismatch {
    Mismatch {
        element: element.to_owned(),
        expected,
        found: value.kind(),
        span: value.span,
        path,
    }
}

fn with(path: &[PathElement], element: PathElement) -> Vec<PathElement> {
    let mut out = path.to_vec();
    out.push(element);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_values_and_lists_read_alike() {
        let one = parse(r#"{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#).document;
        let many = parse(r#"{"Statement":[{"Effect":"Allow","Action":["a:b"],"Resource":["*"]}]}"#).document;
        for document in [&one, &many] {
            let statement = &document.statements[0];
            assert!(statement.allows());
            assert_eq!(
                statement
                    .actions()
                    .map(|action| action.text.as_str())
                    .collect::<Vec<_>>(),
                ["a:b"]
            );
        }
        assert_eq!(
            PathElement::join(&many.statements[0].actions().next().unwrap().path),
            "Statement[0].Action[0]"
        );
        assert_eq!(
            PathElement::join(&one.statements[0].actions().next().unwrap().path),
            "Statement.Action"
        );
    }

    #[test]
    fn doubled_elements_are_all_kept() {
        let document =
            parse(r#"{"Statement":{"Effect":"Deny","Effect":"Allow","Action":"a:b","Action":"c:d","Resource":"*"}}"#)
                .document;
        let statement = &document.statements[0];
        assert_eq!(statement.effect.len(), 2);
        assert!(statement.allows());
        assert!(!statement.denies());
        assert_eq!(statement.actions().count(), 2);
    }

    #[test]
    fn wrong_kinds_are_listed_with_their_path() {
        let document = parse(r#"{"Version":1,"Statement":[7,{"Effect":["Allow"],"Action":[1],"Resource":{},"Condition":{"Bool":"x","StringEquals":{"k":[["v"]]}}}]}"#).document;
        assert_eq!(
            document
                .mismatches
                .iter()
                .map(|mismatch| PathElement::join(&mismatch.path))
                .collect::<Vec<_>>(),
            ["Version", "Statement[0]"]
        );
        let found: Vec<_> = document.statements[0]
            .mismatches
            .iter()
            .map(|mismatch| PathElement::join(&mismatch.path))
            .collect();
        assert_eq!(
            found,
            [
                "Statement[1].Effect",
                "Statement[1].Action[0]",
                "Statement[1].Resource",
                "Statement[1].Condition.Bool",
                "Statement[1].Condition.StringEquals.k[0]"
            ]
        );
    }

    #[test]
    fn condition_values_are_their_text() {
        let document = parse(
            r#"{"Statement":{"Condition":{"Bool":{"aws:SecureTransport":true},"NumericLessThan":{"k":[1.50,"2"]}}}}"#,
        )
        .document;
        let tests = &document.statements[0].condition;
        assert_eq!(tests[0].values[0].text, "true");
        assert_eq!(tests[1].values[0].text, "1.50");
        assert_eq!(tests[1].values[1].text, "2");
    }
}
