//! A first-in first-out queue with a bound.

use super::Reservation;
use alloc::collections::VecDeque;

/// A queue that holds at most the number of items it was made for.
#[derive(Debug)]
pub struct Queue<T> {
    items: VecDeque<T>,
    capacity: usize,
}

impl<T> Queue<T> {
    /// Reserves room for `capacity` items in an empty queue.
    pub fn reserve(&mut self, capacity: usize, reservation: &mut Reservation) {
        reservation.line(&mut self.items, capacity);
        self.capacity = capacity;
    }

    /// A queue without room.
    #[must_use]
    pub const fn empty() -> Self {
        Queue { items: VecDeque::new(), capacity: 0 }
    }

    /// Appends an item; gives it back when the queue is full.
    ///
    /// # Errors
    /// The item, if there is no room.
    pub fn push(&mut self, item: T) -> Result<(), T> {
        if self.items.len() >= self.capacity {
            return Err(item);
        }
        self.items.push_back(item);
        Ok(())
    }

    /// Puts an item back to the front, for one that was popped and could not be used.
    ///
    /// # Errors
    /// The item, if there is no room.
    pub fn push_front(&mut self, item: T) -> Result<(), T> {
        if self.items.len() >= self.capacity {
            return Err(item);
        }
        self.items.push_front(item);
        Ok(())
    }

    /// Takes the oldest item.
    pub fn pop(&mut self) -> Option<T> {
        self.items.pop_front()
    }

    /// The oldest item.
    #[must_use]
    pub fn front(&self) -> Option<&T> {
        self.items.front()
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
        self.items.len() >= self.capacity
    }

    /// The items, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    /// Keeps only the items for which `keep` says so.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.items.retain(keep);
    }
}
