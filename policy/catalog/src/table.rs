//! The embedded tables: rows of words, a pool of strings, a pool of lists. Reading out of bounds gives zero, an empty
//! text or an empty list. Nothing here knows what a row means.

use std::cmp::Ordering;
use std::ops::Range;
use std::slice;

use crate::layout::{LENGTH_BITS, LISTS, Section};

static TABLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tables.bin"));
static STRINGS: &str = include_str!(concat!(env!("OUT_DIR"), "/strings.txt"));

/// The rows of one section.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    bytes: &'static [u8],
    width: usize,
}

impl Rows {
    pub(crate) fn of(section: Section) -> Self {
        Self {
            bytes: section_bytes(section),
            width: section.columns.saturating_mul(4),
        }
    }

    pub(crate) fn count(self) -> u32 {
        self.bytes
            .len()
            .checked_div(self.width)
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(0)
    }

    pub(crate) fn word(self, row: u32, column: usize) -> u32 {
        let start = (row as usize).saturating_mul(self.width);
        word_at(self.bytes, start.saturating_add(column.saturating_mul(4)))
    }

    pub(crate) fn text(self, row: u32, column: usize) -> &'static str {
        let place = self.word(row, column);
        let start = (place >> LENGTH_BITS) as usize;
        let length = (place & ((1 << LENGTH_BITS) - 1)) as usize;
        STRINGS.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    /// The row among `rows` whose text in `column` is `wanted`, where the rows are sorted by that text in lower case.
    pub(crate) fn find(self, rows: Range<u32>, column: usize, wanted: &str) -> Option<u32> {
        let end = rows.end;
        let row = lower_bound(rows, |row| {
            compare_ignoring_case(self.text(row, column), wanted).is_lt()
        });
        (row < end && self.text(row, column).eq_ignore_ascii_case(wanted)).then_some(row)
    }
}

/// The pool of lists.
#[derive(Clone, Copy)]
pub(crate) struct Lists {
    bytes: &'static [u8],
}

impl Lists {
    pub(crate) fn embedded() -> Self {
        Self {
            bytes: section_bytes(LISTS),
        }
    }

    pub(crate) fn at(self, place: u32) -> List {
        let rest = self.bytes.get((place as usize).saturating_mul(2)..).unwrap_or_default();
        let Some((length, numbers)) = rest.split_first_chunk::<2>() else {
            return List(slice::Iter::default());
        };
        let length = usize::from(u16::from_le_bytes(*length));
        let (numbers, _) = numbers.as_chunks::<2>();
        List(numbers.get(..length).unwrap_or_default().iter())
    }
}

/// The numbers of one list.
#[derive(Clone, Debug)]
pub(crate) struct List(slice::Iter<'static, [u8; 2]>);

impl Iterator for List {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        self.0.next().map(|bytes| u16::from_le_bytes(*bytes))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

/// The first number of a range for which `is_less` is false, when it is true for all before and false for all after.
pub(crate) fn lower_bound(range: Range<u32>, is_less: impl Fn(u32) -> bool) -> u32 {
    let Range {
        start: mut low,
        end: mut high,
    } = range;
    while low < high {
        let middle = low + (high - low) / 2;
        if is_less(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

pub(crate) fn compare_ignoring_case(left: &str, right: &str) -> Ordering {
    let left = left.bytes().map(|byte| byte.to_ascii_lowercase());
    left.cmp(right.bytes().map(|byte| byte.to_ascii_lowercase()))
}

fn section_bytes(section: Section) -> &'static [u8] {
    let header = section.index.saturating_mul(8);
    let start = word_at(TABLES, header) as usize;
    let length = word_at(TABLES, header.saturating_add(4)) as usize;
    TABLES.get(start..start.saturating_add(length)).unwrap_or_default()
}

fn word_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(<[u8]>::first_chunk::<4>)
        .map_or(0, |word| u32::from_le_bytes(*word))
}
