//! The states that were reached.

use super::machine::Machine;

/// States in the order in which they came, without those that an earlier one makes needless: one with the same positions,
/// and of the patterns that had better not match no more.
#[derive(Debug)]
pub(super) struct Rows<'m> {
    machine: &'m Machine,
    words: Vec<u64>,
    /// For each row the number of the one before it that differs in such patterns only, and one; 0 where there is none.
    before: Vec<u32>,
    /// The numbers of the last rows and one, by the hash of their other positions; 0 is free. A power of two, and at most
    /// half of it is taken.
    slots: Vec<u32>,
    taken: usize,
    /// What a state means, while it is compared.
    meant: Vec<u64>,
    /// How many words were read to compare rows.
    pub(super) work: usize,
}

impl<'m> Rows<'m> {
    pub(super) fn new(machine: &'m Machine) -> Self {
        Self {
            machine,
            words: Vec::new(),
            before: Vec::new(),
            slots: vec![0; 64],
            taken: 0,
            meant: Vec::new(),
            work: 0,
        }
    }

    /// A row; nothing in it where there is none of that number.
    pub(super) fn row(&self, number: usize) -> &[u64] {
        let width = self.machine.words;
        let begin = number.saturating_mul(width);
        self.words.get(begin..begin.saturating_add(width)).unwrap_or_default()
    }

    /// Adds a row; false where it is needless.
    pub(super) fn insert(&mut self, row: &[u64]) -> bool {
        self.work = self.work.saturating_add(row.len());
        if self.taken.saturating_mul(2) >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot(row);
        let last = self.slots.get(slot).copied().unwrap_or_default();
        if last != 0 && self.has_less(row, last, 0) {
            return false;
        }
        self.taken = self.taken.saturating_add(usize::from(last == 0));
        self.before.push(last);
        self.words.extend_from_slice(row);
        if let (Some(slot), Ok(number)) = (self.slots.get_mut(slot), u32::try_from(self.before.len())) {
            *slot = number;
        }
        true
    }

    /// Whether a row that came later makes one needless.
    pub(super) fn is_needless(&mut self, number: usize, row: &[u64]) -> bool {
        let last = self.slots.get(self.slot(row)).copied().unwrap_or_default();
        let first = number.saturating_add(1);
        last as usize > first && self.has_less(row, last, first)
    }

    /// Whether a row makes another one needless: one of those that end with `last`, a number and one, and begin with `first`.
    fn has_less(&mut self, row: &[u64], last: u32, first: usize) -> bool {
        self.machine.meant(row, &mut self.meant);
        let mut here = last;
        while let Some(number) = (here as usize).checked_sub(1).filter(|number| *number >= first) {
            self.work = self.work.saturating_add(self.machine.words);
            if is_within(self.row(number), &self.meant) {
                return true;
            }
            here = self.before.get(number).copied().unwrap_or_default();
        }
        false
    }

    fn grow(&mut self) {
        let size = self.slots.len().saturating_mul(4);
        let last = std::mem::replace(&mut self.slots, vec![0; size]);
        for number in last.into_iter().filter(|number| *number != 0) {
            let slot = self.slot(self.row((number as usize).saturating_sub(1)));
            if let Some(slot) = self.slots.get_mut(slot) {
                *slot = number;
            }
        }
    }

    /// Where rows with the same other bits are, or would be.
    fn slot(&self, row: &[u64]) -> usize {
        let mask = self.slots.len().saturating_sub(1);
        let avoided = &self.machine.avoided;
        let kept = row.iter().zip(avoided).map(|(word, avoided)| word & !avoided);
        let mut slot = hash(kept) & mask;
        while let Some(number) = self
            .slots
            .get(slot)
            .and_then(|number| (*number as usize).checked_sub(1))
        {
            let pairs = self.row(number).iter().zip(row).zip(avoided);
            if pairs
                .into_iter()
                .all(|((one, other), avoided)| (one ^ other) & !avoided == 0)
            {
                break;
            }
            slot = slot.saturating_add(1) & mask;
        }
        slot
    }
}

/// A quick hash of words. Rows that collide cost time only.
fn hash(row: impl Iterator<Item = u64>) -> usize {
    let mixed = row.fold(0_u64, |mixed, word| {
        (mixed.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95)
    });
    usize::try_from(mixed.rotate_left(26) & u64::from(u32::MAX)).unwrap_or_default()
}

fn is_within(small: &[u64], large: &[u64]) -> bool {
    small.iter().zip(large).all(|(small, large)| small & !large == 0)
}
