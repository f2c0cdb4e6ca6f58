//! Base fields that outlive the records they came with.

use super::{End, StreamError, StreamReader};
use crate::error::DecodeErrorKind as Kind;
use crate::{Format, Record, Resolved, Resolver, Rules, Text};
use m2m_base::SliceSink;

/// Resolves the records of a stream, given in their order. As [`Resolver`], but keeps copies of
/// the base name and base unit, so that records need not stay.
#[derive(Debug)]
pub struct StreamResolver<'b> {
    /// Everything but the texts.
    state: Resolver<'static>,
    /// The base name, and behind it the base unit.
    texts: &'b mut [u8],
    name: usize,
    unit: Option<usize>,
}

impl<'b> StreamResolver<'b> {
    /// A resolver at the start of a stream, whose base name and base unit take at most as many
    /// bytes as `texts` has.
    #[must_use]
    pub fn new(rules: Rules, texts: &'b mut [u8]) -> Self {
        StreamResolver { state: Resolver::new(rules), texts, name: 0, unit: None }
    }

    /// Resolves the next record; `None` for one that only sets base fields.
    ///
    /// # Errors
    /// As [`Resolver::resolve`]; `TooLong` for a base name and base unit that there is no room for.
    pub fn resolve<'s>(&'s mut self, record: &Record<'s>) -> Result<Option<Resolved<'s>>, Kind> {
        if let Some(name) = record.base_name {
            self.keep_name(name)?;
        }
        if let Some(unit) = record.base_unit {
            self.unit = Some(put(self.texts.get_mut(self.name..), unit)?);
        }
        let (name, rest) = self.texts.split_at_checked(self.name).unwrap_or_default();
        let text = |bytes: &'s [u8]| Text::from(core::str::from_utf8(bytes).unwrap_or(""));
        let unit = self.unit.map(|len| text(rest.get(..len).unwrap_or_default()));
        let mut resolver = self.state.with_bases(text(name), unit);
        let mut record = *record;
        record.base_name = record.base_name.map(|_| text(name));
        record.base_unit = unit.filter(|_| record.base_unit.is_some());
        let resolved = resolver.resolve(&record);
        self.state = resolver.with_bases(Text::default(), None);
        resolved
    }

    /// Puts a new base name in front of the base unit.
    fn keep_name(&mut self, name: Text<'_>) -> Result<(), Kind> {
        let unit = self.unit.unwrap_or(0);
        let len = name.len();
        let end = len.checked_add(unit).filter(|end| *end <= self.texts.len());
        end.ok_or(Kind::TooLong)?;
        self.texts.copy_within(self.name..self.name.saturating_add(unit), len);
        self.name = put(Some(self.texts), name)?;
        Ok(())
    }
}

/// Reads and resolves a stream as its bytes arrive: a [`StreamReader`] and a [`StreamResolver`].
#[derive(Debug)]
pub struct ResolvedStream<'b> {
    reader: StreamReader<'b>,
    resolver: StreamResolver<'b>,
    failed: Option<StreamError>,
}

impl<'b> ResolvedStream<'b> {
    /// A reader of records that are at most as long as `record`, with a base name and base unit
    /// that take at most as many bytes as `texts` has.
    #[must_use]
    pub fn new(format: Format, rules: Rules, record: &'b mut [u8], texts: &'b mut [u8]) -> Self {
        ResolvedStream {
            reader: StreamReader::new(format, record),
            resolver: StreamResolver::new(rules, texts),
            failed: None,
        }
    }

    /// Takes bytes from the front of `chunk` up to the end of the next record, and resolves that.
    /// `None` for a record that only sets base fields, and when the chunk is used up: there is more
    /// to read as long as it is not empty.
    ///
    /// # Errors
    /// [`StreamError`]; the same one again from then on.
    pub fn read<'s, 'c: 's>(
        &'s mut self,
        chunk: &mut &'c [u8],
    ) -> Result<Option<Resolved<'s>>, StreamError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let number = self.reader.records().saturating_add(1);
        let Some((record, offset)) = self.reader.read_at(chunk)? else { return Ok(None) };
        self.resolver.resolve(&record).map_err(|kind| {
            let error = StreamError { kind, record: number, offset };
            self.failed = Some(error);
            error
        })
    }

    /// The bytes are at their end.
    ///
    /// # Errors
    /// As [`StreamReader::finish`].
    pub fn finish(&mut self) -> Result<End, StreamError> {
        match self.failed {
            Some(error) => Err(error),
            None => self.reader.finish(),
        }
    }

    /// The reader.
    #[must_use]
    pub fn reader(&self) -> &StreamReader<'b> {
        &self.reader
    }
}

fn put(room: Option<&mut [u8]>, text: Text<'_>) -> Result<usize, Kind> {
    let mut sink = SliceSink::new(room.unwrap_or_default());
    text.write(&mut sink).map_err(|_| Kind::TooLong)?;
    Ok(sink.len())
}
