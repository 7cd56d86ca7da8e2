//! The characters that make a difference to some pattern.

use std::collections::BTreeMap;

use crate::pattern::in_lower_case;

/// The characters that matter, numbered as they come.
pub(super) struct Alphabet {
    pub(super) letters: Vec<char>,
    /// For each of them all that differ from it in case only, where some pattern leaves that open.
    pub(super) alike: Vec<Vec<usize>>,
    /// The number of each character of ASCII and one; 0 for those that did not come yet.
    ascii: [usize; 128],
    others: BTreeMap<char, usize>,
}

impl Default for Alphabet {
    fn default() -> Self {
        Self {
            letters: Vec::new(),
            alike: Vec::new(),
            ascii: [0; 128],
            others: BTreeMap::new(),
        }
    }
}

impl Alphabet {
    /// The number of a character.
    pub(super) fn number(&mut self, letter: char) -> usize {
        let entry = match self.ascii.get_mut(letter as usize) {
            Some(entry) => entry,
            None => self.others.entry(letter).or_default(),
        };
        if *entry == 0 {
            self.letters.push(letter);
            *entry = self.letters.len();
        }
        entry.saturating_sub(1)
    }

    /// The first of all characters that differ from one in case only, itself included.
    pub(super) fn folded(&mut self, letter: char) -> usize {
        let own = self.number(letter);
        let known = self.alike.get(own).and_then(|all| all.first());
        if let Some(first) = known {
            return *first;
        }
        let all: Vec<usize> = alike(letter).into_iter().map(|letter| self.number(letter)).collect();
        self.alike.resize(self.letters.len(), Vec::new());
        for one in &all {
            if let Some(entry) = self.alike.get_mut(*one) {
                entry.clone_from(&all);
            }
        }
        all.first().copied().unwrap_or(own)
    }
}

/// The sign for a kelvin, the one character beyond ASCII that differs from a letter of ASCII in case only.
const KELVIN: char = '\u{212a}';

/// All characters that differ from one in case only, itself included.
fn alike(letter: char) -> Vec<char> {
    let (lower, upper) = (letter.to_ascii_lowercase(), letter.to_ascii_uppercase());
    match lower {
        'k' => vec![upper, lower, KELVIN],
        'a'..='z' => vec![upper, lower],
        _ if letter.is_ascii() => vec![letter],
        _ => scanned(letter),
    }
}

fn scanned(letter: char) -> Vec<char> {
    // Beyond those planes no letter has another case, and a mark for a variable stands there.
    let last = '\u{1ffff}';
    if letter > last {
        return vec![letter];
    }
    let is_alike = |other: &char| in_lower_case(*other) == in_lower_case(letter);
    ('\0'..=last).filter(is_alike).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_ascii_are_alike_as_a_scan_of_all_characters_finds() {
        for letter in '\0'..='\u{7f}' {
            assert_eq!(alike(letter), scanned(letter), "{letter:?}");
        }
    }
}
