//! Which server answers, and whether it honours namespaces.

use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::call::Call;
use super::failure::{Failure, FailureKind};
use super::{Client, Object, fields, join_namespaces};

/// The product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// HashiCorp Vault.
    Vault,
    /// OpenBao.
    OpenBao,
}

impl Flavour {
    /// The name of the product.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vault => "Vault",
            Self::OpenBao => "OpenBao",
        }
    }
}

/// What the server says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The product.
    pub flavour: Flavour,
    /// The version as it is told; empty when the server hides it.
    pub version: String,
}

impl Server {
    /// Reads the seal status, which both products answer to everybody.
    fn parse(status: &Object) -> Self {
        let openbao = status.contains_key("commit_date") && !status.contains_key("build_date");
        Self {
            flavour: if openbao { Flavour::OpenBao } else { Flavour::Vault },
            version: fields::text(status, "version"),
        }
    }

    /// Whether this is an Enterprise edition.
    pub fn is_enterprise(&self) -> bool {
        self.flavour == Flavour::Vault && self.version.contains("+ent")
    }

    /// Whether the server acts in the namespace that a request names. Where it does not, it acts on the root namespace
    /// without a word, so a version that cannot be read counts as "no".
    pub fn honours_namespaces(&self) -> bool {
        match self.flavour {
            Flavour::Vault => self.is_enterprise(),
            Flavour::OpenBao => {
                let mut numbers = self.version.trim_start_matches('v').split(['.', '-', '+']);
                let mut next = || numbers.next().and_then(|number| number.parse::<u32>().ok());
                match (next(), next()) {
                    (Some(major), Some(minor)) => (major, minor) >= (2, 3),
                    _ => false,
                }
            }
        }
    }
}

impl Client {
    /// Product and version, asked once.
    pub async fn server(&self, cancel: &CancellationToken) -> Result<Server, Failure> {
        let server = self
            .inner
            .server
            .get_or_try_init(|| async {
                let call = Call::read("sys/seal-status");
                let answer = self.exchange("", &call, cancel).await?;
                match answer.as_ref().and_then(Answer::object) {
                    Some(status) if status.contains_key("sealed") => Ok(Server::parse(status)),
                    _ => Err(self.failure(FailureKind::BadAnswer, &call, None, "the answer is no seal status")),
                }
            })
            .await?;
        Ok(server.clone())
    }

    /// The provider's namespace and the relative one together, if the server honours it.
    pub(super) async fn full_namespace(
        &self,
        relative: Option<&str>,
        cancel: &CancellationToken,
    ) -> Result<String, Failure> {
        let namespace = join_namespaces(&self.inner.namespace, relative.unwrap_or_default());
        if namespace.is_empty() {
            return Ok(namespace);
        }
        let server = self.server(cancel).await?;
        if server.honours_namespaces() {
            return Ok(namespace);
        }
        let version = if server.version.is_empty() {
            "of a hidden version"
        } else {
            server.version.as_str()
        };
        let message = format!(
            "{} {version} would act on the root namespace instead of `{namespace}`, so nothing was sent",
            server.flavour.name()
        );
        let operation = format!("use the namespace `{namespace}`");
        Err(Failure::new(FailureKind::NamespaceUnsupported, operation, vec![message]).at(self.place("")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn server(status: Value) -> Server {
        match status {
            Value::Object(status) => Server::parse(&status),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn products_are_told_apart() {
        let openbao = server(json!({"sealed": false, "version": "2.7.2", "commit_date": "2026-09-01T00:00:00Z"}));
        assert_eq!(
            openbao,
            Server {
                flavour: Flavour::OpenBao,
                version: "2.7.2".to_owned()
            }
        );
        let vault = server(json!({"sealed": false, "version": "1.21.0", "build_date": "2026-01-01T00:00:00Z"}));
        assert_eq!(vault.flavour, Flavour::Vault);
        assert!(!vault.is_enterprise());
        let enterprise = server(json!({"sealed": false, "version": "1.21.0+ent.hsm", "build_date": "x"}));
        assert!(enterprise.is_enterprise());
    }

    #[test]
    fn namespaces_are_used_only_where_they_are_honoured() {
        let cases = [
            (Flavour::Vault, "1.21.0", false),
            (Flavour::Vault, "1.21.0+ent", true),
            (Flavour::Vault, "2.0.1+ent.hsm.fips1403", true),
            (Flavour::Vault, "", false),
            (Flavour::OpenBao, "2.7.2", true),
            (Flavour::OpenBao, "2.3.0-beta1", true),
            (Flavour::OpenBao, "v3.0.0", true),
            (Flavour::OpenBao, "2.2.9", false),
            (Flavour::OpenBao, "", false),
        ];
        for (flavour, version, expected) in cases {
            let server = Server {
                flavour,
                version: version.to_owned(),
            };
            assert_eq!(server.honours_namespaces(), expected, "{flavour:?} {version}");
        }
    }
}
