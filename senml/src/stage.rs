//! Gathers the small pieces of records: a sink behind `dyn` costs much per call, and here it is
//! called once for many.

use crate::Text;
use m2m_base::{Full, Sink};

const SIZE: usize = 128;

/// What a record must have at least, or the bytes before it are handed on first.
const ROOM: usize = 48;

/// A short buffer in front of a sink; its owner must [`flush`](Stage::flush) it.
pub(crate) struct Stage<'s> {
    sink: &'s mut dyn Sink,
    buf: [u8; SIZE],
    len: usize,
    /// Where a record begins that is held back, so that its first byte may still be changed.
    held: Option<usize>,
}

impl<'s> Stage<'s> {
    #[inline]
    pub(crate) fn new(sink: &'s mut dyn Sink) -> Self {
        Stage { sink, buf: [0; SIZE], len: 0, held: None }
    }

    /// Begins a record whose first byte is not known yet, and holds it back.
    #[inline]
    pub(crate) fn hold(&mut self) -> Result<(), Full> {
        if self.len > SIZE - ROOM {
            self.flush()?;
        }
        self.held = Some(self.len);
        self.len = self.len.wrapping_add(1);
        Ok(())
    }

    /// Whether a record is held back: then the stage may be full and the sink not.
    pub(crate) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Holds nothing back any more; the record's first byte is this one.
    #[inline]
    pub(crate) fn release(&mut self, byte: u8) {
        let first = self.held.take().and_then(|start| self.buf.get_mut(start));
        if let Some(slot) = first {
            *slot = byte;
        }
    }

    /// Forgets what is held back and hands on the rest.
    pub(crate) fn restart(&mut self) -> Result<(), Full> {
        self.len = self.held.take().unwrap_or(self.len);
        self.flush()
    }

    /// Appends the first `len` of eight bytes: one store, whatever the length.
    #[inline]
    pub(crate) fn short(&mut self, bytes: [u8; 8], len: usize) -> Result<(), Full> {
        let Some(room) = self.buf.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) else {
            return self.put_word(bytes, len);
        };
        *room = bytes;
        self.len = self.len.wrapping_add(len);
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn put_word(&mut self, bytes: [u8; 8], len: usize) -> Result<(), Full> {
        self.put_long(bytes.get(..len).unwrap_or(&[]))
    }

    #[cold]
    fn put_long(&mut self, bytes: &[u8]) -> Result<(), Full> {
        if self.held.is_some() {
            return Err(Full);
        }
        self.flush()?;
        self.sink.put(bytes)
    }

    /// Appends a text that does not lie in one piece. Kept out of the way of those that do.
    #[cold]
    pub(crate) fn put_text(&mut self, text: &Text<'_>) -> Result<(), Full> {
        text.write(self)
    }

    /// Hands on what was gathered.
    pub(crate) fn flush(&mut self) -> Result<(), Full> {
        let len = core::mem::take(&mut self.len);
        self.sink.put(self.buf.get(..len).unwrap_or(&[]))
    }
}

/// At most eight bytes in a word, the first one lowest, zeros above the last.
#[inline]
pub(crate) fn word(bytes: &[u8]) -> u64 {
    let shift = |index: usize| u32::try_from(index.wrapping_mul(8)).unwrap_or(0);
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        // The halves may overlap.
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        let high = u64::from(last).wrapping_shl(shift(bytes.len().wrapping_sub(4)));
        return u64::from(first) | high;
    }
    let byte =
        |index: usize| u64::from(bytes.get(index).copied().unwrap_or(0)).wrapping_shl(shift(index));
    byte(0) | byte(1) | byte(2)
}

impl Sink for Stage<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        if bytes.len() <= 8 {
            return self.short(word(bytes).to_le_bytes(), bytes.len());
        }
        let room = self.buf.get_mut(self.len..).and_then(|room| room.get_mut(..bytes.len()));
        if let Some(room) = room {
            room.copy_from_slice(bytes);
            self.len = self.len.wrapping_add(bytes.len());
            return Ok(());
        }
        self.put_long(bytes)
    }

    #[inline]
    fn put_u8(&mut self, byte: u8) -> Result<(), Full> {
        let Some(slot) = self.buf.get_mut(self.len) else {
            return self.put_long(&[byte]);
        };
        *slot = byte;
        self.len = self.len.wrapping_add(1);
        Ok(())
    }
}
