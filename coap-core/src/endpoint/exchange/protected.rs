//! Responses to protected requests (RFC 8613 section 8.4).

use super::super::receive::Received;
use super::super::sending::Phase;
use super::Observe;
use crate::endpoint::security::Protection;
use crate::endpoint::{Endpoint, Outcome, SecurityId, Unit, domain};
use crate::oscore::{PartialIv, Plaintext};
use crate::writer::Extras;
use crate::{Message, MessageType, OptionNumber};
use m2m_base::container::Handle;
use m2m_base::{Cause, Disposition};

/// What an exchange does with a block that a proxy has made.
pub(in crate::endpoint) enum Waiting {
    /// It is none that it waits for.
    No,
    /// It takes only whole responses.
    Whole,
    /// It takes it; the blocks before it have this key.
    Under(u64),
}

/// How often one request goes out again because its peer has no keys.
const MOST_RENEWALS: u8 = 8;

impl Endpoint {
    /// Takes a response if its request was protected.
    pub(in crate::endpoint) fn receive_protected_response(
        &mut self,
        message: &Received<'_>,
    ) -> Option<Disposition> {
        let handle = self.exchange_by_token(message.peer, &message.name)?;
        self.protection_of(handle)?;
        if message.option(OptionNumber::OSCORE).is_none() {
            return Some(self.take_unprotected(handle, message));
        }
        let cut = match self.outer_response(handle, message) {
            Ok(cut) => cut,
            Err(disposition) => return Some(disposition),
        };
        let mut scratch = core::mem::take(&mut self.security.scratch);
        let whole = match &cut {
            Some(stored) => Message { payload: stored.payload(&self.pool), ..**message },
            None => **message,
        };
        let verified = self.verify_response(handle, &whole, &mut scratch);
        self.free(cut);
        let disposition = match verified {
            Some((plaintext, piv)) => {
                let inner = plaintext.message(message, &scratch);
                let inner = Received::inner(message.peer, message.name, inner, &self.parameters);
                self.receive_verified_response(handle, &inner, piv)
            }
            // Or new keys are to be made.
            None if self.renew_for(handle, message, &mut scratch) => Disposition::Accepted,
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
        handle: Handle,
        inner: &Received<'_>,
        piv: Option<PartialIv>,
    ) -> Disposition {
        if let Some(protection) = self.protection_of(handle)
            && let Some(entry) = self.security.contexts.get_mut(protection.context)
        {
            entry.confirm();
        }
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
                    self.reply_empty(inner.peer, MessageType::Acknowledgement, inner.id);
                }
                return Disposition::Duplicate;
            }
            protection.newest = piv;
        }
        self.receive_response(inner)
    }

    /// An unprotected response to a protected request: an error of a server that could not verify
    /// it, or of a proxy. It ends the request, but never an observation (section 8.4.2), and is
    /// never taken for a success.
    fn take_unprotected(&mut self, handle: Handle, message: &Received<'_>) -> Disposition {
        let ignored = Disposition::Ignored(Cause::Insecure);
        let Some(exchange) = self.exchanges.get(handle) else { return ignored };
        let awaited = matches!(exchange.sending.phase, Phase::Flying | Phase::Queued);
        let in_ack = message.message_type == MessageType::Acknowledgement;
        let expected = !in_ack || (awaited && exchange.sending.mid == message.id);
        let observing = matches!(exchange.observe, Observe::Yes | Observe::Renewing);
        if message.code.is_success() || observing || !expected || exchange.is_over() {
            return ignored;
        }
        let peer = exchange.sending.peer.get();
        if message.message_type == MessageType::Confirmable {
            self.reply_empty(peer, MessageType::Acknowledgement, message.id);
        }
        let Some(stored) =
            self.store(message.code, message.options, &Extras::NONE, message.payload)
        else {
            self.finish(handle, Outcome::TooLarge);
            return Disposition::Accepted;
        };
        let Some(exchange) = self.exchanges.get_mut(handle) else {
            self.free(stored);
            return ignored;
        };
        if let Some(protection) = &mut exchange.sending.protection {
            protection.bare = true;
        }
        let old = exchange.response.replace(stored);
        self.free(old);
        self.finish(handle, Outcome::Unprotected);
        if message.message_type == MessageType::Confirmable {
            self.remember_acknowledgement(message);
        }
        Disposition::Accepted
    }

    /// Response #1 of a run of appendix B.2: the peer has no keys, or has lost them. With the new
    /// ones all requests under the context go out again, this one among them. False if it is
    /// nothing of the kind.
    fn renew_for(&mut self, handle: Handle, message: &Received<'_>, scratch: &mut [u8]) -> bool {
        let Some(exchange) = self.exchanges.get_mut(handle) else { return false };
        let Some(Protection { context, binding: Some(binding), .. }) = exchange.sending.protection
        else {
            return false;
        };
        if exchange.challenged >= MOST_RENEWALS {
            return false;
        }
        let Some(third) = self.third_context(context, binding, message, scratch) else {
            return false;
        };
        if let Some(exchange) = self.exchanges.get_mut(handle) {
            exchange.challenged = exchange.challenged.saturating_add(1);
        }
        if message.message_type == MessageType::Confirmable {
            self.reply_empty(message.peer, MessageType::Acknowledgement, message.id);
        }
        self.renew(context, third);
        true
    }

    /// Is a block of its response expected, and under which key are those before it kept?
    pub(in crate::endpoint) fn waits_for_block(
        &self,
        handle: Handle,
        message: &Message<'_>,
    ) -> Waiting {
        let Some(exchange) = self.exchanges.get(handle) else { return Waiting::No };
        // The token of an observation is that of its notifications: none of those is asked for in
        // parts.
        if exchange.observe != Observe::No {
            return Waiting::Whole;
        }
        let awaited = matches!(exchange.sending.phase, Phase::Flying | Phase::Queued);
        let in_ack = message.message_type == MessageType::Acknowledgement;
        if exchange.over.is_some() || (in_ack && !(awaited && exchange.sending.mid == message.id)) {
            return Waiting::No;
        }
        Waiting::Under(self.token_hash(
            domain::TRANSFER,
            exchange.sending.peer.get(),
            &exchange.sending.token,
        ))
    }

    /// It waits for an answer.
    pub(in crate::endpoint) fn is_asking(&self, handle: Handle) -> bool {
        self.exchanges
            .get(handle)
            .is_some_and(|e| e.over.is_none() && e.sending.phase == Phase::Flying)
    }

    /// Asks again under new keys, if it was asked at all.
    pub(in crate::endpoint) fn ask_anew(&mut self, handle: Handle) {
        let Some(exchange) = self.exchanges.get_mut(handle).filter(|e| e.over.is_none()) else {
            return;
        };
        let asked = exchange.sending.protection.is_some_and(|p| p.binding.is_some());
        let phase = exchange.sending.phase;
        let observing = matches!(exchange.observe, Observe::Yes | Observe::Renewing);
        let in_blocks = exchange.upload.is_some() || exchange.download.is_some();
        match phase {
            Phase::Flying => {}
            // What it waits for will not come any more.
            Phase::Idle if asked && (observing || !(in_blocks || exchange.streams)) => {}
            // It goes out, or waits for the application, and will be under the new keys.
            _ => return,
        }
        if let Some(protection) = &mut exchange.sending.protection {
            *protection = protection.whole();
        }
        if observing {
            // The peer has forgotten it with its keys.
            exchange.observe = Observe::Renewing;
        }
        self.settle(Unit::Exchange(handle));
        self.send(Unit::Exchange(handle));
    }

    /// The context that the response which is kept came under.
    pub(super) fn came_under(&self, handle: Handle) -> Option<SecurityId> {
        self.protection_of(handle).filter(|p| !p.bare).map(|p| SecurityId(p.context))
    }
}
