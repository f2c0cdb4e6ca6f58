//! A UDP socket that takes and sends datagrams by the batch.

use crate::transport::batch::{Inbox, Outbox};
use crate::transport::peers::plain;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// A socket, what it received last, and what waits to be sent.
pub(crate) struct Datagrams {
    socket: UdpSocket,
    local: SocketAddr,
    remote: Option<SocketAddr>,
    inbox: Inbox,
    outbox: Outbox,
    /// The one peer of a connected socket says that nobody listens there.
    pub(crate) refused: bool,
}

impl fmt::Debug for Datagrams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Datagrams").field("local", &self.local).finish_non_exhaustive()
    }
}

impl Datagrams {
    /// A socket bound to `local`.
    pub(crate) async fn bind(local: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(local).await?;
        let local = socket.local_addr()?;
        Ok(Datagrams {
            socket,
            local,
            remote: None,
            inbox: Inbox::new(),
            outbox: Outbox::new(local.is_ipv6()),
            refused: false,
        })
    }

    /// A socket that only talks to `remote`. The system then tells when nobody listens there.
    pub(crate) async fn connect(remote: SocketAddr) -> io::Result<Self> {
        let mut this = Datagrams::bind(any_address(remote)).await?;
        this.socket.connect(remote).await?;
        this.local = this.socket.local_addr()?;
        this.remote = Some(remote);
        Ok(this)
    }

    /// The address that the socket has.
    pub(crate) const fn local(&self) -> SocketAddr {
        self.local
    }

    /// Asks for larger buffers in the system, for a server with much to do. It gives what it may.
    #[cfg(target_os = "linux")]
    pub(crate) fn enlarge_buffers(&self) {
        const BYTES: usize = 4 << 20;
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&self.socket, BYTES);
        let _ = rustix::net::sockopt::set_socket_send_buffer_size(&self.socket, BYTES);
    }

    /// Elsewhere the system knows best.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn enlarge_buffers(&self) {}

    /// Waits until there is something to read, an error to take, or room for what waits to be sent.
    pub(crate) async fn ready(&self) -> io::Result<()> {
        let wanted = match self.outbox.is_empty() {
            true => Interest::READABLE | Interest::ERROR,
            false => Interest::READABLE | Interest::WRITABLE | Interest::ERROR,
        };
        self.socket.ready(wanted).await.map(|_| ())
    }

    /// Takes what lies in the socket, up to a batch: how many datagrams there are now to look at
    /// with [`Datagrams::received`]. Zero when there is nothing.
    pub(crate) fn receive(&mut self) -> io::Result<usize> {
        self.take_error()?;
        match self.inbox.fill(&self.socket) {
            Ok(count) => {
                self.refused &= count == 0;
                Ok(count)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            Err(error) => self.lost(&error).map(|()| 0),
        }
    }

    /// The datagram number `at` of the last batch, and who sent it.
    pub(crate) fn received(&self, at: usize) -> Option<(SocketAddr, &[u8])> {
        let (from, bytes) = self.inbox.get(at)?;
        Some((self.remote.unwrap_or_else(|| plain(from)), bytes))
    }

    /// Puts a datagram into the queue. Those of a connected socket all go to its peer.
    pub(crate) fn queue(&mut self, to: SocketAddr, datagram: &[u8]) {
        self.outbox.push(self.remote.is_none().then_some(to), datagram);
    }

    /// True when no more should be queued before some of it went out.
    pub(crate) fn full(&self) -> bool {
        self.outbox.full()
    }

    /// Sends what is queued, as far as the socket takes it.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        while !self.outbox.is_empty() {
            match self.outbox.drain(&self.socket) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                // That was about an earlier datagram: the next one has not been sent yet.
                Err(error)
                    if error.kind() == ErrorKind::ConnectionRefused
                        && self.remote.is_some()
                        && !self.refused =>
                {
                    self.refused = self.remote.is_some();
                }
                // As good as lost on the way: the engine sends again what has to arrive.
                Err(error) => {
                    self.outbox.skip();
                    self.lost(&error)?;
                }
            }
        }
        Ok(())
    }

    /// Takes what the system reports of a datagram that could not be delivered.
    fn take_error(&mut self) -> io::Result<()> {
        if self.remote.is_none() {
            return Ok(());
        }
        if let Some(error) = self.socket.take_error()? {
            self.lost(&error)?;
        }
        // Tells the runtime that the error is dealt with: it would go on reporting it.
        let _ = self.socket.try_io(Interest::ERROR, || Err::<(), _>(ErrorKind::WouldBlock.into()));
        Ok(())
    }

    /// A datagram could not be sent, or the system reports that an earlier one could not be
    /// delivered. Neither is the end: networks come back.
    fn lost(&mut self, error: &io::Error) -> io::Result<()> {
        match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => {
                self.refused = self.remote.is_some();
                Ok(())
            }
            ErrorKind::NotConnected | ErrorKind::InvalidInput | ErrorKind::BrokenPipe => {
                Err(io::Error::new(error.kind(), error.to_string()))
            }
            _ => Ok(()),
        }
    }
}

/// The address to bind for talking to `remote`.
fn any_address(remote: SocketAddr) -> SocketAddr {
    match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}
