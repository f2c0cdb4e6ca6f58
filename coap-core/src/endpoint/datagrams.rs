//! What `connection` answers, where there are none.

use super::Endpoint;
use m2m_base::PeerId;

/// No connections.
#[derive(Debug)]
pub(super) struct Connections;

impl Connections {
    #[inline]
    pub(super) const fn knows(&self, _peer: PeerId) -> bool {
        false
    }
}

impl Endpoint {
    #[inline]
    pub(super) const fn check_drained(&mut self, _peer: PeerId) {}
}
