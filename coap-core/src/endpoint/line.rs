//! The line of the messages that wait until fewer are outstanding with their peer (RFC 7252 section
//! 4.7): the peer has its first and last, and each unit the next one.

use super::peers::NONE;
use super::sending::Phase;
use super::{Endpoint, Unit};
use m2m_base::PeerId;

impl Endpoint {
    /// The first message in the outbox.
    pub(super) fn next_out(&self) -> Option<u32> {
        self.outbox.front().copied()
    }

    /// May a message that counts go out now? Else its unit waits, as it does if the peer is not
    /// known.
    pub(super) fn takes_turn(&mut self, peer: PeerId, unit: Unit) -> bool {
        let nstart = self.parameters_for(peer).nstart;
        let number = self.number(unit);
        let Some(known) = self.peers.get(peer) else { return false };
        if known.outstanding < nstart {
            known.outstanding = known.outstanding.saturating_add(1);
            return true;
        }
        let last = core::mem::replace(&mut known.last, number);
        if last == NONE {
            known.first = number;
        } else if let Some(before) = self.unit(last).and_then(|u| self.sending(u)) {
            before.next = number;
        }
        if let Some(sending) = self.sending(unit) {
            sending.phase = Phase::Waiting;
            sending.next = NONE;
        }
        false
    }

    /// One that counted is done: the next one goes out.
    pub(super) fn next_in_line(&mut self, peer: PeerId) {
        let Some(known) = self.peers.get(peer) else { return };
        let first = known.first;
        if first == NONE {
            known.outstanding = known.outstanding.saturating_sub(1);
            return;
        }
        // The next takes the place of the one that ended.
        let Some(unit) = self.unit(first) else { return };
        let next = self.sending(unit).map_or(NONE, |s| s.next);
        if let Some(known) = self.peers.get(peer) {
            known.first = next;
            if next == NONE {
                known.last = NONE;
            }
        }
        if let Some(s) = self.sending(unit) {
            s.phase = Phase::Idle;
        }
        self.launch(unit);
    }

    /// Takes a unit out of the line of its peer.
    pub(super) fn leave_line(&mut self, peer: PeerId, number: u32) {
        let mut before = NONE;
        let mut at = self.peers.get(peer).map_or(NONE, |p| p.first);
        while at != NONE {
            let next = match self.unit(at).and_then(|u| self.sending(u)) {
                Some(s) => s.next,
                None => NONE,
            };
            if at == number {
                if let Some(s) = self.unit(before).and_then(|u| self.sending(u)) {
                    s.next = next;
                }
                if let Some(known) = self.peers.get(peer) {
                    if before == NONE {
                        known.first = next;
                    }
                    if known.last == number {
                        known.last = before;
                    }
                }
                return;
            }
            before = at;
            at = next;
        }
    }
}
