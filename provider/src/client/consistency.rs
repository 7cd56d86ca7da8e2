//! What the server has promised to have seen, by namespace.
//!
//! A standby answers from its own copy, which lags behind the leader by milliseconds to seconds. Every answer of a
//! server with several nodes names the state it is based on; sending that back makes a node that is behind forward the
//! request or say so, and a read after a write never sees the time before the write.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The newest index of each namespace.
#[derive(Debug, Default)]
pub(crate) struct Indexes {
    newest: Mutex<BTreeMap<String, String>>,
}

impl Indexes {
    /// The index to send with a request.
    pub(crate) fn of(&self, namespace: &str) -> Option<String> {
        self.newest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(namespace)
            .cloned()
    }

    /// Keeps an index unless a newer one is known. Answers to parallel requests arrive in any order.
    pub(crate) fn learn(&self, namespace: &str, index: String) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if !newest.get(namespace).is_some_and(|known| is_older(&index, known)) {
            newest.insert(namespace.to_owned(), index);
        }
    }
}

/// Whether one index was surely superseded by the other: same cluster, and no counter beyond the other's.
fn is_older(one: &str, other: &str) -> bool {
    match (State::parse(one), State::parse(other)) {
        (Some(one), Some(other)) => {
            one.cluster == other.cluster && one.local <= other.local && one.replicated <= other.replicated
        }
        _ => false,
    }
}

/// The readable part of an index: `v1:CLUSTER:LOCAL:REPLICATED:SEAL` in base64.
#[derive(PartialEq, Eq)]
struct State {
    cluster: String,
    local: u64,
    replicated: u64,
}

impl State {
    fn parse(index: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(index).ok()?).ok()?;
        let mut parts = text.split(':');
        if parts.next()? != "v1" {
            return None;
        }
        Some(Self {
            cluster: parts.next()?.to_owned(),
            local: parts.next()?.parse().ok()?,
            replicated: parts.next()?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(cluster: &str, local: u64, replicated: u64) -> String {
        STANDARD.encode(format!("v1:{cluster}:{local}:{replicated}:c2VhbA"))
    }

    #[test]
    fn the_newest_index_is_kept_whatever_the_order() {
        let indexes = Indexes::default();
        assert_eq!(indexes.of(""), None);
        for local in [3, 7, 5, 7] {
            indexes.learn("", index("c", local, 0));
        }
        assert_eq!(indexes.of(""), Some(index("c", 7, 0)));
    }

    #[test]
    fn namespaces_do_not_mix() {
        let indexes = Indexes::default();
        indexes.learn("", index("c", 9, 0));
        indexes.learn("team", index("c", 1, 0));
        assert_eq!(indexes.of("team"), Some(index("c", 1, 0)));
        assert_eq!(indexes.of("other"), None);
    }

    #[test]
    fn another_cluster_or_another_form_replaces() {
        let indexes = Indexes::default();
        indexes.learn("", index("c", 9, 0));
        indexes.learn("", index("d", 1, 0));
        assert_eq!(indexes.of(""), Some(index("d", 1, 0)));
        indexes.learn("", "some other form".to_owned());
        assert_eq!(indexes.of("").as_deref(), Some("some other form"));
        indexes.learn("", index("d", 2, 0));
        assert_eq!(indexes.of(""), Some(index("d", 2, 0)));
    }
}
