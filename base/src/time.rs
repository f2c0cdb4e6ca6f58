//! Time as engines know it: milliseconds, told by the caller.

use crate::SMALL;
use core::ops::{Add, AddAssign, Sub};

/// A point on the caller's monotonic clock, in milliseconds since an origin of its choice.
///
/// Engines only compare and add; a clock that starts at 0 at boot is as good as any. Arithmetic
/// saturates, so a far deadline is never mistaken for a past one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Instant(u64);

impl Instant {
    /// The origin of the caller's clock.
    pub const ZERO: Instant = Instant(0);
    /// A point that never comes.
    pub const FAR: Instant = Instant(u64::MAX);

    /// The point `ms` milliseconds after the origin.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Instant {
        Instant(ms)
    }

    /// Milliseconds since the origin.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Time since `earlier`, zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Instant) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    #[cfg_attr(feature = "small", inline(never))]
    fn add(self, d: Duration) -> Instant {
        Instant(self.0.saturating_add(d.0))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, d: Duration) {
        *self = *self + d;
    }
}

impl Sub for Instant {
    type Output = Duration;
    fn sub(self, earlier: Instant) -> Duration {
        self.since(earlier)
    }
}

/// A span of time in whole milliseconds.
///
/// Its own type because `core::time::Duration` brings 128-bit arithmetic into firmware; it
/// converts from and to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Duration(u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);

    /// `ms` milliseconds.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Duration {
        Duration(ms)
    }

    /// `s` seconds.
    #[must_use]
    pub const fn from_secs(s: u64) -> Duration {
        Duration(s.saturating_mul(1000))
    }

    /// Whole milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// This span `n` times.
    #[must_use]
    pub const fn times(self, n: u64) -> Duration {
        Duration(self.0.saturating_mul(n))
    }
}

impl Add for Duration {
    type Output = Duration;
    #[cfg_attr(feature = "small", inline(never))]
    fn add(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }
}

impl From<core::time::Duration> for Duration {
    /// Rounds down to milliseconds, saturates.
    fn from(d: core::time::Duration) -> Duration {
        Duration(d.as_secs().saturating_mul(1000).saturating_add(u64::from(d.subsec_millis())))
    }
}

impl From<Duration> for core::time::Duration {
    fn from(d: Duration) -> core::time::Duration {
        core::time::Duration::from_millis(d.0)
    }
}

/// Wall-clock time: seconds and milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Only `set_wall_clock` of an engine takes one; between two calls the engine advances it by the
/// monotonic clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The point `ms` milliseconds after the epoch (before it, if negative).
    #[must_use]
    pub const fn from_millis(ms: i64) -> UnixTime {
        UnixTime(ms)
    }

    /// The point `s` seconds after the epoch.
    #[must_use]
    pub const fn from_secs(s: i64) -> UnixTime {
        UnixTime(s.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded towards the past.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        if SMALL {
            // A negative number is one less than what is as far above.
            let sign = self.0 >> 63;
            return thousandth((self.0 ^ sign).cast_unsigned()).cast_signed() ^ sign;
        }
        self.0.div_euclid(1000)
    }
}

/// A thousandth, rounded down: 16 bits at a time, without the compiler's library for 64.
#[allow(clippy::cast_possible_truncation, reason = "16 bits")]
#[allow(clippy::cast_lossless, reason = "`From` is not const")]
const fn thousandth(n: u64) -> u64 {
    let (mut quotient, mut rest, mut left) = (0, 0, 64);
    while left > 0 {
        left -= 16;
        rest = rest << 16 | (n >> left & 0xffff) as u32;
        quotient = quotient << 16 | (rest / 1000) as u64;
        rest %= 1000;
    }
    quotient
}

impl Add<Duration> for UnixTime {
    type Output = UnixTime;
    fn add(self, d: Duration) -> UnixTime {
        UnixTime(self.0.saturating_add(i64::try_from(d.0).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_instead_of_wrapping() {
        assert_eq!(Instant::FAR + Duration::from_secs(1), Instant::FAR);
        assert_eq!(Instant::ZERO - Instant::from_millis(5), Duration::ZERO);
        assert_eq!(Duration::from_secs(u64::MAX).as_millis(), u64::MAX);
        assert_eq!(Duration::from_millis(3).times(u64::MAX).as_millis(), u64::MAX);
    }

    #[test]
    fn seconds_before_the_epoch_round_towards_the_past() {
        assert_eq!(UnixTime::from_millis(-1).as_secs(), -1);
        assert_eq!(UnixTime::from_millis(-1000).as_secs(), -1);
        for n in [0, 1, 999, 1000, 1001, 65_535_999, 1 << 48, u64::MAX - 1, u64::MAX] {
            assert_eq!(thousandth(n), n / 1000);
        }
        for n in [i64::MIN, i64::MIN + 1, -1_700_000_000_001, -1001, -999, 0, 999, i64::MAX] {
            assert_eq!(UnixTime::from_millis(n).as_secs(), n.div_euclid(1000));
        }
        assert_eq!((UnixTime::from_secs(-1) + Duration::from_millis(1500)).as_millis(), 500);
    }
}
