//! Messages that are done with, kept to recognise their duplicates: which is forgotten first when
//! room is needed.

use super::super::Endpoint;
use super::super::sending::Phase;
use m2m_base::container::{Handle, Queue, Reserve};

/// Oldest first.
#[derive(Debug)]
pub(in crate::endpoint) struct Remembered(Queue<Handle>);

impl Remembered {
    #[inline(always)]
    pub(in crate::endpoint) const fn empty() -> Remembered {
        Remembered(Queue::empty())
    }

    pub(in crate::endpoint) fn reserve(&mut self, capacity: u32, reservation: &mut impl Reserve) {
        self.0.reserve(capacity as usize, reservation);
    }
}

impl Endpoint {
    /// A message is the next that is forgotten when those before it are.
    pub(super) fn line_up(&mut self, handle: Handle) {
        let Some(asked) = self.requests.get_mut(handle) else { return };
        if !core::mem::replace(&mut asked.in_line, true) {
            if self.remembered.0.is_full() {
                let requests = &self.requests;
                self.remembered.0.retain(|h| requests.get(*h).is_some());
            }
            let _ = self.remembered.0.push(handle);
        }
    }

    /// Forgets the oldest message that is done with; false if there is none.
    pub(in crate::endpoint) fn evict_remembered(&mut self) -> bool {
        for _ in 0..self.remembered.0.len() {
            let Some(handle) = self.remembered.0.pop() else { return false };
            let Some(asked) = self.requests.get(handle) else { continue };
            if asked.sending.phase == Phase::Queued {
                // A duplicate is being answered just now.
                let _ = self.remembered.0.push(handle);
                continue;
            }
            self.counters.evicted = self.counters.evicted.wrapping_add(1);
            self.forget_incoming(handle);
            return true;
        }
        false
    }
}
