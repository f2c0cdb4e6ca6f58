//! Blocks of bodies, on the client's side: those of a request go out one by one, those of a response
//! are put together (RFC 7959 sections 2.2 to 2.4, 2.9).

use super::super::size::KeptBlock;
use super::super::{Endpoint, FETCH, OBSERVE, Outcome, STREAM_DOWNLOADS, Stored, Unit};
use super::{MAX_RESTARTS, Observe};
use crate::writer::Extras;
use crate::{Code, Message, OptionNumber, Options};
use m2m_base::container::{Handle, Index, NonMax};

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
        let Some(exchange) = self.exchanges.get(handle) else { return };
        let (peer, single) = (exchange.sending.peer.get(), exchange.single);
        let option = message.options.uint(OptionNumber::BLOCK2);
        let block = match option.map(|b| self.block_of(peer, b)) {
            Some(None) => return self.finish(handle, Outcome::Broken),
            Some(block) if message.code.is_success() => block,
            _ => None,
        };
        if single != KeptBlock::NONE {
            return self.complete(handle, message);
        }
        if !FETCH {
            return match block {
                Some(block) if block.more || block.number > 0 => {
                    self.finish(handle, Outcome::TooLarge);
                }
                _ => self.complete(handle, message),
            };
        }
        let etag = self.etag_hash(message.options);
        let own = self.szx_wanted(peer, self.protection_of(handle));
        if STREAM_DOWNLOADS && self.take_streamed(handle, message, block, etag).is_some() {
            return;
        }
        let Some(exchange) = self.exchanges.get_mut(handle) else { return };
        let assembling = exchange.download.is_some() && exchange.response.is_some();
        let Some(block) = block.filter(|b| b.more || assembling) else {
            // Whole, or an error in the middle of a transfer.
            if block.is_some_and(|b| b.number > 0) {
                return self.finish(handle, Outcome::Broken);
            }
            let old = exchange.response.take();
            self.free(old);
            return self.complete(handle, message);
        };
        if block.more && !block.allows(message.payload.len()) {
            return self.finish(handle, Outcome::Broken);
        }
        if !assembling {
            if block.number != 0 {
                return self.finish(handle, Outcome::Broken);
            }
            exchange.download = Some(block.szx.min(own));
            exchange.etag = etag;
            let stored = self.store(message.code, message.options, &Extras::NONE, message.payload);
            let Some(stored) = stored else {
                return self.finish(handle, Outcome::TooLarge);
            };
            if let Some(exchange) = self.exchanges.get_mut(handle) {
                exchange.response = Some(stored);
            }
            return self.next_message(handle);
        }
        let Some(mut stored) = exchange.response.take() else { return };
        if exchange.etag != etag {
            // It changed between two blocks: from the start again (RFC 7959 section 2.4).
            // What is not safe to repeat is not repeated.
            exchange.restarts = exchange.restarts.saturating_add(1);
            let source = exchange.parent.filter(|_| OBSERVE).and_then(|p| self.exchange_at(p));
            let exchange = self.exchanges.get(handle);
            let asked = source.or(exchange).filter(|e| e.restarts <= MAX_RESTARTS);
            let method = asked.and_then(|e| e.sending.stored.as_ref()).map(Stored::code);
            let again = matches!(method, Some(Code::GET | Code::FETCH));
            if !again {
                self.free(stored);
                return self.finish(handle, Outcome::Broken);
            }
            if block.number != 0 {
                self.free(stored);
                return self.next_message(handle);
            }
        }
        let have = stored.payload(&self.pool).len();
        let most = self.body_size as usize;
        let end = block.offset().saturating_add(message.payload.len());
        if block.offset() != have || end > most {
            self.free(stored);
            let outcome = if end > most { Outcome::TooLarge } else { Outcome::Broken };
            return self.finish(handle, outcome);
        }
        if !self.append(&mut stored, message.payload) {
            self.free(stored);
            return self.finish(handle, Outcome::TooLarge);
        }
        let Some(exchange) = self.exchanges.get_mut(handle) else {
            return self.free(stored);
        };
        exchange.download = Some(block.szx.min(own));
        exchange.response = Some(stored);
        if block.more {
            self.next_message(handle);
        } else {
            self.assembled(handle);
        }
    }

    fn complete(&mut self, handle: Handle, message: &Message<'_>) {
        let Some(stored) =
            self.store(message.code, message.options, &Extras::NONE, message.payload)
        else {
            return self.finish(handle, Outcome::TooLarge);
        };
        match self.exchanges.get_mut(handle) {
            Some(exchange) => exchange.response = Some(stored),
            None => return self.free(stored),
        }
        self.assembled(handle);
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
