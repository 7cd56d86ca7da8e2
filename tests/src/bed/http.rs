//! JSON requests to Vault and OpenBao, by which a scenario looks at what the server really holds.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;

/// One server and one token.
#[derive(Clone)]
pub struct Api {
    agent: Agent,
    address: String,
    token: String,
    namespace: Option<String>,
}

impl Api {
    /// Requests to `address` (such as `http://127.0.0.1:8200`) with a token.
    pub fn new(address: impl Into<String>, token: impl Into<String>) -> Self {
        Self {
            agent: agent(),
            address: address.into(),
            token: token.into(),
            namespace: None,
        }
    }

    /// The same server with another token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            token: token.into(),
            ..self.clone()
        }
    }

    /// The same server and token in a namespace.
    #[must_use]
    pub fn with_namespace(&self, namespace: impl Into<String>) -> Self {
        Self {
            namespace: Some(namespace.into()),
            ..self.clone()
        }
    }

    /// Where the server listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The token of the requests.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Reads a path, such as `aws/roles/reader`.
    pub fn read(&self, path: &str) -> Result<Reply> {
        self.send("GET", path, None)
    }

    /// Lists a path. The query parameter stands for the verb `LIST`, which HTTP does not have.
    pub fn list(&self, path: &str) -> Result<Reply> {
        self.send("GET", &format!("{path}?list=true"), None)
    }

    /// Writes a path.
    pub fn write(&self, path: &str, body: &Value) -> Result<Reply> {
        self.send("POST", path, Some(body))
    }

    /// Deletes a path.
    pub fn delete(&self, path: &str) -> Result<Reply> {
        self.send("DELETE", path, None)
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Reply> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/v1/{path}", self.address))
            .header("X-Vault-Token", self.token.as_str())
            .header("X-Vault-Request", "true");
        if let Some(namespace) = &self.namespace {
            request = request.header("X-Vault-Namespace", namespace.as_str());
        }
        let reply = match body {
            Some(body) => {
                let request = request
                    .header("Content-Type", "application/json")
                    .body(body.to_string());
                self.agent
                    .run(request.with_context(|| format!("`{path}` makes no request"))?)
            }
            None => self
                .agent
                .run(request.body(()).with_context(|| format!("`{path}` makes no request"))?),
        };
        let mut reply = reply.with_context(|| format!("no answer to {method} `{path}`"))?;
        let status = reply.status().as_u16();
        let text = reply
            .body_mut()
            .read_to_string()
            .with_context(|| format!("half an answer to `{path}`"))?;
        Ok(Reply::new(method, path, status, text))
    }
}

impl fmt::Debug for Api {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// What the server answered.
#[derive(Clone)]
pub struct Reply {
    request: String,
    /// The HTTP status.
    pub status: u16,
    /// The whole body: null where there was none, a string where it was not JSON.
    pub body: Value,
}

impl Reply {
    fn new(method: &str, path: &str, status: u16, text: String) -> Self {
        let body = if text.trim().is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        Self {
            request: format!("{method} {path}"),
            status,
            body,
        }
    }

    /// Whether the status says that it worked.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The reply itself when it worked, else an error that holds what the server said.
    pub fn accepted(self) -> Result<Self> {
        if self.is_success() {
            return Ok(self);
        }
        let said = match self.errors() {
            errors if errors.is_empty() => self.body.to_string(),
            errors => errors.join("; "),
        };
        bail!("`{}` was answered with {}: {said}", self.request, self.status)
    }

    /// The field `data`, or null.
    pub fn data(&self) -> &Value {
        self.body.get("data").unwrap_or(&Value::Null)
    }

    /// One field of `data`, or null.
    pub fn field(&self, name: &str) -> &Value {
        self.data().get(name).unwrap_or(&Value::Null)
    }

    /// The texts in `errors`.
    pub fn errors(&self) -> Vec<&str> {
        texts(self.body.get("errors"))
    }

    /// The texts in `warnings`.
    pub fn warnings(&self) -> Vec<&str> {
        texts(self.body.get("warnings"))
    }

    /// The names in the answer to a list; an empty list is a 404 and gives none.
    pub fn keys(&self) -> Vec<&str> {
        texts(self.data().get("keys"))
    }
}

impl fmt::Debug for Reply {
    /// Without the body: it may hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("request", &self.request)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// A plain request to a server of the bed that is not Vault; the answer is its status and text.
pub(crate) fn exchange(method: &str, url: &str, body: &str) -> Result<(u16, String)> {
    let agent = agent();
    let request = Request::builder().method(method).uri(url);
    let mut reply = if method == "GET" {
        agent.run(request.body(())?)?
    } else {
        agent.run(request.header("Content-Type", "text/plain").body(body.to_owned())?)?
    };
    let status = reply.status().as_u16();
    Ok((status, reply.body_mut().read_to_string()?))
}

/// A status is an answer and not an error, and no proxy stands between this machine and itself.
fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(LIMIT))
        .build();
    Agent::new_with_config(config)
}

/// The first mount of an engine and a rotation of the root key take longest, well below this.
const LIMIT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};

    use serde_json::json;

    use super::*;

    /// Answers one request and gives it back.
    fn answer(response: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                let count = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..count]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let complete = match text.split_once("\r\n\r\n") {
                    Some((head, body)) => !head.starts_with("POST") || body.ends_with('}'),
                    None => false,
                };
                if complete || count == 0 {
                    stream.write_all(response.as_bytes()).unwrap();
                    return text;
                }
            }
        });
        (address, served)
    }

    #[test]
    fn a_write_carries_the_token_the_namespace_and_the_body() {
        let (address, served) = answer("HTTP/1.1 204 No Content\r\n\r\n");
        let api = Api::new(address, "bed-token").with_namespace("team");
        let reply = api
            .write("aws/roles/r", &json!({"credential_type": "iam_user"}))
            .unwrap();
        assert!(reply.is_success());
        assert_eq!((reply.status, &reply.body), (204, &Value::Null));
        let request = served.join().unwrap().to_lowercase();
        assert!(request.starts_with("post /v1/aws/roles/r http/1.1\r\n"), "{request}");
        for part in [
            "x-vault-token: bed-token",
            "x-vault-namespace: team",
            r#"{"credential_type":"iam_user"}"#,
        ] {
            assert!(request.contains(part), "{part} is not in {request}");
        }
    }

    #[test]
    fn an_error_keeps_what_the_server_said() {
        let (address, served) = answer(
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 39\r\n\r\n{\"errors\":[\"Role \\\"none\\\" not found\"]}\n",
        );
        let reply = Api::new(address, "t").read("aws/creds/none").unwrap();
        assert_eq!(reply.errors(), ["Role \"none\" not found"]);
        let error = reply.accepted().unwrap_err().to_string();
        assert_eq!(
            error,
            "`GET aws/creds/none` was answered with 400: Role \"none\" not found"
        );
        served.join().unwrap();
    }

    #[test]
    fn a_list_and_a_field_are_read_from_the_data() {
        let (address, served) = answer(
            "HTTP/1.1 200 OK\r\nContent-Length: 43\r\n\r\n{\"data\":{\"keys\":[\"a\",\"b\"],\"max_retries\":7}}",
        );
        let reply = Api::new(address, "t").list("aws/roles").unwrap().accepted().unwrap();
        assert_eq!(reply.keys(), ["a", "b"]);
        assert_eq!(reply.field("max_retries"), &json!(7));
        assert_eq!(reply.field("absent"), &Value::Null);
        assert!(served.join().unwrap().starts_with("GET /v1/aws/roles?list=true "));
    }

    #[test]
    fn a_body_that_is_not_json_is_kept_as_text() {
        let reply = Reply::new("GET", "x", 502, "<html>bad gateway</html>".to_owned());
        assert!(reply.accepted().unwrap_err().to_string().contains("bad gateway"));
    }

    #[test]
    fn neither_the_token_nor_a_body_is_in_the_debug_form() {
        let api = Api::new("http://127.0.0.1:1", "bed-secret");
        let reply = Reply::new(
            "GET",
            "aws/creds/r",
            200,
            r#"{"data":{"secret_key":"bed-secret"}}"#.to_owned(),
        );
        let text = format!("{api:?} {reply:?}");
        assert!(text.contains("127.0.0.1") && !text.contains("bed-secret"), "{text}");
    }
}
