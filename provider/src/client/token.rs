//! What is wrong with a token that was denied: servers answer "permission denied" to an expired token, to a wrapping
//! token and to one that lacks the right, all alike.

use std::sync::PoisonError;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::answer::{Answer, Verdict, classify};
use super::path::ApiPath;
use super::transport::WireRequest;
use super::{Client, fields};

/// What a look-up of the token itself tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenState {
    /// Good; these are its policies.
    Valid { policies: Vec<String> },
    /// Not good for anything.
    Refused,
    /// Good for unwrapping only.
    Wrapping,
    /// The look-up itself failed.
    NotKnown,
}

impl Client {
    /// The state of the token after a denial. It is kept for a while, so that a thousand denied requests do not make a
    /// thousand look-ups.
    pub(super) async fn token_state(&self, namespace: &str, denial: &Answer, cancel: &CancellationToken) -> TokenState {
        if denial.errors().iter().any(|error| error.contains("invalid token")) {
            return TokenState::Refused;
        }
        let known = self
            .inner
            .token_state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some((at, state)) = known
            && at.elapsed() < KEPT
        {
            return state;
        }
        let state = tokio::select! {
            state = self.look_up(namespace) => state,
            () = cancel.cancelled() => TokenState::NotKnown,
        };
        *self.inner.token_state.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), state.clone()));
        state
    }

    /// A token of the root namespace can look itself up there only, one of another namespace in that.
    async fn look_up(&self, namespace: &str) -> TokenState {
        let mut places = vec![namespace];
        if !namespace.is_empty() {
            places.push("");
        }
        let mut refused = false;
        for namespace in places {
            match self.ask(namespace, &Method::GET, "auth/token/lookup-self", None).await {
                Some(answer) if classify(&answer) == Verdict::Done => {
                    let policies = answer
                        .data()
                        .map(|data| fields::strings(data, "policies"))
                        .unwrap_or_default();
                    return TokenState::Valid { policies };
                }
                Some(answer) => refused |= answer.status == 403,
                None => {}
            }
        }
        if !refused {
            return TokenState::NotKnown;
        }
        let body = json!({ "token": self.inner.token.expose() }).to_string();
        match self
            .ask("", &Method::POST, "sys/wrapping/lookup", Some(body.as_bytes()))
            .await
        {
            Some(answer) if classify(&answer) == Verdict::Done => TokenState::Wrapping,
            _ => TokenState::Refused,
        }
    }

    async fn ask(&self, namespace: &str, method: &Method, path: &str, body: Option<&[u8]>) -> Option<Answer> {
        let path = ApiPath::parse(path).ok()?;
        let request = WireRequest {
            method: method.clone(),
            path: &path,
            query: &[],
            body,
            namespace,
            index: None,
        };
        self.inner.transport.send(&request).await.ok().map(|reply| reply.answer)
    }
}

const KEPT: Duration = Duration::from_secs(10);
