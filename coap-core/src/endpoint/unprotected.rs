//! What stands in for OSCORE without its feature: nothing, at no cost.

use super::receive::Received;
use super::sending::Unwritten;
use super::{Endpoint, Unit};
use crate::Code;
use m2m_base::{Disposition, PeerId};

/// How a message is protected. There is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Protection {}

impl Protection {
    pub(super) fn renewed(self) -> Protection {
        self
    }

    pub(super) fn inherited(self) -> Protection {
        self
    }

    pub(super) fn same_context(_one: Option<Protection>, _other: Option<Protection>) -> bool {
        true
    }
}

#[allow(clippy::unused_self, reason = "as with the feature")]
impl Endpoint {
    pub(super) fn protection_now(&self) -> Option<Protection> {
        None
    }

    pub(super) fn overhead(&self, _protection: Option<Protection>, _request: bool) -> usize {
        0
    }

    pub(super) fn most_overhead(&self) -> usize {
        0
    }

    pub(super) fn context_mark(_protection: Option<Protection>) -> u64 {
        0
    }

    pub(super) fn receive_protected(&mut self, _message: &Received<'_>) -> Option<Disposition> {
        None
    }

    pub(super) fn refuse_protected(&mut self, _message: &Received<'_>, _code: Code) -> bool {
        false
    }

    pub(super) fn write_datagram(
        &mut self,
        unit: Unit,
        buf: &mut [u8],
    ) -> Result<(PeerId, usize), Unwritten> {
        self.write_plain(unit, buf)
    }
}
