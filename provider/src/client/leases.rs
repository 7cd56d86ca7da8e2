//! Credentials and their leases.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::call::Call;
use super::failure::{Failure, FailureKind};
use super::path::is_role_name;
use super::{Client, Object, Secret, below, fields};

/// Which path of the engine gives the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// `creds`: read by GET.
    Creds,
    /// `sts`: read by POST.
    Sts,
}

impl CredentialKind {
    /// The segment of the path, and the value of the argument `type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Creds => "creds",
            Self::Sts => "sts",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Creds, Self::Sts].into_iter().find(|kind| kind.name() == name)
    }
}

/// What may be asked of the engine along with the credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CredentialParameters {
    /// Which of the role's AWS roles to take.
    pub role_arn: Option<String>,
    /// The name of the session in AWS.
    pub role_session_name: Option<String>,
    /// How long STS credentials live.
    pub ttl: Option<String>,
    /// A code of the role's MFA device.
    pub mfa_code: Option<Secret>,
}

/// A lease as the server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lease {
    /// The server's name for it; empty when there is none.
    pub id: String,
    /// Seconds that it lasts from the answer on.
    pub duration: i64,
    /// Whether it can be extended.
    pub renewable: bool,
}

impl Lease {
    fn parse(object: &Object) -> Self {
        Self {
            id: fields::text(object, "lease_id"),
            duration: fields::integer(object, "lease_duration"),
            renewable: fields::flag(object, "renewable"),
        }
    }
}

/// Keys for AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key id.
    pub access_key: String,
    /// The secret key.
    pub secret_key: Secret,
    /// The session token of STS credentials.
    pub security_token: Option<Secret>,
    /// The ARN of the assumed role, where the engine tells it.
    pub arn: Option<String>,
    /// The lease.
    pub lease: Lease,
    /// The server's warnings.
    pub warnings: Vec<String>,
}

/// A lease after it was extended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// The lease from now on.
    pub lease: Lease,
    /// The server's warnings.
    pub warnings: Vec<String>,
}

impl Client {
    /// Asks for credentials. Each call makes new ones, and for an IAM user role a new IAM user.
    pub async fn credentials(
        &self,
        ns: Option<&str>,
        mount: &str,
        role: &str,
        kind: CredentialKind,
        parameters: &CredentialParameters,
        cancel: &CancellationToken,
    ) -> Result<Credentials, Failure> {
        let path = below(mount, &format!("{}/{role}", kind.name()));
        if !is_role_name(role) {
            let message = format!("`{role}` is no role name");
            return Err(
                Failure::new(FailureKind::InvalidRequest, format!("read `{path}`"), vec![message])
                    .advise("correct the name of the role; nothing was sent"),
            );
        }
        if let Some(code) = &parameters.mfa_code {
            self.keep_secret(code);
        }
        let call = credentials_call(&path, kind, parameters);
        let answer = self
            .call(ns, &call, cancel)
            .await
            .map_err(|failure| explain(failure, mount, role, kind))?;
        let parsed = answer.as_ref().and_then(|answer| {
            let data = answer.data()?;
            let secret = |name: &str| {
                Some(fields::text(data, name))
                    .filter(|text| !text.is_empty())
                    .map(Secret::new)
            };
            Some(Credentials {
                access_key: Some(fields::text(data, "access_key")).filter(|key| !key.is_empty())?,
                secret_key: secret("secret_key")?,
                // OpenBao and Vault answer null; `session_token` is the newer name on some versions.
                security_token: secret("security_token").or_else(|| secret("session_token")),
                arn: Some(fields::text(data, "arn")).filter(|arn| !arn.is_empty()),
                lease: Lease::parse(answer.object()?),
                warnings: self.warnings(answer),
            })
        });
        let Some(credentials) = parsed else {
            let failure = self.failure(FailureKind::BadAnswer, &call, ns, "the answer holds no keys");
            return Err(explain(
                Failure {
                    may_have_been_done: true,
                    ..failure
                },
                mount,
                role,
                kind,
            ));
        };
        self.keep_secret(&credentials.secret_key);
        if let Some(token) = &credentials.security_token {
            self.keep_secret(token);
        }
        Ok(credentials)
    }

    /// Extends a lease by its own length.
    pub async fn renew_lease(
        &self,
        ns: Option<&str>,
        lease_id: &str,
        cancel: &CancellationToken,
    ) -> Result<Renewal, Failure> {
        let call = Call::write("sys/leases/renew", &json!({ "lease_id": lease_id })).repeatable();
        match self.call(ns, &call, cancel).await? {
            Some(answer) => match answer.object() {
                Some(object) => Ok(Renewal {
                    lease: Lease::parse(object),
                    warnings: self.warnings(&answer),
                }),
                None => Err(self.failure(FailureKind::BadAnswer, &call, ns, "the answer describes no lease")),
            },
            None => Err(self.failure(FailureKind::NotFound, &call, ns, "there is no such lease")),
        }
    }

    /// Revokes a lease and waits for it. A lease that is gone is as good.
    pub async fn revoke_lease(
        &self,
        ns: Option<&str>,
        lease_id: &str,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        let body = json!({ "lease_id": lease_id, "sync": true });
        let call = Call::write("sys/leases/revoke", &body).repeatable();
        match self.call(ns, &call, cancel).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.kind == FailureKind::NotFound => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

/// The verbs that the official provider uses, so that the same policies suffice: a read of `creds`, a write of `sts`. A
/// code of an MFA device never goes into an address, which proxies log.
fn credentials_call(path: &str, kind: CredentialKind, parameters: &CredentialParameters) -> Call {
    let CredentialParameters {
        role_arn,
        role_session_name,
        ttl,
        mfa_code,
    } = parameters;
    let plain = [
        ("role_arn", role_arn),
        ("role_session_name", role_session_name),
        ("ttl", ttl),
    ];
    let given = plain
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_ref()?)));
    if kind == CredentialKind::Creds && mfa_code.is_none() {
        return given.fold(Call::read(path).once(), |call, (name, value)| {
            call.with(name, value.as_str())
        });
    }
    let mut body: Object = given
        .map(|(name, value)| (name.to_owned(), Value::from(value.as_str())))
        .collect();
    if let Some(code) = mfa_code {
        body.insert("mfa_code".to_owned(), Value::from(code.expose()));
    }
    Call::write(path, &Value::Object(body))
}

fn explain(mut failure: Failure, mount: &str, role: &str, kind: CredentialKind) -> Failure {
    let mount = mount.trim_matches('/');
    let says_missing = |message: &String| message.to_lowercase().contains("role") && message.contains("not found");
    if failure.may_have_been_done {
        let orphans = format!(
            "\n\nif credentials were made, nobody holds them: list them with `bao list sys/leases/lookup/{mount}/{}/{role}` and revoke the newest, or wait until their lease ends",
            kind.name()
        );
        failure.next_step.push_str(&orphans);
    } else if failure.kind == FailureKind::InvalidRequest && failure.messages.iter().any(says_missing) {
        failure.kind = FailureKind::NotFound;
        "create the role first; `role_id` in place of `mount` and `role` makes this wait for a role of the same run"
            .clone_into(&mut failure.next_step);
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_names_of_their_paths() {
        for kind in [CredentialKind::Creds, CredentialKind::Sts] {
            assert_eq!(CredentialKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(CredentialKind::from_name("static-creds"), None);
    }

    #[test]
    fn the_verb_is_the_one_that_policies_grant() {
        let plain = CredentialParameters::default();
        let verb = |kind, parameters: &CredentialParameters| credentials_call("aws/x/r", kind, parameters).operation();
        assert!(verb(CredentialKind::Creds, &plain).starts_with("read "));
        assert!(verb(CredentialKind::Sts, &plain).starts_with("write "));
        let with_code = CredentialParameters {
            mfa_code: Some(Secret::new("123456")),
            ..plain
        };
        assert!(verb(CredentialKind::Creds, &with_code).starts_with("write "));
    }

    #[test]
    fn a_role_that_is_missing_is_told_from_other_refusals() {
        let failure =
            |text: &str| Failure::new(FailureKind::InvalidRequest, "read `aws/creds/r`", vec![text.to_owned()]);
        let explained = |text| explain(failure(text), "aws", "r", CredentialKind::Creds).kind;
        assert_eq!(explained("Role 'r' not found"), FailureKind::NotFound);
        assert_eq!(
            explained("role_arn not in allowed role arns for Vault role"),
            FailureKind::InvalidRequest
        );
    }

    #[test]
    fn a_lost_answer_tells_where_to_look() {
        let lost = Failure {
            may_have_been_done: true,
            ..Failure::new(FailureKind::Timeout, "read `aws/creds/r`", Vec::new())
        };
        let next_step = explain(lost, "/team/aws/", "r", CredentialKind::Creds).next_step;
        assert!(next_step.contains("sys/leases/lookup/team/aws/creds/r"), "{next_step}");
    }
}
