//! Binary64 to decimal: the fewest digits that read back as the same number, and of those the
//! nearest to it.

use super::{big::Big, trial, without_zeros};
use crate::SMALL;
use core::cmp::Ordering;

/// A positive finite number as `mantissa`·2^`exponent`.
struct Binary {
    mantissa: u64,
    exponent: i32,
    /// The next number below is only half as far as the next above.
    narrow_below: bool,
}

impl Binary {
    fn of(value: f64) -> Self {
        let bits = value.to_bits() & !(1 << 63);
        let fraction = bits & ((1 << 52) - 1);
        let biased = i32::try_from(bits >> 52).unwrap_or(0);
        if biased == 0 {
            return Binary { mantissa: fraction, exponent: -1074, narrow_below: false };
        }
        let narrow_below = fraction == 0 && biased > 1;
        Binary { mantissa: fraction | 1 << 52, exponent: biased - 1075, narrow_below }
    }
}

/// The shortest decimal of a finite number without its sign: the digits, of which the last is not
/// zero, and their power of ten.
#[inline(never)]
pub(super) fn shortest(value: f64) -> (u64, i32) {
    let binary = Binary::of(value);
    if binary.mantissa == 0 {
        return (0, 0);
    }
    if SMALL {
        return trial::shortest(value.abs(), binary.mantissa, binary.exponent);
    }
    let (mantissa, exponent) = few_digits(&binary).unwrap_or_else(|| free_format(&binary));
    let mut power = i32::from(exponent);
    (without_zeros(mantissa, &mut power), power)
}

/// For numbers of everyday size: tries 0, 1, 2, … digits behind the point until one reads back.
/// Exact: the number and the step between numbers are integers of at most 128 bits when scaled.
fn few_digits(binary: &Binary) -> Option<(u64, i16)> {
    let places = 0i32.checked_sub(binary.exponent)?;
    if !(1..=68).contains(&places) || binary.narrow_below {
        return None;
    }
    let one = 1u128 << places;
    let half = one >> 1;
    // `scaled` is the number times 10^k times 2^places; `step` is 10^k, the distance of
    // neighbouring numbers in the same scale.
    let mut scaled = u128::from(binary.mantissa);
    let mut step = 1u128;
    for k in 0..=22i16 {
        let below = scaled & (one - 1);
        let rounds_up = below >= half;
        let distance = if rounds_up { one - below } else { below };
        let boundary = (distance * 2).cmp(&step);
        if boundary == Ordering::Less || (boundary == Ordering::Equal && binary.mantissa & 1 == 0) {
            let digits = (scaled >> places) + u128::from(rounds_up);
            return Some((u64::try_from(digits).ok()?, -k));
        }
        scaled = scaled.checked_mul(10)?;
        step *= 10;
    }
    None
}

/// Steele and White's free-format algorithm on large integers, for every other number.
#[inline(never)]
fn free_format(binary: &Binary) -> (u64, i16) {
    let inclusive = binary.mantissa & 1 == 0;
    // value = number / scale; half the gap to the next number below = below / scale, above alike.
    let widen = 1 + u32::from(binary.narrow_below);
    let mut number = Big::new(binary.mantissa);
    let mut scale = Big::new(1);
    let mut below = Big::new(1);
    number.shift_left(widen);
    scale.shift_left(widen);
    if binary.exponent < 0 {
        scale.shift_left(binary.exponent.unsigned_abs());
    } else {
        number.shift_left(binary.exponent.unsigned_abs());
        below.shift_left(binary.exponent.unsigned_abs());
    }
    // The power of ten of the first digit, or one less.
    let bits = i32::try_from(64 - binary.mantissa.leading_zeros()).unwrap_or(64);
    let mut power = (((binary.exponent + bits - 1) * 19_728) >> 16) - 1;
    if power < 0 {
        number.multiply_by_power_of_ten(power.unsigned_abs());
        below.multiply_by_power_of_ten(power.unsigned_abs());
    } else {
        scale.multiply_by_power_of_ten(power.unsigned_abs());
    }
    let mut above = below.clone();
    if binary.narrow_below {
        above.multiply(2);
    }
    let reaches = |sum: &Big, scale: &Big| match sum.compare(scale) {
        Ordering::Less => false,
        Ordering::Equal => inclusive,
        Ordering::Greater => true,
    };
    // Raise the power until the upper boundary is below ten (at most twice).
    for _ in 0..3 {
        let mut top = number.clone();
        top.add(&above);
        let mut ten = scale.clone();
        ten.multiply(10);
        if !reaches(&top, &ten) {
            break;
        }
        scale = ten;
        power += 1;
    }
    let mut digits = 0u64;
    for _ in 0..17 {
        let digit = number.divide_by(&scale);
        digits = digits * 10 + u64::from(digit);
        let low_enough = reaches(&below, &number);
        let mut top = number.clone();
        top.add(&above);
        let high_enough = reaches(&top, &scale);
        if low_enough || high_enough {
            number.multiply(2);
            if high_enough && (!low_enough || number.compare(&scale) != Ordering::Less) {
                digits += 1;
            }
            break;
        }
        number.multiply(10);
        below.multiply(10);
        above.multiply(10);
        power -= 1;
    }
    (digits, i16::try_from(power).unwrap_or(0))
}
