//! The client role: requests, their responses, observations of others
//! (RFC 7252 section 5, RFC 7641 section 3, RFC 7959 section 2).

mod blocks;
#[cfg(feature = "extensions")]
mod declined;
#[cfg(feature = "multicast")]
mod group;
mod notification;
#[cfg(feature = "stream")]
mod over_connection;
#[cfg(feature = "oscore")]
mod protected;
#[cfg(feature = "q-block")]
mod quick;
mod repeat;
mod response;
mod resume;
mod streamed;
mod write;

#[cfg(feature = "oscore")]
pub(super) use protected::Waiting;

use super::security::Protection;
use super::sending::Sending;
use super::size::{BlockSize, KeptUint};
use super::survey::no_response_of;
use super::{
    AS_STORED, Cancel, Content, Endpoint, MULTICAST, OBSERVE, Outcome, Request, RequestId,
    STREAM_DOWNLOADS, Stored, Token, UPLOAD, Unit, UsageError, What, domain, has_own,
};
use crate::writer::Extras;
use crate::{Block, Code, EXTENSIONS, OptionNumber};
use m2m_base::container::{Chunk, Handle, NonMax};
use m2m_base::{Instant, PeerId};
use notification::Newest;

/// How long beyond Max-Age a notification is waited for: so many milliseconds, and up to so many
/// more (RFC 7641 section 3.3.1).
const PATIENCE: (u32, u32) = (5_000, 10_000);

const TAG: OptionNumber = OptionNumber::REQUEST_TAG;

/// How often a block-wise download starts again because the resource changed.
const MAX_RESTARTS: u8 = 3;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Observe {
    No,
    /// Asked for, not yet granted.
    Asking,
    /// Granted.
    Yes,
    /// Granted, and asked for again after silence.
    Renewing,
    /// Being given up.
    Leaving,
}

impl Observe {
    fn is_granted(self) -> bool {
        matches!(self, Observe::Yes | Observe::Renewing | Observe::Leaving)
    }
}

/// An own request and what came of it.
#[derive(Debug)]
pub(super) struct Exchange {
    /// The request: method, options and whole body.
    pub(super) sending: Sending,
    observe: Observe,
    /// Bytes of the body that the peer has, and how many follow, of a body that goes in blocks.
    upload: Option<(u32, BlockSize)>,
    /// Request-Tag of a body that goes in blocks, so that the peer does not mix it with another
    /// for the same resource (RFC 9175 section 3).
    tag: u8,
    /// The body comes from the application: its length, and the block that is being sent.
    supplied: Option<NonMax>,
    block: Option<Chunk>,
    /// The application takes the response block by block, and has had so many bytes.
    streams: bool,
    streamed: u32,
    /// The one block of the response that is wanted.
    single: KeptUint,
    /// Size exponent of the blocks that come.
    download: Option<u8>,
    /// Hash of the ETag that the blocks carry.
    etag: u32,
    restarts: u8,
    response: Option<Stored>,
    /// Number and arrival of the newest notification.
    newest: Option<Newest>,
    /// Message ID of the last response that was not in an ACK, to recognise its duplicate.
    last_mid: Option<u16>,
    /// It went to a group; responses come from any peer.
    group: bool,
    /// The exchange this one fetches blocks for, and the other way round.
    parent: Option<NonMax>,
    child: Option<NonMax>,
    /// The Echo value that the peer wants back, and how often it asked for one.
    #[cfg(feature = "extensions")]
    echo: Option<Chunk>,
    #[cfg(feature = "extensions")]
    challenged: u8,
    /// Classes of responses that it declines (RFC 7967).
    no_response: u8,
    /// It is not repeated any more, though nothing acknowledged it.
    stopped: bool,
    /// A notification event is queued.
    told: bool,
    /// How it ended; the event is queued or was taken.
    over: Option<Outcome>,
    taken: bool,
    /// The application has given it up; the peer is being told (RFC 8323 section 7.4).
    #[cfg(feature = "stream")]
    forgotten: bool,
}

impl Exchange {
    fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// What it has in the pool besides messages.
    fn take_chunks(&mut self) -> [Option<Chunk>; 2] {
        #[cfg(feature = "extensions")]
        let echo = self.echo.take();
        #[cfg(not(feature = "extensions"))]
        let echo = None;
        [echo, if UPLOAD { self.block.take() } else { None }]
    }

    /// Its token is one that a response may come under.
    fn has_token(&self) -> bool {
        !self.is_over() && !self.is_ping()
    }

    fn is_ping(&self) -> bool {
        self.sending.stored.is_none() && (!OBSERVE || self.parent.is_none()) && !self.is_over()
    }
}

impl Endpoint {
    /// Sends a request. Its end is told by exactly one [`crate::Event::Done`].
    ///
    /// # Errors
    /// [`UsageError::Invalid`] for a code that is no method, an option that the endpoint sets
    /// itself, `observe` with a method other than GET and FETCH, or a token that is in use;
    /// [`UsageError::TooLong`] for options that fill the message, a body above `body_size` or a
    /// token above 8 bytes; [`UsageError::Full`];
    /// [`UsageError::TooManyRequests`] for one that the peer answered with 4.29.
    pub fn request(
        &mut self,
        now: Instant,
        peer: PeerId,
        request: &Request<'_>,
    ) -> Result<RequestId, UsageError> {
        self.now = now;
        #[cfg(feature = "oscore")]
        if let Some(id) = self.security_of(peer) {
            return self.request_under(now, peer, id, request);
        }
        self.start(peer, None, request)
    }

    /// Sends a request, protected or not.
    pub(super) fn start(
        &mut self,
        peer: PeerId,
        protection: Option<Protection>,
        request: &Request<'_>,
    ) -> Result<RequestId, UsageError> {
        let observable = matches!(request.method, Code::GET | Code::FETCH);
        let own = has_own(request.options, true);
        let block = request.block2;
        if !request.method.is_request()
            || own
            || (!OBSERVE && request.observe)
            || (!STREAM_DOWNLOADS && request.stream)
            || (request.observe && (!observable || block.is_some() || request.stream))
            || (request.upload.is_some() && (!UPLOAD || !request.payload.is_empty()))
            || block.is_some_and(|b| b.number > Block::MAX_NUMBER || b.szx > Block::MAX_SZX)
        {
            return Err(UsageError::Invalid);
        }
        if request.token.is_some_and(|token| token.len() > 8) {
            return Err(UsageError::TooLong);
        }
        let token = request.token.map(|token| self.token(token));
        if token.is_some_and(|token| self.exchange_by_token(peer, &token).is_some()) {
            return Err(UsageError::Invalid);
        }
        let options = request.options.as_bytes().len();
        let options = options.saturating_add(self.overhead(protection, true));
        if !self.has_room(peer, options) {
            return Err(UsageError::TooLong);
        }
        let room = self.room(peer, protection, options);
        let in_blocks = request.upload.is_some() || request.payload.len() > room.whole;
        let upload = (UPLOAD && in_blocks).then_some((0, room.size));
        let most = match request.upload {
            Some(_) => 0,
            None => self.body_size as usize,
        };
        let end = request.upload.unwrap_or(0);
        let too_long = if UPLOAD {
            (in_blocks && request.payload.len() > most)
                || room.size.number(end.saturating_sub(1)) > Block::MAX_NUMBER
        } else {
            in_blocks
        };
        if too_long {
            return Err(UsageError::TooLong);
        }
        #[cfg(feature = "stream")]
        if self.connections.is_closing(peer) {
            return Err(UsageError::Closing);
        }
        #[cfg(feature = "extensions")]
        if self.is_backed_off(peer, protection, request) {
            return Err(UsageError::TooManyRequests);
        }
        let known = self.connections.knows(peer) || self.peers.know(peer, &mut self.random);
        if self.exchanges.is_full() || !known {
            return Err(UsageError::Full);
        }
        let single = KeptUint::from(block.map(|b| Block { more: false, ..b }));
        let mut extras = Extras::NONE;
        if AS_STORED && let Some(block) = self.first_block(peer, protection, request.method, single)
        {
            extras.add(OptionNumber::BLOCK2, block.to_uint());
        }
        let stored = self.store(request.method, request.options, &extras, request.payload);
        let stored = stored.ok_or(UsageError::Full)?;
        let observe = if request.observe { Observe::Asking } else { Observe::No };
        if UPLOAD {
            self.next_tag = self.next_tag.wrapping_add(u8::from(upload.is_some()));
        }
        let blank = self.blank(peer, request.confirmable, protection);
        let exchange = Exchange {
            sending: Sending {
                token: token.unwrap_or(blank.sending.token),
                stored: Some(stored),
                ..blank.sending
            },
            observe,
            no_response: no_response_of(request.options).unwrap_or(0),
            single,
            upload,
            supplied: request.upload.and_then(NonMax::new),
            streams: request.stream,
            tag: self.next_tag,
            ..blank
        };
        let handle = self.exchanges.insert(exchange).map_err(|_| UsageError::Full)?;
        self.index_exchange(handle);
        #[cfg(feature = "q-block")]
        if request.q_block && self.start_quickly(handle) {
            return Ok(RequestId(handle));
        }
        #[cfg(feature = "stream")]
        if request.upload.is_some() && self.holds_back(handle) {
            return Ok(RequestId(handle));
        }
        if UPLOAD && request.upload.is_some() {
            self.tell(What::BlockWanted, handle);
        } else {
            self.send(Unit::Exchange(handle));
        }
        Ok(RequestId(handle))
    }

    /// Ends a request or an observation. `Done` with [`Outcome::Cancelled`] follows at once; after
    /// [`Cancel::Deregister`] of an observation it is the `Done` of that request: with
    /// [`Outcome::Response`] and the state as the peer told it last, or as it ended otherwise.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if it is over already.
    pub fn cancel(&mut self, now: Instant, id: RequestId, how: Cancel) -> Result<(), UsageError> {
        self.now = now;
        #[cfg(feature = "stream")]
        let how = self.how_to_cancel(id, how);
        let exchange = self.exchanges.get_mut(id.0).filter(|e| !e.is_over());
        let exchange = exchange.ok_or(UsageError::UnknownId)?;
        if !OBSERVE || how == Cancel::Forget || !exchange.observe.is_granted() {
            self.finish(id.0, Outcome::Cancelled);
            return Ok(());
        }
        if OBSERVE && exchange.observe != Observe::Leaving {
            exchange.observe = Observe::Leaving;
            exchange.sending.confirmable = true;
            let child = exchange.child.take();
            self.drop_child(child);
            self.send(Unit::Exchange(id.0));
        }
        Ok(())
    }

    /// The response that a [`crate::Event::Notification`] or a [`Outcome::Response`] speaks of; `None`
    /// once it is released.
    #[must_use]
    pub fn response(&self, id: RequestId) -> Option<Content<'_>> {
        let stored = self.exchanges.get(id.0)?.response.as_ref()?;
        Some(Content {
            code: stored.code(),
            options: stored.options(&self.pool),
            payload: stored.payload(&self.pool),
            #[cfg(feature = "oscore")]
            security: self.came_under(id.0),
        })
    }

    /// Gives back the bytes of a response that was read. For an observation, the next notification
    /// brings new ones; for a request that is done, the id is at its end.
    pub fn release(&mut self, id: RequestId) {
        let Some(exchange) = self.exchanges.get_mut(id.0) else { return };
        let finished = exchange.is_over() && exchange.taken;
        let stored = exchange.response.take();
        self.free(stored);
        if finished {
            self.exchanges.discard(id.0);
        }
    }

    /// The peer that a request went to; `None` if the id names nothing.
    #[must_use]
    pub fn peer_of(&self, id: RequestId) -> Option<PeerId> {
        self.exchanges.get(id.0).map(|e| e.sending.peer.get())
    }

    fn blank(
        &mut self,
        peer: PeerId,
        confirmable: bool,
        protection: Option<Protection>,
    ) -> Exchange {
        Exchange {
            sending: Sending::new(peer, self.fresh_token(peer), confirmable).under(protection),
            observe: Observe::No,
            upload: None,
            tag: 0,
            supplied: None,
            block: None,
            streams: false,
            streamed: 0,
            single: KeptUint::NONE,
            download: None,
            etag: 0,
            restarts: 0,
            response: None,
            newest: None,
            last_mid: None,
            group: false,
            parent: None,
            child: None,
            #[cfg(feature = "extensions")]
            echo: None,
            #[cfg(feature = "extensions")]
            challenged: 0,
            no_response: 0,
            stopped: false,
            told: false,
            over: None,
            taken: false,
            #[cfg(feature = "stream")]
            forgotten: false,
        }
    }

    /// A token that no open exchange with the peer has. With very short tokens and many exchanges
    /// a few tries may not find one; then the older exchange loses.
    fn fresh_token(&mut self, peer: PeerId) -> Token {
        let mut token = Token::random(&mut self.random, self.parameters.token_length);
        for _ in 0..16 {
            if self.exchange_by_token(peer, &token).is_none() {
                break;
            }
            token = Token::random(&mut self.random, self.parameters.token_length);
        }
        token
    }

    fn exchange_by_token(&self, peer: PeerId, token: &Token) -> Option<Handle> {
        let hash = self.token_hash(domain::EXCHANGE, peer, token);
        let index = self.keys.find_in(hash, (0, self.exchanges.capacity()), |n| {
            self.exchanges.at(n).is_some_and(|(_, e)| {
                let grouped = MULTICAST && e.group;
                e.sending.peer == peer && e.sending.token == *token && !grouped && e.has_token()
            })
        })?;
        self.exchanges.handle_at(index)
    }

    fn protection_of(&self, handle: Handle) -> Option<Protection> {
        self.exchanges.get(handle).and_then(|e| e.sending.protection)
    }

    fn exchange_hash(&self, exchange: &Exchange) -> u64 {
        if MULTICAST && exchange.group {
            return self.token_hash(domain::GROUP, PeerId(0), &exchange.sending.token);
        }
        self.token_hash(domain::EXCHANGE, exchange.sending.peer.get(), &exchange.sending.token)
    }

    fn index_exchange(&mut self, handle: Handle) {
        let Some(exchange) = self.exchanges.get(handle) else { return };
        let hash = self.exchange_hash(exchange);
        let _ = self.keys.insert(hash, handle.index());
    }

    fn unindex_exchange(&mut self, handle: Handle) {
        let Some(exchange) = self.exchanges.get(handle) else { return };
        let hash = self.exchange_hash(exchange);
        self.keys.remove(hash, handle.index());
    }

    pub(super) fn exchange_is_open_with(&self, handle: Handle, peer: PeerId) -> bool {
        self.exchanges.get(handle).is_some_and(|e| {
            e.sending.peer == peer && !e.is_over() && (!OBSERVE || e.parent.is_none())
        })
    }

    /// Ends an exchange. Only the response of [`Outcome::Response`] is kept.
    pub(super) fn finish(&mut self, handle: Handle, outcome: Outcome) {
        self.settle(Unit::Exchange(handle));
        let exchange = self.exchanges.get_mut(handle).filter(|e| !e.is_over());
        let Some(exchange) = exchange else { return };
        if OBSERVE && let Some(parent) = exchange.parent {
            // The notification stays half; the next one may be luckier.
            if let Some(parent) = self.exchanges.at_mut(parent.get()) {
                parent.child = None;
            }
            return self.drop_child(NonMax::new(handle.index()));
        }
        let peer = exchange.sending.peer.get();
        #[cfg(feature = "stream")]
        let outcome = if exchange.forgotten { Outcome::Cancelled } else { outcome };
        exchange.over = Some(outcome);
        let child = if OBSERVE { exchange.child.take() } else { None };
        let request = exchange.sending.stored.take();
        let chunks = exchange.take_chunks();
        let response = match outcome {
            outcome if outcome.has_response() => None,
            _ => exchange.response.take(),
        };
        // A notification that was not read is none any more.
        let unread = OBSERVE && exchange.told && outcome != Outcome::Response;
        self.unindex_exchange(handle);
        #[cfg(feature = "q-block")]
        if let Some(quick) = self.quick_of(handle) {
            self.drop_quick(quick);
        }
        if UPLOAD || EXTENSIONS {
            for chunk in chunks.into_iter().flatten() {
                self.pool.free(chunk);
            }
        }
        self.free(request);
        self.free(response);
        if unread {
            self.untell(What::Notification, handle);
        }
        if OBSERVE {
            self.drop_child(child);
        }
        #[cfg(feature = "multicast")]
        self.drop_fetching(handle);
        self.tell(What::Done, handle);
        self.check_drained(peer);
    }

    /// An exchange that another one names.
    fn exchange_at(&self, number: NonMax) -> Option<&Exchange> {
        self.exchanges.at(number.get()).map(|(_, exchange)| exchange)
    }

    fn drop_child(&mut self, child: Option<NonMax>) {
        let child = child.and_then(|child| self.exchanges.handle_at(child.get()));
        let Some(child) = child else { return };
        self.settle(Unit::Exchange(child));
        self.unindex_exchange(child);
        let Some(exchange) = self.exchanges.get_mut(child) else { return };
        if UPLOAD || EXTENSIONS {
            for chunk in exchange.take_chunks().into_iter().flatten() {
                self.pool.free(chunk);
            }
        }
        let response = exchange.response.take();
        self.exchanges.discard(child);
        self.free(response);
    }

    pub(super) fn done_taken(&mut self, id: RequestId) -> Option<Outcome> {
        let exchange = self.exchanges.get_mut(id.0)?;
        let outcome = exchange.over?;
        if outcome.has_response() && exchange.response.is_some() {
            exchange.taken = true;
        } else {
            self.exchanges.discard(id.0);
        }
        Some(outcome)
    }
}
