//! The provider `leastpriv`: the AWS secrets engine of Vault and OpenBao for Terraform and OpenTofu, with a judgement of
//! every policy before it reaches the engine.
//!
//! Here the rooms meet: `config` reads the provider block, `client` talks to the server, `judge` turns findings into
//! diagnostics, `resources`, `ephemeral` and `functions` are what a configuration can hold. Nothing here knows the plugin
//! protocol; that is the framework's.

pub mod client;
pub mod ephemeral;
pub mod functions;
pub mod judge;
pub mod resources;

mod config;

use std::time::Duration;

use async_trait::async_trait;
use leastpriv_terraform::diagnostics::Diagnostics;
use leastpriv_terraform::ephemeral_resource::EphemeralResource;
use leastpriv_terraform::function::Function;
use leastpriv_terraform::provider::{ClientInfo, Provider};
use leastpriv_terraform::resource::Resource;
use leastpriv_terraform::schema::Schema;
use leastpriv_terraform::value::Tree;

use client::Meta;
use config::{Settings, Surroundings};

/// The address under which Terraform and OpenTofu know the provider.
pub const ADDRESS: &str = "registry.terraform.io/leastpriv/leastpriv";

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The provider.
#[derive(Debug, Clone, Copy, Default)]
pub struct LeastprivProvider;

#[async_trait]
impl Provider for LeastprivProvider {
    type Meta = Meta;

    fn schema(&self) -> Schema {
        config::schema()
    }

    fn validate(&self, config: &Tree) -> Diagnostics {
        config::validate(config, &Surroundings::of_process())
    }

    async fn configure(&self, config: &Tree, client: &ClientInfo) -> Result<Meta, Diagnostics> {
        let user_agent = format!(
            "terraform-provider-leastpriv/{VERSION}{}",
            host(&client.terraform_version)
        );
        Ok(Meta::new(
            Settings::from_tree(config),
            Surroundings::of_process(),
            user_agent,
        ))
    }

    fn resources(&self) -> Vec<Box<dyn Resource<Meta>>> {
        resources::all()
    }

    fn ephemeral_resources(&self) -> Vec<Box<dyn EphemeralResource<Meta>>> {
        ephemeral::all()
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        functions::all()
    }

    async fn shutdown(&self, meta: &Meta, limit: Duration) {
        ephemeral::revoke_open(meta, limit).await;
    }
}

/// The host's part of the user agent, with nothing in it that a header cannot hold.
fn host(version: &str) -> String {
    let version: String = version.chars().filter(char::is_ascii_graphic).collect();
    if version.is_empty() {
        String::new()
    } else {
        format!(" Terraform/{version}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_has_the_prefix_and_is_unique() {
        let resources: Vec<&str> = LeastprivProvider
            .resources()
            .iter()
            .map(|resource| resource.type_name())
            .collect();
        let ephemeral: Vec<&str> = LeastprivProvider
            .ephemeral_resources()
            .iter()
            .map(|resource| resource.type_name())
            .collect();
        for names in [&resources, &ephemeral] {
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
            assert!(names.iter().all(|name| name.starts_with("leastpriv_")), "{names:?}");
        }
    }

    #[test]
    fn the_user_agent_can_be_sent() {
        assert_eq!(host("1.11.4"), " Terraform/1.11.4");
        assert_eq!(host(""), "");
        assert_eq!(host("1.2\r\nX: y\u{e9}"), " Terraform/1.2X:y");
    }

    #[tokio::test]
    async fn configuring_needs_no_server_and_shutting_down_nothing_open() {
        let mut config = LeastprivProvider.schema().null_tree();
        config.set("address", Tree::Unknown);
        let meta = LeastprivProvider
            .configure(&config, &ClientInfo::default())
            .await
            .unwrap();
        LeastprivProvider.shutdown(&meta, Duration::from_secs(1)).await;
        let diagnostics = meta.client().await.unwrap_err();
        let summaries: Vec<String> = diagnostics.into_iter().map(|diagnostic| diagnostic.summary).collect();
        assert_eq!(summaries, ["the provider's `address` cannot be known yet"]);
    }
}
