//! Between the protocol and the framework: one converter per shared message, and the generated
//! service trait, which does nothing but hand each call to `server`.
//!
//! What a call means is decided in `server`. Nothing outside `wire`, `server` and `serve` names a
//! message of the protocol.

mod diagnostics;
mod function;
mod schema;
mod service;
mod value;

pub(crate) use diagnostics::{diagnostics_to_wire, path_to_wire};
pub(crate) use function::{function_error_to_wire, signature_to_wire};
pub(crate) use schema::schema_to_wire;
pub(crate) use service::Service;
pub(crate) use value::{null_to_wire, value_from_wire, value_to_wire};
