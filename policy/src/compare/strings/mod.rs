//! The classes of texts that a set of patterns can tell apart, each with a shortest member.

mod alphabet;
mod machine;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use machine::Machine;

use crate::pattern::in_lower_case;

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

/// A pattern, without two runs side by side.
pub(super) type Atom = Vec<Token>;

/// Reads `*` and `?` of a text.
pub(super) fn glob(text: &str) -> Atom {
    glob_of(text, |letter| letter)
}

/// Reads `*` and `?` of a text, its letters of ASCII in lower case.
pub(super) fn glob_in_lower_case(text: &str) -> Atom {
    glob_of(text, |letter| letter.to_ascii_lowercase())
}

fn glob_of(text: &str, as_is: impl Fn(char) -> char) -> Atom {
    let mut atom = Vec::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            // Of two runs side by side one is enough.
            '*' if atom.last() == Some(&Token::Any) => {}
            '*' => atom.push(Token::Any),
            '?' => atom.push(Token::One),
            plain => atom.push(Token::Literal(as_is(plain))),
        }
    }
    atom
}

/// Reads a text as an ARN pattern: in the first five fields a wildcard holds no colon.
pub(super) fn arn(text: &str) -> Atom {
    let mut atom = Vec::with_capacity(text.len());
    let mut colons = 0_usize;
    for letter in text.chars() {
        let token = match letter {
            '*' if colons < 5 => Token::AnyOfField,
            '?' if colons < 5 => Token::OneOfField,
            '*' => Token::Any,
            '?' => Token::One,
            plain => {
                colons = colons.saturating_add(usize::from(plain == ':'));
                Token::Literal(plain)
            }
        };
        let is_run = matches!(token, Token::Any | Token::AnyOfField);
        if !(is_run && atom.last() == Some(&token)) {
            atom.push(token);
        }
    }
    atom
}

/// Patterns that are read together.
#[derive(Debug, Default)]
pub(super) struct Reader {
    atoms: Vec<Atom>,
    /// Whether each of them had better not match.
    avoided: Vec<bool>,
    /// Groups of atoms of which a text must match at least one.
    required: Vec<Vec<usize>>,
}

/// What became of a search.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// Every class was seen.
    Complete,
    /// There are too many.
    GaveUp,
}

/// Most patterns that one is compared with before the search.
const MOST_OTHERS: usize = 200;

impl Reader {
    /// Adds a pattern; its number.
    pub(super) fn add(&mut self, atom: Atom) -> usize {
        let at = self.place(atom);
        if let Some(is_avoided) = self.avoided.get_mut(at) {
            *is_avoided = false;
        }
        at
    }

    /// Adds a pattern that had better not match: of two classes that differ in such patterns only, one may be left out that
    /// matches more of them.
    pub(super) fn avoid(&mut self, atom: Atom) {
        self.place(atom);
    }

    fn place(&mut self, atom: Atom) -> usize {
        if let Some(at) = self.atoms.iter().position(|known| *known == atom) {
            return at;
        }
        self.atoms.push(atom);
        self.avoided.push(true);
        self.atoms.len().saturating_sub(1)
    }

    /// Asks for texts that match one of a group only.
    pub(super) fn require(&mut self, group: Vec<usize>) {
        self.required.push(group);
    }

    /// Visits a shortest text of every class that is not left out; gives up after `budget` states. A visitor that breaks has
    /// seen enough.
    pub(super) fn classes(&self, budget: usize, visit: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Search {
        let Some(required) = self.meeting() else {
            return Search::Complete;
        };
        if let Some(texts) = self.spelled(&required) {
            // Each of these is a class of its own.
            let _ = texts.iter().try_for_each(|text| visit(text));
            return Search::Complete;
        }
        let (atoms, required) = self.kept(&required);
        match fresh(&atoms) {
            Some(fresh) => walk(&Machine::new(&atoms, &required, fresh), budget, visit),
            None => Search::GaveUp,
        }
    }

    /// The required groups, each without the patterns that no text of another one can match; nothing where one is empty.
    fn meeting(&self) -> Option<Vec<Vec<usize>>> {
        let mut groups = self.required.clone();
        for at in 0..groups.len() {
            let others: Vec<Vec<usize>> = groups
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != at)
                .map(|(_, group)| group.clone())
                .collect();
            let group = groups.get_mut(at)?;
            group.retain(|one| others.iter().all(|other| self.may_meet_any(*one, other)));
            if group.is_empty() {
                return None;
            }
        }
        Some(groups)
    }

    fn may_meet_any(&self, one: usize, others: &[usize]) -> bool {
        if others.len() > MOST_OTHERS {
            return true;
        }
        let of = |number: usize| self.atoms.get(number).map(Vec::as_slice).unwrap_or_default();
        others
            .iter()
            .any(|other| one == *other || may_meet(of(one), of(*other)))
    }

    /// All texts that can be asked for, shortest first, where some required group spells them out.
    fn spelled(&self, required: &[Vec<usize>]) -> Option<Vec<String>> {
        let text = |number: &usize| self.atoms.get(*number).and_then(|atom| literal(atom));
        let groups = required.iter().enumerate();
        let mut spelled =
            groups.filter_map(|(at, group)| Some((at, group.iter().map(text).collect::<Option<Vec<_>>>()?)));
        let (own, mut texts) = spelled.next()?;
        for (_, group) in required.iter().enumerate().filter(|(at, _)| *at != own) {
            let atoms: Vec<&Atom> = group.iter().filter_map(|number| self.atoms.get(*number)).collect();
            texts.retain(|text| atoms.iter().any(|atom| takes(atom, text)));
        }
        texts.sort_by_key(String::len);
        Some(texts)
    }

    /// The patterns that some text which can be asked for may match, and the required groups of them.
    fn kept(&self, required: &[Vec<usize>]) -> (Vec<(&Atom, bool)>, Vec<Vec<usize>>) {
        let mut atoms = Vec::new();
        let mut numbers = BTreeMap::new();
        for (number, atom) in self.atoms.iter().zip(self.avoided.iter().copied()).enumerate() {
            if required.iter().all(|group| self.may_meet_any(number, group)) {
                numbers.insert(number, atoms.len());
                atoms.push(atom);
            }
        }
        let renumbered = |group: &Vec<usize>| group.iter().filter_map(|number| numbers.get(number).copied()).collect();
        (atoms, required.iter().map(renumbered).collect())
    }
}

/// Most words of all states that are seen.
const MOST_WORDS: usize = 4_000_000;

/// Most words that are read while states are reached and compared.
const MOST_WORK: usize = 200_000_000;

/// Visits a shortest text of every class that a machine tells apart, but for those that another one makes needless.
fn walk(machine: &Machine, budget: usize, visit: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Search {
    let (mut seen, mut told) = (machine.rows(), machine.rows());
    // The state before each, and the character between them.
    let mut texts: Vec<(usize, Option<char>)> = vec![(0, None)];
    let (mut state, mut next, mut symbols) = (machine.start(), Vec::new(), Vec::new());
    let mut ended = Vec::new();
    seen.insert(&state);
    let mut at = 0_usize;
    while at < texts.len() {
        state.clear();
        state.extend_from_slice(seen.row(at));
        if seen.is_needless(at, &state) {
            at = at.saturating_add(1);
            continue;
        }
        if machine.is_asked_for(&state) {
            machine.ended(&state, &mut ended);
            if told.insert(&ended) && visit(&text_of(&texts, at)).is_break() {
                return Search::Complete;
            }
        }
        machine.symbols(&state, &mut symbols);
        for symbol in &symbols {
            machine.step(&state, *symbol, &mut next);
            if !machine.can_still(&next) {
                continue;
            }
            let is_large = texts.len().saturating_mul(machine.words) >= MOST_WORDS;
            if texts.len() >= budget || is_large || seen.work.saturating_add(told.work) >= MOST_WORK {
                return Search::GaveUp;
            }
            if seen.insert(&next) {
                texts.push((at, machine.letter(*symbol)));
            }
        }
        at = at.saturating_add(1);
    }
    Search::Complete
}

/// The one text that a pattern matches.
fn literal(atom: &[Token]) -> Option<String> {
    let letter = |token: &Token| match token {
        Token::Literal(letter) => Some(*letter),
        _ => None,
    };
    atom.iter().map(letter).collect()
}

/// Whether two patterns may match one text, as far as their beginnings and ends tell.
fn may_meet(one: &[Token], other: &[Token]) -> bool {
    let forwards = agree(one.iter(), other.iter());
    forwards && agree(one.iter().rev(), other.iter().rev())
}

fn agree<'t>(mut one: impl Iterator<Item = &'t Token>, mut other: impl Iterator<Item = &'t Token>) -> bool {
    loop {
        match (one.next(), other.next()) {
            (Some(Token::Any | Token::AnyOfField), _) | (_, Some(Token::Any | Token::AnyOfField)) | (None, None) => {
                return true;
            }
            (Some(Token::Literal(one)), Some(Token::Literal(other))) if one != other => return false,
            (Some(Token::OneOfField), Some(Token::Literal(':')))
            | (Some(Token::Literal(':')), Some(Token::OneOfField))
            | (None, Some(_))
            | (Some(_), None) => return false,
            _ => {}
        }
    }
}

/// Whether a pattern matches a text. Only the last run is ever made longer: an earlier one of its field could do no better,
/// and runs of other fields end at colons that are written out.
fn takes(atom: &[Token], text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let (mut token, mut at) = (0_usize, 0_usize);
    let mut last: Option<(usize, usize)> = None;
    loop {
        let takes = match (atom.get(token), letters.get(at)) {
            (None, None) => return true,
            (Some(Token::Any | Token::AnyOfField), _) => {
                last = Some((token, at));
                token = token.saturating_add(1);
                continue;
            }
            (Some(Token::Literal(wanted)), Some(letter)) => letter == wanted,
            (Some(Token::Folded(wanted)), Some(letter)) => in_lower_case(*letter) == in_lower_case(*wanted),
            (Some(Token::One), Some(_)) => true,
            (Some(Token::OneOfField), Some(letter)) => *letter != ':',
            _ => false,
        };
        if takes {
            (token, at) = (token.saturating_add(1), at.saturating_add(1));
            continue;
        }
        let Some((run, from)) = last else { return false };
        let is_any = atom.get(run) == Some(&Token::Any);
        if !letters.get(from).is_some_and(|letter| is_any || *letter != ':') {
            return false;
        }
        (token, at) = (run.saturating_add(1), from.saturating_add(1));
        last = Some((run, at));
    }
}

/// A character that no pattern spells; nothing where they spell thousands.
fn fresh(atoms: &[(&Atom, bool)]) -> Option<char> {
    let mut spelled: BTreeSet<char> = BTreeSet::new();
    let mut ascii = [false; 128];
    for token in atoms.iter().flat_map(|(atom, _)| atom.iter()) {
        let (Token::Literal(letter) | Token::Folded(letter)) = token else {
            continue;
        };
        for letter in [letter.to_ascii_lowercase(), letter.to_ascii_uppercase()] {
            match ascii.get_mut(letter as usize) {
                Some(is_spelled) => *is_spelled = true,
                // A letter such as `ǅ` is neither of the two.
                None => spelled.extend(letter.to_lowercase().chain(letter.to_uppercase()).chain([letter])),
            }
        }
    }
    let is_spelled = |letter: &char| match ascii.get(*letter as usize) {
        Some(is_spelled) => *is_spelled || spelled.contains(letter),
        None => spelled.contains(letter),
    };
    ('a'..='z')
        .rev()
        .chain('0'..='9')
        .chain('\u{100}'..='\u{24f}')
        // Characters without another case.
        .chain('\u{4e00}'..='\u{9fff}')
        .find(|letter| !is_spelled(letter))
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
