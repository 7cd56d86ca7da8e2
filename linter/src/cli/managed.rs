//! Documents of managed policies, for the commands that read plans.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, ValueHint};

use crate::planned::read_managed;
use crate::sources::ManagedDocuments;

/// The documents that a plan does not hold.
#[derive(Debug, Args)]
pub(super) struct ManagedPolicies {
    /// Documents of managed policies that plans only name: what `aws iam get-account-authorization-details` prints, or
    /// `{"ARN": {policy}}`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    managed_policies: Vec<PathBuf>,
}

impl ManagedPolicies {
    /// Whether some are given.
    pub(super) fn are_given(&self) -> bool {
        !self.managed_policies.is_empty()
    }

    /// Reads them.
    pub(super) fn read(&self) -> anyhow::Result<ManagedDocuments> {
        read_managed(&self.managed_policies).map_err(|mistake| anyhow!("`--managed-policies`: {mistake}"))
    }
}
