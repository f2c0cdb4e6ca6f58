//! Peers whose security session says which endpoint they are.

use super::config::{UsageError, boxed};
use alloc::boxed::Box;
use m2m_base::PeerId;
use m2m_base::container::{GrowingIndex, Index, Slab};

#[derive(Debug)]
struct Identity {
    peer: PeerId,
    endpoint: Box<[u8]>,
}

/// Endpoint names by peer.
#[derive(Debug)]
pub(crate) struct Identities {
    known: Slab<Identity>,
    by_peer: GrowingIndex,
    secret: u64,
}

impl Identities {
    pub(crate) fn new(most: u32, secret: u64) -> Identities {
        Identities { known: Slab::growing(most), by_peer: GrowingIndex::new(), secret }
    }

    fn hash(&self, peer: PeerId) -> u64 {
        Index::mix(self.secret, peer.0)
    }

    fn slot(&self, peer: PeerId) -> Option<u32> {
        let same = |slot| self.known.at(slot).is_some_and(|(_, i)| i.peer == peer);
        self.by_peer.find(self.hash(peer), same)
    }

    /// The endpoint name of a peer.
    pub(crate) fn get(&self, peer: PeerId) -> Option<&[u8]> {
        let (_, identity) = self.known.at(self.slot(peer)?)?;
        Some(&identity.endpoint)
    }

    pub(crate) fn forget(&mut self, peer: PeerId) {
        let Some(slot) = self.slot(peer) else { return };
        self.by_peer.remove(self.hash(peer), slot);
        if let Some(handle) = self.known.handle_at(slot) {
            self.known.remove(handle);
        }
    }

    pub(crate) fn set(&mut self, peer: PeerId, endpoint: &[u8]) -> Result<(), UsageError> {
        let endpoint = boxed(&[endpoint])?;
        self.forget(peer);
        let identity = Identity { peer, endpoint };
        let handle = self.known.insert(identity).map_err(|_| UsageError::Full)?;
        if !self.by_peer.insert(self.hash(peer), handle.index()) {
            self.known.remove(handle);
            return Err(UsageError::Full);
        }
        Ok(())
    }
}
