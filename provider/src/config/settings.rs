use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::value::{FromTree, Tree, Value};
use reqwest::header::HeaderName;

use super::address::{parse_address, token_fault};
use super::environment::{Surroundings, choose_family};
use super::{parse_duration, refused};
use crate::client::Secret;
use crate::judge::ceiling_problem;

/// The provider block as it was written. A part that is not known yet is `None` and named in `unknown`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) unknown: Vec<&'static str>,
    pub(crate) address: Option<String>,
    pub(crate) token: Option<Secret>,
    pub(crate) namespace: Option<String>,
    pub(crate) ca_cert_file: Option<String>,
    pub(crate) ca_cert_dir: Option<String>,
    pub(crate) skip_tls_verify: Option<bool>,
    pub(crate) tls_server_name: Option<String>,
    pub(crate) client_auth: Option<ClientAuth>,
    pub(crate) headers: Vec<Header>,
    pub(crate) max_retries: Option<i64>,
    pub(crate) max_retries_ccc: Option<i64>,
    pub(crate) connect_timeout: Option<String>,
    pub(crate) request_timeout: Option<String>,
    /// No part of the connection, so it may be unknown while that is known.
    pub(crate) policy_ceiling: Value<String>,
}

/// The files of a client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientAuth {
    pub(crate) cert_file: String,
    pub(crate) key_file: String,
}

/// A header for every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: Secret,
}

impl Settings {
    /// Reads the provider block.
    pub(crate) fn from_tree(config: &Tree) -> Self {
        let mut reader = Reader {
            config,
            unknown: Vec::new(),
        };
        let client_auth = reader.block("client_auth").first().and_then(|block| {
            Some(ClientAuth {
                cert_file: reader.part(block, "client_auth", "cert_file")?,
                key_file: reader.part(block, "client_auth", "key_file")?,
            })
        });
        let mut headers = Vec::new();
        for block in reader.block("headers") {
            let name = reader.part(block, "headers", "name");
            let value = reader.part(block, "headers", "value").map(Secret::new);
            if let (Some(name), Some(value)) = (name, value) {
                headers.push(Header { name, value });
            }
        }
        Self {
            address: reader.take("address"),
            token: reader.take::<String>("token").map(Secret::new),
            namespace: reader.take("namespace"),
            ca_cert_file: reader.take("ca_cert_file"),
            ca_cert_dir: reader.take("ca_cert_dir"),
            skip_tls_verify: reader.take("skip_tls_verify"),
            tls_server_name: reader.take("tls_server_name"),
            client_auth,
            headers,
            max_retries: reader.take("max_retries"),
            max_retries_ccc: reader.take("max_retries_ccc"),
            connect_timeout: reader.take("connect_timeout"),
            request_timeout: reader.take("request_timeout"),
            policy_ceiling: config.get("policy_ceiling"),
            unknown: reader.unknown,
        }
    }
}

struct Reader<'a> {
    config: &'a Tree,
    unknown: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    fn take<T: FromTree>(&mut self, name: &'static str) -> Option<T> {
        self.known(self.config.get(name), name)
    }

    fn part(&mut self, block: &Tree, block_name: &'static str, name: &str) -> Option<String> {
        self.known(block.get(name), block_name)
    }

    fn block(&mut self, name: &'static str) -> &'a [Tree] {
        let block = self.config.attribute(name);
        if block.is_unknown() {
            self.unknown.push(name);
        }
        block.elements()
    }

    fn known<T>(&mut self, value: Value<T>, name: &'static str) -> Option<T> {
        match value {
            Value::Known(value) => Some(value),
            Value::Null => None,
            Value::Unknown => {
                if !self.unknown.contains(&name) {
                    self.unknown.push(name);
                }
                None
            }
        }
    }
}

/// Everything that can be said about the provider block without a server.
pub(crate) fn validate(config: &Tree, around: &Surroundings) -> Diagnostics {
    let settings = Settings::from_tree(config);
    let mut diagnostics = Diagnostics::default();
    diagnostics.extend(refused::find(config));
    if let Some(address) = &settings.address
        && let Err(diagnostic) = parse_address(address, "address")
    {
        diagnostics.push(diagnostic.at(AttributePath::attribute("address")));
    }
    if let Some(fault) = settings.token.as_ref().and_then(token_fault) {
        diagnostics.push(
            Diagnostic::error(
                format!("`token` {fault}"),
                "set it to the token alone, as `bao token create` prints it",
            )
            .at(AttributePath::attribute("token")),
        );
    }
    for (name, value) in [
        ("max_retries", settings.max_retries),
        ("max_retries_ccc", settings.max_retries_ccc),
    ] {
        if value.is_some_and(|value| !(0..=MOST_RETRIES).contains(&value)) {
            diagnostics.push(
                Diagnostic::error(
                    format!("`{name}` is out of range"),
                    format!("choose 0 to {MOST_RETRIES}"),
                )
                .at(AttributePath::attribute(name)),
            );
        }
    }
    let timeouts = [
        ("connect_timeout", &settings.connect_timeout),
        ("request_timeout", &settings.request_timeout),
    ];
    for (name, value) in timeouts {
        if value
            .as_deref()
            .is_some_and(|text| parse_duration(text).is_none_or(|duration| duration.is_zero()))
        {
            diagnostics.push(
                Diagnostic::error(
                    format!("`{name}` is no duration above zero"),
                    "write seconds (`60`) or a number with a unit (`90s`, `2m`)",
                )
                .at(AttributePath::attribute(name)),
            );
        }
    }
    if let Some((what, help)) = settings.policy_ceiling.as_deref().and_then(ceiling_problem) {
        diagnostics.push(Diagnostic::error(what, help).at(AttributePath::attribute("policy_ceiling")));
    }
    validate_headers(&settings, &mut diagnostics);
    validate_server_name(&settings, &mut diagnostics);
    warn_of_skipped_verification(&settings, around, &mut diagnostics);
    diagnostics
}

fn validate_headers(settings: &Settings, diagnostics: &mut Diagnostics) {
    for Header { name, value } in &settings.headers {
        let place = AttributePath::attribute("headers");
        let known = HeaderName::from_bytes(name.as_bytes()).ok();
        let Some(known) = known else {
            diagnostics.push(
                Diagnostic::error(format!("`{name}` is no header name"), "correct the `headers` block").at(place),
            );
            continue;
        };
        if let Some((_, instead)) = OWN_HEADERS.iter().find(|(own, _)| known.as_str() == *own) {
            diagnostics
                .push(Diagnostic::error(format!("the header `{name}` belongs to the provider"), *instead).at(place));
        } else if !value
            .expose()
            .bytes()
            .all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
        {
            diagnostics.push(
                Diagnostic::error(
                    format!("the value of the header `{name}` cannot be sent"),
                    "a header value is one line of ASCII text",
                )
                .at(place),
            );
        }
    }
}

fn validate_server_name(settings: &Settings, diagnostics: &mut Diagnostics) {
    let Some(name) = settings.tls_server_name.as_deref().filter(|name| !name.is_empty()) else {
        return;
    };
    if !is_host_name(name) {
        diagnostics.push(
            Diagnostic::error(
                format!("`{name}` is no host name"),
                "`tls_server_name` is a DNS name of the server's certificate, such as `vault.example.com`",
            )
            .at(AttributePath::attribute("tls_server_name")),
        );
    }
}

/// Whether the text is a DNS name and no address, scheme or port.
pub(super) fn is_host_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    name.len() <= 253 && name.parse::<std::net::IpAddr>().is_err() && name.split('.').all(label)
}

fn warn_of_skipped_verification(settings: &Settings, around: &Surroundings, diagnostics: &mut Diagnostics) {
    let family = choose_family(settings.address.as_deref(), settings.token.is_none(), around);
    let variable = || family.and_then(|family| around.variable(family, "SKIP_VERIFY"));
    let (skipped, origin) = match settings.skip_tls_verify {
        Some(skipped) => (skipped, "`skip_tls_verify`".to_owned()),
        None => (
            variable().and_then(parse_truth).unwrap_or(false),
            family.map_or_else(String::new, |family| format!("`{}`", family.name_of("SKIP_VERIFY"))),
        ),
    };
    if skipped {
        diagnostics.push(Diagnostic::warning(
            format!("{origin} is on: the server's certificate is not checked"),
            "anybody between here and the server can read the token and the AWS keys; name the authority of the certificate in `ca_cert_file` instead",
        ));
    }
}

/// The spellings that the servers' own tools accept.
pub(super) fn parse_truth(text: &str) -> Option<bool> {
    match text.trim() {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

const MOST_RETRIES: i64 = 100;

/// Headers that the provider sets itself, or that would break the exchange, and what to use instead.
const OWN_HEADERS: [(&str, &str); 12] = [
    ("x-vault-token", "set `token`"),
    ("x-vault-namespace", "set `namespace`"),
    ("x-vault-request", "remove it; it is always sent"),
    ("x-vault-index", "remove it; the provider keeps what it has seen"),
    (
        "x-vault-inconsistent",
        "remove it; the provider sends it when it is needed",
    ),
    ("x-vault-wrap-ttl", "remove it; a wrapped answer cannot be read"),
    (
        "host",
        "set `address`, and `tls_server_name` if the certificate has another name",
    ),
    ("content-length", "remove it"),
    ("content-type", "remove it"),
    ("transfer-encoding", "remove it"),
    ("connection", "remove it"),
    ("accept-encoding", "remove it; a compressed answer is not read"),
];

#[cfg(test)]
mod tests {
    use leastpriv_terraform::diagnostics::DiagnosticSeverity;

    use super::*;

    fn config(attributes: &[(&str, Tree)]) -> Tree {
        let mut tree = Tree::object();
        for (name, value) in attributes {
            tree.set(*name, value.clone());
        }
        tree
    }

    fn text(text: &str) -> Tree {
        Tree::String(text.to_owned())
    }

    fn blocks(attributes: &[(&str, Tree)]) -> Tree {
        Tree::List(vec![config(attributes)])
    }

    fn summaries(config: &Tree, variables: &[(&str, &str)]) -> Vec<String> {
        let around = Surroundings::new(variables.iter().copied(), None);
        validate(config, &around)
            .into_iter()
            .map(|diagnostic| diagnostic.summary)
            .collect()
    }

    #[test]
    fn an_empty_block_is_fine() {
        assert!(summaries(&Tree::object(), &[]).is_empty());
    }

    #[test]
    fn a_full_block_is_fine() {
        let config = config(&[
            ("address", text("https://vault.example.com:8200/prefix")),
            ("token", text("hvs.CAESIJ")),
            ("tls_server_name", text("vault.internal")),
            ("connect_timeout", text("3")),
            ("request_timeout", text("1m30s")),
            (
                "headers",
                blocks(&[("name", text("X-Team")), ("value", text("platform"))]),
            ),
            (
                "client_auth",
                blocks(&[("cert_file", text("c.pem")), ("key_file", text("k.pem"))]),
            ),
        ]);
        assert!(summaries(&config, &[]).is_empty(), "{:?}", summaries(&config, &[]));
        let settings = Settings::from_tree(&config);
        assert_eq!(settings.headers.len(), 1);
        assert_eq!(
            settings.client_auth.map(|files| files.key_file).as_deref(),
            Some("k.pem")
        );
    }

    #[test]
    fn what_is_unknown_is_named_and_not_judged() {
        let config = config(&[
            ("address", Tree::Unknown),
            ("token", Tree::Unknown),
            ("request_timeout", Tree::Unknown),
            ("headers", blocks(&[("name", text("X-Team")), ("value", Tree::Unknown)])),
            ("client_auth", Tree::Unknown),
        ]);
        assert!(summaries(&config, &[]).is_empty());
        assert_eq!(
            Settings::from_tree(&config).unknown,
            ["client_auth", "headers", "address", "token", "request_timeout"]
        );
    }

    #[test]
    fn each_fault_is_named() {
        let cases = [
            (
                config(&[("address", text("vault.example.com:8200"))]),
                "`address` is no address of a server",
            ),
            (
                config(&[("token", text("hvs.x\n"))]),
                "`token` has a character that no token has",
            ),
            (config(&[("token", text(""))]), "`token` is empty"),
            (
                config(&[("request_timeout", text("soon"))]),
                "`request_timeout` is no duration above zero",
            ),
            (
                config(&[("connect_timeout", text("0"))]),
                "`connect_timeout` is no duration above zero",
            ),
            (
                config(&[("tls_server_name", text("10.0.0.1"))]),
                "`10.0.0.1` is no host name",
            ),
            (
                config(&[(
                    "headers",
                    blocks(&[("name", text("X-Vault-Token")), ("value", text("x"))]),
                )]),
                "the header `X-Vault-Token` belongs to the provider",
            ),
            (
                config(&[("headers", blocks(&[("name", text("a b")), ("value", text("x"))]))]),
                "`a b` is no header name",
            ),
            (
                config(&[("headers", blocks(&[("name", text("x-a")), ("value", text("x\r\ny"))]))]),
                "the value of the header `x-a` cannot be sent",
            ),
        ];
        for (config, expected) in cases {
            assert_eq!(summaries(&config, &[]), [expected]);
        }
    }

    #[test]
    fn retries_are_bounded() {
        let mut config = Tree::object();
        config.set("max_retries", -1_i64);
        config.set("max_retries_ccc", 101_i64);
        assert_eq!(
            summaries(&config, &[]),
            ["`max_retries` is out of range", "`max_retries_ccc` is out of range"]
        );
    }

    #[test]
    fn skipping_verification_is_a_warning_wherever_it_comes_from() {
        let mut config = Tree::object();
        config.set("skip_tls_verify", true);
        let around = Surroundings::new([("VAULT_ADDR", "https://h"), ("VAULT_SKIP_VERIFY", "1")], None);
        let diagnostics = validate(&config, &around);
        assert_eq!(
            diagnostics.iter().map(|one| one.severity).collect::<Vec<_>>(),
            [DiagnosticSeverity::Warning]
        );
        assert_eq!(validate(&Tree::object(), &around).len(), 1);
        config.set("skip_tls_verify", false);
        assert!(validate(&config, &around).is_empty());
    }

    #[test]
    fn host_names() {
        for name in ["vault", "vault.example.com", "a-b.c_d"] {
            assert!(is_host_name(name), "{name}");
        }
        for name in ["", "127.0.0.1", "::1", "https://h", "h:8200", "a..b", "h/"] {
            assert!(!is_host_name(name), "{name}");
        }
    }
}
