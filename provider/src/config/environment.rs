//! The two families of environment variables, and which of them belongs to the server in use.

use std::collections::BTreeMap;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;

use reqwest::Url;

use crate::client::Secret;

/// What the process finds around itself. A value, so that everything that depends on it can be tested as a function.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    variables: BTreeMap<String, Secret>,
    token_file: Option<TokenFile>,
}

/// The token that `vault login` or `bao login` left behind.
#[derive(Debug, Clone)]
pub(crate) struct TokenFile {
    /// Where it lies, for messages.
    pub(crate) path: String,
    /// What it holds, or why it cannot be read.
    pub(crate) content: Result<Secret, String>,
    /// Whether others than the owner can read it.
    pub(crate) open_to_others: bool,
}

impl Surroundings {
    /// Made from given variables; an empty one counts as absent, as it does for the servers' own tools.
    pub(crate) fn new<K: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (K, V)>,
        token_file: Option<TokenFile>,
    ) -> Self {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), Secret::new(value)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Self { variables, token_file }
    }

    /// The variables of this process that matter here, and the token file in its home.
    pub(crate) fn of_process() -> Self {
        let wanted = |name: &String| {
            name.starts_with("VAULT_") || name.starts_with("BAO_") || PROXY_VARIABLES.contains(&name.as_str())
        };
        // A variable that is no text cannot be an address or a token.
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| wanted(name));
        Self::new(
            variables,
            std::env::home_dir().and_then(|home| TokenFile::read(&home.join(".vault-token"))),
        )
    }

    /// A variable of a family.
    pub(crate) fn variable(&self, family: Family, suffix: &str) -> Option<&str> {
        self.variables.get(&family.name_of(suffix)).map(Secret::expose)
    }

    /// The token file, if there is one.
    pub(crate) fn token_file(&self) -> Option<&TokenFile> {
        self.token_file.as_ref()
    }

    /// The proxy addresses of the environment; they may hold passwords.
    pub(crate) fn proxies(&self) -> impl Iterator<Item = &str> {
        PROXY_VARIABLES
            .iter()
            .filter_map(|name| self.variables.get(*name).map(Secret::expose))
    }

    fn has_any(&self, family: Family) -> bool {
        SUFFIXES
            .iter()
            .any(|suffix| *suffix != "ADDR" && self.variable(family, suffix).is_some())
    }
}

impl TokenFile {
    fn read(path: &std::path::Path) -> Option<Self> {
        let content = match std::fs::read(path) {
            Ok(bytes) if bytes.len() > LONGEST_TOKEN_FILE => Err("it is too large for a token".to_owned()),
            Ok(bytes) => String::from_utf8(bytes)
                .map(|text| Secret::new(text.trim()))
                .map_err(|_| "it is no text".to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => Err(error.to_string()),
        };
        Some(Self {
            path: path.display().to_string(),
            content,
            open_to_others: is_open_to_others(path),
        })
    }
}

#[cfg(unix)]
fn is_open_to_others(path: &std::path::Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::path::Path) -> bool {
    false
}

/// A family of environment variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    /// `BAO_ADDR`, `BAO_TOKEN` and the like.
    Bao,
    /// `VAULT_ADDR`, `VAULT_TOKEN` and the like.
    Vault,
}

impl Family {
    /// In the order in which they are looked at.
    pub(crate) const ALL: [Self; 2] = [Self::Bao, Self::Vault];

    /// The full name of a variable.
    pub(crate) fn name_of(self, suffix: &str) -> String {
        match self {
            Self::Bao => format!("BAO_{suffix}"),
            Self::Vault => format!("VAULT_{suffix}"),
        }
    }
}

/// Which family may speak for the server in use. **All variables come from one family or none**, so that a token never
/// reaches a server that it was not meant for.
///
/// | `address` | `BAO_ADDR` | `VAULT_ADDR` | family |
/// | --- | --- | --- | --- |
/// | not set | set | any | BAO; the address is `BAO_ADDR`, and `VAULT_*` is not read |
/// | not set | not set | set | VAULT; the address is `VAULT_ADDR`, and `BAO_*` is not read |
/// | not set | not set | not set | none, and no address: an error |
/// | set | another | another | none |
/// | set | equal | another | BAO |
/// | set | another | equal | VAULT |
/// | set | equal | equal | BAO if it holds a token, else VAULT if that does, else BAO |
/// | set | equal | not set | as above: the equal one first |
/// | set | not set | equal | VAULT if it holds a token, else BAO if that does, else VAULT |
/// | set | not set | another | BAO |
/// | set | another | not set | VAULT |
/// | set | not set | not set | BAO if it holds a token, else VAULT if that does, else the first that holds anything |
///
/// When the token is configured, "holds a token" is left out and the first family that holds anything is taken.
/// "Equal" compares scheme, host, port and path, so a slash at the end or a spelled-out default port makes no difference.
pub(crate) fn choose_family(address: Option<&str>, needs_token: bool, around: &Surroundings) -> Option<Family> {
    let Some(address) = address else {
        return Family::ALL
            .into_iter()
            .find(|family| around.variable(*family, "ADDR").is_some());
    };
    let mut candidates: Vec<(bool, Family)> = Family::ALL
        .into_iter()
        .filter_map(|family| match around.variable(family, "ADDR") {
            Some(own) => same_server(own, address).then_some((false, family)),
            None => Some((true, family)),
        })
        .collect();
    candidates.sort_by_key(|(has_no_address, _)| *has_no_address);
    let find = |holds: &dyn Fn(Family) -> bool| {
        candidates
            .iter()
            .map(|(_, family)| *family)
            .find(|family| holds(*family))
    };
    let with_token = if needs_token {
        find(&|family| around.variable(family, "TOKEN").is_some())
    } else {
        None
    };
    with_token
        .or_else(|| find(&|family| around.has_any(family)))
        .or_else(|| candidates.first().map(|(_, family)| *family))
}

/// Families whose address variable names another server than the one in use, with that address as it may be shown.
pub(crate) fn strangers(address: &str, around: &Surroundings) -> Vec<(Family, String)> {
    Family::ALL
        .into_iter()
        .filter_map(|family| {
            let own = around.variable(family, "ADDR")?;
            (!same_server(own, address)).then(|| (family, without_password(own)))
        })
        .collect()
}

fn without_password(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) if url.username().is_empty() && url.password().is_none() => address.to_owned(),
        Ok(url) => format!("{}://…", url.scheme()),
        Err(_) => "not an address".to_owned(),
    }
}

/// Whether two addresses lead to one server.
pub(crate) fn same_server(one: &str, other: &str) -> bool {
    match (Url::parse(one.trim()), Url::parse(other.trim())) {
        (Ok(one), Ok(other)) => {
            one.scheme() == other.scheme()
                && one.host_str() == other.host_str()
                && one.port_or_known_default() == other.port_or_known_default()
                && one.path().trim_end_matches('/') == other.path().trim_end_matches('/')
        }
        _ => one.trim() == other.trim(),
    }
}

const SUFFIXES: [&str; 12] = [
    "ADDR",
    "TOKEN",
    "NAMESPACE",
    "CACERT",
    "CACERT_BYTES",
    "CAPATH",
    "SKIP_VERIFY",
    "TLS_SERVER_NAME",
    "CLIENT_CERT",
    "CLIENT_KEY",
    "MAX_RETRIES",
    "CLIENT_TIMEOUT",
];
const PROXY_VARIABLES: [&str; 6] = [
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "https_proxy",
    "http_proxy",
    "all_proxy",
];
const LONGEST_TOKEN_FILE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "https://a.example:8200";
    const B: &str = "https://b.example:8200";

    fn around(variables: &[(&str, &str)]) -> Surroundings {
        Surroundings::new(variables.iter().copied(), None)
    }

    /// The configured address, the environment, and whose token is used.
    type Case = (Option<&'static str>, Vec<(&'static str, &'static str)>, Option<Family>);

    #[test]
    fn the_table_holds() {
        use Family::{Bao, Vault};
        let bao_token = ("BAO_TOKEN", "b");
        let vault_token = ("VAULT_TOKEN", "v");
        let bao = |address| ("BAO_ADDR", address);
        let vault = |address| ("VAULT_ADDR", address);
        let cases: Vec<Case> = vec![
            (None, vec![bao(A), vault(B), vault_token], Some(Bao)),
            (None, vec![bao(A), vault_token], Some(Bao)),
            (None, vec![vault(A), bao_token], Some(Vault)),
            (None, vec![bao_token, vault_token], None),
            (None, vec![], None),
            (Some(A), vec![bao(B), vault(B), bao_token, vault_token], None),
            (Some(A), vec![bao(A), vault(B), vault_token], Some(Bao)),
            (Some(A), vec![bao(B), vault(A), bao_token], Some(Vault)),
            (Some(A), vec![bao(A), vault(A)], Some(Bao)),
            (Some(A), vec![bao(A), vault(A), vault_token], Some(Vault)),
            (Some(A), vec![bao(A), vault(A), bao_token, vault_token], Some(Bao)),
            (Some(A), vec![bao(A), vault_token], Some(Vault)),
            (Some(A), vec![vault(A), bao_token, vault_token], Some(Vault)),
            (Some(A), vec![vault(A), bao_token], Some(Bao)),
            (Some(A), vec![vault(A)], Some(Vault)),
            (Some(A), vec![vault(B), vault_token, bao_token], Some(Bao)),
            (Some(A), vec![bao(B), vault_token, bao_token], Some(Vault)),
            (Some(A), vec![bao_token, vault_token], Some(Bao)),
            (Some(A), vec![vault_token], Some(Vault)),
            (Some(A), vec![("VAULT_NAMESPACE", "n")], Some(Vault)),
            (Some(A), vec![], Some(Bao)),
        ];
        for (address, variables, expected) in cases {
            assert_eq!(
                choose_family(address, true, &around(&variables)),
                expected,
                "{address:?} {variables:?}"
            );
        }
    }

    #[test]
    fn a_configured_token_leaves_the_choice_to_the_other_variables() {
        let variables = [("VAULT_TOKEN", "v"), ("BAO_NAMESPACE", "n")];
        assert_eq!(choose_family(Some(A), true, &around(&variables)), Some(Family::Vault));
        assert_eq!(choose_family(Some(A), false, &around(&variables)), Some(Family::Bao));
    }

    #[test]
    fn an_empty_variable_is_absent() {
        assert_eq!(
            choose_family(None, true, &around(&[("BAO_ADDR", ""), ("VAULT_ADDR", A)])),
            Some(Family::Vault)
        );
    }

    #[test]
    fn addresses_are_compared_by_what_they_lead_to() {
        assert!(same_server("https://a.example:443/", "https://A.example"));
        assert!(same_server("http://127.0.0.1:8200/bao/", " http://127.0.0.1:8200/bao"));
        assert!(!same_server("http://127.0.0.1:8200", "https://127.0.0.1:8200"));
        assert!(!same_server("http://127.0.0.1:8200", "http://127.0.0.1:8201"));
        assert!(!same_server("http://h/a", "http://h/b"));
        assert!(same_server("nonsense", "nonsense"));
    }

    #[test]
    fn strangers_are_named() {
        let around = around(&[("BAO_ADDR", A), ("VAULT_ADDR", B)]);
        assert_eq!(strangers(A, &around), [(Family::Vault, B.to_owned())]);
        assert_eq!(strangers(B, &around), [(Family::Bao, A.to_owned())]);
    }

    #[test]
    fn the_environment_is_not_printed() {
        let text = format!("{:?}", around(&[("VAULT_TOKEN", "hvs.planted")]));
        assert!(!text.contains("planted"), "{text}");
    }
}
