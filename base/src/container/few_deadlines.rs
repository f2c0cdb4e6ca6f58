//! The deadlines of a few slots.

use super::{Narrow, Reserve};
use crate::Instant;
use alloc::vec::Vec;

const NONE: Instant = Instant::FAR;

/// Does what [`super::Deadlines`] does, in a list that is looked through: less code and memory for
/// tables of a few slots. Of equal deadlines that of the lowest slot comes first.
#[derive(Debug)]
pub struct FewDeadlines {
    /// Of each slot; [`Instant::FAR`] is none.
    list: Vec<Narrow<Instant>>,
}

impl FewDeadlines {
    /// Reserves room for slots 0 to `capacity` less one in an empty table, all of it now.
    pub fn reserve(&mut self, capacity: u32, reservation: &mut impl Reserve) {
        reservation.fill(&mut self.list, NONE.into(), capacity as usize);
    }

    /// A table without room.
    #[must_use]
    pub const fn empty() -> Self {
        FewDeadlines { list: Vec::new() }
    }

    /// The slot with the soonest deadline.
    #[cfg_attr(feature = "small", inline(never))]
    fn soonest(&self) -> Option<u32> {
        let (mut soonest, mut found) = (NONE, None);
        for (slot, at) in (0..).zip(&self.list) {
            if at.get() < soonest {
                (soonest, found) = (at.get(), Some(slot));
            }
        }
        found
    }

    /// The soonest deadline and its slot.
    #[must_use]
    pub fn first(&self) -> Option<(Instant, u32)> {
        let slot = self.soonest()?;
        Some((self.list.get(slot as usize)?.get(), slot))
    }

    /// The deadline of `slot`.
    #[must_use]
    pub fn get(&self, slot: u32) -> Option<Instant> {
        self.list.get(slot as usize).map(|at| at.get()).filter(|at| *at != NONE)
    }

    /// The slot whose deadline is due at `now`, its deadline removed.
    pub fn pop_due(&mut self, now: Instant) -> Option<u32> {
        let (_, slot) = self.first().filter(|(at, _)| *at <= now)?;
        self.clear(slot);
        Some(slot)
    }

    /// Sets or replaces the deadline of `slot`; [`Instant::FAR`] removes it. False if the slot is not
    /// within the capacity.
    pub fn set(&mut self, slot: u32, at: Instant) -> bool {
        let Some(deadline) = self.list.get_mut(slot as usize) else { return false };
        *deadline = at.into();
        true
    }

    /// Removes the deadline of `slot`, if it has one.
    pub fn clear(&mut self, slot: u32) {
        self.set(slot, NONE);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Deadlines;
    use super::super::Reservation;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn does_what_deadlines_do(
            ops in proptest::collection::vec((0u32..12, proptest::option::of(0u64..50)), 0..200),
        ) {
            let (mut few, mut many) = (FewDeadlines::empty(), Deadlines::empty());
            few.reserve(12, &mut Reservation::new());
            many.reserve(12, &mut Reservation::new());
            for (slot, at) in ops {
                match at.map(Instant::from_millis) {
                    Some(at) => prop_assert!(few.set(slot, at) && many.set(slot, at)),
                    None => {
                        few.clear(slot);
                        many.clear(slot);
                    }
                }
                let soonest = many.first().map(|(at, _)| at);
                prop_assert_eq!(few.first().map(|(at, _)| at), soonest);
                for slot in 0..13 {
                    prop_assert_eq!(few.get(slot), many.get(slot));
                }
                prop_assert_eq!(few.pop_due(Instant::ZERO).is_some(), soonest == Some(Instant::ZERO));
                while many.pop_due(Instant::ZERO).is_some() {}
                while few.pop_due(Instant::ZERO).is_some() {}
            }
            prop_assert!(!few.set(12, Instant::ZERO));
        }
    }
}
