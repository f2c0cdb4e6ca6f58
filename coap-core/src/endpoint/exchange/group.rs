//! Requests to groups: one NON to many, and as many responses under its token (RFC 7252 section 8).

use super::super::receive::Received;
use super::super::size::KeptUint;
use super::super::{
    Cause, Disposition, Endpoint, Event, Outcome, PeerId, Request, RequestId, Token, Unit,
    UsageError, What, domain,
};
use super::Exchange;
use crate::writer::Extras;
use crate::{MessageType, OptionNumber};
use m2m_base::Instant;
use m2m_base::container::{Handle, NonMax};

impl Endpoint {
    /// Sends a request to a group: `group` is the number that the driver has for its multicast
    /// address. Each response is told by [`Event::GroupResponse`] under an id of its own, and kept
    /// as an exchange of [`crate::Limits::exchanges`] until it is released; blocks that follow are
    /// fetched from the peer itself. `Done` with [`crate::Outcome::Collected`] comes when the time for
    /// responses is over: `leisure` and `response_timeout`.
    ///
    /// # Errors
    /// [`UsageError::Invalid`] for a request that is confirmable, observes, or is longer than a
    /// block (RFC 7252 section 8.1, RFC 7959 section 2.8); else as [`Endpoint::request`].
    pub fn request_group(
        &mut self,
        now: Instant,
        group: PeerId,
        request: &Request<'_>,
    ) -> Result<RequestId, UsageError> {
        self.now = now;
        let room = self.room(group, None, request.options.as_bytes().len());
        if request.confirmable || request.observe || request.payload.len() > room.whole {
            return Err(UsageError::Invalid);
        }
        let id = self.start(group, None, request)?;
        self.unindex_exchange(id.0);
        if let Some(exchange) = self.exchanges.get_mut(id.0) {
            exchange.group = true;
        }
        self.index_exchange(id.0);
        Ok(id)
    }

    pub(super) fn group_by_token(&self, token: &Token) -> Option<Handle> {
        let hash = self.token_hash(domain::GROUP, PeerId(0), token);
        let number = self.keys.find(hash, |n| {
            self.exchanges
                .at(n)
                .is_some_and(|(_, e)| e.group && e.sending.token == *token && e.has_token())
        })?;
        self.exchanges.handle_at(number)
    }

    /// A response of one of a group.
    pub(super) fn take_group_response(
        &mut self,
        group: Handle,
        message: &Received<'_>,
    ) -> Disposition {
        let confirmable = message.message_type == MessageType::Confirmable;
        if message.is_bad(&self.parameters) {
            if confirmable {
                self.reply_empty(message.peer, MessageType::Reset, message.id);
            }
            return Disposition::Refused(Cause::Unsupported);
        }
        if confirmable {
            self.reply_empty(message.peer, MessageType::Acknowledgement, message.id);
        }
        self.remember_acknowledgement(message);
        let value = message.options.uint(OptionNumber::BLOCK2);
        let single = self.exchanges.get(group).is_some_and(|e| e.single != KeptUint::NONE);
        let block =
            value.and_then(|b| self.block_of(message.peer, b)).filter(|b| b.more && !single);
        let fetches = block.is_some_and(|b| b.number == 0 && b.allows(message.payload.len()));
        if self.exchanges.is_full() || (fetches && !self.peers.know(message.peer, &mut self.random))
        {
            return Disposition::Ignored(Cause::Full);
        }
        let stored = self.store(message.code, message.options, &Extras::NONE, message.payload);
        let Some(stored) = stored else { return Disposition::Ignored(Cause::Full) };
        let wanted = self.szx_wanted(message.peer, None);
        let response = Exchange {
            parent: NonMax::new(group.index()),
            download: block.map(|b| b.szx.min(wanted)),
            etag: self.etag_hash(message.options),
            response: Some(stored),
            ..self.blank(message.peer, true, None)
        };
        let response = match self.exchanges.insert(response) {
            Ok(response) => response,
            Err(response) => {
                self.free(response.response);
                return Disposition::Ignored(Cause::Full);
            }
        };
        if fetches {
            self.index_exchange(response);
            self.send(Unit::Exchange(response));
        } else {
            self.group_response(response);
        }
        Disposition::Accepted
    }

    /// Does this exchange fetch the rest of a response of one of a group?
    pub(super) fn is_of_group(&self, handle: Handle) -> bool {
        let parent = self.exchanges.get(handle).and_then(|e| e.parent);
        parent.and_then(|p| self.exchange_at(p)).is_some_and(|e| e.group)
    }

    /// The whole response of one of a group is there.
    pub(super) fn group_response(&mut self, handle: Handle) {
        self.settle(Unit::Exchange(handle));
        self.unindex_exchange(handle);
        let Some(exchange) = self.exchanges.get_mut(handle) else { return };
        (exchange.over, exchange.taken) = (Some(Outcome::Response), true);
        let echo = exchange.echo.take();
        if let Some(echo) = echo {
            self.pool.free(echo);
        }
        self.tell(What::GroupResponse, handle);
    }

    /// The request is not over before this is told.
    pub(in crate::endpoint) fn group_response_taken(&mut self, response: Handle) -> Option<Event> {
        let exchange = self.exchanges.get_mut(response)?;
        let (request, peer) = (exchange.parent.take()?, exchange.sending.peer.get());
        let request = RequestId(self.exchanges.handle_at(request.get())?);
        Some(Event::GroupResponse { request, response: RequestId(response), peer })
    }

    /// A request to a group is over, and with it what was still being fetched for it.
    pub(super) fn drop_fetching(&mut self, group: Handle) {
        if !self.exchanges.get(group).is_some_and(|e| e.group) {
            return;
        }
        for number in 0..self.exchanges.capacity() {
            let fetching = self.exchanges.at(number);
            let of_group = NonMax::new(group.index());
            if fetching.is_some_and(|(_, e)| e.parent == of_group && !e.is_over()) {
                self.drop_child(NonMax::new(number));
            }
        }
    }
}
