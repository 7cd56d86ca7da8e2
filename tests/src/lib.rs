//! Real binaries against real servers: everything the scenarios of this package stand on.
//!
//! The bed starts Vault or OpenBao with the AWS engine, points it at an AWS emulator, and runs Terraform or
//! OpenTofu with the provider under test. Nothing that is shipped depends on this package, and nothing here
//! judges a policy: a scenario does that by looking at what the servers really hold.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use leastpriv_e2e::bed::{Bed, Ministack, OpenBao, Tool, Workspace};
//!
//! fn main() -> anyhow::Result<()> {
//!     let bed = Bed::prepare()?;
//!     let aws = Ministack::start(&bed)?;
//!     let backend = OpenBao::start(&bed)?;
//!     let seed = aws.seed()?;
//!     backend.mount_aws("aws", &aws, &seed.mount)?;
//!
//!     let provider = Path::new("target/debug/terraform-provider-leastpriv");
//!     let mut workspace = Workspace::new(&bed, Tool::Terraform, provider)?;
//!     workspace.point_at(&backend);
//!     workspace.write("main.tf", "# …")?;
//!     let run = workspace.plan(&[])?;
//!     assert!(run.failed());
//!     assert!(run.says("allows every action"));
//!     Ok(())
//! }
//! ```

pub mod bed;
