//! What a configured provider hands to its resources.

use std::fmt;

use leastpriv_terraform::diagnostics::Diagnostics;
use leastpriv_terraform::value::Value;
use tokio::sync::OnceCell;

use super::Client;
use crate::config::{Settings, Surroundings, resolve};
use crate::ephemeral::OpenLeases;

/// The configured provider. The connection is worked out when it is first needed, because a plan may not need it, and
/// because its address may not be known before.
pub struct Meta {
    settings: Settings,
    surroundings: Surroundings,
    user_agent: String,
    client: OnceCell<Result<Client, Diagnostics>>,
    leases: OpenLeases,
}

impl Meta {
    pub(crate) fn new(settings: Settings, surroundings: Surroundings, user_agent: String) -> Self {
        Self {
            settings,
            surroundings,
            user_agent,
            client: OnceCell::new(),
            leases: OpenLeases::default(),
        }
    }

    /// The client, or what keeps the provider from having one.
    pub async fn client(&self) -> Result<Client, Diagnostics> {
        self.client
            .get_or_init(|| async {
                let connection = resolve(&self.settings, &self.surroundings)?;
                Client::new(&connection, &self.user_agent)
            })
            .await
            .clone()
    }

    /// The client, if it was needed so far.
    pub(crate) fn existing_client(&self) -> Option<Client> {
        self.client.get()?.as_ref().ok().cloned()
    }

    /// The policy that every role must stay within, where the provider block has one.
    pub(crate) fn policy_ceiling(&self) -> &Value<String> {
        &self.settings.policy_ceiling
    }

    /// The leases of ephemeral resources that are open.
    pub fn ephemeral_leases(&self) -> &OpenLeases {
        &self.leases
    }
}

impl fmt::Debug for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meta")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_keeps_the_client_away_is_told_each_time() {
        let meta = Meta::new(Settings::default(), Surroundings::default(), "test".to_owned());
        for _ in 0..2 {
            let diagnostics = meta.client().await.unwrap_err();
            assert!(diagnostics.has_errors());
        }
        assert!(meta.existing_client().is_none());
    }

    #[tokio::test]
    async fn a_client_is_made_without_a_server() {
        let around = Surroundings::new(
            [("BAO_ADDR", "http://127.0.0.1:1"), ("BAO_TOKEN", "planted-token")],
            None,
        );
        let meta = Meta::new(Settings::default(), around, "test".to_owned());
        let client = meta.client().await.unwrap();
        assert!(meta.existing_client().is_some());
        assert!(!format!("{client:?} {meta:?}").contains("planted"));
    }
}
