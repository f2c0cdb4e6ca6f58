//! Binary floating-point numbers of 16 and 32 bits, made of and to those of 64 bits by their bits:
//! a small processor would need a library for their arithmetic.

/// How a format of fewer than 64 bits lays out its bits (RFC 8949 section 3.3, IEEE 754).
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    fraction: u32,
    exponent: u32,
}

/// binary16, of 1, 5 and 10 bits.
pub const HALF: Layout = Layout { fraction: 10, exponent: 5 };
/// binary32, of 1, 8 and 23 bits.
pub const SINGLE: Layout = Layout { fraction: 23, exponent: 8 };

impl Layout {
    const fn bias(self) -> i32 {
        (1 << (self.exponent - 1)) - 1
    }

    /// The same number in 64 bits, NaN and infinities too.
    #[must_use]
    pub fn widen(self, bits: u32) -> f64 {
        let sign = u64::from(bits >> (self.fraction + self.exponent)) << 63;
        let mut fraction = u64::from(bits & ((1 << self.fraction) - 1)) << (52 - self.fraction);
        let special = (1 << self.exponent) - 1;
        let exponent = match bits >> self.fraction & special {
            0 if fraction == 0 => 0,
            0 => {
                // Subnormal: normal in 64 bits.
                let up = fraction.leading_zeros() - 11;
                fraction = fraction << up & ((1 << 52) - 1);
                (1024 - self.bias()).saturating_sub_unsigned(up)
            }
            exponent if exponent == special => 0x7ff,
            exponent => (1023 - self.bias()).saturating_add_unsigned(exponent),
        };
        f64::from_bits(sign | u64::from(exponent.unsigned_abs()) << 52 | fraction)
    }

    /// The bits of the same number, if this format has it. Of a finite number.
    #[must_use]
    pub fn narrow(self, value: f64) -> Option<u32> {
        let bits = value.to_bits();
        let sign = u32::from(value.is_sign_negative()) << (self.fraction + self.exponent);
        let magnitude = bits & !(1 << 63);
        if magnitude == 0 {
            return Some(sign);
        }
        let exponent = i32::try_from(magnitude >> 52).ok()? - 1023 + self.bias();
        if exponent > 2 * self.bias() {
            return None;
        }
        // What a subnormal number has fewer bits.
        let short = (1 - exponent).max(0).unsigned_abs();
        let significand = magnitude & ((1 << 52) - 1) | 1 << 52;
        let dropped = (52 - self.fraction).saturating_add(short);
        if significand.trailing_zeros() < dropped {
            return None;
        }
        let kept = u32::try_from(significand.checked_shr(dropped)?).ok()?;
        // The leading one counts as one more exponent.
        let exponent = exponent.max(1).unsigned_abs() - 1;
        Some(sign | ((exponent << self.fraction).wrapping_add(kept)))
    }
}

/// The number without its fraction; `None` from ±2^63 on, and for NaN.
#[must_use]
pub fn whole_part(value: f64) -> Option<i64> {
    let bits = value.to_bits() & !(1 << 63);
    let significand = bits & ((1 << 52) - 1) | 1 << 52;
    // How far the lowest bit is above that of 1; subnormal numbers are zero whatever they are.
    let power = i32::try_from(bits >> 52).unwrap_or(0) - 1075;
    if power > 10 {
        return None;
    }
    let by = power.unsigned_abs().min(63);
    let whole = if power < 0 { significand >> by } else { significand << by };
    let whole = whole.cast_signed();
    Some(if value.is_sign_negative() { -whole } else { whole })
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "what the compiler does is compared")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_half_is_itself_again() {
        for half in 0..=0xffff {
            let value = HALF.widen(half);
            if value.is_finite() {
                assert_eq!(HALF.narrow(value), Some(half), "{value}");
                assert_eq!(SINGLE.narrow(value), Some((value as f32).to_bits()));
            } else {
                assert_eq!(value.is_nan(), half & 0x3ff != 0);
            }
        }
        for (half, value) in [(0x3c00, 1.0), (0xc400, -4.0), (0x7bff, 65504.0)] {
            assert_eq!(HALF.widen(half), value);
        }
        assert_eq!(HALF.widen(1), 5.960_464_477_539_063e-8);
    }

    proptest! {
        #[test]
        fn singles_are_as_the_compiler_makes_them(bits: u32) {
            let value = f32::from_bits(bits);
            let wide = SINGLE.widen(bits);
            if value.is_nan() {
                prop_assert!(wide.is_nan());
            } else {
                prop_assert_eq!(wide.to_bits(), f64::from(value).to_bits());
            }
            if value.is_finite() {
                prop_assert_eq!(SINGLE.narrow(wide), Some(bits));
            }
        }

        #[test]
        fn whole_parts_are_as_the_compiler_makes_them(bits: u64, exponent in 1000u64..1100) {
            for bits in [bits, bits & !(0x7ff << 52) | exponent << 52] {
                let value = f64::from_bits(bits);
                let inside = value.abs() < 9_223_372_036_854_775_808.0;
                prop_assert_eq!(whole_part(value), inside.then_some(value as i64));
            }
        }

        #[test]
        fn only_what_loses_nothing_is_narrowed(bits: u64, dropped in 0u32..53) {
            let value = f64::from_bits(bits >> dropped << dropped);
            prop_assume!(value.is_finite());
            let single = value as f32;
            let fits = f64::from(single).to_bits() == value.to_bits();
            prop_assert_eq!(SINGLE.narrow(value), fits.then(|| single.to_bits()));
            if let Some(half) = HALF.narrow(value) {
                prop_assert_eq!(HALF.widen(half).to_bits(), value.to_bits());
            }
        }
    }
}
