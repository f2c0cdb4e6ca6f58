//! Decimal to binary64, correctly rounded (to nearest, ties to even).
//!
//! First an approximation with 64 bits of mantissa and a known error, made of at most six
//! multiplications with a table of ten powers of ten. Only when the rounding boundary lies inside
//! the error (a few numbers in a hundred), or where flash matters more than time, the number is made
//! [exactly](exact).

use super::{exact::exact, power_of_ten};
use crate::SMALL;

/// The first 64 bits, rounded down, of 10^±(16·2^i).
const COARSE: [(i32, u64); 10] = [
    (256, 0xaa7e_ebfb_9df9_de8d),
    (128, 0x93ba_47c9_80e9_8cdf),
    (64, 0xc278_1f49_ffcf_a6d5),
    (32, 0x9dc5_ada8_2b70_b59d),
    (16, 0x8e1b_c9bf_0400_0000),
    (-256, 0xc031_4325_637a_1939),
    (-128, 0xddd0_467c_64bc_e4a0),
    (-64, 0xa87f_ea27_a539_e9a5),
    (-32, 0xcfb1_1ead_4539_94ba),
    (-16, 0xe695_94be_c44d_e15b),
];

/// A positive decimal number as its reader found it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// The first significant digits as an integer, not zero; at least 19 digits of them where
    /// `cut` is true.
    pub(super) mantissa: u64,
    /// The power of ten that belongs to `mantissa`.
    pub(super) exponent: i64,
    /// There are digits other than zero in `tail`.
    pub(super) cut: bool,
    /// The digits that follow those in `mantissa`, with at most one point among them.
    pub(super) tail: &'a [u8],
}

/// The nearest binary64, infinity where the number rounds beyond the largest finite one.
pub(super) fn nearest(source: &Source<'_>) -> f64 {
    let Source { mantissa, exponent, cut, .. } = *source;
    let magnitude = exponent.saturating_add(whole_powers(mantissa));
    // Beyond these, the answer is certain, and the arithmetic below would leave its bounds.
    let (Ok(power), Ok(exponent)) = (i32::try_from(magnitude), i32::try_from(exponent)) else {
        return if magnitude > 0 { f64::INFINITY } else { 0.0 };
    };
    if power > 310 {
        return f64::INFINITY;
    }
    if power < -330 {
        return 0.0;
    }
    if !SMALL {
        let (bits, binary, error) = approximate(mantissa, exponent, cut);
        if let Some(value) = round(bits, binary, error, false) {
            return value;
        }
    }
    exact(source, exponent, power)
}

/// `bits`·2^`binary`, of whose `bits` the highest is set, rounded to binary64. The true number may be
/// larger by `error` of these bits, or by less than one if something was `lost`. `None` if it cannot
/// be told for that.
#[inline]
pub(super) fn round(bits: u64, binary: i32, error: u32, lost: bool) -> Option<f64> {
    // How many low bits the result has no room for.
    let dropped = (-1074_i32).saturating_sub(binary).max(11).unsigned_abs();
    if dropped > 64 {
        return (error == 0 || dropped > 65).then_some(0.0);
    }
    let half = 1u64 << ((dropped - 1) & 63);
    let kept = bits.checked_shr(dropped).unwrap_or(0);
    let below = bits & (half | half.wrapping_sub(1));
    if below <= half && error != 0 && below.wrapping_add(error.into()) >= half {
        return None;
    }
    let up = below > half || (below == half && (lost || kept & 1 == 1));
    // The carry of the last bit runs into the exponent, which is what it should do.
    let above_subnormal = u64::try_from(binary.saturating_add(11 + 1074)).unwrap_or(0);
    let bits = (above_subnormal << 52).saturating_add(kept).saturating_add(u64::from(up));
    Some(if bits >= f64::INFINITY.to_bits() { f64::INFINITY } else { f64::from_bits(bits) })
}

/// The power of ten of the first digit.
fn whole_powers(mantissa: u64) -> i64 {
    // By comparing: small processors divide 64 bits slowly, and at length.
    let mut above = 0;
    while power_of_ten(above + 1).is_some_and(|power| power <= mantissa) {
        above += 1;
    }
    above.into()
}

/// `mantissa` · 10^`exponent` as 64 bits (the highest set), their power of two, and by how much of
/// the last bit the true number may be larger (it is never smaller).
fn approximate(mantissa: u64, exponent: i32, cut: bool) -> (u64, i32, u32) {
    let shift = mantissa.leading_zeros();
    let mut bits = mantissa << shift;
    let mut binary = 0i32.saturating_sub_unsigned(shift);
    // A cut mantissa has at least 19 digits: the digits missing are below 2^-59 of it.
    let mut error = if cut { 32 } else { 0 };
    let mut times = |factor: u64, power: i32| {
        let product = u128::from(bits) * u128::from(factor);
        let high = u64::try_from(product >> 64).unwrap_or(u64::MAX);
        #[allow(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
        let low = product as u64;
        // Both factors have their highest bit: at most one is missing.
        let short = high.leading_zeros();
        bits = if short == 0 { high } else { high << 1 | low >> 63 };
        binary = binary.saturating_add(power).saturating_add(64).saturating_sub_unsigned(short);
        // One unit for the table, one for this product, doubled as the bits may move up.
        error += 6;
    };
    let fine = exponent.rem_euclid(16);
    if fine != 0
        && let Some(power) = power_of_ten(fine)
    {
        let shift = power.leading_zeros();
        times(power << shift, 0i32.saturating_sub_unsigned(shift));
    }
    let mut rest = exponent.saturating_sub(fine);
    for (power, factor) in COARSE {
        if (power > 0 && rest >= power) || (power < 0 && rest <= power) {
            // 217706 / 2^16 is log2(10), near enough for these ten powers.
            times(factor, ((power * 217_706) >> 16) - 63);
            rest -= power;
        }
    }
    (bits, binary, error)
}
