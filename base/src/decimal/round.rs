//! Decimal to binary64, correctly rounded (to nearest, ties to even).
//!
//! First an approximation with 64 bits of mantissa and a known error, made of at most six
//! multiplications with a table of ten powers of ten. Only when the rounding boundary lies inside
//! the error (a few numbers in a hundred) the digits are compared with that boundary exactly,
//! digit for digit, whatever their count.

use super::{POWERS_OF_TEN, big::Big};
use core::cmp::Ordering;

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
    /// Digits other than zero follow those in `mantissa`.
    pub(super) cut: bool,
    /// All digits from the first significant one on, with at most one point among them; the first
    /// other byte ends them.
    pub(super) digits: &'a [u8],
}

/// The nearest binary64, infinity where the number rounds beyond the largest finite one.
pub(super) fn nearest(source: &Source<'_>) -> f64 {
    let Source { mantissa, exponent, cut, .. } = *source;
    let magnitude = exponent.saturating_add(whole_powers(mantissa));
    // Beyond these, the answer is certain, and the arithmetic below would leave its tables.
    let exponent = match i32::try_from(exponent) {
        Ok(exponent) if (-330..=310).contains(&magnitude) => exponent,
        _ => return if magnitude > 0 { f64::INFINITY } else { 0.0 },
    };
    let (bits64, binary, error) = approximate(mantissa, exponent, cut);

    // How many low bits of `bits64` the result has no room for.
    let dropped = (-1074_i32).saturating_sub(binary).max(11);
    if dropped > 65 {
        return 0.0;
    }
    // With 64 and 65 nothing is kept, and the digits themselves are asked.
    let kept = bits64.checked_shr(dropped.unsigned_abs()).unwrap_or(0);
    let half = 1u64.checked_shl((dropped - 1).unsigned_abs()).filter(|_| dropped < 64);
    let low = half.map(|half| (bits64 & (half | half.wrapping_sub(1)), half));
    let even = kept & 1 == 0;
    let up = match low {
        Some((low, half)) if low > half => true,
        Some((low, half)) if low.wrapping_add(error.into()) < half => false,
        Some((low, half)) if low == half && error == 0 => !even,
        _ => match compare(source, magnitude, kept, binary.saturating_add(dropped)) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => !even,
        },
    };
    // The carry of the last bit runs into the exponent, which is what it should do.
    let above_subnormal = u64::try_from(binary.saturating_add(11 + 1074)).unwrap_or(0);
    let bits = (above_subnormal << 52).saturating_add(kept).saturating_add(u64::from(up));
    if bits >= f64::INFINITY.to_bits() { f64::INFINITY } else { f64::from_bits(bits) }
}

/// The power of ten of the first digit.
fn whole_powers(mantissa: u64) -> i64 {
    // By comparing: small processors divide 64 bits slowly, and at length.
    let above = POWERS_OF_TEN.iter().skip(1).take_while(|power| **power <= mantissa).count();
    i64::try_from(above).unwrap_or(0)
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
        && let Some(power) = usize::try_from(fine).ok().and_then(|i| POWERS_OF_TEN.get(i))
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

/// Compares the number with the middle between `kept`·2^`binary` and the next number above.
/// `magnitude` is the power of ten of its first digit.
#[inline(never)]
fn compare(source: &Source<'_>, magnitude: i64, kept: u64, binary: i32) -> Ordering {
    let mut numerator = Big::new(kept.saturating_mul(2).saturating_add(1));
    let mut denominator = Big::new(1);
    let binary = binary.saturating_sub(1);
    let magnitude = i32::try_from(magnitude).unwrap_or(0);
    let ten = if magnitude < 0 { &mut numerator } else { &mut denominator };
    ten.multiply_by_power_of_ten(magnitude.unsigned_abs());
    let two = if binary < 0 { &mut denominator } else { &mut numerator };
    two.shift_left(binary.unsigned_abs());

    let digits = source.digits.iter().filter(|byte| **byte != b'.');
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        if numerator.is_zero() {
            if digit != 0 {
                return Ordering::Greater;
            }
            continue;
        }
        match digit.cmp(&numerator.divide_by(&denominator)) {
            Ordering::Equal => numerator.multiply(10),
            unequal => return unequal,
        }
    }
    if numerator.is_zero() { Ordering::Equal } else { Ordering::Less }
}
