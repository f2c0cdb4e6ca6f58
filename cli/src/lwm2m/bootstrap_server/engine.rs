//! The engine, and who its peers have proved to be.

use crate::transport::{Keyring, Psk};
use lwm2m_core::bootstrap_server::{BootstrapServer, Event};
use m2m_base::{BufferTooSmall, Cause, Disposition, Engine, Instant, PeerId, Transmit};
use std::collections::{BTreeMap, BTreeSet};

/// A bootstrap server whose peers may come by DTLS.
#[derive(Debug)]
pub(crate) struct Boots {
    pub(super) server: BootstrapServer,
    pub(super) keys: Keyring,
    /// The endpoint of each identity.
    pub(super) endpoints: BTreeMap<String, String>,
    /// Sessions by the identity that they were begun with.
    identities: BTreeMap<PeerId, String>,
    /// Sessions that cannot be told whose they are.
    nameless: BTreeSet<PeerId>,
}

impl Boots {
    pub(super) fn new(server: BootstrapServer) -> Boots {
        Boots {
            server,
            keys: Keyring::default(),
            endpoints: BTreeMap::new(),
            identities: BTreeMap::new(),
            nameless: BTreeSet::new(),
        }
    }

    /// A peer proved to have the key of an identity: it is the endpoint of that.
    pub(super) fn secured(&mut self, peer: PeerId, identity: &[u8]) {
        let identity = String::from_utf8_lossy(identity).into_owned();
        let endpoint = self.endpoints.get(&identity);
        match endpoint.map(|endpoint| self.server.identify(peer, Some(endpoint))) {
            Some(Ok(())) => {
                self.identities.insert(peer, identity);
            }
            // The key was taken away meanwhile, or there is no room: without a name it could
            // take any.
            _ => {
                self.nameless.insert(peer);
            }
        }
    }

    /// A key for an identity, and which endpoint that is.
    pub(super) fn let_in(&mut self, identity: String, key: Vec<u8>, endpoint: String) {
        self.keys.set(Psk { identity: identity.clone().into_bytes(), key });
        self.endpoints.insert(identity, endpoint);
    }

    /// Takes a key away. Gives the sessions that were begun with it.
    pub(super) fn shut_out(&mut self, identity: &str) -> Option<Vec<PeerId>> {
        self.endpoints.remove(identity)?;
        self.keys.remove(identity.as_bytes());
        let of = self.identities.iter().filter(|(_, known)| *known == identity);
        Some(of.map(|(peer, _)| *peer).collect())
    }
}

impl Engine for Boots {
    type Event = Event;

    fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        if self.nameless.contains(&peer) {
            return Disposition::Ignored(Cause::Insecure);
        }
        self.server.handle_datagram(now, peer, datagram)
    }

    fn forget_peer(&mut self, now: Instant, peer: PeerId) {
        self.identities.remove(&peer);
        self.nameless.remove(&peer);
        self.server.forget_peer(now, peer);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.server.handle_timeout(now);
    }

    fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        self.server.poll_transmit(now, buf)
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.server.poll_event()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.server.poll_timeout()
    }
}
