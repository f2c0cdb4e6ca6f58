//! Ranges of values (Core appendix D.1, "Range or Enumeration").

use core::cmp::Ordering;
use core::ops::RangeInclusive;

use crate::real::{order, real};
use crate::value::Value;

/// What values a resource takes: numbers, or the lengths of strings in characters and of opaque data
/// in bytes. Four bytes: a device has one for each of its resources.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Range {
    low: i16,
    span: u16,
}

impl Range {
    /// No restriction.
    //
    // As the range of just the least number, which nobody needs.
    #[allow(non_upper_case_globals, reason = "reads as the variant that it stands for")]
    pub const Any: Range = Range { low: i16::MIN, span: 0 };

    /// From `low` to `high`, both included. `None` when `low` is not in -32768..=32767, or `high` is
    /// below `low` or more than 65535 above it: a wider range is the application's to check; so is
    /// that of -32768 alone.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked in the line before; try_from is not const"
    )]
    pub const fn new(low: i32, high: i32) -> Option<Range> {
        let span = high as i64 - low as i64;
        if low < i16::MIN as i32 || low > i16::MAX as i32 || span < 0 || span > u16::MAX as i64 {
            return None;
        }
        let range = Range { low: low as i16, span: span as u16 };
        if range.is_any() { None } else { Some(range) }
    }

    const fn is_any(self) -> bool {
        self.low == i16::MIN && self.span == 0
    }

    /// The ends of the range, `None` for [`Range::Any`].
    #[must_use]
    pub fn bounds(self) -> Option<RangeInclusive<i32>> {
        let low = i32::from(self.low);
        (!self.is_any()).then(|| low..=low + i32::from(self.span))
    }

    /// True if `value` lies in the range. Values that are neither numbers nor have a length pass.
    #[must_use]
    pub fn admits(self, value: &Value<'_>) -> bool {
        if self.is_any() {
            return true;
        }
        let low = i32::from(self.low);
        let length = |len: usize| i64::try_from(len).unwrap_or(i64::MAX);
        let n = match *value {
            Value::Integer(n) | Value::Time(n) => n,
            Value::Unsigned(n) => i64::try_from(n).unwrap_or(i64::MAX),
            Value::Float(n) => {
                let high = low.wrapping_add(self.span.into());
                return order(n, real(low)) != Ordering::Less
                    && order(n, real(high)) != Ordering::Greater;
            }
            Value::String(text) | Value::CoreLink(text) => {
                length(text.bytes().filter(|byte| *byte & 0xc0 != 0x80).count())
            }
            Value::Opaque(data) => length(data.len()),
            Value::Boolean(_) | Value::ObjectLink(_) | Value::None => return true,
        };
        // What is below the range is far above it without a sign.
        n.wrapping_sub(low.into()).cast_unsigned() <= self.span.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_included() {
        let percent = Range::new(0, 100).unwrap();
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
        assert!(Range::new(-110, -48).unwrap().admits(&Value::Integer(-60)));
        assert!(!Range::new(-110, -48).unwrap().admits(&Value::Integer(0)));
    }

    #[test]
    fn strings_count_characters_and_opaque_counts_bytes() {
        let two = Range::new(0, 2).unwrap();
        assert!(two.admits(&Value::string("äö")));
        assert!(!two.admits(&Value::string("abc")));
        assert!(two.admits(&Value::opaque(b"ab")));
        assert!(!two.admits(&Value::opaque("äö".as_bytes())));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(Range::new(0, 65536), None);
        assert_eq!(Range::new(-32769, 0), None);
        assert_eq!(Range::new(1, 0), None);
        assert_eq!(Range::new(i16::MIN.into(), i16::MIN.into()), None);
        assert_eq!(Range::new(i32::MIN, i32::MAX), None);
    }
}
