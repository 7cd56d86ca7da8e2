//! All patterns as one machine that reads a text character by character.
//!
//! A state is a set of positions, one bit for each token of each pattern and one behind its last. Of the characters only
//! those matter that some pattern waits for, the colon, and one that no pattern spells, so the texts fall into finitely
//! many states. A position before a run is forgotten once the run is reached: whatever could follow there, the run takes.

use super::alphabet::Alphabet;
use super::rows::Rows;
use super::{Atom, Token};

/// Patterns that are read together.
#[derive(Debug)]
pub(super) struct Machine {
    /// Words of a state.
    pub(super) words: usize,
    /// The characters that matter; the last one is spelled by no pattern.
    letters: Vec<char>,
    /// Number of the colon among them.
    colon: usize,
    /// For each of the characters the positions that wait for it.
    spelled: Vec<u64>,
    /// The character that each position waits for, by number; of several that are alike the first.
    waits: Vec<usize>,
    /// For each of the characters those that differ from it in case only, where a position waits for all of them.
    alike: Vec<Vec<usize>>,
    /// Positions that take any one character, or any but a colon.
    one: Vec<u64>,
    one_of_field: Vec<u64>,
    /// Positions of runs of any characters, or of any but colons.
    any: Vec<u64>,
    any_of_field: Vec<u64>,
    /// Positions that take some characters only.
    choosy: Vec<u64>,
    /// Positions that wait for a character in lower or upper case.
    folded: Vec<u64>,
    /// For each position of a run how many before it are forgotten there.
    forgets: Vec<usize>,
    starts: Vec<u64>,
    ends: Vec<u64>,
    /// For each required group the positions of its patterns.
    required: Vec<Vec<u64>>,
    /// The positions of the patterns that had better not match.
    pub(super) avoided: Vec<u64>,
}

impl Machine {
    /// Patterns, each with whether it had better not match, groups of them of which one has to match, and a character that
    /// none of them spells.
    pub(super) fn new(atoms: &[(&Atom, bool)], required: &[Vec<usize>], fresh: char) -> Self {
        let size: usize = atoms.iter().map(|(atom, _)| atom.len().saturating_add(1)).sum();
        let words = size.div_ceil(64);
        let mut alphabet = Alphabet::default();
        let colon = alphabet.number(':');
        let mut waits = Vec::with_capacity(size);
        for (atom, _) in atoms {
            waits.extend(atom.iter().map(|token| match token {
                Token::Literal(letter) => alphabet.number(*letter),
                Token::Folded(letter) => alphabet.folded(*letter),
                _ => colon,
            }));
            waits.push(colon);
        }
        let Alphabet {
            mut letters, mut alike, ..
        } = alphabet;
        letters.push(fresh);
        alike.resize(letters.len(), Vec::new());
        let empty = vec![0_u64; words];
        let mut out = Self {
            words,
            colon,
            spelled: vec![0; words.saturating_mul(letters.len())],
            letters,
            waits,
            alike,
            one: empty.clone(),
            one_of_field: empty.clone(),
            any: empty.clone(),
            any_of_field: empty.clone(),
            choosy: empty.clone(),
            folded: empty.clone(),
            forgets: vec![0; size],
            starts: empty.clone(),
            ends: empty.clone(),
            required: required.iter().map(|_| empty.clone()).collect(),
            avoided: empty.clone(),
        };
        let mut at = 0_usize;
        for (number, (atom, is_avoided)) in atoms.iter().enumerate() {
            set(&mut out.starts, at);
            if *is_avoided {
                (at..=at.saturating_add(atom.len())).for_each(|position| set(&mut out.avoided, position));
            }
            for (group, mask) in required.iter().zip(&mut out.required) {
                if group.contains(&number) {
                    (at..=at.saturating_add(atom.len())).for_each(|position| set(mask, position));
                }
            }
            out.place(atom, at);
            at = at.saturating_add(atom.len());
            set(&mut out.ends, at);
            at = at.saturating_add(1);
        }
        let mut starts = out.starts.clone();
        out.settle(&empty, &mut starts);
        out.starts = starts;
        out
    }

    /// Places the tokens of a pattern from a position on.
    fn place(&mut self, atom: &Atom, begin: usize) {
        // How many tokens before this one take no colon.
        let mut in_field = 0_usize;
        for (at, token) in atom.iter().enumerate() {
            let position = begin.saturating_add(at);
            match token {
                Token::Literal(_) => {
                    let letter = self.waits.get(position).copied().unwrap_or_default();
                    self.spell(letter, position);
                }
                Token::Folded(_) => {
                    let letter = self.waits.get(position).copied().unwrap_or_default();
                    for letter in self.alike.get(letter).cloned().unwrap_or_default() {
                        self.spell(letter, position);
                    }
                    set(&mut self.folded, position);
                }
                Token::One => set(&mut self.one, position),
                Token::OneOfField => {
                    set(&mut self.one_of_field, position);
                    set(&mut self.choosy, position);
                }
                Token::Any => set(&mut self.any, position),
                Token::AnyOfField => {
                    set(&mut self.any_of_field, position);
                    set(&mut self.choosy, position);
                }
            }
            let forgotten = match token {
                Token::Any => at,
                Token::AnyOfField => in_field,
                _ => 0,
            };
            if let Some(forgets) = self.forgets.get_mut(position) {
                *forgets = forgotten;
            }
            let takes_colon = matches!(
                token,
                Token::One | Token::Any | Token::Literal(':') | Token::Folded(':')
            );
            in_field = if takes_colon { 0 } else { in_field.saturating_add(1) };
        }
    }

    fn spell(&mut self, letter: usize, position: usize) {
        let begin = letter.saturating_mul(self.words);
        let row = begin..begin.saturating_add(self.words);
        set(self.spelled.get_mut(row).unwrap_or_default(), position);
        set(&mut self.choosy, position);
    }

    /// No rows of states yet.
    pub(super) fn rows(&self) -> Rows<'_> {
        Rows::new(self)
    }

    /// The state before the first character.
    pub(super) fn start(&self) -> Vec<u64> {
        self.starts.clone()
    }

    /// A character by its number.
    pub(super) fn letter(&self, symbol: usize) -> Option<char> {
        self.letters.get(symbol).copied()
    }

    /// The characters that make a difference in a state.
    pub(super) fn symbols(&self, state: &[u64], out: &mut Vec<usize>) {
        out.clear();
        let mut add = |letter: usize| {
            if !out.contains(&letter) {
                out.push(letter);
            }
        };
        let words = state.iter().zip(&self.choosy).zip(&self.folded);
        for (word, ((bits, choosy), folded)) in words.enumerate() {
            for position in ones(bits & choosy, word) {
                let letter = self.waits.get(position).copied().unwrap_or_default();
                if folded & (1 << (position % 64)) == 0 {
                    add(letter);
                } else {
                    self.alike.get(letter).into_iter().flatten().copied().for_each(&mut add);
                }
            }
        }
        out.push(self.letters.len().saturating_sub(1));
    }

    /// The state behind a character.
    pub(super) fn step(&self, state: &[u64], symbol: usize, next: &mut Vec<u64>) {
        let in_field = if symbol == self.colon { 0 } else { u64::MAX };
        let spelled = self.spelled.iter().skip(symbol.saturating_mul(self.words));
        let ones = self.one.iter().zip(&self.one_of_field);
        let runs = self.any.iter().zip(&self.any_of_field);
        let mut carry = 0_u64;
        next.clear();
        next.extend(state.iter().zip(spelled).zip(ones).zip(runs).map(
            |(((state, spelled), (one, one_of_field)), (any, any_of_field))| {
                let taken = state & (spelled | one | (one_of_field & in_field));
                let moved = (taken << 1) | carry;
                carry = taken >> 63;
                moved | (state & (any | (any_of_field & in_field)))
            },
        ));
        self.settle(state, next);
    }

    /// Lets the runs that a state waits at also be empty, and forgets what they make needless. At those that the state before
    /// waited at nothing is left to forget.
    fn settle(&self, before: &[u64], state: &mut [u64]) {
        let mut carry = 0_u64;
        let runs = self
            .any
            .iter()
            .zip(&self.any_of_field)
            .map(|(any, any_of_field)| any | any_of_field);
        let mut forget = Vec::new();
        for (word, ((bits, runs), before)) in state.iter_mut().zip(runs).zip(before).enumerate() {
            *bits |= carry;
            let reached = *bits & runs;
            *bits |= reached << 1;
            carry = reached >> 63;
            forget.extend(ones(reached & !before, word));
        }
        for run in forget {
            let forgotten = self.forgets.get(run).copied().unwrap_or_default();
            clear(state, run.saturating_sub(forgotten), run);
        }
    }

    /// A state with the positions that were forgotten: what a state within it can become, it can become too.
    pub(super) fn meant(&self, state: &[u64], out: &mut Vec<u64>) {
        out.clear();
        out.extend_from_slice(state);
        let runs = self
            .any
            .iter()
            .zip(&self.any_of_field)
            .map(|(any, any_of_field)| any | any_of_field);
        for (word, ((bits, runs), avoided)) in state.iter().zip(runs).zip(&self.avoided).enumerate() {
            for run in ones(bits & runs & avoided, word) {
                let forgotten = self.forgets.get(run).copied().unwrap_or_default();
                (run.saturating_sub(forgotten)..run).for_each(|position| set(out, position));
            }
        }
    }

    /// Whether every required group may still be matched.
    pub(super) fn can_still(&self, state: &[u64]) -> bool {
        self.required.iter().all(|group| meets(state, group))
    }

    /// Whether every required group is matched.
    pub(super) fn is_asked_for(&self, state: &[u64]) -> bool {
        let ended = |group: &Vec<u64>| {
            let all = state.iter().zip(group).zip(&self.ends);
            all.into_iter().any(|((state, group), ends)| state & group & ends != 0)
        };
        self.required.iter().all(ended)
    }

    /// The patterns that end in a state, each at its last position.
    pub(super) fn ended(&self, state: &[u64], out: &mut Vec<u64>) {
        out.clear();
        out.extend(state.iter().zip(&self.ends).map(|(state, ends)| state & ends));
    }
}

/// The numbers of the bits of a word that are set.
fn ones(mut bits: u64, word: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (bit < 64).then(|| word.saturating_mul(64).saturating_add(bit as usize))
    })
}

fn set(bits: &mut [u64], at: usize) {
    if let Some(word) = bits.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

/// Clears the bits from one to another, which stays.
fn clear(bits: &mut [u64], from: usize, to: usize) {
    for word in from / 64..=to / 64 {
        let below = |at: usize| match at.saturating_sub(word.saturating_mul(64)) {
            bit if bit >= 64 => u64::MAX,
            bit => (1_u64 << bit).wrapping_sub(1),
        };
        if let Some(bits) = bits.get_mut(word) {
            *bits &= below(from) | !below(to);
        }
    }
}

fn meets(one: &[u64], other: &[u64]) -> bool {
    one.iter().zip(other).any(|(one, other)| one & other != 0)
}
