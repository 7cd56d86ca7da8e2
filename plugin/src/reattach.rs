//! The line that a developer gets in debug mode: an assignment for the shell in which the host is to be run.

use serde_json::{Map, Value, json};

use crate::serve::ServeConfig;
use crate::socket::Endpoint;

/// `VARIABLE='JSON'`, quoted for a POSIX shell.
pub(crate) fn assignment(config: &ServeConfig, endpoint: &Endpoint, process: u32) -> String {
    let plugin = json!({
        "Protocol": "grpc",
        "ProtocolVersion": config.protocol_version,
        "Pid": process,
        // Tells the host to leave the process alone when it is done.
        "Test": true,
        "Addr": { "Network": endpoint.network, "String": endpoint.address },
    });
    let plugins = Value::Object(Map::from_iter([(config.address.to_owned(), plugin)]));
    let variable = config.reattach_variable;
    let quoted = plugins.to_string().replace('\'', r"'\''");
    format!("{variable}='{quoted}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ServeConfig {
        ServeConfig {
            cookie_key: "COOKIE",
            cookie_value: "biscuit",
            protocol_version: 6,
            hint: String::new(),
            module: "example",
            debug: true,
            reattach_variable: "REATTACH",
            address: "example.com/acme/example",
        }
    }

    #[test]
    fn names_process_and_address() {
        let endpoint = Endpoint {
            network: "unix",
            address: "/tmp/plugin-1/s".to_owned(),
        };
        let line = assignment(&config(), &endpoint, 42);
        let json = line
            .strip_prefix("REATTACH='")
            .and_then(|rest| rest.strip_suffix('\''))
            .unwrap();
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(
            value,
            json!({
                "example.com/acme/example": {
                    "Protocol": "grpc",
                    "ProtocolVersion": 6,
                    "Pid": 42,
                    "Test": true,
                    "Addr": { "Network": "unix", "String": "/tmp/plugin-1/s" },
                }
            })
        );
    }

    #[test]
    fn a_quote_in_the_path_stays_inside_the_word() {
        let endpoint = Endpoint {
            network: "unix",
            address: "/tmp/it's/s".to_owned(),
        };
        let line = assignment(&config(), &endpoint, 42);
        assert!(line.contains(r"/tmp/it'\''s/s"), "{line}");
    }
}
