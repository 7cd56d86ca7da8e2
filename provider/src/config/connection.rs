use std::path::PathBuf;
use std::time::Duration;

use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use reqwest::Url;

use super::address::{normalise_namespace, parse_address, token_fault};
use super::environment::{Family, Surroundings, choose_family, strangers};
use super::parse_duration;
use super::settings::{ClientAuth, Header, Settings, is_host_name, parse_truth};
use crate::client::{Limits, Secret};

/// Everything that is needed to talk to one server.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// Scheme, host, port and prefix; nothing else.
    pub(crate) address: Url,
    pub(crate) token: Secret,
    /// Without slashes around it; empty for the root namespace.
    pub(crate) namespace: String,
    pub(crate) authorities: Vec<Authority>,
    pub(crate) skip_tls_verify: bool,
    pub(crate) tls_server_name: Option<String>,
    pub(crate) client_auth: Option<ClientAuth>,
    pub(crate) headers: Vec<Header>,
    pub(crate) limits: Limits,
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
    /// Passwords in proxy addresses, which must not be shown either.
    pub(crate) proxy_passwords: Vec<Secret>,
}

/// Where certificates of authorities come from, and the argument or variable that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Authority {
    File { path: PathBuf, origin: String },
    Directory { path: PathBuf, origin: String },
    Text { pem: String, origin: String },
}

/// Joins the provider block with the environment. A configured argument wins over a variable, and all variables come
/// from one family; see [`choose_family`].
///
/// The token is the configured one, else that of the family, else that of the token file. The file does not say which
/// server it is for, so it is used only when no address variable names another server than the one in use.
pub(crate) fn resolve(settings: &Settings, around: &Surroundings) -> Result<Connection, Diagnostics> {
    if !settings.unknown.is_empty() {
        return Err(unknown(&settings.unknown).into());
    }
    let family = choose_family(settings.address.as_deref(), settings.token.is_none(), around);
    let lookup = Lookup { family, around };
    let (address_text, origin) = match (&settings.address, lookup.variable("ADDR")) {
        (Some(address), _) => (address.as_str(), "address".to_owned()),
        (None, Some((address, origin))) => (address, origin),
        (None, None) => return Err(no_address().into()),
    };
    let address = parse_address(address_text, &origin)?;
    let token = match &settings.token {
        Some(token) => token.clone(),
        None => lookup.token(address_text)?,
    };
    if let Some(fault) = token_fault(&token) {
        return Err(Diagnostic::error(
            format!("the token {fault}"),
            "it comes from the environment or the token file; log in again, or set `token`",
        )
        .into());
    }
    let namespace = settings
        .namespace
        .as_deref()
        .or_else(|| lookup.variable("NAMESPACE").map(|(namespace, _)| namespace))
        .map(normalise_namespace)
        .unwrap_or_default();
    Ok(Connection {
        address,
        token,
        namespace,
        authorities: lookup.authorities(settings),
        skip_tls_verify: lookup.skip_tls_verify(settings)?,
        tls_server_name: lookup.tls_server_name(settings)?,
        client_auth: lookup.client_auth(settings)?,
        headers: settings.headers.clone(),
        limits: lookup.limits(settings)?,
        connect_timeout: settings
            .connect_timeout
            .as_deref()
            .and_then(parse_duration)
            .unwrap_or(CONNECT_TIMEOUT),
        request_timeout: lookup.request_timeout(settings)?,
        proxy_passwords: around.proxies().filter_map(proxy_password).collect(),
    })
}

/// The variables of the chosen family.
struct Lookup<'a> {
    family: Option<Family>,
    around: &'a Surroundings,
}

impl<'a> Lookup<'a> {
    /// A variable and its name.
    fn variable(&self, suffix: &str) -> Option<(&'a str, String)> {
        let family = self.family?;
        Some((self.around.variable(family, suffix)?, family.name_of(suffix)))
    }

    fn token(&self, address: &str) -> Result<Secret, Diagnostic> {
        if let Some((token, _)) = self.variable("TOKEN") {
            return Ok(Secret::new(token));
        }
        let strangers = strangers(address, self.around);
        if strangers.is_empty()
            && let Some(file) = self.around.token_file()
        {
            if file.open_to_others {
                leastpriv_plugin::log::warn(
                    "the token file can be read by other users",
                    &[("path", file.path.as_str())],
                );
            }
            return file.content.clone().map_err(|why| {
                Diagnostic::error(
                    format!("the token file `{}` cannot be used", file.path),
                    format!("{why}; log in again, or set `token`"),
                )
            });
        }
        Err(no_token(address, self.family, &strangers, self.around))
    }

    fn authorities(&self, settings: &Settings) -> Vec<Authority> {
        let path = |path: &String| (!path.is_empty()).then(|| PathBuf::from(path));
        if settings.ca_cert_file.is_some() || settings.ca_cert_dir.is_some() {
            let file = settings.ca_cert_file.as_ref().and_then(path);
            let directory = settings.ca_cert_dir.as_ref().and_then(path);
            return file
                .map(|path| Authority::File {
                    path,
                    origin: "ca_cert_file".to_owned(),
                })
                .into_iter()
                .chain(directory.map(|path| Authority::Directory {
                    path,
                    origin: "ca_cert_dir".to_owned(),
                }))
                .collect();
        }
        if let Some((pem, origin)) = self.variable("CACERT_BYTES") {
            return vec![Authority::Text {
                pem: pem.to_owned(),
                origin,
            }];
        }
        if let Some((path, origin)) = self.variable("CACERT") {
            return vec![Authority::File {
                path: path.into(),
                origin,
            }];
        }
        self.variable("CAPATH")
            .map(|(path, origin)| Authority::Directory {
                path: path.into(),
                origin,
            })
            .into_iter()
            .collect()
    }

    fn skip_tls_verify(&self, settings: &Settings) -> Result<bool, Diagnostic> {
        if let Some(skip) = settings.skip_tls_verify {
            return Ok(skip);
        }
        match self.variable("SKIP_VERIFY") {
            Some((text, origin)) => parse_truth(text).ok_or_else(|| bad_variable(&origin, "write `true` or `false`")),
            None => Ok(false),
        }
    }

    fn tls_server_name(&self, settings: &Settings) -> Result<Option<String>, Diagnostic> {
        if let Some(name) = &settings.tls_server_name {
            return Ok(Some(name.clone()).filter(|name| !name.is_empty()));
        }
        match self.variable("TLS_SERVER_NAME") {
            Some((name, _)) if is_host_name(name) => Ok(Some(name.to_owned())),
            Some((_, origin)) => Err(bad_variable(&origin, "write a DNS name of the server's certificate")),
            None => Ok(None),
        }
    }

    fn client_auth(&self, settings: &Settings) -> Result<Option<ClientAuth>, Diagnostic> {
        if let Some(files) = &settings.client_auth {
            return Ok(Some(files.clone()));
        }
        match (self.variable("CLIENT_CERT"), self.variable("CLIENT_KEY")) {
            (Some((cert_file, _)), Some((key_file, _))) => Ok(Some(ClientAuth {
                cert_file: cert_file.to_owned(),
                key_file: key_file.to_owned(),
            })),
            (None, None) => Ok(None),
            (Some((_, origin)), None) | (None, Some((_, origin))) => Err(bad_variable(
                &origin,
                "a client certificate needs both files, the certificate and its key",
            )),
        }
    }

    fn limits(&self, settings: &Settings) -> Result<Limits, Diagnostic> {
        let configured = |count: Option<i64>| count.and_then(|count| u32::try_from(count).ok());
        let retries = match (configured(settings.max_retries), self.variable("MAX_RETRIES")) {
            (Some(retries), _) => retries,
            (None, Some((text, origin))) => text
                .trim()
                .parse::<u32>()
                .map_err(|_| bad_variable(&origin, "write a whole number"))?,
            (None, None) => RETRIES,
        };
        Ok(Limits {
            retries,
            consistency_retries: configured(settings.max_retries_ccc).unwrap_or(CONSISTENCY_RETRIES),
        })
    }

    fn request_timeout(&self, settings: &Settings) -> Result<Duration, Diagnostic> {
        if let Some(timeout) = settings.request_timeout.as_deref().and_then(parse_duration) {
            return Ok(timeout);
        }
        match self.variable("CLIENT_TIMEOUT") {
            Some((text, origin)) => parse_duration(text)
                .filter(|timeout| !timeout.is_zero())
                .ok_or_else(|| bad_variable(&origin, "write seconds, or a number with a unit")),
            None => Ok(REQUEST_TIMEOUT),
        }
    }
}

fn proxy_password(address: &str) -> Option<Secret> {
    Url::parse(address).ok()?.password().map(Secret::new)
}

fn unknown(names: &[&str]) -> Diagnostic {
    let list = names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    Diagnostic::error(
        format!("the provider's {list} cannot be known yet"),
        "the value comes from an object that does not exist before apply, and this step needs the server\n\nset a value that is known while planning, or create the object first with `-target`",
    )
}

fn no_address() -> Diagnostic {
    Diagnostic::error(
        "the provider has no address of a server",
        "set `address` in the provider block, or `BAO_ADDR` or `VAULT_ADDR` in the environment; there is no default, because a guess could send the token to the wrong server",
    )
}

fn no_token(
    address: &str,
    family: Option<Family>,
    strangers: &[(Family, String)],
    around: &Surroundings,
) -> Diagnostic {
    let variable = family.map(|family| format!(", or `{}` in the environment", family.name_of("TOKEN")));
    let mut paragraphs = vec![format!(
        "set `token` in the provider block{}",
        variable.unwrap_or_default()
    )];
    for other in Family::ALL {
        if Some(other) == family || around.variable(other, "TOKEN").is_none() {
            continue;
        }
        let reason = match strangers.iter().find(|(stranger, _)| *stranger == other) {
            Some((_, own)) => format!(
                "`{}` names another server (`{own}`) than `{address}`",
                other.name_of("ADDR")
            ),
            None => format!("the address `{address}` comes from the other family of variables"),
        };
        paragraphs.push(format!(
            "`{}` is set and was left aside: {reason}",
            other.name_of("TOKEN")
        ));
    }
    if !strangers.is_empty() && around.token_file().is_some() {
        paragraphs.push("the token file was left aside: nothing says which of the servers it is for".to_owned());
    }
    Diagnostic::error("the provider has no token for the server", paragraphs.join("\n\n"))
}

fn bad_variable(name: &str, help: &str) -> Diagnostic {
    Diagnostic::error(
        format!("the environment variable `{name}` has a value that cannot be used"),
        help,
    )
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
const RETRIES: u32 = 2;
const CONSISTENCY_RETRIES: u32 = 10;

#[cfg(test)]
mod tests {
    use super::super::environment::TokenFile;
    use super::*;

    const A: &str = "https://a.example:8200";
    const B: &str = "https://b.example:8200";

    fn file(token: &str) -> TokenFile {
        TokenFile {
            path: "~/.vault-token".to_owned(),
            content: Ok(Secret::new(token)),
            open_to_others: false,
        }
    }

    fn around(variables: &[(&str, &str)], token_file: Option<&str>) -> Surroundings {
        Surroundings::new(variables.iter().copied(), token_file.map(file))
    }

    fn configured(address: Option<&str>, token: Option<&str>) -> Settings {
        Settings {
            address: address.map(str::to_owned),
            token: token.map(Secret::new),
            ..Settings::default()
        }
    }

    /// The address and the token that are used, or the first summary.
    fn used(settings: &Settings, around: &Surroundings) -> Result<(String, String), String> {
        match resolve(settings, around) {
            Ok(connection) => Ok((
                connection.address.as_str().trim_end_matches('/').to_owned(),
                connection.token.expose().to_owned(),
            )),
            Err(diagnostics) => Err(diagnostics
                .into_iter()
                .map(|one| one.summary)
                .collect::<Vec<_>>()
                .join("; ")),
        }
    }

    fn server(address: &str, token: &str) -> (String, String) {
        (address.to_owned(), token.to_owned())
    }

    const NO_TOKEN: &str = "the provider has no token for the server";

    #[test]
    fn configuration_wins() {
        let around = around(&[("BAO_ADDR", B), ("BAO_TOKEN", "b"), ("VAULT_TOKEN", "v")], Some("f"));
        assert_eq!(used(&configured(Some(A), Some("c")), &around), Ok(server(A, "c")));
        assert_eq!(used(&configured(None, Some("c")), &around), Ok(server(B, "c")));
    }

    #[test]
    fn address_and_token_come_from_one_family() {
        let both = [
            ("BAO_ADDR", A),
            ("VAULT_ADDR", B),
            ("BAO_TOKEN", "b"),
            ("VAULT_TOKEN", "v"),
        ];
        let none = configured(None, None);
        assert_eq!(used(&none, &around(&both, None)), Ok(server(A, "b")));
        assert_eq!(used(&none, &around(&both[1..], None)), Ok(server(B, "v")));
        assert_eq!(
            used(&none, &around(&[both[0], both[3]], None)),
            Err(NO_TOKEN.to_owned())
        );
        assert_eq!(
            used(&none, &around(&[both[1], both[2]], None)),
            Err(NO_TOKEN.to_owned())
        );
    }

    #[test]
    fn a_token_of_the_environment_follows_a_configured_address_only_where_it_belongs() {
        let a = configured(Some(A), None);
        assert_eq!(used(&a, &around(&[("VAULT_TOKEN", "v")], None)), Ok(server(A, "v")));
        assert_eq!(
            used(
                &a,
                &around(&[("VAULT_ADDR", "https://A.example:8200/"), ("VAULT_TOKEN", "v")], None)
            ),
            Ok(server(A, "v"))
        );
        assert_eq!(
            used(&a, &around(&[("VAULT_ADDR", B), ("VAULT_TOKEN", "v")], None)),
            Err(NO_TOKEN.to_owned())
        );
    }

    #[test]
    fn the_token_file_is_used_when_no_variable_names_another_server() {
        let a = configured(Some(A), None);
        assert_eq!(used(&a, &around(&[], Some("f"))), Ok(server(A, "f")));
        assert_eq!(used(&a, &around(&[("BAO_ADDR", A)], Some("f"))), Ok(server(A, "f")));
        assert_eq!(
            used(&a, &around(&[("BAO_ADDR", B)], Some("f"))),
            Err(NO_TOKEN.to_owned())
        );
        assert_eq!(
            used(
                &configured(None, None),
                &around(&[("BAO_ADDR", A), ("VAULT_ADDR", B)], Some("f"))
            ),
            Err(NO_TOKEN.to_owned())
        );
        assert_eq!(
            used(&configured(None, None), &around(&[("VAULT_ADDR", A)], Some("f"))),
            Ok(server(A, "f"))
        );
        assert_eq!(used(&a, &around(&[("BAO_TOKEN", "b")], Some("f"))), Ok(server(A, "b")));
    }

    #[test]
    fn a_token_that_was_left_aside_is_explained_and_not_shown() {
        let around = around(&[("BAO_ADDR", A), ("VAULT_TOKEN", "hvs.planted")], None);
        let diagnostics = resolve(&configured(None, None), &around).unwrap_err();
        let detail = diagnostics.into_iter().map(|one| one.detail).collect::<String>();
        assert!(
            detail.contains("`BAO_TOKEN`") && detail.contains("`VAULT_TOKEN` is set and was left aside"),
            "{detail}"
        );
        assert!(!detail.contains("planted"), "{detail}");
    }

    #[test]
    fn there_is_no_default_address() {
        let summary = "the provider has no address of a server";
        assert_eq!(
            used(&configured(None, Some("c")), &around(&[], None)),
            Err(summary.to_owned())
        );
    }

    #[test]
    fn what_is_unknown_is_named() {
        let settings = Settings {
            unknown: vec!["address", "token"],
            ..Settings::default()
        };
        let summary = "the provider's `address`, `token` cannot be known yet";
        assert_eq!(
            used(&settings, &around(&[("BAO_ADDR", A), ("BAO_TOKEN", "b")], None)),
            Err(summary.to_owned())
        );
    }

    #[test]
    fn a_token_that_cannot_be_sent_is_refused() {
        for token in ["a b", "a\nb", "caf\u{e9}"] {
            let around = around(&[("BAO_ADDR", A), ("BAO_TOKEN", token)], None);
            let summary = "the token has a character that no token has";
            assert_eq!(
                used(&configured(None, None), &around),
                Err(summary.to_owned()),
                "{token}"
            );
        }
    }

    #[test]
    fn everything_else_follows_the_family() {
        let variables = [
            ("VAULT_ADDR", A),
            ("VAULT_TOKEN", "v"),
            ("VAULT_NAMESPACE", "/team/a/"),
            ("VAULT_CACERT", "/etc/ca.pem"),
            ("VAULT_SKIP_VERIFY", "false"),
            ("VAULT_TLS_SERVER_NAME", "vault.internal"),
            ("VAULT_CLIENT_CERT", "c.pem"),
            ("VAULT_CLIENT_KEY", "k.pem"),
            ("VAULT_MAX_RETRIES", "5"),
            ("VAULT_CLIENT_TIMEOUT", "90"),
            ("BAO_NAMESPACE", "other"),
            ("https_proxy", "http://user:planted-password@proxy:3128"),
        ];
        let connection = resolve(&configured(None, None), &around(&variables, None)).unwrap();
        assert_eq!(connection.namespace, "team/a");
        assert_eq!(
            connection.authorities,
            [Authority::File {
                path: "/etc/ca.pem".into(),
                origin: "VAULT_CACERT".to_owned()
            }]
        );
        assert_eq!(connection.tls_server_name.as_deref(), Some("vault.internal"));
        assert_eq!(
            connection.client_auth.map(|files| files.cert_file).as_deref(),
            Some("c.pem")
        );
        assert_eq!(connection.limits.retries, 5);
        assert_eq!(connection.request_timeout, Duration::from_secs(90));
        assert_eq!(connection.connect_timeout, Duration::from_secs(5));
        assert_eq!(connection.proxy_passwords, [Secret::new("planted-password")]);
    }

    #[test]
    fn an_empty_argument_switches_a_variable_off() {
        let variables = [
            ("BAO_ADDR", A),
            ("BAO_TOKEN", "b"),
            ("BAO_NAMESPACE", "n"),
            ("BAO_CACERT", "ca.pem"),
        ];
        let settings = Settings {
            namespace: Some(String::new()),
            ca_cert_file: Some(String::new()),
            ..Settings::default()
        };
        let connection = resolve(&settings, &around(&variables, None)).unwrap();
        assert_eq!(connection.namespace, "");
        assert!(connection.authorities.is_empty());
    }

    #[test]
    fn a_variable_that_cannot_be_used_is_named() {
        for (name, value) in [
            ("BAO_SKIP_VERIFY", "maybe"),
            ("BAO_MAX_RETRIES", "many"),
            ("BAO_CLIENT_TIMEOUT", "0"),
            ("BAO_CLIENT_KEY", "k.pem"),
            ("BAO_TLS_SERVER_NAME", "https://h"),
        ] {
            let around = around(&[("BAO_ADDR", A), ("BAO_TOKEN", "b"), (name, value)], None);
            let summary = format!("the environment variable `{name}` has a value that cannot be used");
            assert_eq!(used(&configured(None, None), &around), Err(summary));
        }
    }
}
