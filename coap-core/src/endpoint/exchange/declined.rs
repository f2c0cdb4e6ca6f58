//! Requests that the peer does not answer yet: 4.29 (RFC 8516) and challenges (RFC 9175 section 2.3).

use super::super::security::Protection;
use super::super::{Endpoint, PeerId, Request, Unit};
use crate::{Code, Message, OptionNumber};
use m2m_base::container::Handle;
use m2m_base::{Duration, Instant};

/// How often a request is repeated because the peer wants an Echo value back.
const MAX_CHALLENGES: u8 = 2;

impl Endpoint {
    /// True if a response is none for the application: the request goes out again.
    pub(super) fn is_challenge(&mut self, handle: Handle, message: &Message<'_>) -> bool {
        if message.code == Code::TOO_MANY_REQUESTS {
            self.back_off(handle, message);
        }
        let echo = message.options.first(OptionNumber::ECHO);
        let echo = echo.filter(|_| message.code == Code::UNAUTHORIZED);
        echo.is_some_and(|echo| self.repeat_with_echo(handle, echo))
    }

    /// When a peer that answered a request with 4.29 takes it again (RFC 8516); `None` if there is
    /// none such, or the peer was forgotten for others.
    #[must_use]
    pub fn retry_at(&self, peer: PeerId) -> Option<Instant> {
        self.peers.peek(peer)?.refused.map(|(_, until)| until.get())
    }

    pub(super) fn is_backed_off(
        &self,
        peer: PeerId,
        protection: Option<Protection>,
        request: &Request<'_>,
    ) -> bool {
        let refused = self.peers.peek(peer).and_then(|p| p.refused);
        refused.is_some_and(|(key, until)| {
            self.now < until.get()
                && key == self.transfer_key(peer, protection, request.method, request.options)
        })
    }

    /// Notes that a request was answered with 4.29.
    fn back_off(&mut self, handle: Handle, message: &Message<'_>) {
        let Some(exchange) = self.exchanges.get(handle) else { return };
        let Some(request) = &exchange.sending.stored else { return };
        let (peer, protection) = (exchange.sending.peer.get(), exchange.sending.protection);
        let key = self.transfer_key(peer, protection, request.code(), request.options(&self.pool));
        if let Some(known) = self.peers.get(peer) {
            let until = self.now + Duration::from_secs(message.options.max_age().into());
            known.refused = Some((key.into(), until.into()));
        }
    }

    /// RFC 9175 section 2.3: the peer wants to see that the request is fresh, or that we receive at
    /// our address. The same request goes out with the value. False if that has been tried, or the
    /// value is none or has no room: then the 4.01 is the response.
    fn repeat_with_echo(&mut self, handle: Handle, value: &[u8]) -> bool {
        let Some(exchange) = self.exchanges.get(handle) else { return false };
        if exchange.challenged >= MAX_CHALLENGES || !(1..=40).contains(&value.len()) {
            return false;
        }
        let source = exchange.parent.and_then(|p| self.exchange_at(p)).unwrap_or(exchange);
        let Some(request) = &source.sending.stored else { return false };
        let options = request.options(&self.pool).as_bytes().len();
        let protection = exchange.sending.protection;
        let options = options.saturating_add(self.overhead(protection, true));
        let beside = options.saturating_add(value.len()).saturating_add(2);
        if !self.has_room(exchange.sending.peer.get(), beside) {
            return false;
        }
        let room = self.room(exchange.sending.peer.get(), protection, beside);
        let long = request.payload(&self.pool).len() > room.whole;
        let upload = match exchange.upload {
            Some((_, size))
                if exchange.block.is_some() && size.at_most(room.size.szx()) != size =>
            {
                // A block that the application has cut for this size.
                return false;
            }
            Some((sent, size)) => Some((sent, size.at_most(room.size.szx()))),
            None if long && exchange.parent.is_none() => Some((0, room.size)),
            None => None,
        };
        let Some(echo) = self.pool.store(&[value]) else { return false };
        self.settle(Unit::Exchange(handle));
        let Some(exchange) = self.exchanges.get_mut(handle) else {
            self.pool.free(echo);
            return false;
        };
        exchange.challenged = exchange.challenged.saturating_add(1);
        exchange.upload = upload;
        if let Some(old) = exchange.echo.replace(echo) {
            self.pool.free(old);
        }
        self.next_message(handle);
        true
    }
}
