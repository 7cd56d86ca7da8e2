//! From an open socket to connections that the gRPC server can use.
//!
//! A connection counts from the moment on which the client has shown who it is. One that cannot do so neither keeps the
//! process alive nor, by leaving, ends it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::census::{Census, Presence};
use crate::log;
use crate::socket::{Duplex, Listener};

/// How long a client may take to show who it is. A host does so within milliseconds.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// How long to wait when the system refuses a connection, which it does while it is short of something.
const RETRY_DELAY: Duration = Duration::from_millis(50);

/// A client that has been let in.
pub(crate) struct Connection {
    io: Box<dyn Duplex>,
    _presence: Presence,
}

/// Lets clients in until nobody takes the connections any more.
///
/// Each TLS handshake runs in a task of its own, so that one silent client does not keep others waiting.
pub(crate) async fn accept_connections(
    listener: Listener,
    tls: Option<TlsAcceptor>,
    census: Census,
    connections: mpsc::Sender<io::Result<Connection>>,
) {
    loop {
        let accepted = tokio::select! {
            () = connections.closed() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(io) => {
                tokio::spawn(let_in(io, tls.clone(), census.clone(), connections.clone()));
            }
            Err(error) => {
                log::warn(
                    "a connection was not accepted",
                    &[("error", error.to_string().as_str())],
                );
                sleep(RETRY_DELAY).await;
            }
        }
    }
}

async fn let_in(
    io: Box<dyn Duplex>,
    tls: Option<TlsAcceptor>,
    census: Census,
    connections: mpsc::Sender<io::Result<Connection>>,
) {
    let io: Box<dyn Duplex> = match tls {
        None => io,
        Some(acceptor) => match timeout(HANDSHAKE_LIMIT, acceptor.accept(io)).await {
            Ok(Ok(stream)) => Box::new(stream),
            Ok(Err(error)) => return refused(&error.to_string()),
            Err(_) => return refused("the TLS handshake took too long"),
        },
    };
    let connection = Connection {
        io,
        _presence: census.enter(),
    };
    // Nobody takes it when the process is about to end, and then it is closed.
    let _ = connections.send(Ok(connection)).await;
}

fn refused(reason: &str) {
    log::warn("a client was refused", &[("error", reason)]);
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;

    use super::super::census::Patience;
    use super::*;
    use crate::socket::tests::environment;
    use crate::socket::{self, Bound};
    use crate::tls;
    use crate::tls::tests::{Client, server_name};

    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_silent_client_does_not_keep_others_waiting() {
        let parent = tempfile::tempdir().unwrap();
        let host = Client::p256();
        let mutual = tls::set_up(&host.pem()).unwrap();
        let Bound {
            listener,
            endpoint,
            directory: _directory,
        } = socket::bind(&environment(parent.path())).unwrap();
        let census = Census::new();
        let (sender, mut connections) = mpsc::channel(1);
        let accepting = tokio::spawn(accept_connections(
            listener,
            Some(mutual.acceptor),
            census.clone(),
            sender,
        ));

        let _silent = UnixStream::connect(&endpoint.address).await.unwrap();
        let stream = UnixStream::connect(&endpoint.address).await.unwrap();
        let connector = host.connector(&mutual.certificate);
        let mut client = timeout(LONG, connector.connect(server_name(), stream))
            .await
            .unwrap()
            .unwrap();
        let mut served = timeout(LONG, connections.recv()).await.unwrap().unwrap().unwrap();
        client.write_all(b"x").await.unwrap();
        client.flush().await.unwrap();
        assert_eq!(timeout(LONG, served.read_u8()).await.unwrap().unwrap(), b'x');

        // The silent client does not count: with the other one gone, nobody is left.
        drop((client, served));
        let patience = Patience {
            first: LONG,
            next: Duration::from_millis(20),
        };
        timeout(LONG, census.abandoned(patience)).await.unwrap();

        drop(connections);
        timeout(LONG, accepting).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_stranger_does_not_count() {
        let parent = tempfile::tempdir().unwrap();
        let mutual = tls::set_up(&Client::p256().pem()).unwrap();
        let Bound {
            listener,
            endpoint,
            directory: _directory,
        } = socket::bind(&environment(parent.path())).unwrap();
        let census = Census::new();
        let (sender, mut connections) = mpsc::channel(1);
        tokio::spawn(accept_connections(
            listener,
            Some(mutual.acceptor),
            census.clone(),
            sender,
        ));

        let stream = UnixStream::connect(&endpoint.address).await.unwrap();
        let connector = Client::p256().connector(&mutual.certificate);
        // Under TLS 1.3 the client learns of the refusal only when it reads.
        if let Ok(mut stranger) = connector.connect(server_name(), stream).await {
            timeout(LONG, stranger.read_u8()).await.unwrap().unwrap_err();
        }
        assert!(connections.try_recv().is_err());
        let patience = Patience {
            first: Duration::from_millis(20),
            next: LONG,
        };
        timeout(LONG, census.abandoned(patience)).await.unwrap();
    }

    #[tokio::test]
    async fn without_tls_a_client_counts_at_once() {
        let parent = tempfile::tempdir().unwrap();
        let Bound {
            listener,
            endpoint,
            directory: _directory,
        } = socket::bind(&environment(parent.path())).unwrap();
        let census = Census::new();
        let (sender, mut connections) = mpsc::channel(1);
        tokio::spawn(accept_connections(listener, None, census.clone(), sender));

        let _client = UnixStream::connect(&endpoint.address).await.unwrap();
        let _served = timeout(LONG, connections.recv()).await.unwrap().unwrap().unwrap();
        let patience = Patience {
            first: Duration::from_millis(20),
            next: Duration::from_millis(20),
        };
        timeout(Duration::from_millis(200), census.abandoned(patience))
            .await
            .unwrap_err();
    }
}
