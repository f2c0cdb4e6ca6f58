//! Values in TLV (Core appendix C, column TLV).

use m2m_base::float::SINGLE;

use crate::error::DecodeErrorKind;
use crate::value::{DataType, ObjectLink, Text, Value};

/// The two's complement number of 1, 2, 4 or 8 bytes.
fn integer(bytes: &[u8]) -> Result<i64, DecodeErrorKind> {
    match *bytes {
        [a] => Ok(i64::from(i8::from_be_bytes([a]))),
        [a, b] => Ok(i64::from(i16::from_be_bytes([a, b]))),
        [a, b, c, d] => Ok(i64::from(i32::from_be_bytes([a, b, c, d]))),
        [a, b, c, d, e, f, g, h] => Ok(i64::from_be_bytes([a, b, c, d, e, f, g, h])),
        _ => Err(DecodeErrorKind::WrongType),
    }
}

fn unsigned(bytes: &[u8]) -> Result<u64, DecodeErrorKind> {
    match *bytes {
        [a] => Ok(u64::from(a)),
        [a, b] => Ok(u64::from(u16::from_be_bytes([a, b]))),
        [a, b, c, d] => Ok(u64::from(u32::from_be_bytes([a, b, c, d]))),
        [a, b, c, d, e, f, g, h] => Ok(u64::from_be_bytes([a, b, c, d, e, f, g, h])),
        _ => Err(DecodeErrorKind::WrongType),
    }
}

fn text(bytes: &[u8]) -> Result<Text<'_>, DecodeErrorKind> {
    Text::from_utf8(bytes).ok_or(DecodeErrorKind::Utf8)
}

/// The value of an entry in a type.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(in crate::format) fn decode(
    bytes: &[u8],
    data_type: DataType,
) -> Result<Value<'_>, DecodeErrorKind> {
    Ok(match data_type {
        DataType::String => Value::String(text(bytes)?),
        DataType::CoreLink => Value::CoreLink(text(bytes)?),
        DataType::Opaque => Value::opaque(bytes),
        DataType::Integer => Value::Integer(integer(bytes)?),
        DataType::Time => Value::Time(integer(bytes)?),
        DataType::Unsigned => Value::Unsigned(unsigned(bytes)?),
        DataType::Float => Value::Float(match *bytes {
            [a, b, c, d] => SINGLE.widen(u32::from_be_bytes([a, b, c, d])),
            [a, b, c, d, e, f, g, h] => f64::from_be_bytes([a, b, c, d, e, f, g, h]),
            _ => return Err(DecodeErrorKind::WrongType),
        }),
        DataType::Boolean => match *bytes {
            [0] => Value::Boolean(false),
            [1] => Value::Boolean(true),
            _ => return Err(DecodeErrorKind::WrongType),
        },
        DataType::ObjectLink => match *bytes {
            [a, b, c, d] => Value::ObjectLink(ObjectLink::new(
                u16::from_be_bytes([a, b]),
                u16::from_be_bytes([c, d]),
            )),
            _ => return Err(DecodeErrorKind::WrongType),
        },
        DataType::None => return Err(DecodeErrorKind::WrongType),
    })
}

/// A guess without knowing the type: printable text is a string, what has the width of an integer
/// is one, the rest is opaque.
pub(in crate::format) fn infer(bytes: &[u8]) -> Value<'_> {
    match core::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => Value::string(text),
        _ => integer(bytes).map_or(Value::opaque(bytes), Value::Integer),
    }
}
