//! The shortest texts that stand for some actions of a service.

use std::collections::{BTreeMap, BTreeSet};

/// Most names that are covered exactly; of more, the widest wildcard goes first.
const MOST_EXACT: usize = 24;

/// Most steps of the exact search.
const MOST_STEPS: usize = 20_000;

/// What a text costs in a list: itself, its quotes and a comma.
const AROUND: usize = 3;

/// A wildcard, and the names that it stands for by their numbers.
struct Wildcard {
    text: String,
    covers: BTreeSet<usize>,
}

/// Wildcards in place of names, as texts in the place of a name that each stands for. A wildcard begins or ends
/// where a word of a name does, stands for two names or more, and matches none of `others`.
pub(super) fn shortest(names: &[&str], others: &[&str]) -> Vec<(usize, String)> {
    let wildcards = wildcards(names, others);
    let greedy = greedy(names, &wildcards);
    let chosen = if names.len() <= MOST_EXACT {
        let mut search = Search {
            names,
            wildcards: &wildcards,
            best: cost(names, &wildcards, &greedy),
            found: greedy,
            steps: MOST_STEPS,
        };
        search.decide(&mut Vec::new(), 0, 0);
        search.found
    } else {
        greedy
    };
    let chosen: Vec<&Wildcard> = chosen.iter().filter_map(|at| wildcards.get(*at)).collect();
    let alone = (0..names.len()).filter(|name| !chosen.iter().any(|one| one.covers.contains(name)));
    let alone = alone.filter_map(|name| Some((name, (*names.get(name)?).to_owned())));
    let mut out: Vec<(usize, String)> = alone.collect();
    let mut taken = BTreeSet::new();
    for one in &chosen {
        // Each stands for a name that no other does, so there is a place for it.
        if let Some(place) = one.covers.iter().find(|place| !taken.contains(*place)) {
            taken.insert(*place);
            out.push((*place, one.text.clone()));
        }
    }
    out.sort();
    out
}

/// The wildcards that may be used, in the order in which they are preferred.
fn wildcards(names: &[&str], others: &[&str]) -> Vec<Wildcard> {
    let mut texts: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for name in names {
        for at in words(name) {
            let (before, behind) = name.split_at_checked(at).unwrap_or((name, ""));
            texts.entry(format!("{before}*")).or_default();
            if !behind.is_empty() && at > 0 {
                texts.entry(format!("*{behind}")).or_default();
            }
        }
    }
    let mut out = Vec::new();
    for (text, mut covers) in texts {
        let is_of = |name: &str| match (text.strip_suffix('*'), text.strip_prefix('*')) {
            (Some(start), _) => starts_with(name, start),
            (_, Some(end)) => ends_with(name, end),
            _ => false,
        };
        covers.extend((0..names.len()).filter(|at| names.get(*at).is_some_and(|name| is_of(name))));
        if covers.len() > 1 && !others.iter().any(|other| is_of(other)) {
            out.push(Wildcard { text, covers });
        }
    }
    // Of equal ones the first is taken: what a name begins with says most.
    let order = |one: &Wildcard| (one.text.starts_with('*'), one.text.len(), one.text.clone());
    out.sort_by_key(order);
    let mut kept: Vec<Wildcard> = Vec::new();
    for one in out {
        // One that stands for no more than a shorter one is of no use.
        let is_beside = |other: &Wildcard| other.text.len() <= one.text.len() && one.covers.is_subset(&other.covers);
        if !kept.iter().any(is_beside) {
            kept.push(one);
        }
    }
    kept
}

fn starts_with(name: &str, start: &str) -> bool {
    name.get(..start.len())
        .is_some_and(|part| part.eq_ignore_ascii_case(start))
}

fn ends_with(name: &str, end: &str) -> bool {
    let at = name.len().checked_sub(end.len());
    at.and_then(|at| name.get(at..))
        .is_some_and(|part| part.eq_ignore_ascii_case(end))
}

/// Where a word begins, the start of the name included.
fn words(name: &str) -> Vec<usize> {
    let mut previous = None;
    let mut out = Vec::new();
    for (at, letter) in name.char_indices() {
        let begins = previous.is_none_or(|before: char| letter.is_ascii_uppercase() && !before.is_ascii_uppercase());
        if begins {
            out.push(at);
        }
        previous = Some(letter);
    }
    out
}

/// What a choice costs, with the names that it leaves alone.
fn cost(names: &[&str], wildcards: &[Wildcard], chosen: &[usize]) -> usize {
    let chosen: Vec<&Wildcard> = chosen.iter().filter_map(|at| wildcards.get(*at)).collect();
    let texts = chosen.iter().map(|one| one.text.len());
    let alone = names.iter().enumerate();
    let alone = alone.filter(|(at, _)| !chosen.iter().any(|one| one.covers.contains(at)));
    let lengths = texts.chain(alone.map(|(_, name)| name.len()));
    lengths.map(|length| length.saturating_add(AROUND)).sum()
}

/// The wildcard that saves most, again and again.
fn greedy(names: &[&str], wildcards: &[Wildcard]) -> Vec<usize> {
    let mut chosen = Vec::new();
    let mut best = cost(names, wildcards, &chosen);
    loop {
        let more = (0..wildcards.len()).filter(|at| !chosen.contains(at)).map(|at| {
            let with: Vec<usize> = chosen.iter().copied().chain([at]).collect();
            (cost(names, wildcards, &with), at)
        });
        match more.min() {
            Some((cost, at)) if cost < best => {
                chosen.push(at);
                best = cost;
            }
            _ => return chosen,
        }
    }
}

/// The exact search: each name in turn stands alone or is covered by one of the wildcards that can.
struct Search<'s> {
    names: &'s [&'s str],
    wildcards: &'s [Wildcard],
    best: usize,
    found: Vec<usize>,
    steps: usize,
}

impl Search<'_> {
    /// Decides the names from `name` on; `spent` is what those before cost.
    fn decide(&mut self, chosen: &mut Vec<usize>, name: usize, spent: usize) {
        self.steps = self.steps.saturating_sub(1);
        if self.steps == 0 || spent >= self.best {
            return;
        }
        let Some(text) = self.names.get(name) else {
            self.best = spent;
            self.found.clone_from(chosen);
            return;
        };
        let next = name.saturating_add(1);
        let covers = |at: usize| self.wildcards.get(at).is_some_and(|one| one.covers.contains(&name));
        if chosen.iter().any(|at| covers(*at)) {
            self.decide(chosen, next, spent);
            return;
        }
        let able: Vec<usize> = (0..self.wildcards.len()).filter(|at| covers(*at)).collect();
        for at in able {
            let length = self.wildcards.get(at).map_or(0, |one| one.text.len());
            chosen.push(at);
            self.decide(chosen, next, spent.saturating_add(length).saturating_add(AROUND));
            chosen.pop();
        }
        self.decide(chosen, next, spent.saturating_add(text.len()).saturating_add(AROUND));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(names: &[&str], others: &[&str]) -> Vec<String> {
        shortest(names, others).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn a_wildcard_matches_nothing_else() {
        let names = ["GetObject", "GetObjectAcl", "PutObject"];
        assert_eq!(texts(&names, &["GetBucket", "PutBucket"]), ["GetObject*", "*Object"]);
        assert_eq!(
            texts(&names, &["GetBucket", "GetObjectTorrent"]),
            ["*Object", "GetObjectAcl"]
        );
        assert_eq!(texts(&names, &["GetObjectTorrent", "XObject"]), names);
        assert_eq!(texts(&names, &[]), ["*"]);
        assert_eq!(texts(&["GetObject"], &[]), ["GetObject"]);
    }

    #[test]
    fn the_choice_is_the_shortest() {
        // What saves most at first is no part of it.
        let names = ["AaPp", "AaQqZz", "AaRrZz", "BbSsZz", "BbTtZz", "BbUu"];
        assert_eq!(texts(&names, &["Xx"]), ["Aa*", "Bb*"]);
        assert_eq!(words("GetHTTPUrl2Fast"), [0, 3, 11]);
    }
}
