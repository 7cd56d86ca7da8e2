//! Who can do something, and what somebody can do, by the policies that a plan holds.
//!
//! What lives here: the policies of each principal with its boundary and sessions, the policies of resources that name it,
//! the two questions and their reports. What must not: reading of plans, which is [`sources`](crate::sources), and how
//! access is compared, which is `leastpriv_policy::compare`.

mod holder;
mod report;
mod resource;
mod what;
mod who;

use std::io::Read;
use std::path::Path;

use clap::ValueEnum;
use leastpriv_policy::compare::Access;

use crate::planned;
use crate::run::Exit;
use crate::sources::{ManagedDocuments, Origin, Sources};
pub(crate) use what::what_can;
pub(crate) use who::who_can;

/// The format of a report.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReachFormat {
    /// For people
    #[default]
    Text,
    /// For programs: everything, under a version
    Json,
}

/// Whether somebody can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Can {
    Yes,
    No,
    Unknown,
}

impl Can {
    fn name(self) -> &'static str {
        match self {
            Self::Yes => "YES",
            Self::No => "NO",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The answer about several: a yes of one counts most.
    fn of_all(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::No, |out, one| match (out, one) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::No, Self::No) => Self::No,
        })
    }

    fn exit(self) -> Exit {
        match self {
            Self::Yes => Exit::Findings,
            Self::No => Exit::Clean,
            Self::Unknown => Exit::NotJudged,
        }
    }
}

/// Reads a plan; `-` is standard input.
///
/// # Errors
///
/// Where the file cannot be read, or is no plan.
pub(crate) fn read_plan(path: &Path, managed: &ManagedDocuments, input: &mut dyn Read) -> Result<Sources, String> {
    let shown = path.display();
    let sources = planned::read_file(path, managed, input)?;
    if planned::policy_file(&sources).is_some() {
        return Err(format!(
            "`{shown}` is a policy and no plan; make one with `terraform show -json PLAN`"
        ));
    }
    match sources.unjudged.iter().find(|one| one.origin == Origin::File) {
        Some(unread) => Err(format!("`{shown}`: {}", unread.reason)),
        None => Ok(sources),
    }
}

/// What is asked for: some request for one of these actions on one of these resources.
///
/// # Errors
///
/// Says what is wrong.
pub(crate) fn access(action: &str, resource: &str) -> Result<Access, String> {
    let is_action = action == "*"
        || action
            .split_once(':')
            .is_some_and(|(one, other)| !one.is_empty() && !other.is_empty());
    if !is_action || action.contains(char::is_whitespace) {
        return Err(format!("`{action}` is no action; such as `s3:GetObject` or `s3:Put*`"));
    }
    if resource != "*" && !(resource.starts_with("arn:") && resource.split(':').count() >= 6) {
        return Err(format!(
            "`{resource}` is no ARN; such as `arn:aws:s3:::reports/*`, or `*` for any resource"
        ));
    }
    Ok(Access {
        actions: vec![action.to_owned()],
        resources: vec![resource.to_owned()],
    })
}
