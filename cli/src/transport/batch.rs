//! Many datagrams with one call of the system: recvmmsg and sendmmsg where there are such, one
//! after the other elsewhere.

use crate::transport::peers::for_socket;
use std::io;
use std::net::SocketAddr;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// No datagram is longer.
pub(super) const LONGEST: usize = 65_535;
/// Datagrams taken or sent at once.
pub(super) const BATCH: usize = 64;
/// Bytes that are queued before the queue counts as full.
const ENOUGH: usize = 256 << 10;

/// From one datagram's place to the next. Not a power of two: the beginnings of all datagrams
/// would fall into the same lines of the processor's caches.
const STRIDE: usize = LONGEST + 1 + 192;

/// Datagrams that were received together.
pub(super) struct Inbox {
    bytes: Box<[u8]>,
    received: Vec<(SocketAddr, usize)>,
    #[cfg(target_os = "linux")]
    headers: nix::sys::socket::MultiHeaders<nix::sys::socket::SockaddrStorage>,
}

impl Inbox {
    pub(super) fn new() -> Inbox {
        Inbox {
            bytes: vec![0; BATCH * STRIDE].into_boxed_slice(),
            received: Vec::with_capacity(BATCH),
            #[cfg(target_os = "linux")]
            headers: nix::sys::socket::MultiHeaders::preallocate(BATCH, None),
        }
    }

    /// The datagram number `at`, and its source.
    pub(super) fn get(&self, at: usize) -> Option<(SocketAddr, &[u8])> {
        let (from, len) = *self.received.get(at)?;
        Some((from, self.bytes.get(at * STRIDE..at * STRIDE + len)?))
    }

    /// Takes what the socket has, up to a batch; says how many.
    #[cfg(target_os = "linux")]
    pub(super) fn fill(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        use nix::sys::socket::{MsgFlags, SockaddrStorage, recvmmsg};
        use std::io::IoSliceMut;
        use std::os::fd::AsRawFd;

        fn address(from: &SockaddrStorage) -> Option<SocketAddr> {
            let four = from.as_sockaddr_in().map(|a| std::net::SocketAddrV4::from(*a).into());
            four.or_else(|| from.as_sockaddr_in6().map(|a| std::net::SocketAddrV6::from(*a).into()))
        }

        self.received.clear();
        let Inbox { bytes, received, headers } = self;
        socket.try_io(Interest::READABLE, || {
            let mut places = bytes.chunks_exact_mut(STRIDE);
            let mut slices: [[IoSliceMut<'_>; 1]; BATCH] =
                std::array::from_fn(|_| [IoSliceMut::new(places.next().unwrap_or_default())]);
            let fd = socket.as_raw_fd();
            let messages = recvmmsg(fd, headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None)?;
            for message in messages {
                // Without a source there is nobody to answer; the place stays counted.
                let from = message.address.as_ref().and_then(address);
                let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
                let len = if from.is_some() { message.bytes } else { 0 };
                received.push((from.unwrap_or(nobody), len));
            }
            Ok(received.len())
        })
    }

    /// Takes what the socket has, up to a batch; says how many.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn fill(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.received.clear();
        for place in self.bytes.chunks_exact_mut(STRIDE) {
            match socket.try_recv_from(place) {
                Ok((len, from)) => self.received.push((from, len)),
                Err(error) if self.received.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok(self.received.len())
    }
}

/// Datagrams that wait to be sent, in their order.
pub(super) struct Outbox {
    bytes: Vec<u8>,
    /// Where to, and where its bytes end. Those of the first `gone` have been sent.
    queue: Vec<(Option<SocketAddr>, usize)>,
    gone: usize,
    v6: bool,
}

impl Outbox {
    /// A queue for a socket of this family.
    pub(super) const fn new(v6: bool) -> Outbox {
        Outbox { bytes: Vec::new(), queue: Vec::new(), gone: 0, v6 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.gone >= self.queue.len()
    }

    pub(super) fn full(&self) -> bool {
        self.queue.len() >= BATCH || self.bytes.len() >= ENOUGH
    }

    pub(super) fn push(&mut self, to: Option<SocketAddr>, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.queue.push((to.map(|to| for_socket(to, self.v6)), self.bytes.len()));
    }

    /// Leaves out the next one.
    pub(super) fn skip(&mut self) {
        self.advance(1);
    }

    fn advance(&mut self, count: usize) {
        self.gone += count;
        if self.is_empty() {
            self.queue.clear();
            self.bytes.clear();
            self.gone = 0;
        }
    }

    /// The next datagrams, up to a batch.
    fn next(&self) -> impl Iterator<Item = (Option<SocketAddr>, &[u8])> {
        let mut from = match self.gone.checked_sub(1).and_then(|last| self.queue.get(last)) {
            Some((_, end)) => *end,
            None => 0,
        };
        self.queue.iter().skip(self.gone).take(BATCH).map(move |(to, end)| {
            let datagram = self.bytes.get(from..*end).unwrap_or_default();
            from = *end;
            (*to, datagram)
        })
    }

    /// Sends some of what waits; an error is about the first of it.
    #[cfg(target_os = "linux")]
    pub(super) fn drain(&mut self, socket: &UdpSocket) -> io::Result<()> {
        use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg};
        use std::io::IoSlice;

        // One alone goes the shorter way.
        if self.queue.len() - self.gone == 1 {
            return self.drain_one(socket);
        }
        let parts: Vec<(Option<SocketAddrAny>, [IoSlice<'_>; 1])> = self
            .next()
            .map(|(to, bytes)| (to.map(SocketAddrAny::from), [IoSlice::new(bytes)]))
            .collect();
        let mut controls: [SendAncillaryBuffer<'_, '_, '_>; BATCH] =
            std::array::from_fn(|_| SendAncillaryBuffer::default());
        let mut messages: Vec<MMsgHdr<'_>> = parts
            .iter()
            .zip(&mut controls)
            .map(|((to, slice), control)| match to {
                Some(to) => MMsgHdr::new_with_addr(to, slice, control),
                None => MMsgHdr::new(slice, control),
            })
            .collect();
        let sent = socket.try_io(Interest::WRITABLE, || {
            Ok(sendmmsg(socket, &mut messages, SendFlags::DONTWAIT)?)
        })?;
        self.advance(sent);
        Ok(())
    }

    /// Sends some of what waits; an error is about the first of it.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn drain(&mut self, socket: &UdpSocket) -> io::Result<()> {
        self.drain_one(socket)
    }

    fn drain_one(&mut self, socket: &UdpSocket) -> io::Result<()> {
        let Some((to, datagram)) = self.next().next() else { return Ok(()) };
        match to {
            Some(to) => socket.try_send_to(datagram, to)?,
            None => socket.try_send(datagram)?,
        };
        self.advance(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn every_datagram_goes_once_in_its_order_and_a_batch_is_taken_at_once() {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let (a, b) = (UdpSocket::bind(local).await.unwrap(), UdpSocket::bind(local).await.unwrap());
        let to = b.local_addr().unwrap();
        let mut outbox = Outbox::new(false);
        let mut inbox = Inbox::new();
        for len in [1, 3, BATCH, BATCH + 1] {
            for n in 0..len {
                outbox.push(Some(to), &vec![7; n]);
            }
            while !outbox.is_empty() {
                a.writable().await.unwrap();
                let _ = outbox.drain(&a);
            }
            let mut seen = Vec::new();
            while seen.len() < len {
                b.readable().await.unwrap();
                let count = inbox.fill(&b).unwrap_or(0);
                assert!(count <= BATCH);
                for at in 0..count {
                    let (from, bytes) = inbox.get(at).unwrap();
                    assert_eq!(from, a.local_addr().unwrap());
                    assert!(bytes.iter().all(|byte| *byte == 7));
                    seen.push(bytes.len());
                }
                assert_eq!(inbox.get(count), None);
            }
            assert_eq!(seen, (0..len).collect::<Vec<_>>());
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn one_that_cannot_be_sent_does_not_hold_up_the_others() {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let (a, b) = (UdpSocket::bind(local).await.unwrap(), UdpSocket::bind(local).await.unwrap());
        let to = b.local_addr().unwrap();
        let mut outbox = Outbox::new(false);
        outbox.push(Some(to), b"first");
        // Longer than any datagram may be.
        outbox.push(Some(to), &vec![0; LONGEST + 1]);
        outbox.push(Some(to), b"last");
        a.writable().await.unwrap();
        let mut errors = 0;
        while !outbox.is_empty() {
            if outbox.drain(&a).is_err() {
                errors += 1;
                outbox.skip();
            }
        }
        assert_eq!(errors, 1);
        let mut buf = [0; 10];
        for text in [&b"first"[..], b"last"] {
            let (len, _) = b.recv_from(&mut buf).await.unwrap();
            assert_eq!(&buf[..len], text);
        }
    }
}
