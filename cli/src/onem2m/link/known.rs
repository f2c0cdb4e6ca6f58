//! An endpoint that knows who its peers have proved to be.

use crate::transport::Proven;
use coap_core::Endpoint;
use m2m_base::{BufferTooSmall, Disposition, Engine, Instant, PeerId, Transmit};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The endpoint, and the names of its peers.
pub(super) struct Known {
    pub(super) endpoint: Endpoint,
    names: BTreeMap<PeerId, Rc<[String]>>,
}

impl Known {
    /// Around an endpoint.
    pub(super) const fn new(endpoint: Endpoint) -> Known {
        Known { endpoint, names: BTreeMap::new() }
    }

    /// A peer has the key of an identity. One that is no text is no originator's.
    pub(super) fn secured(&mut self, peer: PeerId, proven: Proven<'_>) -> bool {
        let name = match proven {
            Proven::Psk(identity) => std::str::from_utf8(identity).ok().map(str::to_owned),
            // Doors for CoAP take no certificates.
            Proven::Certificate(_) | Proven::Topic(_) => None,
        };
        self.names.insert(peer, name.into_iter().collect());
        true
    }

    /// Who a peer has proved to be.
    pub(super) fn names(&self, peer: PeerId) -> Option<Rc<[String]>> {
        self.names.get(&peer).cloned()
    }
}

impl Engine for Known {
    type Event = coap_core::Event;

    fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        self.endpoint.handle_datagram(now, peer, datagram)
    }

    fn forget_peer(&mut self, now: Instant, peer: PeerId) {
        self.names.remove(&peer);
        self.endpoint.forget_peer(now, peer);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
    }

    fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        self.endpoint.poll_transmit(now, buf)
    }

    fn poll_event(&mut self) -> Option<Self::Event> {
        self.endpoint.poll_event()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.endpoint.poll_timeout()
    }
}
