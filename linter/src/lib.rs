//! The linter: policies out of files and Terraform plans, judged, counted and reported.
//!
//! What lives here: [`sources`] (text → policies with their places), [`run`] (judge, count, decide the
//! exit code), [`report`] (one renderer per format), [`access`] (what a policy allows more than it should), `simulate`
//! (requests decided as AWS's simulator decides them), `unit` (tests of policies), `parts` and `diff` (what one policy gives
//! that another one does not, told apart), `planned` and `reach` (what a plan's principals can do), `smaller` (the smaller
//! policy of the same meaning), `narrow` (the least that is needed of a policy), `tables` (files in YAML and TOML) and
//! [`cli`] (the command line).
//! What must not: judgement of a policy, which is `leastpriv_checks`, and the language itself, which
//! is `leastpriv_policy`. The clock, the environment and the standard streams belong to `main`.
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

pub mod access;
pub mod cli;
mod diff;
mod narrow;
mod parts;
mod planned;
mod reach;
pub mod report;
pub mod run;
mod simulate;
mod smaller;
pub mod sources;
mod tables;
mod unit;
