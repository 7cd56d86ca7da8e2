//! Text of strangers, made safe to show.

use std::fmt::Write;

/// A text on one line in which nothing acts on a terminal or on a CI runner: control characters,
/// direction marks and invisible characters stand there as escapes, and so does what would begin a
/// runner's command in the middle of a line.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut previous = None;
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => push(&mut out, previous, character),
        }
        previous = Some(character);
    }
    out
}

/// Adds a character as it may be shown.
pub(super) fn push(out: &mut String, previous: Option<char>, character: char) {
    // Runners look for `##[` and `##vso[` anywhere in a line.
    if acts(character) || (character == '#' && previous == Some('#')) {
        // Writing to a string cannot fail.
        let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
    } else {
        out.push(character);
    }
}

/// Whether a character does something to a terminal, or cannot be seen.
pub(super) fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Columns that a shown character takes on a terminal: two for the wide ones of East Asia and for
/// pictures, none for marks that sit on the character before.
pub(super) fn width(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' => 0,
        '\u{1100}'..='\u{115e}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_is_left() {
        for (text, shown) in [
            ("\u{1b}]0;title\u{7}", r"\u{1b}]0;title\u{7}"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("a\nb\r\tc", r"a\nb\r\tc"),
            ("\u{202e}txt.exe", r"\u{202e}txt.exe"),
            ("s3\u{200b}:Get", r"s3\u{200b}:Get"),
            ("##vso[task.setvariable]", r"#\u{23}vso[task.setvariable]"),
            ("###[x]", r"#\u{23}\u{23}[x]"),
            ("`s3:GetObject` é 😀", "`s3:GetObject` é 😀"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
