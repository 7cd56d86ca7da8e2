//! Paths of the server's API: checked, then percent-encoded segment by segment.
//!
//! A path that would reach another place than it names (`..`, an empty segment) cannot be built.

use std::fmt;

/// A path below `/v1/`, ready for the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiPath {
    encoded: String,
}

impl ApiPath {
    /// Checks and encodes. Slashes around the path are dropped, those inside separate segments.
    pub(crate) fn parse(path: &str) -> Result<Self, PathFault> {
        let plain = path.trim_matches('/');
        if plain.is_empty() {
            return Err(PathFault::Empty);
        }
        let mut encoded = String::with_capacity(plain.len());
        for segment in plain.split('/') {
            match segment {
                "" => return Err(PathFault::EmptySegment(plain.to_owned())),
                "." | ".." => return Err(PathFault::DotSegment(plain.to_owned())),
                _ => {}
            }
            if !encoded.is_empty() {
                encoded.push('/');
            }
            encoded.push_str(&percent_encode(segment));
        }
        let mut from_the_end = plain.rsplit('/');
        let (last, before) = (from_the_end.next(), from_the_end.next());
        if let (Some(name), Some("roles" | "creds" | "sts")) = (last, before)
            && !plain.starts_with("sys/")
            && !is_role_name(name)
        {
            return Err(PathFault::RoleName(name.to_owned()));
        }
        Ok(Self { encoded })
    }

    /// The path as it goes over the wire.
    pub(crate) fn encoded(&self) -> &str {
        &self.encoded
    }
}

/// Why a text is no path for the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathFault {
    Empty,
    EmptySegment(String),
    DotSegment(String),
    RoleName(String),
}

impl fmt::Display for PathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the path is empty"),
            Self::EmptySegment(path) => write!(f, "`{path}` has two slashes in a row"),
            Self::DotSegment(path) => write!(f, "`{path}` has a segment `.` or `..`"),
            Self::RoleName(name) => write!(
                f,
                "`{name}` is no role name: it must start and end with a letter, a digit or `_`, and may have `-`, `.` and `@` in between"
            ),
        }
    }
}

/// Whether the engine can store a role of this name. Any other name reaches no handler of it and is answered with 404.
pub fn is_role_name(name: &str) -> bool {
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    name.starts_with(word)
        && name.ends_with(word)
        && name
            .chars()
            .all(|character| word(character) || matches!(character, '-' | '.' | '@'))
}

/// Percent-encodes everything but the characters no server or proxy gives a meaning to.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for nibble in [byte >> 4, byte & 0xf] {
                encoded.push(char::from_digit(u32::from(nibble), 16).map_or('0', |digit| digit.to_ascii_uppercase()));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(path: &str) -> String {
        ApiPath::parse(path).unwrap().encoded().to_owned()
    }

    #[test]
    fn ordinary_paths_stay_as_they_are() {
        for path in ["aws/config/root", "team/aws/roles/ci-bot@eu.1", "sys/mounts/a~b"] {
            assert_eq!(encoded(path), path);
        }
    }

    #[test]
    fn outer_slashes_are_dropped() {
        assert_eq!(encoded("/team/my aws/config/lease/"), "team/my%20aws/config/lease");
    }

    #[test]
    fn characters_with_a_meaning_in_an_address_are_encoded() {
        assert_eq!(
            encoded("sys/mounts/a?b#c%d&e=f+g"),
            "sys/mounts/a%3Fb%23c%25d%26e%3Df%2Bg"
        );
        assert_eq!(encoded("sys/mounts/caf\u{e9}"), "sys/mounts/caf%C3%A9");
        assert_eq!(encoded("sys/mounts/a\r\nb"), "sys/mounts/a%0D%0Ab");
    }

    #[test]
    fn a_path_that_leads_elsewhere_cannot_be_built() {
        assert_eq!(ApiPath::parse("//"), Err(PathFault::Empty));
        assert!(matches!(
            ApiPath::parse("aws//roles/x"),
            Err(PathFault::EmptySegment(_))
        ));
        assert!(matches!(
            ApiPath::parse("aws/../sys/raw"),
            Err(PathFault::DotSegment(_))
        ));
        assert!(matches!(ApiPath::parse("aws/roles/a b"), Err(PathFault::RoleName(_))));
        assert!(matches!(ApiPath::parse("aws/creds/-x"), Err(PathFault::RoleName(_))));
    }

    #[test]
    fn a_mount_may_be_called_what_a_role_may_not() {
        assert_eq!(encoded("sys/mounts/roles/a b"), "sys/mounts/roles/a%20b");
    }

    #[test]
    fn role_names() {
        for name in ["a", "_", "a-b", "a.b@c", "A1"] {
            assert!(is_role_name(name), "{name}");
        }
        for name in ["", "-a", "a-", ".", "a b", "a/b", "a\u{e9}a", "a%2fb", "@a"] {
            assert!(!is_role_name(name), "{name}");
        }
    }
}
