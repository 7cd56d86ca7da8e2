//! Sets of actions over the catalog, with one more element: the actions no catalog knows.

use leastpriv_catalog::{Action, ActionId, Catalog, Service};
use leastpriv_policy::pattern::{ActionPattern, Pattern};

/// A set of actions. Membership of the known ones is exact; `open` says that actions which no
/// catalog knows, such as those to come, are in it too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionSet {
    words: Vec<u64>,
    /// Whether unknown actions of unknown services are in it.
    open: bool,
}

impl ActionSet {
    /// No action.
    pub fn empty(catalog: &Catalog) -> Self {
        Self {
            words: vec![0; catalog.action_count().div_ceil(64)],
            open: false,
        }
    }

    /// What a pattern matches.
    pub fn add_pattern(&mut self, pattern: &ActionPattern, catalog: &Catalog) {
        if pattern.matches_everything() {
            self.fill(catalog);
            return;
        }
        let service = pattern
            .service()
            .filter(|service| service.is_literal())
            .map(Pattern::literal_prefix);
        match service {
            Some(prefix) if pattern.is_literal() => {
                let name = pattern.name().map(Pattern::literal_prefix).unwrap_or_default();
                if let Some(action) = catalog.action(&prefix, &name) {
                    self.insert(action.id());
                }
            }
            Some(prefix) => {
                if let Some(service) = catalog.service(&prefix) {
                    self.add_matches(pattern, service.actions());
                }
            }
            None => {
                for service in catalog
                    .services()
                    .filter(|service| pattern.matches_service(&service.prefix().to_ascii_lowercase()))
                {
                    self.add_matches(pattern, service.actions());
                }
                // What matches everything there is by nothing but wildcards matches what is to come.
                if pattern.is_all_wildcards() && self.len() == catalog.action_count() {
                    self.fill(catalog);
                }
            }
        }
    }

    fn add_matches(&mut self, pattern: &ActionPattern, actions: impl Iterator<Item = Action>) {
        for action in actions.filter(|action| matches(pattern, *action)) {
            self.insert(action.id());
        }
    }

    fn fill(&mut self, catalog: &Catalog) {
        for (at, word) in self.words.iter_mut().enumerate() {
            let left = catalog.action_count().saturating_sub(at.saturating_mul(64));
            *word = if left >= 64 { u64::MAX } else { (1_u64 << left) - 1 };
        }
        self.open = true;
    }

    /// Everything that is not in it.
    #[must_use]
    pub fn complement(&self, catalog: &Catalog) -> Self {
        let mut out = Self::empty(catalog);
        out.fill(catalog);
        for (word, mine) in out.words.iter_mut().zip(&self.words) {
            *word &= !mine;
        }
        out.open = !self.open;
        out
    }

    /// Adds all of another set.
    pub fn add(&mut self, other: &Self) {
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word |= theirs;
        }
        self.open |= other.open;
    }

    /// Takes all of another set away.
    pub fn remove(&mut self, other: &Self) {
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word &= !theirs;
        }
        self.open &= !other.open;
    }

    fn insert(&mut self, id: ActionId) {
        if let Some(word) = self.words.get_mut(id.0 as usize / 64) {
            *word |= 1 << (id.0 % 64);
        }
    }

    /// Whether a known action is in it.
    pub fn contains(&self, id: ActionId) -> bool {
        self.words
            .get(id.0 as usize / 64)
            .is_some_and(|word| word & (1 << (id.0 % 64)) != 0)
    }

    /// Whether an action, by service prefix and name, is in it.
    pub fn contains_named(&self, catalog: &Catalog, prefix: &str, name: &str) -> bool {
        catalog
            .action(prefix, name)
            .is_some_and(|action| self.contains(action.id()))
    }

    /// Whether every known action is in it, and the unknown ones too.
    pub fn is_everything(&self, catalog: &Catalog) -> bool {
        self.open && self.len() == catalog.action_count()
    }

    /// Whether unknown actions are in it: it came from `*` or from a complement.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Number of known actions in it.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no known action is in it.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The known actions in it, in catalog order.
    pub fn iter<'a>(&'a self, catalog: &'a Catalog) -> impl Iterator<Item = Action> + 'a {
        self.words.iter().enumerate().flat_map(move |(at, word)| {
            let base = u32::try_from(at).unwrap_or(u32::MAX).saturating_mul(64);
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.wrapping_sub(1);
                (bit < 64).then(|| base.saturating_add(bit))
            })
            .filter_map(move |id| catalog.action_at(ActionId(id)))
        })
    }
}

/// Whether a pattern matches at least one action of a service.
pub fn matches_some_of(pattern: &ActionPattern, service: Service) -> bool {
    service.actions().any(|action| matches(pattern, action))
}

fn matches(pattern: &ActionPattern, action: Action) -> bool {
    pattern.matches_name(action.service().prefix(), action.name())
}

#[cfg(test)]
mod tests {
    use leastpriv_catalog::catalog;

    use super::*;

    fn set(patterns: &[&str]) -> ActionSet {
        let mut set = ActionSet::empty(catalog());
        for pattern in patterns {
            set.add_pattern(&ActionPattern::new(pattern), catalog());
        }
        set
    }

    #[test]
    fn every_spelling_gives_the_same_set() {
        let whole = set(&["s3:*"]);
        for spelled in [
            &["S3:*"][..],
            &["s3:?*"],
            &["s3:**"],
            &["s3*:*", "s3:*"][1..],
            &["s?:*", "s3:*"][1..],
        ] {
            assert_eq!(set(spelled), whole);
        }
        assert_eq!(set(&["s3:*"]).complement(catalog()).complement(catalog()), whole);
        assert!(set(&["*"]).is_everything(catalog()));
        assert!(
            set(&["nosuchservice:Nothing"])
                .complement(catalog())
                .is_everything(catalog())
        );
    }

    #[test]
    fn expansion_equals_the_catalog_filter() {
        let by_filter: Vec<_> = catalog()
            .service("s3")
            .unwrap()
            .actions()
            .filter(|action| action.name().starts_with("Get"))
            .map(Action::id)
            .collect();
        let by_set: Vec<_> = set(&["s3:Get*"]).iter(catalog()).map(Action::id).collect();
        assert_eq!(by_set, by_filter);
    }
}
