//! What is wrong with a policy, and the proof that one was judged.
//!
//! What lives here: [`facts`] computed once per document, one file per check under `checks/`, the
//! registry ([`checks()`]), [`judge`], [`vet`](mod@vet), the only maker of [`vet::Vetted`],
//! [`terms`], which puts requests into the words of the catalog, [`wildcards`], which puts actions for patterns and
//! patterns for actions, and [`quota`](mod@quota).
//! What must not: file paths, Terraform, output formats, the clock. A check sees facts and spans.
//!
//! ```
//! use leastpriv_policy::kind::PolicyKind;
//!
//! let judgement = leastpriv_checks::judge(
//!     r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
//!     PolicyKind::Identity,
//! );
//! assert!(judgement.findings.iter().any(|finding| finding.check.name == "administrator-access"));
//! ```
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::string_slice
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        reason = "a test may fail loudly"
    )
)]

pub mod facts;
pub mod quota;
pub mod terms;
pub mod vet;
pub mod wildcards;

mod check;
mod checks;
mod finding;
mod judge;
mod managed;

pub use check::Check;
pub use checks::{check, checks};
pub use finding::{Confidence, Finding, Severity};
pub use judge::{Coverage, Judgement, judge};
pub use leastpriv_policy::document::PathElement;
pub use managed::judge_managed_policy;
