//! What names an item of a table.

use core::num::NonZero;

/// What a handle is made of: two words, or with the feature `small` two halves of one.
#[cfg(not(feature = "small"))]
mod parts {
    pub(crate) type Turn = u32;
    pub(super) type Packed = (u32, core::num::NonZeroU32);
}

#[cfg(feature = "small")]
mod parts {
    pub(crate) type Turn = u16;
    pub(super) type Packed = core::num::NonZeroU32;
}

/// How often something came to a slot.
pub(super) use parts::Turn;

pub(super) type Generation = NonZero<Turn>;

/// Names one occupied slot of one [`super::Slab`], for as long as it is occupied by the same item: a
/// stale handle finds nothing, never somebody else's item, until the slot was taken 2^32 times; with
/// the feature `small` 2^16 times, and a table has at most as many slots.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Handle(parts::Packed);

#[cfg(not(feature = "small"))]
impl Handle {
    pub(super) const fn of(index: u32, generation: Generation) -> Handle {
        Handle((index, generation))
    }

    /// Of so many slots those that a handle can name.
    pub(super) const fn slots(capacity: u32) -> u32 {
        capacity
    }

    const fn from_parts(index: u32, turn: u32) -> Option<Handle> {
        match Generation::new(turn) {
            Some(generation) => Some(Handle::of(index, generation)),
            None => None,
        }
    }

    /// The slot's number, from 0 to the slab's capacity less one: a key for [`super::Index`] and
    /// [`super::Deadlines`] while the slot is occupied.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.0.0
    }

    pub(super) const fn generation(self) -> Generation {
        self.0.1
    }
}

#[cfg(feature = "small")]
#[allow(clippy::cast_possible_truncation, reason = "halves, and what was looked at")]
impl Handle {
    const SLOTS: u32 = 1 << 16;

    /// Its index is below [`Handle::slots`].
    pub(super) const fn of(index: u32, generation: Generation) -> Handle {
        match parts::Packed::new((generation.get() as u32) << 16 | index & 0xffff) {
            Some(packed) => Handle(packed),
            None => Handle(parts::Packed::MAX),
        }
    }

    /// Of so many slots those that a handle can name; who asks for more has not looked.
    pub(super) const fn slots(capacity: u32) -> u32 {
        capacity & (Handle::SLOTS - 1)
    }

    const fn from_parts(index: u32, turn: u32) -> Option<Handle> {
        match Generation::new(turn as Turn) {
            Some(generation) if index < Handle::SLOTS && turn < Handle::SLOTS => {
                Some(Handle::of(index, generation))
            }
            _ => None,
        }
    }

    /// The slot's number, from 0 to the slab's capacity less one: a key for [`super::Index`] and
    /// [`super::Deadlines`] while the slot is occupied.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.0.get() & 0xffff
    }

    pub(super) const fn generation(self) -> Generation {
        match Generation::new((self.0.get() >> 16) as Turn) {
            Some(generation) => generation,
            None => Generation::MAX,
        }
    }
}

impl Handle {
    /// That of what comes to the slot next.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn next(self) -> Handle {
        let turn = self.generation().get().wrapping_add(1);
        Handle::of(self.index(), Generation::new(turn).unwrap_or(Generation::MIN))
    }

    /// One that no slab gives out before all others.
    const NONE: Handle = Handle::of(u32::MAX, Generation::MAX);

    /// The handle as a number that is never 0, for C and for logs.
    #[must_use]
    #[allow(clippy::unnecessary_cast, reason = "not of all widths")]
    pub const fn to_bits(self) -> u64 {
        (self.generation().get() as u64) << 32 | self.index() as u64
    }

    /// The handle that `to_bits` made this number from. Any number is fine; one that no slab gave
    /// out finds nothing.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the two halves")]
    pub const fn from_bits(bits: u64) -> Handle {
        match Handle::from_parts(bits as u32, (bits >> 32) as u32) {
            Some(handle) => handle,
            None => Handle::NONE,
        }
    }
}

/// Declares public id types over [`Handle`], each with `to_bits` and `from_bits`, so that an engine
/// names what it holds without showing how.
///
/// ```
/// m2m_base::handle_id! {
///     /// Names a request.
///     RequestId
/// }
/// assert_eq!(RequestId::from_bits(7 << 32).to_bits(), 7 << 32);
/// ```
#[macro_export]
macro_rules! handle_id {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        ///
        /// Generational: once what it names is over, it names nothing.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub(crate) $crate::container::Handle);

        impl $name {
            /// The id as a number that is never 0.
            #[must_use]
            pub const fn to_bits(self) -> u64 {
                self.0.to_bits()
            }

            /// The id of a number from `to_bits`; any other number names nothing.
            #[must_use]
            pub const fn from_bits(bits: u64) -> Self {
                $name($crate::container::Handle::from_bits(bits))
            }
        }
    )*};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_one_of_a_slot_is_another() {
        for index in [0, 7, 0xffff] {
            let first = Handle::of(index, Generation::MIN);
            assert_eq!(first.next(), Handle::of(index, Generation::new(2).unwrap()));
            assert_eq!(Handle::of(index, Generation::MAX).next(), first);
        }
    }

    #[test]
    fn a_number_is_that_of_its_handle_or_of_none() {
        for (index, turn) in [(0, 1), (7, 2), (0xffff, Turn::MAX)] {
            let handle = Handle::of(index, Generation::new(turn).unwrap());
            assert_eq!((handle.index(), handle.generation().get()), (index, turn));
            assert_eq!(Handle::from_bits(handle.to_bits()), handle);
        }
        let none = Handle::from_bits(0);
        assert_eq!(none, Handle::from_bits(u64::MAX));
        assert_eq!(Handle::from_bits(5), none);
        if cfg!(feature = "small") {
            assert_eq!(size_of::<Option<Handle>>(), 4);
            assert_eq!(
                (Handle::from_bits(1 << 48), Handle::from_bits(1 << 32 | 1 << 16)),
                (none, none)
            );
        }
    }
}
