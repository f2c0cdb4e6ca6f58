//! Byte strings of any length in one buffer of fixed size.

#[cfg(feature = "small")]
mod heap;
#[cfg(not(feature = "small"))]
mod ring;

use super::{NonMax, Reserve};
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
/// A store for byte strings that come and go, in one buffer reserved at construction.
///
/// New chunks go behind the others. Live ones are moved together, so that holes never stay, every chunk
/// is contiguous, and all but a few bytes can be used: in a ring, one by one when room runs short, or
/// with the feature `small` all at once whenever one is freed.
#[derive(Debug)]
pub struct Pool {
    bytes: Vec<u8>,
    /// Where the header of each chunk is.
    places: Vec<u32>,
    /// Numbers of `places` that no chunk has, chained through them.
    spare: u32,
    /// Where the next chunk goes.
    head: usize,
    #[cfg(not(feature = "small"))]
    tail: usize,
    /// Bytes between tail and head, headers, freed chunks and padding included.
    #[cfg(not(feature = "small"))]
    used: usize,
    /// Bytes of live chunks with their headers.
    #[cfg(not(feature = "small"))]
    live: usize,
}

/// The header in front of a chunk: its number, and the bytes to the next one.
#[allow(clippy::cast_possible_truncation, reason = "the two halves")]
#[inline(always)]
fn header(bytes: &[u8]) -> Option<(u32, usize)> {
    let header = u64::from_le_bytes(*bytes.first_chunk::<HEADER>()?);
    Some((header as u32, (header >> 32) as usize))
}

impl Pool {
    /// Reserves `size` bytes for at most `chunks` byte strings in an empty pool; each costs its
    /// length and 8 bytes of `size`.
    pub fn reserve(&mut self, size: u32, chunks: u32, reservation: &mut impl Reserve) {
        reservation.fill(&mut self.bytes, 0, size as usize);
        reservation.fill_with(&mut self.places, chunks as usize, |number| number.wrapping_add(1));
    }

    /// A pool without room.
    #[must_use]
    pub const fn empty() -> Self {
        Pool {
            bytes: Vec::new(),
            places: Vec::new(),
            spare: 0,
            head: 0,
            #[cfg(not(feature = "small"))]
            tail: 0,
            #[cfg(not(feature = "small"))]
            used: 0,
            #[cfg(not(feature = "small"))]
            live: 0,
        }
    }

    /// Size of the pool in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Reserves `len` bytes, zeroed or not. `None` if the pool has no room.
    pub fn alloc(&mut self, len: usize) -> Option<Chunk> {
        self.claim(len).map(|(chunk, _)| chunk)
    }

    /// Stores a copy of `parts`, one after the other.
    pub fn store(&mut self, parts: &[&[u8]]) -> Option<Chunk> {
        let len = parts.iter().try_fold(0usize, |n, p| n.checked_add(p.len()))?;
        let (chunk, mut room) = self.claim(len)?;
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
        self.content(chunk).unwrap_or(&[])
    }

    fn content(&self, chunk: &Chunk) -> Option<&[u8]> {
        let at = *self.places.get(chunk.number() as usize)? as usize;
        let bytes = self.bytes.get(at..)?;
        let (_, span) = header(bytes)?;
        bytes.get(HEADER..span)
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

    /// First and last byte (exclusive) of a live chunk's content.
    fn place(&self, number: u32) -> Option<(usize, usize)> {
        let at = *self.places.get(number as usize)? as usize;
        let (_, span) = self.read_header(at)?;
        Some((at.checked_add(HEADER)?, at.checked_add(span)?))
    }

    fn read_header(&self, at: usize) -> Option<(u32, usize)> {
        header(self.bytes.get(at..)?)
    }

    fn write_header(&mut self, at: usize, number: u32, span: usize) {
        let span = u64::from(u32::try_from(span).unwrap_or(u32::MAX));
        if let Some(header) = self.bytes.get_mut(at..).and_then(|b| b.first_chunk_mut()) {
            *header = (span << 32 | u64::from(number)).to_le_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::Reservation;
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
