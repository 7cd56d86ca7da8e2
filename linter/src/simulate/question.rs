//! One action on one resource, asked of all policies.

use leastpriv_catalog::catalog;
use leastpriv_policy::decide::{Context, Decision, Policies, Principal, Request, trace, trace_as_given};
use leastpriv_policy::pattern::is_account;

use super::layers::Layers;

/// The resource of an action that works on no particular one.
pub(crate) const EVERY_RESOURCE: &str = "*";

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    /// The name of an action.
    pub(crate) action: &'a str,
    /// An ARN, or `*`.
    pub(crate) resource: &'a str,
    /// Who asks; where nobody is said, only the context tells anything of them.
    pub(crate) caller: Option<&'a Principal>,
    /// The account of a resource whose ARN does not tell it; that of the caller where nothing is said.
    pub(crate) owner: Option<&'a str>,
    /// The context.
    pub(crate) context: &'a Context,
}

/// Policies that are ready to be asked.
#[derive(Debug)]
pub(crate) struct Asked {
    policies: Policies,
}

impl Asked {
    /// Reads the policies.
    pub(crate) fn new(layers: &Layers) -> Self {
        Self {
            policies: layers.policies(),
        }
    }

    /// Decides.
    pub(crate) fn decide(&mut self, question: &Question<'_>) -> Decision {
        self.policies.resource_must_allow = self.policies.resource.is_some() && resource_must_allow(question);
        let mut request = Request {
            action: question.action.to_owned(),
            resource: (question.resource != EVERY_RESOURCE).then(|| question.resource.to_owned()),
            principal: Principal::User(SOMEBODY.to_owned()),
            resource_account: None,
            context: question.context.clone(),
        };
        let owner = question.resource_account();
        if let Some(caller) = question.caller {
            request.principal = caller.clone();
            request.resource_account = owner.map(str::to_owned);
            return trace(&self.policies, &request);
        }
        // Without a caller there is no other account than the resource's.
        if let Some(owner) = owner
            && request.context.values(RESOURCE_ACCOUNT).is_none()
        {
            request.context.set(RESOURCE_ACCOUNT, owner);
        }
        trace_as_given(&self.policies, &request)
    }
}

/// Stands for a caller that is not said. Its ARN is in no context, and it is asked about no policy that names principals.
const SOMEBODY: &str = "arn:aws:iam::000000000000:user/somebody";

const RESOURCE_ACCOUNT: &str = "aws:ResourceAccount";

impl Question<'_> {
    /// The account of the resource: its ARN's, or its owner.
    pub(crate) fn resource_account(&self) -> Option<&str> {
        let of_arn = self.resource.split(':').nth(4).filter(|account| is_account(account));
        of_arn.or(self.owner)
    }

    /// Whether the caller and the resource are known to belong to two accounts.
    pub(crate) fn crosses_accounts(&self) -> bool {
        let caller = self.caller.and_then(Principal::account);
        caller
            .zip(self.resource_account())
            .is_some_and(|(one, other)| one != other)
    }
}

/// Whether the policy of the resource must allow even within one account: a KMS key's, and the trust policy of a role.
fn resource_must_allow(question: &Question<'_>) -> bool {
    let is_of = |service: &str| {
        let prefix = question.action.split(':').next().unwrap_or_default();
        prefix.eq_ignore_ascii_case(service)
    };
    let name = question.resource.splitn(6, ':').nth(5).unwrap_or_default();
    (is_of("kms") && name.starts_with("key/")) || (is_of("sts") && name.starts_with("role/"))
}

/// Whether a text is the name of an action.
///
/// # Errors
///
/// Says what is wrong, and what can be written.
pub(crate) fn check_action(text: &str) -> Result<(), String> {
    if text.contains(['*', '?']) {
        return Err(format!(
            "`{text}` has a wildcard; a request is about one action, so name each, such as `s3:GetObject`"
        ));
    }
    let is_word = |word: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !word.is_empty() && word.bytes().all(is_part)
    };
    match text.split_once(':') {
        Some((service, name)) if is_word(service) && is_word(name) => Ok(()),
        _ => Err(format!("`{text}` is no action; such as `s3:GetObject`")),
    }
}

/// Whether a text is a resource that a request can be about.
///
/// # Errors
///
/// Says what is wrong, and what can be written.
pub(crate) fn check_resource(text: &str) -> Result<(), String> {
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    match fields.as_slice() {
        [EVERY_RESOURCE] => Ok(()),
        ["arn", partition, service, _, _, name] if !partition.is_empty() && !service.is_empty() && !name.is_empty() => {
            Ok(())
        }
        _ => Err(format!(
            "`{text}` is no ARN; such as `arn:aws:s3:::reports/monthly.txt`, or `*` where the action works on no \
             particular resource"
        )),
    }
}

/// What to tell of an action that the catalog does not have.
pub(crate) fn spelling_note(action: &str) -> Option<String> {
    let (prefix, name) = action.split_once(':')?;
    if catalog().action(prefix, name).is_some() {
        return None;
    }
    let meant = match catalog().service(prefix) {
        Some(_) => catalog()
            .near_action(prefix, name)
            .map(|name| format!("{prefix}:{name}")),
        None => catalog()
            .near_service(prefix)
            .map(|service| format!("{service}:{name}")),
    };
    let date = catalog().date();
    Some(match meant {
        Some(meant) => format!("`{action}` is not in the catalog of {date}; is it `{meant}`?"),
        None => format!("`{action}` is not in the catalog of {date}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_about_one_action_and_one_resource() {
        for action in ["s3:GetObject", "a4b:GetRoom", "execute-api:Invoke"] {
            assert_eq!(check_action(action), Ok(()), "{action}");
        }
        for action in ["", "s3", "s3:", ":x", "s3:Get*", "s3:Get?bject", "s3:Get Object", "*"] {
            assert!(check_action(action).is_err(), "{action}");
        }
        for resource in ["*", "arn:aws:s3:::b/*", "arn:aws:sns:eu-west-1:123456789012:a:b"] {
            assert_eq!(check_resource(resource), Ok(()), "{resource}");
        }
        for resource in ["", "bucket", "arn:aws:s3:::", "arn:aws:s3", "arn:::::x"] {
            assert!(check_resource(resource).is_err(), "{resource}");
        }
    }

    #[test]
    fn a_slip_in_an_action_is_told() {
        assert_eq!(spelling_note("s3:getobject"), None);
        assert!(
            spelling_note("s3:GetObejct")
                .unwrap()
                .ends_with("is it `s3:GetObject`?")
        );
        assert!(spelling_note("nothing-like-it:Do").is_some());
    }

    #[test]
    fn the_arn_tells_its_account_before_the_owner_does() {
        let context = Context::default();
        let question = |resource| Question {
            action: "s3:GetObject",
            resource,
            caller: None,
            owner: Some("111122223333"),
            context: &context,
        };
        let account = |resource| question(resource).resource_account().map(str::to_owned);
        assert_eq!(account("arn:aws:s3:::b").as_deref(), Some("111122223333"));
        assert_eq!(
            account("arn:aws:sqs:eu-west-1:444455556666:q").as_deref(),
            Some("444455556666")
        );
        assert_eq!(account("*").as_deref(), Some("111122223333"));
    }
}
