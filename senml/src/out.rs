//! Where writers put their records.

use m2m_base::Sink;
#[cfg(not(feature = "small"))]
use {
    crate::piece::Piece,
    m2m_base::{Full, Room},
};

/// A sink, or the buffer that it is.
pub(crate) struct Out<'s> {
    #[cfg(feature = "small")]
    sink: &'s mut dyn Sink,
    /// None where there is a buffer.
    #[cfg(not(feature = "small"))]
    sink: Option<&'s mut dyn Sink>,
    /// What is free of the buffer; nothing, if there is none.
    #[cfg(not(feature = "small"))]
    rest: &'s mut [u8],
    /// How much of the buffer is filled.
    #[cfg(not(feature = "small"))]
    filled: Option<&'s mut usize>,
}

#[cfg(feature = "small")]
impl<'s> Out<'s> {
    pub(crate) fn new(sink: &'s mut dyn Sink) -> Self {
        Out { sink }
    }

    /// This, as a sink.
    pub(crate) fn sink(&mut self) -> &mut dyn Sink {
        self.sink
    }
}

#[cfg(not(feature = "small"))]
impl<'s> Out<'s> {
    #[inline]
    pub(crate) fn new(sink: &'s mut dyn Sink) -> Self {
        if sink.room().is_some() {
            // Asked twice, since with one answer the sink would be lent out even where there is
            // none.
            let (rest, filled) = sink.room().map(Room::split).unzip();
            return Out { sink: None, rest: rest.unwrap_or_default(), filled };
        }
        Out { sink: Some(sink), rest: &mut [], filled: None }
    }

    /// This, as a sink.
    pub(crate) fn sink(&mut self) -> &mut dyn Sink {
        self
    }

    /// Room for a record, if it can be written where it is to be.
    #[inline]
    pub(crate) fn piece(&mut self) -> Option<&mut Piece> {
        self.rest.first_chunk_mut()
    }

    /// So many bytes of the room are written.
    #[inline]
    pub(crate) fn fill(&mut self, len: usize) {
        if len > self.rest.len() {
            return;
        }
        self.rest = core::mem::take(&mut self.rest).get_mut(len..).unwrap_or_default();
        if let Some(filled) = &mut self.filled {
            **filled = filled.wrapping_add(len);
        }
    }
}

#[cfg(not(feature = "small"))]
impl Sink for Out<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        if let Some(sink) = &mut self.sink {
            return sink.put(bytes);
        }
        self.rest.get_mut(..bytes.len()).ok_or(Full)?.copy_from_slice(bytes);
        self.fill(bytes.len());
        Ok(())
    }
}
