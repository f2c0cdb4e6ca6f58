//! The network under the engines: sockets, security sessions and connections behind one interface.
//! An engine knows a peer by the number that is minted here for (address, security session).

mod batch;
mod datagrams;
mod dtls;
mod peers;
mod scheme;

pub(crate) use dtls::Psk;
pub(crate) use scheme::Scheme;

use crate::failure::Failure;
use datagrams::Datagrams;
use dtls::{Arrived, Sessions};
use m2m_base::PeerId;
use peers::Peers;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use tokio::time::Instant;

/// Batches taken from a socket before the engine's answers go out.
const ROUNDS: usize = 1;
/// IPv6 peers that are told apart at one time.
const MOST_PEERS: u32 = 1 << 16;
/// Where the number of a door is in the number of a peer.
const DOOR: u32 = 56;
/// Most doors.
const MOST_DOORS: usize = 1 << 7;
/// The bits of a peer's number that say through which door it is reached.
const DOOR_BITS: u64 = 0x7f << DOOR;

/// Something that came over the network.
#[derive(Debug)]
pub(crate) enum Arrival<'a> {
    /// A datagram with one message, decrypted.
    Datagram(PeerId, SocketAddr, &'a [u8]),
}

/// What happened to a security session or a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Notice {
    /// It works now.
    Up(PeerId),
    /// It is no more, and why: the engine should forget the peer.
    Down(PeerId, String),
}

/// A socket, and what is on top of it.
#[derive(Debug)]
struct Door {
    socket: Datagrams,
    /// Who is on the other side of a connected socket.
    remote: Option<SocketAddr>,
    peers: Peers,
    sessions: Option<Sessions>,
}

/// All sockets of one engine.
#[derive(Debug, Default)]
pub(crate) struct Transport {
    doors: Vec<Door>,
    notices: VecDeque<Notice>,
    arrived: Vec<Arrived>,
}

impl Transport {
    /// A transport without any socket.
    pub(crate) fn new() -> Self {
        Transport::default()
    }

    /// Listens on a socket; says on which address.
    pub(crate) async fn listen(
        &mut self,
        scheme: Scheme,
        local: SocketAddr,
        keys: &[Psk],
    ) -> Result<SocketAddr, Failure> {
        let fail = |error| Failure::io(format_args!("cannot listen on {local}"), &error);
        let sessions = match scheme {
            Scheme::Coaps => Some(Sessions::server(keys.to_vec()).map_err(Failure::new)?),
            _ => None,
        };
        let socket = Datagrams::bind(local).await.map_err(fail)?;
        let local = socket.local();
        self.open(Door { socket, remote: None, peers: Peers::new(MOST_PEERS), sessions })?;
        Ok(local)
    }

    /// Reaches out for one peer; gives its number. What is sent to it before a session is there
    /// waits for the session.
    pub(crate) async fn connect(
        &mut self,
        scheme: Scheme,
        remote: SocketAddr,
        psk: Option<&Psk>,
    ) -> Result<PeerId, Failure> {
        let fail = |error| Failure::io(format_args!("cannot reach {remote}"), &error);
        let sessions = match (scheme, psk) {
            (Scheme::Coaps, Some(psk)) => {
                Some(Sessions::client(psk.clone()).map_err(Failure::new)?)
            }
            (Scheme::Coaps, None) => {
                return Err(Failure::new("coaps needs an identity and a key (--psk ID:HEXKEY)"));
            }
            _ => None,
        };
        let socket = Datagrams::connect(remote).await.map_err(fail)?;
        let remote = Some(remote);
        let door = self.open(Door { socket, remote, peers: Peers::new(1), sessions })?;
        Ok(self.only_peer(door))
    }

    fn open(&mut self, door: Door) -> Result<usize, Failure> {
        if self.doors.len() >= MOST_DOORS {
            return Err(Failure::new(format!("more than {MOST_DOORS} sockets")));
        }
        self.doors.push(door);
        Ok(self.doors.len() - 1)
    }

    /// Talks to the one peer of a connected socket at another address from now on.
    pub(crate) async fn reconnect(
        &mut self,
        peer: PeerId,
        remote: SocketAddr,
    ) -> Result<PeerId, Failure> {
        let fail = |error| Failure::io(format_args!("cannot reach {remote}"), &error);
        let at = door_of(peer);
        let Some(door) = self.doors.get_mut(at) else { return Ok(peer) };
        door.socket = Datagrams::connect(remote).await.map_err(fail)?;
        door.remote = Some(remote);
        Ok(self.only_peer(at))
    }

    /// The number of the one peer of a connected socket. With a session it is the session's, which
    /// begins here.
    fn only_peer(&mut self, at: usize) -> PeerId {
        let Transport { doors, arrived, .. } = self;
        let Some(Door { socket, remote: Some(remote), sessions: Some(sessions), .. }) =
            doors.get_mut(at)
        else {
            return numbered(at, 0);
        };
        let mut send = |to: SocketAddr, bytes: &[u8]| socket.queue(to, bytes);
        let number = sessions.connect(Instant::now(), *remote, &mut send, arrived);
        numbered(at, number)
    }

    /// The address that the socket of a peer has here.
    pub(crate) fn local(&self, peer: PeerId) -> Option<SocketAddr> {
        self.doors.get(door_of(peer)).map(|door| door.socket.local())
    }

    /// The address of a peer; `None` if it is forgotten.
    pub(crate) fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        let door = self.doors.get(door_of(peer))?;
        let number = PeerId(peer.0 & !DOOR_BITS);
        match &door.sessions {
            Some(sessions) => sessions.address(number.0),
            None => door.remote.or_else(|| door.peers.address(number)),
        }
    }

    /// The system says that nobody listens at the address of a peer.
    pub(crate) fn refused(&self, peer: PeerId) -> bool {
        self.doors.get(door_of(peer)).is_some_and(|door| door.socket.refused)
    }

    /// Forgets that it said so.
    #[cfg(test)]
    pub(crate) fn clear_refused(&mut self, peer: PeerId) {
        if let Some(door) = self.doors.get_mut(door_of(peer)) {
            door.socket.refused = false;
        }
    }

    /// Asks the system for larger buffers.
    pub(crate) fn enlarge_buffers(&self) {
        for door in &self.doors {
            door.socket.enlarge_buffers();
        }
    }

    /// What happened to sessions and connections, one after the other.
    pub(crate) fn notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// Waits until there is something to receive or to send.
    ///
    /// Dropping the future loses nothing.
    pub(crate) async fn ready(&mut self) -> Result<(), Failure> {
        match self.doors.as_slice() {
            [] => std::future::pending().await,
            [door] => door.socket.ready().await.map_err(broken),
            doors => {
                let all = doors.iter().map(|door| Box::pin(door.socket.ready()));
                futures_util::future::select_all(all).await.0.map_err(broken)
            }
        }
    }

    /// When [`Transport::handle_timeout`] should be called next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let sessions = self.doors.iter().filter_map(|door| door.sessions.as_ref());
        sessions.filter_map(Sessions::poll_timeout).min()
    }

    /// Does what is due for sessions.
    pub(crate) fn handle_timeout(&mut self, now: Instant, sink: &mut dyn FnMut(Arrival<'_>)) {
        for at in 0..self.doors.len() {
            let Transport { doors, arrived, .. } = self;
            if let Some(Door { socket, sessions: Some(sessions), .. }) = doors.get_mut(at)
                && sessions.poll_timeout().is_some_and(|due| due <= now)
            {
                let mut send = |to: SocketAddr, bytes: &[u8]| socket.queue(to, bytes);
                sessions.handle_timeout(now, &mut send, arrived);
            }
            self.hand_over(at, sink);
        }
    }

    /// Takes what came, up to a batch per socket, and gives it to `sink`. True if there was any.
    pub(crate) fn receive(&mut self, sink: &mut dyn FnMut(Arrival<'_>)) -> Result<bool, Failure> {
        let mut any = false;
        for at in 0..self.doors.len() {
            for _ in 0..ROUNDS {
                let Some(door) = self.doors.get_mut(at) else { break };
                let before = door.socket.refused;
                let count = door.socket.receive().map_err(broken)?;
                // That nobody listens is news too.
                any |= door.socket.refused && !before;
                if count == 0 {
                    break;
                }
                any = true;
                if door.sessions.is_some() {
                    self.decrypt(at, count, sink);
                    continue;
                }
                for n in 0..count {
                    let Some((from, bytes)) = door.socket.received(n) else { break };
                    let number = match door.remote {
                        Some(_) => 0,
                        None => door.peers.id(from).0,
                    };
                    sink(Arrival::Datagram(numbered(at, number), from, bytes));
                }
            }
        }
        Ok(any)
    }

    fn decrypt(&mut self, at: usize, count: usize, sink: &mut dyn FnMut(Arrival<'_>)) {
        let now = Instant::now();
        for n in 0..count {
            let Transport { doors, arrived, .. } = self;
            let Some(Door { socket, sessions: Some(sessions), .. }) = doors.get_mut(at) else {
                return;
            };
            // Copied, because the answers of the session go out through the same socket.
            let Some((from, bytes)) = socket.received(n).map(|(f, b)| (f, b.to_vec())) else {
                return;
            };
            let mut send = |to: SocketAddr, bytes: &[u8]| socket.queue(to, bytes);
            sessions.handle(now, from, &bytes, &mut send, arrived);
            self.hand_over(at, sink);
        }
    }

    /// Gives what sessions brought to `sink`, and notes what became of them.
    fn hand_over(&mut self, at: usize, sink: &mut dyn FnMut(Arrival<'_>)) {
        for arrived in std::mem::take(&mut self.arrived) {
            match arrived {
                Arrived::Message(number, from, bytes) => {
                    sink(Arrival::Datagram(numbered(at, number), from, &bytes));
                }
                Arrived::Up(number) => self.notices.push_back(Notice::Up(numbered(at, number))),
                Arrived::Down(number, reason) => {
                    self.notices.push_back(Notice::Down(numbered(at, number), reason));
                }
            }
        }
    }

    /// Queues a message for a peer. What goes to one that is not there any more is lost.
    pub(crate) fn send(&mut self, peer: PeerId, message: &[u8]) {
        let at = door_of(peer);
        let number = PeerId(peer.0 & !DOOR_BITS);
        let Transport { doors, arrived, .. } = self;
        let Some(door) = doors.get_mut(at) else { return };
        match &mut door.sessions {
            Some(sessions) => {
                let socket = &mut door.socket;
                let mut send = |to: SocketAddr, bytes: &[u8]| socket.queue(to, bytes);
                sessions.send(Instant::now(), number.0, message, &mut send, arrived);
                // Sending brings nothing in, but it may show that the session is over.
                self.hand_over(at, &mut |_| {});
            }
            None => {
                if let Some(to) = door.remote.or_else(|| door.peers.address(number)) {
                    door.socket.queue(to, message);
                }
            }
        }
    }

    /// True if something that is queued has to go out before more is queued.
    pub(crate) fn full(&self) -> bool {
        self.doors.iter().any(|door| door.socket.full())
    }

    /// Sends what is queued, as far as the sockets take it.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.doors.iter_mut().try_for_each(|door| door.socket.flush()).map_err(broken)
    }

    /// Ends the session with a peer properly.
    pub(crate) fn close(&mut self, peer: PeerId) {
        let number = peer.0 & !DOOR_BITS;
        if let Some(Door { socket, sessions: Some(sessions), .. }) =
            self.doors.get_mut(door_of(peer))
        {
            let mut send = |to: SocketAddr, bytes: &[u8]| socket.queue(to, bytes);
            sessions.close(Instant::now(), number, &mut send);
        }
    }
}

fn door_of(peer: PeerId) -> usize {
    usize::try_from((peer.0 & DOOR_BITS) >> DOOR).unwrap_or(usize::MAX)
}

fn numbered(door: usize, number: u64) -> PeerId {
    PeerId(number | u64::try_from(door).unwrap_or(0) << DOOR)
}

fn broken(error: io::Error) -> Failure {
    Failure::io("the socket does not work", &error)
}
