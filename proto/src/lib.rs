//! Rust bindings of the two protocols that a plugin process speaks: the provider protocol of Terraform and OpenTofu
//! ([`tfplugin6`]) and the services that go-plugin expects beside it ([`goplugin`]).
//!
//! Here live the definitions (`*.proto`), the code made from them (`src/generated`), and the redaction of messages that
//! carry secrets. No logic lives here: what a message means is decided by the crates that answer it.
//!
//! The generated files are checked in, so that a build needs neither a protobuf compiler nor a build script. The test
//! `bootstrap` makes them again and compares.
//!
//! ```
//! use leastpriv_proto::tfplugin6::{Diagnostic, diagnostic::Severity};
//!
//! let diagnostic = Diagnostic { severity: Severity::Warning.into(), summary: "too broad".into(), ..Default::default() };
//! assert_eq!(diagnostic.severity(), Severity::Warning);
//! ```

use std::fmt;

/// Messages and service of the provider protocol, major version 6.
#[allow(
    missing_docs,
    reason = "generated: a field is explained in the definition only where its name does not do it"
)]
#[allow(
    unused_qualifications,
    reason = "generated: names are written out in full so that no message can shadow them"
)]
#[allow(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated: style is the business of the generator"
)]
pub mod tfplugin6 {
    include!("generated/tfplugin6.rs");
}

/// Messages and services that go-plugin expects on every server.
#[allow(
    missing_docs,
    reason = "generated: a field is explained in the definition only where its name does not do it"
)]
#[allow(
    unused_qualifications,
    reason = "generated: names are written out in full so that no message can shadow them"
)]
#[allow(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated: style is the business of the generator"
)]
pub mod goplugin {
    include!("generated/plugin.rs");
}

/// Shows sizes only: a value may hold a secret, and requests are printed by careless code.
impl fmt::Debug for tfplugin6::DynamicValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicValue")
            .field("msgpack", &format_args!("{} bytes", self.msgpack.len()))
            .field("json", &format_args!("{} bytes", self.json.len()))
            .finish()
    }
}

/// Shows sizes only: stored state may hold a secret.
impl fmt::Debug for tfplugin6::RawState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawState")
            .field("json", &format_args!("{} bytes", self.json.len()))
            .field("flatmap", &format_args!("{} entries", self.flatmap.len()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::tfplugin6::{DynamicValue, RawState};

    #[test]
    fn values_are_not_printed() {
        let value = DynamicValue {
            msgpack: b"hunter2".to_vec(),
            json: Vec::new(),
        };
        assert_eq!(format!("{value:?}"), "DynamicValue { msgpack: 7 bytes, json: 0 bytes }");
    }

    #[test]
    fn stored_state_is_not_printed() {
        let state = RawState {
            json: b"{}".to_vec(),
            flatmap: BTreeMap::from([("secret_key".to_owned(), "hunter2".to_owned())]),
        };
        assert_eq!(format!("{state:?}"), "RawState { json: 2 bytes, flatmap: 1 entries }");
    }
}
