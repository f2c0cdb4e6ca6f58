//! The JSON pull reader.

use super::scan::Scanner;
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::label::{self, Seen};
use crate::record::Record;

/// Reads the records of a pack in JSON, one at a time, without allocation.
///
/// An iterator over `Result<Record, DecodeError>`. After an error it ends. That nothing follows
/// the pack is checked before it ends without one.
#[derive(Clone)]
pub struct Reader<'a> {
    scanner: Scanner<'a>,
    state: State,
    record_offset: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Within,
    End,
}

impl<'a> Reader<'a> {
    /// A reader of a whole pack.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { scanner: Scanner::new(bytes), state: State::Start, record_offset: 0 }
    }

    /// Where the record last returned begins.
    #[must_use]
    pub fn record_offset(&self) -> usize {
        self.record_offset
    }

    fn advance(&mut self) -> Result<Option<Record<'a>>, DecodeError> {
        let more = match self.state {
            State::Start => {
                self.scanner.open(b'[')?;
                !self.scanner.accept(b']')
            }
            State::Within => self.scanner.more(b']')?,
            State::End => return Ok(None),
        };
        if !more {
            self.state = State::End;
            return self.scanner.end().map(|()| None);
        }
        self.state = State::Within;
        self.record().map(Some)
    }

    fn record(&mut self) -> Result<Record<'a>, DecodeError> {
        let scanner = &mut self.scanner;
        scanner.open(b'{')?;
        self.record_offset = scanner.position().saturating_sub(1);
        let mut record = Record::default();
        if scanner.accept(b'}') {
            return Ok(record);
        }
        let mut seen = Seen::default();
        loop {
            scanner.next_byte();
            let at = scanner.position();
            let key = scanner.key()?;
            match label::find(key) {
                Some(label) => label::read_field(scanner, &mut record, &mut seen, label, at)?,
                None if label::may_ignore(key) => scanner.skip()?,
                None => return Err(Kind::UnsupportedField.at(at)),
            }
            if !scanner.more(b'}')? {
                return Ok(record);
            }
        }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Record<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance();
        if next.is_err() {
            self.state = State::End;
        }
        next.transpose()
    }
}

impl core::iter::FusedIterator for Reader<'_> {}
