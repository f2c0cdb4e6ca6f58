//! What stands in for Echo (RFC 9175) without the feature `extensions`: every peer is believed, and no
//! request is known to be fresh.

use super::receive::Received;
use super::survey::Survey;
use super::{Endpoint, Stored};
use crate::{Code, Options};
use m2m_base::PeerId;
use m2m_base::container::Handle;

/// Bytes of an Echo value. There is none.
pub(super) const ECHO: usize = 0;

/// As much as one likes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance;

impl Allowance {
    #[allow(clippy::unused_self, reason = "as with the feature")]
    pub(super) fn add(self, _more: Allowance) {}

    #[allow(clippy::unused_self, reason = "as with the feature")]
    pub(super) fn spend(self, _bytes: usize) -> bool {
        true
    }
}

#[allow(clippy::unused_self, reason = "as with the feature")]
impl Endpoint {
    pub(super) fn allowance(&self, _: &Received<'_>) -> Allowance {
        Allowance
    }

    pub(super) fn spend(&mut self, _handle: Handle, _len: usize) -> bool {
        true
    }

    pub(super) fn must_be_proved(&mut self, _message: &Received<'_>, _survey: &Survey<'_>) -> bool {
        false
    }

    pub(super) fn shows_fresh(&self, _: PeerId, _: Options<'_>) -> bool {
        false
    }

    pub(super) fn challenge_in(&self, _message: &Received<'_>, _code: Code) -> Option<[u8; ECHO]> {
        None
    }

    pub(super) fn echo_response(&mut self, _peer: PeerId) -> Option<Stored> {
        None
    }
}
