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

/// The nearest binary64 to `mantissa` · 10^`exponent`, infinity where that rounds beyond the largest
/// finite one. The exponent has at most 17 bits. In `tail` are the digits that follow those in
/// the mantissa, which has at least 19 then, with at most one point among them; it is empty where all
/// of them are zero.
#[inline]
pub(super) fn nearest(mantissa: u64, exponent: i32, tail: &[u8]) -> f64 {
    if !SMALL {
        let magnitude = magnitude(mantissa, exponent);
        // Beyond these the arithmetic would leave its bounds.
        if (-330..=310).contains(&magnitude) {
            let (bits, binary, error) = approximate(mantissa, exponent, !tail.is_empty());
            if is_decided(bits, binary, error) {
                return round(bits, binary, error != 0);
            }
        }
    }
    exact(mantissa, exponent, tail)
}

/// The power of ten of the first digit or one more, by the number of bits: 1233 / 2^12 is log10(2).
pub(super) fn magnitude(mantissa: u64, exponent: i32) -> i32 {
    let bits = 64 - mantissa.leading_zeros().cast_signed();
    exponent + ((bits * 1233) >> 12)
}

/// How many of 64 bits, the lowest of them 2^`binary`, a binary64 has no room for.
fn dropped(binary: i32) -> u32 {
    (-1074 - binary).max(11).unsigned_abs()
}

/// Whether `bits` and `bits` + `error` are rounded in the same direction.
#[inline]
fn is_decided(bits: u64, binary: i32, error: u32) -> bool {
    let dropped = dropped(binary);
    if dropped > 64 {
        return error == 0 || dropped > 65;
    }
    let half = 1u64 << ((dropped - 1) & 63);
    let below = bits & (half | half.wrapping_sub(1));
    below > half || error == 0 || below.wrapping_add(error.into()) < half
}

/// `bits`·2^`binary`, of whose `bits` the highest is set, as the nearest binary64, ties to even. The
/// true number may be larger, by less than matters, if something was `lost`.
#[inline]
pub(super) fn round(mut bits: u64, mut binary: i32, lost: bool) -> f64 {
    // That something was lost the last bit tells: it is one of those that are dropped.
    bits |= u64::from(lost);
    // Subnormal numbers have fewer bits: a hundred at most are dropped here.
    while binary < LOWEST {
        bits = bits >> 1 | bits & 1;
        binary += 1;
    }
    let kept = bits >> 11;
    let up = (bits & 0x7ff) + (kept & 1) > 0x400;
    // The carry of the last bit runs into the exponent, which is what it should do.
    let above_subnormal = u64::from((binary - LOWEST).unsigned_abs());
    f64::from_bits(((above_subnormal << 52) + kept + u64::from(up)).min(f64::INFINITY.to_bits()))
}

/// The least power of two of 64 bits of which a binary64 keeps all but eleven.
const LOWEST: i32 = -1074 - 11;

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
