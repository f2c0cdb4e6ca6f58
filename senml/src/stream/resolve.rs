//! Base fields that outlive the records they came with.

use super::{End, StreamError, StreamReader};
use crate::error::DecodeErrorKind as Kind;
use crate::{Format, Record, Resolved, Resolver, Rules, Text};
use m2m_base::SliceSink;

/// Resolves the records of a stream, given in their order. As [`Resolver`], but keeps copies of
/// the base name, unit and content format, so that records need not stay.
#[derive(Debug)]
pub struct StreamResolver<'b> {
    /// Everything but the texts.
    state: Resolver<'static>,
    /// The texts, one behind the other.
    texts: &'b mut [u8],
    /// Their lengths: base name, base unit, base content format.
    lens: [Option<usize>; 3],
}

impl<'b> StreamResolver<'b> {
    /// A resolver at the start of a stream, whose base name, base unit and base content format take
    /// at most as many bytes as `texts` has.
    #[must_use]
    pub fn new(rules: Rules, texts: &'b mut [u8]) -> Self {
        StreamResolver { state: Resolver::new(rules), texts, lens: [None; 3] }
    }

    /// Resolves the next record; `None` for one that only sets base fields.
    ///
    /// # Errors
    /// As [`Resolver::resolve`]; `TooLong` for base fields that there is no room for.
    pub fn resolve<'s>(&'s mut self, record: &Record<'s>) -> Result<Option<Resolved<'s>>, Kind> {
        let mut record = *record;
        if let Some(base) = record.base {
            for (at, text) in [base.name, base.unit, base.content_format].into_iter().enumerate() {
                if let Some(text) = text {
                    self.keep(at, text)?;
                }
            }
        }
        let mut rest = &*self.texts;
        let kept = self.lens.map(|len| {
            let (text, behind) = rest.split_at_checked(len?).unwrap_or_default();
            rest = behind;
            Some(Text::from(core::str::from_utf8(text).unwrap_or("")))
        });
        let [name, unit, content_format] = kept;
        let mut resolver = self.state.with_bases(name.unwrap_or_default(), unit, content_format);
        if let Some(base) = &mut record.base {
            base.name = base.name.and(name);
            base.unit = base.unit.and(unit);
            base.content_format = base.content_format.and(content_format);
        }
        let resolved = resolver.resolve(&record);
        self.state = resolver.with_bases(Text::default(), None, None);
        resolved
    }

    /// Puts a text in the place of the one that is at `place`.
    fn keep(&mut self, place: usize, text: Text<'_>) -> Result<(), Kind> {
        let sum = |lens: &[Option<usize>]| lens.iter().flatten().sum::<usize>();
        let (before, rest) = self.lens.split_at_checked(place).unwrap_or_default();
        let [old, behind @ ..] = rest else { return Ok(()) };
        let (start, old, behind) = (sum(before), old.unwrap_or(0), sum(behind));
        let from = start.saturating_add(old);
        let to = start.saturating_add(text.len());
        if to.checked_add(behind).is_none_or(|end| end > self.texts.len()) {
            return Err(Kind::TooLong);
        }
        self.texts.copy_within(from..from.saturating_add(behind), to);
        let mut sink = SliceSink::new(self.texts.get_mut(start..).unwrap_or_default());
        text.write(&mut sink).map_err(|_| Kind::TooLong)?;
        if let Some(len) = self.lens.get_mut(place) {
            *len = Some(sink.len());
        }
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
    /// A reader of records that are at most as long as `record`, with a base name, unit and
    /// content format that take at most as many bytes as `texts` has.
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
