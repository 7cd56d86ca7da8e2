//! The rules that Terraform holds a provider to, as functions over a schema and values.
//!
//! Everything here is pure. What a plan says is for the resource; that it says it within the rules
//! is for this module.

mod replace;
mod unknown;
mod write_only;

pub use replace::requires_replace;
pub use unknown::{needless_unknown, take_unknown};
pub use write_only::{null_write_only, write_only_set};
