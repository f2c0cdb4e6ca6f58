//! A first-in first-out queue of a few items.

use super::{Reserve, Reserved};
use alloc::vec::Vec;

/// Does what [`super::Queue`] does for a few items: those behind one that is taken move on. Less code
/// and memory than a ring.
#[derive(Debug)]
pub struct FewQueue<T> {
    items: Vec<T>,
}

impl<T: Copy> FewQueue<T> {
    /// Reserves room for `capacity` items in an empty queue.
    pub fn reserve(&mut self, capacity: usize, reservation: &mut impl Reserve) {
        reservation.room(&mut self.items, capacity);
    }

    /// A queue without room.
    #[must_use]
    pub const fn empty() -> Self {
        FewQueue { items: Vec::new() }
    }

    /// Appends an item; gives it back when the queue is full.
    ///
    /// # Errors
    /// The item, if there is no room.
    pub fn push(&mut self, item: T) -> Result<(), T> {
        if self.items.push_reserved(item) { Ok(()) } else { Err(item) }
    }

    /// Takes the oldest item.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn pop(&mut self) -> Option<T> {
        let item = *self.items.first()?;
        self.items.copy_within(1.., 0);
        self.items.truncate(self.items.len().wrapping_sub(1));
        Some(item)
    }

    /// The oldest item.
    #[must_use]
    pub fn front(&self) -> Option<&T> {
        self.items.first()
    }

    /// Items held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True when nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// True when nothing more can be held.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.items.len() >= self.items.capacity()
    }

    /// The items, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    /// Keeps only the items for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        let mut kept = 0usize;
        for at in 0..self.items.len() {
            let Some(item) = self.items.get(at).copied().filter(|item| keep(item)) else {
                continue;
            };
            if let Some(place) = self.items.get_mut(kept) {
                *place = item;
            }
            kept = kept.wrapping_add(1);
        }
        self.items.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reservation;
    use super::super::queue::Queue;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn does_what_a_queue_does(
            capacity in 0usize..6,
            ops in proptest::collection::vec((0u8..5, any::<u8>()), 0..200),
        ) {
            let (mut few, mut ring) = (FewQueue::empty(), Queue::empty());
            few.reserve(capacity, &mut Reservation::new());
            ring.reserve(capacity, &mut Reservation::new());
            for (op, n) in ops {
                match op {
                    0..=2 => prop_assert_eq!(few.push(n), ring.push(n)),
                    3 => prop_assert_eq!(few.pop(), ring.pop()),
                    _ => {
                        few.retain(|m| m % 3 != n % 3);
                        ring.retain(|m| m % 3 != n % 3);
                    }
                }
                prop_assert_eq!(few.front(), ring.front());
                prop_assert_eq!((few.len(), few.is_empty()), (ring.len(), ring.is_empty()));
                prop_assert_eq!(few.is_full(), ring.is_full());
                prop_assert!(few.iter().eq(ring.iter()));
            }
        }
    }
}
