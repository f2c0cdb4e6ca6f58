//! The CBOR items that SenML is made of.

use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::label::Tokens;
use crate::{Data, Number, Text};
use minicbor::Decoder;

/// Arrays, maps and tags inside one another in the value of an unknown field.
const MAX_DEPTH: usize = 16;
const BREAK: u8 = 0xff;

/// Where the decoder stands, and what it stands before.
pub(super) fn peek(decoder: &Decoder<'_>) -> Result<u8, DecodeError> {
    let at = decoder.position();
    decoder.input().get(at).copied().ok_or(Kind::UnexpectedEnd.at(at))
}

/// Passes over a break, if one comes next.
pub(super) fn end_of_indefinite(decoder: &mut Decoder<'_>) -> Result<bool, DecodeError> {
    let found = peek(decoder)? == BREAK;
    if found {
        decoder.set_position(decoder.position().saturating_add(1));
    }
    Ok(found)
}

/// Runs a decoder's function and tells its error in our terms, at the item's start.
pub(super) fn take<'a, T>(
    decoder: &mut Decoder<'a>,
    read: impl FnOnce(&mut Decoder<'a>) -> Result<T, minicbor::decode::Error>,
    otherwise: Kind,
) -> Result<T, DecodeError> {
    let at = decoder.position();
    read(decoder).map_err(|error| {
        if error.is_end_of_input() {
            Kind::UnexpectedEnd.at(decoder.input().len())
        } else if error.is_type_mismatch() {
            wrong_type(decoder.input().get(at).copied()).at(at)
        } else {
            otherwise.at(at)
        }
    })
}

/// An item of another type, or none of CBOR (RFC 8949 section 3).
fn wrong_type(first: Option<u8>) -> Kind {
    match first {
        Some(head) if head & 0x1f >= 28 && !matches!(head, 0x5f | 0x7f | 0x9f | 0xbf) => {
            Kind::Malformed
        }
        _ => Kind::WrongType,
    }
}

/// The chunks of an indefinite-length string: the bytes between its head and its break.
fn chunks<'a>(decoder: &mut Decoder<'a>, major: u8) -> Result<&'a [u8], DecodeError> {
    decoder.set_position(decoder.position().saturating_add(1));
    let start = decoder.position();
    loop {
        let end = decoder.position();
        if end_of_indefinite(decoder)? {
            return Ok(decoder.input().get(start..end).unwrap_or(&[]));
        }
        // A chunk has a definite length and the same type (RFC 8949 section 3.2.3).
        if peek(decoder)? >> 5 != major || peek(decoder)? & 0x1f == 31 {
            return Err(Kind::Malformed.at(end));
        }
        if major == 3 {
            take(decoder, |d| d.str().map(drop), Kind::InvalidUtf8)?;
        } else {
            take(decoder, |d| d.bytes().map(drop), Kind::Malformed)?;
        }
    }
}

/// A text string of definite or indefinite length.
#[inline]
pub(crate) fn text<'a>(decoder: &mut Decoder<'a>) -> Result<Text<'a>, DecodeError> {
    let at = decoder.position();
    match peek(decoder)? {
        // Most are short; these need no more than this.
        head @ 0x60..=0x77 => {
            let start = at.saturating_add(1);
            let end = start.saturating_add(usize::from(head & 0x1f));
            let input = decoder.input();
            let bytes = input.get(start..end).ok_or(Kind::UnexpectedEnd.at(input.len()))?;
            decoder.set_position(end);
            let text = core::str::from_utf8(bytes);
            text.map(Text::from).map_err(|_| Kind::InvalidUtf8.at(at))
        }
        0x7f => chunks(decoder, 3).map(Text::from_checked_chunks),
        _ => take(decoder, |d| d.str(), Kind::InvalidUtf8).map(Text::from),
    }
}

/// The head of a map: its length, or `None` if that is indefinite.
#[inline]
pub(super) fn map(decoder: &mut Decoder<'_>) -> Result<Option<u64>, DecodeError> {
    match peek(decoder)? {
        head @ 0xa0..=0xb7 => {
            decoder.set_position(decoder.position().saturating_add(1));
            Ok(Some(u64::from(head & 0x1f)))
        }
        _ => take(decoder, |d| d.map(), Kind::Malformed),
    }
}

/// A byte string of definite or indefinite length.
pub(crate) fn data<'a>(decoder: &mut Decoder<'a>) -> Result<Data<'a>, DecodeError> {
    if peek(decoder)? == 0x5f {
        return chunks(decoder, 2).map(Data::from_checked_chunks);
    }
    take(decoder, |d| d.bytes(), Kind::Malformed).map(Data::from)
}

/// An integer, a floating-point number or a decimal fraction (tag 4, RFC 8949 section 3.4.4).
pub(crate) fn number(decoder: &mut Decoder<'_>) -> Result<Number, DecodeError> {
    let at = decoder.position();
    let number = match peek(decoder)? {
        0x00..=0x1b => Number::from(take(decoder, |d| d.u64(), Kind::Malformed)?),
        0x20..=0x3b => {
            let value = i128::from(take(decoder, |d| d.int(), Kind::Malformed)?);
            match i64::try_from(value) {
                Ok(value) => Number::Integer(value),
                Err(_) => Number::Float(value as f64),
            }
        }
        0xf9 => {
            let bytes = decoder.input().get(at..).and_then(<[u8]>::first_chunk::<3>);
            let [_, high, low] = bytes.ok_or(Kind::UnexpectedEnd.at(decoder.input().len()))?;
            decoder.set_position(at.saturating_add(3));
            Number::Float(from_half(u16::from_be_bytes([*high, *low])))
        }
        0xfa | 0xfb => Number::Float(take(decoder, |d| d.f64(), Kind::Malformed)?),
        head if head >> 5 == 6 => decimal_fraction(decoder)?,
        head => return Err(wrong_type(Some(head)).at(at)),
    };
    if number.is_finite() { Ok(number) } else { Err(Kind::NotFinite.at(at)) }
}

fn decimal_fraction(decoder: &mut Decoder<'_>) -> Result<Number, DecodeError> {
    let at = decoder.position();
    let tag = take(decoder, |d| d.tag(), Kind::Malformed)?;
    let parts = take(decoder, |d| d.array(), Kind::Malformed)?;
    if tag.as_u64() != 4 || parts.is_some_and(|parts| parts != 2) {
        return Err(Kind::WrongType.at(at));
    }
    let exponent = take(decoder, |d| d.i64(), Kind::NumberRange)?;
    let mantissa = take(decoder, |d| d.i64(), Kind::NumberRange)?;
    if parts.is_none() && !end_of_indefinite(decoder)? {
        return Err(Kind::WrongType.at(at));
    }
    Number::from_decimal(mantissa, exponent).ok_or(Kind::NumberRange.at(at))
}

/// The value of a binary16 (RFC 8949 appendix D).
fn from_half(half: u16) -> f64 {
    let exponent = u64::from(half >> 10 & 0x1f);
    let fraction = u64::from(half & 0x3ff);
    let magnitude = match exponent {
        0 => f64::from(half & 0x3ff) / 16_777_216.0,
        31 => f64::from_bits(0x7ff << 52 | fraction << 42),
        _ => f64::from_bits((exponent + 1023 - 15) << 52 | fraction << 42),
    };
    if half >> 15 == 0 { magnitude } else { -magnitude }
}

/// An array or map that is open: how many items are left, or of an indefinite one whether it is a
/// map and whether a key has been without its value.
#[derive(Clone, Copy)]
enum Open {
    Items(u64),
    Array,
    Map { odd: bool },
}

/// Passes over any item.
pub(super) fn skip(decoder: &mut Decoder<'_>) -> Result<(), DecodeError> {
    let mut stack = [Open::Items(0); MAX_DEPTH];
    let mut depth = 0usize;
    loop {
        let at = decoder.position();
        let head = peek(decoder)?;
        let opened = match head >> 5 {
            0 | 1 => take(decoder, |d| d.int().map(drop), Kind::Malformed).map(|()| None)?,
            2 => data(decoder).map(|_| None)?,
            3 => text(decoder).map(|_| None)?,
            4 => Some(match take(decoder, |d| d.array(), Kind::Malformed)? {
                Some(count) => Open::Items(count),
                None => Open::Array,
            }),
            5 => Some(match take(decoder, |d| d.map(), Kind::Malformed)? {
                // A count that large could only end in the end of the bytes.
                Some(count) => Open::Items(count.saturating_mul(2)),
                None => Open::Map { odd: false },
            }),
            6 => take(decoder, |d| d.tag(), Kind::Malformed).map(|_| Some(Open::Items(1)))?,
            _ => {
                simple_or_float(decoder, head)?;
                None
            }
        };
        if let Some(open) = opened {
            *stack.get_mut(depth).ok_or(Kind::TooDeep.at(at))? = open;
            depth += 1;
        }
        // Close what is complete; a closed item counts in the one around it.
        let mut complete = opened.is_none();
        loop {
            let Some(open) = depth.checked_sub(1).and_then(|top| stack.get_mut(top)) else {
                return Ok(());
            };
            if complete {
                match open {
                    Open::Items(left) => *left = left.saturating_sub(1),
                    Open::Map { odd } => *odd = !*odd,
                    Open::Array => {}
                }
            }
            complete = match open {
                Open::Items(left) => *left == 0,
                Open::Array | Open::Map { odd: false } => end_of_indefinite(decoder)?,
                Open::Map { odd: true } => false,
            };
            if !complete {
                break;
            }
            depth -= 1;
        }
    }
}

/// Passes over an item of major type 7.
fn simple_or_float(decoder: &mut Decoder<'_>, head: u8) -> Result<(), DecodeError> {
    let at = decoder.position();
    let len = match head & 0x1f {
        0..24 => 1,
        // Simple values below 32 have no such form (RFC 8949 section 3.3).
        24 if decoder.input().get(at.saturating_add(1)).is_none_or(|value| *value >= 32) => 2,
        25 => 3,
        26 => 5,
        27 => 9,
        _ => return Err(Kind::Malformed.at(at)),
    };
    let end = at.saturating_add(len);
    if end > decoder.input().len() {
        return Err(Kind::UnexpectedEnd.at(decoder.input().len()));
    }
    decoder.set_position(end);
    Ok(())
}

impl<'a> Tokens<'a> for Decoder<'a> {
    fn offset(&mut self) -> usize {
        self.position()
    }

    #[inline]
    fn text(&mut self) -> Result<Text<'a>, DecodeError> {
        text(self)
    }

    fn data(&mut self) -> Result<Data<'a>, DecodeError> {
        data(self)
    }

    fn number(&mut self) -> Result<Number, DecodeError> {
        number(self)
    }

    fn boolean(&mut self) -> Result<bool, DecodeError> {
        take(self, |d| d.bool(), Kind::WrongType)
    }

    fn null(&mut self) -> Result<bool, DecodeError> {
        let found = peek(self)? == 0xf6;
        if found {
            self.set_position(self.position().saturating_add(1));
        }
        Ok(found)
    }
}
