//! Connections: peers that are reached over TCP, TLS or WebSocket (RFC 8323).
//!
//! A peer with a connection is served by the same units as any other. What differs for them is
//! asked of this folder: messages have frames instead of message IDs, nothing is acknowledged or
//! sent again, and how long a message may be is agreed by signalling.

mod commands;
mod config;
mod receive;
mod transmit;

pub use config::{CloseReason, Streams};

use super::sending::{Phase, Reply};
use super::{Endpoint, Event, Outcome, Stored, Token, Unit, What};
use crate::stream::{BASE_MESSAGE_SIZE, Transport};
use crate::{Block, Code, MessageType};
use alloc::vec::Vec;
use m2m_base::container::{Handle, Index, Queue, Reserve, Slab};
use m2m_base::{Instant, PeerId};

/// Replies that a connection may have queued before no more is taken from it.
const QUOTA: u8 = 8;

/// How far a connection is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// Nothing came yet.
    Fresh,
    /// The peer's CSM came.
    Open,
    /// An Abort is to be sent; nothing else is done any more.
    Aborting,
    /// The driver was told to close it.
    Closed,
}

/// A ping of ours.
#[derive(Clone, Copy, Debug)]
struct Ping {
    token: u8,
    custody: bool,
    /// The application wants to know.
    asked: bool,
    sent: Option<Instant>,
}

#[derive(Debug)]
struct Connection {
    peer: PeerId,
    transport: Transport,
    stage: Stage,
    since: Instant,
    /// When the last bytes came.
    heard: Instant,
    /// Longest message that the peer takes.
    max_message: u32,
    block_wise: bool,
    /// Bytes held of a message that is not complete, and how many it takes to know more.
    held: usize,
    needed: usize,
    /// Replies of this connection in the queue.
    replies: u8,
    /// Requests of the peer that are not answered yet.
    open: u32,
    /// Changes with each ping that waits for open requests: tells those that came before it.
    epoch: u16,
    /// A ping that waits for the answers to so many requests.
    custody: Option<(Token, u32)>,
    ping: Option<Ping>,
    last_ping: u8,
    /// Messages to send: each is written when its turn comes.
    csm_due: bool,
    ping_due: bool,
    /// It is in the queue of those that have such a message.
    in_line: bool,
    released_by_peer: bool,
    /// We sent a Release, or are about to.
    released: bool,
    release_sent: Option<Instant>,
    /// Release or Abort to send.
    outgoing: Option<Stored>,
    /// Release or Abort that came.
    signal: Option<Stored>,
    reason: CloseReason,
}

/// The connections and what is theirs alone.
#[derive(Debug)]
pub(super) struct Connections {
    streams: Streams,
    slots: Slab<Connection>,
    index: Index,
    secret: u64,
    /// The beginnings of messages, `message_size` bytes for each connection.
    held: Vec<u8>,
    /// Connections that have a CSM, ping or Abort to send.
    line: Queue<Handle>,
    replies: Queue<Reply>,
}

impl Connections {
    #[inline(always)]
    pub(super) const fn empty() -> Connections {
        Connections {
            streams: Streams::NONE,
            slots: Slab::empty(),
            index: Index::empty(),
            secret: 0,
            held: Vec::new(),
            line: Queue::empty(),
            replies: Queue::empty(),
        }
    }

    pub(super) fn reserve(
        &mut self,
        streams: &Streams,
        secret: u64,
        reservation: &mut impl Reserve,
    ) {
        let places = usize::from(streams.connections);
        self.streams = *streams;
        self.secret = secret;
        self.slots.reserve(streams.connections.into(), reservation);
        self.index.reserve(streams.connections.into(), reservation);
        let held = places.saturating_mul(streams.message_size as usize);
        reservation.fill(&mut self.held, 0, held);
        self.line.reserve(places, reservation);
        // One beyond the quota for the answer to a message, one for a pong that waited.
        self.replies.reserve(places.saturating_mul(usize::from(QUOTA) + 2), reservation);
    }

    #[cfg(feature = "q-block")]
    pub(super) fn capacity(&self) -> u32 {
        self.slots.capacity()
    }

    pub(super) fn handle_at(&self, index: u32) -> Option<Handle> {
        self.slots.handle_at(index)
    }

    fn hash(&self, peer: PeerId) -> u64 {
        Index::mix(self.secret, peer.0)
    }

    fn find(&self, peer: PeerId) -> Option<Handle> {
        if self.slots.is_empty() {
            return None;
        }
        let is = |i| self.slots.at(i).is_some_and(|(_, c)| c.peer == peer);
        self.slots.handle_at(self.index.find(self.hash(peer), is)?)
    }

    fn of(&self, peer: PeerId) -> Option<&Connection> {
        self.slots.get(self.find(peer)?)
    }

    fn of_mut(&mut self, peer: PeerId) -> Option<&mut Connection> {
        let handle = self.find(peer)?;
        self.slots.get_mut(handle)
    }

    pub(super) fn knows(&self, peer: PeerId) -> bool {
        self.find(peer).is_some()
    }

    /// Whose a connection is.
    pub(super) fn peer(&self, handle: Handle) -> Option<PeerId> {
        self.slots.get(handle).map(|c| c.peer)
    }

    /// The event that a connection is to be closed.
    pub(super) fn close(&self, handle: Handle) -> Option<Event> {
        let connection = self.slots.get(handle)?;
        Some(Event::Close { peer: connection.peer, reason: connection.reason })
    }

    pub(super) fn transport(&self, peer: PeerId) -> Option<Transport> {
        self.of(peer).map(|c| c.transport)
    }

    /// Longest message to send to a peer; `None` if it has no connection.
    pub(super) fn message_size(&self, peer: PeerId) -> Option<usize> {
        let most = self.of(peer)?.max_message.min(self.streams.message_size);
        usize::try_from(most).ok()
    }

    /// Have both ends said that they take BERT blocks (RFC 8323 section 5.3.2)?
    pub(super) fn takes_bert(&self, peer: PeerId) -> bool {
        self.streams.message_size > BASE_MESSAGE_SIZE
            && self.of(peer).is_some_and(|c| c.block_wise && c.max_message > BASE_MESSAGE_SIZE)
    }

    /// Longest message that we take.
    pub(super) fn own_message_size(&self) -> u32 {
        self.streams.message_size
    }

    /// Could a body in blocks that begins now not go in the blocks that the peer would take?
    pub(super) fn must_wait(&self, peer: PeerId) -> bool {
        self.of(peer).is_some_and(|c| c.stage == Stage::Fresh)
    }

    /// Is this a connection on which no request may begin?
    pub(super) fn is_closing(&self, peer: PeerId) -> bool {
        self.of(peer).is_some_and(|c| {
            c.released || c.released_by_peer || !matches!(c.stage, Stage::Fresh | Stage::Open)
        })
    }

    /// What marks a request as come before or after a ping that waits.
    fn epoch(&self, handle: Handle) -> u16 {
        self.slots.get(handle).map_or(0, |c| c.epoch)
    }
}

impl Endpoint {
    fn open_connection(&self, peer: PeerId) -> Option<Handle> {
        let handle = self.connections.find(peer)?;
        let connection = self.connections.slots.get(handle)?;
        matches!(connection.stage, Stage::Fresh | Stage::Open).then_some(handle)
    }

    /// A fault of the peer, or a command, ends a connection with an Abort.
    fn abort_connection(&mut self, handle: Handle, reason: CloseReason) {
        let Some(connection) = self.connections.slots.get_mut(handle) else { return };
        connection.stage = Stage::Aborting;
        connection.reason = reason;
        connection.ping_due = false;
        let old = connection.outgoing.take();
        self.wind_up(handle);
        self.free(old);
        self.line_up_connection(handle);
    }

    /// Tells the driver to close a connection.
    fn close_connection(&mut self, handle: Handle, reason: CloseReason) {
        let Some(connection) = self.connections.slots.get_mut(handle) else { return };
        (connection.stage, connection.reason) = (Stage::Closed, reason);
        self.wind_up(handle);
        self.tell(What::Close, handle);
    }

    /// Ends all that goes over a connection which carries no more requests.
    fn wind_up(&mut self, handle: Handle) {
        let number = self.number(Unit::Connection(handle));
        self.deadlines.clear(number);
        let Some(connection) = self.connections.slots.get_mut(handle) else { return };
        let peer = connection.peer;
        connection.held = 0;
        connection.custody = None;
        connection.replies = 0;
        self.connections.replies.retain(|r| r.peer != peer);
        self.outbox.retain(|n| *n != number);
        self.end_all_with(peer);
    }

    /// A request of a peer was taken in.
    pub(super) fn request_opened(&mut self, peer: PeerId) {
        if let Some(connection) = self.connections.of_mut(peer) {
            connection.open = connection.open.saturating_add(1);
        }
    }

    /// A request of a peer is answered or forgotten; `epoch` is the mark that it bears.
    pub(super) fn request_closed(&mut self, peer: PeerId, epoch: u16) {
        let Some(connection) = self.connections.of_mut(peer) else { return };
        connection.open = connection.open.saturating_sub(1);
        let before = epoch != connection.epoch;
        if let (Some((token, left)), true) = (connection.custody, before) {
            connection.custody = (left > 1).then_some((token, left.saturating_sub(1)));
            if left <= 1 {
                self.pong(peer, token, true);
            }
        }
        self.check_drained(peer);
    }

    /// After a Release of the peer the connection is closed when all that is under way is done.
    pub(super) fn check_drained(&mut self, peer: PeerId) {
        let Some(handle) = self.connections.find(peer) else { return };
        let Some(connection) = self.connections.slots.get(handle) else { return };
        let over = connection.stage == Stage::Open
            && connection.released_by_peer
            && connection.open == 0
            && connection.replies == 0;
        if over && !self.exchanges.iter().any(|(_, e)| e.is_awaited_from(peer)) {
            let Some(connection) = self.connections.slots.get_mut(handle) else { return };
            // What is left, observations, ends when the driver says that the connection is gone.
            (connection.stage, connection.reason) = (Stage::Closed, CloseReason::Released);
            self.deadlines.clear(self.number(Unit::Connection(handle)));
            self.tell(What::Close, handle);
        }
    }

    /// Starts a new message of a unit whose peer has a connection; false if it has none.
    pub(super) fn send_on_connection(&mut self, unit: Unit) -> bool {
        let Some(peer) = self.sending(unit).map(|s| s.peer.get()) else { return false };
        if !self.connections.knows(peer) {
            return false;
        }
        let wait = self.must_wait(unit, peer);
        let Some(sending) = self.sending(unit) else { return false };
        sending.confirmable = false;
        if wait {
            sending.phase = Phase::Waiting;
        } else {
            self.enqueue(unit);
        }
        true
    }

    /// Must this message wait until the peer has told what it takes?
    fn must_wait(&self, unit: Unit, peer: PeerId) -> bool {
        match unit {
            Unit::Exchange(h) => self.connections.must_wait(peer) && self.goes_in_blocks(h),
            _ => false,
        }
    }

    fn pong(&mut self, peer: PeerId, token: Token, custody: bool) {
        let empty = Reply::empty(peer, MessageType::NonConfirmable, 0);
        self.reply(Reply { code: Code::PONG, token, custody, ..empty });
    }

    /// Queues a reply to a message of a connection; the quota keeps room for it.
    pub(super) fn reply_on_connection(&mut self, reply: Reply) {
        let peer = reply.peer;
        if reply.code == Code::EMPTY {
            // Nothing is acknowledged or rejected there.
            return;
        }
        if self.connections.replies.push(reply).is_err() {
            self.counters.full = self.counters.full.wrapping_add(1);
        } else if let Some(connection) = self.connections.of_mut(peer) {
            connection.replies = connection.replies.saturating_add(1);
        }
    }

    fn start_ping(&mut self, handle: Handle, custody: bool, asked: bool) {
        let Some(connection) = self.connections.slots.get_mut(handle) else { return };
        connection.last_ping = connection.last_ping.wrapping_add(1);
        let token = connection.last_ping;
        connection.ping = Some(Ping { token, custody, asked, sent: None });
        connection.ping_due = true;
        self.line_up_connection(handle);
        self.rearm(handle);
    }

    fn line_up_connection(&mut self, handle: Handle) {
        let Some(connection) = self.connections.slots.get_mut(handle) else { return };
        if !core::mem::replace(&mut connection.in_line, true) {
            let _ = self.connections.line.push(handle);
        }
    }

    /// Sets the deadline of a connection to the next thing it waits for.
    fn rearm(&mut self, handle: Handle) {
        let number = self.number(Unit::Connection(handle));
        let streams = self.connections.streams;
        let Some(c) = self.connections.slots.get(handle) else { return };
        let fresh = (c.stage == Stage::Fresh).then(|| c.since + streams.csm_timeout);
        let released = c.release_sent.map(|at| at + streams.release_timeout);
        let pong = c.ping.and_then(|p| p.sent).map(|at| at + streams.pong_timeout);
        let idle = match (c.ping, c.stage) {
            (None, Stage::Open) => streams.keepalive.map(|after| c.heard + after),
            _ => None,
        };
        match [fresh, released, pong, idle].into_iter().flatten().min() {
            Some(at) => {
                self.deadlines.set(number, at);
            }
            None => self.deadlines.clear(number),
        }
    }

    /// The deadline of a connection: something did not come in time, or it was silent.
    pub(super) fn connection_due(&mut self, handle: Handle) {
        let streams = self.connections.streams;
        let Some(c) = self.connections.slots.get_mut(handle) else { return };
        if c.stage == Stage::Fresh && self.now.since(c.since) >= streams.csm_timeout {
            return self.abort_connection(handle, CloseReason::NoCsm);
        }
        if c.release_sent.is_some_and(|at| self.now.since(at) >= streams.release_timeout) {
            return self.close_connection(handle, CloseReason::Unresponsive);
        }
        if let Some(sent) = c.ping.and_then(|p| p.sent)
            && self.now.since(sent) >= streams.pong_timeout
        {
            if c.heard <= sent {
                return self.close_connection(handle, CloseReason::Unresponsive);
            }
            // No pong, but it lives.
            c.ping = None;
        }
        let silent = streams.keepalive.is_some_and(|after| self.now.since(c.heard) >= after);
        if silent && c.ping.is_none() && c.stage == Stage::Open {
            return self.start_ping(handle, false, false);
        }
        self.rearm(handle);
    }

    /// The peer's capabilities are known: what waited for them goes out, in blocks that fit.
    fn launch_held(&mut self, peer: PeerId) {
        for index in 0..self.exchanges.capacity() {
            let Some(handle) = self.exchanges.handle_at(index) else { continue };
            let held =
                |e: &super::Exchange| e.sending.peer == peer && e.sending.phase == Phase::Waiting;
            if self.exchanges.get(handle).is_some_and(held) {
                self.let_go(handle);
            }
        }
    }

    /// A message has become longer than its peer takes: the peer said so meanwhile.
    pub(super) fn too_long(&mut self, unit: Unit) {
        match unit {
            Unit::Exchange(h) => self.finish(h, Outcome::TooLarge),
            Unit::Observer(h) => self.end_observer(h, super::ObserverEnd::Refused),
            Unit::Incoming(h) => self.fail_answer(h),
            _ => {}
        }
    }

    /// How many blocks of 1024 bytes a BERT message to a peer has room for; 0: none, it must not
    /// be used.
    pub(super) fn bert_blocks(&self, peer: PeerId, space: usize) -> usize {
        let all = self.parameters.block_szx == Block::MAX_SZX && self.connections.takes_bert(peer);
        if all { space >> 10 } else { 0 }
    }
}
