//! Context entries, in both forms that the AWS CLI takes.

use leastpriv_policy::decide::Context;
use leastpriv_policy::json::{self, Node, Value};

use super::hint;

const NAME: &str = "ContextKeyName";
const VALUES: &str = "ContextKeyValues";
const TYPE: &str = "ContextKeyType";

/// The types of a key that has one value. Each has another with `List` behind it, for a key that can have several.
const TYPES: [&str; 6] = ["string", "numeric", "boolean", "ip", "binary", "date"];

/// One entry.
#[derive(Debug, Default)]
struct Entry {
    name: Option<String>,
    values: Vec<String>,
    key_type: Option<String>,
}

/// Reads the words of `--context-entries`: JSON, or one `ContextKeyName=…,ContextKeyValues=…,ContextKeyType=…` for each
/// key. A value with a comma stands in quotes.
///
/// # Errors
///
/// Says what is wrong, and shows how it is written.
pub(crate) fn parse_entries(words: &[String]) -> Result<Context, String> {
    let first = words.first().map(|word| word.trim_start()).unwrap_or_default();
    if first.starts_with(['[', '{']) {
        let text = words.join(" ");
        let (value, problems) = json::parse(&text);
        return match problems.first() {
            Some(problem) => Err(format!("byte {}: {}", problem.span.start, problem.message)),
            None => entries_from_json(&value),
        };
    }
    let mut context = Context::default();
    for word in words {
        shorthand(word)?.set_in(&mut context)?;
    }
    Ok(context)
}

/// Reads a list of entries, or one, of JSON.
///
/// # Errors
///
/// Says what is wrong.
pub(crate) fn entries_from_json(value: &Value) -> Result<Context, String> {
    let mut context = Context::default();
    let entries = value.as_array().unwrap_or(std::slice::from_ref(value));
    for entry in entries {
        one_from_json(entry)?.set_in(&mut context)?;
    }
    Ok(context)
}

fn one_from_json(value: &Value) -> Result<Entry, String> {
    let members = value
        .as_object()
        .ok_or_else(|| format!("an entry is {}, not an object", value.kind()))?;
    let mut entry = Entry::default();
    let text = |name: &str, value: &Value| match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("`{name}` is {}, not a string", value.kind())),
    };
    for member in members {
        match member.key.as_str() {
            NAME => entry.name = Some(text(NAME, &member.value)?),
            TYPE => entry.key_type = Some(text(TYPE, &member.value)?),
            VALUES => {
                let Node::Array(items) = &member.value.node else {
                    return Err(format!("`{VALUES}` is {}, not a list of strings", member.value.kind()));
                };
                entry.values = items.iter().map(|item| text(VALUES, item)).collect::<Result<_, _>>()?;
            }
            other => return Err(no_member(other)),
        }
    }
    Ok(entry)
}

fn no_member(name: &str) -> String {
    let help = hint(name, [NAME, VALUES, TYPE], || {
        format!("it has `{NAME}`, `{VALUES}` and `{TYPE}`")
    });
    format!("an entry has no `{name}`; {help}")
}

fn shorthand(word: &str) -> Result<Entry, String> {
    let mut entry = Entry::default();
    let mut current = None;
    for part in parts(word)? {
        let named = [NAME, VALUES, TYPE]
            .into_iter()
            .find_map(|name| Some((name, part.trim_start().strip_prefix(name)?.strip_prefix('=')?)));
        let value = match named {
            Some((name, value)) => {
                current = Some(name);
                value
            }
            None => part.as_str(),
        };
        match current {
            Some(NAME) if entry.name.is_none() => entry.name = Some(unquoted(value)),
            Some(TYPE) if entry.key_type.is_none() => entry.key_type = Some(unquoted(value)),
            Some(VALUES) if value.is_empty() && named.is_some() => {}
            Some(VALUES) => entry.values.push(unquoted(value)),
            _ => {
                return Err(format!(
                    "`{part}` is not expected in `{word}`; such as \
                     `{NAME}=aws:username,{VALUES}=ada,{TYPE}=string`"
                ));
            }
        }
    }
    Ok(entry)
}

/// The parts between the commas that stand in no quotes; the brackets around a list are left out.
fn parts(word: &str) -> Result<Vec<String>, String> {
    let mut out = vec![String::new()];
    let (mut quote, mut in_list) = (None, false);
    let mut letters = word.chars();
    while let Some(letter) = letters.next() {
        let starts_value = out.last().is_some_and(|part| part.is_empty() || part.ends_with('='));
        match (quote, letter) {
            (None, ',') => {
                out.push(String::new());
                continue;
            }
            (None, '[') if starts_value => {
                in_list = true;
                continue;
            }
            (None, ']') if in_list => {
                in_list = false;
                continue;
            }
            (None, '"' | '\'') if starts_value => quote = Some(letter),
            (Some(open), _) if letter == open => quote = None,
            _ => {}
        }
        let Some(part) = out.last_mut() else { continue };
        if quote.is_some() && letter == '\\' {
            // What stands behind a backslash is taken as it is.
            part.extend(letters.next());
        } else {
            part.push(letter);
        }
    }
    match quote {
        Some(open) => Err(format!("`{word}` has a {open} without its other one")),
        None => Ok(out),
    }
}

/// A value without the quotes around it.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(value).to_owned()
}

impl Entry {
    fn set_in(self, context: &mut Context) -> Result<(), String> {
        let name = self
            .name
            .filter(|name| !name.is_empty())
            .ok_or_else(|| format!("an entry lacks `{NAME}`"))?;
        let is_list = match self.key_type.as_deref() {
            None => self.values.len() > 1,
            Some(written) => is_list(written).map_err(|error| format!("`{name}`: {error}"))?,
        };
        match self.values.as_slice() {
            [value] if !is_list => context.set(&name, value),
            values if is_list => context.set_all(&name, values),
            [] => {
                return Err(format!(
                    "`{name}` has no value; leave out a key that the request does not have"
                ));
            }
            _ => {
                return Err(format!(
                    "`{name}` has several values; a key that can have several is of a type such as `stringList`"
                ));
            }
        };
        Ok(())
    }
}

fn is_list(written: &str) -> Result<bool, String> {
    let (base, is_list) = match written.strip_suffix("List") {
        Some(base) => (base, true),
        None => (written, false),
    };
    if TYPES.contains(&base) {
        return Ok(is_list);
    }
    let help = hint(written, TYPES, || {
        format!("it is one of {}, each also with `List` behind it", TYPES.join(", "))
    });
    Err(format!("there is no type `{written}`; {help}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Vec<(String, Vec<String>, bool)>, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let context = parse_entries(&words)?;
        let entries = context.iter().map(|(key, values)| {
            let is_set = context.is_multivalued(key);
            (key.to_owned(), values.to_vec(), is_set)
        });
        Ok(entries.collect())
    }

    #[test]
    fn both_forms_say_the_same() {
        let expected = Ok(vec![
            ("aws:TagKeys".to_owned(), vec!["a,b".to_owned(), "c".to_owned()], true),
            ("aws:username".to_owned(), vec!["ada".to_owned()], false),
        ]);
        for words in [
            &[
                "ContextKeyName=aws:username,ContextKeyValues=ada,ContextKeyType=string",
                "ContextKeyName=aws:TagKeys,ContextKeyValues='a,b',c,ContextKeyType=stringList",
            ][..],
            &[
                "ContextKeyName='aws:username',ContextKeyValues='ada',ContextKeyType=string",
                r#"ContextKeyName="aws:TagKeys",ContextKeyValues=["a,b",c],ContextKeyType=stringList"#,
            ],
            &[
                r#"[{"ContextKeyName":"aws:username","ContextKeyValues":["ada"],"ContextKeyType":"string"},
                  {"ContextKeyName":"aws:TagKeys","ContextKeyValues":["a,b","c"]}]"#,
            ],
        ] {
            assert_eq!(read(words), expected, "{words:?}");
        }
    }

    #[test]
    fn a_value_keeps_its_signs() {
        for (word, value) in [
            ("ContextKeyName=k,ContextKeyValues=a=b", "a=b"),
            ("ContextKeyName=k,ContextKeyValues=it's", "it's"),
            ("ContextKeyName=k,ContextKeyValues=a[1]", "a[1]"),
            (r#"ContextKeyName=k,ContextKeyValues="say \"hi\"""#, "say \"hi\""),
            (
                "ContextKeyName=k,ContextKeyValues=2026-11-29T00:00:00Z",
                "2026-11-29T00:00:00Z",
            ),
        ] {
            assert_eq!(
                read(&[word]),
                Ok(vec![("k".to_owned(), vec![value.to_owned()], false)]),
                "{word}"
            );
        }
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        for (word, with) in [
            ("aws:username=ada", "not expected"),
            ("ContextKeyValues=ada", "lacks `ContextKeyName`"),
            ("ContextKeyName=k", "no value"),
            (
                "ContextKeyName=k,ContextKeyValues=a,b,ContextKeyType=string",
                "stringList",
            ),
            (
                "ContextKeyName=k,ContextKeyValues=a,ContextKeyType=sting",
                "is it `string`?",
            ),
            ("ContextKeyName=k,ContextKeyValues='a", "without its other one"),
            (r#"[{"ContextKeyNames":"k"}]"#, "is it `ContextKeyName`?"),
            ("[1]", "a number, not an object"),
            ("[", "byte 0"),
        ] {
            let error = read(&[word]).unwrap_err();
            assert!(error.contains(with), "{word}: {error}");
        }
    }
}
