//! The CBOR pull reader.

use super::token::{end_of_indefinite, map, peek, skip, take, text};
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::label::{self, Label, Seen};
use crate::record::Record;
use minicbor::Decoder;

/// Reads the records of a pack in CBOR, one at a time, without allocation. Arrays, maps and
/// strings may have definite or indefinite lengths, keys may come in any order.
///
/// An iterator over `Result<Record, DecodeError>`. After an error it ends. That nothing follows
/// the pack is checked before it ends without one.
#[derive(Clone)]
pub struct Reader<'a> {
    decoder: Decoder<'a>,
    state: State,
    record_offset: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    /// So many records are left, or they go on until a break.
    Within(Option<u64>),
    End,
}

impl<'a> Reader<'a> {
    /// A reader of a whole pack.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { decoder: Decoder::new(bytes), state: State::Start, record_offset: 0 }
    }

    /// Where the record last returned begins.
    #[must_use]
    pub fn record_offset(&self) -> usize {
        self.record_offset
    }

    /// Reads the next record into `record`, whatever that was before; false at the end of the
    /// pack. Saves the moves of [`Iterator::next`].
    ///
    /// # Errors
    /// [`DecodeError`]; the reader ends with it.
    pub fn read(&mut self, record: &mut Record<'a>) -> Result<bool, DecodeError> {
        *record = Record::default();
        let result = self.advance(record);
        if result.is_err() {
            self.state = State::End;
        }
        result
    }

    fn advance(&mut self, record: &mut Record<'a>) -> Result<bool, DecodeError> {
        let decoder = &mut self.decoder;
        let left = match self.state {
            State::Start => take(decoder, |d| d.array(), Kind::Malformed)?,
            State::Within(left) => left,
            State::End => return Ok(false),
        };
        if !more(decoder, left)? {
            self.state = State::End;
            let at = decoder.position();
            let whole = at == decoder.input().len();
            return if whole { Ok(false) } else { Err(Kind::TrailingBytes.at(at)) };
        }
        self.state = State::Within(left.map(|left| left.saturating_sub(1)));
        self.record_offset = decoder.position();
        self.fields(record).map(|()| true)
    }

    fn fields(&mut self, record: &mut Record<'a>) -> Result<(), DecodeError> {
        let decoder = &mut self.decoder;
        let mut left = map(decoder)?;
        let mut seen = Seen::default();
        while more(decoder, left)? {
            left = left.map(|left| left.saturating_sub(1));
            let at = decoder.position();
            match key(decoder)? {
                Some(label) => label::read_field(decoder, record, &mut seen, label, at)?,
                None => skip(decoder)?,
            }
        }
        Ok(())
    }
}

/// Whether another item follows in an array or map.
#[inline]
fn more(decoder: &mut Decoder<'_>, left: Option<u64>) -> Result<bool, DecodeError> {
    match left {
        Some(left) => Ok(left > 0),
        None => Ok(!end_of_indefinite(decoder)?),
    }
}

/// The label that comes next; `None` for one that may be ignored.
fn key(decoder: &mut Decoder<'_>) -> Result<Option<Label>, DecodeError> {
    let at = decoder.position();
    let head = peek(decoder)?;
    if head >> 5 <= 1 {
        if head & 0x1f < 24 {
            decoder.set_position(at.saturating_add(1));
            let argument = i64::from(head & 0x1f);
            return Ok(Label::from_cbor(if head >> 5 == 0 { argument } else { !argument }));
        }
        let key = take(decoder, |d| d.int(), Kind::Malformed)?;
        return Ok(i64::try_from(i128::from(key)).ok().and_then(Label::from_cbor));
    }
    // Text labels are those of extensions; of those that have a number, only it counts.
    let name = text(decoder)?;
    match label::find(name) {
        Some(label) if label.cbor().is_none() => Ok(Some(label)),
        _ if label::may_ignore(name) => Ok(None),
        _ => Err(Kind::UnsupportedField.at(at)),
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
