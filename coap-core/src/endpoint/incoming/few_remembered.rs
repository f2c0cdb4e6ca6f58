//! Messages that are done with, kept to recognise their duplicates, among few: which is forgotten
//! first when room is needed is looked up then.

use super::super::Endpoint;
use super::super::sending::Phase;
use super::State;
use m2m_base::Instant;
use m2m_base::container::{Handle, Reserve};

/// Nothing, since each message tells when it came.
#[derive(Debug)]
pub(in crate::endpoint) struct Remembered;

impl Remembered {
    #[inline(always)]
    pub(in crate::endpoint) const fn empty() -> Remembered {
        Remembered
    }

    #[allow(clippy::unused_self, reason = "as of a queue")]
    pub(in crate::endpoint) fn reserve(&mut self, _capacity: u32, _reservation: &mut impl Reserve) {
    }
}

impl Endpoint {
    /// A message may be forgotten: its state says so.
    #[allow(clippy::unused_self, reason = "as of a queue")]
    pub(super) fn line_up(&mut self, _handle: Handle) {}

    /// Forgets the oldest message that is done with; false if there is none.
    pub(in crate::endpoint) fn evict_remembered(&mut self) -> bool {
        let mut oldest = (Instant::FAR, None);
        for (handle, asked) in self.requests.iter() {
            let done = matches!(asked.state, State::Answered | State::Response)
                && asked.sending.phase == Phase::Idle
                && !asked.delayed;
            if done && asked.received.get() < oldest.0 {
                oldest = (asked.received.get(), Some(handle));
            }
        }
        let Some(oldest) = oldest.1 else { return false };
        self.counters.evicted = self.counters.evicted.wrapping_add(1);
        self.forget_incoming(oldest);
        true
    }
}
