use leastpriv_policy::span::{LineIndex, Span};

/// The line of `text` in which `span` begins, with its number and a line of carets below.
///
/// A long line, such as a policy that `jsonencode` wrote, is cut around the place. Every line begins with spaces,
/// because Terraform leaves such lines as they are and wraps all others.
pub(super) fn excerpt(text: &str, span: Span, label: &str) -> String {
    let index = LineIndex::new(text);
    let position = index.position(span.start);
    let line = index.line_span(position.line);
    let characters: Vec<char> = line.of(text).chars().map(printable).collect();
    let start = position.column.saturating_sub(1).min(characters.len());
    let marked = Span::new(span.start, span.end.min(line.end))
        .of(text)
        .chars()
        .count()
        .max(1);

    let (first, last) = window(characters.len(), start);
    let before = if first > 0 { "…" } else { "" };
    let after = if last < characters.len() { "…" } else { "" };
    let shown: String = characters.iter().skip(first).take(last.saturating_sub(first)).collect();
    let indent = " ".repeat(start.saturating_sub(first) + before.chars().count());
    let carets = "^".repeat(marked.min(last.saturating_sub(start).max(1)));
    let number = position.line.to_string();
    let gutter = " ".repeat(number.len());
    let marks = format!("  {gutter} | {indent}{carets} {label}");
    format!("  {number} | {before}{shown}{after}\n{}", marks.trim_end())
}

/// Which characters of a line are shown so that the one at `start` is among them.
fn window(length: usize, start: usize) -> (usize, usize) {
    if length <= WIDTH {
        return (0, length);
    }
    let last = (start.saturating_sub(WIDTH / 3) + WIDTH).min(length);
    (last.saturating_sub(WIDTH), last)
}

/// A terminal would obey a control character, and a tab would move the carets away from their place.
fn printable(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

const WIDTH: usize = 96;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_and_the_place_are_shown() {
        let text = "{\n\t\"Action\": \"*\"\n}";
        let start = text.find("\"*\"").unwrap();
        assert_eq!(
            excerpt(text, Span::new(start, start + 3), "every action"),
            "  2 |  \"Action\": \"*\"\n    |            ^^^ every action"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}HERE{}", "a".repeat(500), "b".repeat(500));
        let shown = excerpt(&text, Span::new(500, 504), "");
        let (line, carets) = shown.split_once('\n').unwrap();
        assert!(line.starts_with("  1 | …a") && line.ends_with("b…"), "{line}");
        let column = line.chars().position(|character| character == 'H').unwrap();
        assert_eq!(carets.chars().position(|character| character == '^'), Some(column));
        assert_eq!(carets.chars().filter(|character| *character == '^').count(), 4);
    }

    #[test]
    fn a_span_over_several_lines_is_marked_to_the_end_of_the_first() {
        let shown = excerpt("{\n  \"a\": 1\n}", Span::new(0, 12), "all of it");
        assert_eq!(shown, "  1 | {\n    | ^ all of it");
    }

    #[test]
    fn an_empty_text_has_a_place_too() {
        assert_eq!(
            excerpt("", Span::new(0, 0), "nothing here"),
            "  1 | \n    | ^ nothing here"
        );
    }
}
