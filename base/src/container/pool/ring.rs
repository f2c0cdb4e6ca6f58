//! Room in a ring: new chunks go to its head; when room runs short, the oldest ones are looked at. A
//! freed one makes room, a live one is moved to the head. Moving is cheap when chunks die roughly in
//! the order they came, as messages do.

use super::{Chunk, FREE, HEADER, NonMax, Pool};

/// Bytes of a chunk that is moved for the sake of those behind it.
const SHORT: usize = 256;

impl Pool {
    /// Bytes that live chunks take, their headers included.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.live
    }

    /// Reserves `len` bytes, zeroed or not, which are to be filled. `None` if the pool has no room.
    pub fn claim(&mut self, len: usize) -> Option<(Chunk, &mut [u8])> {
        let span = len.checked_add(HEADER)?;
        let next = *self.places.get(self.spare as usize)?;
        let at = self.make_room(span)?;
        let number = core::mem::replace(&mut self.spare, next);
        *self.places.get_mut(number as usize)? = u32::try_from(at).ok()?;
        self.write_header(at, number, span);
        self.advance_head(span);
        self.live = self.live.saturating_add(span);
        let room = self.bytes.get_mut(at..)?.get_mut(HEADER..span)?;
        Some((Chunk(NonMax::new(number)?), room))
    }

    /// Appends bytes to a chunk. False, and no change, if the pool has no room.
    #[must_use]
    pub fn append(&mut self, chunk: &mut Chunk, more: &[u8]) -> bool {
        let old = self.get(chunk).len();
        let Some(len) = old.checked_add(more.len()) else { return false };
        if !self.extend_last(chunk, more.len()) {
            let Some(new) = self.alloc(len) else { return false };
            // Both places are read after `alloc`, which may have moved the old chunk.
            if let (Some((from, to)), Some((dest, _))) =
                (self.place(chunk.number()), self.place(new.number()))
            {
                self.bytes.copy_within(from..to, dest);
            }
            self.free(core::mem::replace(chunk, new));
        }
        if let Some(room) = self.get_mut(chunk).get_mut(old..) {
            room.copy_from_slice(more);
        }
        true
    }

    /// Gives the bytes of a chunk back.
    pub fn free(&mut self, chunk: Chunk) {
        let Some((from, to)) = self.place(chunk.number()) else { return };
        let start = from.saturating_sub(HEADER);
        let span = to.saturating_sub(start);
        self.write_header(start, FREE, span);
        self.live = self.live.saturating_sub(span);
        if let Some(place) = self.places.get_mut(chunk.number() as usize) {
            *place = self.spare;
            self.spare = chunk.number();
        }
        self.freed(start, span);
    }

    /// What follows when a chunk was freed, but for its number.
    fn freed(&mut self, start: usize, span: usize) {
        if self.live == 0 {
            (self.head, self.tail, self.used) = (0, 0, 0);
        } else {
            self.close_up(start, span);
        }
    }

    /// The last chunk moves to what was freed in front of it, if it is short: so an answer takes the
    /// place of its request, and a large pool that holds little of either stays in the processor's
    /// caches.
    fn close_up(&mut self, start: usize, span: usize) {
        let last = start.saturating_add(span);
        let Some((number, length)) = self.read_header(last).filter(|_| last < self.head) else {
            return;
        };
        let end = last.saturating_add(length);
        if number == FREE || length > SHORT || end != self.head {
            return;
        }
        if let Some(place) = self.places.get_mut(number as usize) {
            *place = u32::try_from(start).unwrap_or(*place);
            self.bytes.copy_within(last..end, start);
            self.head = start.saturating_add(length);
            self.used = self.used.saturating_sub(span);
        }
    }

    fn advance_head(&mut self, span: usize) {
        self.head = self.head.saturating_add(span);
        self.used = self.used.saturating_add(span);
        if self.head == self.bytes.len() {
            self.head = 0;
        }
    }

    fn advance_tail(&mut self, span: usize) {
        self.tail = self.tail.saturating_add(span);
        self.used = self.used.saturating_sub(span);
        if self.tail >= self.bytes.len() {
            self.tail = 0;
        }
    }

    /// Bytes from the head that are free and contiguous.
    fn room(&self) -> usize {
        let size = self.bytes.len();
        if self.used == size {
            0
        } else if self.head >= self.tail {
            size.saturating_sub(self.head)
        } else {
            self.tail.saturating_sub(self.head)
        }
    }

    /// Gives up the bytes from the head to the end of the buffer.
    fn wrap(&mut self) {
        let rest = self.bytes.len().saturating_sub(self.head);
        if rest >= HEADER {
            self.write_header(self.head, FREE, rest);
        }
        self.advance_head(rest);
    }

    /// Takes freed chunks and padding off the tail.
    fn reclaim(&mut self) {
        while self.used > 0 {
            let to_end = self.bytes.len().saturating_sub(self.tail);
            if to_end < HEADER {
                self.advance_tail(to_end);
                continue;
            }
            match self.read_header(self.tail) {
                Some((FREE, span)) if span > 0 => self.advance_tail(span),
                _ => return,
            }
        }
        (self.head, self.tail) = (0, 0);
    }

    /// Makes `span` contiguous bytes free at the head and tells where that is.
    fn make_room(&mut self, span: usize) -> Option<usize> {
        if self.live.checked_add(span)? > self.bytes.len() {
            return None;
        }
        // Every chunk moves at most twice: once to close the holes, once more past the end.
        let most = self.places.len().saturating_mul(2).saturating_add(2);
        for _ in 0..most {
            if self.room() >= span {
                return Some(self.head);
            }
            self.reclaim();
            if self.room() >= span {
                return Some(self.head);
            }
            if self.used < self.bytes.len() && self.head >= self.tail && self.tail >= span {
                self.wrap();
                return Some(self.head);
            }
            self.move_oldest();
        }
        None
    }

    /// Moves the chunk at the tail, which is live, to the head.
    fn move_oldest(&mut self) {
        let Some((number, span)) = self.read_header(self.tail) else { return };
        let full = self.used == self.bytes.len();
        if !full && self.head >= self.tail && self.room() < span {
            self.wrap();
        }
        let (from, to) = (self.tail, self.head);
        self.bytes.copy_within(from..from.saturating_add(span), to);
        if let Some(place) = self.places.get_mut(number as usize) {
            *place = u32::try_from(to).unwrap_or(FREE);
        }
        self.advance_tail(span);
        self.advance_head(span);
    }

    /// Makes a chunk `more` bytes longer in place, if it is the newest and room follows.
    fn extend_last(&mut self, chunk: &Chunk, more: usize) -> bool {
        let Some((from, to)) = self.place(chunk.number()) else { return false };
        let end = if self.head == 0 { self.bytes.len() } else { self.head };
        if to != end || self.head == 0 || self.room() < more {
            return false;
        }
        let Some(len) = to.saturating_sub(from).checked_add(more) else { return false };
        let start = from.saturating_sub(HEADER);
        self.write_header(start, chunk.number(), len.saturating_add(HEADER));
        self.advance_head(more);
        self.live = self.live.saturating_add(more);
        true
    }
}
