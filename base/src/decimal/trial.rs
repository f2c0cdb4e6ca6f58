//! Binary64 to decimal where flash matters more than time: of the first digits, the fewest that
//! read back as the same number.

use super::exact::{divide, limbs, multiply};
use super::filled;
use super::round::nearest;

/// Pairs of limbs of the longest fraction, 2^-1074, with room for 18 digits before the point; the
/// largest number needs fewer.
const PAIRS: usize = 37;

/// The digits of `mantissa`·2^`exponent`, a positive and finite number, and their power of ten: the
/// fewest, and of those the nearest to it.
///
/// Of eighteen, which always read back, one after the other is taken away: rounded the nearer way, or
/// else the other. What is the same number without it needs no trial; and a number of 53 bits does not
/// read back once more than its last three digits have changed.
#[inline(never)]
pub(super) fn shortest(value: f64, mantissa: u64, exponent: i32) -> (u64, i32) {
    let (mut found, mut power) = eighteen_digits(mantissa, exponent);
    let mut digits = limbs(found);
    let mut trials = if mantissa >> 52 == 0 { 18 } else { 3 };
    loop {
        let up = divide(&mut digits, 0) >= 5;
        let low = whole(&digits);
        let other = low + u64::from(!up);
        let nearer = low + u64::from(up);
        power += 1;
        let fits = |digits: &u64| {
            *digits * 10 == found
                || trials > 0 && nearest(*digits, power, &[]).to_bits() == value.to_bits()
        };
        match [nearer, other].into_iter().find(fits) {
            Some(fewer) => found = fewer,
            None => return (found, power - 1),
        }
        trials -= i32::from(trials > 0);
    }
}

/// The integer that limbs are of.
fn whole(limbs: &[u16]) -> u64 {
    limbs.iter().rev().fold(0, |whole, limb| whole << 16 | u64::from(*limb))
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
    if let Some(place) = number.get_mut(index(start) / 16..).and_then(<[_]>::first_chunk_mut) {
        *place = limbs(mantissa);
    }
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
