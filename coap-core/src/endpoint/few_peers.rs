//! What must be known of peers where nothing is known of any of them in particular: one sequence of
//! message IDs does for all, and how much is outstanding with one shows in what is sent to it.

use super::config::PeerParameters;
use super::sending::{Phase, Sending};
use super::{Endpoint, Unit};
use m2m_base::container::Reserve;
use m2m_base::{PeerId, Random};

#[derive(Debug)]
pub(super) struct Peers {
    next_mid: u16,
    /// Of the next message that waits.
    turn: u32,
}

#[allow(clippy::unused_self, reason = "as of a table of peers")]
impl Peers {
    #[inline(always)]
    pub(super) const fn empty() -> Peers {
        Peers { next_mid: 0, turn: 0 }
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

impl Endpoint {
    fn each_sent_to(&mut self, peer: PeerId, each: &mut dyn FnMut(Unit, &Sending)) {
        for number in 0..self.first_transfer() {
            let Some(unit) = self.unit(number) else { continue };
            if let Some(sending) = self.sending(unit).filter(|s| s.peer == peer) {
                each(unit, sending);
            }
        }
    }

    /// May a message that counts go out now (RFC 7252 section 4.7)? Else its unit waits.
    pub(super) fn takes_turn(&mut self, peer: PeerId, unit: Unit) -> bool {
        let mut outstanding = 0u32;
        self.each_sent_to(peer, &mut |unit, s| {
            let under_way = matches!(s.phase, Phase::Queued | Phase::Flying);
            outstanding = outstanding.wrapping_add((under_way && Endpoint::counts(unit, s)).into());
        });
        let goes = outstanding < self.parameters.nstart.into();
        let turn = self.peers.turn;
        if let Some(sending) = self.sending(unit).filter(|_| !goes) {
            sending.phase = Phase::Waiting;
            sending.next = turn;
            self.peers.turn = turn.wrapping_add(1);
        }
        goes
    }

    /// One that counted is done: the one that waits longest goes out.
    pub(super) fn next_in_line(&mut self, peer: PeerId) {
        let mut next: Option<(u32, Unit)> = None;
        self.each_sent_to(peer, &mut |unit, s| {
            if s.phase == Phase::Waiting && next.is_none_or(|(turn, _)| s.next < turn) {
                next = Some((s.next, unit));
            }
        });
        if let Some((_, unit)) = next {
            self.launch(unit);
        }
    }

    #[allow(clippy::unused_self, reason = "as of a line")]
    pub(super) fn leave_line(&mut self, _peer: PeerId, _number: u32) {}
}
