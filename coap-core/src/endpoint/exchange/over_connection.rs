//! What is different for requests over a connection (RFC 8323 sections 6 and 7).

use super::super::sending::Phase;
use super::super::{Cancel, Endpoint, RequestId, Unit, What};
use super::{Exchange, Observe};
use m2m_base::PeerId;
use m2m_base::container::Handle;

impl Exchange {
    /// Will its response end it, and has not come yet?
    pub(in super::super) fn is_awaited_from(&self, peer: PeerId) -> bool {
        self.sending.peer == peer
            && !self.is_over()
            && !matches!(self.observe, Observe::Yes | Observe::Renewing)
    }
}

impl Endpoint {
    /// Section 7.4: an observation is not forgotten without a word, since nothing could reject its
    /// notifications. One whose request was not sent yet can be.
    pub(super) fn how_to_cancel(&mut self, id: RequestId, how: Cancel) -> Cancel {
        let Some(exchange) = self.exchanges.get(id.0).filter(|e| !e.is_over()) else { return how };
        let sent = exchange.sending.phase == Phase::Idle;
        let observing = match exchange.observe {
            Observe::No => false,
            Observe::Asking => sent,
            Observe::Yes | Observe::Renewing | Observe::Leaving => true,
        };
        if how != Cancel::Forget
            || !observing
            || !self.connections.knows(exchange.sending.peer.get())
        {
            return how;
        }
        let Some(exchange) = self.exchanges.get_mut(id.0) else { return how };
        exchange.forgotten = true;
        if exchange.observe == Observe::Asking {
            // The answer to this comes after the one to the request that asked.
            exchange.observe = Observe::Yes;
        }
        Cancel::Deregister
    }

    /// Does the body of a request go in blocks, of which none was sent?
    pub(in super::super) fn goes_in_blocks(&self, handle: Handle) -> bool {
        self.exchanges.get(handle).is_some_and(|e| e.upload.is_some_and(|(sent, _)| sent == 0))
    }

    /// Cuts the body of a request anew, now that the peer has told what it takes.
    fn refit(&mut self, handle: Handle) {
        let Some(exchange) = self.exchanges.get(handle) else { return };
        let Some(request) = &exchange.sending.stored else { return };
        let protection = exchange.sending.protection;
        let options = request.options(&self.pool).as_bytes().len();
        let beside = options.saturating_add(self.overhead(protection, true));
        let room = self.room(exchange.sending.peer.get(), protection, beside);
        let long = request.payload(&self.pool).len() > room.whole;
        let upload = (long || exchange.supplied.is_some()).then_some((0, room.size));
        if let Some(exchange) = self.exchanges.get_mut(handle) {
            exchange.upload = upload;
        }
    }

    /// Holds back a request whose body the application supplies, until its peer has told what it
    /// takes; false if it may begin.
    pub(super) fn holds_back(&mut self, handle: Handle) -> bool {
        let Some(exchange) = self.exchanges.get_mut(handle) else { return false };
        let wait = self.connections.must_wait(exchange.sending.peer.get());
        if wait {
            exchange.sending.phase = Phase::Waiting;
        }
        wait
    }

    /// The peer has told what it takes: a request that waited for that goes out, or its body is
    /// wanted.
    pub(in super::super) fn let_go(&mut self, handle: Handle) {
        self.refit(handle);
        let Some(exchange) = self.exchanges.get_mut(handle) else { return };
        if exchange.supplied.is_some() && exchange.block.is_none() {
            exchange.sending.phase = Phase::Idle;
            return self.tell(What::BlockWanted, handle);
        }
        self.launch(Unit::Exchange(handle));
    }
}
