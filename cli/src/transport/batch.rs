//! Many datagrams with one call of the system: recvmmsg, sendmmsg and UDP_SEGMENT where there are
//! such, one after the other elsewhere.

use crate::transport::peers::for_socket;
use std::io;
use std::net::SocketAddr;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// No datagram is longer.
pub(super) const LONGEST: usize = 65_535;
/// Datagrams taken or sent at once.
pub(super) const BATCH: usize = 64;
/// Longest datagrams of which several go as one: with their headers they fit any link that carries
/// IPv6.
#[cfg(target_os = "linux")]
const SEGMENT: usize = 1232;
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
    /// The system cuts datagrams of one length for one peer apart itself, as far as is known.
    #[cfg(target_os = "linux")]
    segments: bool,
}

impl Outbox {
    /// A queue for a socket of this family.
    pub(super) const fn new(v6: bool) -> Outbox {
        Outbox {
            bytes: Vec::new(),
            queue: Vec::new(),
            gone: 0,
            v6,
            #[cfg(target_os = "linux")]
            segments: true,
        }
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
        let alike = self.alike(self.gone);
        if alike > 1 {
            return self.drain_alike(socket, alike);
        }
        let single = (self.gone..self.queue.len()).take_while(|at| self.alike(*at) == 1).count();
        let parts: Vec<(Option<SocketAddrAny>, [IoSlice<'_>; 1])> = self
            .next()
            .take(single)
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

    /// Where the bytes of datagram number `at` are.
    #[cfg(target_os = "linux")]
    fn span(&self, at: usize) -> Option<std::ops::Range<usize>> {
        let before = at.checked_sub(1).and_then(|last| self.queue.get(last));
        Some(before.map_or(0, |(_, end)| *end)..self.queue.get(at)?.1)
    }

    /// How many from this one on, at least one, go to the same peer and have the same length.
    #[cfg(target_os = "linux")]
    fn alike(&self, at: usize) -> usize {
        let key = |at: usize| Some((self.queue.get(at)?.0, self.span(at)?.len()));
        let first = key(at);
        if !self.segments || first.is_none_or(|(_, len)| len == 0 || len > SEGMENT) {
            return 1;
        }
        let most = first.map_or(1, |(_, len)| BATCH.min(LONGEST / 2 / len));
        1 + (at + 1..at + most).take_while(|next| key(*next) == first).count()
    }

    /// Sends datagrams that are alike in one piece, which the system cuts.
    #[cfg(target_os = "linux")]
    fn drain_alike(&mut self, socket: &UdpSocket, count: usize) -> io::Result<()> {
        use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrStorage, sendmsg};
        use std::io::IoSlice;
        use std::os::fd::AsRawFd;

        let (Some(first), Some(last)) = (self.span(self.gone), self.span(self.gone + count - 1))
        else {
            return Ok(());
        };
        let size = u16::try_from(first.len()).unwrap_or(u16::MAX);
        let to = self.queue.get(self.gone).and_then(|(to, _)| to.map(SockaddrStorage::from));
        let bytes = [IoSlice::new(self.bytes.get(first.start..last.end).unwrap_or_default())];
        let control = [ControlMessage::UdpGsoSegments(&size)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let sent = socket.try_io(Interest::WRITABLE, || {
            Ok(sendmsg(socket.as_raw_fd(), &bytes, &control, flags, to.as_ref())?)
        });
        match sent {
            Ok(_) => self.advance(count),
            // Older systems, and devices that do not make the checksums: one by one from now on.
            Err(error)
                if matches!(
                    nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or(0)),
                    nix::errno::Errno::EINVAL
                        | nix::errno::Errno::EIO
                        | nix::errno::Errno::EMSGSIZE
                        | nix::errno::Errno::EOPNOTSUPP
                        | nix::errno::Errno::ENOPROTOOPT
                ) =>
            {
                self.segments = false;
            }
            Err(error) => return Err(error),
        }
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

    #[cfg(target_os = "linux")]
    #[tokio::test(flavor = "current_thread")]
    async fn those_that_are_alike_arrive_one_by_one() {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let (a, b) = (UdpSocket::bind(local).await.unwrap(), UdpSocket::bind(local).await.unwrap());
        let c = UdpSocket::bind(local).await.unwrap();
        let mut outbox = Outbox::new(false);
        let mut sent = [Vec::new(), Vec::new()];
        // Runs of one peer and one length, broken by the other peer, another length, and no bytes.
        for n in 0..200u8 {
            let (to, len) = match n {
                0..100 => (0, 20),
                100..110 => (usize::from(n % 2), 20),
                110..115 => (1, 0),
                115..118 => (1, usize::from(n)),
                118..130 => (1, SEGMENT + 1),
                _ => (1, SEGMENT),
            };
            let datagram = vec![n; len];
            outbox.push(Some([&b, &c][to].local_addr().unwrap()), &datagram);
            sent[to].push(datagram);
        }
        for (segments, peers) in [(true, [&b, &c]), (false, [&b, &c])] {
            outbox.segments = segments;
            let queue = outbox.queue.clone();
            let bytes = outbox.bytes.clone();
            while !outbox.is_empty() {
                a.writable().await.unwrap();
                let _ = outbox.drain(&a);
            }
            for (peer, sent) in peers.iter().zip(&sent) {
                let mut buf = vec![0; LONGEST];
                for datagram in sent {
                    let (len, _) = peer.recv_from(&mut buf).await.unwrap();
                    assert_eq!(&buf[..len], datagram);
                }
            }
            (outbox.queue, outbox.bytes) = (queue, bytes);
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
