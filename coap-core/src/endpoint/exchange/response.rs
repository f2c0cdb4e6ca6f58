//! What comes back: finds the request that it answers, and tells a notification from an answer
//! (RFC 7252 section 5.3.2).

use super::super::receive::Received;
use super::super::sending::Phase;
use super::super::{Endpoint, OBSERVE, Outcome, UPLOAD, Unit};
use super::Observe;
use crate::{Message, MessageType, OptionNumber};
use m2m_base::container::Handle;
use m2m_base::{Cause, Disposition};

impl Endpoint {
    /// A message of class 2, 4 or 5.
    pub(in super::super) fn receive_response(&mut self, message: &Received<'_>) -> Disposition {
        let in_ack = message.message_type == MessageType::Acknowledgement;
        // Over a connection nothing is rejected, and nothing comes twice.
        let connection = self.connections.knows(message.peer);
        let token = message.name;
        let handle = self.exchange_by_token(message.peer, &token);
        #[cfg(feature = "q-block")]
        let handle = handle.or_else(|| {
            let quick = self.quick_by_token(message.peer, &token)?;
            self.quick.slots.get(quick)?.kind.exchange()
        });
        #[cfg(feature = "q-block")]
        if let Some(exchange) = handle
            && let Some(quick) = self.quick_of(exchange)
        {
            return self.receive_quick_response(exchange, quick, message);
        }
        let Some(handle) = handle else {
            if !in_ack && !connection && self.acknowledged_before(message) {
                return Disposition::Duplicate;
            }
            #[cfg(feature = "multicast")]
            if let Some(group) = self.group_by_token(&token).filter(|_| !in_ack && !connection) {
                return self.take_group_response(group, message);
            }
            return self.reject(message, Cause::Unexpected);
        };
        let Some(exchange) = self.exchanges.get_mut(handle) else {
            return self.reject(message, Cause::Unexpected);
        };
        let awaited = matches!(exchange.sending.phase, Phase::Flying | Phase::Queued)
            || core::mem::replace(&mut exchange.stopped, false);
        if in_ack && !(awaited && exchange.sending.mid == message.id) {
            return Disposition::Ignored(Cause::Unexpected);
        }
        if message.is_bad(&self.parameters) {
            if connection {
                self.finish(handle, Outcome::Broken);
            }
            return self.reject(message, Cause::Unsupported);
        }
        if !in_ack && !connection {
            let again = exchange.last_mid.replace(message.id) == Some(message.id);
            if message.message_type == MessageType::Confirmable {
                self.reply_empty(message.peer, MessageType::Acknowledgement, message.id);
            }
            if again {
                return Disposition::Duplicate;
            }
        }
        let confirmable = message.message_type == MessageType::Confirmable;
        self.take_response(handle, message);
        if confirmable && self.exchanges.get(handle).is_none_or(|e| e.is_over()) {
            // Its token is known no more, but its duplicate must not be rejected.
            self.remember_acknowledgement(message);
        }
        Disposition::Accepted
    }

    fn reject(&mut self, message: &Received<'_>, cause: Cause) -> Disposition {
        let in_ack = message.message_type == MessageType::Acknowledgement;
        if in_ack || self.connections.knows(message.peer) {
            return Disposition::Ignored(cause);
        }
        // RFC 7252 section 4.3 allows a RST for NON too; it is how an observation that was forgotten
        // ends.
        self.reply_empty(message.peer, MessageType::Reset, message.id);
        Disposition::Refused(cause)
    }

    pub(super) fn take_response(&mut self, handle: Handle, message: &Message<'_>) {
        #[cfg(feature = "extensions")]
        if self.is_challenge(handle, message) {
            return;
        }
        if OBSERVE
            && message.code.is_success()
            && let Some(number) = message.options.uint(OptionNumber::OBSERVE)
        {
            let Some(exchange) = self.exchanges.get_mut(handle) else { return };
            match exchange.observe {
                Observe::Asking | Observe::Yes | Observe::Renewing => {
                    return self.take_notification(handle, number & 0xff_ffff, message);
                }
                // A notification that crossed our farewell; the answer to that is still to come.
                Observe::Leaving if message.message_type != MessageType::Acknowledgement => return,
                Observe::Leaving | Observe::No => {}
            }
        }
        self.settle(Unit::Exchange(handle));
        if OBSERVE || UPLOAD {
            let Some(exchange) = self.exchanges.get_mut(handle) else { return };
            // Whatever comes without Observe ends an observation (RFC 7641 section 3.2).
            exchange.observe = Observe::No;
            if UPLOAD && exchange.upload.is_some() && exchange.download.is_none() {
                return self.take_upload_answer(handle, message);
            }
        }
        self.take_content(handle, message);
    }
}
