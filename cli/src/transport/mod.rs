//! The network under the engines: sockets, security sessions and connections behind one interface.
//! An engine knows a peer by the number that is minted here for (address, security session).

mod batch;
mod datagrams;
mod dtls;
mod expected;
mod hello;
mod mqtt;
mod peers;
mod scheme;
mod stream;
mod tls;

pub(crate) use dtls::{Keyring, NEEDED_FOR_DTLS, Psk};
pub(crate) use expected::{Expected, Matching};
pub(crate) use mqtt::Place as BrokerPlace;
pub(crate) use peers::plain;
pub(crate) use scheme::Scheme;
pub(crate) use stream::MOST_CONNECTIONS;
pub(crate) use tls::{Identity, Names, Own, Trust, authorities, names};

use crate::failure::{Failure, NO_ANSWER};
use coap_core::stream::Transport as Framing;
use datagrams::Datagrams;
use dtls::{Arrived, Credentials, Sessions, Shown};
use m2m_base::PeerId;
use mqtt::Brokers;
use peers::Peers;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use stream::Streams;
use tokio::time::Instant;

/// Batches taken from a socket before the engine's answers go out.
const ROUNDS: usize = 1;
/// IPv6 peers that are told apart at one time.
const MOST_PEERS: u32 = 1 << 16;
/// Where the number of a door is in the number of a peer.
const DOOR: u32 = 56;
/// The door of all connections.
const STREAMS: usize = (1 << 7) - 1;
/// The door of all who are reached by a broker.
const BROKERS: usize = STREAMS - 1;
/// Most other doors.
const MOST_DOORS: usize = BROKERS;
/// The bits of a peer's number that say through which door it is reached.
const DOOR_BITS: u64 = 0x7f << DOOR;

/// What a peer showed of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Proven<'a> {
    /// It has the key of this identity.
    Psk(&'a [u8]),
    /// It has the key of a certificate that an authority vouches for.
    Certificate(&'a Names),
    /// A broker lets it publish to the topic of this endpoint.
    Topic(&'a str),
}

/// Something that came over the network.
#[derive(Debug)]
pub(crate) enum Arrival<'a> {
    /// A datagram with one message, decrypted.
    Datagram(PeerId, SocketAddr, &'a [u8]),
    /// There is a security session with a peer that showed this. What comes over it comes behind
    /// this.
    Secured(PeerId, Proven<'a>),
    /// There is a connection.
    Connected(PeerId, Framing),
    /// A piece of a stream, or a message of a WebSocket.
    Bytes(PeerId, SocketAddr, Framing, &'a [u8]),
    /// There is a connection no more.
    Disconnected(PeerId),
}

/// Takes what came. Says how many bytes of [`Arrival::Bytes`] it took; the rest comes again.
pub(crate) type Sink<'s> = dyn FnMut(Arrival<'_>) -> usize + 's;

/// A server as a client names it, and what it takes to be let in.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// How it is reached.
    pub(crate) scheme: Scheme,
    /// Its name, or its address as text.
    pub(crate) host: String,
    /// The same with its port.
    pub(crate) authority: String,
    /// Identity and key for DTLS.
    pub(crate) psk: Option<Psk>,
    /// For TLS, and for DTLS without such a key: whose certificates are trusted, and one's own.
    pub(crate) trust: Option<Trust>,
    /// For MQTT: the topic.
    pub(crate) place: Option<BrokerPlace>,
}

impl Target {
    /// A server that is reached by UDP, without security.
    #[cfg(test)]
    pub(crate) fn plain(remote: SocketAddr) -> Target {
        let (host, authority) = (remote.ip().to_string(), remote.to_string());
        Target { scheme: Scheme::Coap, host, authority, psk: None, trust: None, place: None }
    }
}

/// What happened to a security session or a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Notice {
    /// It works now.
    Up(PeerId),
    /// It is no more, and why: the engine should forget the peer.
    Down(PeerId, String),
    /// The broker by which peers are served is there, or is not and why.
    Broker(Result<(), String>),
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

/// What is there, and what was turned away.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Counts {
    /// DTLS sessions.
    pub(crate) sessions: usize,
    /// Handshakes of DTLS that led nowhere.
    pub(crate) sessions_failed: u64,
    /// Connections.
    pub(crate) connections: usize,
    /// Connections that did not come about.
    pub(crate) connections_failed: u64,
    /// Connections that made room for others.
    pub(crate) connections_pushed_out: u64,
}

/// All sockets of one engine.
#[derive(Debug, Default)]
pub(crate) struct Transport {
    doors: Vec<Door>,
    streams: Streams,
    brokers: Brokers,
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
        keys: &Keyring,
        identity: Option<&Identity>,
    ) -> Result<SocketAddr, Failure> {
        let fail = |error| Failure::io(format_args!("cannot listen on {local}"), &error);
        if !scheme.is_datagram() {
            let identity = identity.filter(|_| scheme.is_tls());
            return self.streams.listen(scheme, local, identity).await.map_err(fail);
        }
        let sessions = match scheme {
            Scheme::Coaps => Some(Sessions::server(keys.clone(), identity).map_err(Failure::new)?),
            _ => None,
        };
        let socket = Datagrams::bind(local).await.map_err(fail)?;
        let local = socket.local();
        self.open(Door { socket, remote: None, peers: Peers::new(MOST_PEERS), sessions })?;
        Ok(local)
    }

    /// Reaches out for a server at one of its addresses; gives its number. What is sent to it
    /// before a session is there waits for the session.
    pub(crate) async fn connect(
        &mut self,
        target: &Target,
        remote: SocketAddr,
    ) -> Result<PeerId, Failure> {
        let door = self.door(target, remote).await?;
        match door {
            None => self.connect_stream(target, remote).await,
            Some(door) => {
                let at = self.open(door)?;
                Ok(self.only_peer(at))
            }
        }
    }

    /// The same for a peer that has a number: its socket is replaced.
    pub(crate) async fn reconnect(
        &mut self,
        peer: PeerId,
        target: &Target,
        remote: SocketAddr,
    ) -> Result<PeerId, Failure> {
        let door = self.door(target, remote).await?;
        match (door, self.doors.get_mut(door_of(peer))) {
            (Some(new), Some(door)) => {
                *door = new;
                Ok(self.only_peer(door_of(peer)))
            }
            _ => self.connect_stream(target, remote).await,
        }
    }

    async fn connect_stream(
        &mut self,
        target: &Target,
        remote: SocketAddr,
    ) -> Result<PeerId, Failure> {
        let Target { scheme, host, authority, trust, place, .. } = target;
        if let Some(place) = place {
            let number = self.brokers.connect(place, remote).await.map_err(|why| {
                Failure::new(format!("cannot reach the broker {authority}: {why}")).exits(NO_ANSWER)
            })?;
            return Ok(numbered(BROKERS, number));
        }
        let done = self.streams.connect(*scheme, remote, host, authority, trust.as_ref()).await;
        let number = done.map_err(|error| {
            Failure::io(format_args!("cannot reach {remote}"), &error).exits(NO_ANSWER)
        })?;
        Ok(numbered(STREAMS, number))
    }

    /// Serves the devices of a broker from now on. Whether it is there is told later.
    pub(crate) fn serve_broker(&mut self, place: &BrokerPlace, address: SocketAddr) {
        self.brokers.serve(place, address);
    }

    /// An endpoint that registered by the broker before a restart, and where its registration is.
    /// Others are passed over.
    pub(crate) fn recall(&mut self, peer: PeerId, endpoint: &str, location: String) {
        if door_of(peer) == BROKERS {
            self.brokers.recall(peer.0 & !DOOR_BITS, endpoint, location);
        }
    }

    /// A socket for talking to a server; none if it takes a connection.
    async fn door(&self, target: &Target, remote: SocketAddr) -> Result<Option<Door>, Failure> {
        let fail = |error| Failure::io(format_args!("cannot reach {remote}"), &error);
        let credentials = match (target.scheme, &target.psk, &target.trust) {
            (Scheme::Coap, ..) => None,
            (Scheme::Coaps, Some(psk), _) => Some(Credentials::Psk(psk.clone())),
            (Scheme::Coaps, None, Some(trust)) => {
                Some(Credentials::Certificate(trust.clone(), target.host.clone()))
            }
            (Scheme::Coaps, None, None) => return Err(Failure::new(dtls::needs())),
            _ => return Ok(None),
        };
        let sessions = credentials.map(Sessions::client).transpose().map_err(Failure::new)?;
        let socket = Datagrams::connect(remote).await.map_err(fail)?;
        let peers = Peers::new(1);
        Ok(Some(Door { socket, remote: Some(remote), peers, sessions }))
    }

    fn open(&mut self, door: Door) -> Result<usize, Failure> {
        if self.doors.len() >= MOST_DOORS {
            return Err(Failure::new(format!("more than {MOST_DOORS} sockets")));
        }
        self.doors.push(door);
        Ok(self.doors.len() - 1)
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
        let number = PeerId(peer.0 & !DOOR_BITS);
        match door_of(peer) {
            STREAMS => return self.streams.address(number.0),
            BROKERS => return self.brokers.address(number.0),
            _ => {}
        }
        let door = self.doors.get(door_of(peer))?;
        match &door.sessions {
            Some(sessions) => sessions.address(number.0),
            None => door.remote.or_else(|| door.peers.address(number)),
        }
    }

    /// True if what a peer says goes through a security session, also when that is over; of a
    /// connection as long as it is there.
    pub(crate) fn is_secure(&self, peer: PeerId) -> bool {
        match self.doors.get(door_of(peer)) {
            Some(door) => door.sessions.is_some(),
            None => self.streams.scheme(peer.0 & !DOOR_BITS).is_some_and(Scheme::is_tls),
        }
    }

    /// The number of the peer at an address, as the first socket reaches it, without security.
    pub(crate) fn peer_at(&mut self, address: SocketAddr) -> Option<PeerId> {
        let door = self.doors.first_mut().filter(|door| door.sessions.is_none())?;
        let v4 = door.socket.local().is_ipv4();
        (!v4 || plain(address).is_ipv4()).then(|| numbered(0, door.peers.id(address).0))
    }

    /// True for the number of a connection, whether it is there or not.
    pub(crate) fn is_connection(peer: PeerId) -> bool {
        door_of(peer) == STREAMS
    }

    /// True for the number of who is reached by a broker, whether it is there or not.
    pub(crate) fn is_by_broker(peer: PeerId) -> bool {
        door_of(peer) == BROKERS
    }

    /// True for the number of who has a socket of its own here, which can be used for another.
    pub(crate) fn is_socket(peer: PeerId) -> bool {
        door_of(peer) < MOST_DOORS
    }

    /// How messages are told apart on the connection with a peer; `None` for datagrams.
    pub(crate) fn framing(&self, peer: PeerId) -> Option<Framing> {
        let number = peer.0 & !DOOR_BITS;
        let connection = (door_of(peer) == STREAMS).then_some(number)?;
        self.streams.scheme(connection).map(Scheme::framing)
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

    /// Takes so many connections at one time on sockets that listen from now on, as far as the system
    /// lets a process have as many files.
    pub(crate) fn allow_connections(&mut self, most: usize) {
        self.streams.allow(most);
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{Resource, getrlimit, setrlimit};
            let mut files = getrlimit(Resource::Nofile);
            files.current = files.maximum;
            // With fewer it goes as far as they last.
            let _ = setrlimit(Resource::Nofile, files);
        }
    }

    /// What is there, and what was turned away.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts {
            connections: self.streams.len(),
            connections_failed: self.streams.failed(),
            connections_pushed_out: self.streams.pushed_out(),
            ..Counts::default()
        };
        for sessions in self.doors.iter().filter_map(|door| door.sessions.as_ref()) {
            counts.sessions += sessions.up();
            counts.sessions_failed += sessions.failed();
        }
        counts
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
        let Transport { doors, streams, brokers, .. } = self;
        let sockets = async {
            match doors.as_slice() {
                [] => std::future::pending().await,
                [door] => door.socket.ready().await.map_err(broken),
                doors => {
                    let all = doors.iter().map(|door| Box::pin(door.socket.ready()));
                    futures_util::future::select_all(all).await.0.map_err(broken)
                }
            }
        };
        tokio::select! {
            ready = sockets => ready,
            () = streams.ready() => Ok(()),
            () = brokers.ready() => Ok(()),
        }
    }

    /// When [`Transport::handle_timeout`] should be called next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let sessions = self.doors.iter().filter_map(|door| door.sessions.as_ref());
        sessions.filter_map(Sessions::poll_timeout).min()
    }

    /// Does what is due for sessions.
    pub(crate) fn handle_timeout(&mut self, now: Instant, sink: &mut Sink<'_>) {
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
    pub(crate) fn receive(&mut self, sink: &mut Sink<'_>) -> Result<bool, Failure> {
        let mut any = self.receive_streams(sink) | self.receive_brokers(sink);
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

    fn receive_streams(&mut self, sink: &mut Sink<'_>) -> bool {
        let Transport { streams, notices, .. } = self;
        streams.receive(&mut |arrived| match arrived {
            stream::Arrived::Up(number, framing, names) => {
                let peer = numbered(STREAMS, number);
                notices.push_back(Notice::Up(peer));
                sink(Arrival::Connected(peer, framing));
                names.map_or(0, |names| sink(Arrival::Secured(peer, Proven::Certificate(&names))))
            }
            stream::Arrived::Bytes(number, from, framing, bytes) => {
                sink(Arrival::Bytes(numbered(STREAMS, number), from, framing, &bytes))
            }
            stream::Arrived::Down(number, reason) => {
                let peer = numbered(STREAMS, number);
                notices.push_back(Notice::Down(peer, reason));
                sink(Arrival::Disconnected(peer))
            }
        })
    }

    fn receive_brokers(&mut self, sink: &mut Sink<'_>) -> bool {
        let Transport { brokers, notices, .. } = self;
        brokers.receive(&mut |arrived| match arrived {
            mqtt::Arrived::Proven(number, proven) => {
                sink(Arrival::Secured(numbered(BROKERS, number), proven));
            }
            mqtt::Arrived::Message(number, from, message) => {
                sink(Arrival::Datagram(numbered(BROKERS, number), from, message));
            }
            mqtt::Arrived::Down(number, reason) => {
                notices.push_back(Notice::Down(numbered(BROKERS, number), reason));
            }
            mqtt::Arrived::Broker(to) => notices.push_back(Notice::Broker(to)),
        })
    }

    fn decrypt(&mut self, at: usize, count: usize, sink: &mut Sink<'_>) {
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
    fn hand_over(&mut self, at: usize, sink: &mut Sink<'_>) {
        for arrived in std::mem::take(&mut self.arrived) {
            match arrived {
                Arrived::Message(number, from, bytes) => {
                    sink(Arrival::Datagram(numbered(at, number), from, &bytes));
                }
                Arrived::Up(number, shown) => {
                    let peer = numbered(at, number);
                    let proven = match &shown {
                        Shown::Identity(identity) => Some(Proven::Psk(identity)),
                        Shown::Certificate(names) => Some(Proven::Certificate(names)),
                        Shown::Nothing => None,
                    };
                    if let Some(proven) = proven {
                        sink(Arrival::Secured(peer, proven));
                    }
                    self.notices.push_back(Notice::Up(peer));
                }
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
        match at {
            STREAMS => return self.streams.send(number.0, message),
            BROKERS => return self.brokers.send(number.0, message),
            _ => {}
        }
        let Transport { doors, arrived, .. } = self;
        let Some(door) = doors.get_mut(at) else { return };
        match &mut door.sessions {
            Some(sessions) => {
                let socket = &mut door.socket;
                let mut send = |to: SocketAddr, bytes: &[u8]| socket.queue(to, bytes);
                sessions.send(Instant::now(), number.0, message, &mut send, arrived);
                // Sending brings nothing in, but it may show that the session is over.
                self.hand_over(at, &mut |_| 0);
            }
            None => {
                if let Some(to) = door.remote.or_else(|| door.peers.address(number)) {
                    door.socket.queue(to, message);
                }
            }
        }
    }

    /// True if something came that the engine did not take: it is offered again.
    pub(crate) fn pending(&self) -> bool {
        self.streams.pending() || self.brokers.pending()
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
        match door_of(peer) {
            STREAMS => return self.streams.close(number),
            BROKERS => return self.brokers.close(number),
            _ => {}
        }
        if let Some(Door { socket, sessions: Some(sessions), .. }) =
            self.doors.get_mut(door_of(peer))
        {
            let mut send = |to: SocketAddr, bytes: &[u8]| socket.queue(to, bytes);
            sessions.close(Instant::now(), number, &mut send);
        }
    }
}

/// The first number of a session or connection. Engines that survive a restart know peers by their
/// numbers, so those of a run are not those of the runs before.
fn first_number() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    (seconds & 0xffff_ffff) << 22
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
