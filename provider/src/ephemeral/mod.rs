//! Ephemeral resources: values that live for one run and are given back.
//!
//! What a run leaves open is recorded in [`OpenLeases`] and revoked when the process ends, because Terraform closes
//! nothing when a run fails, is interrupted or is killed.

mod access_credentials;
mod open_leases;

use leastpriv_terraform::ephemeral_resource::EphemeralResource;

use crate::client::Meta;

pub use open_leases::OpenLeases;

pub(crate) use open_leases::revoke_open;

/// Every ephemeral resource on offer.
pub fn all() -> Vec<Box<dyn EphemeralResource<Meta>>> {
    vec![Box::new(access_credentials::AccessCredentials)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_described() {
        for resource in all() {
            for attribute in resource.schema().attributes {
                assert!(
                    attribute.description.ends_with('.'),
                    "{}.{}",
                    resource.type_name(),
                    attribute.name
                );
            }
        }
    }
}
