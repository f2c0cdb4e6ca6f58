//! The XML pull reader.

use super::{Event, Machine, is_space};
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::label::{Seen, Target};
use crate::record::Record;

/// Reads the records of a pack in XML, one at a time, without allocation.
///
/// An iterator over `Result<Record, DecodeError>`. After an error it ends. That nothing follows
/// the root element is checked before it ends without one. Attributes that are not known, and
/// those of other namespaces, are passed over; that one is there twice is noticed only of those
/// that are known.
#[derive(Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    machine: Machine,
    record_offset: usize,
    ended: bool,
    fault: Option<DecodeError>,
}

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

impl<'a> Reader<'a> {
    /// A reader of a whole pack.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        let at = if bytes.starts_with(MARK) { MARK.len() } else { 0 };
        Reader { bytes, at, machine: Machine::new(), record_offset: 0, ended: false, fault: None }
    }

    /// Where the record last returned begins.
    #[must_use]
    pub fn record_offset(&self) -> usize {
        self.record_offset
    }

    /// Whether a record read so far had a field that is not known.
    #[must_use]
    pub fn has_unknown_field(&self) -> bool {
        self.machine.unknown
    }

    /// Reads the next record into `record`, whatever that was before; false at the end of the
    /// pack. Saves the moves of [`Iterator::next`].
    ///
    /// # Errors
    /// [`DecodeError`]; the reader ends with it.
    pub fn read(&mut self, record: &mut Record<'a>) -> Result<bool, DecodeError> {
        record.clear();
        match self.fields(record) {
            Some(_) => Ok(true),
            None => self.end().map(|()| false),
        }
    }

    /// As the reader of JSON.
    pub(crate) fn fields(&mut self, target: &mut impl Target<'a>) -> Option<Seen> {
        if self.ended {
            return None;
        }
        match self.advance(target) {
            Ok(Some(seen)) => return Some(seen),
            Ok(None) => {}
            Err(error) => self.fault = Some(error),
        }
        self.ended = true;
        None
    }

    /// Why there was no record, once.
    pub(crate) fn end(&mut self) -> Result<(), DecodeError> {
        self.fault.take().map_or(Ok(()), Err)
    }

    fn advance(&mut self, target: &mut impl Target<'a>) -> Result<Option<Seen>, DecodeError> {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let spaces = rest.iter().take_while(|byte| is_space(**byte)).count();
            if spaces > 0 {
                self.machine.space();
                self.at = self.at.saturating_add(spaces);
                continue;
            }
            match rest.first() {
                Some(b'<') => {}
                // A byte order mark that is none.
                Some(0xef) if self.at == 0 => {
                    let same = rest.iter().zip(MARK).take_while(|(byte, mark)| byte == mark);
                    let at = same.count();
                    let end = at == rest.len();
                    return Err(if end { Kind::UnexpectedEnd } else { Kind::Malformed }.at(at));
                }
                Some(_) => return Err(self.machine.text().at(self.at)),
                None if self.machine.is_closed() => return Ok(None),
                None => return Err(Kind::UnexpectedEnd.at(self.at)),
            }
            let start = self.at;
            let (event, len) = self.machine.markup(rest, target).map_err(|error| {
                let offset = error.offset.saturating_add(start);
                DecodeError { offset, ..error }
            })?;
            self.at = start.saturating_add(len);
            if let Event::Record(seen) = event {
                self.record_offset = start;
                return Ok(Some(seen));
            }
        }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Record<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = Record::default();
        match self.read(&mut record) {
            Ok(true) => Some(Ok(record)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl core::iter::FusedIterator for Reader<'_> {}
