//! A few slots with generational handles.

use super::Reserve;
use super::handle::{Generation, Handle, Turn};
use alloc::vec::Vec;

/// How often something came to each slot or left it: an odd number while it is taken, which is then
/// the generation of its handle. All that does not depend on what lies there.
#[derive(Debug)]
struct Turns(Vec<Turn>);

impl Turns {
    /// Takes the first slot that is free.
    #[inline(never)]
    fn take(&mut self) -> Option<Handle> {
        let (index, turn) = (0..).zip(&mut self.0).find(|(_, turn)| **turn & 1 == 0)?;
        *turn = turn.wrapping_add(1);
        Generation::new(*turn).map(|generation| Handle::of(index, generation))
    }

    /// Makes a slot free; false if the handle is stale.
    #[inline(never)]
    fn leave(&mut self, handle: Handle) -> bool {
        match self.0.get_mut(handle.index() as usize) {
            Some(turn) if *turn == handle.generation().get() && *turn & 1 != 0 => {
                *turn = turn.wrapping_add(1);
                true
            }
            _ => false,
        }
    }

    fn at(&self, index: u32) -> Option<Handle> {
        let turn = self.0.get(index as usize).filter(|turn| **turn & 1 != 0)?;
        Generation::new(*turn).map(|generation| Handle::of(index, generation))
    }

    #[inline(never)]
    fn is_full(&self) -> bool {
        self.0.iter().all(|turn| turn & 1 != 0)
    }
}

/// Does what [`super::Slab`] does, all of it reserved, for tables of a few items: a free slot is
/// looked for, and what is the same for all types is there once. Less code where there are several
/// such tables.
#[derive(Debug)]
pub struct FewSlots<T> {
    turns: Turns,
    items: Vec<Option<Slot<T>>>,
}

/// An item, and the generation of its handle once more: who looks for it has both at one place.
#[derive(Debug)]
struct Slot<T> {
    item: T,
    generation: Generation,
}

impl<T> FewSlots<T> {
    /// Reserves room for `capacity` items in an empty table, all of it now.
    pub fn reserve(&mut self, capacity: u32, reservation: &mut impl Reserve) {
        let capacity = Handle::slots(capacity) as usize;
        reservation.fill(&mut self.turns.0, 0, capacity);
        reservation.room(&mut self.items, capacity);
        while self.items.len() < self.items.capacity().min(capacity) {
            self.items.push(None);
        }
    }

    /// A table without room.
    #[must_use]
    pub const fn empty() -> Self {
        FewSlots { turns: Turns(Vec::new()), items: Vec::new() }
    }

    /// Stores an item; gives it back when the table is full.
    ///
    /// # Errors
    /// The item, if there is no room.
    pub fn insert(&mut self, item: T) -> Result<Handle, T> {
        let Some(handle) = self.turns.take() else { return Err(item) };
        let Some(place) = self.items.get_mut(handle.index() as usize) else { return Err(item) };
        *place = Some(Slot { item, generation: handle.generation() });
        Ok(handle)
    }

    /// Takes an item out; its handle is stale from now on.
    pub fn remove(&mut self, handle: Handle) -> Option<T> {
        if self.turns.leave(handle) {
            self.items.get_mut(handle.index() as usize)?.take().map(|slot| slot.item)
        } else {
            None
        }
    }

    /// Stores what `make` makes, where it will lie; `None` if the table is full.
    #[inline(always)]
    pub fn insert_with(&mut self, make: impl FnOnce() -> T) -> Option<Handle> {
        let handle = self.turns.take()?;
        let place = self.items.get_mut(handle.index() as usize)?;
        *place = Some(Slot { item: make(), generation: handle.generation() });
        Some(handle)
    }

    /// Drops an item where it lies; its handle is stale from now on. False if there is none.
    pub fn discard(&mut self, handle: Handle) -> bool {
        let held = self.turns.leave(handle);
        if held && let Some(place) = self.items.get_mut(handle.index() as usize) {
            *place = None;
        }
        held
    }

    /// The item under `handle`.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    pub fn get(&self, handle: Handle) -> Option<&T> {
        match self.items.get(handle.index() as usize)? {
            Some(slot) if slot.generation == handle.generation() => Some(&slot.item),
            _ => None,
        }
    }

    /// The item under `handle`, to change it.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn get_mut(&mut self, handle: Handle) -> Option<&mut T> {
        match self.items.get_mut(handle.index() as usize)? {
            Some(slot) if slot.generation == handle.generation() => Some(&mut slot.item),
            _ => None,
        }
    }

    /// The handle and item that occupy slot `index` now.
    #[must_use]
    pub fn at(&self, index: u32) -> Option<(Handle, &T)> {
        let slot = self.items.get(index as usize)?.as_ref()?;
        Some((Handle::of(index, slot.generation), &slot.item))
    }

    /// The item that occupies slot `index` now, to change it.
    pub fn at_mut(&mut self, index: u32) -> Option<&mut T> {
        self.items.get_mut(index as usize)?.as_mut().map(|slot| &mut slot.item)
    }

    /// The handle of what occupies slot `index` now.
    #[must_use]
    pub fn handle_at(&self, index: u32) -> Option<Handle> {
        self.turns.at(index)
    }

    /// All items with their handles, in the order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Handle, &T)> {
        (0..self.capacity()).filter_map(|index| self.at(index))
    }

    /// True when nothing more can be held.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.turns.is_full()
    }

    /// Items it can hold at most.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "it was made with a number of 32 bits")]
    pub fn capacity(&self) -> u32 {
        self.turns.0.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reservation;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_stale_handle_finds_nothing() {
        let mut s = FewSlots::empty();
        assert!(s.is_full());
        s.reserve(1, &mut Reservation::new());
        let a = s.insert('a').unwrap();
        assert_eq!(s.insert('b'), Err('b'));
        assert_eq!(s.remove(a), Some('a'));
        assert_eq!(s.remove(a), None);
        // The number of the free slot is no handle.
        let free = Handle::from_bits(2 << 32);
        assert_eq!((s.get(free), s.at(0)), (None, None));
        assert!(!s.discard(free));
        let b = s.insert('b').unwrap();
        assert_eq!(a.index(), b.index());
        assert_eq!(s.get(a), None);
        assert_eq!(s.get(Handle::from_bits(b.to_bits())), Some(&'b'));
        assert_eq!(s.get(Handle::from_bits(0)), None);
        assert_eq!(s.get(Handle::from_bits(u64::MAX)), None);
    }

    proptest! {
        #[test]
        fn behaves_like_a_map(ops in proptest::collection::vec((any::<bool>(), 0usize..20), 0..200)) {
            let mut slots = FewSlots::empty();
            slots.reserve(8, &mut Reservation::new());
            let mut model = BTreeMap::new();
            let mut given = std::vec::Vec::new();
            for (n, (insert, which)) in ops.into_iter().enumerate() {
                prop_assert_eq!(slots.is_full(), model.len() == 8);
                if insert {
                    match slots.insert(n) {
                        Ok(h) => { prop_assert!(model.insert(h, n).is_none()); given.push(h); }
                        Err(_) => prop_assert_eq!(model.len(), 8),
                    }
                } else if let Some(h) = given.get(which) {
                    if n % 2 == 0 {
                        prop_assert_eq!(slots.remove(*h), model.remove(h));
                    } else {
                        prop_assert_eq!(slots.discard(*h), model.remove(h).is_some());
                    }
                }
                for h in &given {
                    prop_assert_eq!(slots.get(*h), model.get(h));
                    let there = slots.handle_at(h.index()) == Some(*h);
                    prop_assert_eq!(there, model.contains_key(h));
                }
            }
            let all: BTreeMap<_, _> = slots.iter().map(|(h, n)| (h, *n)).collect();
            prop_assert_eq!(all, model);
        }
    }
}
