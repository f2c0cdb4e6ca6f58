//! What a small processor has no instructions for: sum and order of two binary64, by their bits.
//! The compiler's library takes three times the flash.

use super::round::round;

const SIGN: u64 = 1 << 63;

/// A whole number, of as many bits, that is less for a lesser number; `None` of NaN.
pub(super) fn order(value: f64) -> Option<i64> {
    let magnitude = (value.to_bits() & !SIGN).cast_signed();
    let is_number = magnitude <= f64::INFINITY.to_bits().cast_signed();
    is_number.then_some(if value.is_sign_negative() { -magnitude } else { magnitude })
}

/// The sum of two finite numbers.
pub(super) fn sum(a: f64, b: f64) -> f64 {
    let (a, b) = (a.to_bits(), b.to_bits());
    let (large, little) = if a & !SIGN < b & !SIGN { (b, a) } else { (a, b) };
    // Its significand with ten bits of room below, and its exponent.
    let parts = |bits: u64| {
        let fraction = bits << 12 >> 2;
        match bits << 1 >> 53 {
            0 => (fraction, 1),
            exponent => (fraction | 1 << 62, exponent),
        }
    };
    let ((sum, exponent), (other, lower)) = (parts(large), parts(little));
    let by = u32::try_from(exponent.wrapping_sub(lower)).unwrap_or(0);
    let added = other.unbounded_shr(by);
    let lost = added.unbounded_shl(by) != other;
    let sum = if (a ^ b) & SIGN == 0 {
        sum.wrapping_add(added)
    } else {
        // What was lost is taken away as well: nearly one more.
        sum.wrapping_sub(added).wrapping_sub(lost.into())
    };
    if sum == 0 {
        return f64::from_bits(a & b & SIGN);
    }
    let shift = sum.leading_zeros();
    let power = i32::try_from(exponent).unwrap_or(0) - 1085 - shift.cast_signed();
    f64::from_bits(round(sum << shift, power, lost).to_bits() | large & SIGN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees(a: f64, b: f64) {
        if a.is_finite() && b.is_finite() {
            assert_eq!(sum(a, b).to_bits(), (a + b).to_bits(), "{a:e} + {b:e}");
            assert_eq!(sum(a, -b).to_bits(), (a - b).to_bits(), "{a:e} - {b:e}");
        }
        let ordered = order(a).zip(order(b)).map(|(a, b)| a.cmp(&b));
        assert_eq!(ordered, a.partial_cmp(&b), "{a:e} {b:e}");
    }

    #[test]
    fn the_bounds_are_as_the_processor_has_them() {
        let bounds = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            f64::MIN_POSITIVE,
            f64::from_bits(1),
            f64::MAX,
            f64::MIN,
            f64::INFINITY,
            f64::NAN,
            0.1,
            1e16,
            9_007_199_254_740_993.0,
            f64::EPSILON / 2.0,
        ];
        for a in bounds {
            for b in bounds {
                agrees(a, b);
            }
        }
    }

    proptest! {
        #[test]
        fn sums_are_as_the_processor_has_them(a in any::<u64>(), b in any::<u64>(), near in 0u64..130) {
            let (a, b) = (f64::from_bits(a), f64::from_bits(b));
            agrees(a, b);
            // Of similar size.
            let exponent = (a.to_bits() >> 52 & 0x7ff).saturating_sub(near);
            agrees(a, f64::from_bits(b.to_bits() & !(0x7ff << 52) | exponent << 52));
        }
    }
}
