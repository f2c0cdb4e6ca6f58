//! Gathers the small pieces of a record: a sink behind `dyn` costs much per call, and here it is
//! called about once a record.

use crate::Text;
use m2m_base::{Full, Sink};

const SIZE: usize = 64;

/// A short buffer in front of a sink; its owner must [`flush`](Stage::flush) it.
pub(crate) struct Stage<'s> {
    sink: &'s mut dyn Sink,
    buf: [u8; SIZE],
    len: usize,
}

impl<'s> Stage<'s> {
    #[inline]
    pub(crate) fn new(sink: &'s mut dyn Sink) -> Self {
        Stage { sink, buf: [0; SIZE], len: 0 }
    }

    /// Appends the first `len` of eight bytes: one store, whatever the length.
    #[inline]
    pub(crate) fn short(&mut self, bytes: [u8; 8], len: usize) -> Result<(), Full> {
        let Some(room) = self.buf.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) else {
            return self.put_long(bytes.get(..len).unwrap_or(&[]));
        };
        *room = bytes;
        self.len = self.len.wrapping_add(len);
        Ok(())
    }

    #[cold]
    fn put_long(&mut self, bytes: &[u8]) -> Result<(), Full> {
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

impl Sink for Stage<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
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
