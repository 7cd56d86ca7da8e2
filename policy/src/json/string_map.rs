//! From the decoded text of a JSON string back to the bytes of its literal.

use crate::span::Span;

/// Maps byte offsets of a decoded string to byte offsets of the literal it was written as, for a
/// policy that stands as a string inside another JSON text.
#[derive(Clone, Debug)]
pub struct StringMap {
    /// For each character of the decoded text: its offset there and the offset of its spelling.
    starts: Vec<(usize, usize)>,
    end: (usize, usize),
}

impl StringMap {
    /// Reads a JSON string literal, quotes included.
    pub fn new(raw: &str) -> Self {
        let mut starts = Vec::new();
        let mut inner = 0_usize;
        let mut characters = raw.char_indices().peekable();
        let mut end = raw.len();
        characters.next_if(|(_, character)| *character == '"');
        while let Some((at, character)) = characters.next() {
            if character == '"' {
                end = at;
                break;
            }
            starts.push((inner, at));
            let mut decoded = character.len_utf8();
            if character == '\\' {
                decoded = 1;
                if characters.next().is_some_and(|(_, escape)| escape == 'u') {
                    let code = hex(&mut characters);
                    decoded = char::from_u32(code).map_or(3, char::len_utf8);
                    if (0xd800..0xdc00).contains(&code) && low_surrogate_follows(raw, at) {
                        // The second half: a backslash, the letter and four digits.
                        characters.nth(1);
                        hex(&mut characters);
                        decoded = 4;
                    }
                }
            }
            inner = inner.saturating_add(decoded);
        }
        Self {
            starts,
            end: (inner, end),
        }
    }

    /// The bytes of the literal that spell the given bytes of the decoded text.
    pub fn outer(&self, inner: Span) -> Span {
        let start = self.offset(inner.start);
        Span::new(
            start,
            if inner.is_empty() {
                start
            } else {
                self.offset(inner.end)
            },
        )
    }

    fn offset(&self, inner: usize) -> usize {
        let after = self.starts.partition_point(|(start, _)| *start < inner);
        match self.starts.get(after) {
            Some((_, raw)) => *raw,
            None => self.end.1,
        }
    }
}

fn hex(characters: &mut impl Iterator<Item = (usize, char)>) -> u32 {
    characters.take(4).fold(0, |code, (_, digit)| {
        (code << 4) | digit.to_digit(16).unwrap_or_default()
    })
}

fn low_surrogate_follows(raw: &str, at: usize) -> bool {
    raw.get(at.saturating_add(6)..at.saturating_add(12))
        .and_then(|next| next.strip_prefix("\\u"))
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .is_some_and(|low| (0xdc00..0xe000).contains(&low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_map_to_their_spelling() {
        let raw = r#""a\"b\u0041\ud83d\ude00é!""#;
        let (value, problems) = crate::json::parse(raw);
        assert_eq!(problems, []);
        let text = value.as_str().unwrap();
        let map = StringMap::new(raw);
        let spelled = |part: &str| {
            let start = text.find(part).unwrap();
            map.outer(Span::new(start, start + part.len())).of(raw)
        };
        assert_eq!(spelled("\"b"), r#"\"b"#);
        assert_eq!(spelled("A"), r"\u0041");
        assert_eq!(spelled("\u{1f600}"), r"\ud83d\ude00");
        assert_eq!(spelled("é!"), "é!");
        assert_eq!(map.outer(Span::new(text.len(), text.len())).start, raw.len() - 1);
    }
}
