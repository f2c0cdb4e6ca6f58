//! One reader and one writer for all formats.

#[cfg(feature = "cbor")]
use crate::cbor;
use crate::error::{DecodeError, WriteError};
#[cfg(feature = "json")]
use crate::json;
use crate::label::{Seen, Target};
use crate::record::Record;
#[cfg(feature = "xml")]
use crate::xml;
#[cfg(feature = "small")]
use crate::{Label, Value};
use crate::{ResolvedReader, Rules};
use m2m_base::Sink;

/// How a pack is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Format {
    /// `application/senml+json` (CoAP content format 110).
    #[cfg(feature = "json")]
    Json,
    /// `application/senml+cbor` (CoAP content format 112).
    #[cfg(feature = "cbor")]
    Cbor,
    /// `application/senml+xml` (CoAP content format 310).
    #[cfg(feature = "xml")]
    Xml,
}

/// Reads the records of a pack in any format: an iterator over `Result<Record, DecodeError>`.
#[derive(Clone)]
#[allow(missing_docs, reason = "the variants are what they are called")]
#[non_exhaustive]
pub enum Reader<'a> {
    #[cfg(feature = "json")]
    Json(json::Reader<'a>),
    #[cfg(feature = "cbor")]
    Cbor(cbor::Reader<'a>),
    #[cfg(feature = "xml")]
    Xml(xml::Reader<'a>),
}

impl<'a> Reader<'a> {
    /// A reader of a whole pack.
    #[must_use]
    pub fn new(format: Format, bytes: &'a [u8]) -> Self {
        match format {
            #[cfg(feature = "json")]
            Format::Json => Reader::Json(json::Reader::new(bytes)),
            #[cfg(feature = "cbor")]
            Format::Cbor => Reader::Cbor(cbor::Reader::new(bytes)),
            #[cfg(feature = "xml")]
            Format::Xml => Reader::Xml(xml::Reader::new(bytes)),
        }
    }

    /// Reads and resolves a whole pack.
    #[must_use]
    pub fn resolved(format: Format, bytes: &'a [u8], rules: Rules) -> ResolvedReader<'a> {
        ResolvedReader::new(format, bytes, rules)
    }

    /// Whether a record read so far had a field that is not known and was passed over.
    #[must_use]
    pub fn has_unknown_field(&self) -> bool {
        match self {
            #[cfg(feature = "json")]
            Reader::Json(reader) => reader.has_unknown_field(),
            #[cfg(feature = "cbor")]
            Reader::Cbor(reader) => reader.has_unknown_field(),
            #[cfg(feature = "xml")]
            Reader::Xml(reader) => reader.has_unknown_field(),
        }
    }

    /// Reads the next record into `record`, whatever that was before; false at the end of the
    /// pack. Saves the moves of [`Iterator::next`].
    ///
    /// # Errors
    /// [`DecodeError`]; the reader ends with it.
    #[inline]
    pub fn read(&mut self, record: &mut Record<'a>) -> Result<bool, DecodeError> {
        match self {
            #[cfg(feature = "json")]
            Reader::Json(reader) => reader.read(record),
            #[cfg(feature = "cbor")]
            Reader::Cbor(reader) => reader.read(record),
            #[cfg(feature = "xml")]
            Reader::Xml(reader) => reader.read(record),
        }
    }

    /// As the format's own reader.
    #[inline]
    pub(crate) fn fields(&mut self, target: &mut impl Target<'a>) -> Option<Seen> {
        match self {
            #[cfg(feature = "json")]
            Reader::Json(reader) => reader.fields(target),
            #[cfg(feature = "cbor")]
            Reader::Cbor(reader) => reader.fields(target),
            #[cfg(feature = "xml")]
            Reader::Xml(reader) => reader.fields(target),
        }
    }

    pub(crate) fn end(&mut self) -> Result<(), DecodeError> {
        match self {
            #[cfg(feature = "json")]
            Reader::Json(reader) => reader.end(),
            #[cfg(feature = "cbor")]
            Reader::Cbor(reader) => reader.end(),
            #[cfg(feature = "xml")]
            Reader::Xml(reader) => reader.end(),
        }
    }

    /// Where the record last returned begins.
    #[must_use]
    pub fn record_offset(&self) -> usize {
        match self {
            #[cfg(feature = "json")]
            Reader::Json(reader) => reader.record_offset(),
            #[cfg(feature = "cbor")]
            Reader::Cbor(reader) => reader.record_offset(),
            #[cfg(feature = "xml")]
            Reader::Xml(reader) => reader.record_offset(),
        }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Record<'a>, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            #[cfg(feature = "json")]
            Reader::Json(reader) => reader.next(),
            #[cfg(feature = "cbor")]
            Reader::Cbor(reader) => reader.next(),
            #[cfg(feature = "xml")]
            Reader::Xml(reader) => reader.next(),
        }
    }
}

/// Writes records as a pack in any format.
///
/// The pack is whole only after [`Writer::finish`].
#[allow(missing_docs, reason = "the variants are what they are called")]
#[non_exhaustive]
pub enum Writer<'a> {
    #[cfg(feature = "json")]
    Json(json::Writer<'a>),
    #[cfg(feature = "cbor")]
    Cbor(cbor::Writer<'a>),
    #[cfg(feature = "xml")]
    Xml(xml::Writer<'a>),
}

impl<'a> Writer<'a> {
    /// Begins a pack of `count` records; with `None`, of any number (in CBOR an array of
    /// indefinite length).
    ///
    /// # Errors
    /// [`WriteError::Full`].
    #[inline]
    pub fn new(
        format: Format,
        sink: &'a mut dyn Sink,
        count: Option<u64>,
    ) -> Result<Self, WriteError> {
        Ok(match (format, count) {
            #[cfg(feature = "json")]
            (Format::Json, _) => Writer::Json(json::Writer::new(sink)?),
            #[cfg(feature = "cbor")]
            (Format::Cbor, Some(count)) => Writer::Cbor(cbor::Writer::new(sink, count)?),
            #[cfg(feature = "xml")]
            (Format::Xml, _) => Writer::Xml(xml::Writer::new(sink)?),
            #[cfg(feature = "cbor")]
            (Format::Cbor, None) => Writer::Cbor(cbor::Writer::indefinite(sink)?),
        })
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`WriteError`], as the format's own writer.
    #[inline]
    pub fn record(&mut self, record: &Record<'_>) -> Result<(), WriteError> {
        match self {
            #[cfg(feature = "json")]
            Writer::Json(writer) => writer.record(record),
            #[cfg(feature = "cbor")]
            Writer::Cbor(writer) => writer.record(record),
            #[cfg(feature = "xml")]
            Writer::Xml(writer) => writer.record(record),
        }
    }

    /// Writes one record of the fields that have values: in the order of [`Label`], each once, and
    /// at most one value among them. Nothing looks at that. Less code than [`Writer::record`].
    ///
    /// # Errors
    /// [`WriteError`], as the format's own writer.
    #[cfg(feature = "small")]
    #[inline]
    pub fn fields(&mut self, fields: &[(Label, Option<Value<'_>>)]) -> Result<(), WriteError> {
        match self {
            #[cfg(feature = "json")]
            Writer::Json(writer) => writer.fields(fields),
            #[cfg(feature = "cbor")]
            Writer::Cbor(writer) => writer.fields(fields),
            #[cfg(feature = "xml")]
            Writer::Xml(writer) => writer.fields(fields),
        }
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`WriteError`], as the format's own writer.
    #[inline]
    pub fn finish(mut self) -> Result<(), WriteError> {
        match &mut self {
            #[cfg(feature = "json")]
            Writer::Json(writer) => writer.end(),
            #[cfg(feature = "cbor")]
            Writer::Cbor(writer) => writer.end(),
            #[cfg(feature = "xml")]
            Writer::Xml(writer) => writer.end(),
        }
    }
}
