//! Who asks, from the ARN that names them.

use super::Principal;
use crate::pattern::{is_account, is_iam_name, is_iam_path_and_name, is_partition};

/// Why a text is not the ARN of somebody who can make a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCaller {
    /// It has not the form of such an ARN.
    Form,
    /// Its account has not twelve digits.
    Account,
    /// It names something that makes no requests, such as a group.
    Kind,
    /// IAM takes no such path or name.
    Name,
    /// It lacks the name of the session, or has more behind it.
    Session,
}

impl NoCaller {
    /// The reason in words, as a continuation of "it is no caller".
    pub fn reason(self) -> &'static str {
        match self {
            Self::Form => "it is not `arn:PARTITION:iam::ACCOUNT:…` or `arn:PARTITION:sts::ACCOUNT:…`",
            Self::Account => "its account has not twelve digits",
            Self::Kind => "it is not that of a user, a role, a session, a root user or an identity provider",
            Self::Name => {
                "its name, which is what follows the last slash, is too short or too long, or has a character that IAM does not take"
            }
            Self::Session => "a session is `…:assumed-role/ROLE/SESSION`",
        }
    }
}

impl Principal {
    /// The principal of an ARN. A role is taken as a session of it, which is called `session`. The ARN of a session leaves
    /// out the path of its role, and that of a federated user leaves out who asked for the token; both are taken as empty.
    ///
    /// # Errors
    ///
    /// Says why it is none, by the forms of the pages "IAM identifiers" and "IAM and AWS STS quotas" of the IAM User Guide
    /// and of the parameters of `AssumeRole` and `GetFederationToken`.
    pub fn from_arn(arn: &str) -> Result<Self, NoCaller> {
        let mut fields = arn.splitn(6, ':');
        let mut field = || fields.next().ok_or(NoCaller::Form);
        let (head, partition, service, region, account, name) =
            (field()?, field()?, field()?, field()?, field()?, field()?);
        if head != "arn" || !is_partition(partition) || !matches!(service, "iam" | "sts") || !region.is_empty() {
            return Err(NoCaller::Form);
        }
        if !is_account(account) {
            return Err(NoCaller::Account);
        }
        let named = |is_name: bool, principal: Self| if is_name { Ok(principal) } else { Err(NoCaller::Name) };
        let (kind, rest) = name.split_once('/').unwrap_or((name, ""));
        match (service, kind) {
            ("iam", "root") if name == "root" => Ok(Self::Root(account.to_owned())),
            ("iam", "user") => named(is_iam_path_and_name(rest, 64), Self::User(arn.to_owned())),
            ("iam", "role") => {
                let name = rest.rsplit('/').next().unwrap_or(rest);
                let session = Self::Session {
                    session: format!("arn:{partition}:sts::{account}:assumed-role/{name}/session"),
                    role: arn.to_owned(),
                };
                named(is_iam_path_and_name(rest, 64), session)
            }
            ("iam", "oidc-provider" | "saml-provider") => {
                let is_name =
                    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()) && !rest.ends_with('/');
                named(is_name, Self::Federated(arn.to_owned()))
            }
            ("sts", "assumed-role") => {
                let (role, session) = rest.split_once('/').ok_or(NoCaller::Session)?;
                if session.is_empty() || session.contains('/') {
                    return Err(NoCaller::Session);
                }
                let principal = Self::Session {
                    session: arn.to_owned(),
                    role: format!("arn:{partition}:iam::{account}:role/{role}"),
                };
                named(is_iam_name(role, 1..=64) && is_iam_name(session, 2..=64), principal)
            }
            ("sts", "federated-user") => {
                let principal = Self::FederatedUser {
                    federated: arn.to_owned(),
                    user: String::new(),
                };
                named(is_iam_name(rest, 2..=32), principal)
            }
            _ => Err(NoCaller::Kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_caller_is_known_by_its_arn() {
        let session = |session: &str, role: &str| Principal::Session {
            session: session.to_owned(),
            role: role.to_owned(),
        };
        let arn = |rest: &str| format!("arn:aws:{rest}");
        let user = arn("iam::123456789012:user/a/ada");
        let provider = arn("iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE");
        let federated = arn("sts::123456789012:federated-user/bob");
        for (arn, expected) in [
            (
                arn("iam::123456789012:root"),
                Principal::Root("123456789012".to_owned()),
            ),
            (user.clone(), Principal::User(user)),
            (
                arn("iam::123456789012:role/a/ci"),
                session(
                    "arn:aws:sts::123456789012:assumed-role/ci/session",
                    "arn:aws:iam::123456789012:role/a/ci",
                ),
            ),
            (
                "arn:aws-cn:sts::123456789012:assumed-role/ci/ada@example.com".to_owned(),
                session(
                    "arn:aws-cn:sts::123456789012:assumed-role/ci/ada@example.com",
                    "arn:aws-cn:iam::123456789012:role/ci",
                ),
            ),
            (provider.clone(), Principal::Federated(provider)),
            (
                federated.clone(),
                Principal::FederatedUser {
                    federated,
                    user: String::new(),
                },
            ),
        ] {
            assert_eq!(Principal::from_arn(&arn), Ok(expected), "{arn}");
        }
    }

    #[test]
    fn what_names_no_caller_has_its_reason() {
        for (arn, reason) in [
            ("", NoCaller::Form),
            ("*", NoCaller::Form),
            ("arn:aws:iam::123456789012", NoCaller::Form),
            ("arn:aws:s3:::bucket", NoCaller::Form),
            ("arn::iam::123456789012:root", NoCaller::Form),
            ("arn:aws:iam:eu-west-1:123456789012:root", NoCaller::Form),
            ("arn:aws:iam::1:root", NoCaller::Account),
            ("arn:aws:iam::123456789012:root/x", NoCaller::Kind),
            ("arn:aws:iam::123456789012:root/", NoCaller::Kind),
            ("arn:aws:iam::123456789012:group/team", NoCaller::Kind),
            ("arn:aws:sts::123456789012:user/ada", NoCaller::Kind),
            ("arn:aws:iam::123456789012:user", NoCaller::Name),
            ("arn:aws:iam::123456789012:user/", NoCaller::Name),
            ("arn:aws:iam::123456789012:user/a/", NoCaller::Name),
            ("arn:aws:iam::123456789012:user/a b", NoCaller::Name),
            ("arn:aws:iam::123456789012:role/team/*", NoCaller::Name),
            ("arn:aws:iam::123456789012:saml-provider/", NoCaller::Name),
            ("arn:aws:sts::123456789012:federated-user/b", NoCaller::Name),
            ("arn:aws:sts::123456789012:assumed-role/ci/x", NoCaller::Name),
            ("arn:aws:sts::123456789012:assumed-role//run", NoCaller::Name),
            ("arn:aws:sts::123456789012:assumed-role/ci", NoCaller::Session),
            ("arn:aws:sts::123456789012:assumed-role/ci/", NoCaller::Session),
            ("arn:aws:sts::123456789012:assumed-role/team/ci/run", NoCaller::Session),
        ] {
            assert_eq!(Principal::from_arn(arn), Err(reason), "{arn}");
            assert!(!reason.reason().is_empty());
        }
        let long = format!("arn:aws:iam::123456789012:user/{}", "a".repeat(65));
        assert_eq!(Principal::from_arn(&long), Err(NoCaller::Name));
    }
}
