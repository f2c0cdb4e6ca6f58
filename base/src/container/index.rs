//! A hash index from keys to slots.

use super::Reserve;
use alloc::vec::Vec;

const NONE: u32 = u32::MAX;

/// Finds the slot of a [`super::Slab`] by a hash of its content: the slab keeps the keys.
///
/// Each slot may be in the index once. The caller hashes; with a secret in the hash a peer cannot
/// choose keys that collide ([`Index::mix`]). For tables that grow there is
/// [`super::GrowingIndex`].
#[derive(Debug)]
pub struct Index {
    buckets: Vec<u32>,
    /// The slot behind each slot in its bucket.
    links: Vec<u32>,
}

impl Index {
    /// Reserves room for slots 0 to `capacity` less one in an empty index, all of it now.
    pub fn reserve(&mut self, capacity: u32, reservation: &mut impl Reserve) {
        let n = capacity as usize;
        let buckets = n.checked_next_power_of_two().unwrap_or(usize::MAX).max(1);
        reservation.fill(&mut self.buckets, NONE, buckets);
        reservation.room(&mut self.links, n);
    }

    /// An index without room.
    #[must_use]
    pub const fn empty() -> Self {
        Index { buckets: Vec::new(), links: Vec::new() }
    }

    /// Folds one number of a key into a hash; start from a secret.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline)]
    pub const fn mix(hash: u64, part: u64) -> u64 {
        // The finisher of MurmurHash3 over the sum of both; the secret start makes it keyed.
        let mut h = hash.rotate_left(23) ^ part;
        h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
        h ^= h >> 32;
        h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        h ^ h >> 29
    }

    /// Folds bytes of a key into a hash.
    #[must_use]
    pub fn mix_bytes(hash: u64, bytes: &[u8]) -> u64 {
        let mut hash = Self::mix(hash, bytes.len() as u64);
        let mut rest = bytes;
        while let Some((word, behind)) = rest.split_first_chunk() {
            hash = Self::mix(hash, u64::from_be_bytes(*word));
            rest = behind;
        }
        if rest.is_empty() {
            return hash;
        }
        Self::mix(hash, rest.iter().fold(0, |v, b| v << 8 | u64::from(*b)))
    }

    #[allow(clippy::cast_possible_truncation, reason = "a hash may lose bits")]
    fn bucket(&self, hash: u64) -> usize {
        hash as usize & self.buckets.len().wrapping_sub(1)
    }

    fn next(&self, slot: u32) -> Option<u32> {
        self.links.get(slot as usize).copied()
    }

    /// Adds `slot` under `hash`. False if the slot is not within the capacity.
    #[must_use]
    pub fn insert(&mut self, hash: u64, slot: u32) -> bool {
        while self.links.len() <= slot as usize {
            if self.links.len() == self.links.capacity() {
                return false;
            }
            self.links.push(NONE);
        }
        let bucket = self.bucket(hash);
        let Some(first) = self.buckets.get_mut(bucket) else { return false };
        if let Some(next) = self.links.get_mut(slot as usize) {
            *next = core::mem::replace(first, slot);
        }
        true
    }

    /// Removes `slot`, which was added under `hash`. False if it was not there.
    pub fn remove(&mut self, hash: u64, slot: u32) -> bool {
        let bucket = self.bucket(hash);
        let Some(next) = self.next(slot) else { return false };
        let Some(mut at) = self.buckets.get(bucket).copied() else { return false };
        if at == slot {
            if let Some(first) = self.buckets.get_mut(bucket) {
                *first = next;
            }
            return true;
        }
        while let Some(link) = self.links.get_mut(at as usize) {
            if *link == slot {
                *link = next;
                return true;
            }
            at = *link;
        }
        false
    }

    /// The slot under `hash` for which `is` says yes. It is asked about slots under other hashes,
    /// too.
    pub fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut slot = *self.buckets.get(self.bucket(hash))?;
        while let Some(next) = self.next(slot) {
            if is(slot) {
                return Some(slot);
            }
            slot = next;
        }
        None
    }

    /// The slot under `hash`, one of the `count` from `first` on, for which `is` says yes, counted
    /// from there.
    pub fn find_in(
        &self,
        hash: u64,
        (first, count): (u32, u32),
        mut is: impl FnMut(u32) -> bool,
    ) -> Option<u32> {
        let within = |slot: u32| slot.checked_sub(first).filter(|at| *at < count);
        let slot = self.find(hash, |slot| within(slot).is_some_and(&mut is))?;
        within(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reservation;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn reserved(capacity: u32) -> Index {
        let mut index = Index::empty();
        index.reserve(capacity, &mut Reservation::new());
        index
    }

    proptest! {
        #[test]
        fn finds_what_was_added_and_not_removed(
            ops in proptest::collection::vec((any::<bool>(), 0u32..16, 0u64..6), 0..200),
        ) {
            let mut index = reserved(16);
            let mut model: BTreeMap<u32, u64> = BTreeMap::new();
            for (add, slot, key) in ops {
                if add && !model.contains_key(&slot) {
                    prop_assert!(index.insert(Index::mix(1, key), slot));
                    model.insert(slot, key);
                } else if let Some(key) = model.remove(&slot) {
                    prop_assert!(index.remove(Index::mix(1, key), slot));
                }
                for key in 0..6 {
                    let found = index.find(Index::mix(1, key), |s| model.get(&s) == Some(&key));
                    prop_assert_eq!(found.is_some(), model.values().any(|k| *k == key));
                }
            }
        }
    }

    #[test]
    fn a_slot_beyond_a_fixed_capacity_is_refused() {
        let mut index = reserved(2);
        assert!(index.insert(1, 0));
        assert!(index.insert(1, 1));
        assert!(!index.insert(1, 2));
        assert!(!index.remove(5, 7));
        assert_eq!(index.find_in(1, (1, 1), |at| at == 0), Some(0));
        assert_eq!(index.find_in(1, (0, 1), |at| at == 1), None);
    }
}
