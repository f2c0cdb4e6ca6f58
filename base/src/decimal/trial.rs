//! Binary64 to decimal where flash matters more than time: of the first digits, the fewest that
//! read back as the same number.

use super::exact::{divide, limbs, multiply};
use super::filled;
use super::print::digits;
use super::round::nearest;

/// Pairs of limbs of the longest fraction, 2^-1074, with room for 18 digits before the point; the
/// largest number needs fewer.
const PAIRS: usize = 37;

/// The digits of `mantissa`·2^`exponent`, a positive and finite number, and their power of ten: the
/// fewest, and of those the nearest to it.
#[inline(never)]
pub(super) fn shortest(value: f64, mantissa: u64, exponent: i32) -> (u64, i16) {
    let (all, mut power) = eighteen_digits(mantissa, exponent);
    let mut buf = filled(0);
    let mut rest = digits(all, &mut buf).iter();
    let mut low = 0u64;
    power += 18;
    // Seventeen are always enough.
    while let Some(digit) = rest.next() {
        low = low * 10 + u64::from(digit & 0xf);
        power -= 1;
        let high = low + 1;
        let reads_back = |digits| nearest(digits, power, &[]).to_bits() == value.to_bits();
        let above_half = rest.as_slice().first().is_some_and(|next| *next >= b'5');
        let (is_low, is_high) = (reads_back(low), reads_back(high));
        if is_high && (above_half || !is_low) {
            low = high;
        }
        if is_high || is_low {
            break;
        }
    }
    (low, i16::try_from(power).unwrap_or(0))
}

/// The first 18 digits, and their power of ten.
fn eighteen_digits(mantissa: u64, exponent: i32) -> (u64, i32) {
    let mut room = filled::<_, PAIRS>([0u16; 2]);
    let room = room.as_flattened_mut();
    // How many limbs are behind the point, and where the mantissa begins.
    let behind = (15 - exponent.min(0)) / 16;
    let start = behind * 16 + exponent;
    let index = |limbs: i32| usize::try_from(limbs).unwrap_or(0);
    let number = room.get_mut(..index(behind + exponent.max(0) / 16 + 5)).unwrap_or_default();
    let slots = number.iter_mut().skip(index(start / 16));
    slots.zip(limbs(mantissa)).for_each(|(slot, limb)| *slot = limb);
    multiply(number, 1 << (start & 15), 0);
    let mut power = 0;
    loop {
        let mut whole = 0u64;
        let mut large = false;
        for limb in number.iter().skip(index(behind)).rev() {
            large |= whole >= 1 << 48;
            whole = whole << 16 | u64::from(*limb);
        }
        if large || whole >= 1_000_000_000_000_000_000 {
            divide(number, 0);
            power += 1;
        } else if whole < 100_000_000_000_000_000 {
            multiply(number, 10, 0);
            power -= 1;
        } else {
            return (whole, power);
        }
    }
}
