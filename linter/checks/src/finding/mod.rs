//! Findings: what a check reports.

use std::fmt;

use leastpriv_policy::decide::Request;
use leastpriv_policy::document::PathElement;
use leastpriv_policy::span::Span;

use crate::check::Check;

/// The effect of a finding, in the words of AWS's policy validation, mildest first.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The policy works; it could be better.
    Suggestion,
    /// The policy does not do what it seems to, or does more than it should.
    Warning,
    /// The policy gives access that is risky because it is too wide.
    SecurityWarning,
    /// The policy does not work.
    Error,
}

impl Severity {
    /// Every severity, mildest first.
    pub const ALL: &[Self] = &[Self::Suggestion, Self::Warning, Self::SecurityWarning, Self::Error];

    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suggestion => "suggestion",
            Self::Warning => "warning",
            Self::SecurityWarning => "security-warning",
            Self::Error => "error",
        }
    }

    /// The severity of that word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|severity| severity.as_str() == name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How sure a finding is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A guess.
    Low,
    /// Probable: it rests on something that has a date or that a condition may change.
    Medium,
    /// Follows from the policy text.
    High,
}

impl Confidence {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing a check found, with its place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The check that found it.
    pub check: &'static Check,
    /// Its effect.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// AWS's issue code, where AWS reports the same thing.
    pub aws_code: Option<&'static str>,
    /// What is wrong and what it lets through: one line, lower case, no full stop.
    pub message: String,
    /// The primary place in the policy text.
    pub span: Span,
    /// A short label for the primary place.
    pub label: String,
    /// Other places that belong to it, each with its label.
    pub related: Vec<(Span, String)>,
    /// What to do.
    pub help: Option<String>,
    /// Facts beside it.
    pub notes: Vec<String>,
    /// A request that shows the danger: the policy lets it through.
    pub example: Option<Request>,
    /// The way to the primary place.
    pub path: Vec<PathElement>,
    /// The places as AWS lists them, the primary one first.
    pub aws_paths: Vec<Vec<PathElement>>,
    /// The statement's number, from 0.
    pub statement: Option<usize>,
    /// The statement's `Sid`.
    pub sid: Option<String>,
    /// The offending element in short, such as `s3:*`.
    pub element: String,
}

impl Finding {
    /// The path as people write it: `Statement[0].Action[1]`.
    pub fn path_text(&self) -> String {
        PathElement::join(&self.path)
    }

    /// The example in words: `s3:PutObject` on `arn:aws:s3:::example/example`, and the values of condition keys.
    pub fn example_text(&self) -> Option<String> {
        let request = self.example.as_ref()?;
        let what = match &request.resource {
            Some(resource) => format!("`{}` on `{resource}`", request.action),
            None => format!("`{}`", request.action),
        };
        let written = |value: &String| match value.as_str() {
            "" => "empty".to_owned(),
            value => format!("`{value}`"),
        };
        let keys: Vec<String> = request
            .context
            .iter()
            .map(|(key, values)| {
                let values: Vec<String> = values.iter().map(written).collect();
                format!("`{key}` is {}", values.join(", "))
            })
            .collect();
        Some(if keys.is_empty() {
            what
        } else {
            format!("{what}, where {}", keys.join(" and "))
        })
    }

    /// What stays the same when the finding moves: check, `Sid` and element.
    pub fn fingerprint_text(&self) -> String {
        format!(
            "{}\n{}\n{}",
            self.check.name,
            self.sid.as_deref().unwrap_or_default(),
            self.element
        )
    }

    /// Adds a place that belongs to it.
    pub(crate) fn related(&mut self, span: Span, label: impl Into<String>) -> &mut Self {
        self.related.push((span, label.into()));
        self
    }

    /// Says what to do.
    pub(crate) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a fact beside it.
    pub(crate) fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.notes.push(note.into());
        self
    }

    /// Shows the danger by a request that the policy lets through.
    pub(crate) fn example(&mut self, request: Option<Request>) -> &mut Self {
        self.example = request;
        self
    }

    /// Names AWS's code for it.
    pub(crate) fn aws(&mut self, code: &'static str) -> &mut Self {
        self.aws_code = Some(code);
        self
    }

    /// Replaces the places as AWS lists them.
    pub(crate) fn aws_paths(&mut self, paths: Vec<Vec<PathElement>>) -> &mut Self {
        self.aws_paths = paths;
        self
    }

    /// Replaces the check's own severity.
    pub(crate) fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Replaces the confidence, which is high otherwise.
    pub(crate) fn confidence(&mut self, confidence: Confidence) -> &mut Self {
        self.confidence = confidence;
        self
    }
}

/// Where checks put what they find.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
}

impl Findings {
    /// Adds a finding of high confidence and the check's own severity at a place.
    pub(crate) fn report(
        &mut self,
        check: &'static Check,
        place: Place<'_>,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.list.push_mut(Finding {
            check,
            severity: check.severity,
            confidence: Confidence::High,
            aws_code: None,
            message: message.into(),
            span: place.span,
            label: String::new(),
            related: Vec::new(),
            help: None,
            notes: Vec::new(),
            example: None,
            path: place.path.to_vec(),
            aws_paths: vec![place.path.to_vec()],
            statement: None,
            sid: None,
            element: place.element.to_owned(),
        })
    }

    /// The findings, in order of place, then name.
    pub(crate) fn into_sorted(mut self) -> Vec<Finding> {
        self.list
            .sort_by(|a, b| (a.span, a.check.name, &a.message).cmp(&(b.span, b.check.name, &b.message)));
        self.list
    }
}

/// A place a finding can point at: bytes, path and the element in short.
#[derive(Copy, Clone, Debug)]
pub struct Place<'a> {
    /// The bytes.
    pub span: Span,
    /// The way to them.
    pub path: &'a [PathElement],
    /// The element in short.
    pub element: &'a str,
}
