//! One side: what is named on the command line, and the policies in it.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::git;
use super::policy::Policy;
use crate::access::read_document;
use crate::planned;
use crate::simulate::NamedPolicy;
use crate::sources::{DocumentInput, ManagedDocuments, Sources};

/// What is named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    /// A file.
    File(PathBuf),
    /// Standard input.
    StandardInput,
    /// A file of a revision, as git names it.
    Object(String),
    /// A file of the working tree as it was in a revision.
    Before {
        /// The revision.
        revision: String,
        /// The file.
        path: PathBuf,
    },
}

impl Operand {
    /// Tells what a word of the command line is. A file that is there counts before a revision of git.
    pub(crate) fn of(word: PathBuf) -> Self {
        if word.as_os_str() == "-" {
            return Self::StandardInput;
        }
        match word.to_str() {
            Some(text) if text.contains(':') && !text.starts_with(['/', '.', '-']) && !word.exists() => {
                Self::Object(text.to_owned())
            }
            _ => Self::File(word),
        }
    }
}

/// One side of a comparison.
#[derive(Debug)]
pub(crate) struct Side {
    label: String,
    content: Content,
}

/// What a side holds.
#[derive(Debug)]
pub(super) enum Content {
    Policy(Box<Policy>),
    Plan(Sources),
    /// The revision does not have the file.
    Absent,
}

impl Side {
    /// What it is called.
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// What it holds.
    pub(super) fn into_content(self) -> Content {
        self.content
    }
}

/// Reads a side. A plan gets the documents of managed policies.
///
/// # Errors
///
/// Says what is wrong.
pub(crate) fn read(operand: &Operand, managed: &ManagedDocuments, input: &mut dyn Read) -> Result<Side, String> {
    match operand {
        Operand::File(path) => side(path.display().to_string(), planned::read_file(path, managed, input)?),
        Operand::StandardInput => side(
            "<stdin>".to_owned(),
            planned::read_file(Path::new("-"), managed, input)?,
        ),
        Operand::Object(object) => {
            let sources = planned::read_bytes(object, &git::show(object)?, managed)?;
            side(object.clone(), sources)
        }
        Operand::Before { revision, path } => {
            let label = format!("{revision}:{}", path.display());
            match git::show_before(revision, path)? {
                Some(bytes) => {
                    let sources = planned::read_bytes(&label, &bytes, managed)?;
                    side(label, sources)
                }
                None => Ok(Side {
                    label,
                    content: Content::Absent,
                }),
            }
        }
    }
}

fn side(label: String, sources: Sources) -> Result<Side, String> {
    let content = match planned::policy_file(&sources) {
        Some(document) => Content::Policy(Box::new(of_document(&label, document)?)),
        None => Content::Plan(sources),
    };
    Ok(Side { label, content })
}

fn of_document(label: &str, input: &DocumentInput) -> Result<Policy, String> {
    let document = read_document(&input.text, None).map_err(|error| format!("`{label}`: {error}"))?;
    let named = NamedPolicy::of_text(label.to_owned(), &input.text, document);
    Ok(Policy::new(named, &input.text, input.kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_revision_where_it_is_no_file() {
        let of = |word: &str| Operand::of(PathBuf::from(word));
        assert_eq!(of("-"), Operand::StandardInput);
        for object in ["main:a.json", "HEAD~1:./a.json", ":a.json", "v1^{}:a/b.json"] {
            let is_object = !object.starts_with('.');
            assert_eq!(of(object) == Operand::Object(object.to_owned()), is_object, "{object}");
        }
        for file in ["a.json", "./main:a.json", "/x/main:a.json", "-x:a"] {
            assert_eq!(of(file), Operand::File(PathBuf::from(file)), "{file}");
        }
    }
}
