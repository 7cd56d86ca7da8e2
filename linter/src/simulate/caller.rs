//! Who asks, from the text that names them.

use leastpriv_policy::decide::{NoCaller, Principal};
use leastpriv_policy::pattern::is_account;

/// Providers of identities that are known by a name instead of an ARN.
const PROVIDERS: [&str; 4] = [
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "graph.facebook.com",
    "www.amazon.com",
];

/// Reads a principal: the ARN of a user, a role, a session, a federated user or an identity provider, an account or its
/// root user, the name of a service, or `*` for somebody without credentials. A role is taken as a session of it.
///
/// # Errors
///
/// Says what is wrong, and what can be written.
pub(crate) fn principal(text: &str) -> Result<Principal, String> {
    if text == "*" {
        return Ok(Principal::Anonymous);
    }
    if is_account(text) {
        return Ok(Principal::Root(text.to_owned()));
    }
    if PROVIDERS.contains(&text) {
        return Ok(Principal::Federated(text.to_owned()));
    }
    if text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn") {
        return Ok(Principal::Service(text.to_owned()));
    }
    Principal::from_arn(text).map_err(|problem| match problem {
        NoCaller::Form => format!(
            "`{text}` is no principal; give the ARN of a user, a role or a session, twelve digits for the root user of an \
             account, a service such as `ec2.amazonaws.com`, or `*` for anybody"
        ),
        problem => format!("`{text}` is no principal: {}", problem.reason()),
    })
}

/// Reads an account: twelve digits, or the ARN of its root user.
///
/// # Errors
///
/// Says what is wrong, and what can be written.
pub(crate) fn account(text: &str) -> Result<String, String> {
    match principal(text) {
        Ok(Principal::Root(account)) => Ok(account),
        _ => Err(format!(
            "`{text}` is no account; write its twelve digits, or `arn:aws:iam::ACCOUNT:root`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_principal_can_be_named() {
        let arn = |rest: &str| format!("arn:aws:{rest}");
        assert_eq!(principal("*"), Ok(Principal::Anonymous));
        for root in ["123456789012".to_owned(), arn("iam::123456789012:root")] {
            assert_eq!(principal(&root), Ok(Principal::Root("123456789012".to_owned())));
            assert_eq!(account(&root).as_deref(), Ok("123456789012"));
        }
        let user = arn("iam::123456789012:user/team/ada");
        assert_eq!(principal(&user), Ok(Principal::User(user)));
        let service = |name: &str| principal(name) == Ok(Principal::Service(name.to_owned()));
        assert!(service("ec2.amazonaws.com") && service("ec2.amazonaws.com.cn"));
        for provider in [
            "cognito-identity.amazonaws.com".to_owned(),
            arn("iam::123456789012:oidc-provider/token.actions.githubusercontent.com"),
        ] {
            assert_eq!(principal(&provider), Ok(Principal::Federated(provider)));
        }
    }

    #[test]
    fn what_is_no_principal_is_refused() {
        for (text, with) in [
            ("", "give the ARN"),
            ("ada", "give the ARN"),
            ("1234", "give the ARN"),
            ("arn:aws:s3:::bucket", "give the ARN"),
            ("arn:aws:iam::1234:user/ada", "twelve digits"),
            ("arn:aws:iam::123456789012:group/team", "not that of a user"),
            ("arn:aws:iam::123456789012:user/a/", "what follows the last slash"),
            (
                "arn:aws:sts::123456789012:assumed-role/app",
                "assumed-role/ROLE/SESSION",
            ),
        ] {
            let error = principal(text).unwrap_err();
            assert!(error.contains("is no principal") && error.contains(with), "{error}");
        }
        assert!(account("arn:aws:iam::123456789012:user/ada").is_err());
    }
}
