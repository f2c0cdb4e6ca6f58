//! A blocking driver over a UDP socket, for any engine.

use crate::{PATIENCE, loopback};
use m2m_base::{Cause, Disposition, Engine, Instant, PeerId};
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::Duration;

/// The peer with an address: both fit the 64 bits, so there is no table.
///
/// # Panics
/// For IPv6, which nothing here uses.
#[must_use]
pub fn peer_of(address: SocketAddr) -> PeerId {
    let SocketAddr::V4(v4) = address else { panic!("{address}: IPv4 only") };
    PeerId(u64::from(v4.ip().to_bits()) << 16 | u64::from(v4.port()))
}

/// The address of a peer.
#[must_use]
pub fn address_of(peer: PeerId) -> SocketAddr {
    #[allow(clippy::cast_possible_truncation, reason = "the halves of what peer_of put together")]
    let (ip, port) = ((peer.0 >> 16) as u32, peer.0 as u16);
    SocketAddrV4::new(Ipv4Addr::from_bits(ip), port).into()
}

/// Something that runs an engine over sockets.
pub trait Drive {
    /// The engine.
    type Engine: Engine;

    /// The engine; what a command to it makes it send goes out with the next call of `next`.
    fn engine(&mut self) -> &mut Self::Engine;

    /// The engine's time.
    fn now(&self) -> Instant;

    /// Runs the engine until it has an event, at most for `wait`.
    fn next(&mut self, wait: Duration) -> Option<<Self::Engine as Engine>::Event>;

    /// Runs the engine until `pick` takes an event. Those that it does not take are gone.
    ///
    /// # Panics
    /// If none comes within [`PATIENCE`], with those that came.
    fn wait<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&mut Self::Engine, &<Self::Engine as Engine>::Event) -> Option<T>,
    ) -> T {
        let end = std::time::Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            let left = end.saturating_duration_since(std::time::Instant::now());
            let Some(event) = self.next(left) else {
                panic!("{what}: not within {PATIENCE:?}; events: {seen:?}");
            };
            if let Some(value) = pick(self.engine(), &event) {
                return value;
            }
            seen.push(event);
        }
    }

    /// Runs the engine for a while; gives the events.
    fn rest(&mut self, wait: Duration) -> Vec<<Self::Engine as Engine>::Event> {
        let end = std::time::Instant::now() + wait;
        let mut seen = Vec::new();
        while let Some(event) = self.next(end.saturating_duration_since(std::time::Instant::now()))
        {
            seen.push(event);
        }
        seen
    }
}

impl<E: Engine> Drive for Driver<E> {
    type Engine = E;

    fn engine(&mut self) -> &mut E {
        &mut self.engine
    }

    fn now(&self) -> Instant {
        Driver::now(self)
    }

    fn next(&mut self, wait: Duration) -> Option<E::Event> {
        Driver::next(self, wait)
    }
}

/// An engine on a UDP socket of the loopback interface.
pub struct Driver<E: Engine> {
    /// The engine. After a command to it, the next call here sends what it has to send.
    pub engine: E,
    socket: UdpSocket,
    origin: std::time::Instant,
    events: VecDeque<E::Event>,
    /// Datagrams that the engine found malformed. No peer sends any.
    pub malformed: Vec<Vec<u8>>,
}

impl<E: Engine> Driver<E> {
    /// Puts an engine on a port of its own.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn new(engine: E) -> Driver<E> {
        Driver::on(engine, UdpSocket::bind(loopback(0)).expect("a free port"))
    }

    /// Puts an engine on a socket.
    pub fn on(engine: E, socket: UdpSocket) -> Driver<E> {
        let origin = std::time::Instant::now();
        Driver { engine, socket, origin, events: VecDeque::new(), malformed: Vec::new() }
    }

    /// Its address.
    ///
    /// # Panics
    /// Never: the socket is bound.
    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("bound")
    }

    /// The engine's time. It does not begin at 0, as no engine may rely on that.
    pub fn now(&self) -> Instant {
        Instant::from_millis(77_000) + self.origin.elapsed().into()
    }

    /// Sends what the engine has to send and takes its events.
    fn flush(&mut self) {
        let mut buf = [0; 2048];
        let now = self.now();
        while let Some(t) = self.engine.poll_transmit(now, &mut buf).expect("2048 bytes") {
            // A peer that is gone shows as an error of the socket; the engine finds out by itself.
            let _ = self.socket.send_to(&buf[..t.len], address_of(t.peer));
        }
        while let Some(event) = self.engine.poll_event() {
            self.events.push_back(event);
        }
    }

    /// Runs the engine until it has an event, at most for `wait`.
    ///
    /// # Panics
    /// If the socket fails.
    pub fn next(&mut self, wait: Duration) -> Option<E::Event> {
        let end = std::time::Instant::now() + wait;
        loop {
            self.flush();
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let mut left = end.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                return None;
            }
            if let Some(due) = self.engine.poll_timeout() {
                left = left.min((due - self.now()).into());
            }
            // Zero would mean for ever.
            self.socket.set_read_timeout(Some(left.max(Duration::from_millis(1)))).expect("set");
            let mut buf = [0; 65536];
            match self.socket.recv_from(&mut buf) {
                Ok((len, from)) => {
                    let now = self.now();
                    let bytes = &buf[..len];
                    let disposition = self.engine.handle_datagram(now, peer_of(from), bytes);
                    if disposition == Disposition::Ignored(Cause::Malformed) {
                        self.malformed.push(bytes.to_vec());
                    }
                }
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(e) if e.kind() == ErrorKind::ConnectionRefused => {}
                Err(e) => panic!("socket: {e}"),
            }
            let now = self.now();
            self.engine.handle_timeout(now);
        }
    }

    /// Runs the engine until `pick` takes an event. Those that it does not take are gone.
    ///
    /// # Panics
    /// If none comes within [`PATIENCE`], with those that came.
    pub fn wait<T>(&mut self, what: &str, pick: impl FnMut(&mut E, &E::Event) -> Option<T>) -> T {
        Drive::wait(self, what, pick)
    }

    /// Runs the engine for a while; gives the events.
    pub fn rest(&mut self, wait: Duration) -> Vec<E::Event> {
        Drive::rest(self, wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_and_addresses_are_the_same_thing() {
        for address in ["127.0.0.1:5683", "255.255.255.255:65535", "0.0.0.0:0"] {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(address_of(peer_of(address)), address);
        }
    }
}
