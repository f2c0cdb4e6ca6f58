//! Values in TLV (Core appendix C, column TLV).

use m2m_base::SMALL;
use m2m_base::float::SINGLE;

use crate::error::DecodeErrorKind;
use crate::value::{DataType, Text, Value};

/// The number of 1, 2, 4 or 8 bytes, as if it were a signed one if `signed`.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) fn number(bytes: &[u8], signed: bool) -> Option<u64> {
    if SMALL {
        let negative = signed && bytes.first().is_some_and(|first| *first >= 0x80);
        let start = if negative { u64::MAX } else { 0 };
        let number = bytes.iter().fold(start, |n, byte| n << 8 | u64::from(*byte));
        return matches!(bytes.len(), 1 | 2 | 4 | 8).then_some(number);
    }
    // Short ones first: one table of the four lengths takes longer.
    if bytes.len() <= 2 {
        return Some(match *bytes {
            [a] if signed => i64::from(a.cast_signed()).cast_unsigned(),
            [a] => a.into(),
            [a, b] if signed => i64::from(i16::from_be_bytes([a, b])).cast_unsigned(),
            [a, b] => u16::from_be_bytes([a, b]).into(),
            _ => return None,
        });
    }
    Some(match *bytes {
        [a, b, c, d] if signed => i64::from(i32::from_be_bytes([a, b, c, d])).cast_unsigned(),
        [a, b, c, d] => u32::from_be_bytes([a, b, c, d]).into(),
        [a, b, c, d, e, f, g, h] => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => return None,
    })
}

/// The value of an entry in a type.
#[cfg_attr(not(feature = "small"), inline(always))]
#[cfg_attr(feature = "small", inline(never))]
pub(crate) fn decode<'a>(
    bytes: &'a [u8],
    data_type: DataType,
    value: &mut Value<'a>,
) -> Result<(), DecodeErrorKind> {
    if let DataType::String | DataType::CoreLink = data_type {
        let text = Text::from_utf8(bytes).ok_or(DecodeErrorKind::Utf8)?;
        let is_string = data_type == DataType::String;
        *value = if is_string { Value::String(text) } else { Value::CoreLink(text) };
        return Ok(());
    }
    if data_type == DataType::Opaque {
        *value = Value::opaque(bytes);
        return Ok(());
    }
    // What most are, each by itself.
    if !SMALL && data_type == DataType::Integer {
        let n = number(bytes, true).ok_or(DecodeErrorKind::WrongType)?;
        *value = Value::Integer(n.cast_signed());
        return Ok(());
    }
    let signed = matches!(data_type, DataType::Integer | DataType::Time);
    let n = number(bytes, signed).ok_or(DecodeErrorKind::WrongType)?;
    let bits = match (data_type, bytes.len(), u32::try_from(n)) {
        (DataType::Float, 4, Ok(n)) => SINGLE.widen(n).to_bits(),
        (DataType::Integer | DataType::Time | DataType::Unsigned, ..)
        | (DataType::Boolean, 1, Ok(0..=1))
        | (DataType::Float, 8, _)
        | (DataType::ObjectLink, 4, _) => n,
        _ => return Err(DecodeErrorKind::WrongType),
    };
    value.set_bits(data_type, bits);
    Ok(())
}

/// A guess without knowing the type: printable text is a string, what has the width of an integer
/// is one, the rest is opaque.
pub(in crate::format) fn infer(bytes: &[u8]) -> Value<'_> {
    match core::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => Value::string(text),
        _ => number(bytes, true).map_or(Value::opaque(bytes), |n| Value::Integer(n.cast_signed())),
    }
}
