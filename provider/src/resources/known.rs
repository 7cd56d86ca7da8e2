//! Which objects belong to the state at hand.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The objects that this process has read for a state.
///
/// Terraform plans the second half of a replacement, and everything it holds for tainted, as if there were no prior
/// object. The server still has it then, and that is no reason to refuse: it was read here moments before.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<BTreeSet<(Option<String>, String)>>);

impl Known {
    /// Remembers that an object was read for a state.
    pub(crate) fn remember(&self, namespace: Option<&str>, path: &str) {
        let key = (namespace.map(ToOwned::to_owned), path.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
    }

    /// Whether an object was read for a state.
    pub(crate) fn holds(&self, namespace: Option<&str>, path: &str) -> bool {
        let key = (namespace.map(ToOwned::to_owned), path.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_keep_equal_paths_apart() {
        let known = Known::default();
        known.remember(Some("team"), "aws");
        assert!(known.holds(Some("team"), "aws"));
        assert!(!known.holds(None, "aws"));
        assert!(!known.holds(Some("team"), "aws2"));
    }
}
