//! Action patterns: `service:name`, both parts case-insensitive in ASCII, wildcards anywhere.

use super::Pattern;

/// A pattern of an `Action` or `NotAction` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionPattern {
    whole: Pattern,
    service: Option<Pattern>,
    name: Option<Pattern>,
}

impl ActionPattern {
    /// Reads an action pattern; any text is one.
    pub fn new(text: &str) -> Self {
        let (service, name) = match text.split_once(':') {
            Some((service, name)) => (
                Some(Pattern::ignoring_case(service)),
                Some(Pattern::ignoring_case(name)),
            ),
            None => (None, None),
        };
        Self {
            whole: Pattern::ignoring_case(text),
            service,
            name,
        }
    }

    /// Whether it matches every action of every service: `*`, `*:*`, and their longer spellings.
    pub fn matches_everything(&self) -> bool {
        let parts = self.service.as_ref().zip(self.name.as_ref());
        self.whole.matches_every_name()
            || parts.is_some_and(|(service, name)| service.matches_every_name() && name.matches_every_name())
    }

    /// Whether a pattern with that text matches everything; quicker than to read it.
    pub fn is_everything(text: &str) -> bool {
        text.starts_with(['*', '?']) && Self::new(text).matches_everything()
    }

    /// Whether both its parts, or the whole where there are none, are made of wildcards alone.
    pub fn is_all_wildcards(&self) -> bool {
        match (&self.service, &self.name) {
            (Some(service), Some(name)) => service.is_all_wildcards() && name.is_all_wildcards(),
            _ => self.whole.is_all_wildcards(),
        }
    }

    /// Whether it can match an action of that service (the prefix in lower case).
    pub fn matches_service(&self, prefix: &str) -> bool {
        match &self.service {
            Some(service) => service.matches(prefix),
            // A pattern without a colon, such as `s3*`, has its wildcard run over the colon.
            None => !self.whole.is_literal() && self.whole.covers_some_of(prefix),
        }
    }

    /// Whether it matches every action of that service, those to come included.
    pub fn matches_whole_service(&self, prefix: &str) -> bool {
        match (&self.service, &self.name) {
            (Some(service), Some(name)) => service.matches(prefix) && name.matches_every_name(),
            _ => self.whole.covers(&Pattern::new(&format!("{prefix}:*"))),
        }
    }

    /// Whether it matches an action, given in lower case: `s3:getobject`.
    pub fn matches(&self, action: &str) -> bool {
        self.whole.matches(action)
    }

    /// Whether it matches an action in whatever case.
    pub fn matches_in_any_case(&self, action: &str) -> bool {
        self.whole.matches_ignoring_case(action)
    }

    /// Whether it matches the action of that name in a service that it is known to match.
    pub fn matches_name(&self, prefix: &str, name: &str) -> bool {
        match (&self.service, &self.name) {
            // An action has one colon, so neither part can run over it.
            (Some(_), Some(pattern)) => pattern.matches_ignoring_case(name),
            _ => self.whole.matches_ignoring_case(&format!("{prefix}:{name}")),
        }
    }

    /// The service part, where the pattern has one.
    pub fn service(&self) -> Option<&Pattern> {
        self.service.as_ref()
    }

    /// The name part, where the pattern has one.
    pub fn name(&self) -> Option<&Pattern> {
        self.name.as_ref()
    }

    /// Whether it holds no wildcard.
    pub fn is_literal(&self) -> bool {
        self.whole.is_literal()
    }

    /// Whether every action that `other` matches is matched by this pattern.
    pub fn covers(&self, other: &Self) -> bool {
        self.whole.covers(&other.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter() {
        assert!(ActionPattern::new("S3:Get*").matches("s3:getobject"));
        assert!(ActionPattern::new("s3:*").covers(&ActionPattern::new("S3:GetObject*")));
    }

    #[test]
    fn every_spelling_of_everything_is_everything() {
        for text in ["*", "**", "?*", "*:*", "*:?*", "**:**"] {
            assert!(ActionPattern::new(text).matches_everything(), "{text}");
        }
        for text in ["s3:*", "*:Get*", "a*"] {
            assert!(!ActionPattern::new(text).matches_everything(), "{text}");
        }
    }

    #[test]
    fn whole_services_are_recognised() {
        for text in ["s3:*", "S3:*", "s?:*", "s3:?*", "s3*", "*"] {
            assert!(ActionPattern::new(text).matches_whole_service("s3"), "{text}");
        }
        assert!(!ActionPattern::new("s3:Get*").matches_whole_service("s3"));
        assert!(ActionPattern::new("s*").matches_service("sqs"));
        assert!(!ActionPattern::new("s3:*").matches_service("sqs"));
    }
}
