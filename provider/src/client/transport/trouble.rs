use std::error::Error;
use std::time::Duration;

use rustls::Error::{AlertReceived, InvalidCertificate, InvalidMessage, PeerIncompatible};
use rustls::{AlertDescription, CertificateError};

use crate::client::failure::FailureKind;
use crate::client::retry::Attempt;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) attempt: Attempt,
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
    /// Better advice than the usual for the kind.
    pub(crate) advice: Option<&'static str>,
}

impl Trouble {
    /// The request cannot be written down.
    pub(super) fn unsendable(message: String) -> Self {
        Self {
            attempt: Attempt::Unsendable,
            kind: FailureKind::InvalidRequest,
            message,
            advice: None,
        }
    }
}

/// Reads the library's error. Its own text holds the whole address with the query, so only its causes are quoted.
pub(super) fn explain(error: &reqwest::Error, connect_timeout: Duration, request_timeout: Duration) -> Trouble {
    if let Some(tls) = find::<rustls::Error>(error) {
        return Trouble {
            attempt: Attempt::Unsendable,
            kind: FailureKind::Tls,
            message: tls.to_string(),
            advice: tls_advice(tls),
        };
    }
    let (attempt, kind, message) = match (error.is_connect(), error.is_timeout()) {
        (true, true) => (
            Attempt::ConnectTimedOut,
            FailureKind::Unreachable,
            format!("no connection within {}", seconds(connect_timeout)),
        ),
        (true, false) => (Attempt::NotSent, FailureKind::Unreachable, causes(error)),
        (false, true) => (
            Attempt::TimedOut,
            FailureKind::Timeout,
            format!("no answer within {}", seconds(request_timeout)),
        ),
        (false, false) => (Attempt::Lost, FailureKind::Unreachable, causes(error)),
    };
    let advice = error
        .is_dns()
        .then_some("check the host name in `address`, and the name server of this machine");
    Trouble {
        attempt,
        kind,
        message,
        advice,
    }
}

fn tls_advice(error: &rustls::Error) -> Option<&'static str> {
    match error {
        InvalidCertificate(CertificateError::UnknownIssuer) => Some(
            "name the authority that signed the server's certificate in `ca_cert_file`; nothing is sent over a connection that is not trusted",
        ),
        InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => {
            Some("use a name of the certificate in `address`, or set `tls_server_name` to it")
        }
        InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => Some("renew the server's certificate, or set the clock of this machine"),
        InvalidMessage(_) => Some("the port does not speak TLS: perhaps `address` should begin with `http://`"),
        AlertReceived(AlertDescription::ProtocolVersion) | PeerIncompatible(_) => {
            Some("the server must speak TLS 1.2 or 1.3 with a cipher that is still safe")
        }
        AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::AccessDenied
            | AlertDescription::HandshakeFailure,
        ) => Some("the server may want a client certificate that it trusts: set `client_auth`"),
        _ => None,
    }
}

/// The first cause of this type. An I/O error hides the error that it wraps from the usual walk.
fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref::<T>() {
            return Some(found);
        }
        if let Some(wrapped) = current
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            && let Some(found) = find::<T>(wrapped)
        {
            return Some(found);
        }
        next = current.source();
    }
    None
}

/// The causes in one line, without the library's own headings.
fn causes(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        let heading = text.starts_with("client error (");
        if !heading && !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        next = cause.source();
    }
    if parts.is_empty() {
        "the connection failed".to_owned()
    } else {
        parts.join(": ")
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_tls_error_is_found_inside_an_io_error() {
        let error = io::Error::other(InvalidCertificate(CertificateError::UnknownIssuer));
        let outer = io::Error::other(error);
        assert!(find::<rustls::Error>(&outer).is_some());
        assert!(find::<rustls::Error>(&io::Error::other("plain")).is_none());
    }

    #[test]
    fn each_tls_error_gets_its_own_advice() {
        let unknown = tls_advice(&InvalidCertificate(CertificateError::UnknownIssuer));
        assert!(unknown.is_some_and(|advice| advice.contains("`ca_cert_file`")));
        let client = tls_advice(&AlertReceived(AlertDescription::CertificateRequired));
        assert!(client.is_some_and(|advice| advice.contains("`client_auth`")));
        assert_eq!(tls_advice(&rustls::Error::DecryptError), None);
    }

    #[tokio::test]
    async fn a_refused_connection_was_never_sent() {
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .build()
            .unwrap();
        let error = client
            .get(format!("http://127.0.0.1:{port}/?token=planted"))
            .send()
            .await
            .unwrap_err();
        let trouble = explain(&error, Duration::from_secs(5), Duration::from_secs(60));
        assert_eq!(trouble.attempt, Attempt::NotSent);
        assert_eq!(trouble.kind, FailureKind::Unreachable);
        assert!(
            trouble.message.contains("refused") && !trouble.message.contains("planted"),
            "{}",
            trouble.message
        );
    }
}
