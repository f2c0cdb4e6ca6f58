//! Byte strings of any length in one buffer of fixed size.

use super::{NonMax, Reservation};
use alloc::vec::Vec;

/// One byte string in a [`Pool`]. It is not `Clone`: who holds it owns the bytes and gives them
/// back with [`Pool::free`].
#[derive(PartialEq, Eq, Debug)]
pub struct Chunk(NonMax);

impl Chunk {
    fn number(&self) -> u32 {
        self.0.get()
    }
}

/// In front of each chunk: its number and the bytes to the next header.
const HEADER: usize = 8;
const FREE: u32 = u32::MAX;
/// Bytes of a chunk that is moved for the sake of those behind it.
#[cfg(not(feature = "small"))]
const SHORT: usize = 256;

/// A store for byte strings that come and go, in one buffer reserved at construction.
///
/// The buffer is a ring. New chunks go to its head; when room runs short, the oldest chunks are
/// looked at: a freed one makes room, a live one is moved to the head. So holes never stay, every
/// chunk is contiguous, and all but a few bytes can be used. Moving is cheap when chunks die
/// roughly in the order they came, as messages do.
#[derive(Debug)]
pub struct Pool {
    bytes: Vec<u8>,
    /// Where the header of each chunk is.
    places: Vec<u32>,
    /// Freed numbers of `places`, chained through them.
    spare: u32,
    head: usize,
    tail: usize,
    /// Bytes between tail and head, headers, freed chunks and padding included.
    used: usize,
    /// Bytes of live chunks with their headers.
    live: usize,
    capacity: u32,
}

impl Pool {
    /// Reserves `size` bytes for at most `chunks` byte strings in an empty pool; each costs its
    /// length and 8 bytes of `size`.
    pub fn reserve(&mut self, size: u32, chunks: u32, reservation: &mut Reservation) {
        reservation.fill(&mut self.bytes, 0, size as usize);
        reservation.room(&mut self.places, chunks as usize);
        self.capacity = chunks;
    }

    /// A pool without room.
    #[must_use]
    pub const fn empty() -> Self {
        Pool {
            bytes: Vec::new(),
            places: Vec::new(),
            spare: FREE,
            head: 0,
            tail: 0,
            used: 0,
            live: 0,
            capacity: 0,
        }
    }

    /// Bytes that live chunks take, their headers included.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.live
    }

    /// Size of the pool in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Reserves `len` bytes, zeroed or not. `None` if the pool has no room.
    pub fn alloc(&mut self, len: usize) -> Option<Chunk> {
        let span = len.checked_add(HEADER)?;
        if self.spare == FREE && self.places.len() >= self.capacity as usize {
            return None;
        }
        let at = self.make_room(span)?;
        let number = match self.places.get(self.spare as usize).copied() {
            Some(next) => core::mem::replace(&mut self.spare, next),
            None => {
                let number = u32::try_from(self.places.len()).ok()?;
                self.places.push(0);
                number
            }
        };
        *self.places.get_mut(number as usize)? = u32::try_from(at).ok()?;
        self.write_header(at, number, span);
        self.advance_head(span);
        self.live = self.live.saturating_add(span);
        NonMax::new(number).map(Chunk)
    }

    /// Stores a copy of `parts`, one after the other.
    pub fn store(&mut self, parts: &[&[u8]]) -> Option<Chunk> {
        let len = parts.iter().try_fold(0usize, |n, p| n.checked_add(p.len()))?;
        let chunk = self.alloc(len)?;
        let mut room = self.get_mut(&chunk);
        for part in parts {
            let (here, rest) = room.split_at_mut_checked(part.len())?;
            here.copy_from_slice(part);
            room = rest;
        }
        Some(chunk)
    }

    /// The bytes of a chunk.
    #[must_use]
    pub fn get(&self, chunk: &Chunk) -> &[u8] {
        self.place(chunk.number()).and_then(|(from, to)| self.bytes.get(from..to)).unwrap_or(&[])
    }

    /// The bytes of a chunk, to change them.
    pub fn get_mut(&mut self, chunk: &Chunk) -> &mut [u8] {
        let place = self.place(chunk.number());
        place.and_then(|(from, to)| self.bytes.get_mut(from..to)).unwrap_or(&mut [])
    }

    /// A second chunk with the bytes of one, if there is one. The outer `None`: no room.
    pub fn duplicate(&mut self, from: Option<&Chunk>) -> Option<Option<Chunk>> {
        let Some(from) = from else { return Some(None) };
        let to = self.alloc(self.get(from).len())?;
        self.copy_with(from, &to, |bytes, room| room.copy_from_slice(bytes))?;
        Some(Some(to))
    }

    /// Lets `copy` read one chunk and write another. `None` if they are the same one.
    pub fn copy_with<R>(
        &mut self,
        from: &Chunk,
        to: &Chunk,
        copy: impl FnOnce(&[u8], &mut [u8]) -> R,
    ) -> Option<R> {
        let (source, dest) = (self.place(from.number())?, self.place(to.number())?);
        if source.0 < dest.0 {
            let (low, high) = self.bytes.split_at_mut_checked(dest.0)?;
            let room = high.get_mut(..dest.1.checked_sub(dest.0)?)?;
            Some(copy(low.get(source.0..source.1)?, room))
        } else {
            let (low, high) = self.bytes.split_at_mut_checked(source.0)?;
            let bytes = high.get(..source.1.checked_sub(source.0)?)?;
            Some(copy(bytes, low.get_mut(dest.0..dest.1)?))
        }
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
        if self.live == 0 {
            (self.head, self.tail, self.used) = (0, 0, 0);
        } else {
            #[cfg(not(feature = "small"))]
            self.close_up(start, span);
        }
    }

    /// The last chunk moves to what was freed in front of it, if it is short: so an answer takes the
    /// place of its request, and a large pool that holds little of either stays in the processor's
    /// caches.
    #[cfg(not(feature = "small"))]
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

    /// First and last byte (exclusive) of a live chunk's content.
    fn place(&self, number: u32) -> Option<(usize, usize)> {
        let at = *self.places.get(number as usize)? as usize;
        let (_, span) = self.read_header(at)?;
        Some((at.checked_add(HEADER)?, at.checked_add(span)?))
    }

    fn read_header(&self, at: usize) -> Option<(u32, usize)> {
        let header = self.bytes.get(at..at.checked_add(HEADER)?)?;
        let (number, span) = header.split_first_chunk::<4>()?;
        let span = u32::from_le_bytes(*span.first_chunk::<4>()?);
        Some((u32::from_le_bytes(*number), span as usize))
    }

    fn write_header(&mut self, at: usize, number: u32, span: usize) {
        let span = u32::try_from(span).unwrap_or(u32::MAX);
        if let Some(header) = self.bytes.get_mut(at..at.saturating_add(HEADER)) {
            let (a, b) = header.split_at_mut(4);
            a.copy_from_slice(&number.to_le_bytes());
            b.copy_from_slice(&span.to_le_bytes());
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn reserved(size: u32, chunks: u32) -> Pool {
        let mut pool = Pool::empty();
        pool.reserve(size, chunks, &mut Reservation::new());
        pool
    }

    #[test]
    fn all_but_the_headers_can_be_used() {
        let mut pool = reserved(64, 8);
        let a = pool.store(&[&[1; 24]]).unwrap();
        let b = pool.store(&[&[2; 24]]).unwrap();
        assert_eq!(pool.alloc(0), None);
        pool.free(a);
        let c = pool.store(&[&[3; 10], &[4; 14]]).unwrap();
        assert_eq!(pool.get(&b), [2; 24]);
        assert_eq!(pool.get(&c)[..10], [3; 10]);
        assert_eq!(pool.get(&c)[10..], [4; 14]);
    }

    #[test]
    fn an_old_chunk_does_not_block_the_ring() {
        let mut pool = reserved(100, 8);
        let old = pool.store(&[b"stays"]).unwrap();
        for round in 0..1000u32 {
            let c = pool.store(&[&round.to_le_bytes(), &[0; 40]]).unwrap();
            assert_eq!(pool.get(&old), b"stays");
            assert_eq!(pool.get(&c)[..4], round.to_le_bytes());
            pool.free(c);
        }
    }

    #[cfg(not(feature = "small"))]
    #[test]
    fn an_answer_takes_the_place_of_its_request() {
        let mut pool = reserved(10_000, 128);
        let mut answers = Vec::new();
        for n in 0..100u8 {
            let request = pool.store(&[&[0; 100]]).unwrap();
            answers.push(pool.store(&[&[n; 12]]).unwrap());
            pool.free(request);
        }
        assert_eq!((pool.head, pool.used), (100 * 20, 100 * 20));
        for (n, answer) in (0u8..).zip(&answers) {
            assert_eq!(pool.get(answer), [n; 12]);
        }
    }

    proptest! {
        #[test]
        fn holds_what_was_stored(
            size in 16u32..400,
            ops in proptest::collection::vec((0u8..4, 0usize..60, any::<u8>()), 0..300),
        ) {
            let mut pool = reserved(size, 12);
            let mut model: Vec<(Chunk, Vec<u8>)> = Vec::new();
            for (op, n, byte) in ops {
                let live: usize = model.iter().map(|(_, b)| b.len() + 8).sum();
                prop_assert_eq!(pool.in_use(), live);
                if op < 2 {
                    let bytes = std::vec![byte; n];
                    match pool.store(&[&bytes]) {
                        Some(chunk) => model.push((chunk, bytes)),
                        // With room for it twice over it must succeed.
                        None => prop_assert!(model.len() == 12 || live + 2 * (n + 8) > size as usize
                            || model.iter().any(|(_, b)| b.len() + 8 + n + 8 > size as usize / 2)),
                    }
                } else if !model.is_empty() {
                    let i = n % model.len();
                    if op == 2 {
                        let (chunk, _) = model.remove(i);
                        pool.free(chunk);
                    } else {
                        let (chunk, bytes) = &mut model[i];
                        if pool.append(chunk, &[byte; 5]) {
                            bytes.extend([byte; 5]);
                        }
                    }
                }
                for (chunk, bytes) in &model {
                    prop_assert_eq!(pool.get(chunk), &bytes[..]);
                }
            }
        }
    }
}
