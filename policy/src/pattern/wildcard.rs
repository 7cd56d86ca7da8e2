//! Plain wildcard patterns: matching in linear time and covering in polynomial time.

/// A text with `*` and `?`.
///
/// Runs of wildcards are normalised: `?*?` and `*??` are the same pattern, two single characters and
/// then anything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    tokens: Vec<Token>,
}

/// How a piece of a pattern is read.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// With wildcards.
    Pattern,
    /// As it stands.
    Plain,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Token {
    /// This character.
    Literal(char),
    /// `?`
    One,
    /// `*`
    Any,
}

impl Pattern {
    /// Reads a pattern, case kept.
    pub fn new(text: &str) -> Self {
        Self::of_pieces([(Piece::Pattern, text)])
    }

    /// Joins pieces of patterns and of plain text, as when the value of a variable stands in a pattern.
    pub fn of_pieces<'t>(pieces: impl IntoIterator<Item = (Piece, &'t str), IntoIter: Clone>) -> Self {
        let pieces = pieces.into_iter();
        let most = pieces.clone().map(|(_, text)| text.len()).sum();
        let mut tokens = Vec::with_capacity(most);
        let mut any_pending = false;
        for (piece, text) in pieces {
            for character in text.chars() {
                match character {
                    '*' if piece == Piece::Pattern => any_pending = true,
                    // Within a run of wildcards the single ones move to the front.
                    '?' if piece == Piece::Pattern => tokens.push(Token::One),
                    literal => {
                        if std::mem::take(&mut any_pending) {
                            tokens.push(Token::Any);
                        }
                        tokens.push(Token::Literal(literal));
                    }
                }
            }
        }
        if any_pending {
            tokens.push(Token::Any);
        }
        Self { tokens }
    }

    /// Reads a pattern that ignores the case of ASCII letters; match it against lower-case texts.
    pub fn ignoring_case(text: &str) -> Self {
        let mut pattern = Self::new(text);
        for token in &mut pattern.tokens {
            if let Token::Literal(letter) = token {
                letter.make_ascii_lowercase();
            }
        }
        pattern
    }

    /// Whether the pattern matches every text.
    pub fn matches_everything(&self) -> bool {
        self.tokens == [Token::Any]
    }

    /// Whether it matches every text of two characters or more, as names of services and actions are: `*`, `?*`, `??*`.
    pub fn matches_every_name(&self) -> bool {
        matches!(
            self.tokens.as_slice(),
            [Token::Any] | [Token::One, Token::Any] | [Token::One, Token::One, Token::Any]
        )
    }

    /// Whether it is made of wildcards alone, so that nothing but a length is asked for.
    pub fn is_all_wildcards(&self) -> bool {
        !self.tokens.is_empty() && !self.tokens.iter().any(|token| matches!(token, Token::Literal(_)))
    }

    /// Whether it holds no wildcard.
    pub fn is_literal(&self) -> bool {
        self.tokens.iter().all(|token| matches!(token, Token::Literal(_)))
    }

    /// Whether the pattern matches some text that starts with `prefix`.
    pub fn covers_some_of(&self, prefix: &str) -> bool {
        let mut reading = vec![false; self.tokens.len().saturating_add(1)];
        set(&mut reading, 0, true);
        self.close(&mut reading);
        for character in prefix.chars() {
            reading = self.step(&reading, Token::Literal(character));
        }
        reading.contains(&true)
    }

    /// Whether the pattern can match a text that starts with `prefix`, as far as its own beginning tells.
    pub fn may_begin_with(&self, prefix: &str) -> bool {
        for (token, character) in self.tokens.iter().zip(prefix.chars()) {
            match token {
                Token::Any => return true,
                Token::Literal(literal) if *literal != character => return false,
                Token::One | Token::Literal(_) => {}
            }
        }
        true
    }

    /// The literal text before the first wildcard.
    pub fn literal_prefix(&self) -> String {
        self.tokens
            .iter()
            .map_while(|token| match token {
                Token::Literal(character) => Some(*character),
                Token::One | Token::Any => None,
            })
            .collect()
    }

    /// Whether the pattern matches a text, in time linear in pattern and text for each `*` run: a
    /// mismatch only moves the last `*` on, since an earlier one could not do better.
    pub fn matches(&self, text: &str) -> bool {
        if text.is_ascii() {
            let bytes = text.as_bytes();
            self.matches_sequence(bytes.len(), |at| bytes.get(at).map(|byte| char::from(*byte)))
        } else {
            let characters: Vec<char> = text.chars().collect();
            self.matches_sequence(characters.len(), |at| characters.get(at).copied())
        }
    }

    /// Whether a pattern made by [`Self::ignoring_case`] matches a text in whatever ASCII case.
    pub fn matches_ignoring_case(&self, text: &str) -> bool {
        if text.is_ascii() {
            let bytes = text.as_bytes();
            self.matches_sequence(bytes.len(), |at| {
                bytes.get(at).map(|byte| char::from(byte.to_ascii_lowercase()))
            })
        } else {
            self.matches(&text.to_ascii_lowercase())
        }
    }

    fn matches_sequence(&self, length: usize, character: impl Fn(usize) -> Option<char>) -> bool {
        let mut at = 0_usize;
        while let Some(Token::Literal(literal)) = self.tokens.get(at) {
            if character(at) != Some(*literal) {
                return false;
            }
            at = at.saturating_add(1);
        }
        let mut token = at;
        let mut retry: Option<(usize, usize)> = None;
        while at < length {
            match self.tokens.get(token) {
                Some(Token::Any) => {
                    token = token.saturating_add(1);
                    if token == self.tokens.len() {
                        return true;
                    }
                    retry = Some((token, at));
                }
                Some(Token::One) => {
                    token = token.saturating_add(1);
                    at = at.saturating_add(1);
                }
                Some(Token::Literal(literal)) if character(at) == Some(*literal) => {
                    token = token.saturating_add(1);
                    at = at.saturating_add(1);
                }
                _ => {
                    let Some((after_any, from)) = retry else { return false };
                    let from = from.saturating_add(1);
                    token = after_any;
                    at = from;
                    retry = Some((after_any, from));
                }
            }
        }
        self.tokens
            .get(token..)
            .unwrap_or_default()
            .iter()
            .all(|token| *token == Token::Any)
    }

    /// Whether every text that `other` matches is matched by this pattern.
    ///
    /// Sound always. Complete for an alphabet with a character that neither pattern spells, unless
    /// the two interleave `?` and `*` so often that more than `MAX_READINGS` readings of `other`
    /// must be told apart; then the answer is no. Time is polynomial in the two lengths.
    ///
    /// `other` is read as a text whose `?` is a fresh character and whose `*` is a run of them of
    /// every length. A reading is the set of this pattern's positions it can be at; a reading that
    /// contains another one is left out, because it is accepted wherever the smaller one is.
    pub fn covers(&self, other: &Self) -> bool {
        // Where both begin with single characters, these decide or are done with.
        let pairs = self.tokens.iter().zip(&other.tokens);
        let is_done = |(mine, theirs): &(&Token, &Token)| match (mine, theirs) {
            (Token::Literal(mine), Token::Literal(theirs)) => mine == theirs,
            (Token::One, Token::One | Token::Literal(_)) => true,
            _ => false,
        };
        let done = pairs.take_while(is_done).count();
        let rest = |pattern: &Self| pattern.tokens.get(done..).unwrap_or_default().len();
        match self.tokens.get(done) {
            None => return rest(other) == 0,
            Some(Token::Any) if rest(self) == 1 => return true,
            Some(Token::Literal(_)) => return false,
            _ => {}
        }
        if other.is_literal() {
            return self.matches_sequence(other.tokens.len(), |at| match other.tokens.get(at) {
                Some(Token::Literal(letter)) => Some(*letter),
                _ => None,
            });
        }
        self.covers_readings(other)
    }

    fn covers_readings(&self, other: &Self) -> bool {
        let mut start = vec![false; self.tokens.len().saturating_add(1)];
        set(&mut start, 0, true);
        self.close(&mut start);
        let mut readings = vec![start];
        for token in &other.tokens {
            let mut next = Vec::new();
            for reading in &readings {
                if *token != Token::Any {
                    add_minimal(&mut next, self.step(reading, *token));
                    continue;
                }
                let mut run = reading.clone();
                loop {
                    let longer = self.step(&run, Token::One);
                    let settled = longer == run;
                    add_minimal(&mut next, run);
                    if settled {
                        break;
                    }
                    // Without a limit a long row of `?` would make as many readings as it has characters.
                    if next.len() > MAX_READINGS || !longer.contains(&true) {
                        return false;
                    }
                    run = longer;
                }
            }
            if next.len() > MAX_READINGS || next.iter().any(|reading| !reading.contains(&true)) {
                return false;
            }
            readings = next;
        }
        readings.iter().all(|reading| get(reading, self.tokens.len()))
    }

    /// Whether some text is matched by both patterns.
    pub fn meets(&self, other: &Self) -> bool {
        let mut reading = vec![false; self.tokens.len().saturating_add(1)];
        set(&mut reading, 0, true);
        self.close(&mut reading);
        for token in &other.tokens {
            reading = match token {
                Token::Literal(_) => self.step(&reading, *token),
                Token::One => self.step_by_any(&reading),
                // A run can be whatever the rest of this pattern waits for.
                Token::Any => {
                    let first = reading.iter().position(|reached| *reached);
                    (0..reading.len())
                        .map(|at| first.is_some_and(|first| first <= at))
                        .collect()
                }
            };
        }
        get(&reading, self.tokens.len())
    }

    /// The positions reached from `reading` by one character, whichever suits.
    fn step_by_any(&self, reading: &[bool]) -> Vec<bool> {
        let mut next = vec![false; reading.len()];
        for (at, mine) in self.tokens.iter().enumerate().filter(|(at, _)| get(reading, *at)) {
            let to = if *mine == Token::Any { at } else { at.saturating_add(1) };
            set(&mut next, to, true);
        }
        self.close(&mut next);
        next
    }

    /// The positions reached from `reading` by one character: `theirs`, or a fresh one for `?`.
    fn step(&self, reading: &[bool], theirs: Token) -> Vec<bool> {
        let mut next = vec![false; reading.len()];
        for (at, mine) in self.tokens.iter().enumerate().filter(|(at, _)| get(reading, *at)) {
            match mine {
                Token::Any => set(&mut next, at, true),
                Token::One => set(&mut next, at.saturating_add(1), true),
                Token::Literal(_) if *mine == theirs => set(&mut next, at.saturating_add(1), true),
                Token::Literal(_) => {}
            }
        }
        self.close(&mut next);
        next
    }

    /// Lets every reached `*` also stand for nothing.
    fn close(&self, row: &mut [bool]) {
        for (at, token) in self.tokens.iter().enumerate() {
            if *token == Token::Any && get(row, at) {
                set(row, at.saturating_add(1), true);
            }
        }
    }
}

/// Adds a reading unless a smaller one is there already, and drops those that it makes needless.
fn add_minimal(readings: &mut Vec<Vec<bool>>, new: Vec<bool>) {
    let within = |small: &[bool], large: &[bool]| small.iter().zip(large).all(|(small, large)| !small || *large);
    if readings.iter().any(|old| within(old, &new)) {
        return;
    }
    readings.retain(|old| !within(&new, old));
    readings.push(new);
}

fn get(row: &[bool], at: usize) -> bool {
    row.get(at).copied().unwrap_or_default()
}

fn set(row: &mut [bool], at: usize, value: bool) {
    if let Some(cell) = row.get_mut(at) {
        *cell = value;
    }
}

/// Most readings that [`Pattern::covers`] tells apart.
const MAX_READINGS: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, written down directly and in exponential time.
    fn slow_match(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|skip| slow_match(rest, &text[skip..])),
            Some(('?', rest)) => !text.is_empty() && slow_match(rest, &text[1..]),
            Some((literal, rest)) => text.first() == Some(literal) && slow_match(rest, &text[1..]),
        }
    }

    #[test]
    fn a_long_row_of_single_wildcards_costs_nothing() {
        let long = Pattern::new(&format!("{}*", "?".repeat(20_000)));
        let started = std::time::Instant::now();
        assert!(!long.covers(&Pattern::new("?*/?*")));
        assert!(!Pattern::new("a*").covers(&long));
        assert!(started.elapsed().as_secs() < 2);
    }

    fn texts_up_to(length: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..length {
            last = last
                .iter()
                .flat_map(|text| ["a", "b", "z"].map(|letter| format!("{text}{letter}")))
                .collect();
            all.extend(last.clone());
        }
        all
    }

    #[test]
    fn everything_is_recognised_however_it_is_spelled() {
        for text in ["*", "**", "***"] {
            assert!(Pattern::new(text).matches_everything());
        }
        assert!(!Pattern::new("?*").matches_everything());
        assert!(Pattern::new("*?").matches_every_name());
        assert!(Pattern::new("a*").covers(&Pattern::new("ab?")));
        assert!(!Pattern::new("a?").covers(&Pattern::new("a*")));
    }

    #[test]
    fn long_runs_of_wildcards_stay_fast() {
        let pattern = Pattern::new(&"a*".repeat(50_000));
        let text = "a".repeat(100_000);
        let started = std::time::Instant::now();
        assert!(pattern.matches(&text));
        assert!(!Pattern::new(&format!("{}b", "a*".repeat(200))).matches(&text));
        assert!(started.elapsed().as_secs() < 5);
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(pattern in "[ab*?]{0,7}", text in "[abz]{0,6}") {
            let slow = slow_match(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(Pattern::new(&pattern).matches(&text), slow);
        }

        #[test]
        fn covering_agrees_with_brute_force(mine in "[ab*?]{0,4}", theirs in "[ab*?]{0,4}") {
            let (covering, covered) = (Pattern::new(&mine), Pattern::new(&theirs));
            let brute = texts_up_to(6).iter().filter(|text| covered.matches(text)).all(|text| covering.matches(text));
            prop_assert_eq!(covering.covers(&covered), brute, "{} covers {}", mine, theirs);
        }

        #[test]
        fn meeting_agrees_with_brute_force(mine in "[ab*?]{0,4}", theirs in "[ab*?]{0,4}") {
            let (one, other) = (Pattern::new(&mine), Pattern::new(&theirs));
            let brute = texts_up_to(8).iter().any(|text| one.matches(text) && other.matches(text));
            prop_assert_eq!(one.meets(&other), brute, "{} meets {}", mine, theirs);
        }
    }
}
