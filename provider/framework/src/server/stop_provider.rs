use std::sync::Arc;
use std::time::Duration;

use leastpriv_plugin::{Ending, log};
use leastpriv_proto::tfplugin6::stop_provider::Response;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::provider::Provider;
use crate::server::Server;

/// What is left of the time of the hook for logs and answers.
const MARGIN: Duration = Duration::from_millis(200);

impl<P: Provider> Server<P> {
    /// The practitioner has interrupted.
    pub(crate) async fn stop_provider(self: Arc<Self>) -> Response {
        // 1. End running work. Terraform waits for it and never cancels a call by itself.
        self.session.cancel_running();

        // 2. Give back what is open. After an interrupt Terraform closes no ephemeral resource.
        let error = if self.shut_down(Ending::Asked).await {
            String::new()
        } else {
            UNFINISHED.to_owned()
        };
        Response { error }
    }

    /// The process is about to end. What is open is given back, if an interrupt has not done it yet.
    pub(crate) async fn end(self: Arc<Self>, ending: Ending) {
        self.session.cancel_running();
        self.shut_down(ending).await;
    }

    /// Lets the provider give back what is open under each configuration, all at the same time.
    /// False when the time was too short or the provider broke down.
    async fn shut_down(self: Arc<Self>, ending: Ending) -> bool {
        let limit = ending.limit().saturating_sub(MARGIN);
        let mut tasks = JoinSet::new();
        for meta in self.session.all() {
            let server = Arc::clone(&self);
            tasks.spawn(async move { server.provider.shutdown(&meta, limit).await });
        }
        let ended = timeout(limit, async {
            let mut all_well = true;
            while let Some(outcome) = tasks.join_next().await {
                all_well &= outcome.is_ok();
            }
            all_well
        });
        let all_well = ended.await.unwrap_or(false);
        if !all_well {
            log::error(UNFINISHED, &[]);
        }
        all_well
    }
}

const UNFINISHED: &str = "not everything that was open could be given back in time";
