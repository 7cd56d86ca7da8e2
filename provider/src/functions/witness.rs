//! Requests that prove new access, as objects of a configuration.

use std::collections::BTreeMap;

use leastpriv_checks::terms;
use leastpriv_policy::compare::{Excess, Replay};
use leastpriv_policy::decide::{Principal, Request};
use leastpriv_policy::document::{Document, Statement};
use leastpriv_terraform::value::{IntoTree, Tree, Type};
use serde_json::{Value as Json, json};

/// The type of what [`list`] gives.
pub(super) fn ty() -> Type {
    let members = [
        ("statement", Type::Number),
        ("sid", Type::String),
        ("action", Type::String),
        ("resource", Type::String),
        ("principal", Type::String),
        ("context", Type::String),
    ];
    let members = members.into_iter().map(|(name, ty)| (name.to_owned(), ty));
    Type::list(Type::Object(members.collect()))
}

/// What the members mean, for the pages of the functions.
pub(super) const MEMBERS: &str = "\
- `statement` (Number) Number of the statement that lets the request through, from 0.
- `sid` (String) Its `Sid`; null where it has none.
- `action` (String) The action that is asked for.
- `resource` (String) The ARN that it is asked for, or `*`.
- `principal` (String) Who asks, as JSON in the form of a policy: `{\"AWS\":\"ARN\"}` or `\"*\"`. Somebody made up where the policies name nobody.
- `context` (String) The condition keys of the request with their values, as JSON: `{\"aws:SourceIp\":[\"192.0.2.1\"]}`.";

/// One object for every statement of `new` that allows more than `existing`.
pub(super) fn list(new: &Document, existing: &Document, excesses: &[Excess]) -> Tree {
    let replay = Replay::new(new, existing);
    let write = |excess: &Excess| {
        let statement = new.statements.iter().find(|one| one.index == excess.statement);
        object(excess.statement, statement, &terms::proof(new, &replay, excess))
    };
    excesses.iter().map(write).collect::<Vec<Tree>>().into_tree()
}

fn object(number: usize, statement: Option<&Statement>, request: &Request) -> Tree {
    let context: BTreeMap<&str, &[String]> = request.context.iter().collect();
    let sid = statement.and_then(Statement::sid_text).filter(|sid| !sid.is_empty());
    let mut tree = Tree::object();
    tree.set("statement", u64::try_from(number).unwrap_or(u64::MAX));
    tree.set("sid", sid.map(str::to_owned));
    tree.set("action", request.action.as_str());
    tree.set("resource", request.resource.as_deref().unwrap_or("*"));
    tree.set("principal", principal(&request.principal).to_string());
    tree.set("context", json!(context).to_string());
    tree
}

fn principal(principal: &Principal) -> Json {
    principal
        .named()
        .map_or_else(|| json!("*"), |(kind, name)| json!({kind: name}))
}
