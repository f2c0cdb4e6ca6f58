//! Slots with generational handles.

use super::Reserve;
use super::handle::{Generation, Handle};
use alloc::vec::Vec;

const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Slot<T> {
    generation: Generation,
    content: Content<T>,
}

impl<T> Slot<T> {
    /// Handles of what was here find nothing any more. 0 is left out.
    fn renew(&mut self) {
        self.generation = self.generation.checked_add(1).unwrap_or(Generation::MIN);
    }
}

#[derive(Debug)]
enum Content<T> {
    Free { next: u32 },
    Taken(T),
}

/// A table of at most `capacity` items, each under a [`Handle`].
#[derive(Debug)]
pub struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: u32,
    len: u32,
    capacity: u32,
}

impl<T> Slab<T> {
    /// Reserves room for `capacity` items in an empty slab, all of it now.
    pub fn reserve(&mut self, capacity: u32, reservation: &mut impl Reserve) {
        self.capacity = Handle::slots(capacity);
        reservation.room(&mut self.slots, self.capacity as usize);
    }

    /// A slab without room.
    #[must_use]
    pub const fn empty() -> Self {
        Slab::growing(0)
    }

    /// A slab that grows as items come, to at most `capacity`.
    #[must_use]
    pub const fn growing(capacity: u32) -> Self {
        Slab { slots: Vec::new(), free: NONE, len: 0, capacity: Handle::slots(capacity) }
    }

    /// Stores an item; gives it back when the slab is full (or memory is).
    ///
    /// # Errors
    /// The item, if there is no room.
    pub fn insert(&mut self, item: T) -> Result<Handle, T> {
        let Some(handle) = self.take_slot() else { return Err(item) };
        match self.slots.get_mut(handle.index() as usize) {
            Some(slot) => slot.content = Content::Taken(item),
            None => return Err(item),
        }
        Ok(handle)
    }

    /// Stores what `make` makes, where it will lie; `None` if there is no room.
    #[inline(always)]
    pub fn insert_with(&mut self, make: impl FnOnce() -> T) -> Option<Handle> {
        let handle = self.take_slot()?;
        let slot = self.slots.get_mut(handle.index() as usize)?;
        slot.content = Content::Taken(make());
        Some(handle)
    }

    /// Takes a free slot out of the list of those, or makes one. Apart from what is put there, which
    /// is made where it will lie.
    #[cfg_attr(feature = "small", inline(never))]
    fn take_slot(&mut self) -> Option<Handle> {
        if self.len >= self.capacity {
            return None;
        }
        let index = self.free;
        let handle = if let Some(slot) = self.slots.get_mut(index as usize) {
            let Content::Free { next } = slot.content else { return None };
            self.free = next;
            Handle::of(index, slot.generation)
        } else {
            let index = u32::try_from(self.slots.len()).ok()?;
            if self.slots.len() == self.slots.capacity() && self.slots.try_reserve(1).is_err() {
                return None;
            }
            let generation = Generation::MIN;
            self.slots.push(Slot { generation, content: Content::Free { next: NONE } });
            Handle::of(index, generation)
        };
        self.len = self.len.saturating_add(1);
        Some(handle)
    }

    /// Stores an item in a slot of the caller's choice, to bring back what was there before a
    /// restart. When all are back, [`Slab::relink`] makes the slots between them free for
    /// [`Slab::insert`], which must not be called before.
    ///
    /// # Errors
    /// The item, if the slot is taken or at or above the capacity, or memory is full.
    pub fn insert_at(&mut self, index: u32, item: T) -> Result<Handle, T> {
        let at = index as usize;
        if index >= self.capacity {
            return Err(item);
        }
        let missing = at.saturating_add(1).saturating_sub(self.slots.len());
        if self.slots.try_reserve(missing).is_err() {
            return Err(item);
        }
        while self.slots.len() <= at {
            let generation = Generation::MIN;
            self.slots.push(Slot { generation, content: Content::Free { next: NONE } });
        }
        match self.slots.get_mut(at) {
            Some(Slot { generation, content: content @ Content::Free { .. } }) => {
                *content = Content::Taken(item);
                self.len = self.len.saturating_add(1);
                Ok(Handle::of(index, *generation))
            }
            _ => Err(item),
        }
    }

    /// Makes all slots that are not taken free, the lowest first.
    pub fn relink(&mut self) {
        let mut free = NONE;
        let mut index = u32::try_from(self.slots.len()).unwrap_or(NONE);
        for slot in self.slots.iter_mut().rev() {
            index = index.saturating_sub(1);
            if let Content::Free { next } = &mut slot.content {
                *next = free;
                free = index;
            }
        }
        self.free = free;
    }

    /// Takes an item out; its handle is stale from now on.
    pub fn remove(&mut self, handle: Handle) -> Option<T> {
        let slot = self.slots.get_mut(handle.index() as usize)?;
        if slot.generation != handle.generation() || matches!(slot.content, Content::Free { .. }) {
            return None;
        }
        slot.renew();
        let content = core::mem::replace(&mut slot.content, Content::Free { next: self.free });
        self.free = handle.index();
        self.len = self.len.saturating_sub(1);
        match content {
            Content::Taken(item) => Some(item),
            Content::Free { .. } => None,
        }
    }

    /// Drops an item where it lies; its handle is stale from now on. False if there is none.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn discard(&mut self, handle: Handle) -> bool {
        let Some(slot) = self.slots.get_mut(handle.index() as usize) else { return false };
        if slot.generation != handle.generation() || matches!(slot.content, Content::Free { .. }) {
            return false;
        }
        slot.renew();
        slot.content = Content::Free { next: self.free };
        self.free = handle.index();
        self.len = self.len.saturating_sub(1);
        true
    }

    /// The item under `handle`.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    pub fn get(&self, handle: Handle) -> Option<&T> {
        let slot = self.slots.get(handle.index() as usize)?;
        match &slot.content {
            Content::Taken(item) if slot.generation == handle.generation() => Some(item),
            _ => None,
        }
    }

    /// The item under `handle`, to change it.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn get_mut(&mut self, handle: Handle) -> Option<&mut T> {
        let slot = self.slots.get_mut(handle.index() as usize)?;
        match &mut slot.content {
            Content::Taken(item) if slot.generation == handle.generation() => Some(item),
            _ => None,
        }
    }

    /// The handle and item that occupy slot `index` now.
    #[must_use]
    pub fn at(&self, index: u32) -> Option<(Handle, &T)> {
        let slot = self.slots.get(index as usize)?;
        match &slot.content {
            Content::Taken(item) => Some((Handle::of(index, slot.generation), item)),
            Content::Free { .. } => None,
        }
    }

    /// The item that occupies slot `index` now, to change it.
    pub fn at_mut(&mut self, index: u32) -> Option<&mut T> {
        match &mut self.slots.get_mut(index as usize)?.content {
            Content::Taken(item) => Some(item),
            Content::Free { .. } => None,
        }
    }

    /// The handle of what occupies slot `index` now.
    #[must_use]
    pub fn handle_at(&self, index: u32) -> Option<Handle> {
        self.at(index).map(|(handle, _)| handle)
    }

    /// All items with their handles, in the order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Handle, &T)> {
        (0..).zip(&self.slots).filter_map(|(index, slot)| match &slot.content {
            Content::Taken(item) => Some((Handle::of(index, slot.generation), item)),
            Content::Free { .. } => None,
        })
    }

    /// All items with their handles, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Handle, &mut T)> {
        (0..).zip(&mut self.slots).filter_map(|(index, slot)| {
            let generation = slot.generation;
            match &mut slot.content {
                Content::Taken(item) => Some((Handle::of(index, generation), item)),
                Content::Free { .. } => None,
            }
        })
    }

    /// Items held.
    #[must_use]
    pub fn len(&self) -> u32 {
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

    /// Items it can hold at most.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        self.capacity
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
        let mut s = Slab::empty();
        s.reserve(1, &mut Reservation::new());
        let a = s.insert('a').unwrap();
        assert_eq!(s.insert('b'), Err('b'));
        assert_eq!(s.remove(a), Some('a'));
        assert_eq!(s.remove(a), None);
        let b = s.insert('b').unwrap();
        assert_eq!(a.index(), b.index());
        assert_eq!(s.get(a), None);
        assert_eq!(s.get(Handle::from_bits(b.to_bits())), Some(&'b'));
        assert_eq!(s.get(Handle::from_bits(0)), None);
        assert_eq!(s.get(Handle::from_bits(u64::MAX)), None);
    }

    #[test]
    fn items_come_back_to_their_slots() {
        let mut s = Slab::growing(6);
        for index in [1, 4] {
            assert_eq!(s.insert_at(index, index).unwrap().index(), index);
        }
        assert_eq!(s.insert_at(4, 9), Err(9));
        assert_eq!(s.insert_at(6, 6), Err(6));
        s.relink();
        let given: std::vec::Vec<u32> = (0..4).map(|n| s.insert(n).unwrap().index()).collect();
        assert_eq!(given, [0, 2, 3, 5]);
        assert_eq!(s.insert(7), Err(7));
        assert_eq!(s.iter().map(|(_, n)| *n).collect::<std::vec::Vec<_>>(), [0, 1, 1, 2, 4, 3]);
    }

    proptest! {
        #[test]
        fn behaves_like_a_map(ops in proptest::collection::vec((any::<bool>(), 0usize..20), 0..200)) {
            let mut slab = Slab::growing(8);
            let mut model = BTreeMap::new();
            let mut given = std::vec::Vec::new();
            for (n, (insert, which)) in ops.into_iter().enumerate() {
                if insert {
                    match slab.insert(n) {
                        Ok(h) => { prop_assert!(model.insert(h, n).is_none()); given.push(h); }
                        Err(_) => prop_assert_eq!(model.len(), 8),
                    }
                } else if let Some(h) = given.get(which) {
                    if n % 2 == 0 {
                        prop_assert_eq!(slab.remove(*h), model.remove(h));
                    } else {
                        prop_assert_eq!(slab.discard(*h), model.remove(h).is_some());
                    }
                }
                prop_assert_eq!(slab.len() as usize, model.len());
                for h in &given { prop_assert_eq!(slab.get(*h), model.get(h)); }
            }
            let all: BTreeMap<_, _> = slab.iter().map(|(h, n)| (h, *n)).collect();
            prop_assert_eq!(all, model);
        }
    }
}
