//! The axes of the search: the actions, resources, principals and values of condition keys that statements can tell apart.

use super::keys::{self, BUDGET};
use super::search::{Cell, Value, cell, request};
use super::strings::{Reader, Search, Token, arn, glob};
use super::{Doubt, StatementBox};
use crate::decide::condition::Test;
use crate::decide::principal::Entry;
use crate::decide::request::View;
use crate::decide::statement::{Asked, Rule};
use crate::decide::{Principal, Request, Truth};
use crate::document::ConditionTest;

/// Somebody in an account that no policy names.
pub(super) fn stranger() -> Principal {
    Principal::User("arn:aws:iam::999988887777:user/someone".to_owned())
}

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
            .map(|text| reader.add(glob(&text.text.to_ascii_lowercase())))
            .collect();
        if !one.written.action.is_empty() {
            reader.require(group);
        }
    }
    for one in inside.iter().chain(outside) {
        for text in one.written.actions().chain(one.written.not_actions()) {
            reader.add(glob(&text.text.to_ascii_lowercase()));
        }
    }
    let request = nobody();
    let mut out = Vec::new();
    let search = reader.classes(BUDGET, &mut |text| {
        let holds = |rule: &Rule| rule.is_about_action(&asked(text, None, &request));
        out.extend(cell(Value::Action(text.to_owned()), inside, outside, &holds));
    });
    complete(&search, out)
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
    for one in inside.iter().chain(outside) {
        for text in one.written.resources().chain(one.written.not_resources()) {
            reader.add(resource_atom(&text.text));
        }
    }
    let request = nobody();
    let holds =
        |resource: Option<&str>, rule: &Rule| rule.is_about_resource(&asked("", resource, &request), &mut |_| ());
    let mut out = Vec::new();
    let search = reader.classes(BUDGET, &mut |text| {
        out.extend(cell(Value::Resource(Some(text.to_owned())), inside, outside, &|rule| {
            holds(Some(text), rule)
        }));
    });
    out.extend(cell(Value::Resource(None), inside, outside, &|rule| holds(None, rule)));
    complete(&search, out)
}

/// A resource pattern; the bare star is every ARN, and an ARN that stops early is filled up with stars.
fn resource_atom(text: &str) -> Vec<Token> {
    if !text.is_empty() && text.chars().all(|letter| letter == '*') {
        return vec![Token::Any];
    }
    let colons = text.matches(':').count();
    let missing = 5_usize.saturating_sub(colons);
    arn(&format!("{text}{}", ":*".repeat(missing)))
}

fn complete(search: &Search, cells: Vec<Cell<Value>>) -> Result<Vec<Cell<Value>>, Doubt> {
    match search {
        Search::Complete => Ok(cells),
        Search::GaveUp => Err(Doubt::Budget),
    }
}

/// Principals that the policies can tell apart: every one that is named, another one of each account, and strangers.
pub(super) fn principals(
    inside: &[&StatementBox<'_>],
    outside: &[&StatementBox<'_>],
) -> Result<Vec<Cell<Value>>, Doubt> {
    let mut found = vec![stranger()];
    let entries = inside
        .iter()
        .chain(outside)
        .filter_map(|one| one.rule.principals.as_ref())
        .flat_map(|principals| &principals.entries);
    let mut names_any = false;
    for entry in entries {
        names_any = true;
        match entry {
            Entry::Everyone => {}
            Entry::Account(account) => found.push(Principal::User(format!("arn:aws:iam::{account}:user/someone"))),
            Entry::Arn(arn) => found.extend(of_arn(arn)),
            Entry::Service(name) => found.push(Principal::Service(name.clone())),
            Entry::Federated(name) => found.push(Principal::Federated(name.clone())),
            Entry::Other => return Err(Doubt::Principal),
        }
    }
    if names_any {
        found.extend([
            Principal::Anonymous,
            Principal::Service("another.amazonaws.com".to_owned()),
            Principal::Federated("another".to_owned()),
        ]);
    }
    Ok(found
        .into_iter()
        .filter_map(|principal| {
            let holds = |rule: &Rule| {
                rule.principals
                    .as_ref()
                    .map_or(Truth::Yes, |names| names.name(&principal, false).1)
            };
            cell(Value::Principal(principal.clone()), inside, outside, &holds)
        })
        .collect())
}

/// The principal that an ARN stands for, and another one of its account.
fn of_arn(arn: &str) -> Vec<Principal> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, service, _, account, name] = parts.as_slice() else {
        // A unique id stands for one that was deleted.
        return Vec::new();
    };
    let mut path = name.split('/');
    let (kind, first, last) = (path.next(), path.next().unwrap_or_default(), name.rsplit('/').next());
    let named = match (*service, kind) {
        ("iam", Some("role")) => Principal::Session {
            session: format!(
                "arn:aws:sts::{account}:assumed-role/{}/someone",
                last.unwrap_or_default()
            ),
            role: arn.to_owned(),
        },
        ("sts", Some("assumed-role")) => Principal::Session {
            session: arn.to_owned(),
            role: format!("arn:aws:iam::{account}:role/{first}"),
        },
        ("sts", Some("federated-user")) => Principal::FederatedUser {
            federated: arn.to_owned(),
            user: format!("arn:aws:iam::{account}:user/someone"),
        },
        _ => Principal::User(arn.to_owned()),
    };
    vec![named, Principal::User(format!("arn:aws:iam::{account}:user/someone"))]
}

pub(super) fn key_axis(
    key: &str,
    inside: &[&StatementBox<'_>],
    outside: &[&StatementBox<'_>],
) -> Result<(Vec<Cell<Value>>, bool), Doubt> {
    let tests: Vec<(&Test, &ConditionTest)> = inside
        .iter()
        .chain(outside)
        .flat_map(|one| one.rule.conditions.iter().zip(&one.written.condition))
        .filter(|(test, _)| test.key() == key)
        .collect();
    let (values, is_complete) = keys::values(&tests)?;
    let cells = values
        .into_iter()
        .filter_map(|value| {
            let request = keys::with(key, &value);
            let view = View::as_given(&request);
            let holds = |rule: &Rule| {
                let of_key = rule.conditions.iter().filter(|test| test.key() == key);
                Truth::all(of_key.map(|test| test.holds(&view, &mut |_| ())))
            };
            cell(Value::Key(key.to_owned(), value.clone()), inside, outside, &holds)
        })
        .collect();
    Ok((cells, is_complete))
}
