//! The CBOR writer.

use super::Fractions;
#[cfg(not(feature = "small"))]
use super::fast;
use super::major::ARRAY;
use super::pieces;
use crate::error::WriteError;
use crate::out::Out;
use crate::record::Record;
#[cfg(feature = "small")]
use crate::{Label, Value};
use m2m_base::Sink;

/// Writes records as a pack in CBOR, the fields always in the same order: `bn bt bu bv bs bver bct n
/// u t ut ct`, the value, `s`.
///
/// The pack is whole only after [`Writer::finish`].
pub struct Writer<'a> {
    out: Out<'a>,
    fractions: Fractions,
    /// Records still to come, if they were announced; else more than there ever will be.
    left: usize,
    announced: bool,
}

impl<'a> Writer<'a> {
    /// Begins a pack of `count` records.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    #[inline]
    pub fn new(sink: &'a mut dyn Sink, count: u64) -> Result<Self, WriteError> {
        pieces::head(sink, count, ARRAY)?;
        let left = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(Writer { left, announced: true, ..Writer::resume(sink) })
    }

    /// Begins a pack whose length is not known (an array of indefinite length; some receivers
    /// cannot read these).
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn indefinite(sink: &'a mut dyn Sink) -> Result<Self, WriteError> {
        sink.put_u8(ARRAY | 31)?;
        Ok(Writer::resume(sink))
    }

    /// A writer in the middle of an array of indefinite length.
    #[inline]
    pub(crate) fn resume(sink: &'a mut dyn Sink) -> Self {
        let out = Out::new(sink);
        Writer { out, fractions: Fractions::Binary, left: usize::MAX, announced: false }
    }

    /// The writer, with another form of decimal fractions.
    #[must_use]
    pub fn with_fractions(mut self, fractions: Fractions) -> Self {
        self.fractions = fractions;
        self
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`WriteError::Count`] when there are more than announced (nothing is written then);
    /// [`WriteError::Full`], [`WriteError::NotFinite`]; the pack is then cut short.
    pub fn record(&mut self, record: &Record<'_>) -> Result<(), WriteError> {
        self.count()?;
        #[cfg(not(feature = "small"))]
        if let Some(piece) = self.out.piece()
            && let Ok(len) = fast::record(piece, self.fractions, record)
        {
            self.out.fill(len);
            return Ok(());
        }
        self.other(record)
    }

    /// The next record is one of those announced.
    #[inline]
    fn count(&mut self) -> Result<(), WriteError> {
        let none;
        (self.left, none) = self.left.overflowing_sub(1);
        if none {
            self.left = 0;
            return Err(WriteError::Count);
        }
        Ok(())
    }

    /// Writes one record of the fields that have values.
    #[cfg(feature = "small")]
    pub(crate) fn fields(
        &mut self,
        fields: &[(Label, Option<Value<'_>>)],
    ) -> Result<(), WriteError> {
        self.count()?;
        pieces::some(self.out.sink(), self.fractions, fields)
    }

    #[cold]
    #[inline(never)]
    fn other(&mut self, record: &Record<'_>) -> Result<(), WriteError> {
        #[cfg(not(feature = "small"))]
        {
            let mut piece = [0; _];
            if let Ok(len) = fast::record(&mut piece, self.fractions, record) {
                return Ok(self.out.sink().put(piece.get(..len).unwrap_or(&[]))?);
            }
        }
        pieces::record(self.out.sink(), self.fractions, record)
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`WriteError::Count`] when there were fewer records than announced; [`WriteError::Full`].
    #[inline]
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.end()
    }

    pub(crate) fn end(&mut self) -> Result<(), WriteError> {
        match (self.announced, self.left) {
            (false, _) => Ok(self.out.sink().put_u8(0xff)?),
            (true, 0) => Ok(()),
            (true, _) => Err(WriteError::Count),
        }
    }
}
