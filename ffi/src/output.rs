//! Buffers of C's that are filled by one call after the other.

use m2m_base::SliceSink;

use crate::borrow::buffer;
use crate::result::m2m_result::{self, M2M_BUFFER_TOO_SMALL};

/// A buffer that belongs to what writes into it, until that has finished.
pub(crate) struct Output {
    buf: *mut u8,
    cap: usize,
    len: usize,
}

// SAFETY: the buffer is the writer's, whichever thread uses that.
unsafe impl Send for Output {}

impl Output {
    /// # Safety
    /// Unless it is `NULL`, `buf` points to `cap` writable bytes that nobody else uses as long as the result is
    /// used.
    pub(crate) unsafe fn new(buf: *mut u8, cap: usize) -> Result<Self, m2m_result> {
        // SAFETY: the same promise.
        unsafe { buffer(buf, cap) }?;
        Ok(Output { buf, cap, len: 0 })
    }

    fn all(&mut self) -> Result<&mut [u8], m2m_result> {
        // SAFETY: what the caller of `new` promised.
        unsafe { buffer(self.buf, self.cap) }
    }

    /// How many bytes there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Begins at the start again, and tells how many bytes there were.
    #[cfg(feature = "senml")]
    pub(crate) fn take(&mut self) -> usize {
        core::mem::take(&mut self.len)
    }

    /// The bytes that there are.
    #[cfg(feature = "coap")]
    pub(crate) fn written(&mut self) -> Result<&mut [u8], m2m_result> {
        let len = self.len;
        self.all()?.get_mut(..len).ok_or(M2M_BUFFER_TOO_SMALL)
    }

    /// Puts bytes between those that there are.
    #[cfg(all(feature = "coap", feature = "stream"))]
    pub(crate) fn insert(&mut self, at: usize, bytes: &[u8]) -> Result<(), m2m_result> {
        use m2m_base::Sink;
        self.append(0, |m2m_base::Full| M2M_BUFFER_TOO_SMALL, |sink| sink.put(bytes))?;
        if let Some(moved) = self.written()?.get_mut(at..) {
            moved.rotate_right(bytes.len());
        }
        Ok(())
    }

    /// Writes something behind what is there, and leaves room for `beside` bytes. After an error there is as much
    /// as before.
    pub(crate) fn append<E>(
        &mut self,
        beside: usize,
        why: impl FnOnce(E) -> m2m_result,
        write: impl FnOnce(&mut SliceSink<'_>) -> Result<(), E>,
    ) -> Result<(), m2m_result> {
        let len = self.len;
        let room = self.all()?.get_mut(len..).ok_or(M2M_BUFFER_TOO_SMALL)?;
        let usable = room.len().checked_sub(beside).ok_or(M2M_BUFFER_TOO_SMALL)?;
        let mut sink = SliceSink::new(room.get_mut(..usable).unwrap_or_default());
        write(&mut sink).map_err(why)?;
        let written = sink.len();
        self.len = len.saturating_add(written);
        Ok(())
    }
}
