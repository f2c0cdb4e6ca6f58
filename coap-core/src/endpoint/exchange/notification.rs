//! Notifications: which of them is the newest, and how its body comes to be whole
//! (RFC 7641 section 3.4, RFC 7959 section 2.6).

use super::super::security::Protection;
use super::super::{Endpoint, RequestId, Stored, Unit, What};
use super::{Exchange, Observe};
use crate::writer::Extras;
use crate::{Message, MessageType, OptionNumber};
use core::num::NonZeroU64;
use m2m_base::container::{Handle, Narrow, NonMax};
use m2m_base::{Duration, Instant};

/// A notification older than this is taken for new whatever its number (RFC 7641 section 3.4).
const FRESH: Duration = Duration::from_secs(128);

/// Number and arrival of the newest notification: 24 bits of the one, and of the other the
/// milliseconds of 17 years, after which it looks like one that has just come. The lowest bit is 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newest(Narrow<NonZeroU64>);

impl Newest {
    const TIME: u64 = (1 << 39) - 1;

    pub(super) fn new(number: u32, now: Instant) -> Newest {
        let bits = u64::from(number) << 40 | (now.as_millis() & Newest::TIME) << 1;
        Newest(Narrow::new(NonZeroU64::MIN | bits))
    }

    pub(super) fn number(self) -> u32 {
        u32::try_from(self.0.get().get() >> 40).unwrap_or(0)
    }

    fn age(self, now: Instant) -> Duration {
        let age = now.as_millis().wrapping_sub(self.0.get().get() >> 1);
        Duration::from_millis(age & Newest::TIME)
    }
}

impl Endpoint {
    /// RFC 7641 section 3.4: is the notification newer than the newest so far?
    ///
    /// Beyond it, the same number in another message is let pass. A server that follows section 4.4
    /// sends no such thing; Californium does when it notifies of a state that has not changed, as
    /// `pmax` of LwM2M asks for. Repetitions of one message are told apart before.
    pub(super) fn is_newer(newest: Option<Newest>, number: u32, now: Instant) -> bool {
        let Some(newest) = newest else { return true };
        let (v1, half) = (newest.number(), 1 << 23);
        (v1 <= number && number.wrapping_sub(v1) < half)
            || (v1 > number && v1.wrapping_sub(number) > half)
            || newest.age(now) > FRESH
    }

    pub(super) fn take_notification(&mut self, handle: Handle, number: u32, message: &Message<'_>) {
        self.settle(Unit::Exchange(handle));
        let Some(exchange) = self.exchanges.get_mut(handle) else { return };
        // The answer to a renewed registration is the newest state, even of a server that counts
        // anew.
        let renewed = core::mem::replace(&mut exchange.observe, Observe::Yes) == Observe::Renewing;
        if renewed && message.message_type == MessageType::Acknowledgement {
            exchange.newest = None;
        }
        // RFC 8323 section 7.1: over a connection they come in order, whatever their numbers.
        let connection = self.connections.knows(exchange.sending.peer.get());
        if !connection && !Endpoint::is_newer(exchange.newest, number, self.now) {
            return;
        }
        exchange.newest = Some(Newest::new(number, self.now));
        self.renew_after(handle, message.options);
        let Some(exchange) = self.exchanges.get_mut(handle) else { return };
        let (peer, child) = (exchange.sending.peer.get(), exchange.child.take());
        if connection {
            self.check_drained(peer);
        }
        let protection = self.protection_of(handle);
        self.drop_child(child);
        let options = message.options;
        let Some(stored) = self.store(message.code, options, &Extras::NONE, message.payload) else {
            self.counters.full = self.counters.full.wrapping_add(1);
            return;
        };
        let block = options.uint(OptionNumber::BLOCK2).and_then(|b| self.block_of(peer, b));
        let Some(block) = block.filter(|b| b.more) else {
            return self.notified(handle, stored);
        };
        // The rest is fetched by an exchange of its own, since the token belongs to the
        // observation (RFC 7959 section 2.6).
        let child = Exchange {
            parent: NonMax::new(handle.index()),
            download: Some(block.szx.min(self.szx_wanted(peer, protection))),
            etag: self.etag_hash(options),
            response: Some(stored),
            ..self.blank(peer, true, protection.map(Protection::inherited))
        };
        match self.exchanges.insert(child) {
            Ok(child) => {
                self.index_exchange(child);
                if let Some(exchange) = self.exchanges.get_mut(handle) {
                    exchange.child = NonMax::new(child.index());
                }
                self.send(Unit::Exchange(child));
            }
            Err(child) => {
                self.counters.full = self.counters.full.wrapping_add(1);
                self.free(child.response);
            }
        }
    }

    pub(super) fn notified(&mut self, handle: Handle, stored: Stored) {
        let Some(exchange) = self.exchanges.get_mut(handle) else {
            return self.free(stored);
        };
        let told = core::mem::replace(&mut exchange.told, true);
        let old = exchange.response.replace(stored);
        self.free(old);
        if !told {
            self.tell(What::Notification, handle);
        }
    }

    pub(in super::super) fn notification_taken(&mut self, id: RequestId) {
        if let Some(exchange) = self.exchanges.get_mut(id.0) {
            exchange.told = false;
        }
    }
}
