//! Sockets that take connections.

use crate::failure::Failure;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long to wait when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(50);

/// How long the other side may take to secure a connection.
const PATIENCE: Duration = Duration::from_secs(20);

/// Secures a connection that was taken; nothing if the other side cannot, or is too slow.
pub(crate) async fn secure(tls: &TlsAcceptor, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
    tokio::time::timeout(PATIENCE, tls.accept(stream)).await.ok()?.ok()
}

/// Listens.
pub(crate) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let fail = |error| Failure::io(format_args!("cannot listen on {address}"), &error);
    let listener = TcpListener::bind(address).await.map_err(fail)?;
    let local = listener.local_addr().map_err(fail)?;
    Ok((listener, local))
}

/// Gives each connection to `take`, for ever.
pub(crate) async fn accept(listener: TcpListener, mut take: impl FnMut(TcpStream, SocketAddr)) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                // Answers are short and whole: there is nothing to wait for.
                let _ = stream.set_nodelay(true);
                take(stream, from);
            }
            // A peer that is gone already, or too many open files.
            Err(_) => tokio::time::sleep(NO_ROOM).await,
        }
    }
}
