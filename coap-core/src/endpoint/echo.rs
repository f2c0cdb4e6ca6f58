//! Proof that a peer receives at its address and that a request is fresh (RFC 9175 section 2).

use super::receive::Received;
use super::survey::Survey;
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

/// Bytes that may be sent for a message of a peer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance(u32);

impl Allowance {
    /// As much as one likes.
    const UNLIMITED: Allowance = Allowance(u32::MAX);

    fn limited(bytes: u32) -> Allowance {
        Allowance(bytes.min(u32::MAX - 1))
    }

    fn is_unlimited(self) -> bool {
        self.0 == u32::MAX
    }

    pub(super) fn allows(self, bytes: usize) -> bool {
        bytes <= self.0 as usize
    }

    pub(super) fn add(&mut self, more: Allowance) {
        self.0 = self.0.saturating_add(more.0);
    }

    /// Takes bytes off; false if there are not so many. Then none are left.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        if self.is_unlimited() {
            return true;
        }
        let left = u32::try_from(bytes).ok().and_then(|bytes| self.0.checked_sub(bytes));
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

/// Bytes of a message of a peer, as it was.
fn message_len(message: &Message<'_>) -> u32 {
    let payload = message.payload.len();
    let len = [4, message.token.len(), message.options.as_bytes().len(), payload];
    let len = len.into_iter().fold(usize::from(payload > 0), usize::saturating_add);
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Endpoint {
    /// The Echo value that a peer is given now.
    pub(super) fn echo_value(&self, peer: PeerId) -> [u8; ECHO] {
        self.echo_of(self.now.as_millis() / 1000, peer)
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
    pub(super) fn is_fresh(&self, peer: PeerId, value: &[u8]) -> bool {
        let Some((time, _)) = value.split_first_chunk::<2>() else { return false };
        let seconds = self.now.as_millis() / 1000;
        let age = seconds.wrapping_sub(u16::from_be_bytes(*time).into()) & 0xffff;
        let Some(made) = seconds.checked_sub(age) else { return false };
        let right = self.echo_of(made, peer);
        // Takes as long for a wrong value as for the right one.
        let wrong = value.iter().zip(right).fold(0, |wrong, (a, b)| wrong | (a ^ b));
        let fresh = age.saturating_mul(1000) <= self.parameters.fresh_for.as_millis();
        value.len() == ECHO && wrong == 0 && fresh
    }

    /// May answers of any length go to this peer?
    pub(super) fn is_verified(&self, peer: PeerId) -> bool {
        let known = || self.peers.peek(peer).and_then(|p| p.verified);
        !self.parameters.verify
            || self.connections.knows(peer)
            || self.protection_now().is_some()
            || known().is_some_and(|until| self.now <= until.get())
    }

    /// Vouches for a peer: that it receives at its address is known, from a handshake for one. With
    /// [`crate::Parameters::verify`] it is believed for `fresh_for`. False if there is no room to
    /// remember it.
    pub fn vouch_for(&mut self, now: Instant, peer: PeerId) -> bool {
        self.now = now;
        let until = now + self.parameters.fresh_for;
        let known = self.peers.know(peer, &mut self.random);
        if let (true, Some(peer)) = (known, self.peers.get(peer)) {
            peer.verified = Some(until.into());
        }
        known
    }

    /// Bytes that may be sent for a message of a peer.
    pub(super) fn allowance(&self, message: &Received<'_>) -> Allowance {
        if self.is_verified(message.peer) {
            return Allowance::UNLIMITED;
        }
        Allowance::limited(message_len(message).saturating_mul(AMPLIFICATION))
    }

    /// Takes bytes off what may still be sent for a request; false if so many may not.
    pub(super) fn spend(&mut self, handle: Handle, len: usize) -> bool {
        self.requests.get_mut(handle).is_some_and(|asked| asked.allowance.spend(len))
    }

    /// Has the peer to show first that it receives at its address?
    pub(super) fn must_be_proved(&mut self, message: &Received<'_>, survey: &Survey<'_>) -> bool {
        if !self.parameters.verify {
            return false;
        }
        if survey.echo.is_some_and(|value| self.is_fresh(message.peer, value)) {
            self.vouch_for(self.now, message.peer);
        }
        // What changes something, or makes more messages follow, is not done for somebody who may
        // be elsewhere.
        let harmless = matches!(message.code, Code::GET | Code::FETCH);
        #[cfg(feature = "q-block")]
        let harmless = harmless && !survey.quick;
        (!harmless || survey.observe.value() == Some(0)) && !self.is_verified(message.peer)
    }

    /// Does a request carry an Echo value of ours that is fresh?
    pub(super) fn shows_fresh(&self, peer: PeerId, options: Options<'_>) -> bool {
        let echo = options.first(OptionNumber::ECHO);
        echo.is_some_and(|value| self.is_fresh(peer, value))
    }

    /// The Echo value in the refusal of a request.
    pub(super) fn challenge_in(&self, message: &Received<'_>, code: Code) -> Option<[u8; ECHO]> {
        // Behind the shortest requests there is no room for an Echo option: three times nothing.
        let room = self.allowance(message).allows(message.token.len().saturating_add(18));
        (code == Code::UNAUTHORIZED && room).then(|| self.echo_value(message.peer))
    }

    /// Asks who sent a request to repeat it with an Echo value, instead of answering it: for one
    /// that must be fresh ([`crate::Incoming::fresh`]). The peer gets 4.01.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if it was answered already, [`UsageError::Full`] if the pool is.
    pub fn challenge(&mut self, now: Instant, id: IncomingId) -> Result<(), UsageError> {
        self.now = now;
        let asked = self.requests.get(id.0).filter(|a| a.is_open());
        let peer = asked.ok_or(UsageError::UnknownId)?.sending.peer.get();
        let stored = self.echo_response(peer).ok_or(UsageError::Full)?;
        self.answer(id.0, Some(stored));
        Ok(())
    }

    /// 4.01 with an Echo option.
    pub(super) fn echo_response(&mut self, peer: PeerId) -> Option<Stored> {
        let value = self.echo_value(peer);
        let mut extras = Extras::NONE;
        extras.add_opaque(OptionNumber::ECHO, &value);
        self.store(Code::UNAUTHORIZED, Options::EMPTY, &extras, &[])
    }
}
