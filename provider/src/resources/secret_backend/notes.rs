use serde::{Deserialize, Serialize};

use super::model::Backend;
use super::root::Situation;
use super::server::Live;

/// What is kept beside the state. It is stored in clear, so there is no secret in it, nor anything made from one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Notes {
    pub(super) version: u32,
    /// The access key id that was written last. Another one on the server is the server's own.
    pub(crate) last_written_access_key: Option<String>,
    /// What the server filled in where nothing was set.
    pub(crate) username_template: Option<String>,
    pub(crate) default_lease_ttl: Option<i64>,
    pub(crate) max_lease_ttl: Option<i64>,
}

impl Notes {
    /// Reads them. Notes that cannot be read are as good as none.
    pub(crate) fn read(private: &[u8]) -> Self {
        serde_json::from_slice(private).unwrap_or_default()
    }

    /// Writes them.
    pub(crate) fn write(&self) -> Vec<u8> {
        serde_json::to_vec(&Self {
            version: 1,
            ..self.clone()
        })
        .unwrap_or_default()
    }

    /// Notes of a mount whose access key is taken over as it is.
    pub(crate) fn of_access_key(access_key: Option<&str>) -> Self {
        Self {
            last_written_access_key: access_key.map(ToOwned::to_owned),
            ..Self::default()
        }
    }

    /// Whether the server has exchanged the pair that was written last for one of its own.
    pub(crate) fn is_rotated(&self, live_key: &str) -> bool {
        let last_written = self.last_written_access_key.as_deref();
        Situation {
            merges: false,
            live_key,
            last_written,
        }
        .is_rotated()
    }

    /// Learns what the server fills in, from a mount that was just written.
    pub(crate) fn learn(&mut self, written: &Backend, live: &Live) {
        if !is_set(written.root.username_template.as_deref()) {
            let template = crate::client::fields::text(&live.root, "username_template");
            self.username_template = Some(template).filter(|template| !template.is_empty());
        }
        let unset = |seconds: Option<&i64>| seconds.is_none_or(|seconds| *seconds == 0);
        if unset(written.mount.default_lease_ttl_seconds.known()) {
            self.default_lease_ttl = Some(live.mount.config.default_lease_ttl);
        }
        if unset(written.mount.max_lease_ttl_seconds.known()) {
            self.max_lease_ttl = Some(live.mount.config.max_lease_ttl);
        }
    }
}

fn is_set(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_read_back_and_garbage_is_none() {
        let notes = Notes {
            last_written_access_key: Some("AKIAIOSFODNN7EXAMPLE".to_owned()),
            ..Notes::default()
        };
        let back = Notes::read(&notes.write());
        assert_eq!(back.last_written_access_key, notes.last_written_access_key);
        assert_eq!(back.version, 1);
        assert_eq!(Notes::read(b""), Notes::default());
        assert_eq!(Notes::read(b"{\"schema_version\":\"1\"}"), Notes::default());
    }

    #[test]
    fn only_another_pair_counts_as_rotated() {
        let notes = Notes::of_access_key(Some("AKIAIOSFODNN7EXAMPLE"));
        assert!(notes.is_rotated("AKIALIVE"));
        assert!(!notes.is_rotated("AKIAIOSFODNN7EXAMPLE"));
        assert!(!notes.is_rotated(""), "a record that is gone was not rotated");
        assert!(
            !Notes::of_access_key(Some("")).is_rotated("AKIALIVE"),
            "without a pair there is nothing to rotate"
        );
        assert!(!Notes::default().is_rotated("AKIALIVE"));
    }
}
