//! What finds slots by looking at all of them.

use super::Reserve;

/// Does what [`super::Index`] does for tables of a few slots, without memory: it asks about each slot.
/// So the answer must be no for slots that are not in the index.
#[derive(Debug)]
pub struct Scan {
    capacity: u32,
}

impl Scan {
    /// Reserves nothing for slots 0 to `capacity` less one.
    pub fn reserve(&mut self, capacity: u32, _reservation: &mut impl Reserve) {
        self.capacity = capacity;
    }

    /// An index without room.
    #[must_use]
    pub const fn empty() -> Self {
        Scan { capacity: 0 }
    }

    /// Adds `slot`. False if the slot is not within the capacity.
    #[must_use]
    #[inline]
    pub fn insert(&mut self, _hash: u64, slot: u32) -> bool {
        slot < self.capacity
    }

    /// Removes `slot`.
    #[inline]
    pub fn remove(&mut self, _hash: u64, _slot: u32) {}

    /// The first slot for which `is` says yes.
    #[inline]
    pub fn find(&self, _hash: u64, is: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut is = is;
        (0..self.capacity).find(|slot| is(*slot))
    }

    /// The first of the `count` slots from any on for which `is` says yes, counted from there.
    #[inline]
    #[allow(clippy::unused_self, reason = "as of an index")]
    pub fn find_in(
        &self,
        _hash: u64,
        (_first, count): (u32, u32),
        is: impl FnMut(u32) -> bool,
    ) -> Option<u32> {
        let mut is = is;
        (0..count).find(|slot| is(*slot))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reservation;
    use super::*;

    #[test]
    fn all_slots_within_the_capacity_are_looked_at() {
        let mut scan = Scan::empty();
        assert!(!scan.insert(1, 0));
        scan.reserve(3, &mut Reservation::new());
        assert!(scan.insert(1, 2));
        assert!(!scan.insert(1, 3));
        scan.remove(1, 0);
        assert_eq!(scan.find(9, |slot| slot > 0), Some(1));
        assert_eq!(scan.find(9, |slot| slot > 2), None);
        assert_eq!(scan.find_in(9, (7, 2), |at| at > 0), Some(1));
        assert_eq!(scan.find_in(9, (7, 2), |at| at > 1), None);
    }
}
