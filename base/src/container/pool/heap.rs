//! Chunks side by side from the start of a heap: when room runs short they close up over what was
//! freed, and those behind one that becomes longer move on. Less code than a ring, and as good for a
//! buffer of a few hundred bytes.

use super::{Chunk, FREE, HEADER, NonMax, Pool};

impl Pool {
    /// Bytes that live chunks take, their headers included.
    #[must_use]
    pub fn in_use(&self) -> usize {
        let (mut at, mut live) = (0usize, 0usize);
        while let Some((number, span)) = self.header_at(at) {
            live = live.wrapping_add(if number == FREE { 0 } else { span });
            at = at.wrapping_add(span);
        }
        live
    }

    /// Are there so many bytes behind the chunks, which close up for it if need be?
    fn has_room(&mut self, bytes: usize) -> bool {
        let mut at = 0;
        while bytes > self.bytes.len().wrapping_sub(self.head) {
            let free = at;
            while let Some((FREE, span)) = self.header_at(at) {
                at = at.wrapping_add(span);
            }
            if free < at {
                self.shift(at, free);
                at = free;
            } else if let Some((_, span)) = self.header_at(at) {
                at = at.wrapping_add(span);
            } else {
                return false;
            }
        }
        true
    }

    fn header_at(&self, at: usize) -> Option<(u32, usize)> {
        self.read_header(at).filter(|_| at < self.head)
    }

    /// Reserves `len` bytes, zeroed or not, which are to be filled. `None` if the pool has no room.
    pub fn claim(&mut self, len: usize) -> Option<(Chunk, &mut [u8])> {
        let span = len.checked_add(HEADER).filter(|span| self.has_room(*span))?;
        let (at, number) = (self.head, self.spare);
        let place = self.places.get_mut(number as usize)?;
        self.spare = core::mem::replace(place, u32::try_from(at).ok()?);
        self.head = at.wrapping_add(span);
        self.write_header(at, number, span);
        let room = self.bytes.get_mut(at..self.head)?.get_mut(HEADER..)?;
        Some((Chunk(NonMax::new(number)?), room))
    }

    /// Moves the chunks from one offset on to another.
    fn shift(&mut self, from: usize, to: usize) {
        self.bytes.copy_within(from..self.head, to);
        self.head = self.head.wrapping_sub(from).wrapping_add(to);
        let mut at = to;
        while let Some((number, span)) = self.header_at(at) {
            if let Some(place) = self.places.get_mut(number as usize) {
                *place = u32::try_from(at).unwrap_or(*place);
            }
            at = at.wrapping_add(span);
        }
    }

    /// Appends bytes to a chunk. False, and no change, if the pool has no room.
    #[must_use]
    pub fn append(&mut self, chunk: &mut Chunk, more: &[u8]) -> bool {
        if !self.has_room(more.len()) {
            return false;
        }
        let Some((from, to)) = self.place(chunk.number()) else { return false };
        let (start, end) = (from.wrapping_sub(HEADER), to.wrapping_add(more.len()));
        self.shift(to, end);
        self.write_header(start, chunk.number(), end.wrapping_sub(start));
        if let Some(room) = self.bytes.get_mut(to..end) {
            room.copy_from_slice(more);
        }
        true
    }

    /// Gives the bytes of a chunk back.
    pub fn free(&mut self, chunk: Chunk) {
        let Some(place) = self.places.get_mut(chunk.number() as usize) else { return };
        let at = core::mem::replace(place, self.spare) as usize;
        self.spare = chunk.number();
        let Some((_, span)) = self.read_header(at) else { return };
        self.write_header(at, FREE, span);
        if at.wrapping_add(span) == self.head {
            self.head = at;
        }
    }
}
