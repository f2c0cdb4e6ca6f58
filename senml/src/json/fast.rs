//! Records in JSON that are made in one piece.

use crate::base64;
use crate::error::Failed;
use crate::label::{Fields, LABELS, Label, Simple};
use crate::piece::{Fill, Piece};
use crate::plain::{first_special, is_plain, special_in_word};
use crate::record::Record;
use crate::{Data, Number, Text};
use m2m_base::Sink;
use m2m_base::decimal::{Style, few_digits, last_digits, short_digits, short_fraction};
use m2m_base::short::{self, word};

/// Writes one record, with so many commas in front, if it fits and can be written; returns its
/// length.
#[inline(always)]
pub(super) fn record(
    piece: &mut Piece,
    comma: usize,
    record: &Record<'_>,
) -> Result<usize, Failed> {
    let [first, ..] = &mut *piece;
    *first = b',';
    let place = Place { at: comma, lead: b'{'.into() };
    let (Place { mut at, lead }, _) = place.fields(piece, record)?;
    if lead == u64::from(b'{') {
        at = piece.short(at, lead, 1)?;
    }
    piece.short(at, b'}'.into(), 1)
}

/// Where the next field goes.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    at: usize,
    /// What comes before its label: a brace, and a comma from then on.
    lead: u64,
}

impl Place {
    #[inline]
    fn after(at: usize) -> Place {
        Place { at, lead: b','.into() }
    }
}

/// Room for what leads a label, the label of one to four letters in quotes, its colon, for texts
/// their opening quote; and the length of all that.
const KEYS: [(u64, u8); LABELS.len()] = {
    let mut keys = [(0, 0); LABELS.len()];
    let mut row = 0;
    while row < LABELS.len() {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            let name = LABELS[row].1.as_bytes();
            let mut key = [0; 8];
            key[1] = b'"';
            let mut at = 2;
            while at - 2 < name.len() {
                key[at] = name[at - 2];
                at += 1;
            }
            key[at] = b'"';
            key[at + 1] = b':';
            at += 2;
            if LABELS[row].0.is_text() {
                key[at] = b'"';
                at += 1;
            }
            #[allow(clippy::cast_possible_truncation, reason = "at most eight")]
            {
                keys[row] = (u64::from_le_bytes(key), at as u8);
            }
        }
        row += 1;
    }
    keys
};

/// What leads a label, and the label.
#[inline]
fn key(place: Place, label: Label) -> (u64, usize) {
    let (key, len) = KEYS.get(usize::from(label as u8)).copied().unwrap_or_default();
    (key | place.lead, len.into())
}

#[inline]
fn label(piece: &mut Piece, place: Place, label: Label) -> Result<usize, Failed> {
    let (key, len) = key(place, label);
    piece.short(place.at, key, len)
}

/// A label and at most eight more bytes, if there is room for sixteen.
#[inline(always)]
fn both(piece: &mut Piece, place: Place, label: Label, word: u64, len: usize) -> Option<usize> {
    let room = piece.room::<16>(place.at)?;
    let (key, key_len) = key(place, label);
    let (first, _) = room.split_first_chunk_mut()?;
    *first = key.to_le_bytes();
    *room.get_mut(key_len..)?.first_chunk_mut()? = word.to_le_bytes();
    Some(place.at.wrapping_add(key_len).wrapping_add(len))
}

#[inline(never)]
fn long_text(piece: &mut Piece, place: Place, label: Label, text: &[u8]) -> Result<usize, Failed> {
    if first_special(text).is_some() {
        return Err(Failed);
    }
    let at = self::label(piece, place, label)?;
    let at = piece.long(at, text)?;
    piece.short(at, b'"'.into(), 1)
}

/// An integer of at most sixteen digits, in one or two words.
#[inline(never)]
fn integer(piece: &mut Piece, place: Place, label: Label, value: u64) -> Result<usize, Failed> {
    let at = self::label(piece, place, label)?;
    let (high, low) = (value / 100_000_000, value % 100_000_000);
    let (digits, len) = short_digits(if high == 0 { low } else { high }).unwrap_or_default();
    let at = piece.short(at, u64::from_le_bytes(digits), len)?;
    if high == 0 {
        return Ok(at);
    }
    piece.short(at, u64::from_le_bytes(last_digits(low)), 8)
}

#[inline(never)]
fn other_number(
    piece: &mut Piece,
    place: Place,
    label: Label,
    number: &Number,
) -> Result<usize, Failed> {
    let short = match *number {
        Number::Integer(value @ 0..10_000) => Some(few_digits(value.cast_unsigned())),
        Number::Integer(value @ 10_000..10_000_000_000_000_000) => {
            return integer(piece, place, label, value.cast_unsigned());
        }
        Number::Decimal(value) => short_fraction(value),
        _ => None,
    };
    if let Some((text, len)) = short
        && let Some(at) = both(piece, place, label, u64::from_le_bytes(text), len)
    {
        return Ok(at);
    }
    let at = self::label(piece, place, label)?;
    let mut sink = piece.sink(at);
    number.write(&mut sink, Style::Compact).map_err(|_| Failed)?;
    Ok(at.wrapping_add(sink.len()))
}

impl Fields for Place {
    #[inline(always)]
    fn text(self, piece: &mut Piece, label: Label, text: &Text<'_>) -> Result<Place, Failed> {
        let bytes = text.as_bytes().ok_or(Failed)?;
        if bytes.len() < 8 {
            // In one word, with the quote behind it; spaces above are nothing special.
            let bits = u32::try_from(bytes.len().wrapping_mul(8)).unwrap_or(0);
            let behind = u64::from_le_bytes(*b"\"       ").wrapping_shl(bits);
            let quoted = word(bytes) | behind;
            if special_in_word(quoted.to_le_bytes()) == Some(bytes.len())
                && let Some(at) = both(piece, self, label, quoted, bytes.len().wrapping_add(1))
            {
                return Ok(Place::after(at));
            }
        }
        if (8..24).contains(&bytes.len())
            && is_plain(bytes)
            && let Some(room) = piece.room::<32>(self.at)
        {
            let (key, key_len) = key(self, label);
            let (first, _) = room.split_at_mut(8);
            first.copy_from_slice(&key.to_le_bytes());
            let end = key_len.wrapping_add(bytes.len());
            if short::copy(room, key_len, bytes).is_some()
                && let Some(slot) = room.get_mut(end)
            {
                *slot = b'"';
                return Ok(Place::after(self.at.wrapping_add(end).wrapping_add(1)));
            }
        }
        Ok(Place::after(long_text(piece, self, label, bytes)?))
    }

    #[inline(never)]
    fn data(self, piece: &mut Piece, data: &Data<'_>) -> Result<Place, Failed> {
        let at = self::label(piece, self, Label::DataValue)?;
        let mut sink = piece.sink(at);
        sink.put_u8(b'"')?;
        base64::write(&mut sink, data.bytes(), base64::Variant::Url)?;
        sink.put_u8(b'"')?;
        Ok(Place::after(at.wrapping_add(sink.len())))
    }

    #[inline(always)]
    fn number(self, piece: &mut Piece, label: Label, number: &Number) -> Result<Place, Failed> {
        let short = match *number {
            Number::Integer(value @ 0..10) => Some((value.cast_unsigned() | 0x30, 1)),
            Number::Integer(value @ 10..10_000) => {
                let (digits, len) = few_digits(value.cast_unsigned());
                Some((u64::from_le_bytes(digits), len))
            }
            _ => None,
        };
        if let Some((word, len)) = short
            && let Some(at) = both(piece, self, label, word, len)
        {
            return Ok(Place::after(at));
        }
        Ok(Place::after(other_number(piece, self, label, number)?))
    }

    fn simple(self, piece: &mut Piece, label: Label, value: Simple) -> Result<Place, Failed> {
        let at = self::label(piece, self, label)?;
        let (word, len) = match value {
            Simple::False => (*b"false\0\0\0", 5),
            Simple::True => (*b"true\0\0\0\0", 4),
            Simple::Null => (*b"null\0\0\0\0", 4),
        };
        Ok(Place::after(piece.short(at, u64::from_le_bytes(word), len)?))
    }
}
