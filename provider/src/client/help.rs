//! Which fields a path of the server takes. Every path describes itself to any token, also to one without policies.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::call::Call;
use super::failure::{Failure, FailureKind};
use super::{Client, Object, fields};

/// The description that a path gives of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathHelp {
    /// The text for people.
    pub text: String,
    /// The names of the fields that a write to the path takes.
    pub fields: BTreeSet<String>,
}

impl PathHelp {
    fn parse(body: &Object) -> Self {
        let text = fields::text(body, "help");
        let mut names = BTreeSet::new();
        if let Some(openapi) = body.get("openapi") {
            collect_request_fields(openapi, &mut names);
        }
        if names.is_empty() {
            names = fields_of_text(&text);
        }
        Self { text, fields: names }
    }

    /// Whether a write to the path takes this field.
    pub fn has_field(&self, name: &str) -> bool {
        self.fields.contains(name)
    }
}

/// The properties of every request body in an OpenAPI document, those behind references included.
fn collect_request_fields(openapi: &Value, names: &mut BTreeSet<String>) {
    let operations = openapi
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Object::values)
        .filter_map(Value::as_object)
        .flat_map(Object::values);
    for operation in operations {
        let contents = operation
            .pointer("/requestBody/content")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Object::values)
            .filter_map(|content| content.get("schema"));
        for schema in contents {
            let referenced = schema.get("$ref").and_then(Value::as_str).and_then(|reference| {
                // A reference is a JSON pointer after the hash sign.
                openapi.pointer(reference.strip_prefix('#')?)
            });
            for schema in [Some(schema), referenced].into_iter().flatten() {
                if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
                    names.extend(fields::names(properties));
                }
            }
        }
    }
}

/// The fields as the text lists them: `name (type)` on a line of its own below the heading of the parameters.
fn fields_of_text(text: &str) -> BTreeSet<String> {
    text.lines()
        .skip_while(|line| !line.contains("PARAMETERS"))
        .filter_map(|line| {
            let (name, ty) = line.trim().split_once(' ')?;
            let is_name = !name.is_empty()
                && name
                    .chars()
                    .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_');
            let is_type = ty.starts_with('(') && ty.ends_with(')');
            (is_name && is_type).then(|| name.to_owned())
        })
        .collect()
}

impl Client {
    /// The names of the fields that a path takes; `None` when the path does not exist.
    pub async fn path_fields(
        &self,
        ns: Option<&str>,
        path: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<BTreeSet<String>>, Failure> {
        Ok(self.path_help(ns, path, cancel).await?.map(|help| help.fields))
    }

    /// The description of a path, asked once; `None` when the path does not exist.
    pub async fn path_help(
        &self,
        ns: Option<&str>,
        path: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<PathHelp>, Failure> {
        let key = (ns.unwrap_or_default().to_owned(), path.trim_matches('/').to_owned());
        let known = self
            .inner
            .helps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        if known.is_some() {
            return Ok(known);
        }
        let call = Call::read(path).with("help", "1");
        let help = match self.call(ns, &call, cancel).await {
            Ok(answer) => answer.as_ref().and_then(Answer::object).map(PathHelp::parse),
            Err(failure) if says_absent(&failure) => None,
            Err(failure) => return Err(failure),
        };
        // An absent path may appear at any time, so only a description is kept.
        if let Some(help) = &help {
            let mut helps = self.inner.helps.lock().unwrap_or_else(PoisonError::into_inner);
            helps.insert(key, help.clone());
        }
        Ok(help)
    }
}

fn says_absent(failure: &Failure) -> bool {
    matches!(
        failure.kind,
        FailureKind::InvalidRequest | FailureKind::MountGone | FailureKind::NotFound | FailureKind::Unsupported
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn help(body: Value) -> PathHelp {
        match body {
            Value::Object(body) => PathHelp::parse(&body),
            other => panic!("{other}"),
        }
    }

    fn names(help: &PathHelp) -> Vec<&str> {
        help.fields.iter().map(String::as_str).collect()
    }

    #[test]
    fn fields_behind_a_reference() {
        let help = help(json!({
            "help": "…",
            "openapi": {
                "openapi": "3.0.2",
                "paths": { "/config/root": {
                    "parameters": [],
                    "get": { "responses": {} },
                    "post": { "requestBody": { "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/AwsConfigureRoot" } } } } } } },
                "components": { "schemas": {
                    "AwsConfigureRoot": { "properties": { "access_key": {}, "disable_automated_rotation": {} } },
                    "Other": { "properties": { "unrelated": {} } } } }
            }
        }));
        assert_eq!(names(&help), ["access_key", "disable_automated_rotation"]);
        assert!(help.has_field("disable_automated_rotation") && !help.has_field("unrelated"));
    }

    #[test]
    fn fields_in_place() {
        let help = help(
            json!({ "openapi": { "paths": { "/x": { "post": { "requestBody": { "content": {
            "application/json": { "schema": { "properties": { "lease": {} } } } } } } } } } }),
        );
        assert_eq!(names(&help), ["lease"]);
    }

    #[test]
    fn the_text_is_read_when_there_is_no_document() {
        let text = "Request:  config/root\nMatching Route: ^config/root$\n\nConfigure.\n\n## PARAMETERS\n\n    access_key (string)\n\n        AWS Access Key ID with permission (to) create new keys.\n\n    disable_automated_rotation (bool)\n\n        If set to true.\n\n## DESCRIPTION\n\nMore.";
        assert_eq!(
            names(&help(json!({ "help": text }))),
            ["access_key", "disable_automated_rotation"]
        );
    }

    #[test]
    fn nothing_is_invented() {
        assert!(
            help(json!({ "help": null, "openapi": { "paths": [] } }))
                .fields
                .is_empty()
        );
        assert!(help(json!({})).fields.is_empty());
    }
}
