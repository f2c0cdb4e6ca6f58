//! The replay window of a recipient context (RFC 8613 sections 3.2.2 and 7.4).

/// Remembers which of the last 32 Partial IVs were received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReplayWindow {
    /// One above the largest that was received; 0 before the first.
    next: u64,
    /// Bit i: `next - 1 - i` was received.
    seen: u32,
    /// What was received before is not known (appendix B.1.2).
    lost: bool,
}

impl ReplayWindow {
    /// Partial IVs below the largest that are told apart.
    pub const SIZE: u64 = 32;

    /// The window of keys that no message was received under yet.
    #[must_use]
    pub const fn new() -> ReplayWindow {
        ReplayWindow { next: 0, seen: 0, lost: false }
    }

    /// The window of keys that were in use before what they received was forgotten: nothing is
    /// fresh until [`ReplayWindow::start_at`].
    #[must_use]
    pub const fn lost() -> ReplayWindow {
        ReplayWindow { next: 0, seen: 0, lost: true }
    }

    /// True until the first message is known to be fresh by other means.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        self.lost
    }

    /// One above the largest Partial IV that was received; 0 before the first.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Which of the last were received: bit i is that of `next() - 1 - i`.
    #[must_use]
    pub const fn seen(&self) -> u32 {
        self.seen
    }

    /// Can it be told that this Partial IV was not received before?
    #[must_use]
    pub fn is_fresh(&self, piv: u64) -> bool {
        if self.lost {
            return false;
        }
        match self.next.checked_sub(1).and_then(|newest| newest.checked_sub(piv)) {
            None => true,
            Some(age) => age < ReplayWindow::SIZE && self.seen >> age & 1 == 0,
        }
    }

    /// Takes note of a Partial IV whose message was verified.
    pub fn insert(&mut self, piv: u64) {
        match self.next.checked_sub(1).and_then(|newest| newest.checked_sub(piv)) {
            None => {
                let step = piv.wrapping_add(1).wrapping_sub(self.next);
                self.seen =
                    u32::try_from(step).ok().and_then(|s| self.seen.checked_shl(s)).unwrap_or(0);
                self.seen |= 1;
                self.next = piv.wrapping_add(1);
            }
            Some(age) if age < ReplayWindow::SIZE => self.seen |= 1 << age,
            Some(_) => {}
        }
    }

    /// The message with this Partial IV is known to be fresh: nothing up to it is, from now on
    /// (appendix B.1.2).
    pub fn start_at(&mut self, piv: u64) {
        *self = ReplayWindow { next: piv.wrapping_add(1), seen: u32::MAX, lost: false };
    }
}

impl Default for ReplayWindow {
    fn default() -> Self {
        ReplayWindow::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::vec::Vec;

    #[test]
    fn rfc8613_7_4_edges_of_the_window() {
        let mut window = ReplayWindow::new();
        assert!(window.is_fresh(0));
        window.insert(0);
        assert!(!window.is_fresh(0));
        window.insert(40);
        for (piv, fresh) in [(0, false), (8, false), (9, true), (39, true), (40, false), (41, true)]
        {
            assert_eq!(window.is_fresh(piv), fresh, "{piv}");
        }
        window.insert((1 << 40) - 1);
        assert!(!window.is_fresh((1 << 40) - 1));
        assert!(window.is_fresh((1 << 40) - 2));
    }

    #[test]
    fn rfc8613_appendix_b_1_2_a_lost_window_accepts_nothing_until_it_starts() {
        let mut window = ReplayWindow::lost();
        assert!(!window.is_fresh(0) && !window.is_fresh(1 << 30));
        window.start_at(7);
        for (piv, fresh) in [(0, false), (6, false), (7, false), (8, true)] {
            assert_eq!(window.is_fresh(piv), fresh, "{piv}");
        }
    }

    proptest! {
        /// Against a set of all that was received.
        #[test]
        fn nothing_is_accepted_twice(pivs in proptest::collection::vec(0u64..200, 0..300)) {
            let (mut window, mut all) = (ReplayWindow::new(), BTreeSet::new());
            let mut accepted = Vec::new();
            for piv in pivs {
                let newest = all.last().copied();
                let expected = !all.contains(&piv) && newest.is_none_or(|n: u64| piv + 32 > n);
                prop_assert_eq!(window.is_fresh(piv), expected);
                if expected {
                    window.insert(piv);
                    all.insert(piv);
                    accepted.push(piv);
                }
            }
            prop_assert_eq!(accepted.len(), all.len());
        }
    }
}
