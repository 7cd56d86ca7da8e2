//! Who asks, from the text that names them.

use leastpriv_policy::decide::Principal;
use leastpriv_policy::pattern::is_account;

/// Providers of identities that are known by a name instead of an ARN.
const PROVIDERS: [&str; 4] = [
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "graph.facebook.com",
    "www.amazon.com",
];

/// The name of the session of a role that is named by itself.
const SESSION: &str = "session";

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
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    let &["arn", partition, service, "", account, name] = fields.as_slice() else {
        return Err(format!(
            "`{text}` is no principal; give the ARN of a user, a role or a session, twelve digits for the root user of an \
             account, a service such as `ec2.amazonaws.com`, or `*` for anybody"
        ));
    };
    if !is_account(account) {
        return Err(format!(
            "`{account}` in `{text}` is no account; an account has twelve digits"
        ));
    }
    let (kind, path) = name.split_once('/').unwrap_or((name, ""));
    match (service, kind, path.rsplit('/').next().unwrap_or_default()) {
        ("iam", "root", _) if path.is_empty() => Ok(Principal::Root(account.to_owned())),
        ("iam", "user", name) if !name.is_empty() => Ok(Principal::User(text.to_owned())),
        ("iam", "role", name) if !name.is_empty() => Ok(Principal::Session {
            session: format!("arn:{partition}:sts::{account}:assumed-role/{name}/{SESSION}"),
            role: text.to_owned(),
        }),
        ("iam", "oidc-provider" | "saml-provider", name) if !name.is_empty() => {
            Ok(Principal::Federated(text.to_owned()))
        }
        ("sts", "assumed-role", session) if !session.is_empty() => match path.split_once('/') {
            // The ARN of a session leaves the path of its role out.
            Some((role, _)) if !role.is_empty() => Ok(Principal::Session {
                session: text.to_owned(),
                role: format!("arn:{partition}:iam::{account}:role/{role}"),
            }),
            _ => Err(format!(
                "`{text}` lacks the name of the session: …:assumed-role/ROLE/SESSION"
            )),
        },
        ("sts", "federated-user", name) if !name.is_empty() => Ok(Principal::FederatedUser {
            federated: text.to_owned(),
            // Who asked for the token cannot be told from it; no policy names an empty ARN.
            user: String::new(),
        }),
        _ => Err(format!(
            "`{text}` is no principal; an ARN can be that of a user, a role, a session or an identity provider"
        )),
    }
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
        assert_eq!(principal(&user), Ok(Principal::User(user.clone())));
        assert_eq!(
            principal(&arn("iam::123456789012:role/team/app")),
            Ok(Principal::Session {
                session: arn("sts::123456789012:assumed-role/app/session"),
                role: arn("iam::123456789012:role/team/app"),
            })
        );
        let session = arn("sts::123456789012:assumed-role/app/i-1");
        assert_eq!(
            principal(&session),
            Ok(Principal::Session {
                session: session.clone(),
                role: arn("iam::123456789012:role/app"),
            })
        );
        let service = |name: &str| principal(name) == Ok(Principal::Service(name.to_owned()));
        assert!(service("ec2.amazonaws.com") && service("ec2.amazonaws.com.cn"));
        for provider in [
            "cognito-identity.amazonaws.com".to_owned(),
            arn("iam::123456789012:oidc-provider/token.actions.githubusercontent.com"),
        ] {
            assert_eq!(principal(&provider), Ok(Principal::Federated(provider)));
        }
        let federated = arn("sts::123456789012:federated-user/bob");
        assert!(matches!(principal(&federated), Ok(Principal::FederatedUser { .. })));
    }

    #[test]
    fn what_is_no_principal_is_refused() {
        for text in [
            "",
            "ada",
            "1234",
            "arn:aws:iam::1234:user/ada",
            "arn:aws:iam::123456789012:user",
            "arn:aws:iam::123456789012:group/team",
            "arn:aws:iam::123456789012:root/x",
            "arn:aws:sts::123456789012:assumed-role/app",
            "arn:aws:s3:::bucket",
        ] {
            assert!(principal(text).is_err(), "{text}");
        }
        assert!(account("arn:aws:iam::123456789012:user/ada").is_err());
    }
}
