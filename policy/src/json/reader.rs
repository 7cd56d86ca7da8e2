//! The recursive-descent reader behind [`parse`].

use std::collections::BTreeMap;

use super::{MAX_DEPTH, MAX_PROBLEMS, Member, Node, Problem, ProblemKind, Value};
use crate::span::Span;

/// Reads a text as JSON. Total: any text gives a value and a list of problems.
pub fn parse(text: &str) -> (Value, Vec<Problem>) {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        problems: Vec::new(),
    };
    if text.starts_with('\u{feff}') {
        reader.problem(Span::new(0, 3), "the text starts with a byte-order mark".to_owned());
        reader.at = 3;
    }
    reader.skip_space();
    let value = if reader.peek().is_none() {
        reader.problem(Span::new(0, text.len()), "the text is empty".to_owned());
        Value {
            node: Node::Broken,
            span: Span::new(0, text.len()),
        }
    } else {
        reader.value(0)
    };
    reader.skip_space();
    if reader.at < text.len() {
        let span = Span::new(reader.at, text.len());
        let what = if reader.peek().is_some_and(|byte| byte == b'{' || byte == b'[') {
            "a second JSON value follows the first"
        } else {
            "there is text after the end of the JSON value"
        };
        reader.problem(first_token(span, text), what.to_owned());
    }
    (value, reader.problems)
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Value {
        self.skip_space();
        let start = self.at;
        match self.peek() {
            Some(b'{' | b'[') if depth >= MAX_DEPTH => {
                self.skip_nested();
                let span = Span::new(start, self.at);
                self.push(
                    ProblemKind::TooDeep,
                    Span::new(start, start.saturating_add(1)),
                    Vec::new(),
                    format!("nested deeper than {MAX_DEPTH} levels"),
                );
                Value {
                    node: Node::Broken,
                    span,
                }
            }
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => {
                let text = self.string();
                Value {
                    node: Node::String(text),
                    span: Span::new(start, self.at),
                }
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        let start = self.at;
        self.step();
        let mut members: Vec<Member> = Vec::new();
        let mut first_of: BTreeMap<String, Span> = BTreeMap::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => {
                    self.problem(
                        Span::new(start, start.saturating_add(1)),
                        "this object is never closed".to_owned(),
                    );
                    break;
                }
                Some(b'}') => {
                    self.step();
                    break;
                }
                Some(b']') => {
                    self.problem_here("an object is closed by `}`, not by `]`");
                    self.step();
                    break;
                }
                Some(b',') => {
                    self.problem_here("a comma without a member before it");
                    self.step();
                }
                Some(b'"') => {
                    let key_start = self.at;
                    let key = self.string();
                    let key_span = Span::new(key_start, self.at);
                    if let Some(first) = first_of.get(&key).copied() {
                        self.push(
                            ProblemKind::DuplicateKey,
                            key_span,
                            vec![first],
                            format!("`{key}` occurs twice in one object"),
                        );
                    } else {
                        first_of.insert(key.clone(), key_span);
                    }
                    let value = self.member_value(&key, depth);
                    members.push(Member { key, key_span, value });
                    self.separator(b'}', "member");
                }
                Some(_) => {
                    let span = self.skip_token();
                    self.problem(span, "expected a member name in double quotes".to_owned());
                    self.skip_space();
                    if self.peek() == Some(b':') {
                        self.step();
                        self.value(depth.saturating_add(1));
                        self.separator(b'}', "member");
                    }
                }
            }
        }
        Value {
            node: Node::Object(members),
            span: Span::new(start, self.at),
        }
    }

    fn member_value(&mut self, key: &str, depth: usize) -> Value {
        self.skip_space();
        if self.peek() == Some(b':') {
            self.step();
        } else {
            self.problem(
                Span::new(self.at, self.at.saturating_add(1)),
                format!("`{key}` has no colon after it"),
            );
        }
        self.skip_space();
        if matches!(self.peek(), None | Some(b',' | b'}' | b']')) {
            let span = Span::new(self.at, self.at);
            self.problem(span, format!("`{key}` has no value"));
            return Value {
                node: Node::Broken,
                span,
            };
        }
        self.value(depth.saturating_add(1))
    }

    fn array(&mut self, depth: usize) -> Value {
        let start = self.at;
        self.step();
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => {
                    self.problem(
                        Span::new(start, start.saturating_add(1)),
                        "this array is never closed".to_owned(),
                    );
                    break;
                }
                Some(b']') => {
                    self.step();
                    break;
                }
                Some(b'}') => {
                    self.problem_here("an array is closed by `]`, not by `}`");
                    self.step();
                    break;
                }
                Some(b',' | b':') => {
                    self.problem_here("expected a value");
                    self.step();
                }
                Some(_) => {
                    items.push(self.value(depth.saturating_add(1)));
                    self.separator(b']', "element");
                }
            }
        }
        Value {
            node: Node::Array(items),
            span: Span::new(start, self.at),
        }
    }

    /// After a member or an element: a comma with something behind it, or the closing bracket.
    fn separator(&mut self, close: u8, what: &str) {
        let end_of_value = self.at;
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                let comma = self.at;
                self.step();
                self.skip_space();
                if self.peek() == Some(close) {
                    self.problem(
                        Span::new(comma, comma.saturating_add(1)),
                        format!("a comma after the last {what}"),
                    );
                }
            }
            None | Some(b'}' | b']') => {}
            Some(_) => {
                self.problem(
                    Span::new(end_of_value.saturating_sub(1), end_of_value),
                    format!("no comma between this {what} and the next"),
                );
            }
        }
    }

    fn number(&mut self) -> Value {
        let start = self.at;
        while matches!(
            self.peek(),
            Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z')
        ) {
            self.step();
        }
        let span = Span::new(start, self.at);
        let text = span.of(self.text);
        if is_number(text) {
            Value {
                node: Node::Number(text.to_owned()),
                span,
            }
        } else {
            self.problem(span, format!("`{text}` is not a number of JSON"));
            Value {
                node: Node::Broken,
                span,
            }
        }
    }

    fn word(&mut self) -> Value {
        let span = self.skip_token();
        let node = match span.of(self.text) {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            "null" => Node::Null,
            word => {
                let message = if word.starts_with('\'') || word.starts_with('\u{201c}') || word.starts_with('\u{201d}')
                {
                    "strings stand in straight double quotes".to_owned()
                } else {
                    format!("`{}` is not a value of JSON", shorten(word))
                };
                self.problem(span, message);
                Node::Broken
            }
        };
        Value { node, span }
    }

    /// Reads a string that starts at the current quote.
    fn string(&mut self) -> String {
        let start = self.at;
        self.step();
        let mut out = String::new();
        loop {
            let from = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.step();
            }
            out.push_str(Span::new(from, self.at).of(self.text));
            match self.peek() {
                None | Some(b'\n') => {
                    self.problem(Span::new(start, self.at), "this string is never closed".to_owned());
                    return out;
                }
                Some(b'"') => {
                    self.step();
                    return out;
                }
                Some(b'\\') => self.escape(&mut out),
                Some(control) => {
                    self.problem(
                        Span::new(self.at, self.at.saturating_add(1)),
                        format!("control character U+{control:04X} in a string"),
                    );
                    out.push(char::from(control));
                    self.step();
                }
            }
        }
    }

    fn escape(&mut self, out: &mut String) {
        let start = self.at;
        self.step();
        let simple = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.step();
                self.unicode_escape(start, out);
                return;
            }
            _ => {
                self.problem(
                    Span::new(start, start.saturating_add(2)),
                    "unknown escape in a string".to_owned(),
                );
                return;
            }
        };
        self.step();
        out.push(simple);
    }

    fn unicode_escape(&mut self, start: usize, out: &mut String) {
        let Some(high) = self.four_digits() else {
            self.problem(
                Span::new(start, self.at),
                "`\\u` needs four hexadecimal digits".to_owned(),
            );
            return;
        };
        if let Some(character) = char::from_u32(high) {
            out.push(character);
            return;
        }
        let after_high = self.at;
        if (0xd800..0xdc00).contains(&high)
            && self.bytes.get(self.at) == Some(&b'\\')
            && self.bytes.get(self.at.saturating_add(1)) == Some(&b'u')
        {
            self.at = self.at.saturating_add(2);
            if let Some(low) = self.four_digits().filter(|low| (0xdc00..0xe000).contains(low)) {
                let code = 0x1_0000_u32
                    .saturating_add((high & 0x3ff) << 10)
                    .saturating_add(low & 0x3ff);
                if let Some(character) = char::from_u32(code) {
                    out.push(character);
                    return;
                }
            }
            self.at = after_high;
        }
        self.problem(
            Span::new(start, after_high),
            "half of a surrogate pair stands alone".to_owned(),
        );
        out.push(char::REPLACEMENT_CHARACTER);
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at.checked_add(4)?)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at = self.at.saturating_add(4);
        u32::from_str_radix(digits, 16).ok()
    }

    /// Skips white space, and comments with a problem for each.
    fn skip_space(&mut self) {
        loop {
            while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
                self.step();
            }
            let start = self.at;
            let rest = self.text.get(self.at..).unwrap_or_default();
            let length = if rest.starts_with("//") || rest.starts_with('#') {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end.saturating_add(2))
            } else {
                return;
            };
            self.at = self.at.saturating_add(length);
            self.problem(Span::new(start, self.at), "JSON has no comments".to_owned());
        }
    }

    /// Skips something that is no JSON token, up to the next place where reading can go on.
    fn skip_token(&mut self) -> Span {
        let start = self.at;
        let quote = self.peek().filter(|byte| *byte == b'\'');
        self.step();
        if quote.is_some() {
            while !matches!(self.peek(), None | Some(b'\'' | b'\n')) {
                self.step();
            }
            if self.peek() == Some(b'\'') {
                self.step();
            }
        } else {
            while !matches!(
                self.peek(),
                None | Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"')
            ) {
                self.step();
            }
        }
        // A step is a byte; a token ends where a character ends.
        while !self.text.is_char_boundary(self.at) {
            self.step();
        }
        Span::new(start, self.at)
    }

    /// Skips a bracketed value without recursion.
    fn skip_nested(&mut self) {
        let mut open = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' | b'[' => open = open.saturating_add(1),
                b'}' | b']' => open = open.saturating_sub(1),
                b'"' => {
                    self.step();
                    while !matches!(self.peek(), None | Some(b'"')) {
                        if self.peek() == Some(b'\\') {
                            self.step();
                        }
                        self.step();
                    }
                }
                _ => {}
            }
            self.step();
            if open == 0 {
                return;
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1).min(self.bytes.len());
    }

    fn problem_here(&mut self, message: &str) {
        self.problem(Span::new(self.at, self.at.saturating_add(1)), message.to_owned());
    }

    fn problem(&mut self, span: Span, message: String) {
        self.push(ProblemKind::Syntax, span, Vec::new(), message);
    }

    /// The offset itself, or the end of the character it falls into.
    fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset = offset.saturating_add(1);
        }
        offset
    }

    fn push(&mut self, kind: ProblemKind, span: Span, related: Vec<Span>, message: String) {
        let of_kind = self.problems.iter().filter(|problem| problem.kind == kind).count();
        if of_kind < MAX_PROBLEMS {
            let span = Span::new(self.boundary(span.start), self.boundary(span.end));
            self.problems.push(Problem {
                kind,
                span,
                related,
                message,
            });
        }
    }
}

/// Whether a text is a number by the grammar of RFC 8259.
fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

fn first_token(span: Span, text: &str) -> Span {
    let length = span
        .of(text)
        .find(char::is_whitespace)
        .unwrap_or(span.len())
        .clamp(1, 40);
    let mut end = span.start.saturating_add(length).min(text.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_add(1);
    }
    Span::new(span.start, end)
}

fn shorten(word: &str) -> String {
    let mut out: String = word.chars().take(40).collect();
    if out.len() < word.len() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn messages(text: &str) -> Vec<String> {
        parse(text).1.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn well_formed_text_has_no_problems() {
        let (value, problems) = parse(r#" {"a": [1, -2.5e+3, "x\u0041\ud83d\ude00\n", true, false, null, {}]} "#);
        assert_eq!(problems, []);
        let items = value.get("a").unwrap().as_array().unwrap();
        assert_eq!(items[1].node, Node::Number("-2.5e+3".to_owned()));
        assert_eq!(items[2].as_str(), Some("xA\u{1f600}\n"));
    }

    #[test]
    fn a_duplicate_member_names_both_places() {
        let text = r#"{"Effect":"Deny","Effect":"Allow"}"#;
        let (value, problems) = parse(text);
        assert_eq!(value.as_object().unwrap().len(), 2);
        assert_eq!(problems[0].kind, ProblemKind::DuplicateKey);
        assert_eq!(problems[0].span.of(text), "\"Effect\"");
        assert_eq!(problems[0].related, [Span::new(1, 9)]);
        assert!(problems[0].span.start > 9);
    }

    #[test]
    fn an_escaped_duplicate_is_a_duplicate() {
        assert_eq!(
            messages(r#"{"Effect":1,"\u0045ffect":2}"#),
            ["`Effect` occurs twice in one object"]
        );
    }

    #[test]
    fn what_is_wrong_is_said_and_the_rest_is_kept() {
        assert_eq!(messages("[1,]"), ["a comma after the last element"]);
        assert_eq!(messages("[1 2]"), ["no comma between this element and the next"]);
        assert_eq!(messages("// hi\n{}"), ["JSON has no comments"]);
        assert_eq!(messages("{} {}"), ["a second JSON value follows the first"]);
        assert_eq!(messages("[01]"), ["`01` is not a number of JSON"]);
        assert_eq!(messages("['a']"), ["strings stand in straight double quotes"]);
        assert_eq!(messages("\"a"), ["this string is never closed"]);
        assert_eq!(messages(r#""\ud800""#), ["half of a surrogate pair stands alone"]);
        assert_eq!(messages("NaN"), ["`NaN` is not a value of JSON"]);
        assert_eq!(messages(" "), ["the text is empty"]);
        let (value, problems) = parse(r#"{"a": 1 "b": 2, "c" 3}"#);
        assert_eq!(problems.len(), 2);
        assert_eq!(value.as_object().unwrap().len(), 3);
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = "[".repeat(1_000_000);
        let (_, problems) = parse(&deep);
        assert!(problems.iter().any(|problem| problem.kind == ProblemKind::TooDeep));
        let fits = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert_eq!(messages(&fits), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_every_span_fits(text in "[\\[\\]{}:,\"\\\\ a1'/*é\u{feff}-]{0,60}") {
            fn check(value: &Value, text: &str) {
                assert!(text.get(value.span.start..value.span.end).is_some());
                for member in value.as_object().unwrap_or_default() {
                    assert!(text.get(member.key_span.start..member.key_span.end).is_some());
                    check(&member.value, text);
                }
                for item in value.as_array().unwrap_or_default() {
                    check(item, text);
                }
            }
            let (value, problems) = parse(&text);
            check(&value, &text);
            for problem in problems {
                prop_assert!(problem.span.end <= text.len());
            }
        }

        #[test]
        fn numbers_follow_the_grammar(whole in "0|[1-9][0-9]{0,5}", fraction in "(\\.[0-9]{1,3})?", exponent in "([eE][+-]?[0-9]{1,2})?") {
            let valid = format!("{whole}{fraction}{exponent}");
            prop_assert!(is_number(&valid));
            let leading_zero = format!("0{valid}");
            prop_assert!(!is_number(&leading_zero));
        }
    }
}
