//! A hash index that grows, for tables of a million slots.

use super::{Reservation, Reserve};
use alloc::vec::Vec;

const NONE: u32 = u32::MAX;

/// Entries of an index with little in it.
const FEW: usize = 8;

/// A slot, and enough of its hash to tell it from almost all others without a look at its key.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    slot: u32,
}

const EMPTY: Entry = Entry { hash: 0, slot: NONE };

/// Does what [`super::Index`] does for slots without a bound, and finds a slot with one look at memory
/// that no cache has: hash and slot stand side by side at the place that the hash names, or a few
/// places behind it in the same line.
///
/// Each slot may be in the index once; [`u32::MAX`] is none. The caller hashes ([`super::Index::mix`]).
#[derive(Debug)]
pub struct GrowingIndex {
    /// A power of two of them, at most three of four taken: a search ends at a free one.
    entries: Vec<Entry>,
    len: u32,
}

impl Default for GrowingIndex {
    fn default() -> Self {
        GrowingIndex::new()
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a hash may lose bits")]
impl GrowingIndex {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        GrowingIndex { entries: alloc::vec![EMPTY; FEW], len: 0 }
    }

    /// Bytes it has reserved on the heap.
    #[must_use]
    pub fn reserved_bytes(&self) -> usize {
        self.entries.capacity().saturating_mul(size_of::<Entry>())
    }

    fn mask(&self) -> usize {
        self.entries.len().wrapping_sub(1)
    }

    /// Adds `slot` under `hash`. False if memory ran out; nothing has changed then.
    #[must_use]
    pub fn insert(&mut self, hash: u64, slot: u32) -> bool {
        let room = self.entries.len() / 4 * 3;
        if self.len as usize >= room && !self.grow() {
            return false;
        }
        place(&mut self.entries, Entry { hash: hash as u32, slot });
        self.len = self.len.saturating_add(1);
        true
    }

    fn grow(&mut self) -> bool {
        let mut reservation = Reservation::new();
        let mut larger = Vec::new();
        reservation.fill(&mut larger, EMPTY, self.entries.len().saturating_mul(2));
        if reservation.finish().is_err() {
            return false;
        }
        // From one end to the other in both, because the place is the low bits of the hash.
        for entry in self.entries.iter().filter(|entry| entry.slot != NONE) {
            place(&mut larger, *entry);
        }
        self.entries = larger;
        true
    }

    /// What is at the place where a search for `hash` begins, for nothing but to have it at hand: one
    /// who is about to search for several hashes waits for all those places at once then.
    #[must_use]
    pub fn touch(&self, hash: u64) -> u32 {
        self.entries.get(hash as u32 as usize & self.mask()).map_or(NONE, |entry| entry.slot)
    }

    /// The place of the first entry under `hash` for which `is` says yes.
    fn position(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<usize> {
        let hash = hash as u32;
        let mask = self.mask();
        let mut at = hash as usize & mask;
        loop {
            let entry = self.entries.get(at).filter(|entry| entry.slot != NONE)?;
            if entry.hash == hash && is(entry.slot) {
                return Some(at);
            }
            at = at.wrapping_add(1) & mask;
        }
    }

    /// Removes `slot`, which was added under `hash`. False if it was not there.
    pub fn remove(&mut self, hash: u64, slot: u32) -> bool {
        let Some(mut free) = self.position(hash, |found| found == slot) else { return false };
        let mask = self.mask();
        let mut at = free;
        // Whatever a search would not find any more behind the gap moves into it.
        loop {
            at = at.wrapping_add(1) & mask;
            let Some(entry) = self.entries.get(at).copied().filter(|entry| entry.slot != NONE)
            else {
                break;
            };
            let home = entry.hash as usize & mask;
            let from_home = at.wrapping_sub(home) & mask;
            if from_home >= at.wrapping_sub(free) & mask {
                if let Some(gap) = self.entries.get_mut(free) {
                    *gap = entry;
                }
                free = at;
            }
        }
        if let Some(gap) = self.entries.get_mut(free) {
            *gap = EMPTY;
        }
        self.len = self.len.saturating_sub(1);
        true
    }

    /// The slot under `hash` for which `is` says yes. It may be asked about a slot under another
    /// hash, too.
    pub fn find(&self, hash: u64, is: impl FnMut(u32) -> bool) -> Option<u32> {
        let at = self.position(hash, is)?;
        self.entries.get(at).map(|entry| entry.slot)
    }
}

/// Puts an entry into the first free place at or behind its own. There is one.
fn place(entries: &mut [Entry], entry: Entry) {
    let mask = entries.len().wrapping_sub(1);
    let mut at = entry.hash as usize & mask;
    while let Some(there) = entries.get_mut(at) {
        if there.slot == NONE {
            *there = entry;
            return;
        }
        at = at.wrapping_add(1) & mask;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Index;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Few hashes, so that many stand where others belong, and over the end of the table.
        #[test]
        fn finds_what_was_added_and_not_removed(
            ops in proptest::collection::vec((any::<bool>(), 0u32..40, 0u64..9), 0..300),
        ) {
            let mut index = GrowingIndex::new();
            let mut model: BTreeMap<u32, u64> = BTreeMap::new();
            let hash = |key: u64| (u64::from(u32::MAX) - 3).wrapping_add(key * key);
            for (add, slot, key) in ops {
                if add && !model.contains_key(&slot) {
                    prop_assert!(index.insert(hash(key), slot));
                    model.insert(slot, key);
                } else if let Some(key) = model.remove(&slot) {
                    prop_assert!(index.remove(hash(key), slot));
                    prop_assert!(!index.remove(hash(key), slot));
                }
                for (slot, key) in &model {
                    prop_assert_eq!(index.find(hash(*key), |s| s == *slot), Some(*slot));
                }
                for key in 0..9 {
                    let found = index.find(hash(key), |s| model.get(&s) == Some(&key));
                    prop_assert_eq!(found.is_some(), model.values().any(|k| *k == key));
                }
            }
        }
    }

    #[test]
    fn many_come_and_go() {
        let mut index = GrowingIndex::default();
        let hash = |slot: u32| Index::mix(7, slot.into());
        for slot in 0..10_000 {
            assert!(index.insert(hash(slot), slot));
        }
        let reserved = index.reserved_bytes();
        assert_eq!(reserved, 16_384 * 8);
        for slot in (0..10_000).filter(|slot| slot % 3 != 0) {
            assert!(index.remove(hash(slot), slot));
        }
        for slot in 0..10_000 {
            let found = index.find(hash(slot), |s| s == slot);
            assert_eq!(found, (slot % 3 == 0).then_some(slot));
        }
        assert_eq!(index.reserved_bytes(), reserved);
    }
}
