//! Unit tests of policies: files of cases, each with what is expected of some requests.
//!
//! What lives here: reading the files, finding the policies they name, running the cases, which statements they cover,
//! and the reports. What must not: how a request is decided, which is `leastpriv_policy::decide`, and the command line.

mod coverage;
mod file;
mod policies;
mod report;
mod run;

pub(crate) use policies::of_plan;
pub(crate) use report::{TestFormat, render, render_summary};
pub(crate) use run::{TestRun, run};

use crate::tables::{Fault, Mistake};
