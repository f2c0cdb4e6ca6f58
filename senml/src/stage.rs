//! Gathers the small pieces of records: a sink behind `dyn` costs much per call, and here it is
//! called once for many.

use crate::Text;
use crate::error::{Failed, WriteError};
use m2m_base::{Full, Sink};

const SIZE: usize = 256;

/// What a record must have at least, or the bytes before it are handed on first.
const ROOM: usize = 48;

/// A short buffer in front of a sink; its owner must [`flush`](Stage::flush) it.
///
/// Who writes fields keeps in a register where the next one goes, and notes it in `len` only when
/// the record is whole or something is to be written as to any sink.
pub(crate) struct Stage<'s> {
    sink: &'s mut dyn Sink,
    buf: [u8; SIZE],
    len: usize,
    /// Whether a record must lie here as a whole, so that its first byte may still be changed.
    holds: bool,
    /// What was wrong, other than that there is no room.
    fault: Option<WriteError>,
}

impl<'s> Stage<'s> {
    #[inline]
    pub(crate) fn new(sink: &'s mut dyn Sink, holds: bool) -> Self {
        Stage { sink, buf: [0; SIZE], len: 0, holds, fault: None }
    }

    /// Where a record begins, or the end of the pack: here is room for a few bytes.
    #[inline]
    pub(crate) fn begin(&mut self) -> Result<usize, Full> {
        if self.len > SIZE - ROOM {
            self.flush()?;
        }
        Ok(self.len)
    }

    /// Notes what is wrong.
    #[cold]
    pub(crate) fn fail(&mut self, error: WriteError) -> Failed {
        self.fault = Some(error);
        Failed
    }

    /// What was wrong when a function failed.
    #[cold]
    pub(crate) fn fault(&mut self) -> WriteError {
        self.fault.take().unwrap_or(WriteError::Full)
    }

    /// A record ends before `at`.
    #[inline]
    pub(crate) fn end(&mut self, at: usize) {
        self.len = at;
    }

    /// Changes a byte, if it is still here.
    #[inline]
    pub(crate) fn set(&mut self, at: usize, byte: u8) {
        if let Some(slot) = self.buf.get_mut(at) {
            *slot = byte;
        }
    }

    /// Forgets what begins at `start` and hands on the rest; the record that begins now need not
    /// lie here as a whole.
    pub(crate) fn restart(&mut self, start: usize) -> Result<(), Full> {
        self.holds = false;
        self.len = start;
        self.flush()
    }

    /// From now on records must lie here as a whole again.
    pub(crate) fn hold(&mut self) {
        self.holds = true;
    }

    /// The `N` bytes from `at` on, if there are so many.
    #[inline]
    pub(crate) fn room<const N: usize>(&mut self, at: usize) -> Option<&mut [u8; N]> {
        // The comparison is one that the compiler knows the slice by.
        if at > SIZE - N {
            return None;
        }
        self.buf.get_mut(at..)?.first_chunk_mut()
    }

    /// Stores the first `len` of eight bytes at `at`, in one, whatever the length; returns where
    /// the next go.
    #[inline]
    pub(crate) fn short(&mut self, at: usize, word: u64, len: usize) -> Result<usize, Full> {
        let Some(room) = self.room(at) else { return self.put_word(at, word, len) };
        *room = word.to_le_bytes();
        Ok(at.wrapping_add(len))
    }

    #[cold]
    #[inline(never)]
    fn put_word(&mut self, at: usize, word: u64, len: usize) -> Result<usize, Full> {
        self.sink(at).put_long(word.to_le_bytes().get(..len).unwrap_or(&[]))?;
        Ok(self.len)
    }

    /// This, as a sink that goes on at `at`.
    pub(crate) fn sink(&mut self, at: usize) -> &mut Self {
        self.len = at;
        self
    }

    /// Where the next byte goes.
    pub(crate) fn at(&self) -> usize {
        self.len
    }

    #[cold]
    fn put_long(&mut self, bytes: &[u8]) -> Result<(), Full> {
        if self.holds {
            return Err(Full);
        }
        self.flush()?;
        self.sink.put(bytes)
    }

    /// Appends bytes at `at`; returns where the next go.
    #[inline]
    pub(crate) fn long(&mut self, at: usize, bytes: &[u8]) -> Result<usize, Full> {
        if let Some(room) = self.buf.get_mut(at..).and_then(|room| room.get_mut(..bytes.len())) {
            room.copy_from_slice(bytes);
            return Ok(at.wrapping_add(bytes.len()));
        }
        self.sink(at).put_long(bytes)?;
        Ok(self.len)
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

/// Copies 8 to 24 bytes to `from`, eight at a time: the last ones may have been copied before.
/// `None` if there is no room.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) fn copy_short(room: &mut [u8; 32], from: usize, bytes: &[u8]) -> Option<()> {
    let room = room.get_mut(from..)?;
    *room.first_chunk_mut()? = *bytes.first_chunk::<8>()?;
    if let Some(second) = bytes.get(8..16) {
        *room.get_mut(8..)?.first_chunk_mut()? = *second.first_chunk::<8>()?;
    }
    *room.get_mut(bytes.len().wrapping_sub(8)..)?.first_chunk_mut()? = *bytes.last_chunk::<8>()?;
    Some(())
}

/// At most eight bytes in a word, the first one lowest, zeros above the last.
#[inline(always)]
pub(crate) fn word(bytes: &[u8]) -> u64 {
    // The halves may overlap.
    let shift = |from: usize| u32::try_from(bytes.len().wrapping_sub(from).wrapping_mul(8));
    let above = |last: u64, from: usize| last.wrapping_shl(shift(from).unwrap_or(0));
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | above(last.into(), 4);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u16::from_le_bytes(*first), u16::from_le_bytes(*last));
        return u64::from(first) | above(last.into(), 2);
    }
    bytes.first().copied().unwrap_or(0).into()
}

impl Sink for Stage<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.len = self.long(self.len, bytes)?;
        Ok(())
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
