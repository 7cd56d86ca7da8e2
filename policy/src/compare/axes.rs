//! The axes of the search: the actions, resources, principals and values of condition keys that statements can tell apart.

use std::ops::ControlFlow;

use super::keys::{self, BUDGET};
use super::scope::Scope;
use super::search::{Cell, Covers, Value, boxes, cells, request};
use super::sides::StatementBox;
use super::strings::{Reader, Search, Token, arn, glob_in_lower_case};
use super::{Cause, Doubt};
use crate::decide::condition::Test;
use crate::decide::principal::Entry;
use crate::decide::request::View;
use crate::decide::statement::{Asked, Rule};
use crate::decide::{Principal, Request, Truth};
use crate::document::ConditionTest;

/// Somebody of whom no policy without principals can know anything.
pub(super) const STRANGER: &str = "arn:aws:iam::999988887777:user/someone";

/// What a rule is asked about one axis alone.
pub(super) fn asked<'r>(action: &'r str, resource: Option<&'r str>, request: &'r Request) -> Asked<'r> {
    Asked {
        action,
        resource,
        principal: &request.principal,
        context: View::as_given(request),
        is_bounded: false,
    }
}

pub(super) fn nobody() -> Request {
    request(&[], &[])
}

pub(super) fn actions(inside: &[&StatementBox<'_>], outside: &[&StatementBox<'_>]) -> Result<Vec<Cell<Value>>, Doubt> {
    let mut reader = Reader::default();
    // `prefix:name`, both without a colon.
    let action = [
        Token::OneOfField,
        Token::AnyOfField,
        Token::Literal(':'),
        Token::OneOfField,
        Token::AnyOfField,
    ];
    let action = reader.add(action.to_vec());
    reader.require(vec![action]);
    for one in inside {
        let group: Vec<usize> = one
            .written
            .actions()
            .map(|text| reader.add(glob_in_lower_case(&text.text)))
            .collect();
        if !one.written.action.is_empty() {
            reader.require(group);
        }
    }
    let (held, not_held) = (outside.iter(), inside.iter());
    for text in held.clone().flat_map(|one| one.written.not_actions()) {
        reader.add(glob_in_lower_case(&text.text));
    }
    let avoided = held.flat_map(|one| one.written.actions());
    for text in avoided.chain(not_held.flat_map(|one| one.written.not_actions())) {
        reader.avoid(glob_in_lower_case(&text.text));
    }
    let request = nobody();
    let everywhere = boxes(outside, Rule::is_about_every_action);
    let mut out = Vec::new();
    let search = reader.classes(BUDGET, &mut |text| {
        let holds = |rule: &Rule| rule.is_about_action(&asked(text, None, &request));
        let found = cells(Value::Action(text.to_owned()), inside, outside, &holds);
        add(found, &everywhere, &mut out)
    });
    complete(&search, out, "Action")
}

pub(super) fn resources(
    inside: &[&StatementBox<'_>],
    outside: &[&StatementBox<'_>],
) -> Result<Vec<Cell<Value>>, Doubt> {
    let mut reader = Reader::default();
    let whole = reader.add(arn("arn:*:*:*:*:*"));
    reader.require(vec![whole]);
    for one in inside {
        let group: Vec<usize> = one
            .written
            .resources()
            .map(|text| reader.add(resource_atom(&text.text)))
            .collect();
        if !one.written.resource.is_empty() {
            reader.require(group);
        }
    }
    let (held, not_held) = (outside.iter(), inside.iter());
    for text in held.clone().flat_map(|one| one.written.not_resources()) {
        reader.add(resource_atom(&text.text));
    }
    let avoided = held.flat_map(|one| one.written.resources());
    for text in avoided.chain(not_held.flat_map(|one| one.written.not_resources())) {
        reader.avoid(resource_atom(&text.text));
    }
    let request = nobody();
    let holds =
        |resource: Option<&str>, rule: &Rule| rule.is_about_resource(&asked("", resource, &request), &mut |_| ());
    let everywhere = boxes(outside, Rule::is_about_every_resource);
    let mut out = Vec::new();
    let search = reader.classes(BUDGET, &mut |text| {
        let found = cells(Value::Resource(Some(text.to_owned())), inside, outside, &|rule| {
            holds(Some(text), rule)
        });
        add(found, &everywhere, &mut out)
    });
    out.extend(cells(Value::Resource(None), inside, outside, &|rule| holds(None, rule)));
    complete(&search, out, "Resource")
}

/// Adds cells. One that only boxes hold which hold every cell is the best there can be.
fn add(found: impl Iterator<Item = Cell<Value>>, everywhere: &Covers, out: &mut Vec<Cell<Value>>) -> ControlFlow<()> {
    let before = out.len();
    out.extend(found);
    let is_within = |covers: &Covers| covers.iter().zip(everywhere).all(|(covers, all)| covers & !all == 0);
    let mut added = out.iter().skip(before);
    if added.any(|cell| cell.is_certain && is_within(&cell.covers)) {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// A resource pattern; the bare star is every ARN, and an ARN that stops early is filled up with stars.
fn resource_atom(text: &str) -> Vec<Token> {
    if !text.is_empty() && text.chars().all(|letter| letter == '*') {
        return vec![Token::Any];
    }
    match text.matches(':').count() {
        colons @ 0..5 => arn(&format!("{text}{}", ":*".repeat(5_usize.saturating_sub(colons)))),
        _ => arn(text),
    }
}

fn complete(search: &Search, cells: Vec<Cell<Value>>, element: &str) -> Result<Vec<Cell<Value>>, Doubt> {
    match search {
        Search::Complete => Ok(cells),
        Search::GaveUp => Err(Doubt::new(Cause::Budget, [element.to_owned()])),
    }
}

/// Principals of the scope that the policies can tell apart: every one that is named, another one of each account, and
/// strangers.
pub(super) fn principals(
    inside: &[&StatementBox<'_>],
    outside: &[&StatementBox<'_>],
    scope: Option<&Scope>,
) -> Result<Vec<Cell<Value>>, Doubt> {
    let mut found = Vec::new();
    let everyone = Principal::User(STRANGER.to_owned());
    if scope.is_none() && inside.iter().chain(outside).all(|one| one.rule().principals.is_none()) {
        return Ok(cells(Value::Principal(everyone), inside, outside, &|_| Truth::Yes).collect());
    }
    let entries: Vec<&Entry> = inside
        .iter()
        .chain(outside)
        .filter_map(|one| one.rule().principals.as_ref())
        .flat_map(|principals| &principals.entries)
        .collect();
    if entries.is_empty() {
        found.push(Principal::User(STRANGER.to_owned()));
    }
    let fresh = Fresh::of(&entries);
    for entry in &entries {
        match entry {
            Entry::Everyone => {}
            // A `NotPrincipal` that lists an account says for certain only of its root user whom it is about.
            Entry::Account(account) => found.extend([fresh.user_of(account), Principal::Root(account.clone())]),
            Entry::Arn(arn) => found.extend(fresh.of_arn(arn)),
            Entry::Service(name) => found.push(Principal::Service(name.clone())),
            Entry::Federated(name) => found.push(Principal::Federated(name.clone())),
            Entry::Other => return Err(Doubt::new(Cause::Principal, ["Principal".to_owned()])),
        }
    }
    if !entries.is_empty() {
        found.extend(fresh.strangers());
    }
    if let Some(scope) = scope {
        found.retain(|principal| scope.admits_principal(principal));
    }
    Ok(found
        .into_iter()
        .flat_map(|principal| {
            let holds = |rule: &Rule| {
                rule.principals
                    .as_ref()
                    .map_or(Truth::Yes, |names| names.name(&principal, false).1)
            };
            cells(Value::Principal(principal.clone()), inside, outside, &holds)
        })
        .collect())
}

/// Names that no policy spells, and what is named.
struct Fresh<'e> {
    name: String,
    account: String,
    arns: Vec<&'e str>,
}

impl<'e> Fresh<'e> {
    fn of(entries: &[&'e Entry]) -> Self {
        let texts: Vec<&'e str> = entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Account(text) | Entry::Arn(text) | Entry::Service(text) | Entry::Federated(text) => {
                    Some(text.as_str())
                }
                Entry::Everyone | Entry::Other => None,
            })
            .collect();
        let is_free = |name: &String| !texts.iter().any(|text| text.contains(name.as_str()));
        let names = std::iter::once("someone".to_owned()).chain((2_u64..).map(|at| format!("someone{at}")));
        let accounts = (0_u64..).map(|at| 999_988_887_777_u64.saturating_sub(at).to_string());
        Self {
            name: names.into_iter().find(is_free).unwrap_or_default(),
            account: accounts.into_iter().find(is_free).unwrap_or_default(),
            arns: texts,
        }
    }

    fn user_of(&self, account: &str) -> Principal {
        Principal::User(format!("arn:aws:iam::{account}:user/{}", self.name))
    }

    fn strangers(&self) -> [Principal; 4] {
        [
            self.user_of(&self.account),
            Principal::Anonymous,
            Principal::Service(format!("{}.amazonaws.com", self.name)),
            Principal::Federated(self.name.clone()),
        ]
    }

    /// The principal that an ARN stands for, and another one of its account. A federated user whose own ARN nothing names is
    /// not told apart from the user behind it.
    fn of_arn(&self, arn: &str) -> Vec<Principal> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, _, service, _, account, name] = parts.as_slice() else {
            // A unique id stands for one that was deleted.
            return Vec::new();
        };
        let mut path = name.split('/');
        let (kind, first, last) = (path.next(), path.next().unwrap_or_default(), name.rsplit('/').next());
        let session = |role: &str| format!("arn:aws:sts::{account}:assumed-role/{role}/{}", self.name);
        let named = match (*service, kind) {
            ("iam", Some("role")) => vec![Principal::Session {
                session: session(last.unwrap_or_default()),
                role: arn.to_owned(),
            }],
            ("sts", Some("assumed-role")) => {
                // A session tells the name of its role, and not the path to it.
                let of_role = |role| Principal::Session {
                    session: arn.to_owned(),
                    role,
                };
                self.named("role", account, first).into_iter().map(of_role).collect()
            }
            ("sts", Some("federated-user")) => {
                let of_user = |user| Principal::FederatedUser {
                    federated: arn.to_owned(),
                    user,
                };
                self.named("user", account, &self.name)
                    .into_iter()
                    .map(of_user)
                    .collect()
            }
            _ => vec![Principal::User(arn.to_owned())],
        };
        named.into_iter().chain([self.user_of(account)]).collect()
    }

    /// The roles of a name that the policies name, whatever their path, and one without a path where they name none: there
    /// is one role of a name in an account. Any user can make a session of any name, so all that are named are asked, and
    /// one that is not.
    fn named(&self, kind: &str, account: &str, name: &str) -> Vec<String> {
        let head = format!("arn:aws:iam::{account}:{kind}/");
        let is_alike = |arn: &&str| kind == "user" || arn.rsplit('/').next() == Some(name);
        let mut named: Vec<String> = self
            .arns
            .iter()
            .filter(|arn| arn.starts_with(&head) && is_alike(arn))
            .map(|arn| (*arn).to_owned())
            .collect();
        if kind == "user" || named.is_empty() {
            named.push(format!("{head}{name}"));
        }
        named
    }
}

/// The tests of a key, each as it is written beside it.
fn tests_of<'s>(key: &str, boxes: &[&'s StatementBox<'_>]) -> Vec<(&'s Test, &'s ConditionTest)> {
    let tests = boxes
        .iter()
        .flat_map(|one| one.rule().conditions.iter().zip(&one.written.condition));
    tests.filter(|(test, _)| test.key() == key).collect()
}

pub(super) fn key_axis(
    key: &str,
    inside: &[&StatementBox<'_>],
    outside: &[&StatementBox<'_>],
    scope: Option<&Scope>,
) -> Result<(Vec<Cell<Value>>, bool), Doubt> {
    let (values, is_complete) = keys::values(key, &tests_of(key, inside), &tests_of(key, outside), scope)?;
    let cells = values
        .into_iter()
        .flat_map(|value| {
            let request = keys::with(key, &value);
            let view = View::as_given(&request);
            let holds = |rule: &Rule| {
                let of_key = rule.conditions.iter().filter(|test| test.key() == key);
                Truth::all(of_key.map(|test| test.holds(&view, &mut |_| ())))
            };
            cells(Value::Key(key.to_owned(), value.clone()), inside, outside, &holds)
        })
        .collect();
    Ok((cells, is_complete))
}
