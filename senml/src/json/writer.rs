//! The JSON writer.

#[cfg(not(feature = "small"))]
use super::fast;
use super::pieces;
use crate::error::WriteError;
use crate::out::Out;
use crate::record::Record;
#[cfg(feature = "small")]
use crate::{Label, Value};
use m2m_base::Sink;

/// Writes records as a pack in JSON, without white space, the fields always in the same order:
/// `bn bt bu bv bs bver bct n u t ut ct`, the value, `s`.
///
/// The pack is whole only after [`Writer::finish`].
pub struct Writer<'a> {
    out: Out<'a>,
    /// One, if a comma must part the next record from others.
    comma: usize,
}

impl<'a> Writer<'a> {
    /// Begins a pack.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    #[inline]
    pub fn new(sink: &'a mut dyn Sink) -> Result<Self, WriteError> {
        sink.put_u8(b'[')?;
        Ok(Writer::resume(sink, true))
    }

    /// A writer in the middle of a pack.
    #[inline]
    pub(crate) fn resume(sink: &'a mut dyn Sink, first: bool) -> Self {
        Writer { out: Out::new(sink), comma: usize::from(!first) }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`WriteError::Full`], [`WriteError::NotFinite`]; the pack is then cut short.
    pub fn record(&mut self, record: &Record<'_>) -> Result<(), WriteError> {
        let comma = core::mem::replace(&mut self.comma, 1);
        #[cfg(not(feature = "small"))]
        if let Some(piece) = self.out.piece()
            && let Ok(len) = fast::record(piece, comma, record)
        {
            self.out.fill(len);
            return Ok(());
        }
        self.other(comma, record)
    }

    /// Writes one record of the fields that have values.
    #[cfg(feature = "small")]
    pub(crate) fn fields(
        &mut self,
        fields: &[(Label, Option<Value<'_>>)],
    ) -> Result<(), WriteError> {
        let comma = core::mem::replace(&mut self.comma, 1);
        pieces::some(self.out.sink(), comma > 0, fields)
    }

    #[cold]
    #[inline(never)]
    fn other(&mut self, comma: usize, record: &Record<'_>) -> Result<(), WriteError> {
        #[cfg(not(feature = "small"))]
        {
            let mut piece = [0; _];
            if let Ok(len) = fast::record(&mut piece, comma, record) {
                return Ok(self.out.sink().put(piece.get(..len).unwrap_or(&[]))?);
            }
        }
        pieces::record(self.out.sink(), comma > 0, record)
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    #[inline]
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.end()
    }

    pub(crate) fn end(&mut self) -> Result<(), WriteError> {
        Ok(self.out.sink().put_u8(b']')?)
    }
}
