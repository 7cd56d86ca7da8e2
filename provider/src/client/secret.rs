//! Values that must not be shown, and the masker that takes them out of foreign text.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::path::percent_encode;

/// A value that cannot be printed: it has no `Display`, its `Debug` is a fixed mask, and its memory is wiped on drop.
///
/// The copies that a serialised request body or the HTTP library makes are outside its reach.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the value over.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value itself. Every caller is a place to look at in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the value is the empty text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Takes known secrets out of text that the server, a proxy or a library wrote, and makes that text safe to show.
///
/// It learns every secret the client sends or receives. A value shorter than [`SHORTEST`] is not masked: it would
/// occur by chance and make the text useless.
#[derive(Clone, Default)]
pub(crate) struct Masker {
    /// Every spelling, longest first, so that a spelling inside a longer one cannot break the longer one up.
    spellings: Arc<RwLock<Vec<Zeroizing<String>>>>,
}

impl Masker {
    pub(crate) fn learn(&self, secret: &Secret) {
        let value = secret.expose();
        if value.len() < SHORTEST {
            return;
        }
        let quoted = serde_json::Value::from(value).to_string();
        let escaped = quoted.get(1..quoted.len() - 1).unwrap_or(value).to_owned();
        let mut spellings = self.spellings.write().unwrap_or_else(PoisonError::into_inner);
        for spelling in [value.to_owned(), escaped, percent_encode(value), STANDARD.encode(value)] {
            if !spellings.iter().any(|known| known.as_str() == spelling) {
                spellings.push(Zeroizing::new(spelling));
            }
        }
        spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    }

    /// One line of shown text: secrets masked, control and invisible characters spelled out, length capped.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for spelling in self.spellings.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if masked.contains(spelling.as_str()) {
                masked = masked.replace(spelling.as_str(), MASK);
            }
        }
        let mut line = String::new();
        for word in masked.split_whitespace() {
            if line.len() + word.len() >= LONGEST_LINE {
                if line.is_empty() {
                    push_visible(&mut line, &word.chars().take(LONGEST_LINE).collect::<String>());
                }
                line.push_str(" …");
                break;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            push_visible(&mut line, word);
        }
        line
    }
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Masker(***)")
    }
}

/// A terminal would obey control characters, and a reader would not see invisible ones.
fn push_visible(line: &mut String, word: &str) {
    for character in word.chars() {
        if character.is_control() || is_invisible(character) {
            line.extend(character.escape_unicode());
        } else {
            line.push(character);
        }
    }
}

fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{00ad}' | '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

const SHORTEST: usize = 6;
const LONGEST_LINE: usize = 1_000;
const MASK: &str = "***";

#[cfg(test)]
mod tests {
    use super::*;

    fn masker(secrets: &[&str]) -> Masker {
        let masker = Masker::default();
        for secret in secrets {
            masker.learn(&Secret::new(*secret));
        }
        masker
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hvs.planted")), "Secret(***)");
        assert_eq!(format!("{:?}", masker(&["hvs.planted"])), "Masker(***)");
    }

    #[test]
    fn every_spelling_is_masked() {
        let masker = masker(&["a/b+\"c\"==canary"]);
        assert_eq!(masker.clean("x a/b+\"c\"==canary y"), "x *** y");
        assert_eq!(masker.clean(r#"{"k":"a/b+\"c\"==canary"}"#), r#"{"k":"***"}"#);
        assert_eq!(masker.clean("?k=a%2Fb%2B%22c%22%3D%3Dcanary&"), "?k=***&");
        assert_eq!(
            masker.clean(&format!("<{}>", STANDARD.encode("a/b+\"c\"==canary"))),
            "<***>"
        );
    }

    #[test]
    fn a_secret_inside_a_longer_one_does_not_leave_the_rest_visible() {
        let masker = masker(&["canary", "canary-and-more"]);
        assert_eq!(masker.clean("canary-and-more, canary"), "***, ***");
    }

    #[test]
    fn short_values_are_left_alone() {
        assert_eq!(
            masker(&["root"]).clean("no handler for route aws/config/root"),
            "no handler for route aws/config/root"
        );
    }

    #[test]
    fn text_becomes_one_safe_line() {
        let masker = Masker::default();
        assert_eq!(
            masker.clean("1 error occurred:\n\t* permission denied\n\n"),
            "1 error occurred: * permission denied"
        );
        assert_eq!(masker.clean("\u{1b}[31mred\u{202e}x"), r"\u{1b}[31mred\u{202e}x");
        assert_eq!(masker.clean(""), "");
        let long = masker.clean(&"word ".repeat(5_000));
        assert!(long.len() < 1_100 && long.ends_with(" …"), "{}", long.len());
        assert!(masker.clean(&"é".repeat(5_000)).chars().count() < 1_100);
    }
}
