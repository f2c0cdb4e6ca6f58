//! Proof that a peer receives at its address and that a request is fresh (RFC 9175 section 2).

use super::{Endpoint, IncomingId, Stored, UsageError};
use crate::writer::Extras;
use crate::{Code, Message, OptionNumber, Options};
use m2m_base::container::Handle;
use m2m_base::{Instant, PeerId};

/// Bytes of an Echo value of ours: two of time, the rest shows that we made it.
pub(super) const ECHO: usize = 10;

/// How much more may go to a peer that has not shown that it is there than came from it (RFC 9175
/// section 2.4, item 3).
const AMPLIFICATION: u32 = 3;

/// As much as one likes.
pub(super) const UNLIMITED: u32 = u32::MAX;

/// Bytes of a message of a peer, as it was.
fn message_len(message: &Message<'_>) -> u32 {
    let payload = message.payload.len();
    let len = [4, message.token.len(), message.options.as_bytes().len(), payload];
    let len = len.into_iter().fold(usize::from(payload > 0), usize::saturating_add);
    u32::try_from(len).unwrap_or(UNLIMITED)
}

impl Endpoint {
    /// The Echo value that a peer is given now.
    pub(super) fn echo_value(&self, now: Instant, peer: PeerId) -> [u8; ECHO] {
        self.echo_of(now.as_millis() / 1000, peer)
    }

    fn echo_of(&self, seconds: u64, peer: PeerId) -> [u8; ECHO] {
        let proof = self.echo_key.derive(peer.0).derive(seconds);
        let [.., high, low] = seconds.to_be_bytes();
        let mut value = [high, low, 0, 0, 0, 0, 0, 0, 0, 0];
        for (to, from) in value.iter_mut().skip(2).zip(proof.0) {
            *to = from;
        }
        value
    }

    /// Did this peer get this value from us, not longer than `fresh_for` ago?
    pub(super) fn is_fresh(&self, now: Instant, peer: PeerId, value: &[u8]) -> bool {
        let Some((time, _)) = value.split_first_chunk::<2>() else { return false };
        let seconds = now.as_millis() / 1000;
        let age = seconds.wrapping_sub(u16::from_be_bytes(*time).into()) & 0xffff;
        let Some(made) = seconds.checked_sub(age) else { return false };
        let right = self.echo_of(made, peer);
        // Takes as long for a wrong value as for the right one.
        let wrong = value.iter().zip(right).fold(0, |wrong, (a, b)| wrong | (a ^ b));
        let fresh = age.saturating_mul(1000) <= self.parameters.fresh_for.as_millis();
        value.len() == ECHO && wrong == 0 && fresh
    }

    /// May answers of any length go to this peer?
    pub(super) fn is_verified(&self, now: Instant, peer: PeerId) -> bool {
        let known = || self.peers.peek(peer).and_then(|p| p.verified);
        !self.parameters.verify
            || self.connections.knows(peer)
            || self.protection_now().is_some()
            || known().is_some_and(|until| now <= until.get())
    }

    /// Vouches for a peer: that it receives at its address is known, from a handshake for one. With
    /// [`crate::Parameters::verify`] it is believed for `fresh_for`. False if there is no room to
    /// remember it.
    pub fn vouch_for(&mut self, now: Instant, peer: PeerId) -> bool {
        let until = now + self.parameters.fresh_for;
        let known = self.peers.know(peer, &mut self.random);
        if let (true, Some(peer)) = (known, self.peers.get(peer)) {
            peer.verified = Some(until.into());
        }
        known
    }

    /// Bytes that may be sent for a message of a peer.
    pub(super) fn allowance(&self, now: Instant, peer: PeerId, message: &Message<'_>) -> u32 {
        if self.is_verified(now, peer) {
            return UNLIMITED;
        }
        message_len(message).saturating_mul(AMPLIFICATION).min(UNLIMITED - 1)
    }

    /// Takes bytes off what may still be sent for a request; false if so many may not.
    pub(super) fn spend(&mut self, handle: Handle, len: usize) -> bool {
        let Some(asked) = self.requests.get_mut(handle) else { return false };
        if asked.allowance == UNLIMITED {
            return true;
        }
        let left = u32::try_from(len).ok().and_then(|len| asked.allowance.checked_sub(len));
        match left {
            Some(left) => {
                asked.allowance = left;
                true
            }
            None => false,
        }
    }

    /// Asks who sent a request to repeat it with an Echo value, instead of answering it: for one
    /// that must be fresh ([`crate::Incoming::fresh`]). The peer gets 4.01.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if it was answered already, [`UsageError::Full`] if the pool is.
    pub fn challenge(&mut self, now: Instant, id: IncomingId) -> Result<(), UsageError> {
        let asked = self.requests.get(id.0).filter(|a| a.is_open());
        let peer = asked.ok_or(UsageError::UnknownId)?.peer.get();
        let stored = self.echo_response(now, peer).ok_or(UsageError::Full)?;
        self.answer(now, id.0, Some(stored));
        Ok(())
    }

    /// 4.01 with an Echo option.
    pub(super) fn echo_response(&mut self, now: Instant, peer: PeerId) -> Option<Stored> {
        let value = self.echo_value(now, peer);
        let mut extras = Extras::NONE;
        extras.add_opaque(OptionNumber::ECHO, &value);
        self.store(Code::UNAUTHORIZED, Options::EMPTY, &extras, &[])
    }
}
