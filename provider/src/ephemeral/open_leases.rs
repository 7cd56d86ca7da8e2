use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use leastpriv_plugin::log;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::client::{Client, Meta};

/// The leases that this process has opened and not yet given back. Clones share one record.
#[derive(Debug, Clone, Default)]
pub struct OpenLeases {
    open: Arc<Mutex<BTreeSet<OpenLease>>>,
    /// Requests that may still bring a lease.
    coming: Arc<AtomicUsize>,
}

/// One lease; a lease id is not a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OpenLease {
    pub(super) namespace: Option<String>,
    pub(super) id: String,
}

/// As long as it lives, a lease may still come.
#[derive(Debug)]
pub(super) struct Coming(Arc<AtomicUsize>);

impl OpenLeases {
    /// How many leases are open.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether no lease is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Announces a lease, so that the end of the process waits for it.
    pub(super) fn announce(&self) -> Coming {
        self.coming.fetch_add(1, Ordering::SeqCst);
        Coming(Arc::clone(&self.coming))
    }

    pub(super) fn add(&self, lease: OpenLease) {
        self.lock().insert(lease);
    }

    pub(super) fn remove(&self, lease: &OpenLease) {
        self.lock().remove(lease);
    }

    fn all(&self) -> Vec<OpenLease> {
        self.lock().iter().cloned().collect()
    }

    fn is_one_coming(&self) -> bool {
        self.coming.load(Ordering::SeqCst) > 0
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<OpenLease>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Revokes every open lease, all at once, within the time that is left to the process. A lease stays recorded until it
/// is revoked, so a second call tries again what the first did not finish.
pub(crate) async fn revoke_open(meta: &Meta, limit: Duration) {
    let deadline = Instant::now() + limit.saturating_sub(LEAST_TIME + POLL);
    let leases = meta.ephemeral_leases();
    while leases.is_one_coming() && Instant::now() < deadline {
        sleep(POLL).await;
    }
    let Some(client) = meta.existing_client() else { return };
    // Whatever happens, the requests should be on their way.
    let deadline = deadline.max(Instant::now() + LEAST_TIME);
    if timeout_at(deadline, revoke_all(&client, leases)).await.is_err() {
        for lease in leases.all() {
            log::warn(
                "a lease may still be alive: there was no time to revoke it",
                &[("lease_id", lease.id.as_str())],
            );
        }
    }
}

async fn revoke_all(client: &Client, leases: &OpenLeases) {
    let mut revocations = JoinSet::new();
    for lease in leases.all() {
        let client = client.clone();
        revocations.spawn(async move {
            let outcome = client
                .revoke_lease(lease.namespace.as_deref(), &lease.id, &CancellationToken::new())
                .await;
            (lease, outcome)
        });
    }
    while let Some(ended) = revocations.join_next().await {
        match ended {
            Ok((lease, Ok(()))) => leases.remove(&lease),
            Ok((lease, Err(failure))) => {
                let reason = failure.to_string();
                let fields = [("lease_id", lease.id.as_str()), ("reason", reason.as_str())];
                log::warn("a lease could not be revoked and is still alive", &fields);
            }
            Err(_) => log::warn("a lease could not be revoked and is still alive", &[]),
        }
    }
}

const LEAST_TIME: Duration = Duration::from_millis(300);
const POLL: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(id: &str) -> OpenLease {
        OpenLease {
            namespace: None,
            id: id.to_owned(),
        }
    }

    #[test]
    fn clones_share_one_record() {
        let leases = OpenLeases::default();
        leases.clone().add(lease("aws/creds/r/1"));
        leases.add(lease("aws/creds/r/2"));
        assert_eq!(leases.len(), 2);
        leases.clone().remove(&lease("aws/creds/r/1"));
        assert_eq!(leases.all(), [lease("aws/creds/r/2")]);
        leases.remove(&lease("never there"));
        assert!(!leases.is_empty());
    }

    #[test]
    fn a_lease_is_coming_until_its_request_ends() {
        let leases = OpenLeases::default();
        let (one, two) = (leases.announce(), leases.announce());
        assert!(leases.is_one_coming());
        drop(one);
        assert!(leases.is_one_coming());
        drop(two);
        assert!(!leases.is_one_coming());
    }
}
