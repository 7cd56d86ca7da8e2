//! The request that a call asks about.

use leastpriv_policy::decide::{Context, Principal, Request};
use leastpriv_policy::pattern::is_account;
use leastpriv_terraform::function::{Arguments, FunctionError};
use leastpriv_terraform::value::Tree;

use super::{actions, members, scalar, text};

/// What is asked, and what of it the caller has said.
pub(super) struct Asked {
    pub(super) request: Request,
    /// Whether it was said who asks.
    pub(super) names_principal: bool,
}

/// Positions of the arguments.
const ACTION: usize = 1;
const RESOURCE: usize = 2;
pub(super) const CONTEXT: usize = 3;

/// Reads action, resource and context.
pub(super) fn read(arguments: &Arguments) -> Result<Asked, FunctionError> {
    let action = text(arguments, ACTION);
    one_only(ACTION, &action)?;
    actions::check(ACTION, std::slice::from_ref(&action))?;
    let resource = text(arguments, RESOURCE);
    if resource != "*" {
        one_only(RESOURCE, &resource)?;
        if !resource.starts_with("arn:") {
            return Err(FunctionError::at(
                RESOURCE,
                format!(
                    "`{resource}` is no ARN; write the ARN of the resource, or `*` for an action that works on none in particular"
                ),
            ));
        }
    }
    let mut context = Context::default();
    let mut principal = None;
    for (key, value) in members(arguments, CONTEXT, "{ \"aws:SourceIp\" = \"192.0.2.1\" }")? {
        match names_principal(&key, &value)? {
            Some(_) if principal.is_some() => {
                return Err(FunctionError::at(
                    CONTEXT,
                    "the context names who asks more than once; keep one of `aws:PrincipalArn`, `aws:PrincipalServiceName` and `aws:PrincipalType`",
                ));
            }
            Some(named) => principal = Some(named),
            None => set(&mut context, &key, &value)?,
        }
    }
    let account = resource.split(':').nth(4).filter(|account| is_account(account));
    if let Some(account) = account
        && context.values("aws:ResourceAccount").is_none()
    {
        context.set("aws:ResourceAccount", account);
    }
    Ok(Asked {
        names_principal: principal.is_some(),
        request: Request {
            action,
            resource: (resource != "*").then_some(resource),
            principal: principal.unwrap_or_else(|| Principal::User(SOMEBODY.to_owned())),
            resource_account: None,
            context,
        },
    })
}

/// Stands for whoever asks, where the answer does not depend on it.
const SOMEBODY: &str = "arn:aws:iam::123456789012:user/somebody";

fn one_only(at: usize, text: &str) -> Result<(), FunctionError> {
    if text.contains(['*', '?']) {
        return Err(FunctionError::at(
            at,
            format!("`{text}` stands for many, and a request is about one; ask `not_granted` about patterns"),
        ));
    }
    Ok(())
}

/// Who asks, where a key of the context says it.
fn names_principal(key: &str, value: &Tree) -> Result<Option<Principal>, FunctionError> {
    let wrong = |text: String| FunctionError::at(CONTEXT, text);
    let given = scalar(value).unwrap_or_default();
    if key.eq_ignore_ascii_case("aws:PrincipalArn") {
        let principal = Principal::from_arn(&given).map_err(|problem| {
            wrong(format!(
                "`{given}` in `aws:PrincipalArn` is no caller: {}; give the ARN of a user, a role, a session of a role, a root user or an identity provider",
                problem.reason()
            ))
        })?;
        return Ok(Some(principal));
    }
    if key.eq_ignore_ascii_case("aws:PrincipalServiceName") {
        return Ok(Some(Principal::Service(given)));
    }
    if key.eq_ignore_ascii_case("aws:PrincipalType") && given == "Anonymous" {
        return Ok(Some(Principal::Anonymous));
    }
    Ok(None)
}

/// A key that was given as a list can have several values, and one that was given as a text has one.
fn set(context: &mut Context, key: &str, value: &Tree) -> Result<(), FunctionError> {
    let wrong = || {
        FunctionError::at(
            CONTEXT,
            format!(
                "`{key}` is neither a text nor a list of texts; give its value, or a list for a key of several values"
            ),
        )
    };
    if let Some(one) = scalar(value) {
        context.set(key, one);
        return Ok(());
    }
    let (Tree::List(elements) | Tree::Set(elements)) = value else {
        return Err(wrong());
    };
    let values: Option<Vec<String>> = elements.iter().map(scalar).collect();
    context.set_all(key, values.ok_or_else(wrong)?);
    Ok(())
}
