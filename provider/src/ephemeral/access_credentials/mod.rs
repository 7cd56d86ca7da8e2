//! `leastpriv_aws_access_credentials`: AWS keys from `creds/ROLE` or `sts/ROLE`, for the length of a run.
//!
//! The lease is extended while the run lasts and revoked when it ends, also when Terraform fails or is interrupted and
//! closes nothing. STS credentials have a lease too, but AWS knows no way to revoke them: they end by themselves.

mod lease;
mod request;
mod schema;

use std::time::SystemTime;

use async_trait::async_trait;
use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use leastpriv_terraform::ephemeral_resource::{EphemeralResource, Opened, Renewed};
use leastpriv_terraform::schema::Schema;
use leastpriv_terraform::value::Tree;
use tokio_util::sync::CancellationToken;

use super::open_leases::{Coming, OpenLease, OpenLeases};
use crate::client::{Client, Credentials, Failure, FailureKind, Lease, Meta};
use lease::{KeptLease, Life, life, next_try, rfc3339};
use request::Request;

/// The ephemeral resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct AccessCredentials;

#[async_trait]
impl EphemeralResource<Meta> for AccessCredentials {
    fn type_name(&self) -> &'static str {
        "leastpriv_aws_access_credentials"
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &Tree) -> Diagnostics {
        request::validate(config)
    }

    async fn open(&self, meta: &Meta, config: &Tree, cancel: &CancellationToken) -> Opened {
        let problems = request::validate(config);
        let request = match Request::from_tree(config) {
            Some(request) if !problems.has_errors() => request,
            _ => return problems.into(),
        };
        let client = match meta.client().await {
            Ok(client) => client,
            Err(diagnostics) => return diagnostics.into(),
        };
        let what = format!("open credentials of role `{}`", request.label());
        let started = SystemTime::now();
        let leases = meta.ephemeral_leases().clone();
        let coming = leases.announce();
        // A task of its own: when the host goes away it drops this call, and a lease that nobody recorded would live on.
        let task = tokio::spawn(obtain(client, request.clone(), leases, coming, cancel.clone()));
        match task.await {
            Ok(Ok(credentials)) => opened(config, &request, credentials, started),
            Ok(Err(failure)) => Diagnostics::from(failure.diagnostic(&what)).into(),
            Err(_) => Diagnostics::from(Diagnostic::error(
                format!("could not {what}"),
                "an internal error ended the request, please report it; look below `sys/leases/lookup` for a lease that nobody holds",
            ))
            .into(),
        }
    }

    async fn renew(&self, meta: &Meta, private: &[u8], cancel: &CancellationToken) -> Renewed {
        let Some(kept) = KeptLease::parse(private) else {
            return Renewed::default();
        };
        let client = match meta.client().await {
            Ok(client) => client,
            Err(diagnostics) => {
                return Renewed {
                    diagnostics,
                    ..Renewed::default()
                };
            }
        };
        let started = SystemTime::now();
        match client.renew_lease(kept.namespace.as_deref(), &kept.id, cancel).await {
            Ok(renewal) => renewed(&kept, &renewal.lease, &renewal.warnings, started),
            Err(failure) => not_renewed(&kept, &failure, started),
        }
    }

    async fn close(&self, meta: &Meta, private: &[u8]) -> Diagnostics {
        let Some(kept) = KeptLease::parse(private) else {
            return Diagnostics::default();
        };
        let client = match meta.client().await {
            Ok(client) => client,
            Err(diagnostics) => return diagnostics,
        };
        let lease = OpenLease {
            namespace: kept.namespace.clone(),
            id: kept.id.clone(),
        };
        match client
            .revoke_lease(kept.namespace.as_deref(), &kept.id, &CancellationToken::new())
            .await
        {
            Ok(()) => {
                meta.ephemeral_leases().remove(&lease);
                Diagnostics::default()
            }
            // The lease stays recorded: the end of the process tries once more.
            Err(failure) => not_revoked(&kept, &failure).into(),
        }
    }
}

/// Asks for credentials and records their lease before anything else can happen.
async fn obtain(
    client: Client,
    request: Request,
    leases: OpenLeases,
    coming: Coming,
    cancel: CancellationToken,
) -> Result<Credentials, Failure> {
    let namespace = request.namespace.as_deref();
    let Request {
        mount,
        role,
        kind,
        parameters,
        ..
    } = &request;
    let credentials = client
        .credentials(namespace, mount, role, *kind, parameters, &cancel)
        .await?;
    if credentials.lease.id.is_empty() {
        return Ok(credentials);
    }
    let lease = OpenLease {
        namespace: request.namespace.clone(),
        id: credentials.lease.id.clone(),
    };
    leases.add(lease.clone());
    if cancel.is_cancelled() {
        // Terraform has stopped and closes nothing any more.
        if client
            .revoke_lease(namespace, &lease.id, &CancellationToken::new())
            .await
            .is_ok()
        {
            leases.remove(&lease);
        }
        drop(coming);
        let message = "Terraform asked to stop; the credentials were given back".to_owned();
        return Err(Failure::new(
            FailureKind::Cancelled,
            format!("open `{}`", request.label()),
            vec![message],
        ));
    }
    drop(coming);
    Ok(credentials)
}

fn opened(config: &Tree, request: &Request, credentials: Credentials, started: SystemTime) -> Opened {
    let Credentials {
        access_key,
        secret_key,
        security_token,
        arn,
        lease,
        warnings,
    } = credentials;
    let mut result = config.clone();
    result.set("type", request.kind.name());
    result.set("access_key", access_key);
    result.set("secret_key", secret_key.expose());
    set_optional(
        &mut result,
        "security_token",
        security_token.as_ref().map(|token| token.expose().to_owned()),
    );
    set_optional(&mut result, "arn", arn);
    result.set("lease_id", lease.id.as_str());
    result.set("lease_duration", lease.duration);
    result.set("lease_renewable", lease.renewable);
    result.set("lease_start_time", rfc3339(started));
    let kept = KeptLease::new(request.namespace.clone(), &lease, request.label(), started);
    let renew_at = match life(&lease, started) {
        Life::RenewAt(at) => Some(at),
        Life::Fixed | Life::Ending => None,
    };
    Opened {
        result,
        private: kept.map(|kept| kept.to_bytes()).unwrap_or_default(),
        renew_at,
        diagnostics: warnings_of(&request.label(), &warnings),
    }
}

fn set_optional(result: &mut Tree, name: &str, value: Option<String>) {
    match value {
        Some(value) => result.set(name, value),
        None => result.set(name, Tree::Null),
    }
}

fn renewed(kept: &KeptLease, lease: &Lease, warnings: &[String], started: SystemTime) -> Renewed {
    let mut diagnostics = warnings_of(&kept.label, warnings);
    let kept = kept.extended(lease, started);
    let renew_at = match life(lease, started) {
        Life::RenewAt(at) => Some(at),
        Life::Fixed | Life::Ending => {
            diagnostics.warning(
                format!("credentials of role `{}` will not be extended again", kept.label),
                format!(
                    "their lease ends at {} and cannot grow further; raise the maximum lease time of the mount or role for longer runs",
                    rfc3339(kept.ends)
                ),
            );
            None
        }
    };
    Renewed {
        private: Some(kept.to_bytes()),
        renew_at,
        diagnostics,
    }
}

/// A renewal that failed is no reason to end the run: the credentials still hold for a while.
fn not_renewed(kept: &KeptLease, failure: &Failure, at: SystemTime) -> Renewed {
    let permanent = matches!(
        failure.kind,
        FailureKind::Denied
            | FailureKind::BadToken
            | FailureKind::NotFound
            | FailureKind::InvalidRequest
            | FailureKind::Cancelled
    );
    let renew_at = if permanent { None } else { next_try(at, kept.ends) };
    let diagnostic = failure.warning(&format!("extend credentials of role `{}`", kept.label));
    let detail = match renew_at {
        Some(_) => format!(
            "{}\n\nthey hold until {}; it is tried again before",
            diagnostic.detail,
            rfc3339(kept.ends)
        ),
        None => format!(
            "{}\n\nthey hold until {} and not longer",
            diagnostic.detail,
            rfc3339(kept.ends)
        ),
    };
    Renewed {
        private: None,
        renew_at,
        diagnostics: Diagnostic { detail, ..diagnostic }.into(),
    }
}

fn not_revoked(kept: &KeptLease, failure: &Failure) -> Diagnostic {
    let diagnostic = failure.warning(&format!("revoke the lease `{}`", kept.id));
    let mut detail = format!(
        "the credentials of role `{}` live until {}\n\n{}",
        kept.label,
        rfc3339(kept.ends),
        diagnostic.detail
    );
    if failure.kind == FailureKind::Denied {
        detail.push_str("\n\nthe default policy does not grant this; with `path \"sys/leases/revoke\" { capabilities = [\"update\"] }` the provider can give credentials back");
    }
    Diagnostic { detail, ..diagnostic }
}

fn warnings_of(label: &str, warnings: &[String]) -> Diagnostics {
    let warning =
        |text: &String| Diagnostic::warning(format!("role `{label}`: {text}"), "the server says so in its answer");
    warnings.iter().map(warning).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use leastpriv_terraform::value::Value;

    use super::*;
    use crate::client::Secret;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn config() -> Tree {
        let mut config = schema::schema().null_tree();
        config.set("mount", "aws");
        config.set("role", "ci");
        config
    }

    fn credentials(lease: Lease) -> Credentials {
        Credentials {
            access_key: "AKIAEXAMPLE".to_owned(),
            secret_key: Secret::new("planted-secret"),
            security_token: None,
            arn: None,
            lease,
            warnings: Vec::new(),
        }
    }

    fn lease(duration: i64, renewable: bool) -> Lease {
        Lease {
            id: "aws/creds/ci/abc".to_owned(),
            duration,
            renewable,
        }
    }

    #[test]
    fn what_is_opened_keeps_the_configuration_and_fills_in_the_rest() {
        let request = Request::from_tree(&config()).unwrap();
        let opened = opened(&config(), &request, credentials(lease(3_600, true)), at(0));
        assert!(opened.result.is_wholly_known());
        assert_eq!(opened.result.get::<String>("type").as_deref(), Some("creds"));
        assert_eq!(opened.result.get::<String>("mount").as_deref(), Some("aws"));
        assert_eq!(
            opened.result.get::<String>("secret_key").as_deref(),
            Some("planted-secret")
        );
        assert_eq!(
            opened.result.get::<String>("lease_start_time").as_deref(),
            Some("1970-01-01T00:00:00Z")
        );
        assert_eq!(opened.result.get::<String>("security_token"), Value::Null);
        assert_eq!(opened.renew_at, Some(at(2_400)));
    }

    #[test]
    fn private_data_holds_no_key() {
        let request = Request::from_tree(&config()).unwrap();
        let opened = opened(&config(), &request, credentials(lease(3_600, true)), at(0));
        let private = String::from_utf8(opened.private).unwrap();
        assert!(private.contains("aws/creds/ci/abc"));
        assert!(!private.contains("planted") && !private.contains("AKIA"), "{private}");
    }

    #[test]
    fn a_lease_that_cannot_grow_is_not_renewed_for_ever() {
        let request = Request::from_tree(&config()).unwrap();
        let kept = KeptLease::new(None, &lease(3_600, true), request.label(), at(0)).unwrap();
        let last = renewed(&kept, &lease(5, true), &[], at(3_000));
        assert_eq!(last.renew_at, None);
        assert!(!last.diagnostics.has_errors() && last.diagnostics.len() == 1);
        let next = renewed(&kept, &lease(3_600, true), &["w".to_owned()], at(3_000));
        assert_eq!(next.renew_at, Some(at(5_400)));
        assert_eq!(KeptLease::parse(&next.private.unwrap()).unwrap().ends, at(6_600));
    }

    #[test]
    fn a_failed_renewal_is_a_warning_and_tried_again_while_there_is_time() {
        let kept = KeptLease::new(None, &lease(3_600, true), "aws/ci".to_owned(), at(0)).unwrap();
        let unreachable = Failure::new(FailureKind::Unreachable, "write `sys/leases/renew`", Vec::new());
        let retried = not_renewed(&kept, &unreachable, at(2_400));
        assert_eq!(retried.renew_at, Some(at(3_000)));
        assert!(!retried.diagnostics.has_errors());
        let denied = Failure::new(FailureKind::Denied, "write `sys/leases/renew`", Vec::new());
        assert_eq!(not_renewed(&kept, &denied, at(2_400)).renew_at, None);
    }

    #[test]
    fn a_lease_that_stays_alive_is_named_with_the_policy_that_is_missing() {
        let kept = KeptLease::new(None, &lease(3_600, true), "aws/ci".to_owned(), at(0)).unwrap();
        let denied = Failure::new(FailureKind::Denied, "write `sys/leases/revoke`", Vec::new());
        let diagnostic = not_revoked(&kept, &denied);
        assert_eq!(diagnostic.summary, "could not revoke the lease `aws/creds/ci/abc`");
        assert!(
            diagnostic.detail.contains("path \"sys/leases/revoke\""),
            "{}",
            diagnostic.detail
        );
        assert!(
            diagnostic.detail.contains("1970-01-01T01:00:00Z"),
            "{}",
            diagnostic.detail
        );
    }
}
