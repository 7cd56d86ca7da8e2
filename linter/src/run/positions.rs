//! Lines and columns of many offsets.

use std::collections::{BTreeMap, BTreeSet};

use leastpriv_policy::span::Position;

/// The positions of offsets, counted in one pass over the text. A plan is one long line: counting
/// from its start for every finding would take the square of its length.
pub(super) fn positions(text: &str, offsets: &BTreeSet<usize>) -> BTreeMap<usize, Position> {
    let mut out = BTreeMap::new();
    let mut at = Position { line: 1, column: 1 };
    let mut from = 0;
    for offset in offsets {
        let to = (*offset).min(text.len());
        if let Some(part) = text.get(from..to) {
            let last_line = part.rsplit('\n').next().unwrap_or_default();
            let lines = part.bytes().filter(|byte| *byte == b'\n').count();
            if lines > 0 {
                at.column = 1;
            }
            at.line = at.line.saturating_add(lines);
            at.column = at.column.saturating_add(last_line.chars().count());
            from = to;
        }
        out.insert(*offset, at);
    }
    out
}

#[cfg(test)]
mod tests {
    use leastpriv_policy::span::LineIndex;

    use super::*;

    #[test]
    fn the_pass_agrees_with_the_index_everywhere() {
        let text = "a\nbé!\r\n\n\u{1f600}x";
        let offsets: BTreeSet<_> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        let index = LineIndex::new(text);
        for (offset, position) in positions(text, &offsets) {
            assert_eq!(position, index.position(offset), "{offset}");
        }
        let past = BTreeSet::from([text.len() + 9]);
        assert_eq!(positions(text, &past)[&(text.len() + 9)], index.position(text.len()));
    }
}
