//! Room at the end of a heap: when that is short, all live chunks are moved to its start. Less code
//! than a ring, and as good for a buffer of a few hundred bytes.

use super::{Chunk, FREE, HEADER, Pool};

impl Pool {
    /// What follows when a chunk was freed, but for its number.
    pub(super) fn freed(&mut self, start: usize, span: usize) {
        if self.live == 0 {
            self.head = 0;
        } else if start.wrapping_add(span) == self.head {
            self.head = start;
        }
    }

    pub(super) fn advance_head(&mut self, span: usize) {
        self.head = self.head.wrapping_add(span);
    }

    /// Bytes behind the head.
    fn room(&self) -> usize {
        self.bytes.len().wrapping_sub(self.head)
    }

    /// Makes `span` bytes free at the head and tells where that is.
    pub(super) fn make_room(&mut self, span: usize) -> Option<usize> {
        if span > self.bytes.len().wrapping_sub(self.live) {
            return None;
        }
        if span > self.room() {
            self.move_together();
        }
        Some(self.head)
    }

    /// Moves all live chunks to the start.
    fn move_together(&mut self) {
        let (mut from, mut to) = (0usize, 0usize);
        while let Some((number, span)) = self.read_header(from).filter(|_| from < self.head) {
            let end = from.wrapping_add(span);
            if number != FREE {
                self.bytes.copy_within(from..end, to);
                if let Some(place) = self.places.get_mut(number as usize) {
                    *place = u32::try_from(to).unwrap_or(FREE);
                }
                to = to.wrapping_add(span);
            }
            from = end;
        }
        self.head = to;
    }

    /// Makes a chunk `more` bytes longer in place, if it is the last and room follows.
    pub(super) fn extend_last(&mut self, chunk: &Chunk, more: usize) -> bool {
        let Some((from, to)) = self.place(chunk.number()) else { return false };
        if to != self.head || more > self.room() {
            return false;
        }
        let start = from.wrapping_sub(HEADER);
        self.advance_head(more);
        self.write_header(start, chunk.number(), self.head.wrapping_sub(start));
        self.live = self.live.wrapping_add(more);
        true
    }
}
