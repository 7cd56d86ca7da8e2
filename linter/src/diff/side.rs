//! One side: what is named on the command line, and the policies in it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::git;
use super::policy::Policy;
use crate::access::read_document;
use crate::simulate::NamedPolicy;
use crate::sources::{DocumentInput, GatherOptions, Origin, Sources, Unjudged, gather};

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

/// Reads a side.
///
/// # Errors
///
/// Says what is wrong.
pub(crate) fn read(operand: &Operand, input: &mut dyn Read) -> Result<Side, String> {
    match operand {
        Operand::File(path) => of_file(path),
        Operand::StandardInput => {
            let mut bytes = Vec::new();
            let end = input.read_to_end(&mut bytes);
            end.map_err(|error| format!("standard input cannot be read: {error}"))?;
            of_bytes("<stdin>", &bytes)
        }
        Operand::Object(object) => of_bytes(object, &git::show(object)?),
        Operand::Before { revision, path } => {
            let label = format!("{revision}:{}", path.display());
            match git::show_before(revision, path)? {
                Some(bytes) => of_bytes(&label, &bytes),
                None => Ok(Side {
                    label,
                    content: Content::Absent,
                }),
            }
        }
    }
}

fn of_file(path: &Path) -> Result<Side, String> {
    let label = path.display().to_string();
    if path.is_dir() {
        return Err(format!("`{label}` is a folder; name a policy file or a plan"));
    }
    let gather = |skip| gather(&[path.to_path_buf()], options(skip), &mut io::empty());
    side(&label, &|skip| gather(skip).map_err(|error| error.to_string()))
}

fn of_bytes(label: &str, bytes: &[u8]) -> Result<Side, String> {
    let gather = |skip| gather(&[PathBuf::from("-")], options(skip), &mut &*bytes);
    side(label, &|skip| gather(skip).map_err(|error| error.to_string()))
}

fn options(skip_non_policies: bool) -> GatherOptions {
    GatherOptions {
        policy_type: None,
        skip_non_policies,
    }
}

/// A plan without a policy is a side, another file without one is none.
fn side(label: &str, gather: &dyn Fn(bool) -> Result<Sources, String>) -> Result<Side, String> {
    let sources = gather(true)?;
    if sources.files.is_empty() {
        let unread = gather(false)?.unjudged.into_iter().next();
        return Err(unread.map_or_else(
            || format!("`{label}` holds no policy"),
            |Unjudged { reason, help, .. }| match help {
                // What the linter could skip has to be a policy here.
                Some(help) if !help.contains("--skip-non-policies") => format!("`{label}`: {reason}; {help}"),
                _ => format!("`{label}`: {reason}"),
            },
        ));
    }
    let documents = sources.inputs.iter().filter_map(|input| input.document.as_ref());
    let policy = documents
        .into_iter()
        .find(|document| document.site.origin == Origin::File);
    let content = match policy {
        Some(document) => Content::Policy(Box::new(of_document(label, document)?)),
        None => Content::Plan(sources),
    };
    Ok(Side {
        label: label.to_owned(),
        content,
    })
}

fn of_document(label: &str, input: &DocumentInput) -> Result<Policy, String> {
    let document = read_document(&input.text, None).map_err(|error| format!("`{label}`: {error}"))?;
    let named = NamedPolicy::of_text(label.to_owned(), &input.text, document);
    Ok(Policy::new(named, input.kind))
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
