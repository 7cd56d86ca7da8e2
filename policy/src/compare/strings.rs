//! The classes of texts that a set of patterns can tell apart, each with a shortest member.
//!
//! All patterns are read at once, character by character. What a pattern can still become is a set of positions in it, so
//! the texts fall into finitely many states, and every state is reached by a shortest text. Of the characters only those
//! matter that some pattern waits for, the colon, and one that no pattern spells.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// This character.
    Literal(char),
    /// This character, in lower or upper case.
    Folded(char),
    /// Any one character.
    One,
    /// Any one character but a colon.
    OneOfField,
    /// Any run of characters.
    Any,
    /// Any run of characters without a colon.
    AnyOfField,
}

/// A pattern.
pub(super) type Atom = Vec<Token>;

/// Reads `*` and `?` of a text.
pub(super) fn glob(text: &str) -> Atom {
    text.chars()
        .map(|letter| match letter {
            '*' => Token::Any,
            '?' => Token::One,
            plain => Token::Literal(plain),
        })
        .collect()
}

/// Reads a text as an ARN pattern: in the first five fields a wildcard holds no colon.
pub(super) fn arn(text: &str) -> Atom {
    let mut colons = 0_usize;
    text.chars()
        .map(|letter| match letter {
            '*' if colons < 5 => Token::AnyOfField,
            '?' if colons < 5 => Token::OneOfField,
            '*' => Token::Any,
            '?' => Token::One,
            plain => {
                if plain == ':' {
                    colons = colons.saturating_add(1);
                }
                Token::Literal(plain)
            }
        })
        .collect()
}

/// Patterns that are read together.
#[derive(Debug, Default)]
pub(super) struct Reader {
    atoms: Vec<Atom>,
    /// Where the bits of each atom begin in a state.
    begins: Vec<usize>,
    /// Words of a state.
    words: usize,
    /// Groups of atoms of which a text must match at least one.
    required: Vec<Vec<usize>>,
    /// All characters that a folded one stands for.
    alike: BTreeMap<char, Vec<char>>,
}

/// What became of a search.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// Every class was seen.
    Complete,
    /// There are too many.
    GaveUp,
}

type State = Vec<u64>;

/// A quick hash of words; the states are ours, so nobody can choose them to collide.
#[derive(Default)]
struct Words(u64);

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk.iter().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
            self.write_u64(word);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

type Quick = BuildHasherDefault<Words>;

impl Reader {
    /// Adds a pattern; its number.
    pub(super) fn add(&mut self, atom: Atom) -> usize {
        if let Some(at) = self.atoms.iter().position(|known| *known == atom) {
            return at;
        }
        for token in &atom {
            if let Token::Folded(letter) = token {
                self.alike.entry(*letter).or_insert_with(|| alike(*letter));
            }
        }
        self.begins.push(self.words);
        self.words = self.words.saturating_add(words_of(&atom));
        self.atoms.push(atom);
        self.atoms.len().saturating_sub(1)
    }

    /// Asks for texts that match one of a group only.
    pub(super) fn require(&mut self, group: Vec<usize>) {
        self.required.push(group);
    }

    /// Visits a shortest text of every class, at most `budget` states long.
    pub(super) fn classes(&self, budget: usize, visit: &mut dyn FnMut(&str)) -> Search {
        let fresh = self.fresh();
        let mut seen: HashSet<State, Quick> = HashSet::default();
        let mut texts: Vec<(usize, Option<char>)> = Vec::new();
        let mut told: HashSet<Vec<u64>, Quick> = HashSet::default();
        let mut queue = VecDeque::new();
        let start = self.start();
        seen.insert(start.clone());
        texts.push((0, None));
        queue.push_back((start, 0_usize));
        let (mut symbols, mut next, mut matched) = (Vec::new(), Vec::new(), Vec::new());
        while let Some((state, at)) = queue.pop_front() {
            matched.clear();
            matched.resize(self.atoms.len().div_ceil(64), 0);
            for (number, (atom, begin)) in self.parts().enumerate() {
                if get(&state, begin, atom.len()) {
                    set(&mut matched, 0, number);
                }
            }
            let is_asked_for = self
                .required
                .iter()
                .all(|group| group.iter().any(|atom| get(&matched, 0, *atom)));
            if is_asked_for && !told.contains(&matched) {
                told.insert(matched.clone());
                visit(&text_of(&texts, at));
            }
            self.symbols(&state, fresh, &mut symbols);
            for symbol in &symbols {
                self.step(&state, *symbol, &mut next);
                if !self.can_still(&next) || seen.contains(&next) {
                    continue;
                }
                if texts.len() >= budget {
                    return Search::GaveUp;
                }
                let number = texts.len();
                texts.push((at, Some(*symbol)));
                seen.insert(next.clone());
                queue.push_back((next.clone(), number));
            }
        }
        Search::Complete
    }

    /// A character that no pattern spells.
    fn fresh(&self) -> char {
        let spelled: HashSet<char> = self
            .atoms
            .iter()
            .flatten()
            .filter_map(|token| match token {
                Token::Literal(letter) | Token::Folded(letter) => Some(*letter),
                _ => None,
            })
            .flat_map(|letter| letter.to_lowercase().chain(letter.to_uppercase()))
            .collect();
        ('a'..='z')
            .rev()
            .chain('0'..='9')
            .chain('\u{100}'..='\u{24f}')
            .find(|letter| !spelled.contains(letter))
            .unwrap_or('\u{2603}')
    }

    fn parts(&self) -> impl Iterator<Item = (&Atom, usize)> {
        self.atoms.iter().zip(self.begins.iter().copied())
    }

    fn start(&self) -> State {
        let mut state = vec![0_u64; self.words];
        for (atom, begin) in self.parts() {
            set(&mut state, begin, 0);
            close(atom, &mut state, begin);
        }
        state
    }

    /// Whether every group may still be matched.
    fn can_still(&self, state: &State) -> bool {
        self.required.iter().all(|group| {
            group.iter().any(|atom| {
                let range = self.begins.get(*atom).copied().unwrap_or_default();
                let words = self.atoms.get(*atom).map_or(0, words_of);
                state.iter().skip(range).take(words).any(|word| *word != 0)
            })
        })
    }

    /// The characters that make a difference in a state.
    fn symbols(&self, state: &State, fresh: char, out: &mut Vec<char>) {
        out.clear();
        let mut add = |letter: char| {
            if !out.contains(&letter) {
                out.push(letter);
            }
        };
        for (atom, begin) in self.parts() {
            for (_, token) in live(atom, state, begin) {
                match token {
                    Token::Literal(letter) => add(letter),
                    Token::Folded(letter) => {
                        let alike = self.alike.get(&letter);
                        alike.into_iter().flatten().copied().for_each(&mut add);
                    }
                    Token::OneOfField | Token::AnyOfField => add(':'),
                    Token::One | Token::Any => {}
                }
            }
        }
        add(fresh);
    }

    fn step(&self, state: &State, symbol: char, next: &mut State) {
        next.clear();
        next.resize(self.words, 0);
        for (atom, begin) in self.parts() {
            for (at, token) in live(atom, state, begin) {
                let behind = at.saturating_add(1);
                let to = match token {
                    Token::Literal(letter) => (letter == symbol).then_some(behind),
                    Token::Folded(letter) => letter.to_lowercase().eq(symbol.to_lowercase()).then_some(behind),
                    Token::One => Some(behind),
                    Token::OneOfField => (symbol != ':').then_some(behind),
                    Token::Any => Some(at),
                    Token::AnyOfField => (symbol != ':').then_some(at),
                };
                if let Some(to) = to {
                    set(next, begin, to);
                    close_from(atom, next, begin, to);
                }
            }
        }
    }
}

/// All characters that differ from one in case only, themselves included.
fn alike(letter: char) -> Vec<char> {
    let is_alike = |other: &char| other.to_lowercase().eq(letter.to_lowercase());
    let is_plain = letter.is_ascii() && !letter.eq_ignore_ascii_case(&'k');
    let last = if is_plain { '\u{7f}' } else { '\u{1ffff}' };
    // Beyond those planes no letter has another case, and a mark for a variable stands there.
    let beyond = (letter > last).then_some(letter);
    ('\0'..=last).chain(beyond).filter(is_alike).collect()
}

/// The tokens that a state waits at, with their numbers.
fn live<'a>(atom: &'a Atom, state: &'a State, begin: usize) -> impl Iterator<Item = (usize, Token)> + 'a {
    let words = state.iter().skip(begin).take(words_of(atom)).enumerate();
    words.flat_map(move |(word, bits)| {
        let mut bits = *bits;
        std::iter::from_fn(move || {
            let bit = bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
            (bit < 64).then(|| word.saturating_mul(64).saturating_add(bit as usize))
        })
        .filter_map(move |at| atom.get(at).map(|token| (at, *token)))
    })
}

/// Lets the runs from a position on also be empty.
fn close_from(atom: &Atom, state: &mut State, begin: usize, from: usize) {
    let mut at = from;
    while matches!(atom.get(at), Some(Token::Any | Token::AnyOfField)) {
        at = at.saturating_add(1);
        set(state, begin, at);
    }
}

fn words_of(atom: &Atom) -> usize {
    atom.len().saturating_add(64) / 64
}

/// Lets every run that a state waits at also be empty.
fn close(atom: &Atom, state: &mut State, begin: usize) {
    for at in 0..atom.len() {
        if get(state, begin, at) {
            close_from(atom, state, begin, at);
        }
    }
}

fn get(state: &State, begin: usize, at: usize) -> bool {
    state
        .get(begin.saturating_add(at / 64))
        .is_some_and(|word| word & (1 << (at % 64)) != 0)
}

fn set(state: &mut State, begin: usize, at: usize) {
    if let Some(word) = state.get_mut(begin.saturating_add(at / 64)) {
        *word |= 1 << (at % 64);
    }
}

fn text_of(texts: &[(usize, Option<char>)], at: usize) -> String {
    let mut letters = Vec::new();
    let mut here = at;
    while let Some((before, Some(letter))) = texts.get(here) {
        letters.push(*letter);
        here = *before;
    }
    letters.into_iter().rev().collect()
}
