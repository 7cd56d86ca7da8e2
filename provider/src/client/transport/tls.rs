use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use leastpriv_terraform::diagnostics::Diagnostic;
use reqwest::{Certificate, ClientBuilder, Identity};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::client::secret::Masker;
use crate::config::{Authority, ClientAuth, Connection};

/// An HTTP client with the TLS settings of the connection.
///
/// Configured authorities are trusted besides those of the system. A plain HTTP address needs none, and must work where
/// the system has none.
pub(super) fn builder(connection: &Connection) -> Result<ClientBuilder, Diagnostic> {
    // An error means that the process has chosen its cryptography before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder();
    if connection.address.scheme() != "https" {
        return Ok(builder.tls_certs_only([]));
    }
    let mut certificates = Vec::new();
    for authority in &connection.authorities {
        certificates.extend(load(authority)?);
    }
    let mut builder = builder.tls_certs_merge(certificates);
    if connection.skip_tls_verify {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    if let Some(files) = &connection.client_auth {
        builder = builder.identity(identity(files)?);
    }
    Ok(builder)
}

/// Why no client could be built from the settings.
pub(super) fn unusable(masker: &Masker, error: &reqwest::Error) -> Diagnostic {
    let mut reasons = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        reasons.push(masker.clean(&cause.to_string()));
        next = cause.source();
    }
    Diagnostic::error(
        "the TLS settings of the provider cannot be used",
        format!(
            "{}\n\nif this machine has no certificates of authorities, name the file with the server's authority in `ca_cert_file`",
            reasons.join(": ")
        ),
    )
}

fn load(authority: &Authority) -> Result<Vec<Certificate>, Diagnostic> {
    match authority {
        Authority::Text { pem, origin } => certificates(pem.as_bytes(), origin, "its value"),
        Authority::File { path, origin } => {
            let bytes = read(path, origin)?;
            certificates(&bytes, origin, &format!("the file `{}`", path.display()))
        }
        Authority::Directory { path, origin } => {
            let mut found = Vec::new();
            for file in files(path).map_err(|error| unreadable(path, origin, &error))? {
                // A directory of certificates usually holds other files too.
                if let Ok(bytes) = read(&file, origin) {
                    found.extend(certificates(&bytes, origin, "").unwrap_or_default());
                }
            }
            if found.is_empty() {
                return Err(empty(origin, &format!("no file in `{}`", path.display())));
            }
            Ok(found)
        }
    }
}

fn certificates(pem: &[u8], origin: &str, place: &str) -> Result<Vec<Certificate>, Diagnostic> {
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| {
            Diagnostic::error(
                format!("`{origin}` holds no readable certificate"),
                format!("{place}: {error}"),
            )
        })?;
        found.push(Certificate::from_der(certificate.as_ref()).map_err(|_| empty(origin, place))?);
    }
    if found.is_empty() {
        Err(empty(origin, place))
    } else {
        Ok(found)
    }
}

fn empty(origin: &str, place: &str) -> Diagnostic {
    Diagnostic::error(
        format!("`{origin}` holds no certificate"),
        format!(
            "{place} holds no section `-----BEGIN CERTIFICATE-----`; a certificate in DER form must be converted to PEM first"
        ),
    )
}

fn identity(files: &ClientAuth) -> Result<Identity, Diagnostic> {
    let mut pem = read(Path::new(&files.key_file), "client_auth.key_file")?;
    pem.push(b'\n');
    pem.extend(read(Path::new(&files.cert_file), "client_auth.cert_file")?);
    Identity::from_pem(&pem).map_err(|_| {
        Diagnostic::error(
            "the client certificate cannot be used",
            format!(
                "`{}` must hold a PEM certificate and `{}` its private key in PEM form without a password",
                files.cert_file, files.key_file
            ),
        )
    })
}

fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path, origin: &str) -> Result<Vec<u8>, Diagnostic> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, origin, &error))?;
    if metadata.len() > LARGEST_FILE {
        return Err(Diagnostic::error(
            format!("the file of `{origin}` is too large"),
            format!(
                "`{}` has more than {} MiB; certificates and keys are far smaller",
                path.display(),
                LARGEST_FILE / 1024 / 1024
            ),
        ));
    }
    fs::read(path).map_err(|error| unreadable(path, origin, &error))
}

fn unreadable(path: &Path, origin: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::error(
        format!("`{origin}` names something that cannot be read"),
        format!("`{}`: {error}", path.display()),
    )
}

const LARGEST_FILE: u64 = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(authority: &Authority) -> String {
        load(authority).map_or_else(
            |diagnostic| diagnostic.summary,
            |found| format!("{} found", found.len()),
        )
    }

    fn file(path: &Path) -> Authority {
        Authority::File {
            path: path.to_owned(),
            origin: "ca_cert_file".to_owned(),
        }
    }

    /// The reader looks at the frame only; the content is judged when the client is built.
    const FRAMED: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

    #[test]
    fn each_bad_file_has_its_own_message() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        assert_eq!(
            summary(&file(&path)),
            "`ca_cert_file` names something that cannot be read"
        );
        fs::write(&path, "").unwrap();
        assert_eq!(summary(&file(&path)), "`ca_cert_file` holds no certificate");
        fs::write(&path, [0x30, 0x82, 0x01]).unwrap();
        assert_eq!(summary(&file(&path)), "`ca_cert_file` holds no certificate");
        fs::write(&path, "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n").unwrap();
        assert_eq!(summary(&file(&path)), "`ca_cert_file` holds no readable certificate");
        fs::write(&path, vec![b'x'; 5 * 1024 * 1024]).unwrap();
        assert_eq!(summary(&file(&path)), "the file of `ca_cert_file` is too large");
        fs::write(&path, FRAMED.repeat(2)).unwrap();
        assert_eq!(summary(&file(&path)), "2 found");
    }

    #[test]
    fn a_directory_needs_one_file_with_a_certificate() {
        let directory = tempfile::tempdir().unwrap();
        let authority = Authority::Directory {
            path: directory.path().to_owned(),
            origin: "ca_cert_dir".to_owned(),
        };
        fs::write(directory.path().join("README"), "nothing here").unwrap();
        assert_eq!(summary(&authority), "`ca_cert_dir` holds no certificate");
        fs::write(directory.path().join("a.pem"), FRAMED).unwrap();
        assert_eq!(summary(&authority), "1 found");
    }

    #[test]
    fn a_key_with_a_password_is_explained() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        fs::write(path("c.pem"), FRAMED).unwrap();
        fs::write(
            path("k.pem"),
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
        )
        .unwrap();
        let files = ClientAuth {
            cert_file: path("c.pem"),
            key_file: path("k.pem"),
        };
        assert_eq!(
            identity(&files).unwrap_err().summary,
            "the client certificate cannot be used"
        );
    }
}
