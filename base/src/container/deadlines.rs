//! The deadlines of many slots, soonest first.

use super::{Narrow, Reserve};
use crate::Instant;
use alloc::vec::Vec;

const NONE: u32 = u32::MAX;

/// Below each entry are as many that are not sooner: more of them make fewer levels.
const CHILDREN: usize = 4;

/// A fixed table of fewer slots is sorted as fast as it is kept in line.
const LINED: u32 = 256;

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Narrow<Instant>,
    slot: u32,
}

/// In the place of a slot whose entry is in the line.
const IN_LINE: u32 = 1 << 31;

/// At most one deadline for each slot of a [`super::Slab`]: the soonest in O(1), a change in
/// O(log n). Equal deadlines come in the order of their slots' numbers only by accident, but in
/// the same order for the same calls.
///
/// In a table that grows or is not small, deadlines that are set in their order, as those of equal
/// lifetimes are, stand in a line, where a change takes O(1) and what is due stands side by side. Only
/// the others are in the heap.
#[derive(Debug)]
pub struct Deadlines {
    /// None is sooner than the one in front of it; those that are over have the slot [`NONE`].
    line: Vec<Entry>,
    /// The first of the line that is not over, or its end.
    head: usize,
    /// Those of the line that are not over.
    waiting: usize,
    heap: Vec<Entry>,
    /// Where each slot's entry is in `heap`, or with [`IN_LINE`] in `line`.
    place: Vec<u32>,
    grows: bool,
}

impl Deadlines {
    /// Reserves room for slots 0 to `capacity` less one in an empty table, all of it now.
    pub fn reserve(&mut self, capacity: u32, reservation: &mut impl Reserve) {
        if capacity >= LINED {
            // Twice as many, so that there are as many that are over when they have to leave.
            reservation.room(&mut self.line, (capacity as usize).saturating_mul(2));
        }
        reservation.room(&mut self.heap, capacity as usize);
        reservation.room(&mut self.place, capacity as usize);
    }

    /// A table without room.
    #[must_use]
    pub const fn empty() -> Self {
        Deadlines::made(false)
    }

    /// Grows with its slots.
    #[must_use]
    pub const fn growing() -> Self {
        Deadlines::made(true)
    }

    const fn made(grows: bool) -> Self {
        Deadlines {
            line: Vec::new(),
            head: 0,
            waiting: 0,
            heap: Vec::new(),
            place: Vec::new(),
            grows,
        }
    }

    /// The soonest deadline and its slot.
    #[must_use]
    pub fn first(&self) -> Option<(Instant, u32)> {
        let (line, heap) = (self.line.get(self.head), self.heap.first());
        let first = match (line, heap) {
            (Some(line), Some(heap)) if heap.at.get() < line.at.get() => heap,
            (line, heap) => line.or(heap)?,
        };
        Some((first.at.get(), first.slot))
    }

    /// The deadline of `slot`.
    #[must_use]
    pub fn get(&self, slot: u32) -> Option<Instant> {
        let place = *self.place.get(slot as usize)?;
        let entry = match in_line(place) {
            Some(at) => self.line.get(at),
            None => self.heap.get(place as usize),
        };
        entry.map(|entry| entry.at.get())
    }

    /// The deadlines that stand in line and their slots, the soonest first.
    pub fn lined_up(&self) -> impl Iterator<Item = (Instant, u32)> {
        let line = self.line.get(self.head..).unwrap_or_default().iter();
        line.filter(|entry| entry.slot != NONE).map(|entry| (entry.at.get(), entry.slot))
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
    /// slots within the capacity of [`Deadlines::reserve`]: what was set stays then.
    pub fn set(&mut self, slot: u32, at: Instant) -> bool {
        while self.place.len() <= slot as usize {
            let short = self.place.len() == self.place.capacity();
            if short && (!self.grows || self.place.try_reserve(1).is_err()) {
                return false;
            }
            self.place.push(NONE);
        }
        let entry = Entry { at: at.into(), slot };
        if self.line.last().is_none_or(|last| last.at.get() <= at) && self.has_room() {
            self.clear(slot);
            self.note(slot, self.line.len() | IN_LINE as usize);
            self.line.push(entry);
            self.waiting = self.waiting.saturating_add(1);
            return true;
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
        self.clear(slot);
        self.heap.push(entry);
        self.settle(self.heap.len().wrapping_sub(1));
        true
    }

    /// Is there room at the end of the line? Those that are over leave it when they are as many as
    /// the others.
    fn has_room(&mut self) -> bool {
        if self.line.len() < self.line.capacity() {
            return true;
        }
        if self.waiting <= self.line.len() / 2 {
            self.line.retain(|entry| entry.slot != NONE);
            self.head = 0;
            for (at, entry) in self.line.iter().enumerate() {
                if let Some(place) = self.place.get_mut(entry.slot as usize) {
                    *place = u32::try_from(at).unwrap_or(NONE) | IN_LINE;
                }
            }
        }
        let few = self.line.len() < (IN_LINE / 2) as usize;
        match self.grows {
            true => few && self.line.try_reserve(1).is_ok(),
            false => few && self.line.len() < self.line.capacity(),
        }
    }

    /// Removes the deadline of `slot`, if it has one.
    pub fn clear(&mut self, slot: u32) {
        let Some(place) = self.place.get_mut(slot as usize) else { return };
        let place = core::mem::replace(place, NONE);
        if let Some(at) = in_line(place) {
            return self.leave(at);
        }
        let at = place as usize;
        if at >= self.heap.len() {
            return;
        }
        self.heap.swap_remove(at);
        if at < self.heap.len() {
            self.settle(at);
        }
    }

    /// What is at a place of the line is over.
    fn leave(&mut self, at: usize) {
        let Some(entry) = self.line.get_mut(at) else { return };
        entry.slot = NONE;
        self.waiting = self.waiting.saturating_sub(1);
        // One that was far ahead and is over holds up nobody.
        while self.line.last().is_some_and(|last| last.slot == NONE) {
            self.line.pop();
        }
        if self.waiting == 0 {
            self.head = 0;
        }
        while self.line.get(self.head).is_some_and(|entry| entry.slot == NONE) {
            self.head = self.head.saturating_add(1);
        }
    }

    /// Slots that have a deadline.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len().saturating_add(self.waiting)
    }

    /// True when no slot has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        self.note(entry.slot, place);
    }

    fn note(&mut self, slot: u32, place: usize) {
        if let Some(noted) = self.place.get_mut(slot as usize) {
            *noted = u32::try_from(place).unwrap_or(NONE);
        }
    }
}

/// Where in the line a place is, if it is there.
fn in_line(place: u32) -> Option<usize> {
    (place & IN_LINE != 0 && place != NONE).then_some((place & !IN_LINE) as usize)
}

#[cfg(test)]
mod tests {
    use super::super::Reservation;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn behaves_like_a_sorted_map(
            ops in proptest::collection::vec((0u32..12, proptest::option::of(0u64..50)), 0..200),
            grows: bool,
            ordered: bool,
        ) {
            let mut d = Deadlines::made(grows);
            if !grows {
                d.reserve(12, &mut Reservation::new());
            }
            let mut model = BTreeMap::new();
            for (n, (slot, at)) in ops.into_iter().enumerate() {
                // Some come in their order, some do not.
                let at = at.map(|ms| if ordered && ms % 8 > 0 { 60 + n as u64 / 3 } else { ms });
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

    #[test]
    fn a_fixed_table_has_a_line_if_it_is_not_small() {
        for (capacity, line) in [(LINED - 1, 0), (LINED, 2 * LINED as usize)] {
            let mut d = Deadlines::empty();
            let mut reservation = Reservation::new();
            d.reserve(capacity, &mut reservation);
            assert_eq!(d.line.capacity(), line);
            // As a table of messages that are answered at once and remembered for long.
            for round in 0..20 * capacity {
                let (slot, now) = (round % capacity, u64::from(round));
                d.clear(slot);
                assert!(d.set(slot, Instant::from_millis(now + 10)));
                assert!(d.set(slot, Instant::from_millis(now + 100_000)));
            }
            assert_eq!((d.len(), d.line.capacity()), (capacity as usize, line));
            assert_eq!(d.heap.is_empty(), line > 0);
        }
    }

    #[test]
    fn those_in_their_order_are_not_sorted() {
        let mut d = Deadlines::growing();
        // Each slot has one again and again, as a table of messages that are remembered does.
        for round in 0..100_000u32 {
            let slot = round % 1000;
            d.clear(slot);
            assert!(d.set(slot, Instant::from_millis(u64::from(round / 3))));
        }
        assert!(d.heap.is_empty());
        assert_eq!((d.len(), d.first()), (1000, Some((Instant::from_millis(33_000), 0))));
        // What is over does not stay for long.
        assert!(d.line.capacity() <= 4096);
        // One that comes sooner is moved, and one that is not may stay where it is.
        assert!(d.set(7, Instant::ZERO) && d.set(8, Instant::from_millis(90_000)));
        assert_eq!((d.heap.len(), d.pop_due(Instant::ZERO)), (1, Some(7)));
        assert_eq!(d.get(8), Some(Instant::from_millis(90_000)));
    }
}
