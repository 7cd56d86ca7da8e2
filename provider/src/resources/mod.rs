//! The resources, one folder each, and what they share.
//!
//! Here lives what is between Terraform's values and the client's calls. Requests, retries and failures belong to
//! `client`, the judgement of policies and its messages to `judge`.

pub mod secret_backend;
pub mod secret_backend_role;

mod arn;
mod engine;
mod known;
mod settle;
#[cfg(test)]
mod testing;

use leastpriv_terraform::diagnostics::{Diagnostic, DiagnosticSeverity, Diagnostics};
use leastpriv_terraform::resource::Resource;
use leastpriv_terraform::value::Tree;

use crate::client::Meta;
use crate::config::normalise_namespace;

/// Every resource on offer.
pub fn all() -> Vec<Box<dyn Resource<Meta>>> {
    vec![
        Box::new(secret_backend::SecretBackend::default()),
        Box::new(secret_backend_role::SecretBackendRole::default()),
    ]
}

/// Whether a text can be the path of a mount: no empty segment, none that leads elsewhere, nothing invisible.
fn is_mount_path(path: &str) -> bool {
    path.split('/').all(|segment| !matches!(segment, "" | "." | "..")) && !path.chars().any(char::is_control)
}

/// The namespace of objects that are imported, because an import has nothing but an id.
fn import_namespace() -> Option<String> {
    std::env::var("TERRAFORM_VAULT_NAMESPACE_IMPORT")
        .ok()
        .filter(|namespace| !namespace.is_empty())
}

/// The command by which an object that exists comes into the state.
fn import_command(type_name: &str, namespace: Option<&str>, id: &str) -> String {
    let namespace = namespace.map_or_else(String::new, |name| {
        format!("TERRAFORM_VAULT_NAMESPACE_IMPORT='{name}' ")
    });
    format!("{namespace}terraform import {type_name}.NAME '{id}'")
}

/// The error for an object that one resource is to make while another one is to destroy it, in whatever order.
fn made_and_destroyed(type_name: &str, object: &str) -> Diagnostic {
    Diagnostic::error(
        format!("{object} would be made by one resource and destroyed by another in one run"),
        format!(
            "both stand for the same object of the server, and nothing says which of the two comes last. If the resource was renamed, say so:\n\n  moved {{\n    from = {type_name}.OLD\n    to   = {type_name}.NEW\n  }}"
        ),
    )
}

/// The warning for an object that another resource of the same run has made or taken over since.
fn kept(object: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("{object} is not deleted: another resource of this run has it now"),
        "its former resource is gone from the state; the object stays",
    )
}

/// Without its errors: before a destruction nothing of a plan is written, and an error would stop the destruction.
fn without_errors(diagnostics: Diagnostics) -> Diagnostics {
    let is_error = |found: &Diagnostic| found.severity == DiagnosticSeverity::Error;
    diagnostics.into_iter().filter(|found| !is_error(found)).collect()
}

/// Whether two namespaces of a configuration or a state are one. None, the empty one and `root` are.
fn is_same_namespace(one: &Tree, other: &Tree) -> bool {
    let name = |tree: &Tree| match tree {
        Tree::Null => Some(String::new()),
        Tree::String(text) => Some(normalise_namespace(text)),
        _ => None,
    };
    name(one).is_some_and(|one| name(other) == Some(one))
}

/// Puts the prior spelling of a namespace where the planned one means the same. What is null stays null, because nothing
/// but null may be planned for it.
fn keep_namespace(state: &mut Tree, prior: &Tree) {
    let (new, old) = (state.attribute("namespace"), prior.attribute("namespace"));
    if !new.is_null() && !old.is_null() && is_same_namespace(new, old) {
        state.set("namespace", old.clone());
    }
}

/// Whether state comes from the provider that these resources take over from, whatever registry served it.
fn is_peer(provider_address: &str) -> bool {
    provider_address.ends_with("/hashicorp/vault")
}

#[cfg(test)]
mod tests {
    use leastpriv_terraform::schema::{Attribute, Schema};

    use super::*;

    fn attributes(schema: &Schema) -> impl Iterator<Item = &Attribute> {
        schema
            .attributes
            .iter()
            .chain(schema.blocks.iter().flat_map(|block| &block.schema.attributes))
    }

    #[test]
    fn every_attribute_is_described_and_named_once() {
        for resource in all() {
            let schema = resource.schema();
            let mut names: Vec<&str> = schema.attributes.iter().map(|attribute| attribute.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), schema.attributes.len(), "{}", resource.type_name());
            for attribute in attributes(&schema) {
                assert!(
                    attribute.description.ends_with('.'),
                    "{}.{}",
                    resource.type_name(),
                    attribute.name
                );
            }
        }
    }

    #[test]
    fn mount_paths() {
        for path in ["aws", "team/aws", "a-b_c.d"] {
            assert!(is_mount_path(path), "{path}");
        }
        for path in ["", "/aws", "aws/", "a//b", "a/../b", "a\nb"] {
            assert!(!is_mount_path(path), "{path}");
        }
    }

    #[test]
    fn the_peer_is_known_by_name_and_not_by_registry() {
        assert!(is_peer("registry.terraform.io/hashicorp/vault"));
        assert!(is_peer("registry.opentofu.org/hashicorp/vault"));
        assert!(!is_peer("registry.terraform.io/nothashicorp/vault"));
        assert!(!is_peer("registry.terraform.io/hashicorp/vault-other"));
    }
}
