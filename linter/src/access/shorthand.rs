//! The list of access, in both forms that the AWS CLI takes.

use leastpriv_policy::compare::Access;
use serde_json::Value;

/// Reads the words of `--access`: JSON, or one `actions=…,resources=…` for each access.
///
/// # Errors
///
/// Says what is wrong, and shows how it is written.
pub fn parse_access(words: &[String]) -> Result<Vec<Access>, String> {
    let first = words.first().map(|word| word.trim_start()).unwrap_or_default();
    if first.starts_with(['[', '{']) {
        let text = words.join(" ");
        let value: Value = serde_json::from_str(&text).map_err(|error| format!("it is no JSON: {error}"))?;
        return access_from_json(&value);
    }
    words.iter().map(|word| shorthand(word)).collect()
}

fn shorthand(word: &str) -> Result<Access, String> {
    let mut access = Access::default();
    let mut name = None;
    for part in word.split(',') {
        let named = ["actions", "resources"]
            .into_iter()
            .find_map(|name| Some((name, part.trim().strip_prefix(name)?.strip_prefix('=')?)));
        let value = match named {
            Some((found, value)) => {
                name = Some(found);
                value
            }
            None => part,
        };
        let value = value.trim_matches(|letter: char| letter.is_whitespace() || "[]\"'".contains(letter));
        let list = match name {
            Some("actions") => &mut access.actions,
            Some(_) => &mut access.resources,
            None => {
                return Err(format!(
                    "`{word}` is neither `actions=…` nor `resources=…`; such as `actions=s3:GetObject,s3:PutObject`"
                ));
            }
        };
        if !value.is_empty() {
            list.push(value.to_owned());
        }
    }
    checked(access)
}

/// Reads a list of access, or one access, of JSON.
///
/// # Errors
///
/// Says what is wrong.
pub fn access_from_json(value: &Value) -> Result<Vec<Access>, String> {
    let items = match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    };
    items.into_iter().map(one_from_json).collect()
}

fn one_from_json(value: &Value) -> Result<Access, String> {
    let members = value
        .as_object()
        .ok_or("an access is an object with `actions` or `resources`")?;
    let mut access = Access::default();
    for (name, value) in members {
        let list = match name.as_str() {
            "actions" => &mut access.actions,
            "resources" => &mut access.resources,
            _ => return Err(format!("an access has no `{name}`; it has `actions` and `resources`")),
        };
        let texts = value.as_array().and_then(|items| {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>()
        });
        *list = texts.ok_or_else(|| format!("`{name}` is a list of strings"))?;
    }
    checked(access)
}

fn checked(access: Access) -> Result<Access, String> {
    if access.actions.is_empty() && access.resources.is_empty() {
        return Err("an access names no action and no resource; name some in `actions` or `resources`".to_owned());
    }
    let is_wrong = |action: &&String| *action != "*" && !action.contains(':');
    match access.actions.iter().find(is_wrong) {
        Some(action) => Err(format!("`{action}` is no action; such as `s3:GetObject`")),
        None => Ok(access),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Result<Vec<Access>, String> {
        parse_access(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn both_forms_say_the_same() {
        let expected = vec![Access {
            actions: vec!["s3:GetObject".to_owned(), "s3:PutObject".to_owned()],
            resources: vec!["arn:aws:s3:::b/*".to_owned()],
        }];
        for text in [
            "actions=s3:GetObject,s3:PutObject,resources=arn:aws:s3:::b/*",
            r#"actions="s3:GetObject","s3:PutObject",resources=["arn:aws:s3:::b/*"]"#,
            r#"[{"actions":["s3:GetObject","s3:PutObject"],"resources":["arn:aws:s3:::b/*"]}]"#,
        ] {
            assert_eq!(words(&[text]), Ok(expected.clone()), "{text}");
        }
        assert_eq!(words(&["actions=s3:A", "resources=b"]).unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_access_is_refused() {
        for text in [
            "",
            "s3:GetObject",
            "actions=",
            "actions=s3",
            "[{}]",
            "[1]",
            r#"{"action":[]}"#,
            "{",
        ] {
            assert!(words(&[text]).is_err(), "{text}");
        }
    }
}
