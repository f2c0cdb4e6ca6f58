//! The JSON pull reader.

use super::scan::Scanner;
use crate::error::{DecodeError, DecodeErrorKind as Kind, Failed};
use crate::label::{self, Label, Seen, Target, Tokens};
use crate::record::Record;
use m2m_base::SMALL;

/// Reads the records of a pack in JSON, one at a time, without allocation.
///
/// An iterator over `Result<Record, DecodeError>`. After an error it ends. That nothing follows
/// the pack is checked before it ends without one.
#[derive(Clone)]
pub struct Reader<'a> {
    scanner: Scanner<'a>,
    state: State,
    record_offset: usize,
    /// Whether a field was passed over.
    unknown: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Within,
    /// There is no record any more; that nothing follows is still to be checked.
    AtEnd,
    Failed,
    End,
}

impl<'a> Reader<'a> {
    /// A reader of a whole pack.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader {
            scanner: Scanner::new(bytes),
            state: State::Start,
            record_offset: 0,
            unknown: false,
        }
    }

    /// Where the record last returned begins.
    #[must_use]
    pub fn record_offset(&self) -> usize {
        self.record_offset
    }

    /// Whether a record read so far had a field that is not known.
    #[must_use]
    pub fn has_unknown_field(&self) -> bool {
        self.unknown
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

    /// Reads the fields of the next record into `target`; `None` when there are none, for a reason
    /// that [`Reader::end`] tells.
    #[inline]
    pub(crate) fn fields(&mut self, target: &mut impl Target<'a>) -> Option<Seen> {
        let more = match self.state {
            State::Within => self.scanner.more(b']'),
            _ => self.begin(),
        };
        let seen = match more {
            Ok(true) => self.object(target),
            Ok(false) => {
                if self.state == State::Within {
                    self.state = State::AtEnd;
                }
                return None;
            }
            Err(Failed) => Err(Failed),
        };
        if seen.is_err() {
            self.state = State::Failed;
        }
        seen.ok()
    }

    /// Why there are no more records: the pack ended well, if it is asked again or not, or its
    /// bytes are wrong.
    #[inline(never)]
    pub(crate) fn end(&mut self) -> Result<(), DecodeError> {
        let failed = match core::mem::replace(&mut self.state, State::End) {
            State::Failed => true,
            State::AtEnd => self.scanner.end().is_err(),
            _ => false,
        };
        if failed { Err(self.scanner.fault()) } else { Ok(()) }
    }

    /// Opens the pack; true when there is a record in it.
    #[inline(never)]
    fn begin(&mut self) -> Result<bool, Failed> {
        if self.state != State::Start {
            return Ok(false);
        }
        self.scanner.open(b'[')?;
        self.state = State::Within;
        Ok(!self.scanner.accept(b']'))
    }

    #[inline]
    fn object(&mut self, target: &mut impl Target<'a>) -> Result<Seen, Failed> {
        let scanner = &mut self.scanner;
        scanner.open(b'{')?;
        self.record_offset = scanner.position().wrapping_sub(1);
        let mut seen = Seen::default();
        if scanner.accept(b'}') {
            return Ok(seen);
        }
        loop {
            scanner.next_byte();
            let at = scanner.position();
            let short = if SMALL { None } else { scanner.short_label() };
            let label = match short {
                Some(label) => Some(label),
                None => other_label(scanner, at)?,
            };
            match label {
                Some(label) => {
                    scanner.next_byte();
                    label::read_field(scanner, target, &mut seen, label, at)?;
                }
                None => {
                    self.unknown = true;
                    scanner.skip()?;
                }
            }
            if !scanner.more(b'}')? {
                return Ok(seen);
            }
        }
    }
}

/// Reads the one record that `bytes` are or begin with, into a record that is as new.
pub(crate) fn one<'a>(bytes: &'a [u8], record: &mut Record<'a>) -> Result<(), DecodeError> {
    let mut reader = Reader::new(bytes);
    reader.object(record).map(drop).map_err(|Failed| reader.scanner.fault())
}

/// A label in any spelling; `None` for one that may be ignored.
#[inline(never)]
fn other_label(scanner: &mut Scanner<'_>, at: usize) -> Result<Option<Label>, Failed> {
    match label::find(scanner.key()?) {
        Ok(label) => Ok(Some(label)),
        Err(true) => Ok(None),
        Err(false) => Err(scanner.fail(Kind::UnsupportedField, at)),
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Record<'a>, DecodeError>;

    #[inline]
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
