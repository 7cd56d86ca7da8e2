//! What the server and AWS demand of a role. The server checks a part of it on write; the rest fails only when
//! credentials are asked for, so all of it is checked before anything is planned.
//!
//! A rule says nothing while a value it needs is unknown. In `values` is what each value must be by itself, in
//! `credential_type` what the type of credential demands of them together. The content of the policy document is judged
//! elsewhere.

mod credential_type;
#[cfg(test)]
mod tests;
mod values;

use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use leastpriv_terraform::path::AttributePath;

use super::model::Role;

/// Everything that is wrong with a role but its policy document's content.
pub(crate) fn check(role: &Role) -> Diagnostics {
    let mut found = Found {
        label: role.label(),
        diagnostics: Diagnostics::default(),
    };
    found.values(role);
    found.of_credential_type(role);
    found
        .diagnostics
        .extend(crate::judge::exception_problems(&role.exceptions));
    found.diagnostics
}

struct Found {
    label: String,
    diagnostics: Diagnostics,
}

impl Found {
    fn error(&mut self, attribute: &str, what: &str, help: &str) {
        let summary = format!("role `{}`: {what}", self.label);
        self.diagnostics
            .push(Diagnostic::error(summary, help).at(AttributePath::attribute(attribute)));
    }

    fn warning(&mut self, attribute: &str, what: &str, help: &str) {
        let summary = format!("role `{}`: {what}", self.label);
        self.diagnostics
            .push(Diagnostic::warning(summary, help).at(AttributePath::attribute(attribute)));
    }
}
