//! The bed: what is installed, what is started, and what looks at the result.
//!
//! Here live the cache of installed tools, the servers, the command lines under test and the report of a run.
//! No scenario lives here, and no knowledge of a resource of the provider. The bed runs on Linux and macOS.

pub mod aws;
mod cache;
pub mod cli;
mod environment;
pub mod http;
mod install;
mod mirror;
mod process;
pub mod report;
mod servers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fmt};

use anyhow::{Context, Result, bail};

pub use self::cli::{Diagnostic, Run, Tool, Workspace};
pub use self::environment::Environment;
pub use self::mirror::{Mirror, MirrorForm};
pub use self::report::{Case, Report};
pub use self::servers::{
    AuditForm, Backend, BackendKind, Emulator, EmulatorKind, Lease, Ministack, Moto, OpenBao, Seed, Vault,
};

use self::cache::CacheFolder;

/// Everything that was found or installed, with a reason for each part that is not there.
#[derive(Debug)]
pub struct Bed {
    parts: BTreeMap<Part, Result<PathBuf, Missing>>,
}

impl Bed {
    /// Finds every part that scenarios use, and installs what is missing.
    ///
    /// The first run on a machine builds Vault and OpenTofu, which takes minutes; later runs take a fraction of a
    /// second. `LEASTPRIV_BED`, a list of part names with commas between them, limits the work to those parts.
    pub fn prepare() -> Result<Self> {
        match env::var("LEASTPRIV_BED") {
            Ok(names) => Self::prepare_parts(&parse_parts(&names)?),
            Err(_) => Self::prepare_parts(&Part::OF_SCENARIOS),
        }
    }

    /// Like [`Bed::prepare`], for the named parts only; any other part counts as missing.
    pub fn prepare_parts(wanted: &[Part]) -> Result<Self> {
        let cache = CacheFolder::locate()?;
        let wanted: BTreeSet<Part> = wanted.iter().copied().collect();
        let parts = Part::ALL
            .into_iter()
            .map(|part| {
                let found = if wanted.contains(&part) {
                    install::provide(part, &cache).map_err(|error| Missing {
                        part,
                        reason: format!("{error:#}"),
                    })
                } else {
                    Err(Missing {
                        part,
                        reason: "it was not asked for".to_owned(),
                    })
                };
                (part, found)
            })
            .collect();
        Ok(Self { parts })
    }

    /// The program of a part, or why it is not there.
    ///
    /// The error is a [`Missing`]: [`Report::run`] turns it into a skip.
    pub fn program(&self, part: Part) -> Result<&Path, Missing> {
        match self.parts.get(&part) {
            Some(Ok(path)) => Ok(path),
            Some(Err(missing)) => Err(missing.clone()),
            None => Err(Missing {
                part,
                reason: "it was not looked for".to_owned(),
            }),
        }
    }

    /// Every part that is not there.
    pub fn missing(&self) -> Vec<&Missing> {
        self.parts.values().filter_map(|found| found.as_ref().err()).collect()
    }
}

/// One program the bed is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A Python interpreter that has boto3, moto, ministack, pre-commit and parliament.
    Python,
    /// The `bao` server.
    OpenBao,
    /// HashiCorp's AWS engine as a plugin, for OpenBao has none built in.
    Engine,
    /// `terraform`.
    Terraform,
    /// `tofu`.
    OpenTofu,
    /// The `vault` server.
    Vault,
    /// A Python interpreter that has the solver cvc5.
    Cvc5,
    /// The folder in which `node` finds the evaluator iam-simulate.
    IamSimulate,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 8] = [
        Self::Python,
        Self::OpenBao,
        Self::Engine,
        Self::Terraform,
        Self::OpenTofu,
        Self::Vault,
        Self::Cvc5,
        Self::IamSimulate,
    ];

    /// What the scenarios stand on, the quick ones first; the others are for benches and the nightly job.
    pub const OF_SCENARIOS: [Self; 6] = [
        Self::Python,
        Self::OpenBao,
        Self::Engine,
        Self::Terraform,
        Self::OpenTofu,
        Self::Vault,
    ];

    /// The name used in messages and in `LEASTPRIV_BED`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::OpenBao => "openbao",
            Self::Engine => "engine",
            Self::Terraform => "terraform",
            Self::OpenTofu => "opentofu",
            Self::Vault => "vault",
            Self::Cvc5 => "cvc5",
            Self::IamSimulate => "iam-simulate",
        }
    }
}

/// A part that is not there, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is missing.
    pub part: Part,
    /// Why, in one or more lines.
    pub reason: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {}: {}", self.part.name(), self.reason)
    }
}

impl std::error::Error for Missing {}

/// The folder of this package that holds the pinned inputs and the scripts.
fn inputs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bed")
}

fn parse_parts(names: &str) -> Result<Vec<Part>> {
    names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            Part::ALL.into_iter().find(|part| part.name() == name).with_context(|| {
                let known: Vec<&str> = Part::ALL.into_iter().map(Part::name).collect();
                format!("`LEASTPRIV_BED` names `{name}`; the parts are {}", known.join(", "))
            })
        })
        .collect::<Result<Vec<_>>>()
        .and_then(|parts| {
            if parts.is_empty() {
                bail!("`LEASTPRIV_BED` names no part")
            }
            Ok(parts)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_from_a_list_with_commas() {
        assert_eq!(parse_parts("python, engine").unwrap(), [Part::Python, Part::Engine]);
    }

    #[test]
    fn an_unknown_part_is_named_in_the_error() {
        let error = parse_parts("python,pyton").unwrap_err().to_string();
        assert!(error.contains("`pyton`") && error.contains("opentofu"), "{error}");
        assert!(parse_parts(" , ").is_err());
    }

    #[test]
    fn a_missing_part_is_found_again_below_a_context() {
        let missing = Missing {
            part: Part::Vault,
            reason: "no `go`".to_owned(),
        };
        let error = anyhow::Error::new(missing.clone()).context("cannot start");
        assert_eq!(error.downcast_ref::<Missing>(), Some(&missing));
    }

    #[test]
    fn a_part_that_was_not_asked_for_is_missing() {
        let bed = Bed {
            parts: BTreeMap::from([
                (Part::Python, Ok(PathBuf::from("/bin/python"))),
                (
                    Part::Vault,
                    Err(Missing {
                        part: Part::Vault,
                        reason: "why".to_owned(),
                    }),
                ),
            ]),
        };
        assert_eq!(bed.program(Part::Python), Ok(Path::new("/bin/python")));
        assert_eq!(bed.program(Part::Vault).unwrap_err().reason, "why");
        assert!(bed.program(Part::Engine).is_err());
        assert_eq!(bed.missing().len(), 1);
    }
}
