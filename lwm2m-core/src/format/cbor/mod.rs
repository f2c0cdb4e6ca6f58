//! Values in CBOR (RFC 8949; Core 7.5.3 and appendix C): the format 60 is one of them.

mod items;

#[cfg(feature = "lwm2m-cbor")]
pub(super) use items::{ARRAY, BREAK, Items, Left, MAP, TEXT, UNSIGNED};
#[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
pub(super) use items::{BYTES, NEGATIVE, SIMPLE, short_map, short_value};

use m2m_base::Sink;
use m2m_base::float::whole_part;
use senml::cbor::{Item, put_head, put_value};

use super::float::lossless_f32;
use super::{RawValue, rfc3339, typed};
use crate::error::{DecodeError, DecodeErrorKind, WriteError};
use crate::value::Value;
#[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
use crate::value::{DataType, Text};

/// The item that `bytes` begin with, which is at `offset`, and its length.
#[inline(never)]
pub(super) fn read(bytes: &[u8], offset: usize) -> Result<(RawValue<'_>, usize), DecodeError> {
    let Item { tag, value, len } = match Item::read(bytes) {
        Ok(item) => item,
        Err(error) => {
            let at = error.offset.wrapping_add(offset);
            return Err(DecodeError::new(error.kind.into(), at));
        }
    };
    // A fraction of a second is cut off.
    let time = match (tag, &value) {
        (None, _) => return Ok((RawValue::cbor(value, offset), len)),
        (Some(0), senml::Value::Text(text)) => {
            rfc3339::seconds(&mut text.bytes()).ok_or(DecodeErrorKind::Syntax)
        }
        (Some(1), senml::Value::Number(n)) => {
            n.to_i64().or_else(|| whole_part(n.to_f64())).ok_or(DecodeErrorKind::OutOfRange)
        }
        (Some(0 | 1), _) => Err(DecodeErrorKind::Syntax),
        _ => Err(DecodeErrorKind::WrongType),
    };
    match time {
        Ok(seconds) => Ok((RawValue::cbor_time(seconds, offset), len)),
        Err(kind) => Err(DecodeError::new(kind, offset)),
    }
}

/// The one item that `bytes` are.
pub(super) fn item(bytes: &[u8]) -> Result<RawValue<'_>, DecodeError> {
    let (value, len) = read(bytes, 0)?;
    if len < bytes.len() {
        return Err(DecodeError::new(DecodeErrorKind::TrailingBytes, len));
    }
    Ok(value)
}

/// A well-formed item as an integer, if it is one of at most 32 bits.
#[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
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
#[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
#[inline(always)]
pub(super) fn short_text(item: &[u8]) -> Option<Text<'_>> {
    match item {
        [0x60..0x78, content @ ..] | [0x78, _, content @ ..] => Text::from_utf8(content),
        _ => None,
    }
}

/// A well-formed item in a type, if it is one as most are.
#[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
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

#[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
#[inline(always)]
pub(super) fn decode(
    item: &[u8],
    offset: usize,
    data_type: DataType,
) -> Result<Value<'_>, DecodeError> {
    match quick(item, data_type) {
        Some(value) => Ok(value),
        None => decode_any(item, offset, data_type),
    }
}

#[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
#[inline(never)]
fn decode_any(item: &[u8], offset: usize, data_type: DataType) -> Result<Value<'_>, DecodeError> {
    read(item, offset)?.0.decode(data_type)
}

/// Writes a value as an item of its own (content format 60). Core 1.1 knows only the forms of a
/// time in RFC 8949 section 3.4, and there are servers that insist on the tag; 1.2 allows a bare
/// integer too.
pub(super) fn write(value: &Value<'_>, sink: &mut dyn Sink) -> Result<(), WriteError> {
    if let Value::Time(_) = value {
        put_head(sink, 6, 1)?;
    }
    write_bare(value, sink)
}

/// Writes a value without a tag.
#[inline(never)]
pub(super) fn write_bare(value: &Value<'_>, sink: &mut dyn Sink) -> Result<(), WriteError> {
    // Of 32 or 64 bits: there are readers that know no others.
    if let Value::Float(n) = value {
        let (head, bits, len) = match lossless_f32(*n) {
            Some(bits) => (0xfa, u64::from(bits) << 32, 4),
            None => (0xfb, n.to_bits(), 8),
        };
        sink.put_u8(head)?;
        return Ok(sink.put(bits.to_be_bytes().get(..len).unwrap_or(&[]))?);
    }
    let mut link = [0; 11];
    Ok(put_value(sink, &typed::untyped(value, &mut link)?)?)
}
