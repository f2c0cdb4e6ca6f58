//! The CBOR pull reader.

use super::skip::skip;
use super::token::{ANY, ARRAYS, Items, Left, MAPS};
use crate::error::{DecodeError, DecodeErrorKind as Kind, Failed};
use crate::label::{self, Label, Seen, Target, Tokens};
use crate::record::Record;
use m2m_base::SMALL;

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
        let seen = match self.more() {
            Ok(true) => fields(&mut self.items, target),
            Ok(false) => {
                self.state = State::End;
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
        match core::mem::replace(&mut self.state, State::End) {
            State::Failed => Err(self.items.fault()),
            _ => Ok(()),
        }
    }

    /// Whether a record follows: opens the pack first, and looks in the end that nothing else does.
    #[inline]
    fn more(&mut self) -> Result<bool, Failed> {
        match self.state {
            State::Within => {}
            State::Start => {
                self.left = self.items.open(ARRAYS)?;
                self.state = State::Within;
            }
            State::Failed => return Err(Failed),
            State::End => return Ok(false),
        }
        let items = &mut self.items;
        if items.more(&mut self.left)? {
            self.record_offset = items.position();
            return Ok(true);
        }
        if items.is_at_end() {
            return Ok(false);
        }
        Err(items.fail(Kind::TrailingBytes, items.position()))
    }
}

#[inline]
fn fields<'a>(items: &mut Items<'a>, target: &mut impl Target<'a>) -> Result<Seen, Failed> {
    let mut left = items.open(MAPS)?;
    let mut seen = Seen::default();
    while items.more(&mut left)? {
        let at = items.position();
        let first = items.peek();
        let short = if SMALL { None } else { Label::from_head(first) };
        let label = match short {
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

/// Any key; `None` for one that may be ignored.
#[inline(never)]
fn other_key(items: &mut Items<'_>, first: u8) -> Result<Option<Label>, Failed> {
    let at = items.position();
    let key = if first < 0x40 {
        items.head(ANY)?;
        let key = u32::try_from(items.argument()).ok().filter(|key| *key < 24);
        key.map(|key| u32::from(first & 0xe0) | key)
    } else {
        // Text labels are those of extensions; of those that have a number, only it counts.
        let name = items.text()?;
        let mut last = (0, 0);
        // What is told always succeeds.
        let _ = name.each(&mut |bytes| {
            bytes.iter().for_each(|byte| label::push(&mut last, *byte));
            Ok(())
        });
        let (end, len) = last;
        if end & 0xff == u32::from(b'_') {
            return Err(items.fail(Kind::UnsupportedField, at));
        }
        (len < 4).then(|| label::text_key(end, len))
    };
    Ok(key.and_then(Label::from_key))
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
