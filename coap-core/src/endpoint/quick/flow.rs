//! Which block of a body goes out next, and which have not come (RFC 9177 section 7.2): numbers
//! alone, without messages and clocks.

/// Blocks that can be remembered beyond the first one that is missing.
const WINDOW: u32 = 64;

/// The blocks of a body that is sent.
#[derive(Clone, Copy, Debug)]
pub(in crate::endpoint) struct Outgoing {
    /// The first that was not sent yet.
    next: u32,
    /// How many there are.
    blocks: u32,
    /// Those wanted again: bit `i` is block `again_from + i`.
    again_from: u32,
    again: u64,
    /// A set was sent, and the next one waits.
    paused: bool,
    /// How many may be sent again: bounds what lists of missing blocks can ask for.
    budget: u32,
}

impl Outgoing {
    /// `blocks` blocks, of which those before `next` have been sent. Each may be wanted again
    /// `most` times.
    pub(in crate::endpoint) fn new(next: u32, blocks: u32, most: u8) -> Outgoing {
        let budget = blocks.saturating_mul(u32::from(most).saturating_add(1));
        Outgoing { next, blocks, again_from: 0, again: 0, paused: false, budget }
    }

    /// The block to send now: what was missed goes before what is new.
    pub(in crate::endpoint) fn pick(&self) -> Option<u32> {
        if self.again != 0 {
            return Some(self.again_from.saturating_add(self.again.trailing_zeros()));
        }
        (!self.paused && self.next < self.blocks).then_some(self.next)
    }

    /// A block was sent. With `sets` a pause follows each set of `payloads` blocks but the last.
    pub(in crate::endpoint) fn sent(&mut self, block: u32, payloads: u8, sets: bool) {
        if self.again != 0 {
            let place = block.wrapping_sub(self.again_from);
            self.again &= !1u64.checked_shl(place).unwrap_or(0);
        } else if block == self.next {
            self.next = self.next.saturating_add(1);
            let whole = self.next.is_multiple_of(payloads.max(1).into());
            self.paused = sets && whole && self.next < self.blocks;
        }
    }

    /// The next set may go.
    pub(in crate::endpoint) fn resume(&mut self) {
        self.paused = false;
    }

    /// The first block that was not sent yet.
    pub(in crate::endpoint) fn next(&self) -> u32 {
        self.next
    }

    pub(in crate::endpoint) fn blocks(&self) -> u32 {
        self.blocks
    }

    pub(in crate::endpoint) fn is_paused(&self) -> bool {
        self.paused && self.again == 0
    }

    /// All blocks went out, and none is wanted again.
    pub(in crate::endpoint) fn is_done(&self) -> bool {
        self.next >= self.blocks && self.again == 0
    }

    /// Nothing more is to go out.
    pub(in crate::endpoint) fn stop(&mut self) {
        (self.next, self.again, self.budget) = (self.blocks, 0, 0);
    }

    /// Blocks are wanted again, in ascending order; at most `most` of them go out. One that was not
    /// sent yet says that its set may go.
    pub(in crate::endpoint) fn repeat(&mut self, numbers: impl Iterator<Item = u32>, most: u8) {
        let mut count = 0;
        for number in numbers.filter(|n| *n < self.blocks) {
            if number >= self.next {
                self.paused = false;
                break;
            }
            if self.again == 0 {
                self.again_from = number;
            }
            // What does not fit is asked for again.
            let Some(place) = number.checked_sub(self.again_from) else { continue };
            let bit = 1u64.checked_shl(place).unwrap_or(0);
            if bit == 0 || self.again & bit != 0 {
                continue;
            }
            if count >= most || self.budget == 0 {
                break;
            }
            self.again |= bit;
            count = count.saturating_add(1);
            self.budget = self.budget.saturating_sub(1);
        }
    }
}

/// The blocks of a body that is received.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::endpoint) struct Arriving {
    /// The first that has not come, or was not handed on.
    first: u32,
    /// Those that have come: bit `i` is block `first + i`.
    have: u64,
    /// How many there are.
    blocks: u32,
    /// One above the highest that has come.
    seen: u32,
    /// Up to where the peer was told that all has come.
    told: u32,
    /// The set whose coming before the one before it was whole has been answered.
    noted: u32,
    /// How often missing blocks were asked for since one came.
    retries: u8,
}

/// What follows from a block that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::endpoint) enum Next {
    /// It had come before, or is beyond what is taken now.
    Nothing,
    /// It is new, and others of its set follow.
    Wait,
    /// A set is whole, and the next one may come: it begins with this block.
    Continue(u32),
    /// A later set, beginning with this block, has begun before those before it were whole.
    Ask(u32),
    /// All are there.
    Whole,
}

impl Arriving {
    pub(in crate::endpoint) fn new(blocks: u32) -> Arriving {
        Arriving { blocks, ..Arriving::default() }
    }

    pub(in crate::endpoint) fn first(&self) -> u32 {
        self.first
    }

    pub(in crate::endpoint) fn blocks(&self) -> u32 {
        self.blocks
    }

    pub(in crate::endpoint) fn retries(&self) -> u8 {
        self.retries
    }

    pub(in crate::endpoint) fn is_whole(&self) -> bool {
        self.first >= self.blocks
    }

    /// One above the last block that is taken now: two sets are.
    pub(in crate::endpoint) fn end(&self, payloads: u8) -> u32 {
        let payloads = u32::from(payloads).max(1);
        let set = self.first.checked_div(payloads).unwrap_or(0);
        let end = set.saturating_add(2).saturating_mul(payloads);
        end.min(self.first.saturating_add(WINDOW)).min(self.blocks)
    }

    /// Is this one of those that are taken now and have not come?
    pub(in crate::endpoint) fn wants(&self, number: u32, end: u32) -> bool {
        let place = number.checked_sub(self.first).filter(|_| number < end.min(self.blocks));
        place.is_some_and(|p| self.have & 1u64.checked_shl(p).unwrap_or(0) == 0)
    }

    /// Is the first that was not handed on there?
    pub(in crate::endpoint) fn is_ready(&self) -> bool {
        self.have & 1 != 0
    }

    /// Notes a block that is wanted.
    pub(in crate::endpoint) fn note(&mut self, number: u32) {
        if let Some(place) = number.checked_sub(self.first) {
            self.have |= 1u64.checked_shl(place).unwrap_or(0);
        }
        self.seen = self.seen.max(number.saturating_add(1));
        self.retries = 0;
    }

    /// The first one is handed on.
    pub(in crate::endpoint) fn hand_on(&mut self) {
        self.have >>= 1;
        self.first = self.first.saturating_add(1);
    }

    /// All that follow each other are as good as handed on.
    pub(in crate::endpoint) fn advance(&mut self) {
        let run = self.have.trailing_ones();
        self.have = self.have.checked_shr(run).unwrap_or(0);
        self.first = self.first.saturating_add(run);
    }

    /// What follows once `number` is noted and what can be handed on was.
    pub(in crate::endpoint) fn next(&mut self, number: u32, payloads: u8) -> Next {
        if self.is_whole() {
            return Next::Whole;
        }
        let payloads = u32::from(payloads).max(1);
        let set = |n: u32| n.checked_div(payloads).unwrap_or(0);
        let start = set(self.first).saturating_mul(payloads);
        if self.first == start && start > self.told && self.seen <= start {
            self.told = start;
            return Next::Continue(start);
        }
        if set(number) > set(self.first) && set(number) != self.noted {
            self.noted = set(number);
            return Next::Ask(set(number).saturating_mul(payloads));
        }
        Next::Wait
    }

    /// One above the last block of the sets that have begun, or else of the next one.
    pub(in crate::endpoint) fn begun(&self, payloads: u8) -> u32 {
        let payloads = u32::from(payloads).max(1);
        let last = self.seen.saturating_sub(1).max(self.first);
        let set = last.checked_div(payloads).unwrap_or(0);
        set.saturating_add(1).saturating_mul(payloads)
    }

    /// The blocks before `end` that are missing: those whose bits are set, counted from the first.
    pub(in crate::endpoint) fn missing(&self, end: u32) -> (u32, u64) {
        let end = end.min(self.blocks);
        let span = end.saturating_sub(self.first).min(WINDOW);
        let all = u64::MAX.checked_shr(WINDOW.saturating_sub(span)).unwrap_or(0);
        (self.first, all & !self.have)
    }

    /// Missing blocks are asked for again.
    pub(in crate::endpoint) fn asked(&mut self) {
        self.retries = self.retries.saturating_add(1);
    }
}

/// The numbers of a set of bits.
pub(in crate::endpoint) fn numbers(from: u32, bits: u64) -> impl Iterator<Item = u32> + Clone {
    (0..WINDOW)
        .filter(move |i| bits & 1u64.checked_shl(*i).unwrap_or(0) != 0)
        .map(move |i| from.saturating_add(i))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn drain(out: &mut Outgoing) -> Vec<u32> {
        let mut sent = Vec::new();
        while let Some(block) = out.pick() {
            out.sent(block, 10, true);
            sent.push(block);
        }
        sent
    }

    #[test]
    fn rfc9177_7_2_a_set_goes_out_and_then_a_pause_is_made() {
        let mut out = Outgoing::new(0, 23, 4);
        assert_eq!(drain(&mut out), (0..10).collect::<Vec<_>>());
        assert!(out.is_paused());
        // What was missed goes before the next set, and does not end the pause.
        out.repeat([1, 9].into_iter(), 10);
        assert_eq!(drain(&mut out), [1, 9]);
        assert!(out.is_paused());
        out.resume();
        assert_eq!(drain(&mut out), (10..20).collect::<Vec<_>>());
        // A block that was not sent yet is asked for: the peer has all before it.
        out.repeat([20].into_iter(), 10);
        assert_eq!(drain(&mut out), [20, 21, 22]);
        assert!(out.is_done() && !out.is_paused());
    }

    #[test]
    fn lists_of_nonsense_send_no_more_than_the_budget() {
        let mut out = Outgoing::new(0, 12, 4);
        drain(&mut out);
        let mut again = 0;
        for _ in 0..1000 {
            out.repeat([3, 3, 2, 0, 9, 4000, u32::MAX].into_iter(), 10);
            again += drain(&mut out).len();
        }
        assert!(again <= 12 * 5, "{again}");
        out.repeat(0..12, 10);
        assert!(out.pick().is_none());
    }

    #[test]
    fn rfc9177_7_2_what_follows_from_each_block_that_comes() {
        let mut arriving = Arriving::new(23);
        let mut take = |number| {
            let end = arriving.end(10);
            if !arriving.wants(number, end) {
                return (Next::Nothing, (0, 0));
            }
            arriving.note(number);
            arriving.advance();
            (arriving.next(number, 10), arriving.missing(arriving.begun(10)))
        };
        for number in 0..8 {
            assert_eq!(take(number).0, Next::Wait);
        }
        assert_eq!(take(3).0, Next::Nothing);
        assert_eq!(take(9), (Next::Wait, (8, 1)));
        // The next set begins before block 8 has come: it is asked for, once.
        let (next, (from, bits)) = take(11);
        assert_eq!(next, Next::Ask(10));
        assert_eq!(
            numbers(from, bits).collect::<Vec<_>>(),
            [8, 10, 12, 13, 14, 15, 16, 17, 18, 19]
        );
        assert_eq!(take(12).0, Next::Wait);
        // Beyond two sets nothing is taken.
        assert_eq!(take(20).0, Next::Nothing);
        assert_eq!(take(8).0, Next::Wait);
        for number in [10, 13, 14, 15, 16, 17, 18] {
            assert_eq!(take(number).0, Next::Wait);
        }
        assert_eq!(take(19).0, Next::Continue(20));
        assert_eq!(take(21).0, Next::Wait);
        assert_eq!(take(20).0, Next::Wait);
        assert_eq!(take(22).0, Next::Whole);
    }
}
