//! The one line by which the host learns how to reach the plugin.
//!
//! Nothing else in this crate may write to standard output before it.

use std::fmt;
use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::socket::Endpoint;

/// The version of the handshake itself, as opposed to that of the protocol spoken afterwards.
const CORE_PROTOCOL: u32 = 1;

/// The content of the line.
#[derive(Debug)]
pub(crate) struct Handshake<'a> {
    /// The version of the protocol that will be spoken.
    pub(crate) protocol_version: u32,
    pub(crate) endpoint: &'a Endpoint,
    /// The server's certificate. Absent without TLS.
    pub(crate) certificate: Option<&'a [u8]>,
    /// Whether the host asked about multiplexing. A host that did not ask cannot read the answer.
    pub(crate) answer_multiplex: bool,
}

impl fmt::Display for Handshake<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endpoint { network, address } = self.endpoint;
        // The host decodes without padding and refuses it.
        let certificate = self
            .certificate
            .map(|der| STANDARD_NO_PAD.encode(der))
            .unwrap_or_default();
        let version = self.protocol_version;
        write!(f, "{CORE_PROTOCOL}|{version}|{network}|{address}|grpc|{certificate}")?;
        if self.answer_multiplex {
            f.write_str("|false")?;
        }
        Ok(())
    }
}

/// Writes one line to standard output and makes sure that it is on its way.
pub(crate) fn announce(line: &dyn fmt::Display) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// Whether the host's list of protocol versions holds the one served here. A host without a list speaks anything.
///
/// A mismatch does not stop the handshake: the host words that error better than the plugin could.
pub(crate) fn speaks(versions: Option<&str>, served: u32) -> bool {
    versions.is_none_or(|versions| {
        versions
            .split(',')
            .any(|version| version.trim().parse::<u32>() == Ok(served))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        Endpoint {
            network: "unix",
            address: "/tmp/plugin-1/s".to_owned(),
        }
    }

    #[test]
    fn the_certificate_has_no_padding() {
        let line = Handshake {
            protocol_version: 6,
            endpoint: &endpoint(),
            certificate: Some(&[0xff, 0xfe, 0xfd, 0xfc]),
            answer_multiplex: false,
        };
        assert_eq!(line.to_string(), "1|6|unix|/tmp/plugin-1/s|grpc|//79/A");
    }

    #[test]
    fn without_tls_the_last_field_is_empty() {
        let line = Handshake {
            protocol_version: 6,
            endpoint: &endpoint(),
            certificate: None,
            answer_multiplex: false,
        };
        assert_eq!(line.to_string(), "1|6|unix|/tmp/plugin-1/s|grpc|");
    }

    #[test]
    fn multiplexing_is_answered_only_when_asked() {
        let line = Handshake {
            protocol_version: 5,
            endpoint: &endpoint(),
            certificate: None,
            answer_multiplex: true,
        };
        assert_eq!(line.to_string(), "1|5|unix|/tmp/plugin-1/s|grpc||false");
    }

    #[test]
    fn versions_come_in_any_order() {
        assert!(speaks(Some("5,6"), 6));
        assert!(speaks(Some("6, 5"), 6));
        assert!(speaks(None, 6));
        assert!(!speaks(Some("4,5"), 6));
        assert!(!speaks(Some("66"), 6));
    }
}
