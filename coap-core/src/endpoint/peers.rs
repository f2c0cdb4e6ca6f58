//! What must be known of each peer: message IDs and how much is outstanding.

use super::config::PeerParameters;
use super::{Keys, Slab};
#[cfg(feature = "extensions")]
use m2m_base::Instant;
use m2m_base::container::{Index, Narrow, Reserve};
use m2m_base::{PeerId, Random};

/// No unit.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Peer {
    id: Narrow<PeerId>,
    next_mid: u16,
    /// A request that was answered with 4.29, by its hash, and until when it is not to be repeated.
    #[cfg(feature = "extensions")]
    pub(super) refused: Option<(Narrow<u64>, Narrow<Instant>)>,
    /// It receives at its address, as far as is known until then.
    #[cfg(feature = "extensions")]
    pub(super) verified: Option<Narrow<Instant>>,
    /// What is known of it and Q-Block options.
    #[cfg(feature = "q-block")]
    pub(super) quick: super::quick::Known,
    /// Transmission parameters of its own. While it has any it is not forgotten for others.
    #[cfg(feature = "extensions")]
    parameters: Option<Narrow<PeerParameters>>,
    /// Used since the hand of the clock passed.
    recent: bool,
    /// Confirmable messages of ours that are not acknowledged yet (RFC 7252 section 4.7).
    pub(super) outstanding: u8,
    /// Units that wait until fewer are, oldest first, chained by `Sending::next`.
    pub(super) first: u32,
    pub(super) last: u32,
}

/// The peers we send to. One that has nothing outstanding may be forgotten to make room.
#[derive(Debug)]
pub(super) struct Peers {
    slots: Slab<Peer>,
    index: Keys,
    secret: u64,
    hand: u32,
    /// Those with parameters of their own.
    #[cfg(feature = "extensions")]
    special: u32,
}

impl Peers {
    #[inline(always)]
    pub(super) const fn empty() -> Peers {
        Peers {
            slots: Slab::empty(),
            index: Keys::empty(),
            secret: 0,
            hand: 0,
            #[cfg(feature = "extensions")]
            special: 0,
        }
    }

    pub(super) fn reserve(&mut self, capacity: u32, secret: u64, reservation: &mut impl Reserve) {
        self.slots.reserve(capacity, reservation);
        self.index.reserve(capacity, reservation);
        self.secret = secret;
    }

    fn hash(&self, id: PeerId) -> u64 {
        Index::mix(self.secret, id.0)
    }

    fn find(&self, id: PeerId) -> Option<u32> {
        self.index.find(self.hash(id), |i| self.slots.at(i).is_some_and(|(_, p)| p.id == id))
    }

    /// What is known of a peer that is known.
    pub(super) fn get(&mut self, id: PeerId) -> Option<&mut Peer> {
        let index = self.find(id)?;
        self.slots.at_mut(index)
    }

    /// The same, to look at.
    #[cfg(feature = "extensions")]
    pub(super) fn peek(&self, id: PeerId) -> Option<&Peer> {
        self.slots.at(self.find(id)?).map(|(_, peer)| peer)
    }

    /// A message ID that was not used with this peer for the last 65535 messages; `None` if it is not
    /// known.
    pub(super) fn take_mid(&mut self, id: PeerId) -> Option<u16> {
        let peer = self.get(id)?;
        let mid = peer.next_mid;
        peer.next_mid = mid.wrapping_add(1);
        Some(mid)
    }

    /// Makes a peer known, forgetting another if need be; false if all others are busy.
    ///
    /// Its message IDs start anywhere (RFC 7252 section 4.4 recommends a random first one), so
    /// that one that was forgotten and comes back hardly meets those it knew before.
    pub(super) fn know(&mut self, id: PeerId, random: &mut Random) -> bool {
        if let Some(peer) = self.get(id) {
            peer.recent = true;
            return true;
        }
        if self.slots.is_full() && !self.forget_one() {
            return false;
        }
        let [a, b] = [random.u8(), random.u8()];
        let next_mid = u16::from_be_bytes([a, b]);
        let peer = Peer {
            id: id.into(),
            next_mid,
            recent: true,
            #[cfg(feature = "extensions")]
            parameters: None,
            #[cfg(feature = "extensions")]
            refused: None,
            #[cfg(feature = "extensions")]
            verified: None,
            #[cfg(feature = "q-block")]
            quick: super::quick::Known::default(),
            outstanding: 0,
            first: NONE,
            last: NONE,
        };
        match self.slots.insert(peer) {
            Ok(handle) => self.index.insert(self.hash(id), handle.index()),
            Err(_) => false,
        }
    }

    /// The parameters that a peer has of its own.
    #[cfg(feature = "extensions")]
    pub(super) fn parameters(&self, id: PeerId) -> Option<PeerParameters> {
        if self.special == 0 { None } else { self.peek(id)?.parameters.map(Narrow::get) }
    }

    #[cfg(not(feature = "extensions"))]
    #[allow(clippy::unused_self, reason = "as with the feature")]
    pub(super) fn parameters(&self, _id: PeerId) -> Option<PeerParameters> {
        None
    }

    /// Gives a peer that is known parameters of its own, or takes them away.
    #[cfg(feature = "extensions")]
    pub(super) fn set_parameters(&mut self, id: PeerId, parameters: Option<PeerParameters>) {
        let Some(peer) = self.get(id) else { return };
        let before = core::mem::replace(&mut peer.parameters, parameters.map(Narrow::new));
        let (more, less) = (parameters.is_some(), before.is_some());
        self.special = self.special.saturating_add(more.into()).saturating_sub(less.into());
    }

    /// What was learned of a peer is of no use any more: another has its number.
    #[cfg(feature = "extensions")]
    pub(super) fn reset(&mut self, id: PeerId) {
        self.set_parameters(id, None);
        if let Some(peer) = self.get(id) {
            (peer.refused, peer.verified) = (None, None);
            #[cfg(feature = "q-block")]
            {
                peer.quick = super::quick::Known::default();
            }
        }
    }

    fn forget_one(&mut self) -> bool {
        for _ in 0..self.slots.capacity().saturating_mul(2) {
            self.hand = self.hand.wrapping_add(1);
            if self.hand >= self.slots.capacity() {
                self.hand = 0;
            }
            let Some(peer) = self.slots.at_mut(self.hand) else { continue };
            let idle = peer.outstanding == 0 && peer.first == NONE;
            #[cfg(feature = "extensions")]
            let idle = idle && peer.parameters.is_none();
            if idle && !core::mem::replace(&mut peer.recent, false) {
                let id = peer.id.get();
                if let Some(handle) = self.slots.handle_at(self.hand) {
                    self.index.remove(self.hash(id), handle.index());
                    self.slots.discard(handle);
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use m2m_base::Seed;
    use m2m_base::container::Reservation;

    #[test]
    fn a_busy_peer_is_not_forgotten() {
        let mut random = Random::new(&Seed([1; 32]));
        let mut peers = Peers::empty();
        peers.reserve(2, 7, &mut Reservation::new());
        assert!(peers.know(PeerId(1), &mut random));
        peers.get(PeerId(1)).unwrap().outstanding = 1;
        let mid = peers.take_mid(PeerId(1)).unwrap();
        for other in 2..50 {
            assert!(peers.know(PeerId(other), &mut random));
        }
        assert_eq!(peers.take_mid(PeerId(1)), Some(mid.wrapping_add(1)));
        peers.get(PeerId(49)).unwrap().outstanding = 1;
        assert!(!peers.know(PeerId(50), &mut random));
        assert!(peers.know(PeerId(49), &mut random));
    }
}
