//! The action and the resource of a request, and the elements of statements about them.

use super::Unsupported;
use super::regex::{Step, fields, matches, steps};
use super::term::Term;
use crate::document::{Statement, Text};

/// The constant of the action.
const ACTION: &str = "action";

/// The constant of the resource.
const RESOURCE: &str = "resource";

/// Whether there is a resource.
const THERE: &str = "resource-there";

/// Declares the action: `prefix:name`, in lower case, for its case does not count.
pub(super) const ACTIONS: &str = r#"
; Any character but a colon, and the same without capital letters.
(define-fun field-character () RegLan
  (re.union (re.range "\u{0}" "9") (re.range ";" "\u{2ffff}")))
(define-fun action-character () RegLan
  (re.union (re.range "\u{0}" "9") (re.range ";" "@") (re.range "[" "\u{2ffff}")))
(declare-const action String)
(assert (str.in_re action (re.++ (re.+ action-character) (str.to_re ":") (re.+ action-character))))
"#;

/// Declares the resource: an ARN of six parts, or none.
pub(super) const RESOURCES: &str = r#"
(declare-const resource-there Bool)
(declare-const resource String)
(assert (str.in_re resource (re.++ (str.to_re "arn:") (re.* field-character) (str.to_re ":") (re.* field-character)
  (str.to_re ":") (re.* field-character) (str.to_re ":") (re.* field-character) (str.to_re ":") re.all)))
"#;

/// What `Action` or `NotAction` asks of the action.
pub(super) fn action(statement: &Statement) -> Result<Term, Unsupported> {
    let listed = |texts: &mut dyn Iterator<Item = &Text>| -> Result<Term, Unsupported> {
        let patterns = texts.map(|text| one_action(&text.text));
        Ok(Term::any(patterns.collect::<Result<Vec<_>, _>>()?))
    };
    if statement.not_action.is_empty() {
        listed(&mut statement.actions())
    } else {
        Ok(listed(&mut statement.not_actions())?.negated())
    }
}

fn one_action(text: &str) -> Result<Term, Unsupported> {
    let is_every = match text.split_once(':') {
        Some((prefix, name)) => is_every_name(prefix) && is_every_name(name),
        None => is_every_name(text),
    };
    if is_every {
        return Ok(Term::constant(true));
    }
    matches(ACTION, &steps(&text.to_ascii_lowercase()))
}

/// `*`, `?*` and `??*` in any order: no name of a service or of an action is shorter than two characters.
fn is_every_name(text: &str) -> bool {
    let count = |wildcard: char| text.chars().filter(|letter| *letter == wildcard).count();
    let (runs, singles) = (count('*'), count('?'));
    runs > 0 && singles <= 2 && runs.saturating_add(singles) == text.chars().count()
}

/// What `Resource` or `NotResource` asks of the resource.
pub(super) fn resource(statement: &Statement, has_variables: bool) -> Result<Term, Unsupported> {
    let listed = |texts: &mut dyn Iterator<Item = &Text>| -> Result<Term, Unsupported> {
        let patterns = texts.map(|text| one_resource(&text.text, has_variables));
        Ok(Term::any(patterns.collect::<Result<Vec<_>, _>>()?))
    };
    if !statement.resource.is_empty() {
        listed(&mut statement.resources())
    } else if !statement.not_resource.is_empty() {
        Ok(listed(&mut statement.not_resources())?.negated())
    } else {
        Ok(Term::constant(true))
    }
}

fn one_resource(text: &str, has_variables: bool) -> Result<Term, Unsupported> {
    if !text.is_empty() && text.chars().all(|letter| letter == '*') {
        return Ok(Term::constant(true));
    }
    let mut parts: Vec<&str> = text.splitn(6, ':').collect();
    if parts.len() < 2 || parts.first() != Some(&"arn") {
        return Ok(Term::constant(false));
    }
    // An ARN that stops early is filled up with stars.
    while parts.len() < 6 {
        parts.push("*");
    }
    let last = parts.pop().unwrap_or_default();
    let mut pattern = steps(&parts.join(":"));
    pattern.push(Step::Is(':'));
    pattern.extend(template(last, has_variables)?);
    let Some(pattern) = fields(&pattern) else {
        return Ok(Term::constant(false));
    };
    Ok(Term::all([Term::of(THERE), matches(RESOURCE, &pattern)?]))
}

/// The steps of a text in which variables may stand: three of them are one character each, the others have a value that
/// is not known.
pub(super) fn template(text: &str, has_variables: bool) -> Result<Vec<Step>, Unsupported> {
    let mut out = Vec::new();
    let mut rest = text;
    while has_variables && let Some((before, behind)) = rest.split_once("${") {
        let Some((inside, after)) = behind.split_once('}') else {
            break;
        };
        out.extend(steps(before));
        out.push(match inside {
            "*" => Step::Is('*'),
            "?" => Step::Is('?'),
            "$" => Step::Is('$'),
            _ => return Err(Unsupported::Variable),
        });
        rest = after;
    }
    out.extend(steps(rest));
    Ok(out)
}
