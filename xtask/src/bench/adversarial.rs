//! Pairs that are made to be hard: statements with globs that overlap each other everywhere, and an existing policy that
//! has each of them in three pieces, which only together hold it.

use serde_json::{Value, json};

use crate::peers::Pair;

/// How many statements the new policy has; the existing one has three times as many.
const STATEMENTS: u8 = 15;

/// A family of globs, one for each statement.
type Glob = fn(u8) -> String;

const GLOBS: [(&str, Glob); 4] = [
    ("*a??*", |at| format!("*{}??*", letter(at))),
    ("*00*x", |at| format!("*{at:02}*x")),
    ("a*b*c", |at| {
        format!("{}*{}*{}", letter(at), letter(at + 1), letter(at + 2))
    }),
    ("*ab*", |at| format!("*{}{}*", letter(at), letter(at + 1))),
];

/// A way to cut a glob in three: elements of a statement each, of which one holds for each text that the glob matches.
type Cut = fn(&str) -> [Value; 3];

const CUTS: [(&str, Cut); 3] = [
    ("by the length of the first star", |glob| {
        let (before, behind) = glob.split_once('*').unwrap_or((glob, ""));
        by_length(before, behind)
    }),
    ("by the length of the last star", |glob| {
        let (before, behind) = glob.rsplit_once('*').unwrap_or((glob, ""));
        by_length(before, behind)
    }),
    ("by what a key is not", by_exception),
];

/// Every family, cut in every way, whole and with a piece missing.
pub(super) fn pairs() -> Vec<Pair> {
    let mut out = Vec::new();
    for (family, glob) in GLOBS {
        for (way, cut) in CUTS {
            for is_contained in [true, false] {
                out.push(pair(&format!("{family} {way}"), glob, cut, is_contained));
            }
        }
    }
    out
}

fn pair(name: &str, glob: Glob, cut: Cut, is_contained: bool) -> Pair {
    let globs: Vec<String> = (0..STATEMENTS).map(glob).collect();
    let of_key = cut("*").iter().all(|piece| piece.get("Condition").is_some());
    let whole = |glob: &String| {
        if of_key {
            statement(&json!({ "Condition": { "StringLike": { "s3:prefix": glob } } }))
        } else {
            statement(&json!({ "Resource": on_bucket(glob) }))
        }
    };
    let new: Vec<Value> = globs.iter().map(whole).collect();
    let mut existing: Vec<Value> = globs
        .iter()
        .flat_map(|glob| cut(glob))
        .map(|one| statement(&one))
        .collect();
    if !is_contained {
        existing.pop();
    }
    let policy = |statements: Vec<Value>| json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    Pair {
        id: format!("{name}{}", if is_contained { "" } else { ", one piece missing" }),
        new: policy(new),
        existing: policy(existing),
        is_contained: Some(is_contained),
    }
}

/// An Allow of these elements; what they do not say is everything.
fn statement(elements: &Value) -> Value {
    let mut out = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" });
    for (name, value) in elements.as_object().into_iter().flatten() {
        out[name] = value.clone();
    }
    out
}

/// Nothing, one character, or more in the place of a star.
fn by_length(before: &str, behind: &str) -> [Value; 3] {
    ["", "?", "??*"].map(|star| json!({ "Resource": on_bucket(&format!("{before}{star}{behind}")) }))
}

/// Three texts exclude each other, so one of these holds: not the first two, not the last two, not the outer two.
fn by_exception(glob: &str) -> [Value; 3] {
    let first = glob.split('*').next().unwrap_or_default();
    let [one, two, three] = [1, 2, 3].map(|digit| format!("{first}{digit}*"));
    [[&one, &two], [&two, &three], [&one, &three]].map(|but| {
        let condition = json!({ "StringLike": { "s3:prefix": glob }, "StringNotLike": { "s3:prefix": but } });
        json!({ "Condition": condition })
    })
}

fn on_bucket(glob: &str) -> String {
    format!("arn:aws:s3:::{glob}")
}

fn letter(at: u8) -> char {
    char::from(b'a' + at)
}

#[cfg(test)]
mod tests {
    use leastpriv_policy::compare::{Containment, contained};
    use leastpriv_policy::document::parse;

    use super::*;

    #[test]
    fn three_pieces_of_one_glob_hold_it_and_two_do_not() {
        for (family, glob) in GLOBS {
            for (way, cut) in CUTS {
                let text = glob(0);
                let pieces = cut(&text);
                let of_key = pieces[0].get("Condition").is_some();
                let whole = if of_key {
                    json!({ "Condition": { "StringLike": { "s3:prefix": text } } })
                } else {
                    json!({ "Resource": on_bucket(&text) })
                };
                let policy = |pieces: &[Value]| {
                    let statements: Vec<Value> = pieces.iter().map(statement).collect();
                    parse(&json!({ "Version": "2012-10-17", "Statement": statements }).to_string()).document
                };
                let (whole, all) = (policy(&[whole]), policy(&pieces));
                assert_eq!(contained(&whole, &all), Containment::Contained, "{family} {way}");
                assert_eq!(contained(&all, &whole), Containment::Contained, "{family} {way}");
                let two = policy(&pieces[..2]);
                assert!(
                    matches!(contained(&whole, &two), Containment::Exceeds(_)),
                    "{family} {way}"
                );
            }
        }
    }
}
