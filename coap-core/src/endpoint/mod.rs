//! The endpoint: both roles of CoAP as one state machine (RFC 7252, 7641, 7959, 8323).
//!
//! Three kinds of units send messages: exchanges (our requests), incoming requests (their
//! responses) and observers (their notifications). Each embeds a [`Sending`]; one table of
//! deadlines, one of message IDs and one outbox serve all of them by their unit numbers. A fourth
//! kind, transfers, holds bodies that come or go in blocks and sends nothing itself.

mod config;
#[cfg(feature = "stream")]
mod connection;
#[cfg(not(feature = "stream"))]
mod datagrams;
#[cfg(feature = "extensions")]
mod echo;
#[cfg(not(feature = "extensions"))]
#[path = "unchallenged.rs"]
mod echo;
mod event;
mod exchange;
mod incoming;
#[cfg(any(not(feature = "small"), feature = "extensions"))]
mod line;
mod observer;
#[cfg(feature = "oscore")]
mod outer;
#[cfg(any(not(feature = "small"), feature = "extensions"))]
mod peers;
#[cfg(all(feature = "small", not(feature = "extensions")))]
#[path = "few_peers.rs"]
mod peers;
#[cfg(feature = "q-block")]
mod quick;
mod receive;
#[cfg(feature = "oscore")]
mod renewal;
#[cfg(feature = "oscore")]
mod security;
#[cfg(not(feature = "oscore"))]
#[path = "unprotected.rs"]
mod security;
mod sending;
mod size;
mod stored;
mod survey;
mod token;
mod told;
mod transfer;

pub use config::{Config, ConfigError, Limits, Parameters, PeerParameters};
#[cfg(feature = "stream")]
use connection::Connections;
#[cfg(feature = "stream")]
pub use connection::{CloseReason, Streams};
#[cfg(not(feature = "stream"))]
use datagrams::Connections;
pub use event::{
    Cancel, Content, Counters, Event, Incoming, IncomingId, ObserverEnd, ObserverId, Outcome,
    Piece, Request, RequestId, Response, UsageError,
};

#[cfg(feature = "q-block")]
pub use quick::QBlockParameters;
#[cfg(feature = "oscore")]
pub use security::{History, SecurityId};

use crate::writer::Extras;
use crate::{Code, EXTENSIONS, OptionNumber, Options};
use exchange::Exchange;
use incoming::{Asked, Remembered};
#[cfg(not(feature = "small"))]
use m2m_base::container::{Deadlines, Index as Keys, Queue, Slab};
#[cfg(feature = "small")]
use m2m_base::container::{
    FewDeadlines as Deadlines, FewQueue as Queue, FewSlots as Slab, Scan as Keys,
};
use m2m_base::container::{Handle, Index, Pool, Reservation, Reserve};
use m2m_base::{
    BufferTooSmall, Cause, Disposition, Duration, Engine, FitSink, Instant, PeerId, Random, Seed,
    Transmit,
};
use observer::Observer;
use peers::Peers;
#[cfg(feature = "oscore")]
use security::Security;
use sending::{Reply, Unwritten};
use stored::Stored;
#[cfg(all(test, feature = "small"))]
pub(crate) use survey::options_len;
use token::Token;
use told::{Told, What};
use transfer::Transfer;

/// Bytes that the endpoint may add to a message besides options, token and payload: header,
/// payload marker, and the options Observe, ETag, Block1, Block2, Size and Request-Tag at their
/// longest.
const OVERHEAD: usize = 4 + 1 + 4 + 5 + 5 + 5 + 6 + 4;

/// Has a list options that only the endpoint sets? Size1 is one of a request.
#[cfg_attr(feature = "small", inline(never))]
fn has_own(options: Options<'_>, request: bool) -> bool {
    options.iter().any(|o| match o.number {
        OptionNumber::OBSERVE
        | OptionNumber::BLOCK1
        | OptionNumber::BLOCK2
        | OptionNumber::Q_BLOCK1
        | OptionNumber::Q_BLOCK2 => true,
        OptionNumber::SIZE1 => request,
        _ => false,
    })
}

impl Response<'_> {
    fn check(&self) -> Result<(), UsageError> {
        let right = self.code.is_response() && !has_own(self.options, false);
        if right { Ok(()) } else { Err(UsageError::Invalid) }
    }
}

/// It fetches bodies in blocks.
const FETCH: bool = cfg!(feature = "fetch");

/// It observes.
const OBSERVE: bool = cfg!(feature = "observe");

/// The application takes bodies block by block: of responses, of requests.
const STREAM_DOWNLOADS: bool = cfg!(feature = "stream-downloads");
const STREAM_UPLOADS: bool = cfg!(feature = "stream-uploads");

/// It takes part in groups.
const MULTICAST: bool = cfg!(feature = "multicast");

/// It sends bodies in blocks.
const UPLOAD: bool = cfg!(feature = "upload");

/// Requests go out as they were stored, and nothing is added to them later.
const AS_STORED: bool = !FETCH && !UPLOAD && !EXTENSIONS;

/// It keeps bodies of responses and serves them in blocks.
const KEEP: bool = cfg!(feature = "keep");

/// What a unit number stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unit {
    Exchange(Handle),
    Incoming(Handle),
    Observer(Handle),
    Transfer(Handle),
    #[cfg(feature = "stream")]
    Connection(Handle),
    #[cfg(feature = "q-block")]
    Quick(Handle),
}

/// A CoAP endpoint, client and server at once.
///
/// Everything is reserved by [`Endpoint::new`]; nothing is allocated afterwards. See the crate's
/// documentation for the loop that drives it.
#[derive(Debug)]
pub struct Endpoint {
    /// Longest datagram to send, and longest body.
    message_size: u16,
    body_size: u32,
    parameters: Parameters,
    /// How long duplicates are recognised with these: of a CON, and of a NON.
    lifetimes: (Duration, Duration),
    /// When the command or datagram came that is being carried out.
    now: Instant,
    random: Random,
    /// Keys the hashes, so that a peer cannot choose tokens that collide.
    secret: u64,
    /// Makes Echo values.
    #[cfg(feature = "extensions")]
    echo_key: Seed,
    /// Request-Tag of the body that went in blocks last.
    next_tag: u8,
    pool: Pool,
    peers: Peers,
    exchanges: Slab<Exchange>,
    requests: Slab<Asked>,
    observers: Slab<Observer>,
    transfers: Slab<Transfer>,
    #[cfg(feature = "q-block")]
    quick: quick::Quicks,
    /// Units by what incoming messages name them with: exchanges and observers by token, incoming
    /// requests by message ID, transfers by cache key.
    keys: Keys,
    /// Units by the message ID they sent last.
    mids: Keys,
    deadlines: Deadlines,
    /// Answered requests: the first to go when room is needed.
    remembered: Remembered,
    /// Units whose message is to be sent.
    outbox: Queue<u32>,
    /// Messages that belong to no unit.
    replies: Queue<Reply>,
    events: Queue<Told>,
    connections: Connections,
    counters: Counters,
    /// The datagram that is being received came by multicast.
    #[cfg(feature = "multicast")]
    by_multicast: bool,
    #[cfg(feature = "oscore")]
    security: Security,
    /// Bytes on the heap.
    reserved: usize,
}

impl Endpoint {
    /// An endpoint that is not open yet: without room for anything.
    #[must_use]
    #[inline(always)]
    pub const fn empty() -> Endpoint {
        Endpoint {
            message_size: 0,
            body_size: 0,
            parameters: Parameters::NONE,
            lifetimes: (Duration::ZERO, Duration::ZERO),
            now: Instant::ZERO,
            random: Random::unseeded(),
            secret: 0,
            #[cfg(feature = "extensions")]
            echo_key: Seed([0; 32]),
            next_tag: 0,
            pool: Pool::empty(),
            peers: Peers::empty(),
            exchanges: Slab::empty(),
            requests: Slab::empty(),
            observers: Slab::empty(),
            transfers: Slab::empty(),
            #[cfg(feature = "q-block")]
            quick: quick::Quicks::empty(),
            keys: Keys::empty(),
            mids: Keys::empty(),
            deadlines: Deadlines::empty(),
            remembered: Remembered::empty(),
            outbox: Queue::empty(),
            replies: Queue::empty(),
            events: Queue::empty(),
            #[cfg(feature = "stream")]
            connections: Connections::empty(),
            #[cfg(not(feature = "stream"))]
            connections: Connections,
            counters: Counters::NONE,
            #[cfg(feature = "multicast")]
            by_multicast: false,
            #[cfg(feature = "oscore")]
            security: Security::empty(),
            reserved: 0,
        }
    }

    /// Makes an endpoint and reserves all it will ever hold.
    ///
    /// # Errors
    /// [`ConfigError`] if a limit or parameter is out of range or memory is short.
    pub fn new(config: &Config, seed: &Seed) -> Result<Endpoint, ConfigError> {
        let mut endpoint = Endpoint::empty();
        let mut reservation = Reservation::new();
        endpoint.open(config, seed, &mut reservation)?;
        reservation.finish()?;
        Ok(endpoint)
    }

    /// Makes an endpoint that may have connections too, and reserves all it will ever hold.
    ///
    /// # Errors
    /// As [`Endpoint::new`].
    #[cfg(feature = "stream")]
    pub fn with_streams(
        config: &Config,
        streams: &Streams,
        seed: &Seed,
    ) -> Result<Endpoint, ConfigError> {
        let mut endpoint = Endpoint::empty();
        let mut reservation = Reservation::new();
        endpoint.open_with_streams(config, streams, seed, &mut reservation)?;
        reservation.finish()?;
        Ok(endpoint)
    }

    /// Opens [`Endpoint::empty`] where it lies, as a part of something larger that reserves its
    /// memory together with its own. It is of use when [`Reservation::finish`] has said that all of
    /// it is there; to be called once.
    ///
    /// # Errors
    /// [`ConfigError`] if a limit or parameter is out of range.
    pub fn open(
        &mut self,
        config: &Config,
        seed: &Seed,
        reservation: &mut impl Reserve,
    ) -> Result<(), ConfigError> {
        config.check()?;
        self.reserve(config, seed, 0, reservation);
        Ok(())
    }

    /// The same with connections.
    ///
    /// # Errors
    /// As [`Endpoint::open`].
    #[cfg(feature = "stream")]
    pub fn open_with_streams(
        &mut self,
        config: &Config,
        streams: &Streams,
        seed: &Seed,
        reservation: &mut impl Reserve,
    ) -> Result<(), ConfigError> {
        config.check()?;
        streams.check(config.limits.pool)?;
        let before = reservation.bytes();
        self.reserve(config, seed, streams.connections.into(), reservation);
        self.connections.reserve(streams, self.secret, reservation);
        self.reserved = reservation.bytes().saturating_sub(before);
        Ok(())
    }

    /// Reserves all but the connections themselves.
    fn reserve(&mut self, config: &Config, seed: &Seed, c: u32, reservation: &mut impl Reserve) {
        let before = reservation.bytes();
        let limits = &config.limits;
        self.message_size = limits.message_size;
        self.body_size = limits.body_size;
        self.parameters = config.parameters;
        self.lifetimes = self.parameters.lifetimes();
        self.random.seed(seed);
        self.secret = self.random.u64();
        if UPLOAD {
            self.next_tag = self.random.u8();
        }
        #[cfg(feature = "extensions")]
        {
            self.echo_key = seed.derive(0);
        }
        let (e, r) = (limits.exchanges, limits.requests);
        let (o, t) = (limits.observers, limits.transfers);
        let units = e + r + o;
        // Transfers with Q-Block options: as many again.
        let q = if cfg!(feature = "q-block") { t } else { 0 };
        // Chunks: the request, an option, and a block of it or the response for each exchange; two
        // messages and a token for each request, two for each observer and connection, one for
        // each transfer.
        self.pool.reserve(limits.pool, 3 * (e + r) + 2 * (o + c) + t + q, reservation);
        self.peers.reserve(limits.peers, self.secret, reservation);
        self.exchanges.reserve(e, reservation);
        self.requests.reserve(r, reservation);
        self.observers.reserve(o, reservation);
        self.transfers.reserve(t, reservation);
        #[cfg(feature = "q-block")]
        self.quick.reserve(q, o, reservation);
        self.keys.reserve(units + t, reservation);
        self.mids.reserve(if q == 0 { units } else { units + t + c + q }, reservation);
        self.deadlines.reserve(units + t + c + q, reservation);
        self.remembered.reserve(r, reservation);
        self.outbox.reserve((units + c + q) as usize, reservation);
        self.replies.reserve(r.clamp(4, 256) as usize, reservation);
        let told = 2 * (e + r) + o + 3 * c + limits.security_contexts;
        self.events.reserve(told as usize, reservation);
        #[cfg(feature = "oscore")]
        self.security.reserve(limits, self.secret, reservation);
        self.reserved = reservation.bytes().saturating_sub(before);
    }

    /// Takes a datagram from `peer`. Afterwards, what the `poll_` methods answer may have changed.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        self.now = now;
        if self.connections.knows(peer) {
            return Disposition::Ignored(Cause::Unexpected);
        }
        self.receive(peer, datagram)
    }

    /// Takes a datagram from `peer` that was sent to a group which the driver has joined. Only NON
    /// requests may come so; nothing else is answered, not even with a RST (RFC 7252 section 8.1).
    /// The response goes out some time within [`Parameters::leisure`], and none of class 4 or 5
    /// does unless a No-Response option says that they are wanted (RFC 7252 section 8.2, RFC 7967
    /// section 2.1).
    #[cfg(feature = "multicast")]
    pub fn handle_multicast(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        self.now = now;
        self.by_multicast = true;
        let disposition = self.receive(peer, datagram);
        self.by_multicast = false;
        disposition
    }

    /// Does what is due at `now`: retransmissions, empty acknowledgements, time-outs. Calling it
    /// early or twice is harmless.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        while let Some(number) = self.deadlines.pop_due(now) {
            match self.unit(number) {
                Some(Unit::Transfer(handle)) => self.drop_transfer(handle),
                #[cfg(feature = "stream")]
                Some(Unit::Connection(handle)) => self.connection_due(handle),
                Some(unit) => self.due(unit),
                None => {}
            }
        }
    }

    /// Writes the next datagram into `buf`. Call it until it answers `None`.
    ///
    /// # Errors
    /// [`BufferTooSmall`] tells how many bytes the datagram needs; nothing is lost.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        self.now = now;
        #[cfg(feature = "stream")]
        if let Some(transmit) = self.poll_connections(buf)? {
            self.counters.sent = self.counters.sent.wrapping_add(1);
            return Ok(Some(transmit));
        }
        if let Some(reply) = self.replies.front() {
            let peer = reply.peer;
            let mut sink = FitSink::new(buf);
            let len = match reply.write(&mut sink) {
                Ok(_) => sink.finish()?,
                Err(_) => 0,
            };
            self.replies.pop();
            self.counters.sent = self.counters.sent.wrapping_add(1);
            return Ok(Some(Transmit { peer, len }));
        }
        // Messages that wait for something else than the network go to the end of the line.
        #[cfg_attr(not(feature = "oscore"), allow(unused_mut, reason = "only sequence numbers"))]
        let mut waiting = 0;
        while let Some(number) = self.next_out().filter(|_| waiting < self.outbox.len()) {
            let Some(unit) = self.unit(number) else {
                self.leave_outbox(number);
                continue;
            };
            match self.write_datagram(unit, buf) {
                Ok((peer, len)) => {
                    self.leave_outbox(number);
                    #[cfg(feature = "stream")]
                    if self.exceeds(peer, len) {
                        self.too_long(unit);
                        continue;
                    }
                    let allowed = match unit {
                        Unit::Incoming(handle) => self.spend(handle, len),
                        _ => true,
                    };
                    self.transmitted(unit);
                    if !allowed {
                        continue;
                    }
                    self.counters.sent = self.counters.sent.wrapping_add(1);
                    return Ok(Some(Transmit { peer, len }));
                }
                Err(Unwritten::Short { needed }) => return Err(BufferTooSmall { needed }),
                Err(Unwritten::Never) => {
                    // No unit is queued with a message that cannot be written.
                    self.leave_outbox(number);
                }
                #[cfg(feature = "oscore")]
                Err(Unwritten::Later) => {
                    self.leave_outbox(number);
                    let _ = self.outbox.push(number);
                    waiting = waiting.saturating_add(1);
                }
                #[cfg(feature = "oscore")]
                Err(Unwritten::Exhausted) => {
                    self.leave_outbox(number);
                    self.end_unit(unit);
                }
            }
        }
        Ok(None)
    }

    /// The next thing the application should know.
    pub fn poll_event(&mut self) -> Option<Event> {
        loop {
            let told = self.events.pop()?;
            if let Some(event) = self.event_of(told) {
                return Some(event);
            }
        }
    }

    /// When [`Endpoint::handle_timeout`] has something to do; `None` if nothing is waited for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| at)
    }

    /// What was counted since the endpoint was made.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Bytes on the heap that it reserved when it was made; beside them it takes
    /// `size_of::<Endpoint>()` wherever its owner keeps it.
    #[must_use]
    pub fn reserved_bytes(&self) -> usize {
        self.reserved
    }

    /// The longest datagram that it sends, in bytes ([`Limits::message_size`]).
    #[must_use]
    pub fn message_size(&self) -> u16 {
        self.message_size
    }

    /// The transmission parameters it was made with.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Bytes in a block of a body of ours, when a peer does not ask for smaller ones and the
    /// options of the message are not longer than 64 bytes.
    #[must_use]
    pub fn block_size(&self) -> usize {
        16 << self.szx_beside(self.most_overhead().saturating_add(64))
    }

    /// Ends all exchanges with `peer` (each with [`Outcome::PeerDown`]) and forgets its requests
    /// and, with an event for each, its observers: its address or security session is gone.
    pub fn forget_peer(&mut self, now: Instant, peer: PeerId) {
        self.now = now;
        #[cfg(feature = "extensions")]
        self.peers.reset(peer);
        #[cfg(feature = "stream")]
        if self.connections.knows(peer) {
            return self.disconnected(now, peer);
        }
        self.end_all_with(peer);
    }

    fn end_all_with(&mut self, peer: PeerId) {
        #[cfg(feature = "q-block")]
        self.drop_quick_with(peer);
        for number in 0..self.first_transfer().saturating_add(self.transfers.capacity()) {
            match self.unit(number) {
                Some(Unit::Exchange(h)) if self.exchange_is_open_with(h, peer) => {
                    self.finish(h, Outcome::PeerDown);
                }
                Some(Unit::Incoming(h))
                    if self.requests.get(h).is_some_and(|a| a.sending.peer == peer) =>
                {
                    self.drop_incoming(h);
                }
                Some(Unit::Observer(h)) if self.observer_is_open_with(h, peer) => {
                    self.end_observer(h, ObserverEnd::PeerDown);
                }
                Some(Unit::Transfer(h))
                    if self.transfers.get(h).is_some_and(|t| t.peer == peer) =>
                {
                    self.drop_transfer(h);
                }
                _ => {}
            }
        }
    }

    /// Did the datagram that is being received come by multicast?
    #[allow(clippy::unused_self, reason = "only with groups")]
    fn came_by_multicast(&self) -> bool {
        #[cfg(feature = "multicast")]
        return self.by_multicast;
        #[cfg(not(feature = "multicast"))]
        false
    }

    fn first_incoming(&self) -> u32 {
        self.exchanges.capacity()
    }

    fn first_observer(&self) -> u32 {
        self.first_incoming().wrapping_add(self.requests.capacity())
    }

    fn first_transfer(&self) -> u32 {
        self.first_observer().wrapping_add(self.observers.capacity())
    }

    #[cfg(feature = "stream")]
    fn first_connection(&self) -> u32 {
        self.first_transfer().wrapping_add(self.transfers.capacity())
    }

    fn number(&self, unit: Unit) -> u32 {
        match unit {
            Unit::Exchange(h) => h.index(),
            Unit::Incoming(h) => self.first_incoming().wrapping_add(h.index()),
            Unit::Observer(h) => self.first_observer().wrapping_add(h.index()),
            Unit::Transfer(h) => self.first_transfer().wrapping_add(h.index()),
            #[cfg(feature = "stream")]
            Unit::Connection(h) => self.first_connection().wrapping_add(h.index()),
            #[cfg(feature = "q-block")]
            Unit::Quick(h) => self.first_quick().wrapping_add(h.index()),
        }
    }

    /// The unit that has a number now.
    fn unit(&self, number: u32) -> Option<Unit> {
        let (incoming, observer, transfer) =
            (self.first_incoming(), self.first_observer(), self.first_transfer());
        if number < incoming {
            self.exchanges.handle_at(number).map(Unit::Exchange)
        } else if number < observer {
            self.requests.handle_at(number.wrapping_sub(incoming)).map(Unit::Incoming)
        } else if number < transfer {
            self.observers.handle_at(number.wrapping_sub(observer)).map(Unit::Observer)
        } else {
            #[cfg(feature = "q-block")]
            if let Some(index) = number.checked_sub(self.first_quick()) {
                return self.quick.slots.handle_at(index).map(Unit::Quick);
            }
            #[cfg(feature = "stream")]
            if let Some(index) = number.checked_sub(self.first_connection()) {
                return self.connections.handle_at(index).map(Unit::Connection);
            }
            self.transfers.handle_at(number.wrapping_sub(transfer)).map(Unit::Transfer)
        }
    }

    /// Sets when a unit has something to do.
    #[cfg_attr(feature = "small", inline(never))]
    fn wake(&mut self, unit: Unit, at: Instant) {
        self.deadlines.set(self.number(unit), at);
    }

    /// Sets after how much time.
    fn wake_in(&mut self, unit: Unit, span: Duration) {
        self.wake(unit, self.now + span);
    }

    /// Stores a message, forgetting answered requests and then served bodies if need be.
    fn store(
        &mut self,
        code: Code,
        options: Options<'_>,
        extras: &Extras<'_>,
        payload: &[u8],
    ) -> Option<Stored> {
        loop {
            let stored = Stored::new(&mut self.pool, code, options, extras, payload);
            if stored.is_some() || !self.make_room() {
                return stored;
            }
        }
    }

    /// Appends to a stored message, making room as [`Endpoint::store`] does.
    fn append(&mut self, stored: &mut Stored, more: &[u8]) -> bool {
        loop {
            if stored.append(&mut self.pool, more) {
                return true;
            }
            if !self.make_room() {
                return false;
            }
        }
    }

    /// Gives up what can be done without, the oldest first; false if there is nothing.
    fn make_room(&mut self) -> bool {
        #[cfg(feature = "q-block")]
        if self.evict_quick() {
            return true;
        }
        self.evict_remembered() || (KEEP && self.evict_served())
    }

    /// For how long duplicates of a message of a peer are recognised.
    fn lifetime(&self, peer: PeerId, confirmable: bool) -> Duration {
        let (exchange, non) = match self.peers.parameters(peer) {
            Some(own) => self.parameters.with(own).lifetimes(),
            None => self.lifetimes,
        };
        if confirmable { exchange } else { non }
    }

    /// The transmission parameters for a peer.
    fn parameters_for(&self, peer: PeerId) -> PeerParameters {
        self.peers.parameters(peer).unwrap_or_else(|| self.parameters.of_peer())
    }

    /// Gives a peer transmission parameters of its own, or with `None` those of the endpoint again.
    /// They hold for messages that are sent from now on, until [`Endpoint::forget_peer`]; the peer
    /// keeps its place of [`Limits::peers`] as long.
    ///
    /// # Errors
    /// [`UsageError::Invalid`] for values out of range; [`UsageError::Full`] if there is no place.
    #[cfg(feature = "extensions")]
    pub fn set_parameters(
        &mut self,
        peer: PeerId,
        parameters: Option<PeerParameters>,
    ) -> Result<(), UsageError> {
        if parameters.is_some_and(|p| !p.are_valid()) {
            return Err(UsageError::Invalid);
        }
        if !self.peers.know(peer, &mut self.random) {
            return Err(UsageError::Full);
        }
        self.peers.set_parameters(peer, parameters);
        Ok(())
    }

    fn hash(&self, domain: u64, peer: PeerId, part: u64) -> u64 {
        Index::mix(Index::mix(self.secret.wrapping_add(domain), peer.0), part)
    }

    fn token_hash(&self, domain: u64, peer: PeerId, token: &Token) -> u64 {
        let part = u64::from_be_bytes(token.bytes);
        self.hash(domain.wrapping_add(u64::from(token.len) << 8), peer, part)
    }
}

/// Domains that keep the keys of different kinds of units apart.
mod domain {
    pub(super) const EXCHANGE: u64 = 1;
    pub(super) const INCOMING: u64 = 2;
    pub(super) const OBSERVER: u64 = 3;
    pub(super) const TRANSFER: u64 = 4;
    pub(super) const MID: u64 = 5;
    pub(super) const GROUP: u64 = 6;
    #[cfg(feature = "q-block")]
    pub(super) const QUICK: u64 = 7;
}

impl Engine for Endpoint {
    type Event = Event;

    fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        Endpoint::handle_datagram(self, now, peer, datagram)
    }

    fn forget_peer(&mut self, now: Instant, peer: PeerId) {
        Endpoint::forget_peer(self, now, peer);
    }

    fn handle_timeout(&mut self, now: Instant) {
        Endpoint::handle_timeout(self, now);
    }

    fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        Endpoint::poll_transmit(self, now, buf)
    }

    fn poll_event(&mut self) -> Option<Event> {
        Endpoint::poll_event(self)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Endpoint::poll_timeout(self)
    }
}
