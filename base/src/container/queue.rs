//! A first-in first-out queue with a bound.

use super::Reserve;
use alloc::vec::Vec;

/// A queue that holds at most the number of items it was made for: a ring.
#[derive(Debug)]
pub struct Queue<T> {
    /// Filled from the start as far as the ring has ever reached.
    items: Vec<T>,
    first: usize,
    len: usize,
    capacity: usize,
}

impl<T: Copy> Queue<T> {
    /// Reserves room for `capacity` items in an empty queue.
    pub fn reserve(&mut self, capacity: usize, reservation: &mut impl Reserve) {
        reservation.room(&mut self.items, capacity);
        self.capacity = capacity;
    }

    /// A queue without room.
    #[must_use]
    pub const fn empty() -> Self {
        Queue { items: Vec::new(), first: 0, len: 0, capacity: 0 }
    }

    /// Where the item is that comes after `n` others.
    fn place(&self, n: usize) -> usize {
        let at = self.first.wrapping_add(n);
        if at < self.capacity { at } else { at.wrapping_sub(self.capacity) }
    }

    /// Appends an item; gives it back when the queue is full.
    ///
    /// # Errors
    /// The item, if there is no room.
    pub fn push(&mut self, item: T) -> Result<(), T> {
        let at = self.place(self.len);
        if self.len >= self.capacity {
            return Err(item);
        }
        if let Some(place) = self.items.get_mut(at) {
            *place = item;
        } else if self.items.len() == self.items.capacity() {
            return Err(item);
        } else {
            self.items.push(item);
        }
        self.len = self.len.wrapping_add(1);
        Ok(())
    }

    /// Takes the oldest item.
    pub fn pop(&mut self) -> Option<T> {
        let item = *self.front()?;
        self.first = self.place(1);
        self.len = self.len.wrapping_sub(1);
        Some(item)
    }

    /// The oldest item.
    #[must_use]
    pub fn front(&self) -> Option<&T> {
        if self.len == 0 { None } else { self.items.get(self.first) }
    }

    /// Items held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// True when nothing more can be held.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len >= self.capacity
    }

    /// The items, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len).filter_map(|n| self.items.get(self.place(n)))
    }

    /// Keeps only the items for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        for _ in 0..self.len {
            let Some(item) = self.pop() else { return };
            if keep(&item) {
                let _ = self.push(item);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reservation;
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    proptest! {
        #[test]
        fn behaves_like_a_deque_with_a_bound(
            capacity in 0usize..6,
            ops in proptest::collection::vec((0u8..5, any::<u8>()), 0..200),
        ) {
            let mut queue = Queue::empty();
            queue.reserve(capacity, &mut Reservation::new());
            let mut model = VecDeque::new();
            for (op, n) in ops {
                match op {
                    0..=2 if model.len() < capacity => {
                        prop_assert_eq!(queue.push(n), Ok(()));
                        model.push_back(n);
                    }
                    0..=2 => prop_assert_eq!(queue.push(n), Err(n)),
                    3 => prop_assert_eq!(queue.pop(), model.pop_front()),
                    _ => {
                        queue.retain(|m| m % 3 != n % 3);
                        model.retain(|m| m % 3 != n % 3);
                    }
                }
                prop_assert_eq!(queue.front(), model.front());
                prop_assert_eq!((queue.len(), queue.is_empty()), (model.len(), model.is_empty()));
                prop_assert_eq!(queue.is_full(), model.len() == capacity);
                prop_assert!(queue.iter().eq(&model));
            }
        }
    }
}
