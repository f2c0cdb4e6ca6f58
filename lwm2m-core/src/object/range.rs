//! Ranges of values (Core appendix D.1, "Range or Enumeration").

use core::cmp::Ordering;

use crate::real::order;
use crate::value::Value;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
enum Kind {
    Any,
    Number,
    Length,
}

/// What values a resource takes. Six bytes: a device has one for each of its resources.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Range {
    kind: Kind,
    low: i16,
    span: u16,
}

/// A range, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Bounds {
    /// Of a number, both ends included.
    Number {
        /// Least value.
        low: i32,
        /// Greatest value.
        high: i32,
    },
    /// Of a string in characters or of opaque data in bytes, both ends included.
    Length {
        /// Least length.
        low: u32,
        /// Greatest length.
        high: u32,
    },
}

impl Range {
    /// No restriction.
    #[allow(non_upper_case_globals, reason = "reads as the variant that it stands for")]
    pub const Any: Range = Range { kind: Kind::Any, low: 0, span: 0 };

    /// Numbers from `low` to `high`. `None` when `low` is not in -32768..=32767, or `high` is below
    /// `low` or more than 65535 above it: a wider range is the application's to check.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked in the line before; try_from is not const"
    )]
    pub const fn number(low: i32, high: i32) -> Option<Range> {
        let span = high as i64 - low as i64;
        if low < i16::MIN as i32 || low > i16::MAX as i32 || span < 0 || span > u16::MAX as i64 {
            return None;
        }
        Some(Range { kind: Kind::Number, low: low as i16, span: span as u16 })
    }

    /// Lengths from `low` to `high`: characters of a string, bytes of opaque data. `None` as with
    /// [`Range::number`].
    #[must_use]
    pub const fn length(low: i32, high: i32) -> Option<Range> {
        if low < 0 {
            return None;
        }
        match Range::number(low, high) {
            Some(range) => Some(Range { kind: Kind::Length, ..range }),
            None => None,
        }
    }

    /// The ends of the range, `None` for [`Range::Any`].
    #[must_use]
    pub fn bounds(self) -> Option<Bounds> {
        let low = i32::from(self.low);
        let high = low + i32::from(self.span);
        match self.kind {
            Kind::Any => None,
            Kind::Number => Some(Bounds::Number { low, high }),
            Kind::Length => {
                Some(Bounds::Length { low: low.unsigned_abs(), high: high.unsigned_abs() })
            }
        }
    }

    /// True if `value` lies in the range. What the range does not speak of (a length of a number)
    /// passes.
    #[must_use]
    pub fn admits(self, value: &Value<'_>) -> bool {
        let low = i64::from(self.low);
        let high = low.wrapping_add(self.span.into());
        let length = |len: usize| i64::try_from(len).unwrap_or(i64::MAX);
        let n = match (self.kind, value) {
            (Kind::Number, Value::Integer(n) | Value::Time(n)) => *n,
            (Kind::Number, Value::Unsigned(n)) => i64::try_from(*n).unwrap_or(i64::MAX),
            (Kind::Number, Value::Float(n)) => {
                return order(*n, real(low)) != Ordering::Less
                    && order(*n, real(high)) != Ordering::Greater;
            }
            (Kind::Length, Value::String(text) | Value::CoreLink(text)) => {
                length(text.bytes().filter(|byte| *byte & 0xc0 != 0x80).count())
            }
            (Kind::Length, Value::Opaque(data)) => length(data.len()),
            _ => return true,
        };
        (low..=high).contains(&n)
    }
}

/// A whole number of 17 bits.
#[allow(clippy::cast_precision_loss, reason = "it has none")]
fn real(n: i64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_included() {
        let percent = Range::number(0, 100).unwrap();
        for (value, admitted) in [
            (Value::Integer(0), true),
            (Value::Integer(100), true),
            (Value::Integer(101), false),
            (Value::Integer(-1), false),
            (Value::Unsigned(u64::MAX), false),
            (Value::Unsigned(7), true),
            (Value::Float(100.0), true),
            (Value::Float(100.5), false),
            (Value::Float(f64::NAN), false),
            (Value::Boolean(true), true),
        ] {
            assert_eq!(percent.admits(&value), admitted, "{value:?}");
        }
        assert!(Range::number(-110, -48).unwrap().admits(&Value::Integer(-60)));
        assert!(!Range::number(-110, -48).unwrap().admits(&Value::Integer(0)));
    }

    #[test]
    fn strings_count_characters_and_opaque_counts_bytes() {
        let two = Range::length(0, 2).unwrap();
        assert!(two.admits(&Value::string("äö")));
        assert!(!two.admits(&Value::string("abc")));
        assert!(two.admits(&Value::opaque(b"ab")));
        assert!(!two.admits(&Value::opaque("äö".as_bytes())));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(Range::number(0, 65536), None);
        assert_eq!(Range::number(-32769, 0), None);
        assert_eq!(Range::number(1, 0), None);
        assert_eq!(Range::length(-1, 0), None);
        assert_eq!(Range::number(i32::MIN, i32::MAX), None);
    }
}
