//! [`Number`](super::Number) to text.

use super::Decimal;
use crate::{Full, Sink, SliceSink};

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

/// The decimal digits of `value`, at the end of `buf`.
pub(super) fn digits(mut value: u64, buf: &mut [u8; 20]) -> &[u8] {
    let mut at = buf.len();
    while let Some(slot) = at.checked_sub(1).and_then(|last| buf.get_mut(last)) {
        at -= 1;
        // Small processors divide 32 bits much faster than 64.
        let digit = match u32::try_from(value) {
            Ok(small) => {
                value = u64::from(small / 10);
                small % 10
            }
            Err(_) => {
                let digit = value % 10;
                value /= 10;
                u32::try_from(digit).unwrap_or(0)
            }
        };
        *slot = b'0'.wrapping_add(u8::try_from(digit).unwrap_or(0));
        if value == 0 {
            break;
        }
    }
    buf.get(at..).unwrap_or(&[])
}

/// Writes `value` in decimal.
///
/// # Errors
/// [`Full`] if it does not fit.
pub fn write_u64(sink: &mut dyn Sink, value: u64) -> Result<(), Full> {
    sink.put(digits(value, &mut [0; 20]))
}

/// Writes `value` in decimal, with a `-` if it is negative.
///
/// # Errors
/// [`Full`] if it does not fit.
pub fn write_i64(sink: &mut dyn Sink, value: i64) -> Result<(), Full> {
    if value < 0 {
        sink.put_u8(b'-')?;
    }
    write_u64(sink, value.unsigned_abs())
}

pub(super) fn write_decimal(sink: &mut dyn Sink, value: Decimal, style: Style) -> Result<(), Full> {
    let mut buf = [0; 20];
    let mantissa = value.mantissa();
    let digits = digits(mantissa.unsigned_abs(), &mut buf);
    let count = i32::try_from(digits.len()).unwrap_or(20);
    // Digits before the point.
    let point = if mantissa == 0 { count } else { count + i32::from(value.exponent()) };
    if (-5..=21).contains(&point) {
        // Put together first: a sink behind `dyn` is not free.
        let mut buf = [0; 48];
        let mut whole = SliceSink::new(&mut buf);
        write_plain(&mut whole, mantissa < 0, digits, point)?;
        return sink.put(whole.written());
    }
    match style {
        Style::Plain => write_plain(sink, mantissa < 0, digits, point),
        Style::Compact => {
            write_plain(sink, mantissa < 0, digits, 1)?;
            sink.put_u8(b'e')?;
            write_i64(sink, i64::from(point - 1))
        }
    }
}

fn write_plain(sink: &mut dyn Sink, negative: bool, digits: &[u8], point: i32) -> Result<(), Full> {
    if negative {
        sink.put_u8(b'-')?;
    }
    let Ok(before) = usize::try_from(point) else {
        sink.put(b"0.")?;
        zeros(sink, point.unsigned_abs())?;
        return sink.put(digits);
    };
    match digits.split_at_checked(before) {
        Some(([], fraction)) => {
            sink.put(b"0.")?;
            sink.put(fraction)
        }
        Some((whole, [])) => sink.put(whole),
        Some((whole, fraction)) => {
            sink.put(whole)?;
            sink.put_u8(b'.')?;
            sink.put(fraction)
        }
        None => {
            sink.put(digits)?;
            let missing = before.saturating_sub(digits.len());
            zeros(sink, u32::try_from(missing).unwrap_or(0))
        }
    }
}

fn zeros(sink: &mut dyn Sink, count: u32) -> Result<(), Full> {
    for _ in 0..count {
        sink.put_u8(b'0')?;
    }
    Ok(())
}
