//! ISO 8601 durations (xs:duration): `P1DT12H`, `PT0,5S`.

use super::text::{Cursor, Text};
use super::{TimeError, TimeErrorKind};
use m2m_base::Duration;

/// Designators of the fields, in their order; the last three stand behind `T`.
const FIELDS: [(u8, bool); 7] = [
    (b'Y', false),
    (b'M', false),
    (b'W', false),
    (b'D', false),
    (b'H', true),
    (b'M', true),
    (b'S', true),
];
const SECONDS: usize = 6;
/// Milliseconds of a field, 0 for years and months, which have no fixed length.
const MILLIS: [u64; 7] = [0, 0, 604_800_000, 86_400_000, 3_600_000, 60_000, 1000];

/// A duration of years, months, weeks, days, hours, minutes and seconds; each field below 2^32,
/// seconds with up to six decimals.
///
/// What was read is written with the same fields; leading zeros go, a fraction is written with a
/// comma. A negative duration is refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    /// `None` for a field that is not written.
    fields: [Option<u32>; 7],
    digits: u8,
    fraction: u32,
}

impl Period {
    /// Reads a duration.
    ///
    /// # Errors
    /// [`TimeError`]
    pub fn parse(text: &str) -> Result<Period, TimeError> {
        let mut cursor = Cursor::new(text);
        cursor.expect(b'P')?;
        let mut period = Period { fields: [None; 7], digits: 0, fraction: 0 };
        let mut in_time = false;
        let mut slots = FIELDS.iter().zip(period.fields.iter_mut()).enumerate();
        let mut any = false;
        loop {
            if !in_time && cursor.take(b'T') {
                in_time = true;
            } else if any && cursor.peek().is_none() {
                break;
            }
            let offset = cursor.offset();
            let range = TimeError { kind: TimeErrorKind::Range, offset };
            let value = digits(&mut cursor)?.ok_or(range)?;
            let fraction = match cursor.peek() {
                Some(b',' | b'.') if in_time => {
                    if !cursor.take(b',') {
                        cursor.take(b'.');
                    }
                    Some(cursor.fraction()?)
                }
                _ => None,
            };
            let designator = cursor.peek();
            let fits = |at: usize, (byte, time): (u8, bool)| {
                Some(byte) == designator && time == in_time && (fraction.is_none() || at == SECONDS)
            };
            // Fields before the one found are skipped for good: they come in order, once each.
            let (_, (_, slot)) =
                slots.find(|(at, (field, _))| fits(*at, **field)).ok_or(cursor.unexpected())?;
            *slot = Some(value);
            (period.fraction, period.digits) = fraction.unwrap_or((0, 0));
            if let Some(byte) = designator {
                cursor.take(byte);
            }
            any = true;
        }
        Ok(period)
    }

    /// A duration of `span`, in seconds with three decimals if it is not whole seconds. `None`
    /// from 2^32 seconds on.
    #[must_use]
    pub fn from_duration(span: Duration) -> Option<Period> {
        let seconds = u32::try_from(span.as_secs()).ok()?;
        let fraction = u32::try_from(span.as_millis() % 1000).ok()?;
        let digits = if fraction == 0 { 0 } else { 3 };
        let fields = [None, None, None, None, None, None, Some(seconds)];
        Some(Period { fields, digits, fraction })
    }

    /// The length, rounded down to milliseconds; `None` if there are years or months in it.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        let mut millis = match self.digits {
            0 => 0,
            digits => u64::from(self.fraction) * 1000 / 10u64.pow(u32::from(digits)),
        };
        for (field, unit) in self.fields.iter().zip(MILLIS) {
            match field {
                Some(n) if *n > 0 && unit == 0 => return None,
                // At most 2^32 weeks: below 2^62.
                Some(n) => millis += u64::from(*n) * unit,
                None => {}
            }
        }
        Some(Duration::from_millis(millis))
    }

    pub(crate) fn text(&self) -> Text {
        let mut text = Text::new();
        text.byte(b'P');
        let mut in_time = false;
        for ((designator, time), field) in FIELDS.iter().zip(self.fields) {
            let Some(n) = field else { continue };
            if *time && !in_time {
                text.byte(b'T');
                in_time = true;
            }
            text.number(u64::from(n), 1);
            if *designator == b'S' {
                text.fraction(self.fraction, self.digits);
            }
            text.byte(*designator);
        }
        text
    }
}

/// One or more digits; `None` from 2^32 on.
fn digits(cursor: &mut Cursor<'_>) -> Result<Option<u32>, TimeError> {
    let mut value = Some(u32::from(cursor.digit().ok_or_else(|| cursor.unexpected())?));
    while let Some(digit) = cursor.digit() {
        value = value.and_then(|v| v.checked_mul(10)?.checked_add(u32::from(digit)));
    }
    Ok(value)
}
