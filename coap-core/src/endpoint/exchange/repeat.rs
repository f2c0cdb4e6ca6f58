//! When a request is repeated and when not any more; pings.

use super::super::sending::Phase;
use super::super::survey::declines_all;
use super::super::{
    Endpoint, MULTICAST, OBSERVE, Outcome, PeerId, RequestId, Token, Unit, UsageError,
};
use super::{Exchange, Observe, PATIENCE};
use crate::{EXTENSIONS, Options};
use m2m_base::container::Handle;
use m2m_base::{Duration, Instant};

impl Endpoint {
    /// Sends a ping: an empty CON, which every endpoint answers with a RST (RFC 7252 section 4.3).
    /// `Done` follows with [`Outcome::Pong`] or [`Outcome::TimedOut`].
    ///
    /// # Errors
    /// [`UsageError::Full`]; [`UsageError::Invalid`] for a peer with a connection.
    pub fn ping_peer(&mut self, now: Instant, peer: PeerId) -> Result<RequestId, UsageError> {
        self.now = now;
        if self.exchanges.is_full() || !self.peers.know(peer, &mut self.random) {
            return Err(UsageError::Full);
        }
        if self.connections.knows(peer) {
            return Err(UsageError::Invalid);
        }
        let mut exchange = self.blank(peer, true, None);
        // It has no token by which anything could be taken for its response.
        exchange.sending.token = Token::EMPTY;
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
        self.now = now;
        let exchange = self.exchanges.get_mut(id.0).filter(|e| !e.is_over());
        let exchange = exchange.ok_or(UsageError::UnknownId)?;
        if !matches!(exchange.sending.phase, Phase::Flying | Phase::Queued) {
            return Err(UsageError::UnknownId);
        }
        exchange.stopped = true;
        let unit = Unit::Exchange(id.0);
        self.settle(unit);
        self.wake_in(unit, self.parameters.response_timeout);
        Ok(())
    }

    /// The message of an exchange that is not retransmitted was sent, or one that is was
    /// acknowledged: its response is waited for, if one is to come.
    pub(in crate::endpoint) fn await_response(&mut self, handle: Handle) {
        let Some(exchange) = self.exchanges.get(handle) else { return };
        let in_blocks = exchange.upload.is_some() || exchange.download.is_some();
        if exchange.is_ping() {
            return self.finish(handle, Outcome::Pong);
        }
        if declines_all(exchange.no_response) && !in_blocks {
            return self.finish(handle, Outcome::NoResponse);
        }
        let mut patience = self.parameters.response_timeout;
        if MULTICAST && exchange.group {
            patience = patience + self.parameters.leisure;
        }
        self.wake_in(Unit::Exchange(handle), patience);
    }

    /// RFC 7641 section 3.3.1: if nothing comes for Max-Age and some seconds, the registration may
    /// be forgotten and is renewed.
    pub(super) fn renew_after(&mut self, handle: Handle, options: Options<'_>) {
        if !self.parameters.renew_observations {
            return;
        }
        let (least, more) = PATIENCE;
        let patience = Duration::from_millis(self.random.up_to(more).saturating_add(least).into());
        let at = self.now + Duration::from_secs(options.max_age().into()) + patience;
        self.wake(Unit::Exchange(handle), at);
    }

    /// Nothing came in time.
    pub(in crate::endpoint) fn exchange_due(&mut self, handle: Handle, acknowledged: bool) {
        if let Some(exchange) = self.exchanges.get_mut(handle)
            && OBSERVE
            && exchange.observe == Observe::Yes
        {
            exchange.observe = Observe::Renewing;
            return self.send(Unit::Exchange(handle));
        }
        let declines = EXTENSIONS && self.exchanges.get(handle).is_some_and(|e| e.no_response != 0);
        let silent = acknowledged && declines;
        let outcome = if silent { Outcome::NoResponse } else { Outcome::TimedOut };
        #[cfg(feature = "multicast")]
        let group = self.exchanges.get(handle).is_some_and(|e| e.group);
        #[cfg(feature = "multicast")]
        let outcome = if group { Outcome::Collected } else { outcome };
        self.finish(handle, outcome);
    }

    /// A RST came.
    pub(in crate::endpoint) fn exchange_reset(&mut self, handle: Handle) {
        let ping = self.exchanges.get(handle).is_some_and(Exchange::is_ping);
        self.finish(handle, if ping { Outcome::Pong } else { Outcome::Reset });
    }
}
