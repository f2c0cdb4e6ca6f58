//! Points and spans of time as parameters write them (TS-0004 table 6.3.3-1).

use core::fmt;
use m2m_base::{Duration, UnixTime};

mod period;
mod schedule;
mod text;

pub use period::Period;
pub use schedule::Schedule;
pub(crate) use text::Text;

use text::Cursor;

/// Why text is no time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TimeErrorKind {
    /// A character that the form does not allow there.
    #[error("unexpected character in a time")]
    Character,
    /// The text ends too early.
    #[error("incomplete time")]
    Truncated,
    /// A field, or the whole, is outside its range: month 13, 30 February, hour 24.
    #[error("time out of range")]
    Range,
}

/// Text that is no time, and where that showed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct TimeError {
    /// What is wrong.
    pub kind: TimeErrorKind,
    /// Offset in bytes.
    pub offset: usize,
}

/// A point in time: `20141003T112032`, UTC, with up to six digits of a second behind a comma
/// (m2m:timestamp).
///
/// The number of fraction digits is kept, so that what was read is written again. Two timestamps
/// are equal when their text is; to compare points in time use [`Timestamp::unix_time`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    /// Digits of the fraction, 0 to 6, and their value.
    digits: u8,
    fraction: u32,
}

/// Days of `month` (1 to 12) in `year`, Gregorian.
const fn days_of_month(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to the first day of March of `year`; years begin in March so that the
/// leap day is the last.
const fn days_to_march(year: i64) -> i64 {
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) - 719_468
}

impl Timestamp {
    /// Longest text, in bytes.
    pub const MAX_LEN: usize = 22;

    /// Reads a timestamp. Reduced forms, a time zone, and a second of 60 are refused.
    ///
    /// # Errors
    /// [`TimeError`]
    pub fn parse(text: &str) -> Result<Timestamp, TimeError> {
        let mut cursor = Cursor::new(text);
        let year = cursor.number(4, 0, 9999)?;
        let month = cursor.number(2, 1, 12)?;
        let at = cursor.offset();
        let day = cursor.number(2, 1, 31)?;
        cursor.expect(b'T')?;
        let hour = cursor.number(2, 0, 23)?;
        let minute = cursor.number(2, 0, 59)?;
        let second = cursor.number(2, 0, 59)?;
        let (fraction, digits) = if cursor.take(b',') { cursor.fraction()? } else { (0, 0) };
        cursor.end()?;
        let narrow = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
        let (month, day) = (narrow(month), narrow(day));
        let year = u16::try_from(year).unwrap_or(u16::MAX);
        if day > days_of_month(year, month) {
            return Err(TimeError { kind: TimeErrorKind::Range, offset: at });
        }
        let (hour, minute, second) = (narrow(hour), narrow(minute), narrow(second));
        Ok(Timestamp { year, month, day, hour, minute, second, digits, fraction })
    }

    /// The timestamp of `time` with whole seconds, or with three digits of a second if
    /// `milliseconds` is set. `None` outside the years 0 to 9999.
    #[must_use]
    pub fn from_unix_time(time: UnixTime, milliseconds: bool) -> Option<Timestamp> {
        let (days, second_of_day) =
            (time.as_secs().div_euclid(86_400), time.as_secs().rem_euclid(86_400));
        // The year that began last 1 March: a first guess that is at most one too high.
        let mut year = (days + 719_468).div_euclid(146_097).checked_mul(400)?;
        let era_day = (days + 719_468).rem_euclid(146_097);
        year += (era_day - era_day / 1_460 + era_day / 36_524 - era_day / 146_096) / 365;
        let day_of_year = days - days_to_march(year);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let (month, year) = if month < 10 { (month + 3, year) } else { (month - 9, year + 1) };
        let ms = if milliseconds { time.as_millis().rem_euclid(1000) } else { 0 };
        Some(Timestamp {
            year: u16::try_from(year).ok().filter(|year| *year <= 9999)?,
            month: u8::try_from(month).ok()?,
            day: u8::try_from(day).ok()?,
            hour: u8::try_from(second_of_day / 3600).ok()?,
            minute: u8::try_from(second_of_day / 60 % 60).ok()?,
            second: u8::try_from(second_of_day % 60).ok()?,
            digits: if milliseconds { 3 } else { 0 },
            fraction: u32::try_from(ms).ok()?,
        })
    }

    /// The point in time, rounded down to milliseconds.
    #[must_use]
    pub fn unix_time(&self) -> UnixTime {
        let (year, month) = match self.month {
            1 | 2 => (i64::from(self.year) - 1, i64::from(self.month) + 9),
            _ => (i64::from(self.year), i64::from(self.month) - 3),
        };
        let days = days_to_march(year) + (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let minutes = days * 1440 + i64::from(self.hour) * 60 + i64::from(self.minute);
        let ms = match self.digits {
            0 => 0,
            1 => self.fraction * 100,
            2 => self.fraction * 10,
            digits => self.fraction / 10u32.pow(u32::from(digits) - 3),
        };
        UnixTime::from_millis((minutes * 60 + i64::from(self.second)) * 1000 + i64::from(ms))
    }

    pub(crate) fn text(&self) -> Text {
        let mut text = Text::new();
        text.number(u64::from(self.year), 4);
        text.number(u64::from(self.month), 2);
        text.number(u64::from(self.day), 2);
        text.byte(b'T');
        for field in [self.hour, self.minute, self.second] {
            text.number(u64::from(field), 2);
        }
        text.fraction(self.fraction, self.digits);
        text
    }
}

/// A time that is absolute, relative to the receipt, or a duration (m2m:absRelTimestamp).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum AbsRelTimestamp {
    /// A point in time.
    Absolute(Timestamp),
    /// Milliseconds from the receipt of the primitive (xs:long; one in the past is negative).
    Relative(i64),
    /// An ISO 8601 duration from the receipt. TS-0004 does not have it here; peers send it for
    /// Result Persistence.
    Period(Period),
}

impl AbsRelTimestamp {
    /// Reads any of the three forms: with `T` behind eight digits it is absolute, with `P` in
    /// front a duration, else milliseconds.
    ///
    /// # Errors
    /// [`TimeError`]
    pub fn parse(text: &str) -> Result<AbsRelTimestamp, TimeError> {
        if text.starts_with('P') {
            return Period::parse(text).map(AbsRelTimestamp::Period);
        }
        if text.as_bytes().get(8) == Some(&b'T') {
            return Timestamp::parse(text).map(AbsRelTimestamp::Absolute);
        }
        let mut cursor = Cursor::new(text);
        let negative = cursor.take(b'-');
        let magnitude = cursor.magnitude(negative)?;
        cursor.end()?;
        Ok(AbsRelTimestamp::Relative(magnitude))
    }

    /// The point in time that is meant by a primitive received at `received`. `None` for a
    /// duration in years or months, whose length depends on the calendar, and for what lies
    /// outside the range of `UnixTime`.
    #[must_use]
    pub fn resolve(&self, received: UnixTime) -> Option<UnixTime> {
        let after = |ms: i64| received.as_millis().checked_add(ms).map(UnixTime::from_millis);
        match self {
            AbsRelTimestamp::Absolute(timestamp) => Some(timestamp.unix_time()),
            AbsRelTimestamp::Relative(ms) => after(*ms),
            AbsRelTimestamp::Period(period) => {
                after(i64::try_from(period.duration().map(Duration::as_millis)?).ok()?)
            }
        }
    }

    pub(crate) fn text(&self) -> Text {
        match self {
            AbsRelTimestamp::Absolute(timestamp) => timestamp.text(),
            AbsRelTimestamp::Period(period) => period.text(),
            AbsRelTimestamp::Relative(ms) => {
                let mut text = Text::new();
                if *ms < 0 {
                    text.byte(b'-');
                }
                text.number(ms.unsigned_abs(), 1);
                text
            }
        }
    }
}

macro_rules! as_text {
    ($($Name:ident)*) => {$(
        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.text().as_str())
            }
        }

        impl fmt::Debug for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.text().as_str())
            }
        }

        impl $Name {
            /// Writes the text.
            ///
            /// # Errors
            /// [`Full`](m2m_base::Full) if the sink is.
            pub fn write(&self, sink: &mut dyn m2m_base::Sink) -> Result<(), m2m_base::Full> {
                sink.put(self.text().as_str().as_bytes())
            }
        }
    )*};
}

as_text! { Timestamp AbsRelTimestamp Period }

#[cfg(test)]
mod tests;
