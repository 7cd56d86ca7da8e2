//! Actions and requests in few words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use leastpriv_catalog::{AccessLevel, Action, KeyLookup, Service, catalog};
use leastpriv_checks::terms;
use leastpriv_policy::decide::Request;
use leastpriv_policy::document::Statement;
use leastpriv_policy::pattern::ActionPattern;

/// How many actions there are of each access level, the riskiest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts(Vec<(AccessLevel, usize)>);

const LEVELS: [AccessLevel; 5] = [
    AccessLevel::PermissionsManagement,
    AccessLevel::Write,
    AccessLevel::Tagging,
    AccessLevel::Read,
    AccessLevel::List,
];

impl Counts {
    /// Counts.
    pub(crate) fn of(actions: &[Action]) -> Self {
        let count = |level: AccessLevel| actions.iter().filter(|action| action.level() == level).count();
        let counts = LEVELS.into_iter().map(|level| (level, count(level)));
        Self(counts.filter(|(_, count)| *count > 0).collect())
    }

    /// The levels with their counts.
    pub(crate) fn by_level(&self) -> BTreeMap<&'static str, usize> {
        self.0.iter().map(|(level, count)| (level.as_str(), *count)).collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.0.iter();
        let words: Vec<String> = counts
            .map(|(level, count)| format!("{count} {}", level.as_str().to_lowercase()))
            .collect();
        f.write_str(&words.join(", "))
    }
}

/// Actions in few names: all that the first stand for, but those that the second stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Patterns and actions.
    pub(crate) named: Vec<String>,
    /// What they stand for and is not meant.
    pub(crate) left_out: Vec<String>,
}

/// Most names that are left out.
const MOST_LEFT_OUT: usize = 8;

/// Actions of a statement in few names: the statement's own patterns where the actions have all that the catalog knows of
/// them, or nearly all; whole services; and single actions.
pub(crate) fn names(statement: &Statement, actions: &[Action]) -> Names {
    let wanted: BTreeSet<Action> = actions.iter().copied().collect();
    let mut left = wanted.clone();
    let mut out = Names::default();
    let mut missing_of_all = BTreeSet::new();
    let is_rest = !statement.not_action.is_empty();
    let written = statement.actions().map(|text| text.text.as_str());
    for text in written.chain(is_rest.then_some("*")) {
        let matched: BTreeSet<Action> = matched(&ActionPattern::new(text)).collect();
        if matched.is_disjoint(&left) {
            continue;
        }
        let missing: BTreeSet<Action> = matched.difference(&wanted).copied().collect();
        let missing_names = compressed(&missing).len();
        let names = compressed(&left.intersection(&matched).copied().collect()).len();
        if missing.is_empty() || (missing_names <= MOST_LEFT_OUT && missing_names < names) {
            out.named.push(text.to_owned());
            left.retain(|action| !matched.contains(action));
            missing_of_all.extend(missing);
        }
    }
    out.named.extend(compressed(&left));
    out.left_out = compressed(&missing_of_all);
    out
}

/// Whole services, then single actions.
fn compressed(actions: &BTreeSet<Action>) -> Vec<String> {
    let mut by_service: BTreeMap<Service, Vec<Action>> = BTreeMap::new();
    for action in actions {
        by_service.entry(action.service()).or_default().push(*action);
    }
    let (mut whole, mut single) = (Vec::new(), Vec::new());
    for (service, actions) in by_service {
        if actions.len() > 1 && actions.len() == service.actions().count() {
            whole.push(format!("{}:*", service.prefix()));
        } else {
            single.extend(actions.into_iter().map(Action::full_name));
        }
    }
    whole.extend(single);
    whole
}

fn matched(pattern: &ActionPattern) -> impl Iterator<Item = Action> {
    let services = catalog().services();
    let services = services.filter(|service| pattern.matches_service(service.prefix()));
    services.flat_map(move |service| {
        let actions = service.actions();
        actions.filter(move |action| pattern.matches_name(service.prefix(), action.name()))
    })
}

/// Most names in a line for people.
const MOST_NAMES: usize = 6;

/// Names in a line for people: the first of them, and how many there are beside.
pub(crate) fn in_words(names: &[String]) -> String {
    let more = names.len().saturating_sub(MOST_NAMES);
    // One name is shorter than what would stand in its place.
    if more <= 1 {
        return names.join(", ");
    }
    let first: Vec<&str> = names.iter().take(MOST_NAMES).map(String::as_str).collect();
    format!("{} and {more} more", first.join(", "))
}

/// A request in a line for people; `by` is who asks.
pub(crate) fn request_words(request: &Request, by: Option<&str>) -> String {
    let mut out = request.action.clone();
    if let Some(resource) = &request.resource {
        out = format!("{out} on {resource}");
    }
    if let Some(by) = by {
        out = format!("{out} by {by}");
    }
    let keys: Vec<String> = request
        .context
        .iter()
        .map(|(key, values)| format!("{} = {}", spelled(key), values.join(", ")))
        .collect();
    if !keys.is_empty() {
        out = format!("{out} with {}", keys.join("; "));
    }
    if !terms::is_realistic(request) {
        out.push_str(" (a request that AWS may never see)");
    }
    out
}

/// A key as AWS spells it, where the catalog has it.
fn spelled(key: &str) -> &str {
    match catalog().condition_key(key) {
        KeyLookup::Known(found) if found.name().eq_ignore_ascii_case(key) => found.name(),
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    use leastpriv_policy::document::parse;

    use super::*;

    fn all(pattern: &str) -> Vec<Action> {
        matched(&ActionPattern::new(pattern)).collect()
    }

    #[test]
    fn a_whole_pattern_is_named_by_itself() {
        let document = parse(r#"{"Statement":{"Action":["sqs:*Message","s3:*","sns:Publish"]}}"#).document;
        let named = |actions: &[Action]| names(&document.statements[0], actions).named;
        let actions = [all("sqs:*Message"), all("s3:GetObject"), all("sns:Publish")].concat();
        assert_eq!(named(&actions), ["sqs:*Message", "sns:Publish", "s3:GetObject"]);
        assert_eq!(named(&all("sqs:SendMessage")), ["sqs:SendMessage"]);
        assert_eq!(names(&Statement::default(), &all("sns:*")).named, ["sns:*"]);
        assert_eq!(Counts::of(&actions).to_string(), "3 write, 2 read");
    }

    #[test]
    fn what_a_pattern_nearly_stands_for_is_named_with_what_is_missing() {
        let document = parse(r#"{"Statement":[{"Action":"s3:*"},{"NotAction":["iam:*","s3:GetObject"]}]}"#).document;
        for (statement, wanted, missing) in [
            (0, "s3:*", vec!["s3:GetObject"]),
            (1, "*", vec!["iam:*", "s3:GetObject"]),
        ] {
            let left_out: Vec<Action> = missing.iter().flat_map(|pattern| all(pattern)).collect();
            let mut actions = all(wanted);
            actions.retain(|action| !left_out.contains(action));
            let names = names(&document.statements[statement], &actions);
            assert_eq!(
                (names.named, names.left_out),
                (
                    vec![wanted.to_owned()],
                    missing.iter().map(|one| (*one).to_owned()).collect()
                )
            );
        }
    }

    #[test]
    fn a_long_list_is_cut_where_that_is_shorter() {
        let names: Vec<String> = (0..9).map(|number| number.to_string()).collect();
        assert_eq!(in_words(&names[..7]), "0, 1, 2, 3, 4, 5, 6");
        assert_eq!(in_words(&names[..8]), "0, 1, 2, 3, 4, 5 and 2 more");
    }
}
