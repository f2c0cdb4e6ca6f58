//! A fixed-size unsigned integer, just large enough for the exact comparisons of decimal and
//! binary numbers: the largest one needed is 2^54 · 10^325 (1,134 bits).

use core::cmp::Ordering;

const LIMBS: usize = 37;

/// An unsigned integer below 2^1184, 32 bits a limb, the lowest first.
#[derive(Clone)]
pub(super) struct Big {
    limbs: [u32; LIMBS],
    /// Limbs in use; the highest of them is not zero.
    len: usize,
}

impl Big {
    pub(super) fn new(value: u64) -> Self {
        let mut big = Big { limbs: [0; LIMBS], len: 0 };
        for (limb, part) in big.limbs.iter_mut().zip([low(value), low(value >> 32)]) {
            *limb = part;
        }
        big.trim(2);
        big
    }

    fn used(&self) -> &[u32] {
        self.limbs.get(..self.len).unwrap_or(&[])
    }

    /// Makes `len` say where the highest limb is, given that it is below `at_most`.
    fn trim(&mut self, at_most: usize) {
        self.len = self
            .limbs
            .iter()
            .take(at_most)
            .rposition(|limb| *limb != 0)
            .map_or(0, |highest| highest.saturating_add(1));
    }

    pub(super) fn multiply(&mut self, factor: u32) {
        let mut carry = 0u64;
        for limb in self.limbs.iter_mut().take(self.len) {
            let product = u64::from(*limb) * u64::from(factor) + carry;
            *limb = low(product);
            carry = product >> 32;
        }
        if carry != 0 {
            debug_assert!(self.len < LIMBS, "a number larger than the algorithms make");
            if let Some(limb) = self.limbs.get_mut(self.len) {
                *limb = low(carry);
                self.len += 1;
            }
        }
    }

    pub(super) fn multiply_by_power_of_ten(&mut self, mut power: u32) {
        while power >= 9 {
            self.multiply(1_000_000_000);
            power -= 9;
        }
        self.multiply(10u32.pow(power));
    }

    pub(super) fn shift_left(&mut self, bits: u32) {
        if self.len == 0 {
            return;
        }
        let whole = usize::try_from(bits / 32).unwrap_or(LIMBS);
        let len = self.len.saturating_add(whole).min(LIMBS);
        debug_assert!(self.len + whole <= LIMBS, "a number larger than the algorithms make");
        // By hand: the library's functions for this carry a panic into the firmware.
        for to in (0..len).rev() {
            let from = to.checked_sub(whole).and_then(|from| self.limbs.get(from));
            let limb = from.copied().unwrap_or(0);
            if let Some(slot) = self.limbs.get_mut(to) {
                *slot = limb;
            }
        }
        self.len = len;
        self.multiply(1 << (bits % 32));
    }

    pub(super) fn compare(&self, other: &Big) -> Ordering {
        self.len
            .cmp(&other.len)
            .then_with(|| self.used().iter().rev().cmp(other.used().iter().rev()))
    }

    pub(super) fn add(&mut self, other: &Big) {
        let len = self.len.max(other.len);
        let mut carry = 0u64;
        for (limb, b) in self.limbs.iter_mut().zip(&other.limbs).take(len) {
            let sum = u64::from(*limb) + u64::from(*b) + carry;
            *limb = low(sum);
            carry = sum >> 32;
        }
        if let Some(limb) = self.limbs.get_mut(len) {
            *limb = low(carry);
        }
        self.trim(len.saturating_add(1));
    }

    /// `self - other`, which must not be negative.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = false;
        for (limb, b) in self.limbs.iter_mut().zip(&other.limbs).take(self.len) {
            let (difference, first) = limb.overflowing_sub(*b);
            let (difference, second) = difference.overflowing_sub(u32::from(borrow));
            *limb = difference;
            borrow = first || second;
        }
        self.trim(self.len);
    }

    /// The quotient by `divisor`, of which the caller knows that it is at most 10; the remainder
    /// stays.
    pub(super) fn divide_by(&mut self, divisor: &Big) -> u8 {
        for quotient in 0..10 {
            if self.compare(divisor) == Ordering::Less {
                return quotient;
            }
            self.subtract(divisor);
        }
        10
    }
}

/// The low 32 bits.
#[allow(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
fn low(value: u64) -> u32 {
    value as u32
}
