//! Transfers with Q-Block options (RFC 9177): a table beside the others, with a place for each body
//! that goes or comes in bursts of blocks. A transfer is a unit: it sends the blocks of a body one
//! after the other, or what asks for those of one that comes.
//!
//! What a client does is in `exchange/quick.rs`, what a server does in `incoming/quick.rs`.

mod config;
mod flow;

pub use config::QBlockParameters;
pub(super) use flow::{Arriving, Next, Outgoing, numbers};

use super::sending::{Phase, Sending};
use super::{Endpoint, Stored, Token, Unit, domain};
use crate::TooLong;
use m2m_base::container::{Handle, Index, Reserve, Slab};
use m2m_base::{Duration, Instant, PeerId, Sink};

/// What is known of a peer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// It understands Q-Block options, or does not.
    pub(super) supports: Option<bool>,
    /// No body goes to it before, since the last one was not answered (`PROBING_RATE`).
    pub(super) held: Option<Instant>,
}

/// Whose transfer it is, and where it is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Of an own request that waits until its peer may be sent to again.
    Held(Handle),
    /// Of an own request whose peer is being asked whether it understands the options.
    Probing(Handle),
    /// Of an own request whose body goes out.
    Sending(Handle),
    /// Of an own request that was sent, or whose response comes.
    Fetching(Handle),
    /// The body of a peer's request comes.
    Taking,
    /// It has come. What comes of it yet is late.
    Taken,
    /// The body of a response goes out.
    Serving,
}

impl Kind {
    /// The own request that it belongs to.
    pub(super) fn exchange(self) -> Option<Handle> {
        match self {
            Kind::Held(h) | Kind::Probing(h) | Kind::Sending(h) | Kind::Fetching(h) => Some(h),
            Kind::Taking | Kind::Taken | Kind::Serving => None,
        }
    }
}

/// A message of a transfer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Say {
    Nothing,
    /// Does the peer understand the options?
    Probe,
    /// A block of the body.
    Block(u32),
    /// All before this block have come.
    Continue(u32),
    /// These have not: those whose bits are set, counted from the first number.
    Missing(u32, u64),
}

/// A transfer.
#[derive(Debug)]
pub(super) struct Quick {
    pub(super) sending: Sending,
    pub(super) kind: Kind,
    /// Cache key of the request; of own ones 0.
    pub(super) key: u64,
    /// Own requests: what all their tokens have in common. Else the token that is answered.
    /// Serving: the token of the request for missing blocks.
    pub(super) again: Token,
    /// Messages of an own request that took a token.
    pub(super) count: u16,
    /// Request-Tag of an own body, ETag of one that is served.
    pub(super) tag: u32,
    /// Hash of the ETag of what comes.
    pub(super) etag: u32,
    pub(super) szx: u8,
    /// Length of the body in bytes.
    pub(super) total: u32,
    pub(super) out: Outgoing,
    pub(super) arriving: Arriving,
    /// The Observe option of what is served.
    pub(super) sequence: Option<u32>,
    /// The body that comes, or is served.
    pub(super) stored: Option<Stored>,
    /// What is being said, and what is to be said next.
    pub(super) say: Say,
    pub(super) pending: Option<Say>,
    /// The pause between two sets, in milliseconds.
    pub(super) pause: u32,
    /// When something is due.
    pub(super) at: Option<Instant>,
    /// When a new block went out last.
    pub(super) last: Instant,
}

/// The table.
#[derive(Debug)]
pub(super) struct Quicks {
    pub(super) slots: Slab<Quick>,
    /// Places by own request, and by cache key.
    keys: Index,
    /// Places of own requests by token.
    tokens: Index,
    /// Observers whose request had a Q-Block option, by their place.
    observers: alloc::vec::Vec<bool>,
}

impl Quicks {
    #[inline(always)]
    pub(super) const fn empty() -> Quicks {
        Quicks {
            slots: Slab::empty(),
            keys: Index::empty(),
            tokens: Index::empty(),
            observers: alloc::vec::Vec::new(),
        }
    }

    pub(super) fn reserve(
        &mut self,
        capacity: u32,
        observers: u32,
        reservation: &mut impl Reserve,
    ) {
        self.slots.reserve(capacity, reservation);
        self.keys.reserve(capacity, reservation);
        self.tokens.reserve(capacity, reservation);
        reservation.fill(&mut self.observers, false, observers as usize);
    }

    /// Notes whether an observer understands the options.
    pub(super) fn mark(&mut self, observer: Handle, quick: bool) {
        if let Some(mark) = self.observers.get_mut(observer.index() as usize) {
            *mark = quick;
        }
    }

    pub(super) fn is_marked(&self, observer: Handle) -> bool {
        self.observers.get(observer.index() as usize).is_some_and(|mark| *mark)
    }
}

impl Endpoint {
    pub(super) fn first_quick(&self) -> u32 {
        let transfers = self.first_transfer().wrapping_add(self.transfers.capacity());
        #[cfg(feature = "stream")]
        let transfers = transfers.wrapping_add(self.connections.capacity());
        transfers
    }

    /// A transfer with a peer, of nothing yet.
    pub(super) fn blank_quick(
        &mut self,
        peer: PeerId,
        token: Token,
        kind: Kind,
        confirmable: bool,
    ) -> Quick {
        let q = self.parameters.q_block;
        let base = u32::try_from(q.non_timeout.as_millis()).unwrap_or(u32::MAX);
        let pause = base.saturating_add(self.random.up_to(base / 2));
        Quick {
            sending: Sending::new(peer, token, confirmable),
            kind,
            key: 0,
            again: Token::EMPTY,
            count: 0,
            tag: 0,
            etag: 0,
            szx: 0,
            total: 0,
            out: Outgoing::new(0, 0, 0),
            arriving: Arriving::default(),
            sequence: None,
            stored: None,
            say: Say::Nothing,
            pending: None,
            pause,
            at: None,
            last: Instant::ZERO,
        }
    }

    /// Takes a place for a transfer; what can best be done without makes room. Gives it back if
    /// there is none.
    pub(super) fn keep_quick(&mut self, quick: Quick) -> Option<Handle> {
        if self.quick.slots.is_full()
            && let Some(victim) = self.least_missed_quick(quick.sending.peer.get())
        {
            self.drop_quick(victim);
        }
        // Its message IDs are kept with the peer.
        let known = self.peers.know(quick.sending.peer.get(), &mut self.random);
        match if known { self.quick.slots.insert(quick) } else { Err(quick) } {
            Ok(handle) => {
                self.index_quick(handle, true);
                Some(handle)
            }
            Err(quick) => {
                self.free(quick.stored);
                None
            }
        }
    }

    /// Which transfer gives way: one that is over; of the others that are no own request's one of
    /// the same peer, then the one of which least has come. So who begins many is in the way of
    /// itself.
    fn least_missed_quick(&self, peer: PeerId) -> Option<Handle> {
        let rank = |q: &Quick| {
            let over = q.kind == Kind::Taken || (q.kind == Kind::Serving && q.out.is_done());
            (!over, q.sending.peer != peer, q.arriving.first().max(q.out.next()), q.at)
        };
        let theirs = self.quick.slots.iter().filter(|(_, q)| q.kind.exchange().is_none());
        theirs.min_by_key(|(_, q)| rank(q)).map(|(h, _)| h)
    }

    /// Gives up a body that was served and is kept for who missed some of it; false if there is
    /// none.
    pub(super) fn evict_quick(&mut self) -> bool {
        let over = |q: &Quick| q.kind == Kind::Serving && q.out.is_done();
        let idle = self.quick.slots.iter().filter(|(_, q)| over(q)).min_by_key(|(_, q)| q.at);
        let Some((handle, _)) = idle else { return false };
        self.drop_quick(handle);
        true
    }

    /// What an own request's tokens have in common.
    fn stem(token: &Token) -> Token {
        let [a, b, c, d, e, f, g, h] = token.bytes;
        let bytes = match token.len {
            8 => [a, b, c, d, e, f, 0, 0],
            7 => [a, b, c, d, e, 0, 0, h],
            6 => [a, b, c, d, 0, 0, g, h],
            5 => [a, b, c, 0, 0, f, g, h],
            4 => [a, b, 0, 0, e, f, g, h],
            _ => token.bytes,
        };
        Token { bytes, len: token.len }
    }

    /// The two bytes that tell an own request's tokens apart. Tokens of less than four bytes have
    /// none: they are all the same.
    fn tip(token: &mut Token) -> Option<&mut [u8; 2]> {
        let len = usize::from(token.len);
        token.bytes.get_mut(..len).filter(|_| (4..=8).contains(&len))?.last_chunk_mut::<2>()
    }

    /// The token of a message of an own request: all of them begin with what nobody can guess.
    pub(super) fn quick_token(base: Token, count: u16) -> Token {
        let mut token = base;
        if let Some(tip) = Endpoint::tip(&mut token) {
            *tip = (u16::from_be_bytes(*tip) ^ count).to_be_bytes();
        }
        token
    }

    fn token_quick_hash(&self, peer: PeerId, token: &Token) -> u64 {
        self.token_hash(domain::QUICK, peer, &Endpoint::stem(token))
    }

    /// Puts a transfer into the table of keys, or takes it out.
    fn index_quick(&mut self, handle: Handle, insert: bool) {
        let Some(q) = self.quick.slots.get(handle) else { return };
        let own = q.kind.exchange().is_some();
        let key = match q.kind.exchange() {
            Some(exchange) => Index::mix(self.secret, exchange.to_bits()),
            None => q.key,
        };
        let token = self.token_quick_hash(q.sending.peer.get(), &q.sending.token);
        let Quicks { keys, tokens, .. } = &mut self.quick;
        if insert {
            let _ = keys.insert(key, handle.index()) && own && tokens.insert(token, handle.index());
        } else {
            keys.remove(key, handle.index());
            if own {
                tokens.remove(token, handle.index());
            }
        }
    }

    /// Gives an own request's transfer another token.
    pub(super) fn renew_quick_token(&mut self, handle: Handle, token: Token) {
        self.index_quick(handle, false);
        if let Some(q) = self.quick.slots.get_mut(handle) {
            (q.sending.token, q.count) = (token, 0);
        }
        self.index_quick(handle, true);
    }

    /// The transfer of an own request.
    pub(super) fn quick_of(&self, exchange: Handle) -> Option<Handle> {
        if self.quick.slots.is_empty() {
            return None;
        }
        let hash = Index::mix(self.secret, exchange.to_bits());
        let slots = &self.quick.slots;
        let is = |n| slots.at(n).is_some_and(|(_, q)| q.kind.exchange() == Some(exchange));
        slots.handle_at(self.quick.keys.find(hash, is)?)
    }

    /// The transfer of an own request that sent a message with this token.
    pub(super) fn quick_by_token(&self, peer: PeerId, token: &Token) -> Option<Handle> {
        if self.quick.slots.is_empty() || token.is_long() {
            return None;
        }
        let is = |n| {
            self.quick.slots.at(n).is_some_and(|(_, q)| {
                let (mut base, mut token) = (q.sending.token, *token);
                let own = q.kind.exchange().is_some() && q.sending.peer == peer;
                let common = Endpoint::stem(&base) == Endpoint::stem(&token);
                let count = match (Endpoint::tip(&mut base), Endpoint::tip(&mut token)) {
                    (Some(a), Some(b)) => u16::from_be_bytes(*a) ^ u16::from_be_bytes(*b),
                    _ => 0,
                };
                // The last one is counted once it has gone out.
                own && common && count <= q.count
            })
        };
        let index = self.quick.tokens.find(self.token_quick_hash(peer, token), is)?;
        self.quick.slots.handle_at(index)
    }

    /// The transfer of a peer's request, or of the response to one, under this key.
    pub(super) fn quick_by_key(&self, peer: PeerId, key: u64, serving: bool) -> Option<Handle> {
        let is = |n| {
            self.quick.slots.at(n).is_some_and(|(_, q)| {
                let same = q.sending.peer == peer && q.key == key;
                same && q.kind.exchange().is_none() && serving == (q.kind == Kind::Serving)
            })
        };
        self.quick.slots.handle_at(self.quick.keys.find(key, is)?)
    }

    pub(super) fn drop_quick(&mut self, handle: Handle) {
        self.settle(Unit::Quick(handle));
        self.index_quick(handle, false);
        if let Some(Quick { stored: Some(stored), .. }) = self.quick.slots.remove(handle) {
            self.free(stored);
        }
    }

    /// A peer is gone; its transfers that are no own request's go too.
    pub(super) fn drop_quick_with(&mut self, peer: PeerId) {
        for index in 0..self.quick.slots.capacity() {
            let found = self.quick.slots.at(index).filter(|(_, q)| q.sending.peer == peer);
            let theirs = found.filter(|(_, q)| q.kind.exchange().is_none()).map(|(h, _)| h);
            if let Some(handle) = theirs {
                self.drop_quick(handle);
            }
        }
    }

    /// Notes whether a peer understands the options.
    pub(super) fn note_support(&mut self, peer: PeerId, supports: bool) {
        if let Some(known) = self.peers.get(peer) {
            known.quick.supports = Some(supports);
        }
    }

    /// Sends what is to be said next, unless something is being sent.
    pub(super) fn advance_quick(&mut self, handle: Handle) {
        let Some(q) = self.quick.slots.get_mut(handle) else { return };
        // A block that the application is to supply is waited for.
        if q.sending.phase == Phase::Idle && q.say == Say::Nothing {
            let next = q.pending.take().or_else(|| q.out.pick().map(Say::Block));
            q.say = next.unwrap_or(Say::Nothing);
            let wants = matches!((q.kind, q.say), (Kind::Sending(_), Say::Block(_)));
            if q.say != Say::Nothing && !(wants && self.wants_from_application(handle)) {
                self.send(Unit::Quick(handle));
            }
        }
        self.arm_quick(handle);
    }

    /// Starts the timer of a transfer; while a confirmable message is in flight it is that one's.
    pub(super) fn arm_quick(&mut self, handle: Handle) {
        let number = self.number(Unit::Quick(handle));
        let Some(q) = self.quick.slots.get(handle) else { return };
        if q.sending.phase == Phase::Flying {
            return;
        }
        match q.at {
            Some(at) => {
                self.deadlines.set(number, at.max(self.now + Duration::from_millis(1)));
            }
            None => self.deadlines.clear(number),
        }
    }

    /// A message of a transfer has gone out and, if it is confirmable, has been acknowledged.
    pub(super) fn quick_sent(&mut self, handle: Handle) {
        self.note_said(handle);
        self.advance_quick(handle);
    }

    /// Notes that what was being said has been.
    pub(super) fn note_said(&mut self, handle: Handle) {
        let q_block = self.parameters.q_block;
        let response_timeout = self.parameters.response_timeout;
        let Some(q) = self.quick.slots.get_mut(handle) else { return };
        let said = core::mem::replace(&mut q.say, Say::Nothing);
        if q.kind.exchange().is_some() && said != Say::Nothing {
            q.count = q.count.saturating_add(1);
        }
        if let Say::Block(block) = said {
            let new = block >= q.out.next();
            q.out.sent(block, q_block.max_payloads, !q.sending.confirmable);
            if new {
                q.last = self.now;
            }
            if q.out.is_paused() {
                q.at = Some(self.now + Duration::from_millis(q.pause.into()));
            } else if q.out.is_done() {
                let wait = match q.kind {
                    Kind::Sending(_) => response_timeout,
                    _ => q_block.non_partial_timeout,
                };
                q.at = Some(self.now + wait);
            }
            if matches!(q.kind, Kind::Sending(_)) {
                self.block_sent(handle);
            }
        } else if said == Say::Probe {
            q.at = Some(self.now + response_timeout);
        }
    }

    /// How long missing blocks are waited for before they are asked for.
    pub(super) fn patience(&self, confirmable: bool, retries: u8) -> Duration {
        let first = match confirmable {
            true => self.parameters.max_transmit_span(),
            false => self.parameters.q_block.non_receive_timeout,
        };
        first.times(1 << retries.min(20))
    }

    /// The timer of a transfer.
    pub(super) fn quick_due(&mut self, handle: Handle) {
        let Some(q) = self.quick.slots.get_mut(handle) else { return };
        q.at = None;
        match q.kind {
            Kind::Held(_) => self.begin_quick(handle),
            Kind::Sending(_) | Kind::Serving if q.out.is_paused() => {
                q.out.resume();
                self.advance_quick(handle);
            }
            Kind::Sending(exchange) | Kind::Probing(exchange) => {
                self.quick_unanswered(handle, exchange);
            }
            Kind::Taken | Kind::Serving => self.drop_quick(handle),
            Kind::Fetching(_) | Kind::Taking => self.ask_for_missing(handle),
        }
    }

    /// Blocks have not come in time: they are asked for, or the body is given up.
    fn ask_for_missing(&mut self, handle: Handle) {
        let q_block = self.parameters.q_block;
        let Some(q) = self.quick.slots.get_mut(handle) else { return };
        if q.arriving.blocks() == 0 || q.arriving.is_ready() {
            // Nothing has begun, or the application has yet to take what has come.
            return;
        }
        // Of a confirmable request each block was acknowledged (RFC 9177 section 5).
        let asks = q.kind != Kind::Taking || !q.sending.confirmable;
        if !asks || q.arriving.retries() >= q_block.non_max_retransmit {
            return match q.kind.exchange() {
                Some(exchange) => self.quick_stalled(handle, exchange),
                None => self.drop_quick(handle),
            };
        }
        let (from, bits) = q.arriving.missing(q.arriving.begun(q_block.max_payloads));
        q.arriving.asked();
        q.pending = Some(Say::Missing(from, bits));
        self.expect_blocks(handle);
        self.advance_quick(handle);
    }

    /// Waits for the blocks that are to come.
    pub(super) fn expect_blocks(&mut self, handle: Handle) {
        let Some(q) = self.quick.slots.get(handle) else { return };
        let (confirmable, retries) = (q.sending.confirmable, q.arriving.retries());
        let wait = match (q.kind, confirmable) {
            // Nothing of it can be asked for.
            (Kind::Taking, true) => self.parameters.q_block.non_partial_timeout,
            _ => self.patience(confirmable, retries),
        };
        if let Some(q) = self.quick.slots.get_mut(handle) {
            q.at = Some(self.now + wait);
        }
    }

    /// A block has come, and what can be handed on was: what is to be said.
    pub(super) fn block_noted(&mut self, handle: Handle, number: u32) -> Next {
        let payloads = self.parameters.q_block.max_payloads;
        let Some(q) = self.quick.slots.get_mut(handle) else { return Next::Nothing };
        let next = q.arriving.next(number, payloads);
        let in_bursts = !q.sending.confirmable;
        match next {
            Next::Continue(block) if in_bursts => q.pending = Some(Say::Continue(block)),
            Next::Ask(end) if in_bursts => {
                let (from, bits) = q.arriving.missing(end);
                q.pending = Some(Say::Missing(from, bits));
            }
            _ => {}
        }
        if next != Next::Whole {
            self.expect_blocks(handle);
            self.advance_quick(handle);
        }
        next
    }

    /// A confirmable message of a transfer was not acknowledged.
    pub(super) fn quick_failed(&mut self, handle: Handle) {
        let Some(q) = self.quick.slots.get(handle) else { return };
        match q.kind.exchange() {
            Some(exchange) => self.quick_stalled(handle, exchange),
            None => self.drop_quick(handle),
        }
    }

    /// A message of a transfer was rejected: the peer knows nothing of it (RFC 9177 section 4.3).
    pub(super) fn quick_reset(&mut self, handle: Handle) {
        let Some(q) = self.quick.slots.get(handle) else { return };
        match q.kind {
            Kind::Probing(exchange) => self.go_without(handle, exchange),
            Kind::Taken => {}
            Kind::Taking | Kind::Serving => self.drop_quick(handle),
            Kind::Held(exchange) | Kind::Sending(exchange) | Kind::Fetching(exchange) => {
                self.exchange_reset(exchange);
            }
        }
    }

    /// Writes the message of a transfer.
    pub(super) fn write_quick<S: Sink>(&self, handle: Handle, sink: S) -> Result<S, TooLong> {
        let q = self.quick.slots.get(handle).ok_or(TooLong)?;
        match q.kind.exchange() {
            Some(exchange) => self.write_quick_request(q, exchange, sink),
            None if q.kind == Kind::Serving => self.write_served_block(q, sink),
            None => self.write_what_is_missing(q, sink),
        }
    }

    /// First and last byte (exclusive) of a block in the body.
    pub(super) fn span(total: u32, szx: u8, number: u32) -> (usize, usize) {
        let shift = crate::Block::shift(szx);
        let from = (number as usize) << shift;
        let to = from.saturating_add(1 << shift);
        (from.min(total as usize), to.min(total as usize))
    }

    /// How many blocks a body has.
    pub(super) fn blocks_of(total: u32, szx: u8) -> u32 {
        total.div_ceil(1u32.wrapping_shl(crate::Block::shift(szx)))
    }
}
