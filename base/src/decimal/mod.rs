//! Exact decimal numbers: text to number and back, without `core`'s parser and formatter (they
//! bring large tables into a device's flash) and without loss.
//!
//! A [`Number`] keeps what its text or its sender said: 64-bit integers of both kinds, decimal
//! fractions (`20.10` stays 20.1, not the nearest binary fraction), or a binary64 where only that
//! will do. Conversions to binary64 round correctly, and a binary64 is written with the fewest
//! digits that read back as the same number; both agree with `std` to the bit.

mod big;
mod exact;
mod number;
mod print;
mod round;
mod scan;
mod shortest;
mod sum;
#[cfg(test)]
mod tests;
mod trial;

use crate::SMALL;

pub use number::{Decimal, Number, NumberError};
pub use print::{
    Style, WriteNumberError, few_digits, last_digits, short_digits, short_fraction, write_i64,
    write_u64,
};
pub use scan::{Grammar, append_digit};

/// An array of this everywhere. Where flash matters the compiler is not told what that is: for zeros
/// it would call a function that takes a third of what the arithmetic here does.
#[inline]
fn filled<T: Copy, const LEN: usize>(with: T) -> [T; LEN] {
    [if SMALL { core::hint::black_box(with) } else { with }; LEN]
}

/// 10^`power`, if it is below 2^64.
#[inline]
fn power_of_ten(power: i32) -> Option<u64> {
    const POWERS: [u64; 20] = {
        let mut powers = [1; 20];
        let mut at = 1;
        while at < powers.len() {
            #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
            {
                powers[at] = powers[at - 1] * 10;
            }
            at += 1;
        }
        powers
    };
    if SMALL {
        // The table takes more than a loop.
        return (0..=19).contains(&power).then(|| (0..power).fold(1, |ten, _| ten * 10));
    }
    POWERS.get(usize::try_from(power).ok()?).copied()
}

/// The same power of ten, or one as far away as it matters: any mantissa of 64 bits is zero or
/// infinite as a binary64 then.
fn near<T: TryInto<i16> + Ord + Default + Copy>(exponent: T) -> i16 {
    let far = if exponent < T::default() { i16::MIN } else { i16::MAX };
    exponent.try_into().unwrap_or(far)
}

/// A tenth of `value`, if that is a whole number and `value` not zero. Without a division, which
/// small processors do slowly, and at length: times the inverse of five modulo 2^64.
fn exact_tenth(value: u64) -> Option<u64> {
    let fifth = value.wrapping_mul(0xcccc_cccc_cccc_cccd);
    (value & 1 == 0 && value != 0 && fifth <= u64::MAX / 5).then_some(fifth >> 1)
}

/// `mantissa`, which is not zero, without the zeros at its end, which `exponent` counts.
#[inline(never)]
fn without_zeros(mut mantissa: u64, exponent: &mut i32) -> u64 {
    while let Some(tenth) = exact_tenth(mantissa) {
        mantissa = tenth;
        *exponent += 1;
    }
    mantissa
}
