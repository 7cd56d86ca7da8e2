//! Did you mean: which known name is so near to an unknown one that it was probably meant.

/// The nearest of the candidates, and how far it is; of equally near ones, the first.
pub(crate) fn nearest<'c>(wanted: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let mut best: Option<(usize, &'c str)> = None;
    for candidate in candidates {
        let limit = match best {
            Some((distance, _)) => distance.saturating_sub(1),
            None => tolerance(wanted),
        };
        if let Some(distance) = distance(wanted, candidate, limit) {
            if distance == 0 {
                return Some(candidate);
            }
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// How many slips of the pen a name of this length can have and still be recognised.
pub(crate) fn tolerance(name: &str) -> usize {
    (name.len() / 3).min(2)
}

/// The number of insertions, deletions, substitutions and swaps of neighbours between two names, without regard to
/// case, where it is not above the limit.
pub(crate) fn distance(left: &str, right: &str, limit: usize) -> Option<usize> {
    if left.len().abs_diff(right.len()) > limit {
        return None;
    }
    let (left, right) = (left.to_ascii_lowercase(), right.to_ascii_lowercase());
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut previous = None;
    for letter in left.bytes() {
        let row = next_row(&last, &before_last, right.as_bytes(), letter, previous);
        // A swap costs no less than the substitution it is seen through one row earlier, so nothing comes back.
        if row.iter().all(|cost| *cost > limit) {
            return None;
        }
        before_last = last;
        last = row;
        previous = Some(letter);
    }
    last.last().copied().filter(|distance| *distance <= limit)
}

/// The costs of turning the left name, up to and with `letter`, into each beginning of the right one.
fn next_row(last: &[usize], before_last: &[usize], right: &[u8], letter: u8, previous: Option<u8>) -> Vec<usize> {
    let mut beside = last.first().map_or(0, |cost| cost + 1);
    let mut row = Vec::with_capacity(last.len());
    row.push(beside);
    let mut earlier = None;
    for (column, (&here, corner)) in right.iter().zip(last.windows(2)).enumerate() {
        let &[diagonal, above] = corner else { break };
        let changed = diagonal + usize::from(here != letter);
        let mut cost = changed.min(above + 1).min(beside + 1);
        if earlier == Some(letter) && previous == Some(here) {
            let before_both = column.checked_sub(1).and_then(|column| before_last.get(column));
            cost = before_both.map_or(cost, |before_both| cost.min(before_both + 1));
        }
        row.push(cost);
        beside = cost;
        earlier = Some(here);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn counts_each_kind_of_slip_once() {
        assert_eq!(distance("GetObject", "getobject", 2), Some(0));
        assert_eq!(distance("GetObjct", "GetObject", 2), Some(1));
        assert_eq!(distance("GetObjeect", "GetObject", 2), Some(1));
        assert_eq!(distance("GetObjekt", "GetObject", 2), Some(1));
        assert_eq!(distance("GetObejct", "GetObject", 2), Some(1));
        assert_eq!(distance("teGObejct", "GetObject", 2), None);
        assert_eq!(distance("ab", "ba", 1), Some(1));
        assert_eq!(distance("", "ab", 2), Some(2));
        assert_eq!(distance("", "", 0), Some(0));
        assert_eq!(distance("abc", "xyz", 2), None);
    }

    #[test]
    fn short_names_are_not_guessed() {
        assert_eq!(nearest("s4", ["s3", "sns"].into_iter()), None);
        assert_eq!(nearest("lamda", ["kms", "lambda"].into_iter()), Some("lambda"));
        assert_eq!(nearest("lambxyz", ["kms", "lambda"].into_iter()), None);
    }

    #[test]
    fn the_nearest_wins_and_then_the_first() {
        let names = ["CreateRoles", "CreateRole", "CreateRule"];
        assert_eq!(nearest("CreateRoel", names.into_iter()), Some("CreateRole"));
        assert_eq!(nearest("CreateRxle", names.into_iter()), Some("CreateRole"));
    }
}
