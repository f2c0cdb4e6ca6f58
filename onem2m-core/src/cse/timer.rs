//! What is to be done at certain times, besides the expiration of resources.

use super::{Cse, Millis};
use m2m_base::{Duration, Instant};

/// What a timer is for. Timers are not taken back exactly: what one finds when it fires decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Timer {
    /// An outgoing request has waited long enough for its response.
    Outgoing(u64),
    /// Something that waits in this subscription may go out.
    Flush(u64),
    /// The registration at the registrar has something to do.
    Registration,
    /// Who polls this channel has waited long enough.
    Poll(u64),
    /// The time to begin a blocking request that was put off.
    Begin(u64),
    /// The time to begin the request of this request resource.
    Execute(u64),
    /// The result of the request of this request resource is not wanted any more.
    Expire(u64),
    /// What a group has collected is to be sent.
    Aggregate(u64),
    /// The members of a group have had time enough to answer.
    FanOut(u64),
    /// This resource is to be announced, now that it may be possible.
    Announce(u64),
    /// What waits in this queue may be tried again.
    Retry(u64),
    /// This one has waited long enough.
    GiveUp(u64),
    /// A point of this time series has to be there.
    Missing(u64),
}

impl Cse {
    pub(super) fn set_timer(&mut self, at: Instant, timer: Timer) {
        self.timers.insert((at, timer));
    }

    pub(super) fn clear_timer(&mut self, at: Instant, timer: Timer) {
        self.timers.remove(&(at, timer));
    }

    /// Does what is due.
    pub(super) fn fire(&mut self, budget: &mut usize) {
        while *budget > 0 {
            let Some((at, timer)) = self.timers.first().copied() else { return };
            if at > self.now {
                return;
            }
            self.timers.pop_first();
            *budget -= 1;
            match timer {
                Timer::Outgoing(id) => self.outgoing_overdue(id),
                Timer::Registration => self.drive_registration(),
                Timer::Flush(number) => {
                    if let Some(slot) = self.store.attached(number) {
                        self.flush(slot);
                    }
                }
                Timer::Poll(number) => self.poll_overdue(number),
                Timer::Begin(key) => self.begin_late(key),
                Timer::Execute(number) => self.execute(number),
                Timer::Expire(number) => self.give_up(number),
                Timer::Aggregate(number) => self.aggregate_due(number),
                Timer::Announce(number) => {
                    if let Some(slot) = self.store.attached(number) {
                        self.announce(slot);
                    }
                }
                Timer::Missing(number) => self.point_due(number),
                Timer::Retry(queue) => self.retry(queue),
                Timer::GiveUp(key) => self.held_overdue(key),
                Timer::FanOut(key) => self.end_fan_out(key),
            }
        }
    }

    /// What the wall clock will show at an instant.
    pub(super) fn wall_at(&self, at: Instant) -> Millis {
        let wait = i64::try_from(at.since(self.now).as_millis()).unwrap_or(i64::MAX);
        self.wall().saturating_add(wait)
    }

    /// When the wall clock will show `time`.
    pub(super) fn instant(&self, time: Millis) -> Instant {
        let wait = u64::try_from(time.saturating_sub(self.wall())).unwrap_or(0);
        self.now + Duration::from_millis(wait)
    }
}
