//! A few slots with generational handles.

use super::Reserve;
use super::handle::{Generation, Handle};
use alloc::vec::Vec;

/// Does what [`super::Slab`] does, all of it reserved, for tables of a few items: a free slot is
/// looked for. Less code where there are several such tables.
#[derive(Debug)]
pub struct FewSlots<T> {
    slots: Vec<Slot<T>>,
}

#[derive(Debug)]
struct Slot<T> {
    item: Option<T>,
    /// That of the item, or of the next one.
    handle: Handle,
}

impl<T> Slot<T> {
    /// Takes the item out, whose handle is stale from now on.
    fn leave(&mut self) -> Option<T> {
        self.handle = self.handle.next();
        self.item.take()
    }
}

impl<T> FewSlots<T> {
    /// Reserves room for `capacity` items in an empty table, all of it now.
    pub fn reserve(&mut self, capacity: u32, reservation: &mut impl Reserve) {
        reservation.fill_with(&mut self.slots, Handle::slots(capacity) as usize, |index| Slot {
            item: None,
            handle: Handle::of(index, Generation::MIN),
        });
    }

    /// A table without room.
    #[must_use]
    pub const fn empty() -> Self {
        FewSlots { slots: Vec::new() }
    }

    fn free(&mut self) -> Option<&mut Slot<T>> {
        self.slots.iter_mut().find(|slot| slot.item.is_none())
    }

    fn slot(&mut self, handle: Handle) -> Option<&mut Slot<T>> {
        let slot = self.slots.get_mut(handle.index() as usize);
        slot.filter(|slot| slot.handle == handle && slot.item.is_some())
    }

    /// Stores an item; gives it back when the table is full.
    ///
    /// # Errors
    /// The item, if there is no room.
    pub fn insert(&mut self, item: T) -> Result<Handle, T> {
        match self.free() {
            Some(slot) => {
                slot.item = Some(item);
                Ok(slot.handle)
            }
            None => Err(item),
        }
    }

    /// Takes an item out; its handle is stale from now on.
    pub fn remove(&mut self, handle: Handle) -> Option<T> {
        self.slot(handle)?.leave()
    }

    /// Stores what `make` makes, where it will lie; `None` if the table is full.
    #[inline(always)]
    pub fn insert_with(&mut self, make: impl FnOnce() -> T) -> Option<Handle> {
        let slot = self.free()?;
        slot.item = Some(make());
        Some(slot.handle)
    }

    /// Drops an item where it lies; its handle is stale from now on. False if there is none.
    pub fn discard(&mut self, handle: Handle) -> bool {
        self.slot(handle).is_some_and(|slot| {
            slot.handle = handle.next();
            slot.item = None;
            true
        })
    }

    /// The item under `handle`.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    pub fn get(&self, handle: Handle) -> Option<&T> {
        let slot = self.slots.get(handle.index() as usize)?;
        if slot.handle == handle { slot.item.as_ref() } else { None }
    }

    /// The item under `handle`, to change it.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn get_mut(&mut self, handle: Handle) -> Option<&mut T> {
        let slot = self.slots.get_mut(handle.index() as usize)?;
        if slot.handle == handle { slot.item.as_mut() } else { None }
    }

    /// The handle and item that occupy slot `index` now.
    #[must_use]
    pub fn at(&self, index: u32) -> Option<(Handle, &T)> {
        let slot = self.slots.get(index as usize)?;
        slot.item.as_ref().map(|item| (slot.handle, item))
    }

    /// The item that occupies slot `index` now, to change it.
    pub fn at_mut(&mut self, index: u32) -> Option<&mut T> {
        self.slots.get_mut(index as usize)?.item.as_mut()
    }

    /// The handle of what occupies slot `index` now.
    #[must_use]
    pub fn handle_at(&self, index: u32) -> Option<Handle> {
        self.at(index).map(|(handle, _)| handle)
    }

    /// All items with their handles, in the order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Handle, &T)> {
        self.slots.iter().filter_map(|slot| slot.item.as_ref().map(|item| (slot.handle, item)))
    }

    /// True when nothing more can be held.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.slots.iter().all(|slot| slot.item.is_some())
    }

    /// Items it can hold at most.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "it was made with a number of 32 bits")]
    pub fn capacity(&self) -> u32 {
        self.slots.len() as u32
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
        // The handle that the next item will have names nothing yet.
        let next = Handle::from_bits(2 << 32);
        assert_eq!((s.get(next), s.at(0)), (None, None));
        assert!(!s.discard(next));
        let b = s.insert('b').unwrap();
        assert_eq!(b, next);
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
