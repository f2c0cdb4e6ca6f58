//! Comparing floating-point numbers with integers only: a processor without an FPU for them needs a
//! kilobyte of routines otherwise.

use core::cmp::Ordering;

use m2m_base::SMALL;

/// An integer for each number, in the same order. Both zeros are 0. What is no number is beyond one
/// of the ends.
fn rank(number: f64) -> i64 {
    let bits = number.to_bits().cast_signed();
    let magnitude = bits & i64::MAX;
    if bits < 0 { magnitude.wrapping_neg() } else { magnitude }
}

/// It is a number, if an infinite one.
#[cfg(feature = "client")]
pub(crate) fn is_number(number: f64) -> bool {
    number.to_bits() << 1 <= f64::INFINITY.to_bits() << 1
}

/// A whole number.
#[cfg_attr(feature = "small", inline(never))]
pub(crate) fn real(n: i32) -> f64 {
    if !SMALL {
        return n.into();
    }
    let magnitude = n.unsigned_abs();
    // The leading one counts as one more exponent.
    let zeros = magnitude.leading_zeros();
    let exponent = if zeros == 32 { 0 } else { (1023 + 30 - zeros) << 20 };
    let bits = u64::from(magnitude) << 21 << zeros;
    let sign = u64::from(n.cast_unsigned() >> 31) << 63;
    f64::from_bits(sign | (bits + (u64::from(exponent) << 32)))
}

/// Which of two numbers is the greater one.
#[cfg_attr(feature = "small", inline(never))]
pub(crate) fn order(a: f64, b: f64) -> Ordering {
    rank(a).cmp(&rank(b))
}

/// The exponent of a number, as it is stored, from 1 on.
fn exponent(number: f64) -> u64 {
    (number.to_bits() >> 52 & 0x7ff).max(1)
}

/// The number in units so small that one with the exponent `top`, which is not below its own, has
/// 61 bits. What is below a unit is cut off.
fn fixed(number: f64, top: u64) -> i64 {
    let bits = number.to_bits();
    let implied = if bits >> 52 & 0x7ff == 0 { 0 } else { 1 << 52 };
    let mantissa = (bits & ((1 << 52) - 1) | implied) << 8;
    let units = (mantissa >> top.wrapping_sub(exponent(number)).min(63)).cast_signed();
    if bits >> 63 == 0 { units } else { units.wrapping_neg() }
}

/// How `a - b` compares with `step`, all of them finite; with its double if `doubled` is 1.
pub(crate) fn order_difference(a: f64, b: f64, step: f64, doubled: u32) -> Ordering {
    let top = exponent(a).max(exponent(b)).max(exponent(step));
    // Of 61 bits each: the difference and the double have one more.
    fixed(a, top).wrapping_sub(fixed(b, top)).cmp(&(fixed(step, top) << doubled))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zeros_infinities_and_what_is_no_number() {
        assert_eq!(order(0.0, -0.0), Ordering::Equal);
        assert_eq!(order(f64::INFINITY, f64::MAX), Ordering::Greater);
        assert_eq!(order(f64::NEG_INFINITY, f64::MIN), Ordering::Less);
        assert_eq!(order(f64::NAN, f64::INFINITY), Ordering::Greater);
        assert_eq!(order(-f64::NAN, f64::NEG_INFINITY), Ordering::Less);
        assert_eq!(order_difference(0.0, 0.0, -0.0, 0), Ordering::Equal);
        assert_eq!(order_difference(f64::MIN_POSITIVE / 2.0, 0.0, 5e-324, 0), Ordering::Greater);
        assert_eq!(order_difference(f64::MAX, f64::MIN, f64::MAX, 0), Ordering::Greater);
    }

    proptest! {
        #[test]
        fn whole_numbers_are_what_they_are(n: i32, shift in 0..32) {
            prop_assert_eq!(real(n >> shift), f64::from(n >> shift));
        }

        #[test]
        fn numbers_are_in_order(a in proptest::num::f64::NORMAL, b in proptest::num::f64::ANY) {
            prop_assert_eq!(Some(order(a, a)), a.partial_cmp(&a));
            if !b.is_nan() {
                prop_assert_eq!(Some(order(a, b)), a.partial_cmp(&b));
            }
        }

        /// Halves, whose differences the processor gets right too.
        #[test]
        fn differences_are_exact(a in -1_000_000i32..1_000_000, b: i16, step: i16) {
            let [a, b, step] = [a, b.into(), step.into()].map(|n| f64::from(n) / 2.0);
            prop_assert_eq!(Some(order_difference(a, b, step, 0)), (a - b).partial_cmp(&step));
            let double = (a - b).partial_cmp(&(2.0 * step));
            prop_assert_eq!(Some(order_difference(a, b, step, 1)), double);
        }

        /// Of any numbers they are as near as 53 bits can tell.
        #[test]
        fn differences_of_any_numbers(
            a in -1e9f64..1e9, b in -1e9f64..1e9, step in 1e-3f64..1e9,
        ) {
            let difference = a - b;
            if (difference - step).abs() > 1e-6 {
                prop_assert_eq!(Some(order_difference(a, b, step, 0)), difference.partial_cmp(&step));
            }
        }
    }
}
