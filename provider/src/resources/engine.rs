//! What the secrets engine under a mount is and can do. The server's own help tells it, to any token; versions do not,
//! because the engine may be a plugin with a version of its own.

use std::collections::BTreeSet;

use leastpriv_terraform::diagnostics::Diagnostic;
use leastpriv_terraform::path::AttributePath;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, Failure, FailureKind};

/// The fields that a path of the engine takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fields {
    /// These.
    Of(BTreeSet<String>),
    /// None of an AWS engine: something else is mounted there.
    NotAws,
    /// There is nothing mounted, or the server does not say.
    NotTold,
}

impl Fields {
    /// The fields, where the server names them.
    pub(crate) fn known(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::Of(fields) => Some(fields),
            Self::NotAws | Self::NotTold => None,
        }
    }
}

/// The fields of a role.
pub(crate) async fn role_fields(
    client: &Client,
    namespace: Option<&str>,
    mount: &str,
    cancel: &CancellationToken,
) -> Result<Fields, Failure> {
    // Every name has the same help, and one name for all of them is one request for all of them.
    fields(
        client,
        namespace,
        &format!("{mount}/roles/example"),
        "credential_type",
        cancel,
    )
    .await
}

/// The fields of the root configuration.
pub(crate) async fn root_fields(
    client: &Client,
    namespace: Option<&str>,
    mount: &str,
    cancel: &CancellationToken,
) -> Result<Fields, Failure> {
    fields(
        client,
        namespace,
        &format!("{mount}/config/root"),
        "iam_endpoint",
        cancel,
    )
    .await
}

/// Whether a write of `config/root` keeps the fields that are not sent. Exactly the engines that do have this field.
pub(crate) fn merges(root_fields: &BTreeSet<String>) -> bool {
    root_fields.contains("disable_automated_rotation")
}

/// The error for a field that the engine or the mounts of this server lack.
pub(crate) fn lacks(what: &str, object: &str, attribute: &str) -> Diagnostic {
    Diagnostic::error(
        format!("{object}: the {what} of this server has no field `{attribute}`"),
        "the server would drop the value without a word; remove the argument, or use a server that has the field",
    )
    .at(AttributePath::attribute(attribute))
}

async fn fields(
    client: &Client,
    namespace: Option<&str>,
    path: &str,
    mark: &str,
    cancel: &CancellationToken,
) -> Result<Fields, Failure> {
    match client.path_fields(namespace, path, cancel).await {
        Ok(Some(fields)) if fields.contains(mark) => Ok(Fields::Of(fields)),
        Ok(Some(_)) => Ok(Fields::NotAws),
        Ok(None) => Ok(Fields::NotTold),
        Err(failure) if is_absence(failure.kind) || failure.kind == FailureKind::Denied => Ok(Fields::NotTold),
        Err(failure) => Err(failure),
    }
}

/// Whether a failure says that the place itself is not there (yet).
pub(crate) fn is_absence(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::MountGone | FailureKind::NamespaceGone | FailureKind::NotFound
    )
}
