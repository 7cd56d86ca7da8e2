//! How many clients there are, and whether any will come back.
//!
//! A host that is killed tells nobody. The only trace is that its connections close, so a plugin without connections
//! must not wait for ever.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// Counts open connections. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Census {
    count: watch::Sender<Count>,
}

/// How long to wait for a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// From the start to the first connection.
    pub(crate) first: Duration,
    /// From the end of the last connection to the next one.
    pub(crate) next: Duration,
}

/// One open connection, for as long as it is not dropped.
#[derive(Debug)]
pub(crate) struct Presence {
    census: Census,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    /// Connections since the start.
    seen: u64,
    /// Connections at this moment.
    open: u64,
}

impl Census {
    pub(crate) fn new() -> Self {
        Self {
            count: watch::Sender::new(Count::default()),
        }
    }

    /// Notes a new connection.
    pub(crate) fn enter(&self) -> Presence {
        self.count.send_modify(|count| {
            count.seen += 1;
            count.open += 1;
        });
        Presence { census: self.clone() }
    }

    /// Resolves when nobody came, or when the last client has left and none has followed.
    pub(crate) async fn abandoned(&self, patience: Patience) {
        let mut count = self.count.subscribe();
        if timeout(patience.first, count.wait_for(|count| count.seen > 0))
            .await
            .is_err()
        {
            return;
        }
        loop {
            let mut seen = 0;
            // This can only fail when the census is gone, and `self` is part of it.
            let left = count.wait_for(|count| {
                seen = count.seen;
                count.open == 0
            });
            if left.await.is_err() {
                return;
            }
            if timeout(patience.next, count.wait_for(|count| count.seen > seen))
                .await
                .is_err()
            {
                return;
            }
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.census
            .count
            .send_modify(|count| count.open = count.open.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const SHORT: Duration = Duration::from_millis(40);
    const LONG: Duration = Duration::from_secs(20);

    /// Whether the plugin counts as abandoned before the test loses its patience.
    async fn abandoned_within(limit: Duration, census: &Census, patience: Patience) -> bool {
        timeout(limit, census.abandoned(patience)).await.is_ok()
    }

    #[tokio::test]
    async fn nobody_comes() {
        let census = Census::new();
        assert!(
            abandoned_within(
                LONG,
                &census,
                Patience {
                    first: SHORT,
                    next: LONG
                }
            )
            .await
        );
    }

    #[tokio::test]
    async fn a_client_that_stays_is_company() {
        let census = Census::new();
        let _presence = census.enter();
        assert!(
            !abandoned_within(
                5 * SHORT,
                &census,
                Patience {
                    first: SHORT,
                    next: SHORT
                }
            )
            .await
        );
    }

    #[tokio::test]
    async fn the_last_client_leaves() {
        let census = Census::new();
        let (first, second) = (census.enter(), census.enter());
        drop(first);
        let patience = Patience {
            first: LONG,
            next: SHORT,
        };
        assert!(!abandoned_within(5 * SHORT, &census, patience).await);
        drop(second);
        assert!(abandoned_within(LONG, &census, patience).await);
    }

    #[tokio::test]
    async fn a_client_that_returns_in_time_is_company() {
        let census = Census::new();
        drop(census.enter());
        let waiting = tokio::spawn({
            let census = census.clone();
            async move {
                abandoned_within(
                    10 * SHORT,
                    &census,
                    Patience {
                        first: LONG,
                        next: 5 * SHORT,
                    },
                )
                .await
            }
        });
        sleep(SHORT).await;
        let _presence = census.enter();
        assert!(!waiting.await.unwrap());
    }
}
