//! A message's options and payload in the pool.

use super::Endpoint;
use crate::writer::{Extras, Filler, merged_len, put_merged};
use crate::{Code, Options};
use core::num::NonZeroU32;
use m2m_base::Sink;
use m2m_base::container::{Chunk, Pool};

/// Options, payload marker and payload of one message, as on the wire; the marker is there even
/// when the payload is not, so that blocks can be appended.
#[derive(Debug)]
pub(super) struct Stored {
    chunk: Option<Chunk>,
    head: Head,
}

/// The code of a stored message, and how many bytes of options it has: in one word, so that two
/// registers hold a message.
#[derive(Clone, Copy, Debug)]
struct Head(NonZeroU32);

impl Head {
    /// None that is stored is empty, 0.00.
    fn new(code: Code, options: usize) -> Option<Head> {
        let options = u16::try_from(options).ok()?;
        NonZeroU32::new(u32::from(options) << 8 | u32::from(code.0))
            .filter(|_| code != Code::EMPTY)
            .map(Head)
    }

    fn code(self) -> Code {
        Code(self.0.get().to_le_bytes()[0])
    }

    fn options(self) -> usize {
        (self.0.get() >> 8) as usize
    }
}

/// Fills `room`, which has the right length.
fn write(room: &mut [u8], options: Options<'_>, extras: &Extras<'_>, payload: &[u8]) -> Option<()> {
    let mut filler = Filler::new(room);
    let mut sink = &mut filler;
    put_merged(&mut sink, options, extras).ok()?;
    sink.put_u8(0xff).ok()?;
    sink.put(payload).ok()
}

impl Stored {
    /// Stores a message; `None` if the pool has no room.
    pub(super) fn new(
        pool: &mut Pool,
        code: Code,
        options: Options<'_>,
        extras: &Extras<'_>,
        payload: &[u8],
    ) -> Option<Stored> {
        let merged = merged_len(options, extras).ok()?;
        let head = Head::new(code, merged)?;
        if merged == 0 && payload.is_empty() {
            return Some(Stored { chunk: None, head });
        }
        let len = merged.checked_add(1)?.checked_add(payload.len())?;
        let (chunk, room) = pool.claim(len)?;
        // What tells the length of the options writes them too: this does not fail.
        let _ = write(room, options, extras, payload);
        Some(Stored { chunk: Some(chunk), head })
    }

    fn split<'p>(&self, pool: &'p Pool) -> (&'p [u8], &'p [u8]) {
        let bytes = self.chunk.as_ref().map_or(&[][..], |c| pool.get(c));
        let (options, rest) = bytes.split_at_checked(self.head.options()).unwrap_or((&[], &[]));
        (options, rest.get(1..).unwrap_or(&[]))
    }

    pub(super) fn code(&self) -> Code {
        self.head.code()
    }

    /// Options and payload.
    pub(super) fn parts<'p>(&self, pool: &'p Pool) -> (Options<'p>, &'p [u8]) {
        let (options, payload) = self.split(pool);
        (Options::from_encoded(options), payload)
    }

    pub(super) fn options<'p>(&self, pool: &'p Pool) -> Options<'p> {
        Options::from_encoded(self.split(pool).0)
    }

    pub(super) fn payload<'p>(&self, pool: &'p Pool) -> &'p [u8] {
        self.split(pool).1
    }

    /// What follows the token on the wire.
    pub(super) fn tail<'p>(&self, pool: &'p Pool) -> &'p [u8] {
        let bytes = self.chunk.as_ref().map_or(&[][..], |c| pool.get(c));
        if bytes.len() == self.head.options().wrapping_add(1) {
            return bytes.get(..self.head.options()).unwrap_or(&[]);
        }
        bytes
    }

    /// Appends to the payload; false, and no change, if the pool has no room.
    pub(super) fn append(&mut self, pool: &mut Pool, more: &[u8]) -> bool {
        match &mut self.chunk {
            Some(chunk) => pool.append(chunk, more),
            // Only bodies of more than one block are appended to, and a first block is not empty.
            None if !cfg!(feature = "q-block") => false,
            None => {
                self.chunk = pool.store(&[&[0xff], more]);
                self.chunk.is_some()
            }
        }
    }

    /// Makes the payload `len` bytes long if it is shorter; false, and no change, without room.
    #[cfg(feature = "q-block")]
    pub(super) fn grow(&mut self, pool: &mut Pool, len: usize) -> bool {
        const ZEROS: [u8; 256] = [0; 256];
        let mut missing = len.saturating_sub(self.payload(pool).len());
        while missing > 0 {
            let more = missing.min(ZEROS.len());
            if !self.append(pool, ZEROS.get(..more).unwrap_or(&ZEROS)) {
                return false;
            }
            missing = missing.saturating_sub(more);
        }
        true
    }

    /// Overwrites a part of the payload; false if it is not that long.
    #[cfg(feature = "q-block")]
    pub(super) fn put_at(&self, pool: &mut Pool, at: usize, bytes: &[u8]) -> bool {
        let Some(chunk) = &self.chunk else { return bytes.is_empty() };
        let from = self.head.options().saturating_add(1).saturating_add(at);
        let room = pool.get_mut(chunk).get_mut(from..from.saturating_add(bytes.len()));
        room.is_some_and(|room| {
            room.copy_from_slice(bytes);
            true
        })
    }
}

impl Endpoint {
    /// Gives the bytes of a message back, if there is one.
    #[inline]
    pub(super) fn free(&mut self, stored: impl Into<Option<Stored>>) {
        self.free_stored(stored.into());
    }

    #[cfg_attr(feature = "small", inline(never))]
    fn free_stored(&mut self, stored: Option<Stored>) {
        if let Some(chunk) = stored.and_then(|stored| stored.chunk) {
            self.pool.free(chunk);
        }
    }
}

impl Stored {
    /// Stores a copy of another message with only a part of its payload.
    pub(super) fn slice(
        pool: &mut Pool,
        source: &Stored,
        extras: &Extras<'_>,
        part: core::ops::Range<usize>,
    ) -> Option<Stored> {
        let merged = merged_len(source.options(pool), extras).ok()?;
        let head = Head::new(source.code(), merged)?;
        let len = merged.checked_add(1)?.checked_add(part.len())?;
        let chunk = pool.alloc(len)?;
        let from = source.chunk.as_ref()?;
        let written = pool.copy_with(from, &chunk, |source_bytes, room| {
            let (list, rest) = source_bytes.split_at_checked(source.head.options())?;
            let payload = rest.get(1..)?.get(part)?;
            write(room, Options::from_encoded(list), extras, payload)
        });
        if written.flatten().is_none() {
            pool.free(chunk);
            return None;
        }
        Some(Stored { chunk: Some(chunk), head })
    }
}
