//! What a CSE counts.

use crate::{ResponseStatusCode as Status, StatusClass};

/// What a CSE has counted since it was made. Each number wraps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Requests that came in.
    pub requests: u32,
    /// Of those: answered with success, or accepted (status 1xxx and 2xxx).
    pub succeeded: u32,
    /// Of those: refused for what the originator did or may not do (4xxx).
    pub refused: u32,
    /// Of those: failed in the CSE, or at another entity (5xxx and 6xxx).
    pub failed: u32,
    /// Resources whose expiration time has come, and instances that were older than `mia`.
    pub expired: u32,
    /// Requests of the CSE to other entities, notifications among them.
    pub outgoing: u32,
    /// Of those: answered, with whatever status.
    pub answered: u32,
    /// Of those: without an answer. Not reachable, lost, or not in time.
    pub unanswered: u32,
    /// Notifications of subscriptions that were sent. A batch is one.
    pub notifications: u32,
    /// Notifications that had to make room for others while they waited.
    pub notifications_dropped: u32,
}

impl Counters {
    pub(super) fn response(&mut self, status: Status) {
        let count = match status.class() {
            StatusClass::Acknowledgement | StatusClass::Success => &mut self.succeeded,
            StatusClass::OriginatorError => &mut self.refused,
            _ => &mut self.failed,
        };
        one_more(count);
    }
}

pub(super) fn one_more(count: &mut u32) {
    *count = count.wrapping_add(1);
}
