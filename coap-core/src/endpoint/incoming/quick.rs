//! Q-Block options on the server's side (RFC 9177 sections 4.3, 4.4, 5 and 7.2): bodies of requests
//! are put together from blocks that come in any order, those of responses go out in bursts.

use super::super::quick::{Kind, Next, Outgoing, Quick, Say, numbers};
use super::super::receive::Received;
use super::super::size::KeptUint;
use super::super::survey::Survey;
use super::super::{Endpoint, Response, Stored, Token};
use super::cut::{Asking, checksum, download_key};
use crate::writer::{Extras, put_merged};
use crate::{
    Block, Code, ContentFormat, MessageType, MessageWriter, OptionNumber, Options, TooLong,
    put_missing_block,
};
use m2m_base::container::{Handle, Index};
use m2m_base::{Cause, Counter, Disposition, PeerId, Sink};

/// Does a request say that its sender understands the options?
pub(in crate::endpoint) fn is_quick(options: Options<'_>) -> bool {
    options.iter().any(|o| matches!(o.number, OptionNumber::Q_BLOCK1 | OptionNumber::Q_BLOCK2))
}

/// Is the whole body of the response wanted, and not one block of it (RFC 9177 section 4.4)?
pub(super) fn wants_all(options: Options<'_>) -> bool {
    let block2 = options.uint(OptionNumber::Q_BLOCK2);
    block2.is_none_or(|value| value & 8 != 0)
}

/// The blocks that the Q-Block2 options of a request ask for.
struct Asked2 {
    first: Block,
    /// Blocks counted from the number of the first one.
    bits: u64,
    /// There are several options.
    several: bool,
}

impl Asked2 {
    /// `Err` if numbers do not ascend, sizes differ, or an option is none such (section 4.4).
    fn of(options: Options<'_>, payloads: u8) -> Result<Option<Asked2>, ()> {
        let mut asked: Option<Asked2> = None;
        let mut last = 0;
        for option in options.iter().filter(|o| o.number == OptionNumber::Q_BLOCK2) {
            let block = option.as_uint().and_then(Block::from_uint).ok_or(())?;
            let payloads = u32::from(payloads).max(1);
            let set = block.number.checked_div(payloads).unwrap_or(0);
            let rest = set.saturating_add(1).saturating_mul(payloads);
            let run = if block.more { rest.saturating_sub(block.number) } else { 1 };
            let bits = u64::MAX.checked_shr(64u32.saturating_sub(run)).unwrap_or(0);
            match &mut asked {
                None => asked = Some(Asked2 { first: block, bits, several: false }),
                Some(before) => {
                    if block.number <= last || block.szx != before.first.szx {
                        return Err(());
                    }
                    // What is far from the first is asked for again.
                    let place = block.number.saturating_sub(before.first.number);
                    before.bits |= bits.checked_shl(place).unwrap_or(0);
                    before.several = true;
                }
            }
            last = block.number;
        }
        Ok(asked)
    }
}

impl Endpoint {
    /// What requests for one body have in common, as [`Endpoint::transfer_key`]. A Request-Tag
    /// belongs to it: it comes again with requests for missing blocks (RFC 9177 section 10.3.3).
    fn quick_key(&self, peer: PeerId, method: Code, options: Options<'_>) -> u64 {
        let key = self.transfer_key(peer, None, method, Options::EMPTY);
        options.iter().fold(key, |hash, o| match o.number {
            OptionNumber::Q_BLOCK1
            | OptionNumber::Q_BLOCK2
            | OptionNumber::BLOCK1
            | OptionNumber::BLOCK2
            | OptionNumber::OBSERVE
            | OptionNumber::ETAG => hash,
            number if number.is_no_cache_key() => hash,
            number => Index::mix_bytes(Index::mix(hash, number.0.into()), o.value),
        })
    }

    /// The key of the body of a response to a request.
    pub(super) fn served_key(
        &self,
        peer: PeerId,
        method: Code,
        options: Options<'_>,
        payload: &[u8],
    ) -> u64 {
        let key = self.quick_key(peer, method, options);
        let in_blocks = options.first(OptionNumber::Q_BLOCK1).is_some();
        let block1 = in_blocks.then_some(Block { number: 0, more: false, szx: 0 });
        download_key(key, method, payload, block1.into())
    }

    /// A request with Q-Block options.
    pub(super) fn receive_quick_request(&mut self, message: &Received<'_>) -> Disposition {
        let options = message.options;
        let plain = |n| options.first(n).is_some();
        // Section 4.1: never beside Block options. Over connections, under a security context and
        // with long tokens they are not understood here.
        if plain(OptionNumber::BLOCK1)
            || plain(OptionNumber::BLOCK2)
            || self.connections.knows(message.peer)
            || self.protection_now().is_some()
            || message.token.len() > 8
        {
            return self.refuse(message, Code::BAD_OPTION, Cause::Unsupported);
        }
        let bad =
            |endpoint: &mut Self| endpoint.refuse(message, Code::BAD_REQUEST, Cause::Malformed);
        let Ok(asked) = Asked2::of(options, self.parameters.q_block.max_payloads) else {
            return bad(self);
        };
        if self.came_by_multicast() {
            // Section 4.8.
            return Disposition::Ignored(Cause::Unsupported);
        }
        if self.peers.know(message.peer, &mut self.random) {
            self.note_support(message.peer, true);
        }
        if let Some(value) = options.uint(OptionNumber::Q_BLOCK1) {
            // Section 4.3: 4.00 without a Request-Tag or Size1.
            let block = Block::from_uint(value);
            let tagged = options.first(OptionNumber::REQUEST_TAG).is_some();
            let (Some(block), Some(total), true) =
                (block, options.uint(OptionNumber::SIZE1), tagged)
            else {
                return bad(self);
            };
            let first = asked.map(|a| a.first).into();
            return self.receive_quick_block(message, block, total, first);
        }
        let Some(asked) = asked else { return bad(self) };
        let later = asked.first.number > 0 || asked.several;
        if later || !asked.first.more {
            let key = self.served_key(message.peer, message.code, options, message.payload);
            let served = self.quick_by_key(message.peer, key, true);
            // The first block alone is missing only while its body is on its way.
            let patience = self.patience(false, self.parameters.q_block.non_max_retransmit);
            let fresh = |q: &Quick| self.now.since(q.last) < patience;
            let alive = |h: &Handle| later || self.quick.slots.get(*h).is_some_and(fresh);
            if let Some(handle) = served.filter(alive) {
                return self.serve_again(message, handle, &asked);
            }
        }
        let tagged = options.first(OptionNumber::REQUEST_TAG).is_some();
        let fetch = message.code == Code::FETCH;
        // A FETCH with a tag and without a body asks for a block of what its body got.
        if later || (fetch && tagged && message.payload.is_empty()) {
            // What made this body must not be done again.
            if !(message.code == Code::GET || (fetch && !tagged)) {
                let code = Code::REQUEST_ENTITY_INCOMPLETE;
                return self.refuse(message, code, Cause::Unexpected);
            }
        }
        let Some(stored) = self.store(message.code, options, &Extras::NONE, message.payload) else {
            return self.refuse(message, Code::SERVICE_UNAVAILABLE, Cause::Full);
        };
        self.deliver_quick(message, stored, Some(asked.first).into())
    }

    /// Acknowledges a request whose response, if any, is a message of its own.
    fn take_note(&mut self, message: &Received<'_>) -> Disposition {
        if message.message_type == MessageType::Confirmable {
            self.reply_empty(message.peer, MessageType::Acknowledgement, message.id);
        }
        Disposition::Accepted
    }

    /// Missing blocks of a body that is served, or the next set (section 4.4).
    fn serve_again(
        &mut self,
        message: &Received<'_>,
        handle: Handle,
        asked: &Asked2,
    ) -> Disposition {
        let q_block = self.parameters.q_block;
        let token = message.name;
        let Some(q) = self.quick.slots.get_mut(handle) else {
            return Disposition::Ignored(Cause::Unexpected);
        };
        let Block { number, more, szx } = asked.first;
        if number >= q.out.blocks() || szx != q.szx {
            return self.refuse(message, Code::BAD_REQUEST, Cause::Malformed);
        }
        let set = number.is_multiple_of(u32::from(q_block.max_payloads).max(1));
        if more && set && !asked.several && number > 0 {
            // All before has come. If the set is on its way already, nothing is to be done.
            let on_its_way = q.out.next() > number && self.now.since(q.last) < q_block.non_timeout;
            if !on_its_way && q.out.next() <= number {
                q.out.resume();
            } else if !on_its_way {
                q.again = token;
                q.out.repeat(numbers(number, asked.bits), q_block.max_payloads);
            }
        } else {
            q.again = token;
            q.out.repeat(numbers(number, asked.bits), q_block.max_payloads);
        }
        let disposition = self.take_note(message);
        self.advance_quick(handle);
        disposition
    }

    /// Takes one block of a request's body.
    fn receive_quick_block(
        &mut self,
        message: &Received<'_>,
        block: Block,
        total: u32,
        block2: KeptUint,
    ) -> Disposition {
        let blocks = Endpoint::blocks_of(total, block.szx);
        let (from, to) = Endpoint::span(total, block.szx, block.number);
        let single = total == 0 && block.number == 0 && !block.more && message.payload.is_empty();
        let fits = block.number < blocks
            && block.more == (block.number.saturating_add(1) < blocks)
            && message.payload.len() == to.saturating_sub(from);
        if !fits && !single {
            return self.refuse(message, Code::BAD_REQUEST, Cause::Malformed);
        }
        if total > self.body_size {
            if self.parameters.stream_uploads {
                // It can come block by block, in the other kind of blocks.
                return self.refuse(message, Code::BAD_OPTION, Cause::Unsupported);
            }
            let taken = self.too_large(message, self.body_size);
            return self.or_refuse(message, taken);
        }
        if blocks <= 1 {
            let stored = self.store(message.code, message.options, &Extras::NONE, message.payload);
            let Some(stored) = stored else {
                return self.refuse(message, Code::SERVICE_UNAVAILABLE, Cause::Full);
            };
            return self.deliver_quick(message, stored, block2);
        }
        let key = self.quick_key(message.peer, message.code, message.options);
        let held = self.quick_by_key(message.peer, key, false).or_else(|| {
            let quick = Quick {
                key,
                szx: block.szx,
                total,
                arriving: super::super::quick::Arriving::new(blocks),
                ..self.blank_quick(message.peer, Token::EMPTY, Kind::Taking, false)
            };
            let stored = self.store(message.code, message.options, &Extras::NONE, &[])?;
            self.keep_quick(Quick { stored: Some(stored), ..quick })
        });
        let Some(handle) = held else {
            return self.refuse(message, Code::SERVICE_UNAVAILABLE, Cause::Full);
        };
        let token = message.name;
        let Some(q) = self.quick.slots.get_mut(handle) else {
            return Disposition::Ignored(Cause::Unexpected);
        };
        if (q.total, q.szx) != (total, block.szx) {
            return self.refuse(message, Code::BAD_REQUEST, Cause::Malformed);
        }
        if q.kind == Kind::Taken {
            // Late: the response has been given, or will be.
            self.take_note(message);
            return Disposition::Duplicate;
        }
        q.sending.token = token;
        q.sending.confirmable = message.message_type == MessageType::Confirmable;
        let end = q.arriving.end(self.parameters.q_block.max_payloads);
        if !q.arriving.wants(block.number, end) {
            // It has come before, or is too far ahead and will be asked for.
            self.take_note(message);
            return Disposition::Duplicate;
        }
        if !self.put_taken(handle, block, from, message.payload) {
            return self.refuse(message, Code::SERVICE_UNAVAILABLE, Cause::Full);
        }
        if self.block_noted(handle, block.number) != Next::Whole {
            return self.take_note(message);
        }
        let linger = self.parameters.q_block.non_partial_timeout;
        let Some(q) = self.quick.slots.get_mut(handle) else {
            return Disposition::Ignored(Cause::Unexpected);
        };
        (q.kind, q.pending, q.at) = (Kind::Taken, None, Some(self.now + linger));
        let stored = q.stored.take();
        self.arm_quick(handle);
        let Some(stored) = stored else { return Disposition::Ignored(Cause::Full) };
        self.deliver_quick(message, stored, block2)
    }

    /// Hands a request to the application that asks for a block of this kind.
    fn deliver_quick(
        &mut self,
        message: &Received<'_>,
        stored: Stored,
        block2: KeptUint,
    ) -> Disposition {
        let survey = Survey { block2, ..message.survey(&self.parameters) };
        let taken = self.deliver(message, stored, &survey, true);
        self.or_refuse(message, taken)
    }

    fn put_taken(&mut self, handle: Handle, block: Block, from: usize, payload: &[u8]) -> bool {
        let payloads = self.parameters.q_block.max_payloads;
        let Some(q) = self.quick.slots.get_mut(handle) else { return false };
        let Some(mut stored) = q.stored.take() else { return false };
        let last = q.arriving.end(payloads).saturating_sub(1);
        let (_, needed) = Endpoint::span(q.total, q.szx, last);
        let put = loop {
            if stored.grow(&mut self.pool, needed) {
                break stored.put_at(&mut self.pool, from, payload);
            }
            if !self.make_room() {
                break false;
            }
        };
        let Some(q) = self.quick.slots.get_mut(handle) else {
            self.free(stored);
            return false;
        };
        q.stored = Some(stored);
        if put {
            q.arriving.note(block.number);
            q.arriving.advance();
        }
        put
    }

    /// The first block of a response is on its way, with this option: the others follow, if `all`
    /// are wanted.
    #[allow(clippy::too_many_arguments, reason = "what a message and its body have in common")]
    pub(in crate::endpoint) fn serve_quickly(
        &mut self,
        asking: &Asking,
        token: Token,
        confirmable: bool,
        first: Option<u32>,
        all: bool,
        response: &Response<'_>,
    ) {
        let Asking { peer, key, sequence, .. } = *asking;
        let Some(block) = first.and_then(Block::from_uint).filter(|b| b.more) else { return };
        let Ok(total) = u32::try_from(response.payload.len()) else { return };
        if let Some(old) = self.quick_by_key(peer, key, true) {
            self.drop_quick(old);
        }
        // No answer that is remembered is given up for this.
        let pool = &mut self.pool;
        let stored =
            Stored::new(pool, response.code, response.options, &Extras::NONE, response.payload);
        let Some(stored) = stored else { return };
        let blocks = Endpoint::blocks_of(total, block.szx);
        let most = self.parameters.q_block.non_max_retransmit;
        // Of a request for one block only that one is answered; the others may be asked for.
        let next = if block.number == 0 && all { 1 } else { blocks };
        let quick = Quick {
            key,
            again: token,
            tag: checksum(response.payload) | 1 << 31,
            szx: block.szx,
            total,
            out: Outgoing::new(next, blocks, most),
            sequence: sequence.value(),
            stored: Some(stored),
            at: Some(self.now + self.parameters.q_block.non_partial_timeout),
            last: self.now,
            ..self.blank_quick(peer, token, Kind::Serving, confirmable)
        };
        if let Some(handle) = self.keep_quick(quick) {
            self.advance_quick(handle);
        }
    }

    /// A block of a response or notification.
    pub(in crate::endpoint) fn write_served_block<S: Sink>(
        &self,
        q: &Quick,
        sink: S,
    ) -> Result<S, TooLong> {
        let (Say::Block(number), Some(stored)) = (q.say, &q.stored) else { return Err(TooLong) };
        let (from, to) = Endpoint::span(q.total, q.szx, number);
        let payload = stored.payload(&self.pool).get(from..to).ok_or(TooLong)?;
        let options = stored.options(&self.pool);
        let more = number.saturating_add(1) < q.out.blocks();
        let again = number < q.out.next();
        let mut extras = Extras::NONE;
        // In ascending order.
        if options.first(OptionNumber::ETAG).is_none() {
            extras.add(OptionNumber::ETAG, q.tag);
        }
        if let Some(sequence) = q.sequence.filter(|_| !again) {
            extras.add(OptionNumber::OBSERVE, sequence);
        }
        extras.add(OptionNumber::SIZE2, q.total);
        extras.add(OptionNumber::Q_BLOCK2, Block { number, more, szx: q.szx }.to_uint());
        let token = if again { q.again } else { q.sending.token };
        let mut m = self.start_quick_message(q, stored.code(), &token, sink)?;
        put_merged(m.sink(), options, &extras)?;
        m.finish(payload)
    }

    fn start_quick_message<S: Sink>(
        &self,
        q: &Quick,
        code: Code,
        token: &Token,
        sink: S,
    ) -> Result<MessageWriter<S>, TooLong> {
        let kind = match q.sending.confirmable {
            true => MessageType::Confirmable,
            false => MessageType::NonConfirmable,
        };
        MessageWriter::new(sink, kind, code, q.sending.mid, token.as_bytes())
    }

    /// 2.31 for a set that is whole, 4.08 for blocks that are missing (section 5).
    pub(in crate::endpoint) fn write_what_is_missing<S: Sink>(
        &self,
        q: &Quick,
        sink: S,
    ) -> Result<S, TooLong> {
        match q.say {
            Say::Continue(next) => {
                let number = next.saturating_sub(1);
                let mut m = self.start_quick_message(q, Code::CONTINUE, &q.sending.token, sink)?;
                let block = Block { number, more: true, szx: q.szx };
                m.option_uint(OptionNumber::Q_BLOCK1, block.to_uint())?;
                m.finish(&[])
            }
            Say::Missing(from, bits) => {
                let code = Code::REQUEST_ENTITY_INCOMPLETE;
                let mut m = self.start_quick_message(q, code, &q.sending.token, sink)?;
                let format = ContentFormat::MISSING_BLOCKS.0;
                m.option_uint(OptionNumber::CONTENT_FORMAT, format.into())?;
                let sink = m.sink();
                sink.put_u8(0xff).map_err(|_| TooLong)?;
                // A number has at most five bytes; no list is longer than a small message.
                let room = usize::from(self.message_size).saturating_sub(24);
                let mut counted = Counter::new();
                let most = self.parameters.q_block.max_payloads;
                for number in numbers(from, bits).take(most.into()) {
                    put_missing_block(&mut counted, number)?;
                    if counted.len() > room {
                        break;
                    }
                    put_missing_block(sink, number)?;
                }
                m.finish(&[])
            }
            Say::Nothing | Say::Probe | Say::Block(_) => Err(TooLong),
        }
    }
}
