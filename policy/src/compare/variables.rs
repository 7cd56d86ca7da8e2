//! Policy variables, as far as a "yes" can be proved without knowing their values.
//!
//! Each variable becomes one special character. What holds for texts with that character holds for every value in its
//! place, because a value only lengthens the text where a `*`, or the same variable, stands on the other side. That is
//! not so for `?`, which sees one character, for what is negated, and for ARN conditions, whose fields a value may split:
//! there nothing is proved. A variable without a value matches nothing, on either side.

use std::collections::BTreeMap;

use crate::decide::Request;
use crate::document::{Document, Statement, Text};

/// The two documents with special characters for variables, and whether a "yes" about them proves anything; nothing where
/// there are no variables at all.
pub(super) fn marked(new: &Document, existing: &Document) -> Option<(Document, Document, bool)> {
    let mut marks = BTreeMap::new();
    let mut both = [new.clone(), existing.clone()];
    for document in &mut both {
        // The older language has no variables.
        if document.version.iter().any(|version| version.text == "2012-10-17") {
            document
                .statements
                .iter_mut()
                .for_each(|statement| mark(statement, &mut marks));
        }
    }
    if marks.is_empty() {
        return None;
    }
    let [new, existing] = both;
    let single = |text: &Text| text.text.contains('?');
    let covering = new
        .statements
        .iter()
        .filter(|statement| statement.denies())
        .chain(existing.statements.iter().filter(|statement| statement.allows()));
    let sees_one_character = covering.flat_map(texts).any(single);
    let negates = new.statements.iter().chain(&existing.statements).any(|statement| {
        statement.not_resources().any(is_marked)
            || statement.condition.iter().any(|test| {
                let operator = test.operator.text.to_ascii_lowercase();
                let is_plain = operator.contains("string") && !operator.contains("not");
                test.values.iter().any(is_marked) && !is_plain
            })
    });
    let takes_back = existing
        .statements
        .iter()
        .filter(|statement| statement.denies())
        .flat_map(texts)
        .any(is_marked);
    Some((new, existing, !sees_one_character && !negates && !takes_back))
}

/// Characters that no policy spells: a range for private use.
const MARKS: std::ops::RangeInclusive<char> = '\u{f0000}'..='\u{ffffd}';

fn is_marked(text: &Text) -> bool {
    has_mark(&text.text)
}

fn has_mark(text: &str) -> bool {
    text.chars().any(|letter| MARKS.contains(&letter))
}

/// Whether a request holds a special character.
pub(super) fn is_special(request: &Request) -> bool {
    let values = request.context.iter().flat_map(|(_, values)| values);
    values
        .map(String::as_str)
        .chain(request.resource.as_deref())
        .any(has_mark)
}

fn texts(statement: &Statement) -> impl Iterator<Item = &Text> {
    let resources = statement.resources().chain(statement.not_resources());
    resources.chain(statement.condition.iter().flat_map(|test| &test.values))
}

fn mark(statement: &mut Statement, marks: &mut BTreeMap<String, char>) {
    let resources = statement
        .resource
        .iter_mut()
        .chain(&mut statement.not_resource)
        .flat_map(|texts| &mut texts.items);
    let values = statement.condition.iter_mut().flat_map(|test| &mut test.values);
    for text in resources.chain(values) {
        text.text = replaced(&text.text, marks);
    }
}

fn replaced(text: &str, marks: &mut BTreeMap<String, char>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inside, behind)) = after.split_once('}') else {
            break;
        };
        let next = u32::try_from(marks.len())
            .ok()
            .and_then(|count| u32::from(*MARKS.start()).checked_add(count));
        let mark = next.and_then(char::from_u32).unwrap_or(*MARKS.end());
        out.push_str(before);
        out.push(*marks.entry(inside.to_ascii_lowercase()).or_insert(mark));
        rest = behind;
    }
    out.push_str(rest);
    out
}
