//! Recurring points in time (m2m:scheduleEntry, TS-0004 table 6.3.3-1).

use super::{TimeError, TimeErrorKind};
use m2m_base::UnixTime;

/// Least and largest number of each field: seconds, minutes, hours, days, months, weekdays (0 is
/// Sunday), years.
const RANGES: [(u32, u32); 7] = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6), (0, 9999)];

/// A schedule of seven fields: seconds, minutes, hours, days of the month, months, days of the
/// week, years. A field is `*`, or numbers and ranges joined by commas; `/n` behind `*` or a range
/// takes every nth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schedule<'a>(&'a str);

impl<'a> Schedule<'a> {
    /// Checks a schedule.
    ///
    /// # Errors
    /// [`TimeError`]
    pub fn parse(text: &'a str) -> Result<Schedule<'a>, TimeError> {
        let mut offset = 0;
        let mut fields = text.split(' ');
        for range in RANGES {
            let truncated = TimeError { kind: TimeErrorKind::Truncated, offset };
            let field = fields.next().ok_or(truncated)?;
            for item in field.split(',') {
                let kind = TimeErrorKind::Range;
                Item::parse(item, range).ok_or(TimeError { kind, offset })?;
            }
            offset += field.len() + 1;
        }
        match fields.next() {
            None => Ok(Schedule(text)),
            Some(_) => Err(TimeError { kind: TimeErrorKind::Character, offset }),
        }
    }

    /// True if `time` (UTC) is one of its seconds.
    #[must_use]
    pub fn contains(&self, time: UnixTime) -> bool {
        self.first_miss(time).is_none()
    }

    /// The first of its seconds that is not before `time`, if there is one in the next five years.
    #[must_use]
    pub fn next(&self, time: UnixTime) -> Option<UnixTime> {
        let mut at = time.as_secs() + i64::from(time.as_millis().rem_euclid(1000) > 0);
        // At most 59 seconds, 59 minutes, 23 hours, and the days.
        for _ in 0..5 * 366 + 150 {
            let unit = match self.first_miss(UnixTime::from_secs(at)) {
                None => return Some(UnixTime::from_secs(at)),
                Some(0) => 1,
                Some(1) => 60,
                Some(2) => 3600,
                Some(_) => 86_400,
            };
            at = (at.div_euclid(unit) + 1).checked_mul(unit)?;
        }
        None
    }

    /// The coarsest field that `time` does not fulfil: 0 for seconds, 1 minutes, 2 hours, then
    /// days and what is longer.
    fn first_miss(&self, time: UnixTime) -> Option<usize> {
        let Some(stamp) = super::Timestamp::from_unix_time(time, false) else { return Some(3) };
        let weekday = (time.as_secs().div_euclid(86_400) + 4).rem_euclid(7);
        let now = [
            u32::from(stamp.second),
            u32::from(stamp.minute),
            u32::from(stamp.hour),
            u32::from(stamp.day),
            u32::from(stamp.month),
            u32::try_from(weekday).unwrap_or(0),
            u32::from(stamp.year),
        ];
        let fields = self.0.split(' ').zip(RANGES).zip(now).enumerate();
        let missed = fields.filter(|(_, ((field, range), value))| {
            let mut items = field.split(',').filter_map(|item| Item::parse(item, *range));
            !items.any(|item| item.has(*value))
        });
        missed.map(|(at, _)| at).last()
    }
}

struct Item {
    from: u32,
    to: u32,
    step: u32,
}

impl Item {
    fn parse(text: &str, (least, most): (u32, u32)) -> Option<Item> {
        let number = |text: &str| {
            let digits = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<u32>().ok().filter(|n| digits && (least..=most).contains(n))
        };
        let (span, step) = match text.split_once('/') {
            Some((span, step)) => (span, step.parse().ok().filter(|n| *n > 0)?),
            None => (text, 1),
        };
        let (from, to) = match (span, span.split_once('-')) {
            ("*", _) => (least, most),
            (_, Some((from, to))) => (number(from)?, number(to)?),
            (one, None) => (number(one)?, number(one)?),
        };
        (from <= to).then_some(Item { from, to, step })
    }

    const fn has(&self, value: u32) -> bool {
        self.from <= value && value <= self.to && (value - self.from).is_multiple_of(self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ts_0004_6_3_3_schedule_entries() {
        // 2026-11-21 is a Saturday.
        let noon = crate::time::Timestamp::parse("20261121T120000").unwrap().unix_time();
        for (text, matches) in [
            ("* * * * * * *", true),
            ("* 0-5,30 12 * * * *", true),
            ("* * 12 * * 1-5 *", false),
            ("* * 12 * * 6 *", true),
            ("* * 12 21 11 * 2026", true),
            ("* * 12 21 11 * 2027", false),
            ("*/15 * * * * * *", true),
            ("1-59/2 * * * * * *", false),
        ] {
            assert_eq!(Schedule::parse(text).unwrap().contains(noon), matches, "{text}");
        }
        for (text, expected) in [
            ("* * * * * * *", Some("20261121T120000")),
            ("30 15 11 * * * *", Some("20261122T111530")),
            ("* * 8-20 * * 1-5 *", Some("20261123T080000")),
            ("0 0 0 29 2 * *", Some("20280229T000000")),
            ("* * * * * * 2025", None),
        ] {
            let next = Schedule::parse(text).unwrap().next(noon);
            let expected = expected.map(|t| crate::time::Timestamp::parse(t).unwrap().unix_time());
            assert_eq!(next, expected, "{text}");
        }
        for bad in [
            "",
            "* * * * * *",
            "* * * * * * * *",
            "60 * * * * * *",
            "* * * 0 * * *",
            "5-1 * * * * * *",
            "*/0 * * * * * *",
            "+1 * * * * * *",
            "a * * * * * *",
        ] {
            assert!(Schedule::parse(bad).is_err(), "{bad}");
        }
    }
}
