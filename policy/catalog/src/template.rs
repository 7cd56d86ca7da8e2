//! Names with placeholders: `aws:RequestTag/${TagKey}`, `s3:ExistingObjectTag/<key>`. A placeholder stands for one
//! character or more, of any kind.

/// A name up to its first placeholder, and what follows that placeholder where there is one.
pub(crate) fn split(name: &str) -> (&str, Option<&str>) {
    let dollar = cut(name, "${", '}');
    let angle = cut(name, "<", '>');
    let first = match (dollar, angle) {
        (Some(dollar), Some(angle)) => Some(if dollar.0.len() <= angle.0.len() { dollar } else { angle }),
        (one, other) => one.or(other),
    };
    first.map_or((name, None), |(literal, rest)| (literal, Some(rest)))
}

/// Whether a name is one of those that a template stands for, without regard to case.
pub(crate) fn fits(template: &str, name: &str) -> bool {
    let (head, mut after) = split(template);
    let Some(mut rest) = without_head(name.as_bytes(), head.as_bytes()) else {
        return false;
    };
    while let Some(template) = after {
        let (literal, next) = split(template);
        let literal = literal.as_bytes();
        let Some(tail) = rest.get(1..) else { return false };
        let end = if next.is_some() {
            end_of_first(tail, literal)
        } else {
            end_of_last(tail, literal)
        };
        let Some(left) = end.and_then(|end| tail.get(end..)) else {
            return false;
        };
        rest = left;
        after = next;
    }
    rest.is_empty()
}

/// How many characters of a template are not placeholders: of two templates that fit, the one with more says more.
pub(crate) fn literal_length(template: &str) -> usize {
    let mut length = 0_usize;
    let mut after = Some(template);
    while let Some(template) = after {
        let (literal, next) = split(template);
        length = length.saturating_add(literal.len());
        after = next;
    }
    length
}

fn cut<'n>(name: &'n str, open: &str, close: char) -> Option<(&'n str, &'n str)> {
    let (literal, placeholder) = name.split_once(open)?;
    let (_, rest) = placeholder.split_once(close)?;
    Some((literal, rest))
}

fn without_head<'n>(name: &'n [u8], head: &[u8]) -> Option<&'n [u8]> {
    let (start, rest) = name.split_at_checked(head.len())?;
    start.eq_ignore_ascii_case(head).then_some(rest)
}

fn end_of_first(text: &[u8], literal: &[u8]) -> Option<usize> {
    if literal.is_empty() {
        return Some(0);
    }
    let start = text
        .windows(literal.len())
        .position(|window| window.eq_ignore_ascii_case(literal))?;
    start.checked_add(literal.len())
}

fn end_of_last(text: &[u8], literal: &[u8]) -> Option<usize> {
    let start = text.len().checked_sub(literal.len())?;
    text.get(start..)?.eq_ignore_ascii_case(literal).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::{fits, literal_length, split};

    #[test]
    fn splits_at_either_kind_of_placeholder() {
        assert_eq!(split("aws:TagKeys"), ("aws:TagKeys", None));
        assert_eq!(split("aws:RequestTag/${TagKey}"), ("aws:RequestTag/", Some("")));
        assert_eq!(split("s3:ExistingObjectTag/<key>"), ("s3:ExistingObjectTag/", Some("")));
        assert_eq!(split("a/${b}.c/<d>"), ("a/", Some(".c/<d>")));
        assert_eq!(split("a/${b"), ("a/${b", None));
    }

    #[test]
    fn fits_one_character_or_more() {
        assert!(fits("aws:RequestTag/${TagKey}", "aws:requesttag/Team"));
        assert!(fits(
            "aws:RequestTag/${TagKey}",
            "aws:RequestTag/aws:cloudformation:stack-name"
        ));
        assert!(!fits("aws:RequestTag/${TagKey}", "aws:RequestTag/"));
        assert!(!fits("aws:RequestTag/${TagKey}", "aws:RequestTag"));
        assert!(fits("c:env/${name}.value", "c:env/a.b.VALUE"));
        assert!(!fits("c:env/${name}.value", "c:env/.value"));
        assert!(!fits("c:env/${name}.value", "c:env/a.valued"));
        assert!(fits("a.${d}.dev:${claim}", "a.x.dev.dev:sub"));
        assert!(!fits("a.${d}.dev:${claim}", "a.dev:sub"));
        assert!(!fits("aws:TagKeys", "aws:TagKeysX"));
        assert!(fits("aws:RequestTag/${TagKey}", "aws:RequestTag/é"));
    }

    #[test]
    fn counts_the_letters_outside_placeholders() {
        assert_eq!(literal_length("a/${b}.c/<d>"), 5);
    }
}
