//! Blocks of bodies, on the client's side: those of a request go out one by one, those of a response
//! are put together (RFC 7959 sections 2.2 to 2.4, 2.9).

use super::super::size::KeptUint;
use super::super::{Endpoint, FETCH, OBSERVE, Outcome, STREAM_DOWNLOADS, Stored, Unit};
use super::{MAX_RESTARTS, Observe};
use crate::writer::Extras;
use crate::{Code, Message, OptionNumber, Options};
use m2m_base::container::{Handle, Index, NonMax};

/// What comes behind a response, or a block of one, that was taken.
enum After {
    /// The next block is to be asked for.
    Block,
    /// It is whole.
    Whole,
    /// The application takes it.
    Nothing,
}

impl Endpoint {
    /// The answer to a block of our body (RFC 7959 section 2.3 and 2.9).
    pub(super) fn take_upload_answer(&mut self, handle: Handle, message: &Message<'_>) {
        let Some(exchange) = self.exchanges.get(handle) else { return };
        let (Some((sent, size)), Some(request)) = (exchange.upload, &exchange.sending.stored)
        else {
            return;
        };
        let total = request.payload(&self.pool).len();
        let total = exchange.supplied.map_or(total, |total| total.get() as usize);
        let end = (sent as usize).saturating_add(size.bytes()).min(total);
        let option = message.options.uint(OptionNumber::BLOCK1);
        let block = option.and_then(|b| self.block_of(exchange.sending.peer.get(), b));
        let smaller = block.map_or(size, |b| size.at_most(b.szx));
        let matches = block.is_some_and(|b| b.number == size.number(sent));
        let goes_on = message.code.is_success() && end < total;
        let retry = message.code == Code::REQUEST_ENTITY_TOO_LARGE && sent == 0 && smaller != size;
        let Some(exchange) = self.exchanges.get_mut(handle) else { return };
        if goes_on && matches {
            exchange.upload = Some((u32::try_from(end).unwrap_or(u32::MAX), smaller));
            if self.want_block(handle) {
                return;
            }
            return self.next_message(handle);
        }
        if retry {
            exchange.upload = Some((0, smaller));
            if self.want_block(handle) {
                return;
            }
            return self.next_message(handle);
        }
        if message.code == Code::CONTINUE || (goes_on && option.is_some()) {
            return self.finish(handle, Outcome::Broken);
        }
        self.take_content(handle, message);
    }

    /// A response, or a block of one.
    pub(super) fn take_content(&mut self, handle: Handle, message: &Message<'_>) {
        match self.add_content(handle, message) {
            Ok(After::Block) => self.next_message(handle),
            Ok(After::Whole) => self.assembled(handle),
            Ok(After::Nothing) => {}
            Err(outcome) => self.finish(handle, outcome),
        }
    }

    /// Adds it to what there is of the response; or tells how the exchange ends.
    fn add_content(&mut self, handle: Handle, message: &Message<'_>) -> Result<After, Outcome> {
        let exchange = self.exchanges.get(handle).ok_or(Outcome::Broken)?;
        let (peer, single) = (exchange.sending.peer.get(), exchange.single);
        let option = message.options.uint(OptionNumber::BLOCK2);
        let block = match option.map(|b| self.block_of(peer, b)) {
            Some(None) => return Err(Outcome::Broken),
            Some(block) if message.code.is_success() && single == KeptUint::NONE => block,
            _ => None,
        };
        let etag = if FETCH { self.etag_hash(message.options) } else { 0 };
        if STREAM_DOWNLOADS && self.take_streamed(handle, message, block, etag).is_some() {
            return Ok(After::Nothing);
        }
        let len = message.payload.len();
        let own = self.szx_wanted(peer, self.protection_of(handle));
        let exchange = self.exchanges.get_mut(handle).ok_or(Outcome::Broken)?;
        let mut stored = exchange.response.take();
        let begun = FETCH && exchange.download.is_some() && stored.is_some();
        if !begun || block.is_none() {
            // Whole, its first block, or an error in the middle of a transfer.
            self.free(stored.take());
        } else if exchange.etag != etag && block.is_some_and(|block| block.number > 0) {
            // It changed between two blocks: from the start again (RFC 7959 section 2.4).
            self.free(stored);
            return if self.may_restart(handle) { Ok(After::Block) } else { Err(Outcome::Broken) };
        }
        let have = stored.as_ref().map_or(0, |stored| stored.payload(&self.pool).len());
        let (more, wrong) = match block {
            Some(block) if !FETCH && block.more => return Err(Outcome::TooLarge),
            Some(block) => (block.more, block.offset() != have || block.more && !block.allows(len)),
            None => (false, false),
        };
        let failure = if wrong {
            Some(if FETCH { Outcome::Broken } else { Outcome::TooLarge })
        } else if have > 0 && have.saturating_add(len) > self.body_size as usize {
            Some(Outcome::TooLarge)
        } else {
            let kept = if let Some(stored) = &mut stored {
                self.append(stored, message.payload)
            } else {
                stored = self.store(message.code, message.options, &Extras::NONE, message.payload);
                stored.is_some()
            };
            (!kept).then_some(Outcome::TooLarge)
        };
        let Some(exchange) = self.exchanges.get_mut(handle) else {
            self.free(stored);
            return Err(Outcome::Broken);
        };
        exchange.response = stored;
        if let Some(block) = block.filter(|block| FETCH && block.more) {
            (exchange.download, exchange.etag) = (Some(block.szx.min(own)), etag);
        }
        match failure {
            Some(outcome) => Err(outcome),
            None if more => Ok(After::Block),
            None => Ok(After::Whole),
        }
    }

    /// A body that changed while it came may be asked for again: what is not safe to repeat is not
    /// repeated.
    fn may_restart(&mut self, handle: Handle) -> bool {
        let Some(exchange) = self.exchanges.get_mut(handle) else { return false };
        exchange.restarts = exchange.restarts.saturating_add(1);
        let source = exchange.parent.filter(|_| OBSERVE).and_then(|p| self.exchange_at(p));
        let exchange = self.exchanges.get(handle);
        let asked = source.or(exchange).filter(|e| e.restarts <= MAX_RESTARTS);
        let method = asked.and_then(|e| e.sending.stored.as_ref()).map(Stored::code);
        matches!(method, Some(Code::GET | Code::FETCH))
    }

    /// The whole response is there: it ends the request, or is the notification that the exchange
    /// was fetching for.
    fn assembled(&mut self, handle: Handle) {
        if !OBSERVE {
            return self.finish(handle, Outcome::Response);
        }
        let Some(exchange) = self.exchanges.get_mut(handle) else { return };
        let parent = exchange.parent.and_then(|p| self.exchanges.handle_at(p.get()));
        let Some(parent) = parent else {
            return self.finish(handle, Outcome::Response);
        };
        #[cfg(feature = "multicast")]
        if self.is_of_group(handle) {
            return self.group_response(handle);
        }
        let Some(exchange) = self.exchanges.get_mut(handle) else { return };
        let stored = exchange.response.take();
        if let Some(parent) = self.exchanges.get_mut(parent) {
            parent.child = None;
        }
        self.drop_child(NonMax::new(handle.index()));
        match stored {
            Some(stored) if stored.code().is_success() => self.notified(parent, stored),
            Some(stored) => self.free(stored),
            None => {}
        }
    }

    /// Asks for, or sends, the next block: a new message under a new token.
    pub(super) fn next_message(&mut self, handle: Handle) {
        let Some(peer) = self.exchanges.get(handle).map(|e| e.sending.peer.get()) else { return };
        // An observation keeps the token that its notifications will carry.
        let keeps = self.exchanges.get(handle).is_some_and(|e| OBSERVE && e.observe != Observe::No);
        if !keeps {
            self.unindex_exchange(handle);
            let token = self.fresh_token(peer);
            if let Some(exchange) = self.exchanges.get_mut(handle) {
                exchange.sending.token = token;
            }
            self.index_exchange(handle);
        }
        self.send(Unit::Exchange(handle));
    }

    #[allow(clippy::cast_possible_truncation, reason = "a hash may lose bits")]
    pub(super) fn etag_hash(&self, options: Options<'_>) -> u32 {
        let tag = options.first(OptionNumber::ETAG);
        tag.map_or(0, |tag| Index::mix_bytes(self.secret, tag) as u32)
    }
}
