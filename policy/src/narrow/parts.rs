//! What a statement gives of a need: its resources and the wanted ones, met field by field.

use super::Wanted;
use crate::compare::widened;
use crate::document::{Statement, Text};
use crate::pattern::{ActionPattern, ArnPattern, Pattern};

/// What of a statement's resources a need is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Met {
    /// These patterns, each within those of the statement.
    Patterns {
        texts: Vec<String>,
        /// Whether they hold more than what is wanted, as the two have no common pattern.
        wider: bool,
    },
    /// What the statement says itself, which no pattern can say.
    AsWritten,
}

/// Whether a statement is about an action.
pub(super) fn names_action(statement: &Statement, action: &str) -> bool {
    let matches = |text: &Text| ActionPattern::new(&text.text).matches_in_any_case(action);
    if statement.not_action.is_empty() {
        statement.actions().any(matches)
    } else {
        !statement.not_actions().any(matches)
    }
}

/// What a statement's resources and the wanted ones have in common; nothing where that is nothing.
pub(super) fn meet(statement: &Statement, wanted: &Wanted, variables: bool) -> Option<Met> {
    if *wanted == Wanted::Nothing {
        return meet_nothing(statement);
    }
    let wanted = wanted.patterns();
    if !statement.not_resource.is_empty() {
        return meet_complement(statement, wanted, variables);
    }
    let mut texts = Vec::new();
    let mut wider = false;
    for own in statement.resources() {
        for wanted in wanted {
            if let Some((text, is_wider)) = meet_texts(&own.text, wanted, variables) {
                texts.push(text);
                wider |= is_wider;
            }
        }
    }
    texts.sort_unstable();
    texts.dedup();
    (!texts.is_empty()).then_some(Met::Patterns { texts, wider })
}

/// What a statement gives of a request for no resource in particular: only a star matches it.
fn meet_nothing(statement: &Statement) -> Option<Met> {
    let is_star = |text: &Text| Pattern::new(&text.text).matches_everything();
    if statement.not_resource.is_empty() {
        return statement.resources().any(is_star).then(|| Met::Patterns {
            texts: vec!["*".to_owned()],
            wider: false,
        });
    }
    (!statement.not_resources().any(is_star)).then_some(Met::AsWritten)
}

fn meet_complement(statement: &Statement, wanted: &[String], variables: bool) -> Option<Met> {
    let excluded: Vec<ArnPattern> = statement
        .not_resources()
        .map(|text| arn(&text.text, variables))
        .collect();
    let left_open = |one: &&String| {
        let one = ArnPattern::new(one);
        // A variable may exclude less than its star does.
        variables && has_variable(statement) || !excluded.iter().any(|excluded| excluded.covers(&one))
    };
    let open: Vec<&String> = wanted.iter().filter(left_open).collect();
    if open.is_empty() {
        return None;
    }
    let is_apart = |one: &&String| !excluded.iter().any(|excluded| excluded.meets(&ArnPattern::new(one)));
    if !open.iter().all(is_apart) || open.iter().any(|one| ArnPattern::new(one).is_star()) {
        return Some(Met::AsWritten);
    }
    Some(Met::Patterns {
        texts: open.into_iter().cloned().collect(),
        wider: false,
    })
}

fn has_variable(statement: &Statement) -> bool {
    statement.not_resources().any(|text| text.text.contains("${"))
}

/// A pattern of a policy, with a star for every variable.
fn arn(text: &str, variables: bool) -> ArnPattern {
    if variables {
        ArnPattern::new(&widened(text))
    } else {
        ArnPattern::new(text)
    }
}

/// The common pattern of a policy's resource and a wanted one, and whether it holds more than what is wanted.
fn meet_texts(own: &str, wanted: &str, variables: bool) -> Option<(String, bool)> {
    if !is_resource(own) {
        return None;
    }
    let (mine, theirs) = (arn(own, variables), ArnPattern::new(wanted));
    if variables && own.contains("${") {
        // What the variable holds is not known, so the text stays.
        return mine.meets(&theirs).then(|| (own.to_owned(), own != wanted));
    }
    if mine.covers(&theirs) && theirs.is_arn() {
        return Some((wanted.to_owned(), false));
    }
    if theirs.covers(&mine) && mine.is_arn() {
        return Some((own.to_owned(), false));
    }
    if !mine.meets(&theirs) {
        return None;
    }
    let mut wider = false;
    let fields: Vec<String> = fields(own)
        .into_iter()
        .zip(fields(wanted))
        .map(|(own, wanted)| {
            let (mine, theirs) = (Pattern::new(own), Pattern::new(wanted));
            if mine.covers(&theirs) {
                return wanted.to_owned();
            }
            wider |= !theirs.covers(&mine);
            own.to_owned()
        })
        .collect();
    Some((format!("arn:{}", fields.join(":")), wider))
}

/// Whether a text matches any resource: a star, or what begins as an ARN.
pub(super) fn is_resource(text: &str) -> bool {
    text.starts_with("arn:") || Pattern::new(text).matches_everything()
}

/// The five fields of an ARN pattern behind `arn`, those that are left out as stars.
fn fields(text: &str) -> Vec<&str> {
    let all = text.splitn(6, ':').skip(1).chain(std::iter::repeat("*"));
    all.take(5).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_patterns_meet_field_by_field() {
        let met = |own: &str, wanted: &str| meet_texts(own, wanted, true);
        let is = |text: &str, wider: bool| Some((text.to_owned(), wider));
        assert_eq!(met("*", "arn:aws:s3:::b/*"), is("arn:aws:s3:::b/*", false));
        assert_eq!(met("arn:aws:s3:::b/*", "*"), is("arn:aws:s3:::b/*", false));
        assert_eq!(met("arn:aws:s3:::b/*", "arn:aws:s3:::c"), None);
        assert_eq!(met("arn:aws:s3:::b", "b"), None);
        assert_eq!(
            met(
                "arn:aws:dynamodb:*:1:table/*",
                "arn:*:dynamodb:eu-west-1:*:table/orders"
            ),
            is("arn:aws:dynamodb:eu-west-1:1:table/orders", false)
        );
        assert_eq!(met("arn:aws:sqs", "arn:*:sqs:*:1:q"), is("arn:aws:sqs:*:1:q", false));
        assert_eq!(
            met("arn:aws:s3:::b/*/x", "arn:aws:s3:::b/y/*"),
            is("arn:aws:s3:::b/*/x", true)
        );
        assert_eq!(
            met("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/ada/x"),
            is("arn:aws:s3:::b/${aws:username}/*", true)
        );
        assert_eq!(met("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::c/ada/x"), None);
    }
}
