//! Decimal to binary64 by arithmetic alone: no tables, few bytes of code, any number of digits.
//!
//! The number is made in fixed-point arithmetic, a multiplication by ten or a division by ten at
//! a time. What a division cuts off is lost, but not that there was something: floors of floors
//! are the floor of the whole, so the leading bits are exact and all else is one bit.

use super::round::{Source, round};

/// Limbs before the point, and behind it, for numbers of up to 10^±330.
const LIMBS: usize = 75;

/// The nearest binary64. `exponent` is that of `source`; `magnitude`, −330 to 310, is the power of
/// ten of the first digit.
#[inline(never)]
pub(super) fn exact(source: &Source<'_>, exponent: i32, magnitude: i32) -> f64 {
    let mut limbs = [0u16; 2 * LIMBS];
    // A power of ten has 3.33 bits, a limb 16; four limbs hold the mantissa or the leading bits.
    let span = usize::try_from(magnitude.unsigned_abs() * 27 / 128 + 5).unwrap_or(LIMBS);
    let number = limbs.get_mut(..2 * span).unwrap_or_default();
    let (fraction, whole) = number.split_at_mut_checked(span).unwrap_or_default();
    for (at, limb) in whole.iter_mut().take(4).enumerate() {
        *limb = low(source.mantissa >> (16 * at));
    }
    let mut tail = source.tail.iter().filter(|byte| **byte != b'.');
    for _ in 0..exponent {
        multiply(whole, tail.next().map_or(0, digit));
    }
    let mut lost = false;
    for byte in tail.rev() {
        lost |= divide(fraction, digit(byte));
    }
    for _ in exponent..0 {
        lost |= divide(number, 0);
    }

    // The leading 64 bits.
    let mut bits = 0u64;
    let mut binary = i32::try_from(16 * span).unwrap_or(0);
    for limb in number.iter().rev() {
        let room = bits.leading_zeros().min(16);
        let limb = u32::from(*limb) << room;
        bits = bits << room | u64::from(limb >> 16);
        lost |= limb & 0xffff != 0;
        binary = binary.saturating_sub_unsigned(room);
    }
    round(bits, binary, 0, lost).unwrap_or(0.0)
}

fn digit(byte: &u8) -> u32 {
    u32::from(byte.wrapping_sub(b'0'))
}

#[allow(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
fn low(value: u64) -> u16 {
    value as u16
}

/// Multiplies by ten and adds a digit.
fn multiply(limbs: &mut [u16], digit: u32) {
    let mut carry = digit;
    for limb in limbs {
        carry += u32::from(*limb) * 10;
        *limb = low(carry.into());
        carry >>= 16;
    }
}

/// Divides by ten what has this digit in front of it; returns whether anything was lost.
fn divide(limbs: &mut [u16], digit: u32) -> bool {
    let mut rest = digit;
    for limb in limbs.iter_mut().rev() {
        rest = rest << 16 | u32::from(*limb);
        *limb = low((rest / 10).into());
        rest %= 10;
    }
    rest != 0
}
