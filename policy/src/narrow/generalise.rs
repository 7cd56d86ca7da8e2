//! Many resources as few patterns: where enough of them differ in one place, a star stands there.

use std::collections::{BTreeMap, BTreeSet};

use crate::pattern::{ArnPattern, Pattern};

/// Most segments of a resource that are told apart; the rest counts as one.
const MOST_SEGMENTS: usize = 32;

/// Patterns for some ARNs, all of them covered. A star takes the place of what differs where at least `support` values
/// are alike in everything else, and where `is_within` says that the pattern still lies within the policy. A name of its
/// own is never given up whole: `table/orders-*` may come of it, `table/*` not.
pub(super) fn generalise(
    arns: &BTreeSet<String>,
    support: usize,
    is_within: &dyn Fn(&ArnPattern) -> bool,
) -> BTreeSet<String> {
    let mut heads: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut out = BTreeSet::new();
    for arn in arns {
        match split(arn) {
            Some((head, resource)) => {
                heads.entry(head).or_default().insert(resource);
            }
            None => {
                out.insert(arn.clone());
            }
        }
    }
    for (head, resources) in heads {
        let is_bucket = head.split(':').nth(2) == Some("s3");
        let tree = Tree {
            head,
            support,
            // What stands before it names a type and a name, or the name alone.
            named_after: if is_bucket { 1 } else { 2 },
            is_within,
        };
        out.extend(
            tree.patterns("", &resources, 0)
                .iter()
                .map(|part| format!("{head}{part}")),
        );
    }
    regions(out, support, is_within)
}

/// An ARN's first five fields with their colons, and its last one.
fn split(arn: &str) -> Option<(&str, &str)> {
    let (at, _) = arn.match_indices(':').nth(4)?;
    arn.split_at_checked(at.saturating_add(1))
}

struct Tree<'a> {
    head: &'a str,
    support: usize,
    named_after: usize,
    is_within: &'a dyn Fn(&ArnPattern) -> bool,
}

impl Tree<'_> {
    /// Patterns for what stands behind a beginning.
    fn patterns(&self, before: &str, tails: &BTreeSet<&str>, depth: usize) -> BTreeSet<String> {
        let mut children: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for tail in tails {
            let end = tail.find(['/', ':']).filter(|_| depth < MOST_SEGMENTS);
            let (segment, rest) = end.and_then(|end| tail.split_at_checked(end)).unwrap_or((tail, ""));
            let (separator, rest) = rest.split_at_checked(1).unwrap_or_default();
            children.entry((segment, separator)).or_default().insert(rest);
        }
        let mut found: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
        for ((segment, separator), rests) in children {
            let inner = if separator.is_empty() {
                BTreeSet::from([String::new()])
            } else {
                self.patterns(
                    &format!("{before}{segment}{separator}"),
                    &rests,
                    depth.saturating_add(1),
                )
            };
            found.insert((segment, separator), inner);
        }
        if let Some(patterns) = self.starred(before, &found, depth) {
            return patterns;
        }
        let written = found.iter().flat_map(|((segment, separator), inner)| {
            inner.iter().map(move |inner| format!("{segment}{separator}{inner}"))
        });
        written.collect()
    }

    /// The same with a star for what differs, where that is enough and not too much.
    fn starred(
        &self,
        before: &str,
        found: &BTreeMap<(&str, &str), BTreeSet<String>>,
        depth: usize,
    ) -> Option<BTreeSet<String>> {
        let segments: BTreeSet<&str> = found.keys().map(|(segment, _)| *segment).collect();
        if segments.len() < self.support {
            return None;
        }
        let begins = common_beginning(&segments);
        if begins.is_empty() && depth < self.named_after {
            return None;
        }
        let mut ends = found.iter().map(|((_, separator), inner)| (*separator, inner));
        let (separator, inner) = ends.next()?;
        let patterns: BTreeSet<String> = if ends.all(|end| end == (separator, inner)) {
            inner
                .iter()
                .map(|inner| format!("{begins}*{separator}{inner}"))
                .collect()
        } else {
            BTreeSet::from([format!("{begins}*")])
        };
        let is_within = |part: &String| (self.is_within)(&ArnPattern::new(&format!("{}{before}{part}", self.head)));
        patterns.iter().all(is_within).then_some(patterns)
    }
}

/// What all begin with, up to the end of a word.
fn common_beginning<'t>(texts: &BTreeSet<&'t str>) -> &'t str {
    let (Some(first), Some(last)) = (texts.first(), texts.last()) else {
        return "";
    };
    let same = first.chars().zip(last.chars()).take_while(|(one, other)| one == other);
    let length: usize = same.map(|(one, _)| one.len_utf8()).sum();
    let common = first.get(..length).unwrap_or_default();
    let end = common.rfind(|letter: char| !letter.is_alphanumeric());
    let end = end.and_then(|at| Some(at.saturating_add(common.get(at..)?.chars().next()?.len_utf8())));
    end.and_then(|end| common.get(..end)).unwrap_or_default()
}

/// ARNs that are the same but for enough regions, with a star for the region.
fn regions(arns: BTreeSet<String>, support: usize, is_within: &dyn Fn(&ArnPattern) -> bool) -> BTreeSet<String> {
    let mut alike: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for arn in arns {
        let fields: Vec<&str> = arn.splitn(6, ':').collect();
        let key = match fields.as_slice() {
            [arn, partition, service, region, account, resource] if !region.is_empty() => {
                format!("{arn}:{partition}:{service}:*:{account}:{resource}")
            }
            _ => arn.clone(),
        };
        alike.entry(key).or_default().insert(arn);
    }
    let one = |(pattern, arns): (String, BTreeSet<String>)| {
        if arns.len() >= support && is_within(&ArnPattern::new(&pattern)) {
            BTreeSet::from([pattern])
        } else {
            arns
        }
    };
    alike.into_iter().flat_map(one).collect()
}

/// The literals that a pattern stands for.
pub(super) fn covered<'t>(pattern: &str, arns: &'t BTreeSet<String>) -> Vec<&'t String> {
    if Pattern::new(pattern).is_literal() {
        return Vec::new();
    }
    let pattern = ArnPattern::new(pattern);
    arns.iter().filter(|arn| pattern.matches(arn)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(arns: &[&str], within: &str) -> Vec<String> {
        let arns = arns.iter().map(|arn| (*arn).to_owned()).collect();
        let within = ArnPattern::new(within);
        generalise(&arns, 3, &|pattern| within.covers(pattern))
            .into_iter()
            .collect()
    }

    #[test]
    fn enough_alike_make_a_pattern() {
        let keys = [
            "arn:aws:s3:::b/2026/1",
            "arn:aws:s3:::b/2026/2",
            "arn:aws:s3:::b/2026/3",
        ];
        assert_eq!(of(&keys, "*"), ["arn:aws:s3:::b/2026/*"]);
        assert_eq!(of(&keys[1..], "*"), keys[1..]);
        assert_eq!(of(&keys, "arn:aws:s3:::b/2026/?"), keys);
        assert_eq!(
            of(&["arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::c"], "*").len(),
            3
        );
        assert_eq!(
            of(&["arn:aws:s3:::log-a", "arn:aws:s3:::log-b", "arn:aws:s3:::log-c"], "*"),
            ["arn:aws:s3:::log-*"]
        );
        assert_eq!(
            of(
                &[
                    "arn:aws:s3:::b/a/1/x",
                    "arn:aws:s3:::b/b/1/x",
                    "arn:aws:s3:::b/c/1/x",
                    "arn:aws:s3:::c/d"
                ],
                "*"
            ),
            ["arn:aws:s3:::b/*/1/x", "arn:aws:s3:::c/d"]
        );
    }

    #[test]
    fn a_name_is_not_given_up_whole() {
        let tables = |names: [&str; 3]| names.map(|name| format!("arn:aws:dynamodb:r:1:table/{name}"));
        let of = |names| {
            let tables = tables(names);
            of(&tables.each_ref().map(String::as_str), "*")
        };
        assert_eq!(of(["orders", "stock", "users"]).len(), 3);
        assert_eq!(
            of(["app-orders", "app-stock", "app-users"]),
            ["arn:aws:dynamodb:r:1:table/app-*"]
        );
        assert_eq!(of(["apple", "apricot", "apt"]).len(), 3);
    }

    #[test]
    fn regions_are_alike() {
        let queue = |region: &str| format!("arn:aws:sqs:{region}:1:jobs");
        let queues = [queue("eu-west-1"), queue("us-east-1"), queue("us-west-2")];
        let queues = queues.each_ref().map(String::as_str);
        assert_eq!(of(&queues, "*"), [queue("*")]);
        assert_eq!(of(&queues, "arn:aws:sqs:?*-?*:1:*").len(), 3);
    }

    proptest! {
        #[test]
        fn all_stay_covered_and_nothing_leaves_the_policy(
            parts in proptest::collection::btree_set("[ab]{1,2}([/:-][ab]{1,2}){0,3}", 1..12),
            support in 2_usize..5,
            within in "[ab]?\\*([/:-][ab]?\\*)?",
        ) {
            let within = ArnPattern::new(&format!("arn:aws:s3:::{within}"));
            let arns: BTreeSet<String> = parts.iter().map(|part| format!("arn:aws:s3:::{part}")).collect();
            let patterns = generalise(&arns, support, &|pattern| within.covers(pattern));
            let read: Vec<ArnPattern> = patterns.iter().map(|text| ArnPattern::new(text)).collect();
            for arn in &arns {
                prop_assert!(read.iter().any(|pattern| pattern.matches(arn)), "{} in {:?}", arn, patterns);
            }
            for (pattern, text) in read.iter().zip(&patterns) {
                prop_assert!(within.covers(pattern) || arns.contains(text), "{}", text);
            }
        }
    }
}
