//! Who may connect: mutual TLS between this process and the one host that started it.
//!
//! The host hands its certificate over in the environment and takes ours from the handshake line, so each side knows the
//! other's certificate before the first byte. Nothing here reads the environment or touches a socket.

mod p521;
mod pinning;

use std::fmt;
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::NoServerSessionStorage;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use pinning::PinnedClient;

/// The name that hosts expect in the certificate, whatever the socket is.
const SERVER_NAME: &str = "localhost";

/// What is needed to talk to the host.
pub(crate) struct MutualTls {
    pub(crate) acceptor: TlsAcceptor,
    /// Our certificate, for the handshake line.
    pub(crate) certificate: CertificateDer<'static>,
}

impl fmt::Debug for MutualTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MutualTls").finish_non_exhaustive()
    }
}

/// Makes a certificate for this process and an acceptor that lets in nobody but the holder of the host's certificate.
pub(crate) fn set_up(client_certificate: &str) -> Result<MutualTls, SetUpTlsError> {
    let client =
        CertificateDer::from_pem_slice(client_certificate.as_bytes()).map_err(SetUpTlsError::ClientCertificate)?;
    let (certificate, key) = own_identity().map_err(SetUpTlsError::ServerCertificate)?;
    let config = server_config(client, certificate.clone(), key).map_err(SetUpTlsError::Configuration)?;
    Ok(MutualTls {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        certificate,
    })
}

/// The cryptography of the whole process, installed as rustls' default on first use.
///
/// There is one, so that every TLS user of the process has the same algorithms and none starts a second library.
pub fn crypto_provider() -> Arc<CryptoProvider> {
    if let Some(installed) = CryptoProvider::get_default() {
        return Arc::clone(installed);
    }
    // Another thread may be quicker; its provider then serves.
    let _ = ring::default_provider().install_default();
    CryptoProvider::get_default().map_or_else(|| Arc::new(ring::default_provider()), Arc::clone)
}

/// A P-256 leaf that lives as long as the process. Without a key usage extension, because some verifiers want the right
/// to sign certificates in the extension of a self-signed certificate, and this one is not to have it.
fn own_identity() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
    let mut params = CertificateParams::new(vec![SERVER_NAME.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, SERVER_NAME);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?.der().clone();
    Ok((certificate, PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
}

fn server_config(
    client: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let provider = crypto_provider();
    let verifier = PinnedClient::new(client, &provider)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_single_cert(vec![certificate], key)?;
    // Newer gRPC clients end a connection on which HTTP/2 was not agreed.
    config.alpn_protocols = vec![b"h2".to_vec()];
    // Every connection shows its certificate anew.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// Why there is no TLS to be had.
#[derive(Debug)]
pub(crate) enum SetUpTlsError {
    ClientCertificate(pem::Error),
    ServerCertificate(rcgen::Error),
    Configuration(rustls::Error),
}

impl fmt::Display for SetUpTlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientCertificate(_) => "`PLUGIN_CLIENT_CERT` holds no certificate",
            Self::ServerCertificate(_) => "a certificate for this process could not be made",
            Self::Configuration(_) => "the certificates cannot be used",
        })
    }
}

impl std::error::Error for SetUpTlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::ClientCertificate(error) => Some(error),
            Self::ServerCertificate(error) => Some(error),
            Self::Configuration(error) => Some(error),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use ::p521::ecdsa::signature::rand_core::{CryptoRng, Error as RandomError, RngCore};
    use ::p521::ecdsa::{Signature, SigningKey as P521Key, signature::RandomizedSigner};
    use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};
    use rustls::client::ResolvesClientCert;
    use rustls::sign::{CertifiedKey, Signer, SigningKey, SingleCertAndKey};
    use rustls::version::{TLS12, TLS13};
    use rustls::{ClientConfig, RootCertStore, SignatureAlgorithm, SignatureScheme, SupportedProtocolVersion};
    use rustls_pki_types::{PrivateSec1KeyDer, ServerName};
    use tokio_rustls::TlsConnector;

    use super::*;

    const P521_CERTIFICATE: &str = include_str!("fixtures/p521-certificate.pem");
    const P521_KEY: &str = include_str!("fixtures/p521-key.pem");
    const RSA_CERTIFICATE: &str = include_str!("fixtures/rsa-certificate.pem");
    const RSA_KEY: &str = include_str!("fixtures/rsa-key.pem");

    /// One side of the pair as a host would hold it.
    #[derive(Debug, Clone)]
    pub(crate) struct Client {
        certificate: CertificateDer<'static>,
        resolver: Arc<dyn ResolvesClientCert>,
    }

    impl Client {
        pub(crate) fn p256() -> Self {
            Self::generated(&PKCS_ECDSA_P256_SHA256)
        }

        fn p384() -> Self {
            Self::generated(&PKCS_ECDSA_P384_SHA384)
        }

        fn generated(algorithm: &'static rcgen::SignatureAlgorithm) -> Self {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let params = CertificateParams::new(vec![SERVER_NAME.to_owned()]).unwrap();
            let certificate = params.self_signed(&key).unwrap().der().clone();
            Self::with_key(certificate, PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        }

        fn rsa() -> Self {
            Self::with_key(
                CertificateDer::from_pem_slice(RSA_CERTIFICATE.as_bytes()).unwrap(),
                PrivateKeyDer::from_pem_slice(RSA_KEY.as_bytes()).unwrap(),
            )
        }

        fn with_key(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Self {
            let key = CertifiedKey::from_der(vec![certificate.clone()], key, &crypto_provider()).unwrap();
            Self {
                certificate,
                resolver: Arc::new(SingleCertAndKey::from(key)),
            }
        }

        /// What Terraform and OpenTofu present: a certificate that calls itself a certificate authority.
        fn p521() -> Self {
            let certificate = CertificateDer::from_pem_slice(P521_CERTIFICATE.as_bytes()).unwrap();
            let sec1 = PrivateSec1KeyDer::from_pem_slice(P521_KEY.as_bytes()).unwrap();
            // SEQUENCE and version take six bytes, the header of the key two, the key itself 66.
            let scalar = &sec1.secret_sec1_der()[8..74];
            let key = P521SigningKey(P521Key::from_slice(scalar).unwrap());
            let key = CertifiedKey::new(vec![certificate.clone()], Arc::new(key));
            Self {
                certificate,
                resolver: Arc::new(SingleCertAndKey::from(key)),
            }
        }

        pub(crate) fn pem(&self) -> String {
            use base64::Engine as _;
            let body = base64::engine::general_purpose::STANDARD.encode(&self.certificate);
            format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
        }

        fn config(&self, server: &CertificateDer<'static>, version: &'static SupportedProtocolVersion) -> ClientConfig {
            let mut config = client_builder(server, version).with_client_cert_resolver(Arc::clone(&self.resolver));
            config.alpn_protocols = vec![b"h2".to_vec()];
            config
        }

        pub(crate) fn connector(&self, server: &CertificateDer<'static>) -> TlsConnector {
            TlsConnector::from(Arc::new(self.config(server, &TLS13)))
        }
    }

    pub(crate) fn server_name() -> ServerName<'static> {
        ServerName::try_from(SERVER_NAME).unwrap()
    }

    fn client_builder(
        server: &CertificateDer<'static>,
        version: &'static SupportedProtocolVersion,
    ) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
        let mut roots = RootCertStore::empty();
        roots.add(server.clone()).unwrap();
        ClientConfig::builder_with_provider(crypto_provider())
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
    }

    /// The server's view of a handshake: the protocol agreed on, or the reason for refusal.
    async fn shake_hands(server: &MutualTls, client: ClientConfig) -> Result<Option<Vec<u8>>, String> {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let connector = TlsConnector::from(Arc::new(client));
        let (served, _client) = tokio::join!(server.acceptor.accept(near), connector.connect(server_name(), far));
        match served {
            Ok(stream) => Ok(stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec)),
            Err(error) => Err(error.to_string()),
        }
    }

    #[tokio::test]
    async fn the_host_gets_in_with_any_usual_key() {
        for version in [&TLS13, &TLS12] {
            for client in [Client::p256(), Client::p384(), Client::p521(), Client::rsa()] {
                let server = set_up(&client.pem()).unwrap();
                let config = client.config(&server.certificate, version);
                assert_eq!(
                    shake_hands(&server, config).await,
                    Ok(Some(b"h2".to_vec())),
                    "{version:?} {client:?}"
                );
            }
        }
    }

    #[tokio::test]
    async fn another_certificate_is_refused() {
        for (pinned, presented) in [
            (Client::p256(), Client::p256()),
            (Client::p384(), Client::p256()),
            (Client::p521(), Client::p384()),
            (Client::p256(), Client::p521()),
        ] {
            let server = set_up(&pinned.pem()).unwrap();
            let config = presented.config(&server.certificate, &TLS13);
            shake_hands(&server, config).await.unwrap_err();
        }
    }

    #[tokio::test]
    async fn the_certificate_without_its_key_is_refused() {
        for (pinned, thief) in [(Client::p256(), Client::p256()), (Client::p521(), Client::p521())] {
            let server = set_up(&pinned.pem()).unwrap();
            let stolen: Arc<dyn SigningKey> = if pinned.certificate == thief.certificate {
                // The same fixture: sign with a key of the same curve that does not belong to it.
                Arc::new(P521SigningKey(P521Key::random(&mut TestRandom)))
            } else {
                thief
                    .resolver
                    .resolve(&[], &[SignatureScheme::ECDSA_NISTP256_SHA256])
                    .unwrap()
                    .key
                    .clone()
            };
            let key = CertifiedKey::new(vec![pinned.certificate.clone()], stolen);
            let config = client_builder(&server.certificate, &TLS13)
                .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
            shake_hands(&server, config).await.unwrap_err();
        }
    }

    #[tokio::test]
    async fn no_certificate_is_refused() {
        let server = set_up(&Client::p521().pem()).unwrap();
        for version in [&TLS13, &TLS12] {
            let config = client_builder(&server.certificate, version).with_no_client_auth();
            shake_hands(&server, config).await.unwrap_err();
        }
    }

    #[test]
    fn a_variable_without_certificate_is_reported() {
        let error = set_up("not a certificate").unwrap_err();
        assert_eq!(error.to_string(), "`PLUGIN_CLIENT_CERT` holds no certificate");
    }

    /// rustls has no P-521 of its own, so the client side of the test brings it along.
    #[derive(Clone)]
    struct P521SigningKey(P521Key);

    impl fmt::Debug for P521SigningKey {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("P521SigningKey")
        }
    }

    impl SigningKey for P521SigningKey {
        fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
            offered
                .contains(&self.scheme())
                .then(|| Box::new(self.clone()) as Box<dyn Signer>)
        }

        fn algorithm(&self) -> SignatureAlgorithm {
            SignatureAlgorithm::ECDSA
        }
    }

    impl Signer for P521SigningKey {
        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
            let signature: Signature = self.0.sign_with_rng(&mut TestRandom, message);
            Ok(signature.to_der().as_bytes().to_vec())
        }

        fn scheme(&self) -> SignatureScheme {
            SignatureScheme::ECDSA_NISTP521_SHA512
        }
    }

    /// The random numbers of the process, in the form that P-521 takes them.
    struct TestRandom;

    impl CryptoRng for TestRandom {}

    impl RngCore for TestRandom {
        fn next_u32(&mut self) -> u32 {
            let mut bytes = [0; 4];
            self.fill_bytes(&mut bytes);
            u32::from_ne_bytes(bytes)
        }

        fn next_u64(&mut self) -> u64 {
            let mut bytes = [0; 8];
            self.fill_bytes(&mut bytes);
            u64::from_ne_bytes(bytes)
        }

        fn fill_bytes(&mut self, destination: &mut [u8]) {
            crypto_provider().secure_random.fill(destination).unwrap();
        }

        fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), RandomError> {
            self.fill_bytes(destination);
            Ok(())
        }
    }
}
