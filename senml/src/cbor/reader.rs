//! The CBOR pull reader.

use super::skip::skip;
use super::token::{Items, Left};
use crate::error::{DecodeError, DecodeErrorKind as Kind, Failed};
use crate::label::{self, Label, Seen, Tokens};
use crate::record::Record;

/// Reads the records of a pack in CBOR, one at a time, without allocation. Arrays, maps and
/// strings may have definite or indefinite lengths, keys may come in any order.
///
/// An iterator over `Result<Record, DecodeError>`. After an error it ends. That nothing follows
/// the pack is checked before it ends without one.
#[derive(Clone)]
pub struct Reader<'a> {
    items: Items<'a>,
    state: State,
    /// Records.
    left: Left,
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
        Reader { items: Items::new(bytes), state: State::Start, left: Left(0), record_offset: 0 }
    }

    /// Where the record last returned begins.
    #[must_use]
    pub fn record_offset(&self) -> usize {
        self.record_offset
    }

    /// Whether a record read so far had a field that is not known.
    #[must_use]
    pub fn has_unknown_field(&self) -> bool {
        self.items.unknown
    }

    /// Reads the next record into `record`, whatever that was before; false at the end of the
    /// pack. Saves the moves of [`Iterator::next`].
    ///
    /// # Errors
    /// [`DecodeError`]; the reader ends with it.
    pub fn read(&mut self, record: &mut Record<'a>) -> Result<bool, DecodeError> {
        record.clear();
        Ok(!self.read_into_empty(record)?.is_end())
    }

    /// As [`Reader::read`], into a record that is as new.
    pub(crate) fn read_into_empty(&mut self, record: &mut Record<'a>) -> Result<Seen, DecodeError> {
        self.advance(record).map_err(|Failed| {
            self.state = State::End;
            self.items.fault()
        })
    }

    #[inline]
    fn advance(&mut self, record: &mut Record<'a>) -> Result<Seen, Failed> {
        let items = &mut self.items;
        match self.state {
            State::Within => {}
            State::Start => {
                self.left = items.open(4)?;
                self.state = State::Within;
            }
            State::End => return Ok(Seen::AT_END),
        }
        if items.more(&mut self.left)? {
            self.record_offset = items.position();
            return fields(items, record);
        }
        self.state = State::End;
        if items.is_at_end() {
            Ok(Seen::AT_END)
        } else {
            Err(items.fail(Kind::TrailingBytes, items.position()))
        }
    }
}

#[inline]
fn fields<'a>(items: &mut Items<'a>, record: &mut Record<'a>) -> Result<Seen, Failed> {
    let mut left = items.open(5)?;
    let mut seen = Seen::default();
    while items.more(&mut left)? {
        let at = items.position();
        match key(items)? {
            Some(label) => label::read_field(items, record, &mut seen, label, at)?,
            None => skip(items)?,
        }
    }
    Ok(seen)
}

/// The label that comes next; `None` for one that may be ignored.
#[inline]
fn key(items: &mut Items<'_>) -> Result<Option<Label>, Failed> {
    let first = items.peek()?;
    let label = Label::from_head(first);
    if label.is_none() {
        return other_key(items, first);
    }
    items.advance();
    Ok(label)
}

/// Keys that are not labels in their shortest form.
#[inline(never)]
fn other_key(items: &mut Items<'_>, first: u8) -> Result<Option<Label>, Failed> {
    if first >> 5 <= 1 {
        let key = u8::try_from(items.argument(first)?).ok().filter(|key| *key < 24);
        return Ok(key.and_then(|key| Label::from_head(first & 0xe0 | key)));
    }
    // Text labels are those of extensions; of those that have a number, only it counts.
    let at = items.position();
    let name = items.text()?;
    match label::find(name) {
        Some(label) if label.cbor().is_none() => Ok(Some(label)),
        _ if label::may_ignore(name) => Ok(None),
        _ => Err(items.fail(Kind::UnsupportedField, at)),
    }
}

/// Reads the one record that `bytes` are or begin with, into a record that is as new.
pub(crate) fn one<'a>(bytes: &'a [u8], record: &mut Record<'a>) -> Result<(), DecodeError> {
    let mut items = Items::new(bytes);
    fields(&mut items, record).map(drop).map_err(|Failed| items.fault())
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
