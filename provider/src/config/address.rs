//! The small texts that a connection is made of: address, token, namespace.

use leastpriv_terraform::diagnostics::Diagnostic;
use reqwest::Url;

use crate::client::Secret;

/// Reads an address: http or https, a host, perhaps a port and a prefix, and nothing that could be a secret.
pub(super) fn parse_address(text: &str, origin: &str) -> Result<Url, Diagnostic> {
    let fault = |detail: &str| Diagnostic::error(format!("`{origin}` is no address of a server"), detail);
    let url = match Url::parse(text.trim()) {
        Ok(url) => url,
        Err(error) => {
            return Err(fault(&format!(
                "{error}; write it like `https://vault.example.com:8200`"
            )));
        }
    };
    match url.scheme() {
        "http" | "https" => {}
        "unix" => {
            return Err(fault(
                "Unix sockets are not supported; write it like `http://127.0.0.1:8200`",
            ));
        }
        _ => return Err(fault("it must begin with `https://` or `http://`")),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(fault("it names no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(fault("a user name or password has no place in it; set `token`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(fault("it must not have a query (`?`) or a fragment (`#`)"));
    }
    Ok(url)
}

/// What is wrong with a token, if anything; never the token.
pub(super) fn token_fault(token: &Secret) -> Option<&'static str> {
    if token.is_empty() {
        Some("is empty")
    } else if token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        None
    } else {
        Some("has a character that no token has")
    }
}

/// A namespace without slashes around it; `root` is the spelled-out name of none.
pub(crate) fn normalise_namespace(namespace: &str) -> String {
    let namespace = namespace.trim_matches('/');
    if namespace == "root" {
        String::new()
    } else {
        namespace.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in [
            "http://127.0.0.1:8200",
            "https://[::1]:8200",
            "https://vault.example.com/prefix/",
            " https://h ",
        ] {
            assert!(parse_address(good, "address").is_ok(), "{good}");
        }
        for bad in [
            "",
            "vault.example.com",
            "vault.example.com:8200",
            "ftp://h",
            "unix:///run/vault.sock",
            "https://user:pass@h",
            "https://h/?a=b",
            "https://h/#x",
            "https://",
        ] {
            assert!(parse_address(bad, "address").is_err(), "{bad}");
        }
    }

    #[test]
    fn namespaces_are_normalised() {
        for (text, expected) in [("", ""), ("/", ""), ("root", ""), ("a/", "a"), ("/a/b/", "a/b")] {
            assert_eq!(normalise_namespace(text), expected);
        }
    }
}
