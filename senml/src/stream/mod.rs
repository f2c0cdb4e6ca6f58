//! SensML: records that are read while they arrive and written while they are measured (RFC 8428
//! section 4.8).
//!
//! A [`StreamReader`] takes the bytes of a stream in chunks of any size and hands out each record
//! when its last byte has come. It keeps at most one record, in a buffer of the caller, so a
//! stream of any length takes the same memory. A [`StreamResolver`] carries the base fields from
//! record to record; a [`StreamWriter`] writes record after record to whatever sink there is then.
//!
//! ```
//! use senml::stream::{End, ResolvedStream};
//! use senml::{Format, Rules};
//!
//! let (mut record, mut names) = ([0; 200], [0; 100]);
//! let mut stream = ResolvedStream::new(Format::Json, Rules::RFC8428, &mut record, &mut names);
//! let mut read = String::new();
//! for chunk in ["[{\"bn\":\"urn:dev:1:\",\"n\":\"t", "emp\",\"v\":20.1},{\"n\":\"hum", "\",\"v\":40}"] {
//!     let mut chunk = chunk.as_bytes();
//!     while !chunk.is_empty() {
//!         if let Some(resolved) = stream.read(&mut chunk)? {
//!             read += &format!("{} ", resolved.name);
//!         }
//!     }
//! }
//! assert_eq!(read, "urn:dev:1:temp urn:dev:1:hum ");
//! // The other side may end a stream without closing the array.
//! assert_eq!(stream.finish()?, End::Open);
//! # Ok::<(), senml::stream::StreamError>(())
//! ```

#[cfg(feature = "cbor")]
mod cbor;
#[cfg(feature = "json")]
mod json;
mod resolve;
mod write;
#[cfg(feature = "xml")]
mod xml;

pub use resolve::{ResolvedStream, StreamResolver};
pub use write::StreamWriter;

use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::{Format, Record};
use thiserror::Error;

/// What is wrong with a stream, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("record {record}, byte {offset}: {kind}")]
pub struct StreamError {
    /// What is wrong. `TooLong` for a record that is longer than the buffer.
    pub kind: Kind,
    /// The number of the record, from 1 on; behind the last one, that of the next.
    pub record: u64,
    /// Where, in bytes from the start of the stream.
    pub offset: u64,
}

/// How a stream ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// With the end of its array or root element.
    Closed,
    /// Between two records: more could have come. A pack that ends so was cut short.
    Open,
}

/// What a framer found.
enum Found {
    /// The bytes end.
    More,
    /// The bytes taken end a unit.
    Unit,
    /// The byte behind those taken is wrong, or with some taken the last of these.
    Failed(Kind),
}

/// What a framer says of bytes: some belong to no unit, some to one.
struct Scan {
    skip: usize,
    take: usize,
    found: Found,
}

impl Scan {
    fn more(skip: usize, take: usize) -> Self {
        Scan { skip, take, found: Found::More }
    }

    fn failed(skip: usize, take: usize, kind: Kind) -> Self {
        Scan { skip, take, found: Found::Failed(kind) }
    }
}

/// Where a whole record lies.
enum Place<'c> {
    /// In the chunk.
    Chunk(&'c [u8]),
    /// In the buffer.
    Buffer,
}

#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "without an allocator there is no box")]
enum Framer {
    #[cfg(feature = "json")]
    Json(json::Framer),
    #[cfg(feature = "cbor")]
    Cbor(cbor::Framer),
    #[cfg(feature = "xml")]
    Xml(xml::Framer),
}

impl Framer {
    fn scan(&mut self, bytes: &[u8]) -> Scan {
        match self {
            #[cfg(feature = "json")]
            Framer::Json(framer) => framer.scan(bytes),
            #[cfg(feature = "cbor")]
            Framer::Cbor(framer) => framer.scan(bytes),
            #[cfg(feature = "xml")]
            Framer::Xml(framer) => framer.scan(bytes),
        }
    }

    /// Reads a record out of what is one, or begins like one.
    fn parse<'a>(&mut self, unit: &'a [u8], record: &mut Record<'a>) -> Result<(), DecodeError> {
        match self {
            #[cfg(feature = "json")]
            Framer::Json(_) => crate::json::one(unit, record),
            #[cfg(feature = "cbor")]
            Framer::Cbor(_) => crate::cbor::one(unit, record),
            #[cfg(feature = "xml")]
            Framer::Xml(framer) => framer.take(unit, record).map(drop),
        }
    }

    /// Whether a whole unit is a record. In XML there are others.
    fn is_record(&self, unit: &[u8]) -> bool {
        match self {
            #[cfg(feature = "json")]
            Framer::Json(_) => !unit.is_empty(),
            #[cfg(feature = "cbor")]
            Framer::Cbor(_) => !unit.is_empty(),
            #[cfg(feature = "xml")]
            Framer::Xml(framer) => framer.is_record(unit),
        }
    }

    fn has_begun(&self) -> bool {
        match self {
            #[cfg(feature = "json")]
            Framer::Json(framer) => framer.has_begun(),
            #[cfg(feature = "cbor")]
            Framer::Cbor(framer) => framer.has_begun(),
            #[cfg(feature = "xml")]
            Framer::Xml(framer) => framer.machine.has_begun(),
        }
    }

    fn is_closed(&self) -> bool {
        match self {
            #[cfg(feature = "json")]
            Framer::Json(framer) => framer.is_closed(),
            #[cfg(feature = "cbor")]
            Framer::Cbor(framer) => framer.is_closed(),
            #[cfg(feature = "xml")]
            Framer::Xml(framer) => framer.machine.is_closed(),
        }
    }
}

/// Reads the records of a stream or pack as their bytes arrive.
///
/// Without allocation, in time linear in the bytes, and with the same errors at the same offsets
/// as the reader of a whole pack. An error that ends the record early is told when the record is
/// complete, or too long, or [`StreamReader::finish`] is called.
#[derive(Debug)]
pub struct StreamReader<'b> {
    framer: Framer,
    /// What has come of a record that is not complete.
    buffer: &'b mut [u8],
    held: usize,
    /// Bytes that were taken.
    offset: u64,
    /// Where the record last begun begins.
    start: u64,
    /// Records returned.
    records: u64,
    failed: Option<StreamError>,
}

impl<'b> StreamReader<'b> {
    /// A reader of records that are at most as long as `buffer`.
    #[must_use]
    pub fn new(format: Format, buffer: &'b mut [u8]) -> Self {
        let framer = match format {
            #[cfg(feature = "json")]
            Format::Json => Framer::Json(json::Framer::new()),
            #[cfg(feature = "cbor")]
            Format::Cbor => Framer::Cbor(cbor::Framer::new()),
            #[cfg(feature = "xml")]
            Format::Xml => Framer::Xml(xml::Framer::new()),
        };
        StreamReader { framer, buffer, held: 0, offset: 0, start: 0, records: 0, failed: None }
    }

    /// Takes bytes from the front of `chunk` up to the end of the next record and returns that;
    /// `None` when the chunk is used up and more is needed, or the stream is at its end.
    ///
    /// The record borrows from the chunk or from this reader.
    ///
    /// # Errors
    /// [`StreamError`]; the same one again from then on.
    pub fn read<'s, 'c: 's>(
        &'s mut self,
        chunk: &mut &'c [u8],
    ) -> Result<Option<Record<'s>>, StreamError> {
        Ok(self.read_at(chunk)?.map(|(record, _)| record))
    }

    /// As [`StreamReader::read`], and where the record begins: with the record borrowed, this
    /// reader cannot be asked any more.
    pub(crate) fn read_at<'s, 'c: 's>(
        &'s mut self,
        chunk: &mut &'c [u8],
    ) -> Result<Option<(Record<'s>, u64)>, StreamError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let Some(place) = self.advance(chunk)? else { return Ok(None) };
        let unit = match place {
            Place::Chunk(unit) => unit,
            Place::Buffer => self.buffer.get(..self.held).unwrap_or_default(),
        };
        self.held = 0;
        let mut record = Record::default();
        match self.framer.parse(unit, &mut record) {
            Ok(()) => {
                self.records = self.records.saturating_add(1);
                Ok(Some((record, self.start)))
            }
            Err(error) => {
                let error = stream_error(error, self.records, self.start);
                self.failed = Some(error);
                Err(error)
            }
        }
    }

    /// Takes bytes up to the end of the next record; `None` if that is not in the chunk.
    fn advance<'c>(&mut self, chunk: &mut &'c [u8]) -> Result<Option<Place<'c>>, StreamError> {
        loop {
            let scan = self.framer.scan(chunk);
            let (_, rest) = chunk.split_at_checked(scan.skip).unwrap_or_default();
            let (taken, rest) = rest.split_at_checked(scan.take).unwrap_or_default();
            *chunk = rest;
            self.offset = self.offset.saturating_add(length(scan.skip));
            if self.held == 0 {
                self.start = self.offset;
            }
            self.offset = self.offset.saturating_add(length(scan.take));

            let whole = self.held.saturating_add(taken.len());
            let fits = whole <= self.buffer.len();
            let direct = self.held == 0 && matches!(scan.found, Found::Unit);
            if !direct {
                // What does not fit is not needed: there is an error before that, or this is one.
                let room = self.buffer.get_mut(self.held..).unwrap_or_default();
                let held = room.iter_mut().zip(taken).map(|(slot, byte)| *slot = *byte).count();
                self.held = self.held.saturating_add(held);
            }
            let held = self.buffer.get(..self.held).unwrap_or_default();
            let unit = if direct { taken } else { held };
            let error = match scan.found {
                Found::More if fits => return Ok(None),
                Found::Unit if fits => {
                    if self.framer.is_record(unit) {
                        return Ok(Some(if direct { Place::Chunk(taken) } else { Place::Buffer }));
                    }
                    match self.framer.parse(unit, &mut Record::default()) {
                        Ok(()) => {
                            self.held = 0;
                            continue;
                        }
                        Err(error) => error,
                    }
                }
                found => {
                    let unit = unit.get(..self.buffer.len()).unwrap_or(unit);
                    let other = match found {
                        Found::Failed(kind) if fits => kind.at(whole),
                        _ => Kind::TooLong.at(self.buffer.len()),
                    };
                    match self.framer.parse(unit, &mut Record::default()) {
                        Err(error) if !unit.is_empty() && !is_cut(error, unit) => error,
                        _ => other,
                    }
                }
            };
            let error = stream_error(error, self.records, self.start);
            self.failed = Some(error);
            return Err(error);
        }
    }

    /// The bytes are at their end.
    ///
    /// # Errors
    /// `UnexpectedEnd` within a record or before the first byte, or what is wrong with a record
    /// that is not complete; the error of an earlier call again.
    pub fn finish(&mut self) -> Result<End, StreamError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.held == 0 && self.framer.has_begun() {
            return Ok(if self.framer.is_closed() { End::Closed } else { End::Open });
        }
        let held = self.buffer.get(..self.held).unwrap_or_default();
        let error = match self.framer.parse(held, &mut Record::default()) {
            Err(error) if self.held > 0 => error,
            _ => Kind::UnexpectedEnd.at(self.held),
        };
        let error = stream_error(error, self.records, self.start);
        self.failed = Some(error);
        Err(error)
    }

    /// Whether the array or root element has ended; only white space may follow.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.framer.is_closed()
    }

    /// The number of records returned so far.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Where the record last returned begins, in bytes from the start of the stream.
    #[must_use]
    pub fn record_offset(&self) -> u64 {
        self.start
    }

    /// An error of the record last returned that its reader could not see, such as one of
    /// [`StreamResolver::resolve`].
    #[must_use]
    pub fn error(&self, kind: Kind) -> StreamError {
        StreamError { kind, record: self.records, offset: self.start }
    }
}

/// Whether an error only says that the unit is not whole: it ends, be it within a character.
fn is_cut(error: DecodeError, unit: &[u8]) -> bool {
    let within = |rest: &[u8]| {
        let error = core::str::from_utf8(rest).err();
        error.is_some_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    match error.kind {
        Kind::UnexpectedEnd => true,
        Kind::InvalidUtf8 => unit.get(error.offset..).is_some_and(within),
        _ => false,
    }
}

fn stream_error(error: DecodeError, records: u64, start: u64) -> StreamError {
    StreamError {
        kind: error.kind,
        record: records.saturating_add(1),
        offset: start.saturating_add(length(error.offset)),
    }
}

fn length(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
