//! What the host says through environment variables, read once at the start.
//!
//! Only reading lives here. What a value leads to is decided by the module that it concerns.

use std::env;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// The part of the environment that belongs to the contract. An empty variable counts as absent.
#[derive(Debug)]
pub(crate) struct Environment {
    /// The value under the configured cookie key.
    pub(crate) cookie: Option<String>,
    /// Protocol versions that the host speaks, separated by commas, in any order.
    pub(crate) protocol_versions: Option<String>,
    /// The host's certificate as PEM. Absent: the host wants no TLS.
    pub(crate) client_certificate: Option<String>,
    /// Where the socket should be made.
    pub(crate) socket_directory: Option<PathBuf>,
    /// The group, by name or number, that should be able to connect.
    pub(crate) socket_group: Option<String>,
    /// Where to listen when a Unix socket cannot be had.
    pub(crate) ports: RangeInclusive<u16>,
    /// Whether the host would like to run brokered connections over one socket.
    pub(crate) multiplex: bool,
}

impl Environment {
    pub(crate) fn of_process(cookie_key: &str) -> Self {
        Self::from_lookup(cookie_key, |name| env::var(name).ok())
    }

    fn from_lookup(cookie_key: &str, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| lookup(name).filter(|value| !value.is_empty());
        // Port 0 lets the operating system choose, which is what a host without wishes gets.
        let port = |name: &str| value(name).and_then(|text| text.parse::<u16>().ok()).unwrap_or(0);
        Self {
            cookie: value(cookie_key),
            protocol_versions: value("PLUGIN_PROTOCOL_VERSIONS"),
            client_certificate: value("PLUGIN_CLIENT_CERT"),
            socket_directory: value("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            socket_group: value("PLUGIN_UNIX_SOCKET_GROUP"),
            ports: port("PLUGIN_MIN_PORT")..=port("PLUGIN_MAX_PORT"),
            multiplex: value("PLUGIN_MULTIPLEX_GRPC").is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::from_lookup("COOKIE", |wanted| {
            variables
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn reads_what_the_host_sets() {
        let environment = environment(&[
            ("COOKIE", "biscuit"),
            ("PLUGIN_PROTOCOL_VERSIONS", "5,6"),
            ("PLUGIN_MIN_PORT", "10000"),
            ("PLUGIN_MAX_PORT", "25000"),
        ]);
        assert_eq!(environment.cookie.as_deref(), Some("biscuit"));
        assert_eq!(environment.protocol_versions.as_deref(), Some("5,6"));
        assert_eq!(environment.ports, 10_000..=25_000);
        assert!(!environment.multiplex);
    }

    #[test]
    fn an_empty_variable_counts_as_absent() {
        let environment = environment(&[("COOKIE", ""), ("PLUGIN_CLIENT_CERT", "")]);
        assert_eq!(environment.cookie, None);
        assert_eq!(environment.client_certificate, None);
    }

    #[test]
    fn a_bad_port_leaves_the_choice_to_the_system() {
        let environment = environment(&[("PLUGIN_MIN_PORT", "many")]);
        assert_eq!(environment.ports, 0..=0);
    }
}
