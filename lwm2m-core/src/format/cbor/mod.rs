//! Values in CBOR (RFC 8949; Core 7.5.3 and appendix C): the format 60 is one of them.

mod items;

pub(super) use items::{ARRAY, Items, TEXT, UNSIGNED, put_head};
#[cfg(feature = "lwm2m-cbor")]
#[cfg(not(feature = "small"))]
pub(super) use items::{BREAK, BYTES, NEGATIVE, SIMPLE, short_map, short_value};
#[cfg(feature = "lwm2m-cbor")]
pub(super) use items::{Left, MAP};

use items::TAG;
#[cfg(any(feature = "small", not(feature = "lwm2m-cbor")))]
use items::{BYTES, NEGATIVE, SIMPLE};
use m2m_base::decimal::Number;
use m2m_base::float::{HALF, SINGLE, whole_part};
use m2m_base::{Sink, SliceSink};

use super::float::lossless_f32;
use super::{number, rfc3339};
use crate::error::{DecodeError, DecodeErrorKind, WriteError};
use crate::value::{Data, DataType, ObjectLink, Text, Value};

/// A decoded item.
#[derive(Clone, Copy)]
enum Item<'a> {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Text<'a>),
    Data(Data<'a>),
    /// Under tag 0 or 1.
    Time(i64),
}

impl<'a> Items<'a> {
    /// The next integer, which is one of 64 bits.
    #[inline(never)]
    fn i64(&mut self) -> Result<i64, DecodeErrorKind> {
        let sign = match self.head()? {
            UNSIGNED => 0,
            NEGATIVE => -1,
            _ => return Err(DecodeErrorKind::Syntax),
        };
        // A negative one is -1 - n.
        match i64::try_from(self.argument()) {
            Ok(n) => Ok(n ^ sign),
            Err(_) => Err(DecodeErrorKind::OutOfRange),
        }
    }

    /// The array behind tag 4 (RFC 8949 section 3.4.4).
    #[inline(never)]
    fn decimal_fraction(&mut self) -> Result<Number, DecodeErrorKind> {
        if self.head()? != ARRAY || self.argument() != 2 {
            return Err(DecodeErrorKind::Syntax);
        }
        let exponent = self.i64()?;
        Number::from_decimal(self.i64()?, exponent).ok_or(DecodeErrorKind::OutOfRange)
    }

    fn item(&mut self) -> Result<Item<'a>, DecodeErrorKind> {
        let mut tag = None;
        let mut major = self.head()?;
        if major == TAG {
            tag = Some(self.argument());
            match self.argument() {
                0 | 1 => major = self.head()?,
                4 => return self.decimal_fraction().map(Item::Number),
                _ => return Err(DecodeErrorKind::WrongType),
            }
        }
        let argument = self.argument();
        let item = match major {
            UNSIGNED => Item::Number(Number::from(argument)),
            NEGATIVE => match i64::try_from(argument) {
                Ok(n) => Item::Number(Number::Integer(!n)),
                Err(_) => return Err(DecodeErrorKind::OutOfRange),
            },
            BYTES => {
                let content = self.string()?;
                let data = match self.is_indefinite() {
                    true => Data::from_chunks(content),
                    false => Some(content.into()),
                };
                Item::Data(data.ok_or(DecodeErrorKind::Syntax)?)
            }
            TEXT => {
                let content = self.string()?;
                let text = match self.is_indefinite() {
                    true => Text::from_chunks(content),
                    false => Text::from_utf8(content),
                };
                Item::Text(text.ok_or(DecodeErrorKind::Utf8)?)
            }
            SIMPLE => simple(self.info(), argument)?,
            _ => return Err(DecodeErrorKind::WrongType),
        };
        Ok(Item::Time(match (tag, item) {
            (None, item) => return Ok(item),
            (Some(0), Item::Text(text)) => {
                rfc3339::seconds(&mut text.bytes()).ok_or(DecodeErrorKind::Syntax)?
            }
            (Some(1), Item::Number(n)) => seconds(n)?,
            _ => return Err(DecodeErrorKind::Syntax),
        }))
    }
}

/// Booleans, null and floating-point numbers.
#[allow(clippy::cast_possible_truncation, reason = "read from two and four bytes")]
fn simple(info: u8, argument: u64) -> Result<Item<'static>, DecodeErrorKind> {
    Ok(match info {
        20 | 21 => Item::Boolean(info == 21),
        22 => Item::Null,
        25 => Item::Number(Number::Float(HALF.widen(argument as u32))),
        26 => Item::Number(Number::Float(SINGLE.widen(argument as u32))),
        27 => Item::Number(Number::Float(f64::from_bits(argument))),
        // Simple values below 32 have no such form (RFC 8949 section 3.3).
        24 if argument < 32 => return Err(DecodeErrorKind::Syntax),
        _ => return Err(DecodeErrorKind::WrongType),
    })
}

/// The whole seconds of a time that may have been sent with a fraction, which is cut off.
fn seconds(n: Number) -> Result<i64, DecodeErrorKind> {
    n.to_i64().or_else(|| whole_part(n.to_f64())).ok_or(DecodeErrorKind::OutOfRange)
}

/// The item that `bytes` begin with, and its length.
#[inline(never)]
fn parse(bytes: &[u8]) -> Result<(Item<'_>, usize), DecodeErrorKind> {
    let mut items = Items::new(bytes);
    let item = items.item()?;
    Ok((item, items.position()))
}

/// The bytes of the one item that `bytes` are.
pub(super) fn item(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    match parse(bytes) {
        Err(kind) => Err(DecodeError::new(kind, 0)),
        Ok((_, len)) if len == bytes.len() => Ok(bytes),
        Ok((_, len)) => Err(DecodeError::new(DecodeErrorKind::TrailingBytes, len)),
    }
}

/// A well-formed item as an integer, if it is one of at most 32 bits.
#[cfg(not(feature = "small"))]
#[inline(always)]
pub(super) fn short_integer(item: &[u8]) -> Option<i64> {
    let (first, rest) = item.split_first()?;
    let info = first & 0x1f;
    let n = match (info, rest) {
        (0..24, []) => i64::from(info),
        (24, [a]) => i64::from(*a),
        (25, [a, b]) => i64::from(u16::from_be_bytes([*a, *b])),
        (26, [a, b, c, d]) => i64::from(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => return None,
    };
    match first >> 5 {
        UNSIGNED => Some(n),
        NEGATIVE => Some(!n),
        _ => None,
    }
}

/// A well-formed item as a text, if it is one of fewer than 256 bytes in one piece.
#[cfg(not(feature = "small"))]
#[inline(always)]
pub(super) fn short_text(item: &[u8]) -> Option<Text<'_>> {
    match item {
        [0x60..0x78, content @ ..] | [0x78, _, content @ ..] => Text::from_utf8(content),
        _ => None,
    }
}

/// A well-formed item in a type, if it is one as most are.
#[cfg(not(feature = "small"))]
#[inline(always)]
fn quick(item: &[u8], data_type: DataType) -> Option<Value<'_>> {
    Some(match (data_type, item) {
        (DataType::Integer, _) => Value::Integer(short_integer(item)?),
        (DataType::Time, [0xc1, item @ ..] | item) => Value::Time(short_integer(item)?),
        (DataType::String, _) => Value::String(short_text(item)?),
        (DataType::Boolean, [first @ 0xf4..=0xf5]) => Value::Boolean(*first == 0xf5),
        _ => return None,
    })
}

#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) fn decode(bytes: &[u8], data_type: DataType) -> Result<Value<'_>, DecodeErrorKind> {
    #[cfg(not(feature = "small"))]
    if let Some(value) = quick(bytes, data_type) {
        return Ok(value);
    }
    decode_any(bytes, data_type)
}

#[inline(never)]
fn decode_any(bytes: &[u8], data_type: DataType) -> Result<Value<'_>, DecodeErrorKind> {
    let (item, _) = parse(bytes)?;
    Ok(match (data_type, item) {
        (DataType::String, Item::Text(text)) => Value::String(text),
        (DataType::CoreLink, Item::Text(text)) => Value::CoreLink(text),
        (DataType::ObjectLink, Item::Text(text)) => {
            Value::ObjectLink(ObjectLink::of_text(&text).ok_or(DecodeErrorKind::WrongType)?)
        }
        (DataType::Opaque, Item::Data(data)) => Value::Opaque(data),
        (DataType::Boolean, Item::Boolean(b)) => Value::Boolean(b),
        (DataType::Time, Item::Time(n)) => Value::Time(n),
        (_, Item::Number(n)) => number::decode(n, data_type)?,
        (DataType::None, Item::Null) => Value::None,
        _ => return Err(DecodeErrorKind::WrongType),
    })
}

pub(super) fn infer(bytes: &[u8]) -> Value<'_> {
    let Ok((item, _)) = parse(bytes) else { return Value::opaque(bytes) };
    match item {
        Item::Null => Value::None,
        Item::Boolean(b) => Value::Boolean(b),
        Item::Number(n) => number::infer(n),
        Item::Text(text) => {
            ObjectLink::of_text(&text).map_or(Value::String(text), Value::ObjectLink)
        }
        Item::Data(data) => Value::Opaque(data),
        Item::Time(n) => Value::Time(n),
    }
}

fn len(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn put_integer(n: i64, sink: &mut dyn Sink) -> Result<(), WriteError> {
    let (major, n) = if n < 0 { (NEGATIVE, !n) } else { (UNSIGNED, n) };
    Ok(put_head(sink, major, n.cast_unsigned())?)
}

/// Writes a value as an item of its own (content format 60). Core 1.1 knows only the forms of a
/// time in RFC 8949 section 3.4, and there are servers that insist on the tag; 1.2 allows a bare
/// integer too.
pub(super) fn write(value: &Value<'_>, sink: &mut dyn Sink) -> Result<(), WriteError> {
    if let Value::Time(_) = value {
        put_head(sink, TAG, 1)?;
    }
    write_bare(value, sink)
}

/// Writes a value without a tag.
#[inline(never)]
pub(super) fn write_bare(value: &Value<'_>, sink: &mut dyn Sink) -> Result<(), WriteError> {
    match value {
        Value::String(text) | Value::CoreLink(text) => {
            put_head(sink, TEXT, len(text.len()))?;
            Ok(text.write(sink)?)
        }
        Value::Opaque(data) => {
            put_head(sink, BYTES, len(data.len()))?;
            Ok(data.write(sink)?)
        }
        Value::Integer(n) | Value::Time(n) => put_integer(*n, sink),
        Value::Unsigned(n) => Ok(put_head(sink, UNSIGNED, *n)?),
        Value::Float(n) => {
            let (head, bits, len) = match lossless_f32(*n) {
                Some(bits) => (SIMPLE << 5 | 26, u64::from(bits) << 32, 4),
                None => (SIMPLE << 5 | 27, n.to_bits(), 8),
            };
            sink.put_u8(head)?;
            Ok(sink.put(bits.to_be_bytes().get(..len).unwrap_or(&[]))?)
        }
        Value::Boolean(b) => Ok(sink.put_u8(SIMPLE << 5 | 20 | u8::from(*b))?),
        Value::ObjectLink(link) => {
            let mut room = [0; 11];
            let mut text = SliceSink::new(&mut room);
            link.write(&mut text)?;
            put_head(sink, TEXT, len(text.len()))?;
            Ok(sink.put(text.written())?)
        }
        Value::None => Ok(sink.put_u8(SIMPLE << 5 | 22)?),
    }
}
