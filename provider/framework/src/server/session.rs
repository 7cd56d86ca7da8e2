use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// What changes while a process runs: the configuration, and the token of running work.
pub(super) struct Session<M>(Mutex<State<M>>);

struct State<M> {
    /// Every configuration so far, the current one last. A host that keeps one process for several
    /// provider blocks configures it again while the earlier ones are in use, and what was opened
    /// under them must be given back too.
    configured: Vec<Arc<M>>,
    running: CancellationToken,
}

impl<M> Session<M> {
    pub(super) fn configure(&self, meta: M) {
        self.lock().configured.push(Arc::new(meta));
    }

    pub(super) fn current(&self) -> Option<Arc<M>> {
        self.lock().configured.last().cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<M>> {
        self.lock().configured.clone()
    }

    /// A token for work that starts.
    pub(super) fn operation(&self) -> CancellationToken {
        self.lock().running.child_token()
    }

    /// Tells all running work to end. Work that starts later is not affected: the process may go on
    /// to serve another command.
    pub(super) fn cancel_running(&self) {
        let running = std::mem::take(&mut self.lock().running);
        running.cancel();
    }

    /// No code panics while it holds the lock, so what a poisoned lock guards is whole all the same.
    fn lock(&self) -> MutexGuard<'_, State<M>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> Default for Session<M> {
    fn default() -> Self {
        Self(Mutex::new(State {
            configured: Vec::new(),
            running: CancellationToken::new(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_running_work_is_cancelled() {
        let session = Session::<()>::default();
        let before = session.operation();
        session.cancel_running();
        assert!(before.is_cancelled());
        assert!(!session.operation().is_cancelled());
    }

    #[test]
    fn earlier_configurations_are_kept() {
        let session = Session::default();
        assert!(session.current().is_none());
        session.configure(1);
        session.configure(2);
        assert_eq!(session.current().as_deref(), Some(&2));
        assert_eq!(session.all().len(), 2);
    }
}
