//! Wall-clock time, which only the application knows.

use m2m_base::{Instant, UnixTime};

use super::Client;

/// What time it was on the clock on the wall when the client's own began, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wall(i64);

impl Wall {
    fn at(self, at: Instant) -> i64 {
        self.0.wrapping_add(at.as_millis().cast_signed())
    }
}

impl Client {
    /// Tells the client what time it is. Until it is told, times that servers are to see stay
    /// unknown; it may be told again whenever the clock was set.
    pub fn set_wall_clock(&mut self, now: Instant, time: UnixTime) {
        self.set_clock(now, time);
        #[cfg(feature = "ready-made")]
        self.show_clock(time);
        self.settle(now);
    }

    pub(super) fn set_clock(&mut self, now: Instant, time: UnixTime) {
        #[cfg(feature = "restore")]
        if self.wall.is_none() {
            #[cfg(feature = "storing")]
            self.history.record_again();
            #[cfg(feature = "send")]
            self.outbox.record_again();
        }
        let now = now.as_millis().cast_signed();
        self.wall = Some(Wall(time.as_millis().wrapping_sub(now)));
    }

    /// What time it was, in milliseconds, if the client was told what time it is.
    #[cfg(feature = "restore")]
    pub(super) fn wall_at(&self, at: Instant) -> Option<i64> {
        self.wall.map(|wall| wall.at(at))
    }

    /// What time it is, if the client was told.
    #[must_use]
    pub fn wall_clock(&self, now: Instant) -> Option<UnixTime> {
        self.wall.map(|wall| UnixTime::from_millis(wall.at(now)))
    }
}
