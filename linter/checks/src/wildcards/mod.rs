//! The actions of the catalog for a pattern, and patterns for actions of the catalog.
//!
//! What lives here: what holds as far as the catalog goes, which knows nothing of actions to come. What must not: what
//! holds for every action, which is `leastpriv_policy`.

mod cover;
mod expand;
mod shorten;

use std::collections::BTreeSet;

use leastpriv_catalog::{Action, catalog};
use leastpriv_policy::pattern::ActionPattern;

pub use expand::{Expanded, Note, expand_policy};
pub use shorten::{Shortened, Shortening, shorten_policy};

use crate::facts::ActionSet;

/// Why a pattern stands for no action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAction {
    /// It has not the form of an action.
    NoPattern,
    /// No service has this prefix.
    UnknownService {
        /// The prefix.
        prefix: String,
        /// The one that was probably meant.
        meant: Option<&'static str>,
    },
    /// The catalog has no such action.
    NoMatch {
        /// The action that was probably meant.
        meant: Option<String>,
    },
}

impl NoAction {
    /// What is wrong and what to do, in one line.
    pub fn reason(&self, pattern: &str) -> String {
        match self {
            Self::NoPattern => {
                format!("`{pattern}` is no action; write the service, a colon and the name, such as `s3:Get*`")
            }
            Self::UnknownService {
                prefix,
                meant: Some(meant),
            } => {
                format!("`{pattern}` names no service: there is no `{prefix}`; is it `{meant}`?")
            }
            Self::UnknownService { prefix, meant: None } => {
                format!(
                    "`{pattern}` names no service: there is no `{prefix}` in the catalog of {}",
                    catalog().date()
                )
            }
            Self::NoMatch { meant: Some(meant) } => format!("`{pattern}` matches no action; is it `{meant}`?"),
            Self::NoMatch { meant: None } => {
                format!("`{pattern}` matches no action in the catalog of {}", catalog().date())
            }
        }
    }
}

/// The actions of the catalog that a pattern matches, in the order of services and names.
///
/// # Errors
///
/// Says why there is none.
pub fn expand(pattern: &str) -> Result<Vec<Action>, NoAction> {
    let parts = pattern.split_once(':');
    if parts.is_none_or(|(prefix, name)| prefix.is_empty() || name.is_empty()) && !pattern.contains(['*', '?']) {
        return Err(NoAction::NoPattern);
    }
    let mut set = ActionSet::empty(catalog());
    set.add_pattern(&ActionPattern::new(pattern), catalog());
    let found: Vec<Action> = set.iter(catalog()).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let (prefix, name) = parts.unwrap_or((pattern, ""));
    if !prefix.contains(['*', '?']) && catalog().service(prefix).is_none() {
        return Err(NoAction::UnknownService {
            prefix: prefix.to_owned(),
            meant: catalog().near_service(prefix),
        });
    }
    let meant = catalog()
        .near_action(prefix, name)
        .filter(|_| !name.contains(['*', '?']));
    Err(NoAction::NoMatch {
        meant: meant.map(|meant| format!("{prefix}:{meant}")),
    })
}

/// The actions of the catalog that some patterns match together.
fn matched(patterns: &BTreeSet<String>) -> ActionSet {
    let mut set = ActionSet::empty(catalog());
    for pattern in patterns {
        set.add_pattern(&ActionPattern::new(pattern), catalog());
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str) -> Vec<String> {
        expand(pattern).unwrap().into_iter().map(Action::full_name).collect()
    }

    #[test]
    fn a_pattern_stands_for_its_actions() {
        let tags = names("S3:get*tagging");
        assert!(tags.contains(&"s3:GetObjectTagging".to_owned()), "{tags:?}");
        assert!(
            tags.iter()
                .all(|name| name.starts_with("s3:Get") && name.ends_with("Tagging"))
        );
        assert_eq!(names("s3:GetObject"), ["s3:GetObject"]);
        assert_eq!(names("*").len(), catalog().action_count());
        assert!(names("*:ListTags*").len() > 5);
    }

    #[test]
    fn what_stands_for_none_says_why() {
        let reason = |pattern: &str| expand(pattern).unwrap_err().reason(pattern);
        assert!(reason("s3").contains("is no action"));
        assert!(reason(":x").contains("is no action"));
        assert!(reason("lamda:Get*").contains("is it `lambda`?"));
        assert!(reason("nosuchservice:*").contains("no `nosuchservice`"));
        assert!(reason("s3:GetObejct").contains("is it `s3:GetObject`?"));
        assert!(reason("s3:Fetch*").contains("matches no action in the catalog of 20"));
    }
}
