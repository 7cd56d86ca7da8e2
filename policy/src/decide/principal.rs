//! Whom a statement of a resource's policy is about.

use super::request::Principal;
use super::truth::{Reason, Truth};
use crate::document::{self, Statement};
use crate::pattern::is_account;

/// The principals of a statement.
#[derive(Clone, Debug)]
pub(crate) struct Principals {
    pub(crate) entries: Vec<Entry>,
    /// `NotPrincipal`: everybody else.
    is_rest: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Everyone,
    Account(String),
    /// A user, a role, a session or a federated user, by its ARN.
    Arn(String),
    Service(String),
    Federated(String),
    Other,
}

/// How a principal is named, which decides what else may still limit it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Itself, or as one of everybody.
    pub(super) directly: bool,
    /// By the role of its session, or the user of its federation.
    pub(super) by_role: bool,
    /// By its account.
    pub(super) by_account: bool,
}

impl Named {
    pub(super) fn everyone() -> Self {
        Self {
            directly: true,
            ..Self::default()
        }
    }

    fn at_all(self) -> bool {
        self.directly || self.by_role || self.by_account
    }
}

impl Principals {
    /// The principals of a statement; nothing where it names none.
    pub(super) fn of(statement: &Statement) -> Option<Self> {
        let (principals, is_rest) = match (statement.principal.first(), statement.not_principal.first()) {
            (Some(principals), _) => (principals, false),
            (None, Some(principals)) => (principals, true),
            (None, None) => return None,
        };
        Some(Self {
            entries: entries(principals),
            is_rest,
        })
    }

    /// How they name a principal, and whether they do. A Deny with `NotPrincipal` always hits a principal that has a
    /// permissions boundary (`hits_bounded`).
    pub(crate) fn name(&self, principal: &Principal, hits_bounded: bool) -> (Named, Truth) {
        let named = self.named(principal);
        if !self.is_rest {
            return (named, Truth::from(named.at_all()));
        }
        if hits_bounded {
            return (Named::everyone(), Truth::Yes);
        }
        let truth = match principal {
            _ if self.entries.contains(&Entry::Everyone) => Truth::No,
            // One reading exempts a session that is listed in any way, the other only one that is listed in all.
            Principal::Session { .. } | Principal::FederatedUser { .. } => {
                if named.directly && named.by_role && named.by_account {
                    Truth::No
                } else if named.at_all() {
                    Truth::Unknown(Reason::NotPrincipalOfSession)
                } else {
                    Truth::Yes
                }
            }
            Principal::User(_) if named.directly != named.by_account => Truth::Unknown(Reason::NotPrincipalOfSession),
            _ => Truth::from(!named.at_all()),
        };
        (Named::everyone(), truth)
    }

    fn named(&self, principal: &Principal) -> Named {
        let mut named = Named::default();
        for entry in &self.entries {
            match entry {
                Entry::Everyone => named.directly = true,
                Entry::Account(account) => named.by_account |= principal.account() == Some(account.as_str()),
                Entry::Arn(arn) => match principal {
                    Principal::User(user) => named.directly |= user == arn,
                    Principal::Session { session, role } => {
                        named.directly |= session == arn;
                        named.by_role |= role == arn;
                    }
                    Principal::FederatedUser { federated, user } => {
                        named.directly |= federated == arn;
                        named.by_role |= user == arn;
                    }
                    _ => {}
                },
                Entry::Service(name) => {
                    named.directly |= matches!(principal, Principal::Service(service) if service == name);
                }
                Entry::Federated(name) => {
                    named.directly |= matches!(principal, Principal::Federated(provider) if provider == name);
                }
                Entry::Other => {}
            }
        }
        named
    }
}

fn entries(principals: &document::Principal) -> Vec<Entry> {
    if principals.is_star {
        return vec![Entry::Everyone];
    }
    let mut out = Vec::new();
    for (kind, values) in &principals.entries {
        for value in &values.items {
            out.push(match kind.text.as_str() {
                "AWS" => aws(&value.text),
                "Service" => Entry::Service(value.text.clone()),
                "Federated" => Entry::Federated(value.text.clone()),
                _ => Entry::Other,
            });
        }
    }
    out
}

/// `*`, twelve digits, the root of an account (which is the same), or the ARN of one principal.
fn aws(text: &str) -> Entry {
    let mut parts = text.splitn(6, ':');
    let root = match (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) {
        (Some("arn"), Some(_), Some("iam"), Some(""), Some(account), Some("root")) => Some(account),
        _ => None,
    };
    match text {
        "*" => Entry::Everyone,
        _ if is_account(text) => Entry::Account(text.to_owned()),
        _ => root.filter(|account| is_account(account)).map_or_else(
            || Entry::Arn(text.to_owned()),
            |account| Entry::Account(account.to_owned()),
        ),
    }
}
