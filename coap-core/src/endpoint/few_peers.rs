//! What must be known of peers where nothing is known of any of them in particular: one sequence of
//! message IDs does for all, and how much is outstanding with one shows in what is sent to it.

use super::config::PeerParameters;
use super::sending::Sending;
use super::{Endpoint, Unit};
use m2m_base::container::Reserve;
use m2m_base::{PeerId, Random};

#[derive(Debug)]
pub(super) struct Peers {
    next_mid: u16,
}

#[allow(clippy::unused_self, reason = "as of a table of peers")]
impl Peers {
    #[inline(always)]
    pub(super) const fn empty() -> Peers {
        Peers { next_mid: 0 }
    }

    /// The first message ID is any (RFC 7252 section 4.4).
    pub(super) fn reserve(&mut self, _capacity: u32, secret: u64, _: &mut impl Reserve) {
        // Nothing is looked up here by what the secret is for.
        let [a, b, ..] = secret.to_le_bytes();
        self.next_mid = u16::from_le_bytes([a, b]);
    }

    pub(super) fn know(&self, _id: PeerId, _random: &mut Random) -> bool {
        true
    }

    /// A message ID that was not used with this peer for the last 65535 messages.
    #[allow(clippy::unnecessary_wraps, reason = "as of a table of peers")]
    pub(super) fn take_mid(&mut self, _id: PeerId) -> Option<u16> {
        let mid = self.next_mid;
        self.next_mid = mid.wrapping_add(1);
        Some(mid)
    }

    pub(super) fn parameters(&self, _id: PeerId) -> Option<PeerParameters> {
        None
    }
}

#[allow(clippy::unused_self, reason = "as of a line")]
impl Endpoint {
    /// The first message that may go out.
    pub(super) fn next_out(&self) -> Option<u32> {
        self.outbox.iter().copied().find(|number| !self.waits(*number))
    }

    /// Messages that count (RFC 7252 section 4.7) wait in the outbox while others to their peer are on
    /// their way: those have a timeout.
    fn waits(&self, number: u32) -> bool {
        let Some((unit, new)) = self.sent_by(number) else { return false };
        if new.timeout != 0 || !Endpoint::counts(unit, new) {
            return false;
        }
        let is_outstanding = |(unit, s): (Unit, &Sending)| {
            s.timeout != 0 && s.peer == new.peer && Endpoint::counts(unit, s)
        };
        let units = 0..self.first_transfer();
        let outstanding = units.filter(|n| self.sent_by(*n).is_some_and(is_outstanding)).count();
        outstanding >= self.parameters.nstart.into()
    }

    pub(super) fn takes_turn(&mut self, _peer: PeerId, _unit: Unit) -> bool {
        true
    }

    pub(super) fn next_in_line(&mut self, _peer: PeerId) {}

    #[cfg(feature = "stream")]
    pub(super) fn leave_line(&mut self, _peer: PeerId, _number: u32) {}
}
