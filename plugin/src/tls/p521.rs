//! ECDSA on P-521 for rustls.
//!
//! go-plugin hosts sign with this curve and no other. The crypto library in use does not know it, and a host that is not
//! offered the scheme sends no certificate at all, without a word.

use p521::ecdsa::signature::Verifier;
use p521::ecdsa::{Signature, VerifyingKey};
use rustls::SignatureScheme;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

/// What can be verified with a P-521 key.
pub(super) static ALGORITHMS: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[ECDSA_P521_SHA512],
    mapping: &[(SignatureScheme::ECDSA_NISTP521_SHA512, &[ECDSA_P521_SHA512])],
};

const ECDSA_P521_SHA512: &dyn SignatureVerificationAlgorithm = &EcdsaP521Sha512;

/// Whether a DER-encoded `SubjectPublicKeyInfo` holds a key of this curve.
pub(super) fn is_key(subject_public_key_info: &[u8]) -> bool {
    let algorithm = alg_id::ECDSA_P521;
    let curve: &[u8] = &algorithm;
    subject_public_key_info
        .windows(curve.len())
        .any(|window| window == curve)
}

#[derive(Debug)]
struct EcdsaP521Sha512;

impl SignatureVerificationAlgorithm for EcdsaP521Sha512 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA512
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public point, a message, and a signature over it, all made with the OpenSSL command line.
    const PUBLIC_KEY: &str = concat!(
        "04004524c2cab446648c5781a2a7d38559148dee88b782de234e90b9b2be795c70180c32afe528a9c6493b0766",
        "a3a26acf70a45989d4f0f765382de99b93f3a024299201cdaebece3ab5acd69c7462021abd53474fc2aad503cc",
        "878ef69ba2eb7a4ec3529ae1a5eeec2335e34a712067701db8a6d451959aaf4d673ef571e49290dd8ffedc",
    );
    const MESSAGE: &[u8] = b"the quick brown fox";
    const SIGNATURE: &str = concat!(
        "308187024201c0f539aad4be12176ab55e18cb5d037713a16cbe8e80bd44eec78e1d01135229597bae902314e3",
        "75f4bfc19669d5f019a84ce661a8f607886e57d942d37710c7da024176fa3088be5dfe82a9f4f904e3aaeb2d12",
        "01170eafb7f40c9436d0407190647a1ac74f62bb9a2b1c83b51c65d501935bde350befdcdaea423ad6cd5d98b0",
        "343a6e",
    );

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn a_signature_of_another_implementation_verifies() {
        EcdsaP521Sha512
            .verify_signature(&bytes(PUBLIC_KEY), MESSAGE, &bytes(SIGNATURE))
            .unwrap();
    }

    #[test]
    fn any_change_is_noticed() {
        let (key, signature) = (bytes(PUBLIC_KEY), bytes(SIGNATURE));
        EcdsaP521Sha512
            .verify_signature(&key, b"the quick brown ox", &signature)
            .unwrap_err();
        let mut other = signature.clone();
        *other.last_mut().unwrap() ^= 1;
        EcdsaP521Sha512.verify_signature(&key, MESSAGE, &other).unwrap_err();
        EcdsaP521Sha512
            .verify_signature(&key[..key.len() - 1], MESSAGE, &signature)
            .unwrap_err();
        EcdsaP521Sha512.verify_signature(&key, MESSAGE, &[]).unwrap_err();
    }
}
