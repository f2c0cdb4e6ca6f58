//! Binary floating-point numbers of 16 and 32 bits, made of and to those of 64 bits by their bits:
//! a small processor would need a library for their arithmetic.

/// How a format of fewer than 64 bits lays out its bits (RFC 8949 section 3.3, IEEE 754).
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Bits by which it is shorter than `SINGLE`.
    shorter: u8,
    /// By how many of these its exponent is.
    narrower: u8,
    bias: u16,
}

/// binary16, of 1, 5 and 10 bits.
pub const HALF: Layout = Layout { shorter: 16, narrower: 3, bias: 15 };
/// binary32, of 1, 8 and 23 bits.
pub const SINGLE: Layout = Layout { shorter: 0, narrower: 0, bias: 127 };

impl Layout {
    // Both go by halves of 32 bits, of the fraction as many bits as `SINGLE` has: what shifts 64
    // bits by a variable is long on a small processor.

    /// The same number in 64 bits, NaN and infinities too.
    #[must_use]
    pub fn widen(self, bits: u32) -> f64 {
        let bits = bits << self.shorter;
        let mut magnitude = (bits & !(1 << 31)) >> self.narrower;
        let bias = u32::from(self.bias);
        let mut up = 1023 - bias;
        let exponent = magnitude >> 23;
        if exponent == 0 {
            // Zero, or subnormal: normal in 64 bits, where the leading one counts as one more
            // exponent.
            let zeros = magnitude.leading_zeros();
            up = if zeros == 32 { 0 } else { up + 8 - zeros };
            magnitude <<= zeros.saturating_sub(8) & 31;
        } else if exponent > 2 * bias {
            up = 0x7ff - exponent;
        }
        let high = bits & 1 << 31 | ((magnitude >> 3) + (up << 20));
        f64::from_bits(u64::from(high) << 32 | u64::from(magnitude << 29))
    }

    /// The bits of the same number, if this format has it. Of a finite number.
    #[must_use]
    pub fn narrow(self, value: f64) -> Option<u32> {
        let [high, low] = halves(value);
        let sign = high & 1 << 31;
        let magnitude = high ^ sign;
        let exponent = (magnitude >> 20).cast_signed() - 1024 + i32::from(self.bias);
        let significand = 1 << 23 | (magnitude & 0xf_ffff) << 3 | low >> 29;
        // What this has fewer bits, and what a subnormal number has.
        let shorter = u32::from(self.shorter - self.narrower);
        let dropped = exponent.min(0).unsigned_abs() + shorter;
        // The leading one counts as one more exponent.
        let exponent = exponent.max(0).unsigned_abs() << (23 - shorter);
        let bits = sign >> self.shorter | exponent.wrapping_add(significand.unbounded_shr(dropped));
        // Whatever had no room is missed here.
        (self.widen(bits).to_bits() == value.to_bits()).then_some(bits)
    }
}

/// The high and the low half of the bits.
#[allow(clippy::cast_possible_truncation, reason = "that is what is asked for")]
fn halves(value: f64) -> [u32; 2] {
    let bits = value.to_bits();
    [(bits >> 32) as u32, bits as u32]
}

/// The magnitude without its fraction, and whether there is none; `None` from 2^64 on, and for NaN.
/// By its bits: a small processor would need a library for its arithmetic.
#[inline(never)]
pub(crate) fn magnitude(value: f64) -> Option<(u64, bool)> {
    let bits = value.to_bits() & !(1 << 63);
    let significand = bits & ((1 << 52) - 1) | 1 << 52;
    // How far the lowest bit is above that of 1; subnormal numbers are zero whatever they are.
    let power = i32::try_from(bits >> 52).unwrap_or(0) - 1075;
    if power > 11 {
        return None;
    }
    let by = power.unsigned_abs().min(63);
    if power >= 0 {
        return Some((significand << by, true));
    }
    let whole = significand >> by;
    Some((whole, whole << by == significand || bits == 0))
}

/// The number without its fraction; `None` from ±2^63 on, and for NaN.
#[must_use]
pub fn whole_part(value: f64) -> Option<i64> {
    let whole = i64::try_from(magnitude(value)?.0).ok()?;
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
