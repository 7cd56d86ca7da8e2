//! One HTTP exchange: a request goes out, an answer or the kind of its absence comes back.
//!
//! Whether to try again, and what an answer means, is for the caller. The token leaves here for one address only.

mod tls;
mod trouble;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, Url};

use super::answer::{Answer, Body, parse_retry_after};
use super::failure::FailureKind;
use super::path::ApiPath;
use super::retry::Attempt;
use super::secret::{Masker, Secret};
use crate::config::Connection;

pub(crate) use trouble::Trouble;

/// A request as it goes over the wire.
pub(crate) struct WireRequest<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a ApiPath,
    pub(crate) query: &'a [(&'static str, String)],
    pub(crate) body: Option<&'a [u8]>,
    pub(crate) namespace: &'a str,
    /// What the server must have seen before it answers.
    pub(crate) index: Option<String>,
}

/// An answer, and what the server says it has seen.
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) index: Option<String>,
}

/// Whether a server is on this machine. A proxy would get its token, and could not reach it anyway; the tools of Vault
/// and OpenBao ask none either.
fn is_loopback(address: &Url) -> bool {
    let host = address.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Connections to one server.
pub(crate) struct Transport {
    http: reqwest::Client,
    address: Url,
    /// The name that stands in for the host of the address, so that the TLS handshake asks for it.
    stand_in: Option<String>,
    headers: HeaderMap,
    masker: Masker,
    connect_timeout: Duration,
    request_timeout: Duration,
}

impl Transport {
    /// Prepares connections; none is made yet.
    pub(crate) fn new(connection: &Connection, user_agent: &str, masker: Masker) -> Result<Self, Diagnostics> {
        let stand_in = connection
            .tls_server_name
            .clone()
            .filter(|_| connection.address.scheme() == "https");
        let mut builder = tls::builder(connection)?
            .user_agent(user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(connection.connect_timeout)
            .timeout(connection.request_timeout)
            .pool_idle_timeout(IDLE_TIME);
        if is_loopback(&connection.address) {
            builder = builder.no_proxy();
        }
        if let (Some(_), Some(host)) = (&stand_in, connection.address.host_str()) {
            let host = host.trim_matches(['[', ']']).to_owned();
            builder = builder.no_proxy().dns_resolver(Arc::new(FixedHost { host }));
        }
        let http = builder.build().map_err(|error| tls::unusable(&masker, &error))?;
        Ok(Self {
            http,
            address: connection.address.clone(),
            stand_in,
            headers: headers(connection)?,
            masker,
            connect_timeout: connection.connect_timeout,
            request_timeout: connection.request_timeout,
        })
    }

    /// The address as the user wrote it.
    pub(crate) fn address(&self) -> &str {
        self.address.as_str().trim_end_matches('/')
    }

    /// Sends a request once. A redirect within the address is followed once; any other is returned as it is.
    pub(crate) async fn send(&self, request: &WireRequest<'_>) -> Result<Reply, Trouble> {
        let mut url = self.url(request)?;
        let response = self.send_to(&url, request).await?;
        let response = match self.followable(&url, &response, &request.method) {
            Some(next) => {
                url = next;
                self.send_to(&url, request).await?
            }
            None => response,
        };
        self.read(&url, response).await
    }

    fn url(&self, request: &WireRequest<'_>) -> Result<Url, Trouble> {
        let text = format!("{}/v1/{}", self.address(), request.path.encoded());
        let mut url = Url::parse(&text).map_err(|error| Trouble::unsendable(error.to_string()))?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(request.query);
        }
        Ok(url)
    }

    async fn send_to(&self, url: &Url, request: &WireRequest<'_>) -> Result<Response, Trouble> {
        let mut wire_url = url.clone();
        let mut headers = self.headers.clone();
        if let Some(name) = &self.stand_in {
            let authority = authority(url);
            wire_url
                .set_host(Some(name))
                .map_err(|error| Trouble::unsendable(error.to_string()))?;
            headers.insert(HOST, self.header(&authority)?);
        }
        if !request.namespace.is_empty() {
            headers.insert(
                HeaderName::from_static("x-vault-namespace"),
                self.header(request.namespace)?,
            );
        }
        if let Some(index) = &request.index {
            headers.insert(HeaderName::from_static("x-vault-index"), self.header(index)?);
            headers.insert(
                HeaderName::from_static("x-vault-inconsistent"),
                HeaderValue::from_static("forward-active-node"),
            );
        }
        let mut builder = self.http.request(request.method.clone(), wire_url).headers(headers);
        if let Some(body) = request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.to_vec());
        }
        builder.send().await.map_err(|error| self.trouble(&error))
    }

    fn header(&self, value: &str) -> Result<HeaderValue, Trouble> {
        HeaderValue::from_str(value)
            .map_err(|_| Trouble::unsendable(format!("`{}` cannot be sent in a header", self.masker.clean(value))))
    }

    /// Where a redirect leads, if it stays at the address: same scheme, host and port.
    fn followable(&self, from: &Url, response: &Response, method: &Method) -> Option<Url> {
        let keeps_method = matches!(response.status().as_u16(), 307 | 308);
        let may_follow = keeps_method || (matches!(response.status().as_u16(), 301 | 302) && *method == Method::GET);
        if !may_follow {
            return None;
        }
        let next = from.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()?;
        (next.origin() == self.address.origin() && next != *from).then_some(next)
    }

    async fn read(&self, from: &Url, mut response: Response) -> Result<Reply, Trouble> {
        let status = response.status().as_u16();
        let text = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
        let content_type = text(CONTENT_TYPE).unwrap_or("none").to_owned();
        let retry_after = text(RETRY_AFTER).and_then(parse_retry_after);
        let location = text(LOCATION).map(|target| shown_target(from, target));
        let index = text(HeaderName::from_static("x-vault-index")).map(ToOwned::to_owned);
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.trouble(&error))? {
            if bytes.len() + chunk.len() > LARGEST_BODY {
                return Err(Trouble {
                    attempt: Attempt::TooLarge,
                    kind: FailureKind::BadAnswer,
                    message: format!("the answer is larger than {} MiB", LARGEST_BODY / 1024 / 1024),
                    advice: None,
                });
            }
            bytes.extend_from_slice(&chunk);
        }
        let body = Body::parse(&bytes);
        Ok(Reply {
            answer: Answer {
                status,
                content_type,
                retry_after,
                location,
                body,
            },
            index,
        })
    }

    fn trouble(&self, error: &reqwest::Error) -> Trouble {
        let trouble = trouble::explain(error, self.connect_timeout, self.request_timeout);
        Trouble {
            message: self.masker.clean(&trouble.message),
            ..trouble
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}

/// The headers of every request. The library prints a header that is not marked sensitive.
fn headers(connection: &Connection) -> Result<HeaderMap, Diagnostics> {
    let mut headers = HeaderMap::new();
    for header in &connection.headers {
        let unusable = || {
            Diagnostic::error(
                format!("the header `{}` cannot be sent", header.name),
                "correct the `headers` block",
            )
        };
        let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| unusable())?;
        headers.append(name, sensitive(&header.value).ok_or_else(unusable)?);
    }
    let token = sensitive(&connection.token).ok_or_else(|| {
        Diagnostic::error(
            "the token has a character that no token has",
            "log in again, or set `token`",
        )
    })?;
    headers.insert(HeaderName::from_static("x-vault-token"), token);
    headers.insert(
        HeaderName::from_static("x-vault-request"),
        HeaderValue::from_static("true"),
    );
    Ok(headers)
}

fn sensitive(secret: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Host and port as a `Host` header has them.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The target of a redirect without anything that may be a secret: a query can hold one.
fn shown_target(from: &Url, target: &str) -> String {
    match from.join(target) {
        Ok(url) => format!("{}://{}", url.scheme(), authority(&url)),
        Err(_) => "an unreadable address".to_owned(),
    }
}

/// Resolves every name to the addresses of one host.
struct FixedHost {
    host: String,
}

impl Resolve for FixedHost {
    fn resolve(&self, _: Name) -> Resolving {
        let host = self.host.clone();
        Box::pin(async move {
            // Port 0 is replaced by the port of the address.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

const IDLE_TIME: Duration = Duration::from_secs(20);
const LARGEST_BODY: usize = 32 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_gets_what_is_for_this_machine() {
        for url in [
            "http://localhost:8200",
            "http://127.0.0.2",
            "https://[::1]:8200/v1",
            "http://LOCALHOST",
        ] {
            assert!(is_loopback(&Url::parse(url).unwrap()), "{url}");
        }
        for url in [
            "http://localhost.example.com",
            "https://10.0.0.1:8200",
            "https://[2001:db8::1]",
        ] {
            assert!(!is_loopback(&Url::parse(url).unwrap()), "{url}");
        }
    }

    #[test]
    fn the_host_header_names_the_real_host() {
        let cases = [
            ("https://vault.example.com/v1/x", "vault.example.com"),
            ("https://vault.example.com:443/", "vault.example.com"),
            ("https://10.0.0.1:8200/", "10.0.0.1:8200"),
            ("https://[::1]:8200/", "[::1]:8200"),
        ];
        for (url, expected) in cases {
            assert_eq!(authority(&Url::parse(url).unwrap()), expected);
        }
    }

    #[test]
    fn a_redirect_is_shown_without_its_path_and_query() {
        let from = Url::parse("http://127.0.0.1:8200/v1/aws/roles/x").unwrap();
        assert_eq!(
            shown_target(&from, "https://other:8200/v1/aws?token=planted"),
            "https://other:8200"
        );
        assert_eq!(shown_target(&from, "/v1/elsewhere"), "http://127.0.0.1:8200");
        assert_eq!(shown_target(&from, "http://["), "an unreadable address");
    }

    #[tokio::test]
    async fn a_name_that_stands_in_is_resolved_to_the_real_host() {
        let resolver = FixedHost {
            host: "127.0.0.1".to_owned(),
        };
        let found = resolver
            .resolve("vault.internal".parse().unwrap())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            found.map(|address| address.ip().to_string()).collect::<Vec<_>>(),
            ["127.0.0.1"]
        );
    }
}
