//! Messages for the practitioner, in the words and with the place that Terraform shows.
//!
//! Diagnostics are a result, not a failure: nothing here is an error type, and nothing here decides
//! what happens next.

use crate::path::AttributePath;

/// How much a diagnostic stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiagnosticSeverity {
    /// The operation ends.
    Error,
    /// The operation goes on.
    Warning,
}

/// One message for the practitioner.
///
/// Terraform merges warnings with the same summary into one, so a summary names what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it ends the operation.
    pub severity: DiagnosticSeverity,
    /// What is wrong, in one line.
    pub summary: String,
    /// Why, and what to do about it.
    pub detail: String,
    /// The part of the configuration or state it is about.
    pub path: Option<AttributePath>,
}

impl Diagnostic {
    /// A message that ends the operation.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: DiagnosticSeverity::Error,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
        }
    }

    /// A message that lets the operation go on.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: DiagnosticSeverity::Warning,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
        }
    }

    /// A fault of the provider itself, which the practitioner can only report.
    pub(crate) fn internal(summary: impl Into<String>) -> Self {
        Self::error(
            summary,
            "this is a fault in the provider, not in the configuration; please report it with the steps that led here",
        )
    }

    /// Says which part of the configuration or state the message is about.
    #[must_use]
    pub fn at(mut self, path: AttributePath) -> Self {
        self.path = Some(path);
        self
    }
}

/// The messages of one operation, in the order they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds a message that ends the operation.
    pub fn error(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Diagnostic::error(summary, detail));
    }

    /// Adds a message that lets the operation go on.
    pub fn warning(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Diagnostic::warning(summary, detail));
    }

    /// Whether a message ends the operation.
    pub fn has_errors(&self) -> bool {
        self.0
            .iter()
            .any(|diagnostic| diagnostic.severity == DiagnosticSeverity::Error)
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The messages in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Self(diagnostics.into_iter().collect())
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.0.extend(diagnostics);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_end_an_operation() {
        let mut diagnostics = Diagnostics::default();
        assert!(diagnostics.is_empty());
        diagnostics.warning("w", "");
        assert!(!diagnostics.has_errors());
        diagnostics.push(Diagnostic::error("e", "").at(AttributePath::attribute("name")));
        assert!(diagnostics.has_errors());
        assert_eq!(diagnostics.len(), 2);
    }
}
