//! Q-Block options on the client's side (RFC 9177 sections 4.1, 4.3, 4.4 and 7.2): bodies of requests
//! go out in bursts, those of responses are put together from blocks that come in any order.
//!
//! A request without a body in blocks is sent by its exchange, with a Q-Block2 option; blocks of a
//! body, and what asks for blocks that are missing, by the transfer beside it, under tokens of its
//! own.

use super::super::quick::{Arriving, Kind, Next, Outgoing, Quick, Say, numbers};
use super::super::receive::Received;
use super::super::receive::is_bad;
use super::super::sending::Phase;
use super::super::size::BlockSize;
use super::super::{Endpoint, Outcome, Stored, Token, Unit, What};
use super::{Exchange, MAX_RESTARTS, Newest, Observe};
use crate::option::Uint;
use crate::writer::Extras;
use crate::{
    Block, Code, ContentFormat, Message, MessageType, MessageWriter, MissingBlocks, OptionNumber,
    Options, TooLong,
};
use m2m_base::container::{Handle, NonMax};
use m2m_base::{Cause, Disposition, Duration, PeerId, Sink};

/// Bytes that the head of a request, its token, the payload marker and the options but those of the
/// application and Q-Block2 take at most.
const BESIDE: usize = 4 + 8 + 1 + 4 + 2;
/// Bytes of a Q-Block2 option behind another one.
const ONE_MORE: usize = 4;

impl Endpoint {
    /// Begins a request with Q-Block options. False: it is sent without.
    pub(super) fn start_quickly(&mut self, handle: Handle) -> bool {
        let Some(exchange) = self.exchanges.get(handle) else { return false };
        let (peer, upload) = (exchange.sending.peer.get(), exchange.upload);
        let known = self.peers.peek(peer).map(|p| p.quick).unwrap_or_default();
        if self.connections.knows(peer)
            || exchange.sending.protection.is_some()
            || exchange.single.block().is_some()
            || known.supports == Some(false)
        {
            return false;
        }
        let body = exchange.sending.stored.as_ref().map_or(0, |r| r.payload(&self.pool).len());
        let supplied = exchange.supplied.map(NonMax::get);
        let total = supplied.unwrap_or(u32::try_from(body).unwrap_or(u32::MAX));
        let confirmable = exchange.sending.confirmable;
        let szx = upload.map_or(self.szx_wanted(peer, None), |(_, size)| size.szx());
        let blocks = if upload.is_some() { Endpoint::blocks_of(total, szx) } else { 0 };
        let most = self.parameters.q_block.non_max_retransmit;
        let token = Token::random(&mut self.random, self.parameters.token_length);
        let tag = self.random.u32() | 1 << 31;
        let held = known.held.filter(|at| *at > self.now && !confirmable);
        let quick = Quick {
            tag,
            szx,
            total,
            out: Outgoing::new(0, blocks, most),
            at: held,
            ..self.blank_quick(peer, token, Kind::Held(handle), confirmable)
        };
        let Some(quick) = self.keep_quick(quick) else { return false };
        if let Some(exchange) = self.exchanges.get_mut(handle) {
            exchange.upload = None;
        }
        if held.is_some() {
            self.arm_quick(quick);
        } else {
            self.begin_quick(quick);
        }
        true
    }

    /// Its peer may be sent to.
    pub(in crate::endpoint) fn begin_quick(&mut self, handle: Handle) {
        let Some(q) = self.quick.slots.get(handle) else { return };
        let (peer, Some(exchange)) = (q.sending.peer.get(), q.kind.exchange()) else { return };
        // RFC 9177 section 4.1: only a confirmable request shows it for sure.
        match self.peers.peek(peer).and_then(|p| p.quick.supports) {
            Some(false) => self.go_without(handle, exchange),
            None if !q.sending.confirmable => {
                if let Some(q) = self.quick.slots.get_mut(handle) {
                    q.kind = Kind::Probing(exchange);
                    q.sending.confirmable = true;
                    q.pending = Some(Say::Probe);
                }
                self.advance_quick(handle);
            }
            _ => self.send_quickly(handle, exchange),
        }
    }

    fn send_quickly(&mut self, handle: Handle, exchange: Handle) {
        let confirmable = self.exchanges.get(exchange).is_some_and(|e| e.sending.confirmable);
        let Some(q) = self.quick.slots.get_mut(handle) else { return };
        q.sending.confirmable = confirmable;
        q.at = None;
        if q.out.blocks() > 0 {
            q.kind = Kind::Sending(exchange);
            return self.advance_quick(handle);
        }
        q.kind = Kind::Fetching(exchange);
        self.arm_quick(handle);
        self.send(Unit::Exchange(exchange));
    }

    /// The peer does not understand the options: the request goes with the Block options.
    pub(in crate::endpoint) fn go_without(&mut self, handle: Handle, exchange: Handle) {
        let Some(q) = self.quick.slots.get(handle) else { return };
        let (peer, szx, in_blocks) = (q.sending.peer.get(), q.szx, q.out.blocks() > 0);
        if self.knows_nothing(peer) {
            self.note_support(peer, false);
        }
        self.drop_quick(handle);
        self.settle(Unit::Exchange(exchange));
        let Some(e) = self.exchanges.get_mut(exchange) else { return };
        e.upload = in_blocks.then_some((0, BlockSize::new(szx)));
        if !self.want_block(exchange) {
            self.next_message(exchange);
        }
    }

    /// The Q-Block2 option of a request that its exchange sends.
    pub(super) fn asks_quickly(&self, exchange: Handle) -> Option<Block> {
        let q = self.quick.slots.get(self.quick_of(exchange)?)?;
        let fetching = matches!(q.kind, Kind::Fetching(_));
        fetching.then_some(Block { number: 0, more: true, szx: q.szx })
    }

    /// The next block has to come from the application, which is told so.
    pub(in crate::endpoint) fn wants_from_application(&mut self, handle: Handle) -> bool {
        let Some(q) = self.quick.slots.get(handle) else { return false };
        let (Some(exchange), Say::Block(number)) = (q.kind.exchange(), q.say) else {
            return false;
        };
        let (szx, (from, _)) = (q.szx, Endpoint::span(q.total, q.szx, number));
        let Some(e) = self.exchanges.get_mut(exchange) else { return false };
        if e.supplied.is_none() || e.block.is_some() {
            return false;
        }
        e.upload = Some((u32::try_from(from).unwrap_or(u32::MAX), BlockSize::new(szx)));
        self.tell(What::BlockWanted, exchange);
        true
    }

    /// The application has supplied the block that is to go, or taken the one before. False: the
    /// request has no transfer.
    pub(super) fn goes_on_quickly(&mut self, exchange: Handle) -> bool {
        let Some(handle) = self.quick_of(exchange) else { return false };
        let Some(q) = self.quick.slots.get(handle) else { return false };
        match q.kind {
            Kind::Sending(_) => {
                self.send(Unit::Quick(handle));
                self.arm_quick(handle);
            }
            _ if q.arriving.blocks() == 0 => return false,
            _ => {
                let first = q.arriving.first();
                self.offer_block(handle, exchange);
                self.block_noted(handle, first.saturating_sub(1));
            }
        }
        true
    }

    /// A block of an own body has gone out; its bytes are given back.
    pub(in crate::endpoint) fn block_sent(&mut self, handle: Handle) {
        let exchange = self.quick.slots.get(handle).and_then(|q| q.kind.exchange());
        let Some(e) = exchange.and_then(|h| self.exchanges.get_mut(h)) else { return };
        e.upload = None;
        if let Some(block) = e.block.take() {
            self.pool.free(block);
        }
    }

    /// No response has come to a body or to the question whether the peer understands.
    pub(in crate::endpoint) fn quick_unanswered(&mut self, handle: Handle, exchange: Handle) {
        let Some(q) = self.quick.slots.get(handle) else { return };
        let q_block = self.parameters.q_block;
        let (peer, last, sent) =
            (q.sending.peer.get(), q.last, q.out.next() > 0 && !q.sending.confirmable);
        let rate = u64::from(q_block.probing_rate.max(1));
        let wait = Duration::from_secs(u64::from(q.total).checked_div(rate).unwrap_or(0));
        if let Some(known) = self.peers.get(peer).filter(|_| sent) {
            known.quick.held = Some(last + wait.min(q_block.non_probing_wait));
        }
        self.exchange_due(exchange, true);
    }

    /// The blocks that are missing do not come, or the peer acknowledges nothing.
    pub(in crate::endpoint) fn quick_stalled(&mut self, handle: Handle, exchange: Handle) {
        if self.exchanges.get(exchange).is_some_and(|e| e.observe == Observe::Yes) {
            // The notification stays half; the next one may be luckier.
            return self.begin_receiving(handle, 0);
        }
        self.finish(exchange, Outcome::TimedOut);
    }

    /// What came of a body is forgotten; the next one has so many blocks.
    fn begin_receiving(&mut self, handle: Handle, blocks: u32) {
        let Some(q) = self.quick.slots.get_mut(handle) else { return };
        q.arriving = Arriving::new(blocks);
        (q.pending, q.at) = (None, None);
        let stored = q.stored.take();
        self.free(stored);
    }

    /// A message for a request that has a transfer.
    pub(super) fn receive_quick_response(
        &mut self,
        exchange: Handle,
        handle: Handle,
        message: &Received<'_>,
    ) -> Disposition {
        let in_ack = message.message_type == MessageType::Acknowledgement;
        let token = message.name;
        let Some(e) = self.exchanges.get_mut(exchange) else {
            return Disposition::Ignored(Cause::Unexpected);
        };
        let Some(q) = self.quick.slots.get(handle) else {
            return Disposition::Ignored(Cause::Unexpected);
        };
        let by_exchange = e.sending.token == token;
        let sending = if by_exchange { &e.sending } else { &q.sending };
        let awaited = matches!(sending.phase, Phase::Flying | Phase::Queued);
        if in_ack && !(awaited && sending.mid == message.id) {
            return Disposition::Ignored(Cause::Unexpected);
        }
        let says = !by_exchange && sending.confirmable && awaited;
        if has_bad_option(message.options, |o, again| is_bad(o, again, &self.parameters)) {
            if !in_ack {
                self.reply_empty(message.peer, MessageType::Reset, message.id);
            }
            return Disposition::Refused(Cause::Unsupported);
        }
        if !in_ack {
            let again = e.last_mid.replace(message.id) == Some(message.id);
            if message.message_type == MessageType::Confirmable {
                self.reply_empty(message.peer, MessageType::Acknowledgement, message.id);
            }
            if again {
                return Disposition::Duplicate;
            }
        }
        if says {
            // The response says that its request has come.
            self.settle(Unit::Quick(handle));
            self.note_said(handle);
        }
        self.take_quick_response(exchange, handle, message, by_exchange);
        self.advance_quick(handle);
        let confirmable = message.message_type == MessageType::Confirmable;
        if confirmable && self.exchanges.get(exchange).is_none_or(Exchange::is_over) {
            self.remember_acknowledgement(message);
        }
        Disposition::Accepted
    }

    fn take_quick_response(
        &mut self,
        exchange: Handle,
        handle: Handle,
        message: &Message<'_>,
        by_exchange: bool,
    ) {
        let options = message.options;
        let Some(q) = self.quick.slots.get_mut(handle) else { return };
        let peer = q.sending.peer.get();
        let refused = message.code == Code::BAD_OPTION;
        if let Kind::Probing(_) = q.kind {
            if refused {
                return self.go_without(handle, exchange);
            }
            self.note_support(peer, true);
            // What else comes in answer to the question is nothing to the request.
            let token = Token::random(&mut self.random, self.parameters.token_length);
            self.renew_quick_token(handle, token);
            return self.send_quickly(handle, exchange);
        }
        let sending = matches!(q.kind, Kind::Sending(_));
        // A peer that knows them may refuse them for one body all the same.
        if refused && q.arriving.blocks() == 0 && (sending || self.knows_nothing(peer)) {
            return self.go_without(handle, exchange);
        }
        if !refused {
            self.note_support(peer, true);
        }
        let Some(q) = self.quick.slots.get_mut(handle) else { return };
        let uploads = q.out.blocks() > 0;
        let lists = options.content_format() == Some(ContentFormat::MISSING_BLOCKS);
        let lists = lists && message.code == Code::REQUEST_ENTITY_INCOMPLETE;
        if uploads && !sending && (lists || message.code == Code::CONTINUE) {
            // Late: the response to the whole body has come.
            return;
        }
        if sending && message.code == Code::CONTINUE {
            let number = options.uint(OptionNumber::Q_BLOCK1).map(|b| b >> 4);
            let payloads = u32::from(self.parameters.q_block.max_payloads);
            // It speaks of the set that went out last, not of one before.
            if number.is_some_and(|n| n.saturating_add(payloads) >= q.out.next()) {
                q.out.resume();
                self.advance_quick(handle);
            }
            return;
        }
        if sending && lists {
            // RFC 9177 section 5: a list that breaks its rules is dropped.
            if let Ok(list) = MissingBlocks::parse(message.payload) {
                q.out.repeat(list, self.parameters.q_block.max_payloads);
                self.advance_quick(handle);
            }
            return;
        }
        if sending {
            self.upload_answered(handle, exchange, message);
        }
        let block = options.uint(OptionNumber::Q_BLOCK2).map(Block::from_uint);
        let part = |b: Block| message.code.is_success() && (b.more || b.number > 0);
        match block {
            Some(None) => self.finish(exchange, Outcome::Broken),
            Some(Some(block)) if part(block) => {
                // A missing block that was asked for comes without Observe.
                // So do later ones of a set that libcoap was told to go on with.
                let etag = self.etag_hash(options);
                let goes_on = block.number > 0
                    && options.first(OptionNumber::OBSERVE).is_none()
                    && self
                        .quick
                        .slots
                        .get(handle)
                        .is_some_and(|q| q.arriving.blocks() > 0 && q.etag == etag);
                let stands = (sending || by_exchange) && !goes_on;
                if !stands || self.is_state(exchange, message) {
                    self.take_quick_block(exchange, handle, message, block);
                }
            }
            _ => {
                // Whole, an error, or in blocks of the other kind.
                let older = options.first(OptionNumber::BLOCK2).is_some();
                if older && let Some(handle) = self.quick_of(exchange) {
                    self.drop_quick(handle);
                }
                self.take_response(exchange, message);
            }
        }
    }

    fn knows_nothing(&self, peer: PeerId) -> bool {
        self.peers.peek(peer).is_none_or(|p| p.quick.supports.is_none())
    }

    /// The response to a body has come: nothing more of it goes out.
    fn upload_answered(&mut self, handle: Handle, exchange: Handle, message: &Message<'_>) {
        self.settle(Unit::Quick(handle));
        self.block_sent(handle);
        let Some(q) = self.quick.slots.get_mut(handle) else { return };
        let (szx, echo) = (q.szx, message.options.first(OptionNumber::ECHO).is_some());
        q.kind = Kind::Fetching(exchange);
        q.out.stop();
        (q.say, q.pending, q.at) = (Say::Nothing, None, None);
        if message.code == Code::UNAUTHORIZED && echo {
            // RFC 9175 section 2.3: the body goes again, with the value, in the other kind of
            // blocks.
            self.drop_quick(handle);
            if let Some(e) = self.exchanges.get_mut(exchange) {
                e.upload = Some((0, BlockSize::new(szx)));
            }
            return;
        }
        // Notifications come under the token that the response came under.
        if self.exchanges.get(exchange).is_some_and(|e| e.observe != Observe::No) {
            let token = self.token(message.token);
            self.unindex_exchange(exchange);
            if let Some(e) = self.exchanges.get_mut(exchange) {
                e.sending.token = token;
            }
            self.index_exchange(exchange);
        }
    }

    /// A block of the response to a request, or of a notification: is it of the state that counts?
    fn is_state(&mut self, exchange: Handle, message: &Message<'_>) -> bool {
        let notified = message.options.uint(OptionNumber::OBSERVE).map(|n| n & 0xff_ffff);
        let Some(e) = self.exchanges.get_mut(exchange) else { return false };
        let in_ack = message.message_type == MessageType::Acknowledgement;
        match (notified, e.observe) {
            (Some(number), Observe::Asking | Observe::Yes | Observe::Renewing) => {
                let renewed = e.observe == Observe::Renewing && in_ack;
                let newest = e.newest.filter(|_| !renewed);
                e.observe = Observe::Yes;
                if !Endpoint::is_newer(newest, number, self.now) {
                    return false;
                }
                if newest.is_none_or(|before| before.number() != number) {
                    e.restarts = 0;
                }
                e.newest = Some(Newest::new(number, self.now));
                self.settle(Unit::Exchange(exchange));
                self.renew_after(exchange, message.options);
            }
            (Some(_), Observe::Leaving) if !in_ack => return false,
            _ => {
                // Whatever comes without Observe ends an observation (RFC 7641 section 3.2).
                e.observe = Observe::No;
                self.settle(Unit::Exchange(exchange));
            }
        }
        true
    }

    /// Takes a block of a response.
    fn take_quick_block(
        &mut self,
        exchange: Handle,
        handle: Handle,
        message: &Message<'_>,
        block: Block,
    ) {
        let etag = self.etag_hash(message.options);
        let total = message.options.uint(OptionNumber::SIZE2).unwrap_or(0);
        let blocks = Endpoint::blocks_of(total, block.szx);
        let (from, to) = Endpoint::span(total, block.szx, block.number);
        let Some(e) = self.exchanges.get_mut(exchange) else { return };
        let Some(q) = self.quick.slots.get_mut(handle) else { return };
        let (begun, same) = (q.arriving.blocks() > 0, q.etag == etag);
        // RFC 9177 section 4.6: Size2 is exact, and in every block.
        let fits = block.number < blocks
            && block.more == (block.number.saturating_add(1) < blocks)
            && message.payload.len() == to.saturating_sub(from);
        if !fits || (begun && same && (q.total, q.szx) != (total, block.szx)) {
            if !begun {
                self.quick_broken(exchange, handle, Outcome::Broken);
            }
            return;
        }
        let streams = e.streams;
        if begun && !same {
            e.restarts = e.restarts.saturating_add(1);
            let had = streams && (q.arriving.first() > 0 || e.response.is_some());
            if had || e.restarts > MAX_RESTARTS {
                return self.quick_broken(exchange, handle, Outcome::Broken);
            }
        }
        if !streams && total > self.body_size {
            return self.quick_broken(exchange, handle, Outcome::TooLarge);
        }
        if !begun || !same {
            self.begin_receiving(handle, blocks);
            let stored = self.store(message.code, message.options, &Extras::NONE, &[]);
            let Some(q) = self.quick.slots.get_mut(handle) else {
                return self.free(stored);
            };
            (q.etag, q.total, q.szx, q.stored) = (etag, total, block.szx, stored);
        }
        if !self.put_quick_block(handle, block, streams, message.payload) {
            // It has come before, or there is no room for it self.now.
            if self.quick.slots.get(handle).is_some_and(|q| q.at.is_none()) {
                self.expect_blocks(handle);
                self.arm_quick(handle);
            }
            return;
        }
        if streams {
            self.offer_block(handle, exchange);
            self.block_noted(handle, block.number);
            return;
        }
        if let Some(q) = self.quick.slots.get_mut(handle) {
            q.arriving.advance();
        }
        if self.block_noted(handle, block.number) == Next::Whole {
            let Some(q) = self.quick.slots.get_mut(handle) else { return };
            let stored = q.stored.take();
            self.begin_receiving(handle, 0);
            self.arm_quick(handle);
            self.quick_complete(exchange, stored);
        }
    }

    /// Puts a block where it belongs, if it is one of those that are taken now.
    fn put_quick_block(
        &mut self,
        handle: Handle,
        block: Block,
        streams: bool,
        payload: &[u8],
    ) -> bool {
        let payloads = self.parameters.q_block.max_payloads;
        let Some(q) = self.quick.slots.get_mut(handle) else { return false };
        let (end, total) = (q.arriving.end(payloads), q.total);
        let ring = u32::from(payloads).max(1);
        let end = if streams { end.min(q.arriving.first().saturating_add(ring)) } else { end };
        if !q.arriving.wants(block.number, end) {
            return false;
        }
        // A body for the application goes through a ring of as many blocks as come at a time.
        let (place, last) = if streams {
            (block.number.checked_rem(ring).unwrap_or(0), ring.min(q.arriving.blocks()))
        } else {
            (block.number, end)
        };
        let Some(mut stored) = q.stored.take() else { return false };
        let (_, needed) = Endpoint::span(total, block.szx, last.saturating_sub(1));
        let grown = loop {
            if stored.grow(&mut self.pool, needed) {
                break true;
            }
            if !self.make_room() {
                break false;
            }
        };
        let at = (place as usize) << Block::shift(block.szx);
        let put = grown && stored.put_at(&mut self.pool, at, payload);
        let Some(q) = self.quick.slots.get_mut(handle) else {
            self.free(stored);
            return false;
        };
        q.stored = Some(stored);
        if put {
            q.arriving.note(block.number);
        } else {
            self.counters.full = self.counters.full.wrapping_add(1);
        }
        put
    }

    /// Tells the application the block that is next, once it has taken the one before.
    fn offer_block(&mut self, handle: Handle, exchange: Handle) {
        let ring = u32::from(self.parameters.q_block.max_payloads).max(1);
        let waits = self.exchanges.get(exchange).is_none_or(|e| e.response.is_some());
        let stored = loop {
            let Some(q) = self.quick.slots.get(handle) else { return };
            if waits || !q.arriving.is_ready() {
                return;
            }
            let number = q.arriving.first();
            let (from, to) = Endpoint::span(q.total, q.szx, number);
            let place = number.checked_rem(ring).unwrap_or(0) as usize;
            let at = place << Block::shift(q.szx);
            let part = at..at.saturating_add(to.saturating_sub(from));
            let Some(ring) = &q.stored else { return };
            let copied = Stored::slice(&mut self.pool, ring, &Extras::NONE, part);
            if copied.is_some() || !self.make_room() {
                break copied;
            }
        };
        let Some(stored) = stored else {
            return self.finish(exchange, Outcome::TooLarge);
        };
        let Some(q) = self.quick.slots.get_mut(handle) else {
            return self.free(stored);
        };
        q.arriving.hand_on();
        let last = q.arriving.is_whole();
        if let Some(e) = self.exchanges.get_mut(exchange) {
            e.response = Some(stored);
        }
        if last {
            self.finish(exchange, Outcome::Response);
        } else {
            self.tell(What::Block, exchange);
        }
    }

    fn quick_complete(&mut self, exchange: Handle, stored: Option<Stored>) {
        let Some(stored) = stored else { return };
        let Some(e) = self.exchanges.get_mut(exchange) else {
            return self.free(stored);
        };
        if e.observe != Observe::No {
            return self.notified(exchange, stored);
        }
        let old = e.response.replace(stored);
        self.free(old);
        self.finish(exchange, Outcome::Response);
    }

    /// A body that cannot be had: the end of a request, but not of an observation.
    fn quick_broken(&mut self, exchange: Handle, handle: Handle, outcome: Outcome) {
        if self.exchanges.get(exchange).is_some_and(|e| e.observe != Observe::No) {
            self.counters.full = self.counters.full.wrapping_add(1);
            self.begin_receiving(handle, 0);
            return self.arm_quick(handle);
        }
        self.finish(exchange, outcome);
    }

    pub(in crate::endpoint) fn write_quick_request<S: Sink>(
        &self,
        q: &Quick,
        exchange: Handle,
        sink: S,
    ) -> Result<S, TooLong> {
        let token = Endpoint::quick_token(q.sending.token, q.count);
        let (mid, confirmable) = (q.sending.mid, q.sending.confirmable);
        let kind = if confirmable { MessageType::Confirmable } else { MessageType::NonConfirmable };
        if q.say == Say::Probe {
            let mut m = MessageWriter::new(sink, kind, Code::GET, mid, token.as_bytes())?;
            m.option(OptionNumber::Q_BLOCK2, &[])?;
            return m.finish(&[]);
        }
        let e = self.exchanges.get(exchange).ok_or(TooLong)?;
        let request = e.sending.stored.as_ref().ok_or(TooLong)?;
        let options = request.options(&self.pool);
        let body = request.payload(&self.pool);
        let in_blocks = q.out.blocks() > 0;
        // A body in blocks is there already (RFC 7959 section 2.7).
        let mut payload = if in_blocks { &[] } else { body };
        let mut own = Own { echo: e.echo.as_ref().map(|c| self.pool.get(c)), ..Own::default() };
        own.tag = in_blocks.then_some(q.tag);
        let szx = q.szx;
        match q.say {
            Say::Block(number) => {
                let (from, to) = Endpoint::span(q.total, szx, number);
                payload = match &e.block {
                    Some(block) => self.pool.get(block),
                    None => body.get(from..to).ok_or(TooLong)?,
                };
                let more = number.saturating_add(1) < q.out.blocks();
                own.block1 = Some(Block { number, more, szx });
                own.size1 = Some(q.total);
                own.observe = e.observe == Observe::Asking;
            }
            Say::Continue(number) => {
                (own.block2, own.from, own.bits) = (true, number, 1);
            }
            Say::Missing(from, bits) => {
                let taken = options.as_bytes().len().saturating_add(payload.len());
                let taken = taken.saturating_add(BESIDE + 6 + 6);
                let room = usize::from(self.message_size).saturating_sub(taken);
                (own.from, own.bits) = (from, bits);
                own.most = (room / ONE_MORE).clamp(1, self.parameters.q_block.max_payloads.into());
            }
            Say::Nothing | Say::Probe => return Err(TooLong),
        }
        let mut m = MessageWriter::new(sink, kind, request.code(), mid, token.as_bytes())?;
        own.put(&mut m, options, szx)?;
        m.finish(payload)
    }
}

/// Options that the endpoint adds to a request of a transfer.
#[derive(Default)]
struct Own<'a> {
    observe: bool,
    block1: Option<Block>,
    /// The one Q-Block2 option, of the block `from`, says "and those behind it".
    block2: bool,
    /// Blocks that are asked for: those whose bits are set, counted from the first; at most `most`.
    from: u32,
    bits: u64,
    most: usize,
    size1: Option<u32>,
    echo: Option<&'a [u8]>,
    tag: Option<u32>,
}

impl Own<'_> {
    const NUMBERS: [OptionNumber; 6] = [
        OptionNumber::OBSERVE,
        OptionNumber::Q_BLOCK1,
        OptionNumber::Q_BLOCK2,
        OptionNumber::SIZE1,
        OptionNumber::ECHO,
        OptionNumber::REQUEST_TAG,
    ];

    /// Writes them among those of the application. Its own Echo and Request-Tag go before ours.
    fn put<S: Sink>(
        &self,
        m: &mut MessageWriter<S>,
        list: Options<'_>,
        szx: u8,
    ) -> Result<(), TooLong> {
        let mut own = Own::NUMBERS.into_iter().peekable();
        for option in list {
            while let Some(number) = own.next_if(|n| *n < option.number) {
                self.put_one(m, number, szx)?;
            }
            own.next_if(|n| *n == option.number);
            m.option(option.number, option.value)?;
        }
        own.try_for_each(|number| self.put_one(m, number, szx))
    }

    fn put_one<S: Sink>(
        &self,
        m: &mut MessageWriter<S>,
        number: OptionNumber,
        szx: u8,
    ) -> Result<(), TooLong> {
        let mut put = |value: &[u8]| m.option(number, value).map(|_| ());
        let block = |b: Block| Uint::new(b.to_uint());
        match number {
            OptionNumber::OBSERVE if self.observe => put(&[])?,
            OptionNumber::Q_BLOCK1 => {
                self.block1.map_or(Ok(()), |b| put(block(b).as_bytes()))?;
            }
            OptionNumber::Q_BLOCK2 => {
                for number in numbers(self.from, self.bits).take(self.most.max(1)) {
                    put(block(Block { number, more: self.block2, szx }).as_bytes())?;
                }
            }
            OptionNumber::SIZE1 => {
                self.size1.map_or(Ok(()), |total| put(Uint::new(total).as_bytes()))?;
            }
            OptionNumber::ECHO => self.echo.map_or(Ok(()), put)?,
            OptionNumber::REQUEST_TAG => {
                self.tag.map_or(Ok(()), |tag| put(&tag.to_be_bytes()))?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// True if an option is critical and not understood, or must not be there: of those of this RFC
/// one of each may be in a response, and none of RFC 7959 beside it (section 4.1).
fn has_bad_option(
    options: Options<'_>,
    is_bad: impl Fn(&crate::MessageOption<'_>, bool) -> bool,
) -> bool {
    let (mut last, mut quick, mut plain) = (None, false, false);
    let bad = options.iter().any(|o| {
        let repeated = last.replace(o.number) == Some(o.number);
        plain |= matches!(o.number, OptionNumber::BLOCK1 | OptionNumber::BLOCK2);
        match o.number {
            OptionNumber::Q_BLOCK1 | OptionNumber::Q_BLOCK2 => {
                quick = true;
                repeated || !o.has_valid_length()
            }
            _ => is_bad(&o, repeated),
        }
    });
    bad || (quick && plain)
}
