//! Values as tables keep them: without padding.

use core::num::NonZeroU32;

/// A value at an alignment of 4 bytes at most, so that a table of structures with it has no holes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(Rust, packed(4))]
pub struct Narrow<T: Copy>(T);

impl<T: Copy> Narrow<T> {
    /// Narrows a value.
    pub const fn new(value: T) -> Narrow<T> {
        Narrow(value)
    }

    /// The value.
    #[inline]
    pub const fn get(self) -> T {
        self.0
    }
}

impl<T: Copy> From<T> for Narrow<T> {
    fn from(value: T) -> Narrow<T> {
        Narrow(value)
    }
}

impl<T: Copy + PartialEq> PartialEq<T> for Narrow<T> {
    #[inline]
    fn eq(&self, other: &T) -> bool {
        self.get() == *other
    }
}

/// A number below `u32::MAX`: an `Option` of one takes no more room than it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NonMax(NonZeroU32);

impl NonMax {
    /// The number; `None` for `u32::MAX`.
    #[inline]
    #[must_use]
    pub const fn new(number: u32) -> Option<NonMax> {
        match NonZeroU32::new(number.wrapping_add(1)) {
            Some(number) => Some(NonMax(number)),
            None => None,
        }
    }

    /// The number.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get().wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_no_more_room_than_it_needs() {
        assert_eq!(size_of::<(Narrow<u64>, u32)>(), 12);
        assert_eq!(size_of::<Option<NonMax>>(), 4);
        assert_eq!(Narrow::new(u64::MAX).get(), u64::MAX);
        for number in [0, 1, u32::MAX - 1] {
            assert_eq!(NonMax::new(number).map(NonMax::get), Some(number));
        }
        assert_eq!(NonMax::new(u32::MAX), None);
    }
}
