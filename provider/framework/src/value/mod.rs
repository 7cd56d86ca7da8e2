//! Terraform values: an untyped tree, typed attributes, types, and the two encodings of them.
//!
//! Everything here is about one value. Which attributes a block has is for `schema`, which values
//! may follow each other is for `plan`, and messages of the protocol are for `wire`.
//!
//! Strings are compared byte by byte. Terraform normalises every string of a configuration to NFC
//! before a provider sees it; text that a backend returns in another form is for the resource to
//! compare.

pub mod conform;
pub mod json;
pub mod msgpack;

mod convert;
mod number;
mod tree;
mod typed;
mod types;

pub use convert::{FromTree, IntoTree};
pub use number::Number;
pub use tree::Tree;
pub use typed::Value;
pub use types::Type;

pub(crate) use number::Form;

/// How deep a value may nest. Schemas end far above; only a dynamic value of hostile bytes gets here.
pub(crate) const MAX_DEPTH: usize = 128;
