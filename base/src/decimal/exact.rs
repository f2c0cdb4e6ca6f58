//! Decimal to binary64 by arithmetic alone: no tables, few bytes of code, any number of digits.
//!
//! The number is made in fixed-point arithmetic, a multiplication by ten or a division by ten at
//! a time. What a division cuts off is lost, but not that there was something: floors of floors
//! are the floor of the whole, so the leading bits are exact and all else is one bit.

use super::filled;
use super::round::{magnitude, round};

/// Limbs before the point, and behind it, for numbers of up to 10^±330.
const LIMBS: usize = 76;

/// The nearest binary64 to `mantissa`, the digits of `tail` behind it, times 10^`exponent`, which is
/// the power that belongs to `mantissa`; infinity where that rounds beyond the largest finite one.
#[cfg_attr(not(feature = "small"), inline(never))]
pub(super) fn exact(mantissa: u64, exponent: i32, tail: &[u8]) -> f64 {
    let magnitude = magnitude(mantissa, exponent);
    // Beyond these, the answer is certain.
    if magnitude > 310 {
        return f64::INFINITY;
    }
    if magnitude < -330 {
        return 0.0;
    }
    let mut room = filled::<_, LIMBS>([0u16; 2]);
    let room = room.as_flattened_mut();
    // A power of ten has 3.33 bits, a limb 16; five limbs hold the mantissa, or the leading bits
    // wherever they begin.
    let span = usize::try_from(magnitude.unsigned_abs() * 27 / 128 + 6).unwrap_or(LIMBS);
    let number = room.get_mut(..2 * span).unwrap_or_default();
    let (fraction, whole) = number.split_at_mut_checked(span).unwrap_or_default();
    if let Some(lowest) = whole.first_chunk_mut() {
        *lowest = limbs(mantissa);
    }
    let mut tail = tail.iter().filter(|byte| **byte != b'.');
    for _ in 0..exponent {
        multiply(whole, 10, tail.next().map_or(0, digit));
    }
    let mut lost = false;
    for byte in tail.rev() {
        lost |= divide(fraction, digit(byte)) != 0;
    }
    for _ in exponent..0 {
        lost |= divide(number, 0) != 0;
    }

    // The leading 64 bits.
    let mut bits = 0u64;
    let mut binary = 16 * i32::try_from(span).unwrap_or(0);
    for limb in number.iter().rev() {
        let room = bits.leading_zeros().min(16);
        let limb = u32::from(*limb) << room;
        bits = bits << room | u64::from(limb >> 16);
        lost |= limb & 0xffff != 0;
        binary -= room.cast_signed();
    }
    round(bits, binary, lost)
}

fn digit(byte: &u8) -> u32 {
    u32::from(byte.wrapping_sub(b'0'))
}

#[allow(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
fn low(value: u32) -> u16 {
    value as u16
}

/// The limbs of an integer.
#[allow(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
#[inline]
pub(super) fn limbs(value: u64) -> [u16; 4] {
    [value as u16, (value >> 16) as u16, (value >> 32) as u16, (value >> 48) as u16]
}

/// Multiplies by at most 2^15 and adds.
pub(super) fn multiply(limbs: &mut [u16], by: u32, add: u32) {
    let mut carry = add;
    for limb in limbs {
        carry += u32::from(*limb) * by;
        *limb = low(carry);
        carry >>= 16;
    }
}

/// Divides by ten what has this digit in front of it; returns the rest.
#[inline(never)]
pub(super) fn divide(limbs: &mut [u16], digit: u32) -> u32 {
    let mut rest = digit;
    for limb in limbs.iter_mut().rev() {
        rest = rest << 16 | u32::from(*limb);
        *limb = low(rest / 10);
        rest %= 10;
    }
    rest
}
