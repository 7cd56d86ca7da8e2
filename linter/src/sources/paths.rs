//! From the paths of a command line to policies.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use leastpriv_policy::document;
use leastpriv_policy::kind::PolicyKind;

use super::detect::{self, Content, Detected, Refusal};
use super::walk::walk;
use super::{DocumentInput, FileName, Origin, PolicyInput, Site, SourceFile, SourceMap, Sources, Unjudged, file, plan};

/// The path that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// How files are read.
#[derive(Copy, Clone, Debug, Default)]
pub struct GatherOptions {
    /// The kind of the policies in policy files; guessed where nothing is said.
    pub policy_type: Option<PolicyKind>,
    /// Whether a file that was named and holds no policy is only counted, as one met in a folder is.
    pub skip_non_policies: bool,
}

/// Paths that make the whole command line wrong.
#[derive(Debug)]
pub enum GatherError {
    /// Nothing is there.
    NotFound(PathBuf),
    /// The system does not take the path.
    BadPath(PathBuf, io::Error),
}

impl fmt::Display for GatherError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(path) => write!(f, "`{}` does not exist", path.display()),
            Self::BadPath(path, _) => write!(f, "`{}` is not a usable path", path.display()),
        }
    }
}

impl Error for GatherError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotFound(_) => None,
            Self::BadPath(_, error) => Some(error),
        }
    }
}

/// Reads what the paths name. A file that cannot be read or judged never ends the run; a path that
/// does not exist does, before anything is read.
pub fn gather(paths: &[PathBuf], options: GatherOptions, input: &mut dyn Read) -> Result<Sources, GatherError> {
    let mut out = Sources::default();
    let mut list = List::default();
    for path in paths {
        if path.as_os_str() == STANDARD_INPUT {
            list.add(FileName::StandardInput, true);
        } else if is_folder(path)? {
            let walk = walk(path);
            out.left_out.links = out.left_out.links.saturating_add(walk.links);
            for (path, refusal) in walk.unreadable {
                out.refuse(FileName::Path(path), refusal);
            }
            for path in walk.files {
                list.add(FileName::Path(path), false);
            }
        } else {
            list.add(FileName::Path(path.clone()), true);
        }
    }
    for (name, named) in list.files {
        let bytes = match &name {
            FileName::StandardInput => file::read_all(&mut *input),
            FileName::Path(path) => file::read(path),
        };
        match bytes {
            Ok(bytes) => out.take(detect::detect(bytes, &name), name, named, options),
            Err(refusal) => out.refuse(name, refusal),
        }
    }
    Ok(out)
}

/// The files to read, each once, in the order they were met.
#[derive(Debug, Default)]
struct List {
    files: Vec<(FileName, bool)>,
    seen: BTreeMap<FileName, usize>,
}

impl List {
    /// Adds a file. One that is met in a folder and named as well counts as named.
    fn add(&mut self, name: FileName, named: bool) {
        let real = match &name {
            FileName::Path(path) => path.canonicalize().map_or_else(|_| name.clone(), FileName::Path),
            FileName::StandardInput => FileName::StandardInput,
        };
        if let Some((_, was_named)) = self.seen.get(&real).and_then(|index| self.files.get_mut(*index)) {
            *was_named |= named;
        } else {
            self.seen.insert(real, self.files.len());
            self.files.push((name, named));
        }
    }
}

/// Whether a path is a folder; a path behind a closed folder may be a file, and is tried as one.
fn is_folder(path: &Path) -> Result<bool, GatherError> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(GatherError::NotFound(path.to_path_buf())),
        Err(error) => Err(GatherError::BadPath(path.to_path_buf(), error)),
    }
}

impl Sources {
    fn refuse(&mut self, name: FileName, refusal: Refusal) {
        self.unjudged.push(Unjudged {
            file: name,
            origin: Origin::File,
            kind: None,
            reason: refusal.reason,
            help: refusal.help,
        });
    }

    fn take(&mut self, detected: Detected, name: FileName, named: bool, options: GatherOptions) {
        let Detected { text, mark, content } = detected;
        match content {
            Content::Policy => {
                let file = self.add(name, text.clone(), mark);
                self.inputs.push(bare_policy(file, text, options.policy_type));
            }
            Content::Plan { value, problems } => {
                let reading = plan::read(&value, &problems, &text);
                let is_empty = reading.inputs.is_empty() && reading.unjudged.is_empty();
                self.left_out.destroyed_resources = self
                    .left_out
                    .destroyed_resources
                    .saturating_add(reading.destroyed_resources);
                if is_empty {
                    let refusal = Refusal::new("the plan holds no policy");
                    self.no_policy(name.clone(), refusal, named, options);
                }
                let file = self.add(name, text, mark);
                reading.move_into(file, self);
            }
            Content::NoPolicy(refusal) => self.no_policy(name, refusal, named, options),
            Content::Unreadable(refusal) => self.refuse(name, refusal),
        }
    }

    fn add(&mut self, name: FileName, text: String, mark: usize) -> usize {
        self.files.push(SourceFile { name, text, mark });
        self.files.len().saturating_sub(1)
    }

    fn no_policy(&mut self, name: FileName, refusal: Refusal, named: bool, options: GatherOptions) {
        if named && !options.skip_non_policies {
            let help = refusal
                .help
                .unwrap_or_else(|| "`--skip-non-policies` counts such files without a complaint".to_owned());
            self.refuse(name, Refusal::with_help(refusal.reason, help));
        } else {
            self.left_out.files_without_policy = self.left_out.files_without_policy.saturating_add(1);
        }
    }
}

fn bare_policy(file: usize, text: String, kind: Option<PolicyKind>) -> PolicyInput {
    let kind = kind.unwrap_or_else(|| PolicyKind::guess(&document::parse(&text).document));
    PolicyInput::document(
        file,
        DocumentInput {
            text,
            kind,
            arn: None,
            site: Site {
                origin: Origin::File,
                map: SourceMap::default(),
                sensitive: false,
            },
        },
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

    fn gathered(paths: &[PathBuf], options: GatherOptions) -> Sources {
        gather(paths, options, &mut POLICY.as_bytes()).unwrap()
    }

    #[test]
    fn a_file_without_a_policy_is_unjudged_where_it_was_named_and_counted_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("package.json");
        fs::write(&path, "{}").unwrap();
        fs::write(folder.path().join("policy.json"), POLICY).unwrap();

        let met = gathered(&[folder.path().to_path_buf()], GatherOptions::default());
        assert_eq!((met.inputs.len(), met.unjudged.len()), (1, 0));
        assert_eq!(met.left_out.files_without_policy, 1);

        let named = gathered(std::slice::from_ref(&path), GatherOptions::default());
        assert_eq!((named.unjudged.len(), named.left_out.files_without_policy), (1, 0));

        let both = gathered(&[folder.path().to_path_buf(), path.clone()], GatherOptions::default());
        assert_eq!((both.inputs.len(), both.unjudged.len()), (1, 1));

        let skipped = gathered(
            &[path],
            GatherOptions {
                skip_non_policies: true,
                ..GatherOptions::default()
            },
        );
        assert_eq!((skipped.unjudged.len(), skipped.left_out.files_without_policy), (0, 1));
    }

    #[test]
    fn the_kind_is_guessed_unless_it_is_said() {
        let paths = [PathBuf::from("-")];
        let guessed = gathered(&paths, GatherOptions::default());
        assert_eq!(guessed.inputs[0].document.as_ref().unwrap().kind, PolicyKind::Identity);
        let said = gathered(
            &paths,
            GatherOptions {
                policy_type: Some(PolicyKind::Session),
                ..GatherOptions::default()
            },
        );
        assert_eq!(said.inputs[0].document.as_ref().unwrap().kind, PolicyKind::Session);
    }

    #[test]
    fn a_path_that_does_not_exist_ends_the_run() {
        let error = gather(
            &[PathBuf::from("no/such/file.json")],
            GatherOptions::default(),
            &mut io::empty(),
        )
        .unwrap_err();
        assert_eq!(error.to_string(), "`no/such/file.json` does not exist");
    }
}
