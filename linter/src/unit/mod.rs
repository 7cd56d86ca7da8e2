//! Unit tests of policies: files of cases, each with what is expected of some requests.
//!
//! What lives here: reading the files, finding the policies they name, running the cases, which statements they cover,
//! and the reports. What must not: how a request is decided, which is `leastpriv_policy::decide`, and the command line.

mod coverage;
mod fields;
mod file;
mod policies;
mod report;
mod run;
mod tree;

pub(crate) use report::{TestFormat, render, render_summary};
pub(crate) use run::{TestRun, run};

use leastpriv_policy::span::{LineIndex, Position, Span};

/// What is wrong in a test file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The file as it was given.
    pub(crate) file: String,
    /// Where in it; nothing where it is about the whole file.
    pub(crate) at: Option<Position>,
    /// What is wrong, in one line.
    pub(crate) message: String,
}

/// What is wrong with a part of a test file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    span: Span,
    message: String,
}

impl Fault {
    fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }

    fn in_file(self, file: &str, lines: &LineIndex) -> Mistake {
        Mistake {
            file: file.to_owned(),
            at: Some(lines.position(self.span.start)),
            message: self.message,
        }
    }
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.at {
            Some(at) => write!(f, "{}:{}:{}: {}", self.file, at.line, at.column, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}
