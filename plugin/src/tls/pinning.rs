//! A verifier that knows exactly one client.
//!
//! A general verifier would be both too lax and too strict here: it would let in whoever has a certificate of the same
//! authority, and it refuses the certificates that hosts really use, because they call themselves authorities.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};

use super::p521;

/// Lets in the holder of one certificate.
///
/// The certificate has to be the same byte for byte, and the handshake has to be signed with its key. Names, dates and
/// usages are not looked at: the host said that this certificate is its own.
#[derive(Debug)]
pub(super) struct PinnedClient {
    certificate: CertificateDer<'static>,
    /// Only what the key of the certificate can sign with. A client picks among the schemes it is offered, and under
    /// TLS 1.2 it might pick one that fits the kind of key but not the curve.
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinnedClient {
    pub(super) fn new(certificate: CertificateDer<'static>, provider: &CryptoProvider) -> Result<Self, Error> {
        let key = ParsedCertificate::try_from(&certificate)?.subject_public_key_info();
        let algorithms = if p521::is_key(key.as_ref()) {
            p521::ALGORITHMS
        } else {
            provider.signature_verification_algorithms
        };
        Ok(Self {
            certificate,
            algorithms,
        })
    }
}

impl ClientCertVerifier for PinnedClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // Without hints a client presents whatever it has.
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if same(end_entity, &self.certificate) {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Compares in a time that depends on nothing but the length.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .fold(0, |found, (left, right)| found | (left ^ right))
            == 0
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn one_bit_makes_a_difference() {
        assert!(same(b"certificate", b"certificate"));
        assert!(!same(b"certificate", b"certificatE"));
        assert!(!same(b"Certificate", b"certificate"));
        assert!(!same(b"certificate", b"certificates"));
        assert!(!same(b"certificate", b""));
    }
}
