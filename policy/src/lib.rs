//! The IAM policy language and its meaning.
//!
//! What lives here: bytes → [`json`] with spans → [`document`] → [`pattern`] algebra → [`decide`] (one request) →
//! [`compare`] (all requests), the smaller policy of the same meaning ([`minimize`](mod@minimize)), the least that needs
//! are met with ([`narrow`]), the same question as a text for solvers ([`smt`]), and [`print`](mod@print).
//! What must not: input and output, the clock, the environment, Terraform, output formats.
//!
//! Reading is total: [`document::parse`] gives a document *and* the problems it met, so that one
//! typing error never hides the other findings.
//!
//! ```
//! let parsed = leastpriv_policy::document::parse(
//!     r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#,
//! );
//! assert!(parsed.problems.is_empty());
//! let statement = &parsed.document.statements[0];
//! assert_eq!(statement.actions().next().unwrap().text, "s3:GetObject");
//! ```
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        reason = "a test may fail loudly"
    )
)]

pub mod compare;
pub mod decide;
pub mod document;
pub mod json;
pub mod kind;
pub mod minimize;
pub mod narrow;
pub mod pattern;
pub mod print;
pub mod smt;
pub mod span;
