//! Records in CBOR that are made in one piece.
//!
//! Heads are made here and not by a library: most then are one store with what follows.

use super::Fractions;
use super::major::{ARRAY, BYTES, MAP, NEGATIVE, TAG, TEXT, UNSIGNED};
use crate::error::Failed;
use crate::label::{Fields, LABELS, Label, Simple};
use crate::piece::{Fill, Piece};
use crate::record::Record;
use crate::{Data, Number, Text};
use m2m_base::decimal::Decimal;
use m2m_base::float::{HALF, SINGLE};
use m2m_base::short::{self, word};

/// Writes one record, if it fits and can be written; returns its length.
#[inline(always)]
pub(super) fn record(
    piece: &mut Piece,
    fractions: Fractions,
    record: &Record<'_>,
) -> Result<usize, Failed> {
    // How many fields there are is known behind them. At most fourteen: the head is one byte.
    let (place, count) = Place { at: 1, fractions }.fields(piece, record)?;
    let [first, ..] = piece;
    *first = MAP | count;
    Ok(place.at)
}

/// Where the next field goes.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    at: usize,
    fractions: Fractions,
}

impl Place {
    #[inline]
    fn after(self, at: usize) -> Place {
        Place { at, ..self }
    }
}

/// A head with the shortest argument, as the lowest bytes of a word, and how many they are; `None`
/// for one of nine bytes.
#[inline]
fn short_head(major: u8, argument: u64) -> Option<(u64, usize)> {
    let argument = u32::try_from(argument).ok()?;
    let (info, len) = match argument {
        0..24 => return Some((u64::from(major) | u64::from(argument), 1)),
        24..=0xff => (24 | argument << 8, 2),
        0x100..=0xffff => (25 | argument.swap_bytes() >> 16 << 8, 3),
        _ => {
            let argument = u64::from(argument.swap_bytes());
            return Some((u64::from(major | 26) | argument << 8, 5));
        }
    };
    Some((u64::from(major) | u64::from(info), len))
}

/// Writes a head.
#[inline(never)]
fn head(piece: &mut Piece, at: usize, major: u8, argument: u64) -> Result<usize, Failed> {
    if let Some((word, len)) = short_head(major, argument) {
        return piece.short(at, word, len);
    }
    let at = piece.short(at, u64::from(major | 27), 1)?;
    piece.short(at, argument.swap_bytes(), 8)
}

/// Major type and argument of an integer.
#[inline]
fn parts(value: i64) -> (u8, u64) {
    let major = if value < 0 { NEGATIVE } else { UNSIGNED };
    (major, (value ^ value >> 63).cast_unsigned())
}

/// The labels, as the lowest bytes of a word, and how many they are: numbers are heads of one byte,
/// texts have at most three letters.
const KEYS: [(u32, u8); LABELS.len()] = {
    let mut keys = [(0, 1); LABELS.len()];
    let mut row = 0;
    while row < keys.len() {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        #[allow(clippy::cast_possible_truncation, reason = "at most three")]
        match LABELS[row] {
            (_, _, Some(key)) => {
                let head =
                    if key < 0 { NEGATIVE | !key.cast_unsigned() } else { key.cast_unsigned() };
                keys[row].0 = head as u32;
            }
            (_, name, None) => {
                let (name, mut key, mut at) = (name.as_bytes(), [0; 4], 0);
                key[0] = TEXT | name.len() as u8;
                while at < name.len() {
                    key[at + 1] = name[at];
                    at += 1;
                }
                keys[row] = (u32::from_le_bytes(key), name.len() as u8 + 1);
            }
        }
        row += 1;
    }
    keys
};

#[inline]
fn key(label: Label) -> (u64, usize) {
    let (key, len) = KEYS.get(usize::from(label as u8)).copied().unwrap_or_default();
    (key.into(), len.into())
}

/// A label and the head of its value.
fn labelled_head(
    piece: &mut Piece,
    at: usize,
    label: Label,
    major: u8,
    argument: u64,
) -> Result<usize, Failed> {
    let at = self::label(piece, at, label)?;
    head(piece, at, major, argument)
}

#[inline]
fn label(piece: &mut Piece, at: usize, label: Label) -> Result<usize, Failed> {
    let (key, len) = key(label);
    piece.short(at, key, len)
}

#[inline(never)]
fn decimal(piece: &mut Piece, at: usize, label: Label, value: Decimal) -> Result<usize, Failed> {
    let mut at = self::label(piece, at, label)?;
    at = piece.short(at, u64::from(TAG | 4) | u64::from(ARRAY | 2) << 8, 2)?;
    for part in [value.exponent().into(), value.mantissa()] {
        let (major, argument) = parts(part);
        at = head(piece, at, major, argument)?;
    }
    Ok(at)
}

/// In the shortest form that loses nothing.
#[inline(never)]
fn float(piece: &mut Piece, at: usize, label: Label, value: f64) -> Result<usize, Failed> {
    let at = self::label(piece, at, label)?;
    if !value.is_finite() {
        return Err(Failed);
    }
    let (word, len) = if let Some(half) = HALF.narrow(value) {
        (0xf9 | u64::from(half.swap_bytes() >> 16) << 8, 3)
    } else if let Some(single) = SINGLE.narrow(value) {
        (0xfa | u64::from(single.swap_bytes()) << 8, 5)
    } else {
        let at = piece.short(at, 0xfb, 1)?;
        return piece.short(at, value.to_bits().swap_bytes(), 8);
    };
    piece.short(at, word, len)
}

#[inline(never)]
fn other_number(
    piece: &mut Piece,
    Place { at, fractions }: Place,
    label: Label,
    number: Number,
) -> Result<usize, Failed> {
    let value = match number {
        Number::Integer(value) => {
            let (major, argument) = parts(value);
            return labelled_head(piece, at, label, major, argument);
        }
        Number::Unsigned(value) => return labelled_head(piece, at, label, UNSIGNED, value),
        Number::Decimal(value) if fractions == Fractions::Decimal => {
            return decimal(piece, at, label, value);
        }
        Number::Decimal(value) => value.to_f64(),
        Number::Float(value) => value,
    };
    float(piece, at, label, value)
}

#[inline(never)]
fn long_text(piece: &mut Piece, at: usize, label: Label, bytes: &[u8]) -> Result<usize, Failed> {
    let at = self::label(piece, at, label)?;
    let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let at = match short_head(TEXT, len) {
        Some((word, len)) => piece.short(at, word, len)?,
        _ => head(piece, at, TEXT, len)?,
    };
    piece.long(at, bytes)
}

impl Fields for Place {
    #[inline(always)]
    fn text(self, piece: &mut Piece, label: Label, text: &Text<'_>) -> Result<Place, Failed> {
        let bytes = text.as_bytes().ok_or(Failed)?;
        // Label, head and content in one word, or nearly so.
        let (key, key_len) = key(label);
        let (len, heads) = (bytes.len(), key_len.wrapping_add(1));
        let shift = |bytes: usize| u32::try_from(bytes.wrapping_mul(8)).unwrap_or(0);
        let head = u64::from(TEXT) | u64::try_from(len).unwrap_or(0);
        let start = key | head << shift(key_len);
        let end = heads.wrapping_add(len);
        if end <= 8 {
            let word = start | word(bytes).wrapping_shl(shift(heads));
            return Ok(self.after(piece.short(self.at, word, end)?));
        }
        if (8..24).contains(&len)
            && let Some(room) = piece.room::<32>(self.at)
        {
            let (first, _) = room.split_at_mut(8);
            first.copy_from_slice(&start.to_le_bytes());
            if short::copy(room, heads, bytes).is_some() {
                return Ok(self.after(self.at.wrapping_add(end)));
            }
        }
        Ok(self.after(long_text(piece, self.at, label, bytes)?))
    }

    #[inline(never)]
    fn data(self, piece: &mut Piece, data: &Data<'_>) -> Result<Place, Failed> {
        let bytes = data.as_slice().ok_or(Failed)?;
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let at = labelled_head(piece, self.at, Label::DataValue, BYTES, len)?;
        Ok(self.after(piece.long(at, bytes)?))
    }

    #[inline(always)]
    fn number(self, piece: &mut Piece, label: Label, number: &Number) -> Result<Place, Failed> {
        if let Number::Integer(value) = *number
            && let Ok(value) = u64::try_from(value)
            && let Some((word, len)) = short_head(UNSIGNED, value)
        {
            // All numbers of RFC 8428 have labels of one byte.
            let at = piece.short(self.at, key(label).0 | word << 8, len.wrapping_add(1))?;
            return Ok(self.after(at));
        }
        Ok(self.after(other_number(piece, self, label, *number)?))
    }

    #[inline(always)]
    fn simple(self, piece: &mut Piece, label: Label, value: Simple) -> Result<Place, Failed> {
        let value = match value {
            Simple::False => 0xf4,
            Simple::True => 0xf5,
            Simple::Null => 0xf6,
        };
        Ok(self.after(piece.short(self.at, key(label).0 | value << 8, 2)?))
    }
}
