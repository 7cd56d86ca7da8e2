//! Texts of one list that others of it cover.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::document::Text;
use crate::pattern::{ActionPattern, ArnPattern};

/// Texts of one list of which one covers the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The one that covers, by its number in the list.
    pub widest: usize,
    /// Those that add nothing to it, in the order of the list.
    pub covered: Vec<usize>,
}

/// The actions of one list that others of it cover. Without those that are covered the list means the same.
pub fn overlapping_actions(texts: &[Text]) -> Vec<Overlap> {
    if texts.len() < 2 {
        return Vec::new();
    }
    let lower: Vec<String> = texts.iter().map(|text| text.text.to_ascii_lowercase()).collect();
    let texts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let covers = |wide: &str, narrow: &str| ActionPattern::new(wide).covers(&ActionPattern::new(narrow));
    overlaps(&texts, |text| text.contains(['*', '?']), covers)
}

/// The resources of one list that others of it cover. Without those that are covered the list means the same.
pub fn overlapping_resources(texts: &[Text]) -> Vec<Overlap> {
    if texts.len() < 2 {
        return Vec::new();
    }
    let texts: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    // An ARN that stops early is filled up with stars.
    let is_wide = |text: &str| text.contains(['*', '?']) || text.matches(':').count() < 5;
    overlaps(&texts, is_wide, covers_resource)
}

fn overlaps(texts: &[&str], is_wide: impl Fn(&str) -> bool, covers: impl Fn(&str, &str) -> bool) -> Vec<Overlap> {
    let mut sorted: Vec<(&str, usize)> = texts.iter().copied().zip(0..).collect();
    sorted.sort_unstable();
    let mut wide: Vec<(&str, usize)> = sorted.clone();
    wide.dedup_by_key(|(text, _)| *text);
    wide.retain(|(text, _)| is_wide(text));
    // What is left unlooked at is taken as not covered.
    wide.truncate(MOST_WIDE);
    let left = Cell::new(MOST_COMPARED);
    let covers = |wide: &str, narrow: &str| {
        left.set(left.get().saturating_sub(1));
        left.get() > 0 && covers(wide, narrow)
    };
    let is_covered = |(text, at): (&str, usize)| {
        wide.iter().any(|(other, before)| {
            *other != text
                && text.starts_with(literal_prefix(other))
                && covers(other, text)
                && (*before < at || !covers(text, other))
        })
    };
    let mut widest: Vec<(&str, usize)> = wide.iter().copied().filter(|one| !is_covered(*one)).collect();
    widest.sort_unstable_by_key(|(_, at)| *at);
    let mut widest_of: BTreeMap<usize, usize> = BTreeMap::new();
    for (text, widest) in widest {
        // Whatever a pattern covers begins as it does.
        let prefix = literal_prefix(text);
        let from = sorted.partition_point(|(other, _)| *other < prefix);
        let under = sorted
            .iter()
            .skip(from)
            .take_while(|(other, _)| other.starts_with(prefix));
        for (narrow, at) in under.filter(|(_, at)| *at != widest) {
            if *narrow == text || covers(text, narrow) {
                widest_of.entry(*at).or_insert(widest);
            }
        }
    }
    for (one, other) in sorted.iter().zip(sorted.iter().skip(1)) {
        if one.0 == other.0 {
            let widest = widest_of.get(&one.1).copied().unwrap_or(one.1);
            widest_of.entry(other.1).or_insert(widest);
        }
    }
    let mut out: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, widest) in widest_of.into_iter().filter(|(at, widest)| at != widest) {
        out.entry(widest).or_default().push(at);
    }
    let overlap = |(widest, covered)| Overlap { widest, covered };
    out.into_iter().map(overlap).collect()
}

/// Most texts of one list that others are compared with.
const MOST_WIDE: usize = 1_000;

/// Most pairs of one list that are compared.
const MOST_COMPARED: usize = 10_000;

/// The text before the first wildcard.
pub(super) fn literal_prefix(text: &str) -> &str {
    text.split(['*', '?']).next().unwrap_or_default()
}

/// Whether every resource of one text is one of another, whatever the values of variables. An ARN that is none covers
/// nothing and is covered by nothing: what is wrong with it is that it is none.
pub(super) fn covers_resource(wide: &str, narrow: &str) -> bool {
    if wide == narrow || is_star(wide) {
        return true;
    }
    let are_arns = wide.starts_with("arn:") && narrow.starts_with("arn:");
    let parts = resource_part(wide).zip(resource_part(narrow));
    // Nearly every pair is told apart by how the last fields begin and end.
    let is_alike = |(wide, narrow): (&str, &str)| {
        let suffix = wide.rsplit(['*', '?']).next().unwrap_or_default();
        narrow.starts_with(literal_prefix(wide)) && narrow.ends_with(suffix)
    };
    are_arns
        && parts.is_none_or(is_alike)
        && !wide.contains("${")
        && ArnPattern::new(wide).covers(&ArnPattern::new(&widened(narrow)))
}

/// The last of the six fields of an ARN.
fn resource_part(text: &str) -> Option<&str> {
    text.splitn(6, ':').nth(5)
}

pub(super) fn is_star(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'*')
}

/// A text with a star for each variable, which holds every value.
pub(crate) fn widened(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((_, behind)) = after.split_once('}') else {
            break;
        };
        out.push_str(before);
        out.push('*');
        rest = behind;
    }
    out.push_str(rest);
    out
}
