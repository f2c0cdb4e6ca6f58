//! Reading and resolving in one: what is read goes right into the resolver.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::resolve::{Resolved, Resolver, Rules};
use crate::{Format, Reader};

/// Reads and resolves a pack. [`ResolvedReader::read`] lends each record where it lies; the
/// iterator over `Result<Resolved, DecodeError>` copies them. After an error it ends.
#[derive(Clone)]
pub struct ResolvedReader<'a> {
    reader: Reader<'a>,
    resolver: Resolver<'a>,
    ended: bool,
    /// Where what is wrong is.
    fault: usize,
}

impl<'a> ResolvedReader<'a> {
    /// A reader of the pack `bytes`.
    #[must_use]
    pub fn new(format: Format, bytes: &'a [u8], rules: Rules) -> Self {
        let (reader, resolver) = (Reader::new(format, bytes), Resolver::new(rules));
        ResolvedReader { reader, resolver, ended: false, fault: 0 }
    }

    /// Reads the next record and resolves it; `None` at the end of the pack.
    ///
    /// # Errors
    /// [`DecodeError`]; the reader ends with it.
    pub fn read(&mut self) -> Result<Option<&Resolved<'a>>, DecodeError> {
        match self.advance() {
            Ok(true) => Ok(Some(&self.resolver.current)),
            Ok(false) => Ok(None),
            Err(kind) => Err(kind.at(self.fault)),
        }
    }

    /// The record that was read last.
    #[must_use]
    pub fn record(&self) -> &Resolved<'a> {
        &self.resolver.current
    }

    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline)]
    fn advance(&mut self) -> Result<bool, DecodeErrorKind> {
        while !self.ended {
            self.resolver.begin();
            let end = match self.reader.fields(&mut self.resolver) {
                Some(seen) => match self.resolver.finish(seen) {
                    Ok(true) => return Ok(true),
                    Ok(false) => continue,
                    Err(kind) => Err(kind.at(self.reader.record_offset())),
                },
                None => self.reader.end(),
            };
            self.ended = true;
            return end.map(|()| false).map_err(|error| {
                self.fault = error.offset;
                error.kind
            });
        }
        Ok(false)
    }

    /// Where the record last returned begins.
    #[must_use]
    pub fn record_offset(&self) -> usize {
        self.reader.record_offset()
    }
}

impl<'a> Iterator for ResolvedReader<'a> {
    type Item = Result<Resolved<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.read() {
            Ok(Some(resolved)) => Some(Ok(*resolved)),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl core::iter::FusedIterator for ResolvedReader<'_> {}
