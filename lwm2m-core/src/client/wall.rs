//! Wall-clock time, which only the application knows.

use m2m_base::{Duration, Instant, UnixTime};

use super::Client;

/// A point at which both clocks are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wall {
    at: Instant,
    time: UnixTime,
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
        self.wall = Some(Wall { at: now, time });
    }

    /// What time it was, in milliseconds, if the client was told what time it is.
    #[cfg(feature = "restore")]
    pub(super) fn wall_at(&self, at: Instant) -> Option<i64> {
        let wall = self.wall?;
        let ms = |instant: Instant| i64::try_from(instant.as_millis()).ok();
        wall.time.as_millis().checked_add(ms(at)?.checked_sub(ms(wall.at)?)?)
    }

    /// What time it is, if the client was told.
    #[must_use]
    pub fn wall_clock(&self, now: Instant) -> Option<UnixTime> {
        let wall = self.wall?;
        let since = now.as_millis().saturating_sub(wall.at.as_millis());
        Some(wall.time + Duration::from_millis(since))
    }
}
