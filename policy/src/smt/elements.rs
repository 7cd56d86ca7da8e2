//! The action and the resource of a request, and the elements of statements about them.

use super::Unsupported;
use super::regex::{Step, matches, steps};
use super::term::Term;
use crate::document::{Statement, Text};

/// The constants of the two parts of the action. Solvers are far better with short texts than with one in which colons
/// have to be found.
const ACTION: [&str; 2] = ["action-service", "action-name"];

/// The constants of the parts of the resource behind `arn:`.
const FIELDS: [&str; 4] = [
    "resource-partition",
    "resource-service",
    "resource-region",
    "resource-account",
];

/// What stands behind the fifth colon.
const NAME: &str = "resource-name";

/// Whether there is a resource.
const THERE: &str = "resource-there";

/// Declares the action: `service:name`, in lower case, for its case does not count.
pub(super) const ACTIONS: &str = r#"
; Any character but a colon, and the same without capital letters.
(define-fun field-character () RegLan
  (re.union (re.range "\u{0}" "9") (re.range ";" "\u{2ffff}")))
(define-fun action-character () RegLan
  (re.union (re.range "\u{0}" "9") (re.range ";" "@") (re.range "[" "\u{2ffff}")))
(declare-const action-service String)
(declare-const action-name String)
(assert (str.in_re action-service (re.+ action-character)))
(assert (str.in_re action-name (re.+ action-character)))
"#;

/// Declares the resource: an ARN of six parts, or none.
pub(super) const RESOURCES: &str = r"
; The resource is an ARN, arn:PARTITION:SERVICE:REGION:ACCOUNT:NAME. Only the name may hold a colon.
(declare-const resource-there Bool)
(declare-const resource-partition String)
(declare-const resource-service String)
(declare-const resource-region String)
(declare-const resource-account String)
(declare-const resource-name String)
(assert (str.in_re resource-partition (re.* field-character)))
(assert (str.in_re resource-service (re.* field-character)))
(assert (str.in_re resource-region (re.* field-character)))
(assert (str.in_re resource-account (re.* field-character)))
";

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
    let text = text.to_ascii_lowercase();
    if let Some((service, name)) = text.split_once(':') {
        return both(service, name);
    }
    // Each of the wildcards may stand for the colon, and `*` for what is beside it too.
    let at_wildcards = text.char_indices().filter_map(|(at, wildcard)| {
        let (before, behind) = (text.get(..at)?, text.get(at.saturating_add(1)..)?);
        match wildcard {
            '*' => Some(both(&format!("{before}*"), &format!("*{behind}"))),
            '?' => Some(both(before, behind)),
            _ => None,
        }
    });
    Ok(Term::any(at_wildcards.collect::<Result<Vec<_>, _>>()?))
}

/// Whether the parts of the action match a pattern each.
fn both(service: &str, name: &str) -> Result<Term, Unsupported> {
    let parts = ACTION.iter().zip([service, name]);
    let terms = parts.map(|(constant, text)| matches(constant, &steps(text)));
    Ok(Term::all(terms.collect::<Result<Vec<_>, _>>()?))
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
    let mut parts = text.splitn(6, ':');
    let (Some("arn"), Some(partition)) = (parts.next(), parts.next()) else {
        return Ok(Term::constant(false));
    };
    let mut terms = vec![Term::of(THERE)];
    // An ARN that stops early is filled up with stars.
    let rest = parts.chain(std::iter::repeat("*"));
    let mut texts = std::iter::once(partition).chain(rest);
    for (field, text) in FIELDS.iter().zip(&mut texts) {
        terms.push(matches(field, &steps(text))?);
    }
    terms.push(matches(NAME, &template(texts.next().unwrap_or("*"), has_variables)?)?);
    Ok(Term::all(terms))
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
