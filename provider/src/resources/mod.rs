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

use leastpriv_terraform::resource::Resource;

use crate::client::Meta;

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
