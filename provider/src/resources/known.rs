//! What this process knows of the objects that one run is about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::config::normalise_namespace;

/// The objects that this process has met, by namespace and path. Terraform starts a process for each walk, so it knows of
/// one plan or of one apply.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<BTreeMap<(String, String), Met>>);

#[derive(Debug, Default)]
struct Met {
    facts: BTreeSet<Fact>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// What was seen of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fact {
    Read,
    ToBeMade,
    ToBeDestroyed,
    Made,
}

impl Known {
    /// Remembers that an object was read for a state.
    ///
    /// Terraform plans the second half of a replacement, and everything it holds for tainted, as if there were no prior
    /// object. The server still has it then, and that is no reason to refuse: it was read here moments before.
    pub(crate) fn remember(&self, namespace: Option<&str>, path: &str) {
        self.met(namespace, path, |met| met.facts.insert(Fact::Read));
    }

    /// Whether an object was read for a state.
    pub(crate) fn holds(&self, namespace: Option<&str>, path: &str) -> bool {
        self.met(namespace, path, |met| met.facts.contains(&Fact::Read))
    }

    /// Remembers that one resource is to make an object. True when another one is to destroy it.
    pub(crate) fn plan_to_make(&self, namespace: Option<&str>, path: &str) -> bool {
        self.met(namespace, path, |met| {
            met.facts.insert(Fact::ToBeMade);
            met.facts.contains(&Fact::ToBeDestroyed)
        })
    }

    /// Remembers that one resource is to destroy an object. True when another one is to make it and has not done so:
    /// what is made already is kept.
    pub(crate) fn plan_to_destroy(&self, namespace: Option<&str>, path: &str) -> bool {
        self.met(namespace, path, |met| {
            met.facts.insert(Fact::ToBeDestroyed);
            met.facts.contains(&Fact::ToBeMade) && !met.facts.contains(&Fact::Made)
        })
    }

    /// Remembers that an object was made, or taken over, for a resource of this run.
    pub(crate) fn make(&self, namespace: Option<&str>, path: &str) {
        self.met(namespace, path, |met| met.facts.insert(Fact::Made));
    }

    /// Whether an object belongs to a resource of this run, so that whoever had it before must not delete it.
    pub(crate) fn is_made(&self, namespace: Option<&str>, path: &str) -> bool {
        self.met(namespace, path, |met| met.facts.contains(&Fact::Made))
    }

    /// Waits until nobody else of this process makes or destroys an object.
    pub(crate) async fn turn(&self, namespace: Option<&str>, path: &str) -> OwnedMutexGuard<()> {
        let turn = self.met(namespace, path, |met| Arc::clone(&met.turn));
        turn.lock_owned().await
    }

    fn met<T>(&self, namespace: Option<&str>, path: &str, with: impl FnOnce(&mut Met) -> T) -> T {
        let key = (normalise_namespace(namespace.unwrap_or_default()), path.to_owned());
        with(self.lock().entry(key).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(String, String), Met>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_keep_equal_paths_apart_whatever_their_spelling() {
        let known = Known::default();
        known.remember(Some("team"), "aws");
        assert!(known.holds(Some("/team/"), "aws"));
        assert!(!known.holds(None, "aws"));
        assert!(!known.holds(Some("team"), "aws2"));
    }

    #[test]
    fn whoever_comes_second_learns_of_the_first() {
        let known = Known::default();
        assert!(!known.plan_to_make(None, "aws"));
        assert!(!known.plan_to_make(None, "aws"));
        assert!(known.plan_to_destroy(None, "aws"));
        known.make(None, "aws");
        assert!(!known.plan_to_destroy(None, "aws"));
        let known = Known::default();
        assert!(!known.plan_to_destroy(None, "aws"));
        assert!(known.plan_to_make(Some(""), "aws"));
    }

    #[tokio::test]
    async fn turns_are_taken_one_after_the_other() {
        let known = Known::default();
        let turn = known.turn(None, "aws").await;
        assert!(known.met(None, "aws", |met| met.turn.try_lock().is_err()));
        drop(turn);
        drop(known.turn(None, "aws").await);
    }
}
