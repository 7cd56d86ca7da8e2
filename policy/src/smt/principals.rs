//! Who may ask: a finite list, of everybody that two policies can tell apart.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Unsupported;
use super::term::{Kleene, Term};
use crate::document::{self, Statement};

/// Everybody that the statements can tell apart.
#[derive(Debug)]
pub(super) struct People(Vec<Person>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Person {
    /// The root user of an account.
    Root(String),
    /// A user, by ARN.
    User(String),
    /// A session and its role, or a federated user and the user behind it, by ARN.
    Behind(String, String),
    Service(String),
    Provider(String),
    Anonymous,
}

/// An entry of a `Principal` element, as far as there is anything to compare.
#[derive(Clone, Copy)]
enum Entry<'d> {
    Everyone,
    Account(&'d str),
    Arn(&'d str),
    Service(&'d str),
    Provider(&'d str),
    Other,
}

impl People {
    /// Everybody of some statements; nobody where they name no principals.
    pub(super) fn of<'d>(statements: impl Iterator<Item = &'d Statement>) -> Result<Self, Unsupported> {
        let elements = statements.flat_map(|statement| statement.principal.iter().chain(&statement.not_principal));
        let mut names_any = false;
        let mut entries = Vec::new();
        for element in elements {
            names_any = true;
            entries.extend(read(element));
        }
        if !names_any {
            return Ok(Self(Vec::new()));
        }
        let mut people = BTreeSet::from([Person::Anonymous]);
        let fresh = Fresh::of(&entries);
        people.insert(Person::User(fresh.user(&fresh.account)));
        people.insert(Person::Service(fresh.name.clone()));
        people.insert(Person::Provider(fresh.name.clone()));
        for entry in &entries {
            match entry {
                Entry::Everyone => {}
                Entry::Account(account) => people.extend(fresh.of_account(account)),
                Entry::Arn(arn) => people.extend(fresh.of_arn(arn, &entries)),
                Entry::Service(name) => {
                    people.insert(Person::Service((*name).to_owned()));
                }
                Entry::Provider(name) => {
                    people.insert(Person::Provider((*name).to_owned()));
                }
                Entry::Other => return Err(Unsupported::Principal),
            }
        }
        Ok(Self(people.into_iter().collect()))
    }

    /// Declares who asks, by number, and tells who each is.
    pub(super) fn declare(&self, out: &mut String) {
        if self.0.is_empty() {
            return;
        }
        out.push_str("\n; Who asks:\n");
        for (number, person) in self.0.iter().enumerate() {
            let shown: String = format!("{person:?}")
                .chars()
                .filter(|letter| (' '..='~').contains(letter))
                .collect();
            let _ = writeln!(out, "; {number}: {shown}");
        }
        let last = self.0.len().saturating_sub(1);
        let _ = writeln!(out, "(declare-const principal Int)\n(assert (<= 0 principal {last}))");
    }

    /// What `Principal` or `NotPrincipal` asks of who asks.
    pub(super) fn named_by(&self, statement: &Statement) -> Kleene {
        let (element, is_rest) = match (statement.principal.first(), statement.not_principal.first()) {
            (Some(element), _) => (element, false),
            (None, Some(element)) => (element, true),
            (None, None) => return Term::constant(true).into(),
        };
        let entries = read(element);
        let named = self.0.iter().enumerate().map(|(number, person)| {
            let is_asking = Term::of(format!("(= principal {number})"));
            let holds = if is_rest {
                is_rest_of(person, &entries)
            } else {
                is_among(person, &entries)
            };
            Kleene::all([is_asking.into(), holds])
        });
        Kleene::any(named)
    }
}

/// Names that no policy spells.
struct Fresh {
    account: String,
    name: String,
}

impl Fresh {
    fn of(entries: &[Entry<'_>]) -> Self {
        let texts: Vec<&str> = entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Account(text) | Entry::Arn(text) | Entry::Service(text) | Entry::Provider(text) => Some(*text),
                Entry::Everyone | Entry::Other => None,
            })
            .collect();
        let is_fresh = |name: &String| !texts.iter().any(|text| text.contains(name.as_str()));
        let accounts = (0..=u32::MAX).map(|number| format!("9999{number:08}"));
        let names = (0..=u32::MAX).map(|number| format!("someone{number}"));
        Self {
            account: accounts.into_iter().find(is_fresh).unwrap_or_default(),
            name: names.into_iter().find(is_fresh).unwrap_or_default(),
        }
    }

    fn user(&self, account: &str) -> String {
        format!("arn:aws:iam::{account}:user/{}", self.name)
    }

    /// The root user of an account, and a user and a session that nobody names.
    fn of_account(&self, account: &str) -> Vec<Person> {
        let role = format!("arn:aws:iam::{account}:role/{}", self.name);
        let session = format!("arn:aws:sts::{account}:assumed-role/{0}/{0}", self.name);
        vec![
            Person::Root(account.to_owned()),
            Person::User(self.user(account)),
            Person::Behind(session, role),
        ]
    }

    /// Everybody that an ARN brings in. One that is no ARN, such as the id of a principal that was deleted, is nobody.
    fn of_arn(&self, arn: &str, entries: &[Entry<'_>]) -> Vec<Person> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, _, service, _, account, name] = parts.as_slice() else {
            return Vec::new();
        };
        let mut people = self.of_account(account);
        let mut path = name.split('/');
        match (*service, path.next()) {
            ("iam", Some("role")) => {
                let role = name.rsplit('/').next().unwrap_or_default();
                let session = format!("arn:aws:sts::{account}:assumed-role/{role}/{}", self.name);
                people.push(Person::Behind(session, arn.to_owned()));
            }
            ("sts", Some("assumed-role")) => {
                let role = path.next().unwrap_or_default();
                // The name of a role is unique in its account, its path is not known from the session.
                let known = entries.iter().filter_map(|entry| match entry {
                    Entry::Arn(other) if is_role(other, account, role) => Some((*other).to_owned()),
                    _ => None,
                });
                let known: Vec<String> = known.collect();
                let behind = if known.is_empty() {
                    vec![format!("arn:aws:iam::{account}:role/{role}")]
                } else {
                    known
                };
                people.extend(behind.into_iter().map(|role| Person::Behind(arn.to_owned(), role)));
            }
            ("sts", Some("federated-user")) => {
                people.push(Person::Behind(arn.to_owned(), self.user(account)));
                let users = entries.iter().filter_map(|entry| match entry {
                    Entry::Arn(other) if is_user(other, account) => Some((*other).to_owned()),
                    _ => None,
                });
                people.extend(users.map(|user| Person::Behind(arn.to_owned(), user)));
            }
            _ => {
                let federated = format!("arn:aws:sts::{account}:federated-user/{}", self.name);
                people.push(Person::Behind(federated, arn.to_owned()));
                people.push(Person::User(arn.to_owned()));
            }
        }
        people
    }
}

fn is_role(arn: &str, account: &str, role: &str) -> bool {
    let is_of_account = account_of(arn) == Some(account) && arn.split(':').nth(2) == Some("iam");
    is_of_account && arn.contains(":role/") && arn.rsplit('/').next() == Some(role)
}

fn is_user(arn: &str, account: &str) -> bool {
    account_of(arn) == Some(account) && arn.split(':').nth(2) == Some("iam") && arn.contains(":user/")
}

fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

/// Itself or as one of everybody, through who stands behind it, by its account.
fn naming(person: &Person, entries: &[Entry<'_>]) -> [bool; 3] {
    let [mut itself, mut behind, mut account] = [false; 3];
    for entry in entries {
        match (entry, person) {
            (Entry::Everyone, _) => itself = true,
            (Entry::Account(name), Person::Root(own)) => account |= name == own,
            (Entry::Account(name), Person::User(arn) | Person::Behind(arn, _)) => {
                account |= account_of(arn) == Some(name);
            }
            (Entry::Arn(name), Person::User(arn)) => itself |= name == arn,
            (Entry::Arn(name), Person::Behind(arn, other)) => {
                itself |= name == arn;
                behind |= name == other;
            }
            (Entry::Service(name), Person::Service(own)) | (Entry::Provider(name), Person::Provider(own)) => {
                itself |= name == own;
            }
            _ => {}
        }
    }
    [itself, behind, account]
}

fn is_among(person: &Person, entries: &[Entry<'_>]) -> Kleene {
    Term::constant(naming(person, entries).contains(&true)).into()
}

/// Whether `NotPrincipal` means somebody. Whether it exempts who is listed in a part only is not known.
fn is_rest_of(person: &Person, entries: &[Entry<'_>]) -> Kleene {
    let [itself, behind, account] = naming(person, entries);
    let is_listed = itself || behind || account;
    let names_everyone = entries.iter().any(|entry| matches!(entry, Entry::Everyone));
    match person {
        _ if names_everyone => Term::constant(false).into(),
        Person::Behind(..) if itself && behind && account => Term::constant(false).into(),
        Person::Behind(..) if is_listed => Kleene::open(),
        Person::User(_) if itself != account => Kleene::open(),
        _ => Term::constant(!is_listed).into(),
    }
}

fn read(element: &document::Principal) -> Vec<Entry<'_>> {
    if element.is_star {
        return vec![Entry::Everyone];
    }
    let mut out = Vec::new();
    for (kind, names) in &element.entries {
        for name in &names.items {
            let name = name.text.as_str();
            out.push(match kind.text.as_str() {
                "AWS" => of_aws(name),
                "Service" => Entry::Service(name),
                "Federated" => Entry::Provider(name),
                _ => Entry::Other,
            });
        }
    }
    out
}

fn of_aws(name: &str) -> Entry<'_> {
    let is_account = |text: &str| text.len() == 12 && text.chars().all(|letter| letter.is_ascii_digit());
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    match parts.as_slice() {
        ["*"] => Entry::Everyone,
        [account] | ["arn", _, "iam", "", account, "root"] if is_account(account) => Entry::Account(account),
        _ => Entry::Arn(name),
    }
}
