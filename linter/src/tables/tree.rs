//! YAML and TOML as one tree in which everything has its place.

use std::collections::BTreeMap;

use leastpriv_policy::json::{MAX_DEPTH, Member, Node, Value};
use leastpriv_policy::span::Span;
use saphyr_parser::{Event, Parser, ScalarStyle};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Fault;

/// Most values that the aliases of a YAML file may make of it; a file with more was not written by people.
const MAX_VALUES: usize = 100_000;

/// The language of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// YAML 1.2, and with it JSON.
    Yaml,
    /// TOML 1.1.
    Toml,
}

/// Reads a file.
///
/// # Errors
///
/// Says what is wrong and where.
pub(crate) fn read(text: &str, language: Language) -> Result<Value, Fault> {
    match language {
        Language::Yaml => yaml(text),
        Language::Toml => match DeTable::parse(text) {
            Ok(table) => {
                let span = bytes(table.span());
                Ok(value(span, table_node(table.into_inner(), text)))
            }
            Err(error) => {
                let span = error.span().map_or_else(Span::default, bytes);
                // The first line says it; the others show the place again.
                let message = error.message().lines().next().unwrap_or_default();
                Err(Fault::new(span, format!("it is no TOML: {message}")))
            }
        },
    }
}

fn value(span: Span, node: Node) -> Value {
    Value { node, span }
}

fn bytes(range: std::ops::Range<usize>) -> Span {
    Span::new(range.start, range.end)
}

fn table_node(table: DeTable<'_>, text: &str) -> Node {
    let members = table.into_iter().map(|(key, value)| Member {
        key_span: bytes(key.span()),
        key: key.into_inner().into_owned(),
        value: toml_value(value, text),
    });
    let mut members: Vec<Member> = members.collect();
    // The reader sorts by name; a file is read in its own order.
    members.sort_by_key(|member| member.key_span.start);
    Node::Object(members)
}

fn toml_value(found: Spanned<DeValue<'_>>, text: &str) -> Value {
    let span = bytes(found.span());
    let node = match found.into_inner() {
        DeValue::String(text) => Node::String(text.into_owned()),
        DeValue::Integer(number) => Node::Number(number.to_string()),
        DeValue::Float(number) => Node::Number(number.to_string()),
        DeValue::Boolean(is) => Node::Bool(is),
        // A date is what stands there, such as the version of a policy.
        DeValue::Datetime(_) => Node::String(span.of(text).to_owned()),
        DeValue::Array(items) => Node::Array(items.into_iter().map(|item| toml_value(item, text)).collect()),
        DeValue::Table(table) => table_node(table, text),
    };
    value(span, node)
}

/// A value that is being read.
enum Open {
    Array(Vec<Value>),
    Object {
        members: Vec<Member>,
        key: Option<(String, Span)>,
    },
}

/// The reader of a YAML file.
struct Yaml {
    /// The values that are open, with their places and anchors.
    open: Vec<(Open, Span, usize)>,
    anchors: BTreeMap<usize, Value>,
    values: usize,
    document: Option<Value>,
}

fn yaml(text: &str) -> Result<Value, Fault> {
    // The parser counts characters.
    let mut offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    offsets.push(text.len());
    let byte = |index: usize| offsets.get(index).copied().unwrap_or(text.len());
    let mut reader = Yaml {
        open: Vec::new(),
        anchors: BTreeMap::new(),
        values: 0,
        document: None,
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                reader.take(event, Span::new(byte(span.start.index()), byte(span.end.index())))?;
            }
            Err(error) => {
                let at = byte(error.marker().index());
                return Err(Fault::new(
                    Span::new(at, at),
                    format!("it is no YAML: {}", error.info()),
                ));
            }
        }
    }
    reader
        .document
        .ok_or_else(|| Fault::new(Span::default(), "the file is empty"))
}

impl Yaml {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        match event {
            Event::DocumentStart(_) if self.document.is_some() => {
                Err(Fault::new(span, "a file holds one document; write another file"))
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(known) => {
                    let known = known.clone();
                    self.values = self.values.saturating_add(size(&known));
                    self.add(value(span, known.node), 0)
                }
                None => Err(Fault::new(span, "an alias without its anchor")),
            },
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| tag.suffix == "str");
                let node = if style == ScalarStyle::Plain && !is_text {
                    plain(&text)
                } else {
                    Node::String(text.into_owned())
                };
                self.add(value(span, node), anchor)
            }
            Event::SequenceStart(anchor, _) => self.enter(Open::Array(Vec::new()), span, anchor),
            Event::MappingStart(anchor, _) => {
                let members = Vec::new();
                self.enter(Open::Object { members, key: None }, span, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(span),
        }
    }

    fn enter(&mut self, open: Open, span: Span, anchor: usize) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Fault::new(span, format!("nested deeper than {MAX_DEPTH}")));
        }
        self.open.push((open, span, anchor));
        Ok(())
    }

    fn leave(&mut self, end: Span) -> Result<(), Fault> {
        let Some((open, start, anchor)) = self.open.pop() else {
            return Ok(());
        };
        let node = match open {
            Open::Array(items) => Node::Array(items),
            Open::Object { members, .. } => Node::Object(members),
        };
        self.add(value(Span::new(start.start, end.end), node), anchor)
    }

    /// Adds a value to the one around it.
    fn add(&mut self, added: Value, anchor: usize) -> Result<(), Fault> {
        self.values = self.values.saturating_add(1);
        if self.values > MAX_VALUES {
            return Err(Fault::new(
                added.span,
                format!("the file has more than {MAX_VALUES} values"),
            ));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, added.clone());
        }
        match self.open.last_mut() {
            None => self.document = Some(added),
            Some((Open::Array(items), ..)) => items.push(added),
            Some((Open::Object { members, key }, ..)) => match key.take() {
                Some((key, key_span)) => members.push(Member {
                    key,
                    key_span,
                    value: added,
                }),
                None => *key = Some(key_of(&added, members)?),
            },
        }
        Ok(())
    }
}

/// A key: it is a text, and stands once.
fn key_of(found: &Value, members: &[Member]) -> Result<(String, Span), Fault> {
    let text = match &found.node {
        Node::String(text) | Node::Number(text) => text.clone(),
        Node::Bool(is) => is.to_string(),
        _ => return Err(Fault::new(found.span, format!("a key is {}, not a text", found.kind()))),
    };
    if text == "<<" {
        return Err(Fault::new(
            found.span,
            "`<<` is not YAML 1.2; repeat the fields, or alias a whole value",
        ));
    }
    if members.iter().any(|member| member.key == text) {
        return Err(Fault::new(found.span, format!("`{text}` stands there twice")));
    }
    Ok((text, found.span))
}

/// How many values a value is made of.
fn size(value: &Value) -> usize {
    let inner: usize = match &value.node {
        Node::Array(items) => items.iter().map(size).sum(),
        Node::Object(members) => members.iter().map(|member| size(&member.value)).sum(),
        _ => 0,
    };
    inner.saturating_add(1)
}

/// A scalar without quotes, by the core schema of YAML 1.2.
fn plain(text: &str) -> Node {
    let is_number = || {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') && text.parse::<f64>().is_ok()
    };
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Node::Null,
        "true" | "True" | "TRUE" => Node::Bool(true),
        "false" | "False" | "FALSE" => Node::Bool(false),
        _ if is_number() => Node::Number(text.to_owned()),
        _ => Node::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use leastpriv_policy::span::LineIndex;

    use super::*;

    fn fault(text: &str, language: Language) -> (usize, usize, String) {
        let fault = read(text, language).unwrap_err();
        let at = LineIndex::new(text).position(fault.span.start);
        (at.line, at.column, fault.message)
    }

    #[test]
    fn both_languages_make_the_same_tree_with_places() {
        let yaml = "é: {n: 012345678901, v: 2012-10-17}\ncases:\n  - name: \"a\"\n    on: [x, true]\n";
        let toml = "'é' = {n = \"012345678901\", v = 2012-10-17}\n[[cases]]\nname = 'a'\non = ['x', true]\n";
        for (text, language) in [(yaml, Language::Yaml), (toml, Language::Toml)] {
            let tree = read(text, language).unwrap();
            let first = tree.get("é").unwrap();
            assert_eq!(first.get("v").unwrap().as_str(), Some("2012-10-17"));
            let case = &tree.get("cases").unwrap().as_array().unwrap()[0];
            let name = case.get("name").unwrap();
            assert_eq!(name.as_str(), Some("a"));
            assert_eq!(&name.span.of(text)[1..2], "a", "{text}");
            assert_eq!(case.get("on").unwrap().as_array().unwrap()[1].as_bool(), Some(true));
            let keys: Vec<_> = case
                .as_object()
                .unwrap()
                .iter()
                .map(|member| member.key.as_str())
                .collect();
            assert_eq!(keys, ["name", "on"]);
        }
    }

    #[test]
    fn an_account_keeps_its_digits() {
        let tree = read("owner: 012345678901\n", Language::Yaml).unwrap();
        assert_eq!(tree.get("owner").unwrap().node, Node::Number("012345678901".to_owned()));
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        for (text, language, line, column, with) in [
            ("a: [1\nb: 2\n", Language::Yaml, 2, 2, "no YAML"),
            ("a: 1\na: 2\n", Language::Yaml, 2, 1, "`a` stands there twice"),
            ("? [a]\n: 1\n", Language::Yaml, 1, 3, "a key is an array"),
            ("a: &x {b: 1}\nc:\n  <<: *x\n", Language::Yaml, 3, 3, "`<<`"),
            ("a: 1\n---\nb: 1\n", Language::Yaml, 2, 1, "one document"),
            ("# nothing\n", Language::Yaml, 1, 1, "empty"),
            ("a = 1\nb = = 2\n", Language::Toml, 2, 5, "no TOML"),
            ("a = 1\na = 2\n", Language::Toml, 2, 1, "no TOML"),
        ] {
            let (found_line, found_column, message) = fault(text, language);
            assert_eq!((found_line, found_column), (line, column), "{text}: {message}");
            assert!(message.contains(with), "{text}: {message}");
        }
    }

    #[test]
    fn aliases_stand_for_their_values_and_cannot_grow_without_end() {
        let tree = read("a: &x [1, 2]\nb: *x\n", Language::Yaml).unwrap();
        assert_eq!(tree.get("b").unwrap().as_array().unwrap().len(), 2);
        let levels = (1..40).map(|level| format!("l{level}: &l{level} [*l{0}, *l{0}]\n", level - 1));
        let text = "l0: &l0 [x, x]\n".to_owned() + &levels.collect::<String>();
        assert!(fault(&text, Language::Yaml).2.contains("more than"));
        let deep = "[".repeat(200);
        assert!(fault(&deep, Language::Yaml).2.contains("deeper"));
    }
}
