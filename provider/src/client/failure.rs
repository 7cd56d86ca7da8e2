//! What can go wrong between the provider and the server, and how it is told to the user.

use std::fmt;

use leastpriv_terraform::diagnostics::Diagnostic;

/// The class of a failure; callers decide by it, users read the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection could be made, or it broke.
    Unreachable,
    /// The TLS handshake failed, or the TLS settings are unusable.
    Tls,
    /// The server took the request and did not answer in time.
    Timeout,
    /// The server sent the client to another address, where the token must not go.
    Redirected,
    /// The server is sealed.
    Sealed,
    /// The server is a standby that knows no active node.
    Standby,
    /// The token is good and lacks the right.
    Denied,
    /// The token is expired, revoked, wrong, or of a kind that cannot be used.
    BadToken,
    /// No secrets engine is mounted where the path leads.
    MountGone,
    /// The namespace does not exist.
    NamespaceGone,
    /// A namespace is configured and the server would ignore it.
    NamespaceUnsupported,
    /// The server has a handler for the path and nothing is stored there.
    NotFound,
    /// The server refuses the content of the request.
    InvalidRequest,
    /// The server does not know this operation.
    Unsupported,
    /// A quota or rate limit of the server was hit and did not go away.
    RateLimited,
    /// The server failed inside.
    Server,
    /// What answered did not answer as Vault or OpenBao do.
    BadAnswer,
    /// Terraform asked the provider to stop.
    Cancelled,
}

impl FailureKind {
    fn headline(self) -> &'static str {
        match self {
            Self::Unreachable => "the server cannot be reached",
            Self::Tls => "no trusted TLS connection could be made",
            Self::Timeout => "the server did not answer in time",
            Self::Redirected => "the server points to another address",
            Self::Sealed => "the server is sealed",
            Self::Standby => "the server is a standby and knows no active node",
            Self::Denied => "the token lacks the right",
            Self::BadToken => "the token is not accepted",
            Self::MountGone => "no secrets engine is mounted at this path",
            Self::NamespaceGone => "the namespace does not exist",
            Self::NamespaceUnsupported => "the server would ignore the namespace",
            Self::NotFound => "nothing is stored at this path",
            Self::InvalidRequest => "the request was refused",
            Self::Unsupported => "the server does not know this operation",
            Self::RateLimited => "a limit of the server was hit",
            Self::Server => "the server failed",
            Self::BadAnswer => "the answer does not come from Vault or OpenBao, or is damaged",
            Self::Cancelled => "the operation was stopped",
        }
    }

    /// What to do when the case at hand has nothing better to say.
    pub(crate) fn next_step(self) -> &'static str {
        match self {
            Self::Unreachable => {
                "check `address` and that the server runs and can be reached from here, then run again"
            }
            Self::Tls => {
                "if a private authority signed the certificate, name it in `ca_cert_file`; if the certificate has another name, set `tls_server_name`"
            }
            Self::Timeout => "look at the load of the server, or raise `request_timeout`",
            Self::Redirected => {
                "set `address` to the active node, or to a load balancer that follows it; the token is never sent to another address than the configured one"
            }
            Self::Sealed => "unseal the server (`operator unseal`), then run again",
            Self::Standby => "wait until the cluster has an active node (`operator raft list-peers`), then run again",
            Self::Denied => "add the path to a policy of the token",
            Self::BadToken => "log in again and set `token`, or the token variable next to the address variable",
            Self::MountGone => "check the mount path, or create the mount first",
            Self::NamespaceGone => "check `namespace`: the provider's and the resource's are joined with a slash",
            Self::NamespaceUnsupported => "remove `namespace`, or use Vault Enterprise or OpenBao 2.3 and later",
            Self::NotFound => "check the path; the object may have been deleted outside Terraform",
            Self::InvalidRequest => "correct the arguments that the server names",
            Self::Unsupported => "check the version of the server and of its AWS secrets engine",
            Self::RateLimited => "lower `-parallelism`, or raise the quota on the server, then run again",
            Self::Server => "look into the server's log, then run again",
            Self::BadAnswer => "check that `address` leads to the server itself and not to a page of a proxy",
            Self::Cancelled => "run again when ready",
        }
    }
}

/// One failed request, ready to be shown. It never holds a secret: every text of others went through the masker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The class.
    pub kind: FailureKind,
    /// What was asked, for example "read `aws/roles/ci`".
    pub operation: String,
    /// Where it was asked: the address and, when there is one, the namespace.
    pub server: String,
    /// What the server, or the layer that failed, says about it.
    pub messages: Vec<String>,
    /// What the user can do.
    pub next_step: String,
    /// The request was sent and its effect is not known: a caller that can should look before it tries again.
    pub may_have_been_done: bool,
}

impl Failure {
    /// A failure with the usual advice for its kind.
    pub fn new(kind: FailureKind, operation: impl Into<String>, messages: Vec<String>) -> Self {
        Self {
            kind,
            operation: operation.into(),
            server: String::new(),
            messages,
            next_step: kind.next_step().to_owned(),
            may_have_been_done: false,
        }
    }

    /// The same failure with better advice.
    pub(crate) fn advise(mut self, next_step: impl Into<String>) -> Self {
        self.next_step = next_step.into();
        self
    }

    /// The same failure with the place where it happened.
    pub(crate) fn at(mut self, server: impl Into<String>) -> Self {
        self.server = server.into();
        self
    }

    /// The failure as Terraform shows it. `what` completes "could not …" in the user's terms, with the object's name,
    /// because Terraform merges diagnostics of one summary.
    pub fn diagnostic(&self, what: &str) -> Diagnostic {
        Diagnostic::error(format!("could not {what}"), self.detail())
    }

    /// The same text as a warning, for a failure that does not stop the operation.
    pub fn warning(&self, what: &str) -> Diagnostic {
        Diagnostic::warning(format!("could not {what}"), self.detail())
    }

    fn detail(&self) -> String {
        let mut detail = self.operation.clone();
        if !self.server.is_empty() {
            detail.push_str(" at ");
            detail.push_str(&self.server);
        }
        detail.push_str(": ");
        detail.push_str(self.kind.headline());
        for message in &self.messages {
            detail.push_str("\n  ");
            detail.push_str(message);
        }
        if self.may_have_been_done {
            detail.push_str("\n\n");
            detail.push_str("the request was sent and its result is not known: it may or may not have been done");
        }
        detail.push_str("\n\n");
        detail.push_str(&self.next_step);
        detail
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.kind.headline())?;
        for message in &self.messages {
            write!(f, "; {message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_says_what_where_why_and_what_next() {
        let failure = Failure::new(
            FailureKind::Denied,
            "write `aws/roles/ci`",
            vec!["permission denied".to_owned()],
        )
        .at("`http://127.0.0.1:8200`");
        let diagnostic = failure.diagnostic("create role `ci`");
        assert_eq!(diagnostic.summary, "could not create role `ci`");
        assert_eq!(
            diagnostic.detail,
            "write `aws/roles/ci` at `http://127.0.0.1:8200`: the token lacks the right\n  permission denied\n\nadd the path to a policy of the token"
        );
    }

    #[test]
    fn an_uncertain_failure_says_so() {
        let mut failure = Failure::new(FailureKind::Timeout, "write `aws/roles/ci`", Vec::new());
        assert!(!failure.diagnostic("x").detail.contains("may or may not"));
        failure.may_have_been_done = true;
        assert!(
            failure
                .diagnostic("x")
                .detail
                .contains("it may or may not have been done")
        );
    }
}
