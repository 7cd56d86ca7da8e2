//! Paths of the AWS engine: configuration, roles, and reading any of them.

use std::fmt;

use leastpriv_checks::vet::Vetted;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::call::Call;
use super::failure::{Failure, FailureKind};
use super::path::is_role_name;
use super::{Client, Object, Secret, below};

/// What is written to `config/root`.
///
/// Some servers rebuild the whole record from it and others merge, and an empty secret key erases the stored one, so
/// the secret is either there or not sent at all.
#[derive(Clone, Default)]
pub struct RootConfig {
    /// Every field but the secret key.
    pub fields: Object,
    /// The secret key, where it is to be written.
    pub secret_key: Option<Secret>,
}

impl fmt::Debug for RootConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootConfig")
            .field("fields", &self.fields)
            .field("secret_key", &self.secret_key)
            .finish()
    }
}

/// What is written to a role. The policies come from what was judged, and from nowhere else.
#[derive(Debug)]
pub struct RoleSpec {
    /// The judged policies.
    pub vetted: Vetted,
    /// Every other field.
    pub fields: Object,
}

impl RoleSpec {
    /// The whole record. Fields through which a policy could pass unjudged are refused.
    fn body(&self) -> Result<Value, &'static str> {
        if let Some(field) = POLICY_FIELDS.iter().find(|field| self.fields.contains_key(**field)) {
            return Err(*field);
        }
        let mut body = self.fields.clone();
        body.insert(
            "policy_document".to_owned(),
            Value::from(self.vetted.document().unwrap_or_default()),
        );
        body.insert("policy_arns".to_owned(), json!(self.vetted.managed_policies()));
        Ok(Value::Object(body))
    }
}

impl Client {
    /// Reads a path; `None` when nothing is stored there.
    pub async fn read(
        &self,
        ns: Option<&str>,
        path: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<Object>, Failure> {
        let call = Call::read(path);
        let Some(answer) = self.call(ns, &call, cancel).await? else {
            return Ok(None);
        };
        match answer.data() {
            Some(data) => Ok(Some(data.clone())),
            None => Err(self.failure(FailureKind::BadAnswer, &call, ns, "the answer holds no data")),
        }
    }

    /// Deletes what is stored at a path. Nothing stored there is as good.
    pub async fn delete(&self, ns: Option<&str>, path: &str, cancel: &CancellationToken) -> Result<(), Failure> {
        self.call(ns, &Call::delete(path), cancel).await.map(drop)
    }

    /// Writes the mount's own AWS credentials and endpoints; returns the server's warnings.
    pub async fn write_root_config(
        &self,
        ns: Option<&str>,
        mount: &str,
        body: RootConfig,
        cancel: &CancellationToken,
    ) -> Result<Vec<String>, Failure> {
        let RootConfig { mut fields, secret_key } = body;
        if let Some(secret) = &secret_key {
            self.keep_secret(secret);
            fields.insert("secret_key".to_owned(), Value::from(secret.expose()));
        }
        let call = Call::write(below(mount, "config/root"), &Value::Object(fields));
        self.write(ns, call, cancel).await
    }

    /// Writes the lease times of IAM users; returns the server's warnings.
    pub async fn write_lease_config(
        &self,
        ns: Option<&str>,
        mount: &str,
        lease: &str,
        lease_max: &str,
        cancel: &CancellationToken,
    ) -> Result<Vec<String>, Failure> {
        let body = json!({ "lease": lease, "lease_max": lease_max });
        self.write(ns, Call::write(below(mount, "config/lease"), &body), cancel)
            .await
    }

    /// Writes a role; returns the server's warnings.
    pub async fn write_role(
        &self,
        ns: Option<&str>,
        mount: &str,
        name: &str,
        spec: RoleSpec,
        cancel: &CancellationToken,
    ) -> Result<Vec<String>, Failure> {
        let path = below(mount, &format!("roles/{name}"));
        let refuse =
            |message: String| Failure::new(FailureKind::InvalidRequest, format!("write `{path}`"), vec![message]);
        if !is_role_name(name) {
            return Err(refuse(format!("`{name}` is no role name")).advise(
                "start and end it with a letter, a digit or `_`, with `-`, `.` and `@` only in between; nothing was sent",
            ));
        }
        let body = spec.body().map_err(|field| {
            refuse(format!("`{field}` would carry a policy that was not judged"))
                .advise("nothing was sent; this is a fault in the provider, please report it")
        })?;
        self.write(ns, Call::write(path.as_str(), &body), cancel).await
    }
}

const POLICY_FIELDS: [&str; 4] = ["policy", "arn", "policy_document", "policy_arns"];

#[cfg(test)]
mod tests {
    use leastpriv_checks::vet::{Base, Date, Mode, Subject, vet};
    use leastpriv_policy::kind::PolicyKind;

    use super::*;

    fn spec(fields: &Value) -> RoleSpec {
        let subject = Subject {
            document: Some(r#"{"Version":"2012-10-17","Statement":[]}"#),
            kind: PolicyKind::UserInline,
            managed_policies: &["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()],
            ceilings: &[],
            unseen: 0,
            base: Base::Nothing,
        };
        let verdict = vet(&subject, Mode::Off, &[], Date::from_unix_seconds(0));
        let fields = fields.as_object().cloned().unwrap_or_default();
        RoleSpec {
            vetted: verdict.into_vetted().unwrap(),
            fields,
        }
    }

    #[test]
    fn policies_come_from_what_was_judged() {
        let body = spec(&json!({ "credential_type": "iam_user" })).body().unwrap();
        assert_eq!(
            body,
            json!({
                "credential_type": "iam_user",
                "policy_document": r#"{"Version":"2012-10-17","Statement":[]}"#,
                "policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            })
        );
    }

    #[test]
    fn no_other_field_carries_a_policy() {
        for field in POLICY_FIELDS {
            assert_eq!(spec(&json!({ field: "{}" })).body(), Err(field));
        }
    }

    #[test]
    fn the_secret_of_a_root_config_is_not_printed() {
        let config = RootConfig {
            fields: Object::new(),
            secret_key: Some(Secret::new("planted-secret")),
        };
        assert!(!format!("{config:?}").contains("planted"));
    }
}
