//! What an engine takes of the heap when it is made.

use super::OutOfMemory;
use alloc::vec::Vec;

/// Where the tables of an engine get their memory when it is opened: each asks for its own, and only at
/// the end is it asked whether all was there. So there is one way out instead of one behind each
/// table, and an engine is opened where it lies, without copies of it on the stack.
///
/// A [`Reservation`] is one; an application that hands out memory in a way of its own has another.
pub trait Reserve {
    /// Gives an empty vector room for `capacity` items; none, if there is no memory. Tells for how many.
    fn room<T>(&mut self, v: &mut Vec<T>, capacity: usize) -> usize;

    /// Bytes asked for.
    fn bytes(&self) -> usize;

    /// # Errors
    /// [`OutOfMemory`] if something could not be had. Then what was made is without it, and is to
    /// be dropped.
    fn finish(&self) -> Result<(), OutOfMemory>;

    /// Fills an empty vector with `len` times `value`, if there is memory.
    fn fill<T: Clone>(&mut self, v: &mut Vec<T>, value: T, len: usize) {
        if cfg!(feature = "small") {
            return self.fill_with(v, len, |_| value.clone());
        }
        let room = self.room(v, len);
        v.resize(room, value);
    }

    /// Fills an empty vector with `len` items, each made of its number, if there is memory.
    fn fill_with<T>(&mut self, v: &mut Vec<T>, len: usize, mut make: impl FnMut(u32) -> T) {
        let room = self.room(v, len);
        for number in (0..).take(room) {
            v.push_reserved(make(number));
        }
    }
}

/// All that an engine reserves when it is opened, taken from the allocator table by table.
///
/// It also tells how much that was; and [`Reservation::counting`] tells it without reserving.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reservation {
    bytes: usize,
    rounded: usize,
    blocks: usize,
    short: bool,
    counts: bool,
}

impl Reservation {
    /// Nothing is reserved yet.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "a reservation is always made on purpose")]
    pub const fn new() -> Self {
        Reservation { bytes: 0, rounded: 0, blocks: 0, short: false, counts: false }
    }

    /// One that reserves nothing and only counts: all containers that are made with it are without
    /// room.
    #[must_use]
    pub const fn counting() -> Self {
        Reservation { counts: true, ..Reservation::new() }
    }

    /// What they take from an allocator that gives a multiple of the size of a pointer, and two of
    /// those at least, for each block: what a heap without headers does.
    #[must_use]
    pub const fn rounded_bytes(&self) -> usize {
        self.rounded
    }

    /// Blocks of memory asked for.
    #[must_use]
    pub const fn blocks(&self) -> usize {
        self.blocks
    }

    /// Notes a block; true if it is to be reserved.
    fn note(&mut self, size: usize, count: usize) -> bool {
        let Some(bytes) = size.checked_mul(count).filter(|bytes| isize::try_from(*bytes).is_ok())
        else {
            self.short = true;
            return false;
        };
        self.bytes = self.bytes.saturating_add(bytes);
        if bytes > 0 {
            let word = size_of::<usize>();
            let rounded = bytes.next_multiple_of(word).max(word.saturating_mul(2));
            self.rounded = self.rounded.saturating_add(rounded);
            self.blocks = self.blocks.saturating_add(1);
        }
        !self.counts
    }
}

impl Reserve for Reservation {
    fn room<T>(&mut self, v: &mut Vec<T>, capacity: usize) -> usize {
        if !self.note(size_of::<T>(), capacity) {
            return 0;
        }
        self.short |= v.try_reserve_exact(capacity).is_err();
        capacity.min(v.capacity())
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn finish(&self) -> Result<(), OutOfMemory> {
        if self.short { Err(OutOfMemory) } else { Ok(()) }
    }
}

/// Vectors that were given room by a [`Reservation`], and keep to it.
pub trait Reserved<T> {
    /// Appends an item as long as what was reserved lasts; false if it is used up. Unlike `push` it
    /// brings no code that allocates.
    fn push_reserved(&mut self, item: T) -> bool;

    /// Puts an item at an index, before those that are there, as long as what was reserved lasts; false if
    /// it is used up or the index is above the length.
    fn insert_reserved(&mut self, at: usize, item: T) -> bool;
}

impl<T> Reserved<T> for Vec<T> {
    #[inline(always)]
    fn push_reserved(&mut self, item: T) -> bool {
        let room = self.len() < self.capacity();
        if room {
            self.push(item);
        }
        room
    }

    #[inline(always)]
    fn insert_reserved(&mut self, at: usize, item: T) -> bool {
        let room = self.len() < self.capacity() && at <= self.len();
        if room {
            self.insert(at, item);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_reserved_does_not_grow() {
        let mut numbers = Vec::new();
        Reservation::new().room(&mut numbers, 3);
        let capacity = numbers.capacity();
        assert!(!numbers.insert_reserved(1, 0));
        assert!(numbers.push_reserved(1) && numbers.push_reserved(3));
        assert!(numbers.insert_reserved(1, 2));
        assert_eq!((numbers.push_reserved(4), numbers.insert_reserved(0, 0)), (false, false));
        assert_eq!((numbers.as_slice(), numbers.capacity()), (&[1, 2, 3][..], capacity));
    }

    fn make(reservation: &mut Reservation) -> (usize, usize, usize) {
        let (mut numbers, mut bytes, mut none) = (Vec::<u32>::new(), Vec::new(), Vec::<u64>::new());
        reservation.room(&mut numbers, 7);
        reservation.fill(&mut bytes, 1u8, 5);
        reservation.room(&mut none, 0);
        (numbers.capacity(), bytes.len(), none.capacity())
    }

    #[test]
    fn counting_tells_what_reserving_takes() {
        let (mut real, mut counting) = (Reservation::new(), Reservation::counting());
        assert_eq!(make(&mut real), (7, 5, 0));
        assert_eq!(make(&mut counting), (0, 0, 0));
        assert_eq!((real.bytes(), real.blocks()), (33, 2));
        assert_eq!((counting.bytes(), counting.blocks()), (33, 2));
        let words = (28usize.next_multiple_of(size_of::<usize>())) + 2 * size_of::<usize>();
        assert_eq!((real.rounded_bytes(), counting.rounded_bytes()), (words, words));
        assert_eq!((real.finish(), counting.finish()), (Ok(()), Ok(())));
    }

    #[test]
    fn what_cannot_be_had_is_told_at_the_end() {
        let mut reservation = Reservation::new();
        let (mut none, mut some) = (Vec::<u64>::new(), Vec::<u8>::new());
        reservation.room(&mut none, usize::MAX);
        reservation.room(&mut some, 3);
        assert_eq!((none.capacity(), some.capacity()), (0, 3));
        assert_eq!(reservation.finish(), Err(OutOfMemory));
        let mut bytes = Vec::new();
        reservation.fill(&mut bytes, 0u8, usize::MAX);
        assert_eq!(bytes.len(), 0);
        let mut counting = Reservation::counting();
        counting.room(&mut none, usize::MAX / 2);
        assert_eq!(counting.finish(), Err(OutOfMemory));
    }
}
