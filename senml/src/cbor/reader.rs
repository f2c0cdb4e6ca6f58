//! The CBOR pull reader.

use super::skip::skip;
use super::token::{Items, Left};
use crate::error::{DecodeError, DecodeErrorKind as Kind, Failed};
use crate::label::{self, Label, Seen, Target, Tokens};
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
    /// There is no record any more; that nothing follows is still to be checked.
    AtEnd,
    Failed,
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
        match self.fields(record) {
            Some(_) => Ok(true),
            None => self.end().map(|()| false),
        }
    }

    /// Reads the fields of the next record into `target`; `None` when there are none, for a reason
    /// that [`Reader::end`] tells.
    #[inline]
    pub(crate) fn fields(&mut self, target: &mut impl Target<'a>) -> Option<Seen> {
        if self.state != State::Within && !self.begin() {
            return None;
        }
        let items = &mut self.items;
        match items.more(&mut self.left) {
            Ok(true) => {}
            Ok(false) => {
                self.state = State::AtEnd;
                return None;
            }
            Err(Failed) => {
                self.state = State::Failed;
                return None;
            }
        }
        self.record_offset = items.position();
        let seen = fields(items, target);
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
            State::AtEnd if !self.items.is_at_end() => {
                self.items.fail(Kind::TrailingBytes, self.items.position());
                true
            }
            _ => false,
        };
        if failed { Err(self.items.fault()) } else { Ok(()) }
    }

    /// Opens the pack; false when there is nothing to be read.
    #[inline(never)]
    fn begin(&mut self) -> bool {
        if self.state != State::Start {
            return false;
        }
        match self.items.open(4) {
            Ok(left) => {
                self.left = left;
                self.state = State::Within;
                true
            }
            Err(Failed) => {
                self.state = State::Failed;
                false
            }
        }
    }
}

#[inline]
fn fields<'a>(items: &mut Items<'a>, target: &mut impl Target<'a>) -> Result<Seen, Failed> {
    let mut left = items.open(5)?;
    let mut seen = Seen::default();
    while items.more(&mut left)? {
        let at = items.position();
        let first = items.peek()?;
        let label = match Label::from_head(first) {
            Some(label) => {
                items.advance();
                label
            }
            None => match other_key(items, first)? {
                Some(label) => label,
                None => {
                    skip(items)?;
                    continue;
                }
            },
        };
        label::read_field(items, target, &mut seen, label, at)?;
    }
    Ok(seen)
}

/// Reads the one record that `bytes` are or begin with, into a record that is as new.
pub(crate) fn one<'a>(bytes: &'a [u8], record: &mut Record<'a>) -> Result<(), DecodeError> {
    let mut items = Items::new(bytes);
    fields(&mut items, record).map(drop).map_err(|Failed| items.fault())
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
    // Its last bytes, the last one lowest, behind a one that marks where it begins.
    let end = name.bytes().fold(1u32, |end, byte| end << 8 | u32::from(byte));
    let label = match &end.to_be_bytes() {
        b"\x01vlo" => Label::ObjectLink,
        b"\x01bct" => Label::BaseContentFormat,
        b"\0\x01ct" => Label::ContentFormat,
        [.., b'_'] => return Err(items.fail(Kind::UnsupportedField, at)),
        _ => return Ok(None),
    };
    // In a longer one the mark has gone.
    Ok(Some(label).filter(|_| name.len() <= 3))
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
