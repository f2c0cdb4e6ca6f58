//! When a request is repeated, when not any more, and when not again: pings, acknowledgements,
//! 4.29 (RFC 8516) and challenges (RFC 9175 section 2.3).

use super::super::security::Protection;
use super::super::sending::Phase;
use super::super::survey::declines_all;
use super::super::{Endpoint, FETCH, Outcome, PeerId, Request, RequestId, Unit, UsageError};
use super::{Exchange, Observe, PATIENCE};
use crate::{Message, Options};
use m2m_base::container::Handle;
use m2m_base::{Duration, Instant};

/// How often a request is repeated because the peer wants an Echo value back.
const MAX_CHALLENGES: u8 = 2;

impl Endpoint {
    /// Sends a ping: an empty CON, which every endpoint answers with a RST (RFC 7252 section 4.3).
    /// `Done` follows with [`Outcome::Pong`] or [`Outcome::TimedOut`].
    ///
    /// # Errors
    /// [`UsageError::Full`]; [`UsageError::Invalid`] for a peer with a connection.
    pub fn ping_peer(&mut self, _now: Instant, peer: PeerId) -> Result<RequestId, UsageError> {
        if self.exchanges.is_full() || !self.peers.know(peer, &mut self.random) {
            return Err(UsageError::Full);
        }
        if self.connections.knows(peer) {
            return Err(UsageError::Invalid);
        }
        let exchange = self.blank(peer, true, None);
        // It has no token by which anything could be taken for its response.
        let handle = self.exchanges.insert(exchange).map_err(|_| UsageError::Full)?;
        self.send(Unit::Exchange(handle));
        Ok(RequestId(handle))
    }

    /// Stops repeating a request, when there is reason to think that it arrived (RFC 7252 section
    /// 4.2); its response is waited for as if it had been acknowledged.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] unless it was sent and waits for its acknowledgement.
    pub fn stop_retransmission(&mut self, now: Instant, id: RequestId) -> Result<(), UsageError> {
        let exchange = self.exchanges.get_mut(id.0).filter(|e| !e.is_over());
        let exchange = exchange.ok_or(UsageError::UnknownId)?;
        if !matches!(exchange.sending.phase, Phase::Flying | Phase::Queued) {
            return Err(UsageError::UnknownId);
        }
        exchange.stopped = true;
        let unit = Unit::Exchange(id.0);
        self.settle(unit);
        self.deadlines.set(self.number(unit), now + self.parameters.response_timeout);
        Ok(())
    }

    /// When a peer that answered a request with 4.29 takes it again (RFC 8516); `None` if there is
    /// none such, or the peer was forgotten for others.
    #[must_use]
    pub fn retry_at(&self, peer: PeerId) -> Option<Instant> {
        self.peers.peek(peer)?.refused.map(|(_, until)| until.get())
    }

    pub(super) fn is_backed_off(
        &self,
        now: Instant,
        peer: PeerId,
        protection: Option<Protection>,
        request: &Request<'_>,
    ) -> bool {
        let refused = self.peers.peek(peer).and_then(|p| p.refused);
        refused.is_some_and(|(key, until)| {
            now < until.get()
                && key == self.transfer_key(peer, protection, request.method, request.options)
        })
    }

    /// Notes that a request was answered with 4.29.
    pub(super) fn back_off(&mut self, now: Instant, handle: Handle, message: &Message<'_>) {
        let Some(exchange) = self.exchanges.get(handle) else { return };
        let Some(request) = &exchange.request else { return };
        let (peer, protection) = (exchange.peer.get(), exchange.sending.protection);
        let key = self.transfer_key(peer, protection, request.code(), request.options(&self.pool));
        if let Some(known) = self.peers.get(peer) {
            let until = now + Duration::from_secs(message.options.max_age().into());
            known.refused = Some((key.into(), until.into()));
        }
    }

    /// The message of an exchange that is not retransmitted was sent, or one that is was
    /// acknowledged: its response is waited for, if one is to come.
    pub(in crate::endpoint) fn await_response(&mut self, now: Instant, handle: Handle) {
        let Some(exchange) = self.exchanges.get(handle) else { return };
        let in_blocks = exchange.upload.is_some() || exchange.download.is_some();
        if exchange.is_ping() {
            return self.finish(now, handle, Outcome::Pong);
        }
        if declines_all(exchange.no_response) && !in_blocks {
            return self.finish(now, handle, Outcome::NoResponse);
        }
        let leisure = if exchange.group { self.parameters.leisure } else { Duration::ZERO };
        let at = now + self.parameters.response_timeout + leisure;
        self.deadlines.set(self.number(Unit::Exchange(handle)), at);
    }

    /// RFC 7641 section 3.3.1: if nothing comes for Max-Age and some seconds, the registration may
    /// be forgotten and is renewed.
    pub(super) fn renew_after(&mut self, now: Instant, handle: Handle, options: Options<'_>) {
        if !self.parameters.renew_observations {
            return;
        }
        let (least, more) = PATIENCE;
        let patience = Duration::from_millis(self.random.up_to(more).saturating_add(least).into());
        let at = now + Duration::from_secs(options.max_age().into()) + patience;
        self.deadlines.set(self.number(Unit::Exchange(handle)), at);
    }

    /// Nothing came in time.
    pub(in crate::endpoint) fn exchange_due(
        &mut self,
        now: Instant,
        handle: Handle,
        acknowledged: bool,
    ) {
        if let Some(exchange) = self.exchanges.get_mut(handle)
            && FETCH
            && exchange.observe == Observe::Yes
        {
            exchange.observe = Observe::Renewing;
            return self.send(Unit::Exchange(handle));
        }
        let declines = self.exchanges.get(handle).is_some_and(|e| e.no_response != 0);
        let silent = acknowledged && declines;
        let outcome = if silent { Outcome::NoResponse } else { Outcome::TimedOut };
        #[cfg(feature = "multicast")]
        let group = self.exchanges.get(handle).is_some_and(|e| e.group);
        #[cfg(feature = "multicast")]
        let outcome = if group { Outcome::Collected } else { outcome };
        self.finish(now, handle, outcome);
    }

    /// A RST came.
    pub(in crate::endpoint) fn exchange_reset(&mut self, now: Instant, handle: Handle) {
        let ping = self.exchanges.get(handle).is_some_and(Exchange::is_ping);
        self.finish(now, handle, if ping { Outcome::Pong } else { Outcome::Reset });
    }

    /// RFC 9175 section 2.3: the peer wants to see that the request is fresh, or that we receive at
    /// our address. The same request goes out with the value. False if that has been tried, or the
    /// value is none or has no room: then the 4.01 is the response.
    pub(super) fn repeat_with_echo(&mut self, handle: Handle, value: &[u8]) -> bool {
        let Some(exchange) = self.exchanges.get(handle) else { return false };
        if exchange.challenged >= MAX_CHALLENGES || !(1..=40).contains(&value.len()) {
            return false;
        }
        let source = exchange.parent.and_then(|p| self.exchange_at(p)).unwrap_or(exchange);
        let Some(request) = &source.request else { return false };
        let options = request.options(&self.pool).as_bytes().len();
        let protection = exchange.sending.protection;
        let options = options.saturating_add(self.overhead(protection, true));
        let beside = options.saturating_add(value.len()).saturating_add(2);
        if !self.has_room(exchange.peer.get(), beside) {
            return false;
        }
        let room = self.room(exchange.peer.get(), protection, beside);
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
