//! The two clocks: monotonic milliseconds for engines, wall-clock time for people.

use m2m_base::Instant;
use std::time::SystemTime;

/// The monotonic clock. All engines of a process share its origin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: tokio::time::Instant,
}

impl Clock {
    /// A clock that stands at zero now.
    pub(crate) fn start() -> Self {
        Clock { origin: tokio::time::Instant::now() }
    }

    /// Milliseconds since the start.
    pub(crate) fn now(&self) -> Instant {
        let elapsed = self.origin.elapsed().as_millis();
        Instant::from_millis(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// When the clock will show `at`; `None` if it never does in practice.
    pub(crate) fn when(&self, at: Instant) -> Option<tokio::time::Instant> {
        self.origin.checked_add(std::time::Duration::from_millis(at.as_millis()))
    }
}

/// The present as RFC 3339 has it, in UTC with milliseconds: `2026-11-21T02:25:20.123Z`.
pub(crate) fn utc_now() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    rfc3339(since.as_secs(), since.subsec_millis())
}

/// Milliseconds since 1970.
pub(crate) fn wall() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Seconds since 1970 as a date and time of the proleptic Gregorian calendar. Years are counted
/// from March, so that the leap day is the last of its year.
pub(crate) fn rfc3339(seconds: u64, millis: u32) -> String {
    const DAYS_IN_ERA: u64 = 146_097; // 400 years
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let days = days + 719_468; // since 0000-03-01
    let (era, day) = (days / DAYS_IN_ERA, days % DAYS_IN_ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let march = (5 * day + 2) / 153;
    let day = day - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (951_868_800, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800, "2024-02-29T00:00:00.000Z"),
            (1_767_225_599, "2025-12-31T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(seconds, 0), text);
        }
        assert!(rfc3339(1, 7).ends_with("01.007Z"));
    }
}
