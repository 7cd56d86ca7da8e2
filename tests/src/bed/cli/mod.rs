//! Terraform and OpenTofu as a practitioner runs them: one scratch folder, one provider, nothing from the network.

mod run;
mod search;
mod workspace;

use super::Part;

pub use self::run::{Diagnostic, Place, Position, Run, Severity, Snippet};
pub use self::workspace::Workspace;

/// The program that is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// `terraform`.
    Terraform,
    /// `tofu`.
    OpenTofu,
}

impl Tool {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Terraform, Self::OpenTofu];

    /// The name in reports and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terraform => "terraform",
            Self::OpenTofu => "tofu",
        }
    }

    /// The part of the bed that has it.
    pub fn part(self) -> Part {
        match self {
            Self::Terraform => Part::Terraform,
            Self::OpenTofu => Part::OpenTofu,
        }
    }

    /// The host that this tool puts before a provider source without one.
    pub fn default_host(self) -> &'static str {
        match self {
            Self::Terraform => "registry.terraform.io",
            Self::OpenTofu => "registry.opentofu.org",
        }
    }
}
