//! The deadlines of many slots, soonest first.

use super::{Narrow, Reservation};
use crate::Instant;
use alloc::vec::Vec;

const NONE: u32 = u32::MAX;

/// Below each entry are as many that are not sooner: more of them make fewer levels.
const CHILDREN: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Narrow<Instant>,
    slot: u32,
}

/// At most one deadline for each slot of a [`super::Slab`]: the soonest in O(1), a change in
/// O(log n). Equal deadlines come in the order of their slots' numbers only by accident, but in
/// the same order for the same calls.
#[derive(Debug)]
pub struct Deadlines {
    heap: Vec<Entry>,
    /// Where each slot's entry is in `heap`.
    place: Vec<u32>,
    grows: bool,
}

impl Deadlines {
    /// Reserves room for slots 0 to `capacity` less one in an empty table, all of it now.
    pub fn reserve(&mut self, capacity: u32, reservation: &mut Reservation) {
        reservation.room(&mut self.heap, capacity as usize);
        reservation.room(&mut self.place, capacity as usize);
    }

    /// A table without room.
    #[must_use]
    pub const fn empty() -> Self {
        Deadlines { heap: Vec::new(), place: Vec::new(), grows: false }
    }

    /// Grows with its slots.
    #[must_use]
    pub const fn growing() -> Self {
        Deadlines { heap: Vec::new(), place: Vec::new(), grows: true }
    }

    /// The soonest deadline and its slot.
    #[must_use]
    pub fn first(&self) -> Option<(Instant, u32)> {
        self.heap.first().map(|e| (e.at.get(), e.slot))
    }

    /// The deadline of `slot`.
    #[must_use]
    pub fn get(&self, slot: u32) -> Option<Instant> {
        let place = *self.place.get(slot as usize)?;
        self.at(place as usize)
    }

    /// The slot whose deadline is due at `now`, its deadline removed.
    pub fn pop_due(&mut self, now: Instant) -> Option<u32> {
        let (at, slot) = self.first()?;
        if at > now {
            return None;
        }
        self.clear(slot);
        Some(slot)
    }

    /// Sets or replaces the deadline of `slot`. False if memory ran out, which cannot happen for
    /// slots within the capacity of [`Deadlines::reserve`].
    pub fn set(&mut self, slot: u32, at: Instant) -> bool {
        while self.place.len() <= slot as usize {
            let short = self.place.len() == self.place.capacity();
            if short && (!self.grows || self.place.try_reserve(1).is_err()) {
                return false;
            }
            self.place.push(NONE);
        }
        let Some(place) = self.place.get(slot as usize).copied() else { return false };
        if let Some(entry) = self.heap.get_mut(place as usize) {
            entry.at = at.into();
            self.settle(place as usize);
            return true;
        }
        let short = self.heap.len() == self.heap.capacity();
        if short && (!self.grows || self.heap.try_reserve(1).is_err()) {
            return false;
        }
        self.heap.push(Entry { at: at.into(), slot });
        self.settle(self.heap.len().wrapping_sub(1));
        true
    }

    /// Removes the deadline of `slot`, if it has one.
    pub fn clear(&mut self, slot: u32) {
        let Some(place) = self.place.get_mut(slot as usize) else { return };
        let at = core::mem::replace(place, NONE) as usize;
        if at >= self.heap.len() {
            return;
        }
        self.heap.swap_remove(at);
        if at < self.heap.len() {
            self.settle(at);
        }
    }

    /// Slots that have a deadline.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// True when no slot has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    fn at(&self, place: usize) -> Option<Instant> {
        self.heap.get(place).map(|e| e.at.get())
    }

    /// Moves the entry at `place` up or down to where it belongs. Those in its way move by one
    /// step each.
    fn settle(&mut self, mut place: usize) {
        let Some(entry) = self.heap.get(place).copied() else { return };
        let at = entry.at.get();
        while place > 0 {
            let parent = (place - 1) / CHILDREN;
            let Some(above) = self.heap.get(parent).copied().filter(|e| e.at.get() > at) else {
                break;
            };
            self.put(place, above);
            place = parent;
        }
        loop {
            let first = place.wrapping_mul(CHILDREN).wrapping_add(1);
            let Some(rest) = self.heap.get(first..) else { break };
            let (mut soonest, mut child) = (at, 0);
            for (n, below) in (first..).zip(rest.iter().take(CHILDREN)) {
                if below.at.get() < soonest {
                    (soonest, child) = (below.at.get(), n);
                }
            }
            let Some(below) = self.heap.get(child).copied().filter(|_| child > 0) else { break };
            self.put(place, below);
            place = child;
        }
        self.put(place, entry);
    }

    /// Puts an entry into a place, and notes that it is there.
    fn put(&mut self, place: usize, entry: Entry) {
        if let Some(here) = self.heap.get_mut(place) {
            *here = entry;
        }
        if let Some(noted) = self.place.get_mut(entry.slot as usize) {
            *noted = u32::try_from(place).unwrap_or(NONE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn behaves_like_a_sorted_map(
            ops in proptest::collection::vec((0u32..12, proptest::option::of(0u64..50)), 0..200),
            grows: bool,
        ) {
            let mut d = Deadlines { grows, ..Deadlines::empty() };
            if !grows {
                d.reserve(12, &mut Reservation::new());
            }
            let mut model = BTreeMap::new();
            for (slot, at) in ops {
                match at {
                    Some(ms) => {
                        prop_assert!(d.set(slot, Instant::from_millis(ms)));
                        model.insert(slot, ms);
                    }
                    None => {
                        d.clear(slot);
                        model.remove(&slot);
                    }
                }
                prop_assert_eq!(d.len(), model.len());
                prop_assert_eq!(d.first().map(|f| f.0.as_millis()), model.values().min().copied());
                for s in 0..12 {
                    prop_assert_eq!(d.get(s).map(Instant::as_millis), model.get(&s).copied());
                }
            }
            let mut last = 0;
            while let Some((at, slot)) = d.first() {
                prop_assert!(at.as_millis() >= last);
                last = at.as_millis();
                prop_assert_eq!(d.pop_due(at), Some(slot));
                prop_assert_eq!(model.remove(&slot), Some(last));
            }
            prop_assert!(model.is_empty());
        }
    }
}
