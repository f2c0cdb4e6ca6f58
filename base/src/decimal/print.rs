//! [`Number`](super::Number) to text.

use super::exact::{divide, limbs};
use super::{Decimal, filled};
use crate::{Full, SMALL, Sink, SliceSink};

/// How fractions and large numbers are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// Never with an exponent (LwM2M text/plain); up to 345 bytes.
    Plain,
    /// With an exponent below 10^-6 and from 10^21 on; at most 25 bytes.
    Compact,
}

/// Why a number was not written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteNumberError {
    /// The sink is full.
    Full,
    /// Infinity or NaN.
    NotFinite,
}

impl From<Full> for WriteNumberError {
    fn from(_: Full) -> Self {
        WriteNumberError::Full
    }
}

/// `value` as eight digits, the first in the lowest byte: halves, then pairs, then single digits,
/// each step for all of them at once.
#[cfg_attr(feature = "small", inline(never))]
fn eight_digits(value: u32) -> u64 {
    let four = u64::from(value / 10_000) | u64::from(value % 10_000) << 32;
    let hundreds = ((four * 10_486) >> 20) & 0x7f_0000_007f;
    let two = hundreds | (four - hundreds * 100) << 16;
    let tens = ((two * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | (two - tens * 10) << 8
}

/// The text of an integer of at most eight digits, at the start of the bytes, and its length;
/// `None` for a larger one. In registers: what writers want for the numbers that most are.
#[inline]
#[must_use]
pub fn short_digits(value: u64) -> Option<([u8; 8], usize)> {
    let digits = eight_digits(u32::try_from(value).ok().filter(|value| *value < 100_000_000)?);
    let leading = (digits | 1 << 56).trailing_zeros() & !7;
    let text = (digits | u64::from_le_bytes([b'0'; 8])) >> leading;
    Some((text.to_le_bytes(), usize::try_from(8 - leading / 8).unwrap_or(8)))
}

/// The text of an integer below 10,000, at the start of the bytes, and its length; of a larger one
/// only the last four digits.
#[inline]
#[must_use]
pub fn few_digits(value: u64) -> ([u8; 8], usize) {
    let value = value % 10_000;
    let hundreds = (value * 5243) >> 19;
    let two = hundreds | (value - hundreds * 100) << 16;
    let tens = ((two * 103) >> 10) & 0x000f_000f;
    let digits = tens | (two - tens * 10) << 8;
    let leading = (digits | 1 << 24).trailing_zeros() & !7;
    let text = (digits | u64::from_le_bytes(*b"0000\0\0\0\0")) >> leading;
    (text.to_le_bytes(), usize::try_from(4 - leading / 8).unwrap_or(4))
}

/// The text of a decimal fraction that takes at most eight bytes, as most that are measured do, at
/// the start of the bytes, and its length; `None` for any other one. In registers.
#[inline]
#[must_use]
pub fn short_fraction(value: Decimal) -> Option<([u8; 8], usize)> {
    let mantissa = value.mantissa();
    let (digits, count) = short_digits(mantissa.unsigned_abs())?;
    let digits = u64::from_le_bytes(digits);
    let places = usize::try_from(-i32::from(value.exponent())).ok().filter(|places| *places > 0)?;
    let bits = |bytes: usize| u32::try_from(bytes.saturating_mul(8)).unwrap_or(u32::MAX);
    let (text, len) = match count.checked_sub(places).filter(|before| *before > 0) {
        Some(before) => {
            let whole = digits & !u64::MAX.checked_shl(bits(before))?;
            let fraction = digits.checked_shr(bits(before))?.checked_shl(bits(before + 1))?;
            (whole | fraction | u64::from(b'.').checked_shl(bits(before))?, count + 1)
        }
        None => {
            // Zeros in front of the digits and of the point.
            let start = places.checked_sub(count)?.checked_add(2)?;
            let zeros = u64::from_le_bytes(*b"0.000000") & !u64::MAX.checked_shl(bits(start))?;
            (zeros | digits.checked_shl(bits(start))?, start + count)
        }
    };
    let sign = usize::from(mantissa < 0);
    let text = text << bits(sign) | if mantissa < 0 { u64::from(b'-') } else { 0 };
    let len = len + sign;
    (len <= 8).then_some((text.to_le_bytes(), len))
}

/// The last eight digits of an integer, zeros in front where it has fewer.
#[inline]
#[must_use]
pub fn last_digits(value: u64) -> [u8; 8] {
    let digits = eight_digits(u32::try_from(value % 100_000_000).unwrap_or(0));
    (digits | u64::from_le_bytes([b'0'; 8])).to_le_bytes()
}

/// Room for the digits of any `u64`, and a sign.
pub(super) type Digits = [u8; 24];

/// The decimal digits of `value`, at the end of `buf`; in front of them there is room for a sign.
pub(super) fn digits(mut value: u64, buf: &mut Digits) -> &[u8] {
    let start = place_digits(&mut value, buf);
    buf.get(start..).unwrap_or(&[])
}

/// Divides by 10,000 and returns the rest: 16 bits at a time, because small processors divide 64
/// slowly, and at length.
fn divide_by_10000(value: &mut u64) -> u32 {
    let mut rest = 0;
    let mut quotient = 0;
    for [high, low] in value.to_be_bytes().as_chunks().0 {
        let part = rest << 16 | u32::from(u16::from_be_bytes([*high, *low]));
        quotient = quotient << 16 | u64::from(part / 10_000);
        rest = part % 10_000;
    }
    *value = quotient;
    rest
}

fn place_digits(value: &mut u64, buf: &mut Digits) -> usize {
    let mut start = buf.len();
    if SMALL {
        let mut limbs = limbs(*value);
        for slot in buf.iter_mut().rev() {
            start -= 1;
            let [digit, ..] = divide(&mut limbs, 0).to_le_bytes();
            *slot = b'0' + digit;
            if limbs == [0; 4] {
                break;
            }
        }
        return start;
    }
    let (_, groups) = buf.as_rchunks_mut::<8>();
    for group in groups.iter_mut().rev() {
        start = start.wrapping_sub(8);
        let last = match u32::try_from(*value) {
            Ok(small) => {
                *value = u64::from(small / 100_000_000);
                small % 100_000_000
            }
            Err(_) => {
                let low = divide_by_10000(value);
                divide_by_10000(value).wrapping_mul(10_000).wrapping_add(low)
            }
        };
        let digits = eight_digits(last);
        *group = (digits | u64::from_le_bytes([b'0'; 8])).to_le_bytes();
        if *value == 0 {
            let leading = (digits | 1 << 56).trailing_zeros() / 8;
            return start.wrapping_add(usize::try_from(leading).unwrap_or(0));
        }
    }
    start
}

/// Writes `value` in decimal.
///
/// # Errors
/// [`Full`] if it does not fit.
#[cfg_attr(feature = "small", inline(never))]
pub fn write_u64(sink: &mut dyn Sink, value: u64) -> Result<(), Full> {
    sink.put(digits(value, &mut [0; 24]))
}

/// Writes `value` in decimal, with a `-` if it is negative.
///
/// # Errors
/// [`Full`] if it does not fit.
pub fn write_i64(sink: &mut dyn Sink, value: i64) -> Result<(), Full> {
    let mut buf = [0; 24];
    let mut start = place_digits(&mut value.unsigned_abs(), &mut buf);
    if value < 0 {
        start = start.wrapping_sub(1);
        if let Some(sign) = buf.get_mut(start) {
            *sign = b'-';
        }
    }
    sink.put(buf.get(start..).unwrap_or(&[]))
}

/// Writes `magnitude` · 10^`exponent` with a sign.
///
/// # Errors
/// [`Full`] if it does not fit.
#[cfg_attr(not(feature = "small"), inline(never))]
pub(super) fn write_parts(
    sink: &mut dyn Sink,
    negative: bool,
    magnitude: u64,
    exponent: i32,
    style: Style,
) -> Result<(), Full> {
    if !SMALL {
        // Put together first: a sink behind `dyn` is not free.
        let mut buf = [0; 48];
        let mut whole = SliceSink::new(&mut buf);
        if write_each(&mut whole, negative, magnitude, exponent, style).is_ok() {
            return sink.put(whole.written());
        }
    }
    write_each(sink, negative, magnitude, exponent, style)
}

/// Writes character by character.
fn write_each<S: Sink + ?Sized>(
    sink: &mut S,
    mut negative: bool,
    mut magnitude: u64,
    mut exponent: i32,
    style: Style,
) -> Result<(), Full> {
    loop {
        if negative {
            sink.put_u8(b'-')?;
        }
        let mut buf = filled(0);
        let digits = digits(magnitude, &mut buf);
        let count = i32::try_from(digits.len()).unwrap_or(20);
        // Digits before the point.
        let mut point = count + exponent;
        let power = point - 1;
        let scientific = style == Style::Compact && !(-5..=21).contains(&point);
        if scientific {
            point = 1;
        }
        // Zeros stand in front of the digits, and behind them.
        for at in (point - 1).min(0)..count.max(point) {
            if at == point {
                sink.put_u8(b'.')?;
            }
            let digit = usize::try_from(at).ok().and_then(|at| digits.get(at));
            sink.put_u8(digit.copied().unwrap_or(b'0'))?;
        }
        if !scientific {
            return Ok(());
        }
        // The power, as an integer.
        sink.put_u8(b'e')?;
        (negative, magnitude, exponent) = (power < 0, power.unsigned_abs().into(), 0);
    }
}
