//! One call as the typed methods make it: sent, sent again where that is safe, and its failure explained.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::answer::{Answer, Body, Verdict, classify};
use super::failure::{Failure, FailureKind};
use super::path::ApiPath;
use super::retry::{Attempt, Decision, Effect, Pause, Tally, decide, pause_length};
use super::token::TokenState;
use super::transport::{Trouble, WireRequest};
use super::{Client, Secret, join_namespaces};

/// What is asked of the server.
pub(super) struct Call {
    verb: &'static str,
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    /// Wiped on drop, because it may hold a secret.
    body: Option<Zeroizing<Vec<u8>>>,
    effect: Effect,
}

impl Call {
    pub(super) fn read(path: impl Into<String>) -> Self {
        Self::new("read", Method::GET, path.into(), Effect::Repeatable)
    }

    pub(super) fn write(path: impl Into<String>, body: &Value) -> Self {
        Self {
            body: Some(Zeroizing::new(body.to_string().into_bytes())),
            ..Self::new("write", Method::POST, path.into(), Effect::Once)
        }
    }

    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self::new("delete", Method::DELETE, path.into(), Effect::Once)
    }

    /// A read that is not one: it makes something each time.
    pub(super) fn once(self) -> Self {
        Self {
            effect: Effect::Once,
            ..self
        }
    }

    /// A write that may be sent twice.
    pub(super) fn repeatable(self) -> Self {
        Self {
            effect: Effect::Repeatable,
            ..self
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// The call in the user's words.
    pub(super) fn operation(&self) -> String {
        format!("{} `{}`", self.verb, self.path.trim_matches('/'))
    }

    fn new(verb: &'static str, method: Method, path: String, effect: Effect) -> Self {
        Self {
            verb,
            method,
            path,
            query: Vec::new(),
            body: None,
            effect,
        }
    }

    /// What a policy must grant for it.
    fn capabilities(&self) -> &'static str {
        match self.method {
            Method::GET => "\"read\"",
            Method::DELETE => "\"delete\"",
            _ => "\"create\", \"update\"",
        }
    }
}

impl Client {
    /// Makes a call in a namespace relative to the provider's. `None`: nothing is stored there.
    pub(super) async fn call(
        &self,
        namespace: Option<&str>,
        call: &Call,
        cancel: &CancellationToken,
    ) -> Result<Option<Answer>, Failure> {
        let namespace = self.full_namespace(namespace, cancel).await?;
        self.exchange(&namespace, call, cancel).await
    }

    /// Makes a call in a namespace that is known to be honoured.
    pub(super) async fn exchange(
        &self,
        namespace: &str,
        call: &Call,
        cancel: &CancellationToken,
    ) -> Result<Option<Answer>, Failure> {
        let place = self.place(namespace);
        let path = ApiPath::parse(&call.path).map_err(|fault| {
            Failure::new(FailureKind::InvalidRequest, call.operation(), vec![fault.to_string()])
                .at(&place)
                .advise("correct the name or the mount path; nothing was sent")
        })?;
        let started = Instant::now();
        let mut tally = Tally::default();
        loop {
            if cancel.is_cancelled() {
                return Err(stopped(call, &place, false));
            }
            let outcome = self.attempt(namespace, &path, call, cancel, &place).await?;
            let (attempt, retry_after) = match &outcome {
                Ok(answer) => (Attempt::Answered(classify(answer)), answer.retry_after),
                Err(trouble) => (trouble.attempt, None),
            };
            tally.elapsed = started.elapsed();
            match self.decide(attempt, call.effect, &tally) {
                Decision::Finish => {
                    let done = attempt == Attempt::Answered(Verdict::Done);
                    return Ok(outcome.ok().filter(|_| done));
                }
                Decision::Retry(pause) => {
                    let length = pause_length(pause, tally.count(pause), retry_after, dice());
                    log_pause(call, pause, length);
                    tokio::select! {
                        () = tokio::time::sleep(length) => {}
                        () = cancel.cancelled() => return Err(stopped(call, &place, false)),
                    }
                }
                Decision::GiveUp { uncertain } => {
                    let mut failure = match outcome {
                        Ok(answer) => self.refusal(namespace, call, &answer, cancel).await,
                        Err(trouble) => unreached(call, trouble),
                    };
                    failure.may_have_been_done = uncertain;
                    return Err(failure.at(place));
                }
            }
        }
    }

    /// The usual decision, but a server that was waited for in vain is not waited for again by every other request.
    fn decide(&self, attempt: Attempt, effect: Effect, tally: &Tally) -> Decision {
        let waiting = matches!(attempt, Attempt::Answered(Verdict::Waiting(_)));
        let mut given_up = self.inner.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting && given_up.is_some_and(|at| at.elapsed() < NO_SECOND_WAIT) {
            return Decision::GiveUp { uncertain: false };
        }
        let decision = decide(attempt, effect, tally, self.inner.limits);
        if waiting && matches!(decision, Decision::GiveUp { .. }) {
            *given_up = Some(Instant::now());
        } else if matches!(decision, Decision::Finish) {
            *given_up = None;
        }
        decision
    }

    /// One attempt. A stop ends a repeatable call at once; a call that may change something is given time to end,
    /// because a result that nobody hears of is an object that nobody knows of.
    async fn attempt(
        &self,
        namespace: &str,
        path: &ApiPath,
        call: &Call,
        cancel: &CancellationToken,
        place: &str,
    ) -> Result<Result<Answer, Trouble>, Failure> {
        let request = WireRequest {
            method: call.method.clone(),
            path,
            query: &call.query,
            body: call.body.as_ref().map(|body| body.as_slice()),
            namespace,
            index: self.inner.indexes.of(namespace),
        };
        let mut sending = std::pin::pin!(self.inner.transport.send(&request));
        let before_the_stop = tokio::select! {
            biased;
            reply = sending.as_mut() => Some(reply),
            () = cancel.cancelled() => None,
        };
        let reply = match (before_the_stop, call.effect) {
            (Some(reply), _) => reply,
            (None, Effect::Repeatable) => return Err(stopped(call, place, false)),
            (None, Effect::Once) => match tokio::time::timeout(TIME_TO_END, sending).await {
                Ok(reply) => reply,
                Err(_) => return Err(stopped(call, place, true)),
            },
        };
        Ok(reply.map(|reply| {
            if let Some(index) = reply.index {
                self.inner.indexes.learn(namespace, index);
            }
            log_answer(call, reply.answer.status);
            reply.answer
        }))
    }

    /// A refusal by the server in words that help.
    async fn refusal(&self, namespace: &str, call: &Call, answer: &Answer, cancel: &CancellationToken) -> Failure {
        let verdict = classify(answer);
        let mut kind = match verdict {
            Verdict::Refused(kind) | Verdict::Waiting(kind) => kind,
            Verdict::Busy => FailureKind::RateLimited,
            Verdict::Done | Verdict::Absent | Verdict::NotYet | Verdict::Broken => FailureKind::Server,
        };
        if kind == FailureKind::MountGone && !namespace.is_empty() && leads_elsewhere(answer, &call.path) {
            kind = FailureKind::NamespaceGone;
        }
        if kind == FailureKind::Denied {
            let state = self.token_state(namespace, answer, cancel).await;
            return self.denial(call, answer, state);
        }
        let failure = Failure::new(kind, call.operation(), self.messages(answer));
        match advice(kind, verdict, answer) {
            Some(advice) => failure.advise(advice),
            None => failure,
        }
    }

    fn denial(&self, call: &Call, answer: &Answer, state: TokenState) -> Failure {
        let mut messages = self.messages(answer);
        let path = call.path.trim_matches('/');
        let rule = format!(
            "add to a policy of the token: `path \"{path}\" {{ capabilities = [{}] }}`",
            call.capabilities()
        );
        let (kind, next_step) = match state {
            TokenState::Valid { policies } => {
                messages.push(format!(
                    "the token itself is good; its policies are: {}",
                    policies.join(", ")
                ));
                (FailureKind::Denied, rule)
            }
            TokenState::Refused => {
                messages.push("the server does not let the token look itself up either: it is expired, revoked, mistyped, or of another server or namespace".to_owned());
                (FailureKind::BadToken, FailureKind::BadToken.next_step().to_owned())
            }
            TokenState::Wrapping => {
                messages.push("the token is a wrapping token, which only unwraps an answer".to_owned());
                (
                    FailureKind::BadToken,
                    "unwrap it first (`bao unwrap` or `vault unwrap`) and use the token that comes out".to_owned(),
                )
            }
            TokenState::NotKnown => {
                messages.push("whether the token itself is good could not be found out".to_owned());
                (FailureKind::Denied, rule)
            }
        };
        Failure::new(kind, call.operation(), messages).advise(next_step)
    }

    /// What the server says, masked; where it says nothing, what can be told from the outside.
    pub(super) fn messages(&self, answer: &Answer) -> Vec<String> {
        let mut messages: Vec<String> = answer
            .errors()
            .iter()
            .map(|error| self.inner.masker.clean(error))
            .collect();
        if messages.is_empty() {
            messages.push(format!("status {}", answer.status));
        }
        if let Body::Other(text) = &answer.body {
            let line: String = self.inner.masker.clean(text).chars().take(LONGEST_QUOTE).collect();
            messages.push(format!(
                "content type {}: {line}",
                self.inner.masker.clean(&answer.content_type)
            ));
        }
        if let Some(location) = &answer.location {
            messages.push(format!("it points to `{}`", self.inner.masker.clean(location)));
        }
        messages
    }

    /// The server's warnings, masked.
    pub(super) fn warnings(&self, answer: &Answer) -> Vec<String> {
        answer
            .warnings()
            .iter()
            .map(|warning| self.inner.masker.clean(warning))
            .collect()
    }

    /// A failure that a typed method finds, for example in an answer that lacks what it should hold.
    pub(super) fn failure(
        &self,
        kind: FailureKind,
        call: &Call,
        relative: Option<&str>,
        message: impl Into<String>,
    ) -> Failure {
        let place = self.place(&join_namespaces(&self.inner.namespace, relative.unwrap_or_default()));
        Failure::new(kind, call.operation(), vec![message.into()]).at(place)
    }

    /// Server and namespace, for messages.
    pub(super) fn place(&self, namespace: &str) -> String {
        let address = self.inner.transport.address();
        if namespace.is_empty() {
            format!("`{address}`")
        } else {
            format!("`{address}`, namespace `{namespace}`")
        }
    }

    /// Makes sure that a secret is not shown when the server repeats it.
    pub(super) fn keep_secret(&self, secret: &Secret) {
        self.inner.masker.learn(secret);
    }
}

fn stopped(call: &Call, place: &str, uncertain: bool) -> Failure {
    let failure = Failure::new(
        FailureKind::Cancelled,
        call.operation(),
        vec!["Terraform asked to stop".to_owned()],
    );
    Failure {
        may_have_been_done: uncertain,
        ..failure.at(place)
    }
}

fn unreached(call: &Call, trouble: Trouble) -> Failure {
    let Trouble {
        attempt: _,
        kind,
        message,
        advice,
    } = trouble;
    let failure = Failure::new(kind, call.operation(), vec![message]);
    match advice {
        Some(advice) => failure.advise(advice),
        None => failure,
    }
}

/// A namespace that does not exist is read as the beginning of the path, and comes back in the route.
fn leads_elsewhere(answer: &Answer, path: &str) -> bool {
    let route = format!("/{}", path.trim_matches('/'));
    answer.errors().iter().any(|error| error.contains(&route))
}

/// Advice for texts that the servers are known to answer.
fn advice(kind: FailureKind, verdict: Verdict, answer: &Answer) -> Option<&'static str> {
    let text = answer.errors().join(" ").to_lowercase();
    let says = |part: &str| text.contains(part);
    match kind {
        FailureKind::InvalidRequest if says("path is already in use") => {
            Some("something is mounted there already: import it, or choose another path")
        }
        FailureKind::InvalidRequest if says("plugin not found in the catalog") => {
            Some("the server has no AWS secrets engine: OpenBao needs it as a plugin that is registered in its catalog")
        }
        FailureKind::InvalidRequest if says("unsupported path") => Some(
            "the engine knows no such path: check the name for characters it does not take, and the engine's version",
        ),
        FailureKind::InvalidRequest if says("missing client token") => Some("set `token`"),
        FailureKind::Server if verdict == Verdict::NotYet => {
            Some("the node that answers has not caught up with an earlier write: run again, or raise `max_retries_ccc`")
        }
        FailureKind::Server if says("audit") => Some(
            "the server cannot write its audit log and refuses to work without: look at the space and rights of its audit devices",
        ),
        FailureKind::Server if answer.status == 502 => {
            Some("the server, or AWS behind it, turned the request away for now: run again later")
        }
        FailureKind::RateLimited if says("lease count quota") => {
            Some("too many leases are alive: revoke some, or raise the lease count quota")
        }
        FailureKind::BadAnswer if answer.object().is_some() => Some(
            "the answer is wrapped or lacks its data: a control group or a wrapping time on this path keeps Terraform from reading it",
        ),
        FailureKind::BadAnswer if matches!(&answer.body, Body::Other(text) if text.contains("HTTP request to an HTTPS server")) => {
            Some("the server speaks TLS: `address` should begin with `https://`")
        }
        _ => None,
    }
}

fn log_answer(call: &Call, status: u16) {
    let status = status.to_string();
    let fields = [
        ("method", call.method.as_str()),
        ("path", call.path.as_str()),
        ("status", status.as_str()),
    ];
    leastpriv_plugin::log::debug("request", &fields);
}

fn log_pause(call: &Call, pause: Pause, length: Duration) {
    let (reason, length) = (format!("{pause:?}"), format!("{length:?}"));
    let fields = [
        ("path", call.path.as_str()),
        ("reason", reason.as_str()),
        ("pause", length.as_str()),
    ];
    leastpriv_plugin::log::info("the request is sent again after a pause", &fields);
}

/// Spreads retries. The quality of the dice does not matter, only that two clients rarely throw the same.
fn dice() -> u64 {
    static THROWS: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::from(since.subsec_nanos()));
    let throw = THROWS.fetch_add(1, Ordering::Relaxed);
    (nanos ^ throw.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 16
}

const LONGEST_QUOTE: usize = 80;
const NO_SECOND_WAIT: Duration = Duration::from_secs(30);
const TIME_TO_END: Duration = Duration::from_secs(8);

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            content_type: String::new(),
            retry_after: None,
            location: None,
            body: Body::parse(body.as_bytes()),
        }
    }

    #[test]
    fn calls_are_named_in_the_user_s_words() {
        assert_eq!(Call::read("/aws/roles/ci/").operation(), "read `aws/roles/ci`");
        assert_eq!(
            Call::write("aws/roles/ci", &Value::Null).operation(),
            "write `aws/roles/ci`"
        );
        assert_eq!(Call::delete("aws/roles/ci").capabilities(), "\"delete\"");
    }

    #[test]
    fn a_namespace_that_does_not_exist_is_told_from_a_mount_that_does_not() {
        let missing_namespace = answer(
            404,
            r#"{"errors":["no handler for route \"nope/aws/roles/x\". route entry not found."]}"#,
        );
        let missing_mount = answer(
            404,
            r#"{"errors":["no handler for route \"aws/roles/x\". route entry not found."]}"#,
        );
        assert!(leads_elsewhere(&missing_namespace, "aws/roles/x"));
        assert!(!leads_elsewhere(&missing_mount, "aws/roles/x"));
    }

    #[test]
    fn known_texts_have_their_own_advice() {
        let cases = [
            (400, r#"{"errors":["path is already in use at aws/"]}"#, "import it"),
            (400, r#"{"errors":["plugin not found in the catalog: aws"]}"#, "plugin"),
            (
                412,
                r#"{"errors":["required index state not present"]}"#,
                "`max_retries_ccc`",
            ),
            (500, r#"{"errors":["failed to audit response"]}"#, "audit"),
            (429, r#"{"errors":["lease count quota exceeded"]}"#, "lease count quota"),
            (400, "Client sent an HTTP request to an HTTPS server.\n", "https://"),
            (200, r#"{"wrap_info":{"token":"x"}}"#, "wrapped"),
        ];
        for (status, body, expected) in cases {
            let answer = answer(status, body);
            let verdict = classify(&answer);
            let kind = match verdict {
                Verdict::Refused(kind) => kind,
                _ => FailureKind::Server,
            };
            let advice = advice(kind, verdict, &answer).unwrap_or_default();
            assert!(advice.contains(expected), "{status} {body}: {advice}");
        }
    }

    #[test]
    fn the_dice_differ_from_throw_to_throw() {
        let throws: std::collections::BTreeSet<u64> = (0..100).map(|_| dice()).collect();
        assert!(throws.len() > 95, "{}", throws.len());
    }
}
