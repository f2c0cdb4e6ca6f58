//! Responses to protected requests (RFC 8613 section 8.4).

use super::{Observe, Phase, Reply};
use crate::endpoint::{Endpoint, Outcome, SecurityId};
use crate::oscore::{PartialIv, Plaintext};
use crate::writer::Extras;
use crate::{Message, MessageType, OptionNumber};
use m2m_base::container::Handle;
use m2m_base::{Cause, Disposition, Instant, PeerId};

impl Endpoint {
    /// Takes a response if its request was protected.
    pub(in crate::endpoint) fn receive_protected_response(
        &mut self,
        now: Instant,
        peer: PeerId,
        message: &Message<'_>,
    ) -> Option<Disposition> {
        let handle = self.exchange_by_token(peer, &self.token(message.token))?;
        self.protection_of(handle)?;
        if message.option(OptionNumber::OSCORE).is_none() {
            return Some(self.take_unprotected(now, handle, message));
        }
        let mut scratch = core::mem::take(&mut self.security.scratch);
        let disposition = match self.verify_response(handle, message, &mut scratch) {
            Some((plaintext, piv)) => {
                let inner = plaintext.message(message, &scratch);
                self.receive_verified_response(now, peer, handle, &inner, piv)
            }
            // Section 8.4: the client stops processing; the right response may still come.
            None => Disposition::Ignored(Cause::Insecure),
        };
        self.security.scratch = scratch;
        Some(disposition)
    }

    fn verify_response(
        &self,
        handle: Handle,
        message: &Message<'_>,
        scratch: &mut [u8],
    ) -> Option<(Plaintext, Option<PartialIv>)> {
        let protection = self.protection_of(handle)?;
        let context = &self.security.contexts.get(protection.context)?.context;
        context.open_response(protection.binding?, message, scratch).ok()
    }

    fn receive_verified_response(
        &mut self,
        now: Instant,
        peer: PeerId,
        handle: Handle,
        inner: &Message<'_>,
        piv: Option<PartialIv>,
    ) -> Disposition {
        let observe = self.exchanges.get(handle).map_or(Observe::No, |e| e.observe);
        let granted = observe == Observe::Yes;
        let observing = granted || matches!(observe, Observe::Asking | Observe::Renewing);
        let protection = self.exchanges.get_mut(handle).and_then(|e| e.sending.protection.as_mut());
        if let Some(protection) = protection.filter(|_| observing) {
            // Section 7.4.1: a notification is newer than another if its Partial IV is larger. One
            // without has the nonce of the registration: it is the first, or a replay of that.
            let newest = protection.newest;
            if (granted && piv.is_none()) || (newest.is_some() && piv <= newest) {
                if inner.message_type == MessageType::Confirmable {
                    self.reply(Reply::empty(peer, MessageType::Acknowledgement, inner.id));
                }
                return Disposition::Duplicate;
            }
            protection.newest = piv;
        }
        self.receive_response(now, peer, inner)
    }

    /// An unprotected response to a protected request: an error of a server that could not verify
    /// it, or of a proxy. It ends the request, but never an observation (section 8.4.2), and is
    /// never taken for a success.
    fn take_unprotected(
        &mut self,
        now: Instant,
        handle: Handle,
        message: &Message<'_>,
    ) -> Disposition {
        let ignored = Disposition::Ignored(Cause::Insecure);
        let Some(exchange) = self.exchanges.get(handle) else { return ignored };
        let awaited = matches!(exchange.sending.phase, Phase::Flying | Phase::Queued);
        let in_ack = message.message_type == MessageType::Acknowledgement;
        let expected = !in_ack || (awaited && exchange.sending.mid == message.id);
        let observing = matches!(exchange.observe, Observe::Yes | Observe::Renewing);
        if message.code.is_success() || observing || !expected || exchange.is_over() {
            return ignored;
        }
        let peer = exchange.peer.get();
        if message.message_type == MessageType::Confirmable {
            self.reply(Reply::empty(peer, MessageType::Acknowledgement, message.id));
        }
        let none = Extras::default();
        let Some(stored) = self.store(message.code, message.options, &none, message.payload) else {
            self.finish(now, handle, Outcome::TooLarge);
            return Disposition::Accepted;
        };
        let Some(exchange) = self.exchanges.get_mut(handle) else {
            stored.free(&mut self.pool);
            return ignored;
        };
        if let Some(protection) = &mut exchange.sending.protection {
            protection.bare = true;
        }
        if let Some(old) = exchange.response.replace(stored) {
            old.free(&mut self.pool);
        }
        self.finish(now, handle, Outcome::Unprotected);
        if message.message_type == MessageType::Confirmable {
            self.remember_acknowledgement(now, peer, message);
        }
        Disposition::Accepted
    }

    /// The context that the response which is kept came under.
    pub(super) fn came_under(&self, handle: Handle) -> Option<SecurityId> {
        self.protection_of(handle).filter(|p| !p.bare).map(|p| SecurityId(p.context))
    }
}
