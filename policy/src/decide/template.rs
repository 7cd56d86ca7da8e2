//! Texts with policy variables: `${key}`, `${key, 'default'}`, and the escapes `${*}`, `${?}`, `${$}`.

use super::request::{Held, View};
use super::truth::Reason;
use crate::pattern::{Pattern, Piece};

/// A text of a resource or of a condition value, with its variables taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Text as it was written.
    Text(String),
    /// A character that stands for itself.
    Escaped(&'static str),
    /// A variable: its key in lower case, and its default.
    Variable(String, Option<String>),
}

/// A text whose variables have values; absent where one has none.
pub(super) type Filled<'t> = Result<Option<Vec<(Piece, &'t str)>>, Reason>;

impl Template {
    /// Reads a text; without `variables` it is plain, as in the language of 2008.
    pub(super) fn new(text: &str, variables: bool) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while variables && let Some((before, after)) = rest.split_once("${") {
            let Some((inside, behind)) = after.split_once('}') else {
                break;
            };
            let Some(part) = variable(inside) else {
                plain.push_str(before);
                plain.push_str("${");
                rest = after;
                continue;
            };
            plain.push_str(before);
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(part);
            rest = behind;
        }
        plain.push_str(rest);
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Text(plain));
        }
        Self { parts }
    }

    /// The text itself, where nothing in it depends on the request.
    pub(super) fn constant(&self) -> Option<Vec<(Piece, &str)>> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => Some((Piece::Pattern, text.as_str())),
                Part::Escaped(text) => Some((Piece::Plain, *text)),
                Part::Variable(..) => None,
            })
            .collect()
    }

    /// The text with the values of a request in place of its variables. `missing` is told every key that is absent.
    pub(super) fn fill<'t>(&'t self, context: &'t View<'_>, missing: &mut dyn FnMut(&str)) -> Filled<'t> {
        let mut pieces = Vec::new();
        let mut is_complete = true;
        for part in &self.parts {
            match part {
                Part::Text(text) => pieces.push((Piece::Pattern, text.as_str())),
                Part::Escaped(text) => pieces.push((Piece::Plain, *text)),
                Part::Variable(key, default) => match (context.get(key), default) {
                    (Some(Held::Set(_)), _) => return Err(Reason::VariableOfSet),
                    (Some(Held::One(value)), _) => pieces.push((Piece::Plain, value)),
                    (None, Some(default)) => pieces.push((Piece::Plain, default.as_str())),
                    (None, None) => {
                        missing(key);
                        is_complete = false;
                    }
                },
            }
        }
        Ok(is_complete.then_some(pieces))
    }
}

/// What stands between `${` and `}`: a key, perhaps with a default in single quotes, or one of three escapes.
fn variable(inside: &str) -> Option<Part> {
    match inside {
        "*" => return Some(Part::Escaped("*")),
        "?" => return Some(Part::Escaped("?")),
        "$" => return Some(Part::Escaped("$")),
        _ => {}
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => {
            let default = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            (key.trim(), Some(default.to_owned()))
        }
        None => (inside, None),
    };
    let is_key = key.contains(':') && !key.contains(char::is_whitespace);
    is_key.then(|| Part::Variable(key.to_ascii_lowercase(), default))
}

/// Pieces as one text, wildcards and all.
pub(super) fn joined(pieces: &[(Piece, &str)]) -> String {
    pieces.iter().map(|(_, text)| *text).collect()
}

/// Pieces as the six fields of an ARN pattern: split at the first five colons. A value that brings a colon would move
/// every field behind it, and what fields that are missing match is said nowhere.
pub(super) fn fields(pieces: &[(Piece, &str)]) -> Result<[Pattern; 6], Reason> {
    if pieces
        .iter()
        .any(|(piece, text)| *piece == Piece::Plain && text.contains(':'))
    {
        return Err(Reason::VariableWithColon);
    }
    let mut parts: Vec<Vec<(Piece, &str)>> = vec![Vec::new()];
    for (piece, text) in pieces {
        let mut rest = *text;
        while parts.len() < 6
            && let Some((before, behind)) = rest.split_once(':')
        {
            if let Some(last) = parts.last_mut() {
                last.push((*piece, before));
            }
            parts.push(Vec::new());
            rest = behind;
        }
        if let Some(last) = parts.last_mut() {
            last.push((*piece, rest));
        }
    }
    let patterns: Vec<Pattern> = parts.into_iter().map(Pattern::of_pieces).collect();
    patterns.try_into().map_err(|_| Reason::PatternOfFewFields)
}

#[cfg(test)]
mod tests {
    use super::super::request::{Context, Principal, Request};
    use super::*;

    fn request(context: Context) -> Request {
        Request {
            action: String::new(),
            resource: None,
            principal: Principal::Anonymous,
            resource_account: None,
            context,
        }
    }

    fn filled(text: &str, context: &Context) -> Option<String> {
        let template = Template::new(text, true);
        template
            .fill(&View::of(&request(context.clone())), &mut |_| ())
            .unwrap()
            .map(|pieces| joined(&pieces))
    }

    #[test]
    fn variables_take_values_defaults_and_escapes() {
        let mut context = Context::default();
        context
            .set("aws:username", "ada")
            .set("aws:PrincipalTag/Team", "pay:ments");
        for (text, expected) in [
            ("plain", Some("plain")),
            ("home/${aws:username}/*", Some("home/ada/*")),
            ("${AWS:USERNAME}", Some("ada")),
            ("${aws:principaltag/team}", Some("pay:ments")),
            ("${aws:userid, 'nobody'}x", Some("nobodyx")),
            ("${aws:userid}", None),
            ("${*}${?}${$}", Some("*?$")),
            ("${not a key}", Some("${not a key}")),
            ("${aws:username", Some("${aws:username")),
        ] {
            assert_eq!(filled(text, &context).as_deref(), expected, "{text}");
        }
        assert_eq!(
            Template::new("${aws:username}", false)
                .constant()
                .map(|pieces| joined(&pieces))
                .as_deref(),
            Some("${aws:username}")
        );
    }

    #[test]
    fn values_are_not_patterns() {
        let mut context = Context::default();
        context.set("aws:username", "a*");
        let template = Template::new("${aws:username}/?", true);
        let request = request(context);
        let view = View::of(&request);
        let pieces = template.fill(&view, &mut |_| ()).unwrap().unwrap();
        let pattern = Pattern::of_pieces(pieces);
        assert!(pattern.matches("a*/x") && !pattern.matches("abc/x"));
    }
}
