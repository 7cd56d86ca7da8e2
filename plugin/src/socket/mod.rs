//! Where the plugin listens: a Unix socket in a directory of its own, or a local TCP port where that cannot be had.
//!
//! Who may connect is not decided here, apart from what file permissions say. TLS lives in `tls`, counting in
//! `lifecycle`.

mod directory;

use std::io;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use crate::environment::Environment;
use crate::log;
pub(crate) use directory::PrivateDirectory;

/// An open socket and what belongs to it.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) listener: Listener,
    pub(crate) endpoint: Endpoint,
    /// Removed, with the socket in it, when dropped. To be kept for as long as somebody may want to connect.
    pub(crate) directory: Option<PrivateDirectory>,
}

/// The place as a host wants to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// `unix` or `tcp`.
    pub(crate) network: &'static str,
    pub(crate) address: String,
}

/// Accepts connections of either kind.
#[derive(Debug)]
pub(crate) enum Listener {
    #[cfg(unix)]
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// Bytes in both directions, whatever carries them.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// Opens the socket. Must be called inside a tokio runtime.
pub(crate) fn bind(environment: &Environment) -> io::Result<Bound> {
    match bind_unix(environment) {
        Ok(bound) => Ok(bound),
        Err(error) => {
            log::warn(
                "no unix socket, listening on TCP instead",
                &[("error", error.to_string().as_str())],
            );
            bind_tcp(&environment.ports)
        }
    }
}

impl Listener {
    pub(crate) async fn accept(&self) -> io::Result<Box<dyn Duplex>> {
        match self {
            #[cfg(unix)]
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok(Box::new(stream))
            }
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}

#[cfg(unix)]
fn bind_unix(environment: &Environment) -> io::Result<Bound> {
    let parent = environment.socket_directory.clone().unwrap_or_else(std::env::temp_dir);
    let directory = PrivateDirectory::create(&parent)?;
    let path = directory.socket();
    // A `|` would end the field of the handshake line, a line break the line.
    let Some(address) = path.to_str().filter(|text| !text.contains(['|', '\n', '\r'])) else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path cannot be written in a handshake line",
        ));
    };
    if address.len() > SOCKET_PATH_LIMIT {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path is too long for a socket",
        ));
    }
    let listener = UnixListener::bind(&path)?;
    if let Some(group) = &environment.socket_group {
        directory.open_to(group)?;
    }
    Ok(Bound {
        listener: Listener::Unix(listener),
        endpoint: Endpoint {
            network: "unix",
            address: address.to_owned(),
        },
        directory: Some(directory),
    })
}

#[cfg(not(unix))]
fn bind_unix(_environment: &Environment) -> io::Result<Bound> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "no unix sockets on this system",
    ))
}

/// What fits into a socket address, less the NUL at the end.
#[cfg(unix)]
const SOCKET_PATH_LIMIT: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

fn bind_tcp(ports: &RangeInclusive<u16>) -> io::Result<Bound> {
    let mut failure = io::Error::new(io::ErrorKind::AddrNotAvailable, "the range of ports is empty");
    for port in ports.clone() {
        match std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => return tcp(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn tcp(listener: std::net::TcpListener) -> io::Result<Bound> {
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?.to_string();
    Ok(Bound {
        listener: Listener::Tcp(TcpListener::from_std(listener)?),
        endpoint: Endpoint {
            network: "tcp",
            address,
        },
        directory: None,
    })
}

#[cfg(all(test, unix))]
pub(crate) mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpStream, UnixStream};

    use super::*;

    pub(crate) fn environment(socket_directory: &Path) -> Environment {
        Environment {
            cookie: None,
            protocol_versions: None,
            client_certificate: None,
            socket_directory: Some(socket_directory.to_owned()),
            socket_group: None,
            ports: 0..=0,
            multiplex: false,
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn entries(path: &Path) -> usize {
        fs::read_dir(path).unwrap().count()
    }

    #[tokio::test]
    async fn the_socket_is_private_and_goes_away() {
        let parent = tempfile::tempdir().unwrap();
        let bound = bind(&environment(parent.path())).unwrap();
        assert_eq!(bound.endpoint.network, "unix");
        let socket = PathBuf::from(&bound.endpoint.address);
        assert_eq!(mode(socket.parent().unwrap()), 0o700);

        let mut client = UnixStream::connect(&socket).await.unwrap();
        let mut served = bound.listener.accept().await.unwrap();
        client.write_all(b"x").await.unwrap();
        assert_eq!(served.read_u8().await.unwrap(), b'x');

        drop(bound);
        assert_eq!(entries(parent.path()), 0);
    }

    #[tokio::test]
    async fn two_processes_do_not_meet() {
        let parent = tempfile::tempdir().unwrap();
        let first = bind(&environment(parent.path())).unwrap();
        let second = bind(&environment(parent.path())).unwrap();
        assert_ne!(first.endpoint, second.endpoint);
    }

    #[tokio::test]
    async fn a_long_path_leads_to_tcp() {
        let parent = tempfile::tempdir().unwrap();
        let long = parent.path().join("x".repeat(100));
        fs::create_dir(&long).unwrap();
        let bound = bind(&environment(&long)).unwrap();
        assert_eq!(bound.endpoint.network, "tcp");
        assert_eq!(entries(&long), 0);

        TcpStream::connect(&bound.endpoint.address).await.unwrap();
        bound.listener.accept().await.map(drop).unwrap();
    }

    #[tokio::test]
    async fn a_missing_directory_leads_to_tcp() {
        let parent = tempfile::tempdir().unwrap();
        let bound = bind(&environment(&parent.path().join("absent"))).unwrap();
        assert_eq!(bound.endpoint.network, "tcp");
        assert!(bound.endpoint.address.starts_with("127.0.0.1:"));
    }

    #[tokio::test]
    async fn a_group_that_does_not_exist_leads_to_tcp() {
        let parent = tempfile::tempdir().unwrap();
        let mut environment = environment(parent.path());
        environment.socket_group = Some("no such group".to_owned());
        let bound = bind(&environment).unwrap();
        assert_eq!(bound.endpoint.network, "tcp");
        assert_eq!(entries(parent.path()), 0);
    }

    #[tokio::test]
    async fn a_busy_port_is_passed_over() {
        let busy = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = busy.local_addr().unwrap().port();
        bind_tcp(&(port..=port)).unwrap_err();
        let last = port.saturating_add(20);
        let bound = bind_tcp(&(port..=last)).unwrap();
        assert_ne!(bound.endpoint.address, format!("127.0.0.1:{port}"));
    }
}
