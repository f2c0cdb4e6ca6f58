//! CBOR piece by piece, into any sink: where flash matters more than time, and records that are
//! long.

use super::Fractions;
use super::major::{ARRAY, BYTES, MAP, NEGATIVE, SIMPLE, TAG, TEXT, UNSIGNED};
use crate::Number;
use crate::error::WriteError;
use crate::label::{KEYS, Label};
use crate::record::{Record, Value};
use crate::walk::fields;
use m2m_base::float::{HALF, SINGLE};
use m2m_base::{Full, SMALL, Sink};

/// Writes one record.
pub(crate) fn record(
    sink: &mut dyn Sink,
    fractions: Fractions,
    record: &Record<'_>,
) -> Result<(), WriteError> {
    // At most fourteen fields: the head is one byte.
    let mut count = MAP;
    fields(record, &mut |_, _| {
        count += 1;
        Ok(())
    })?;
    sink.put_u8(count)?;
    fields(record, &mut |label, value| field(sink, fractions, label, value))
}

/// Writes one record of the fields that have values.
#[cfg(feature = "small")]
pub(super) fn some(
    sink: &mut dyn Sink,
    fractions: Fractions,
    fields: &[(Label, Option<Value<'_>>)],
) -> Result<(), WriteError> {
    let count = fields.iter().fold(MAP, |count, (_, value)| count + u8::from(value.is_some()));
    sink.put_u8(count)?;
    for (label, value) in fields {
        if let Some(value) = value {
            field(sink, fractions, label.of(value), value)?;
        }
    }
    Ok(())
}

fn field(
    sink: &mut dyn Sink,
    fractions: Fractions,
    label: Label,
    value: &Value<'_>,
) -> Result<(), WriteError> {
    let key = KEYS.get(usize::from(label as u8)).copied().unwrap_or(0);
    // The last byte counts even where it is zero.
    let zeros = usize::try_from((key | 1).leading_zeros() / 8).unwrap_or(0);
    sink.put(key.to_be_bytes().get(zeros..).unwrap_or(&[]))?;
    self::value(sink, fractions, value)
}

/// Writes a value.
#[cfg_attr(feature = "small", inline(never))]
pub(super) fn value(
    sink: &mut dyn Sink,
    fractions: Fractions,
    value: &Value<'_>,
) -> Result<(), WriteError> {
    let (major, content) = match value {
        Value::Number(value) => return number(sink, fractions, value),
        Value::Text(content) | Value::ObjectLink(content) => (TEXT, *content),
        Value::Data(data) => match data.text() {
            Ok(content) => (BYTES, content),
            Err(_) => {
                head(sink, u64::try_from(data.len()).unwrap_or(u64::MAX), BYTES)?;
                return Ok(data.write(sink)?);
            }
        },
        Value::Boolean(value) => return Ok(item(sink, 0, 0xf4 | u8::from(*value))?),
        Value::Null => return Ok(item(sink, 0, 0xf6)?),
    };
    head(sink, u64::try_from(content.len()).unwrap_or(u64::MAX), major)?;
    Ok(content.write(sink)?)
}

#[inline(never)]
fn number(sink: &mut dyn Sink, fractions: Fractions, number: &Number) -> Result<(), WriteError> {
    let value = match *number {
        Number::Integer(value) => return Ok(integer(sink, value)?),
        Number::Unsigned(value) => return Ok(head(sink, value, UNSIGNED)?),
        Number::Decimal(value) if fractions == Fractions::Decimal => {
            sink.put(&[TAG | 4, ARRAY | 2])?;
            integer(sink, value.exponent().into())?;
            return Ok(integer(sink, value.mantissa())?);
        }
        Number::Decimal(value) => value.to_f64(),
        Number::Float(value) => value,
    };
    if !value.is_finite() {
        return Err(WriteError::NotFinite);
    }
    // In the shortest form that loses nothing.
    let (bits, first) = if let Some(half) = HALF.narrow(value) {
        (half.into(), SIMPLE | 25)
    } else if let Some(single) = SINGLE.narrow(value) {
        (single.into(), SIMPLE | 26)
    } else {
        (value.to_bits(), SIMPLE | 27)
    };
    Ok(item(sink, bits, first)?)
}

/// Writes a head with the shortest argument.
#[inline(never)]
pub(super) fn head(sink: &mut dyn Sink, value: u64, major: u8) -> Result<(), Full> {
    let [info, ..] = value.to_le_bytes();
    if value < 24 {
        return if SMALL { item(sink, 0, major | info) } else { sink.put_u8(major | info) };
    }
    // 24 with one byte, 25 with two, 26 with up to four, 27 with up to eight.
    let last = (63 - value.leading_zeros()) / 8;
    let [info, ..] = (56 - last.leading_zeros()).to_le_bytes();
    item(sink, value, major | info)
}

/// Writes a head: its first byte, which tells how many of the bytes of `value` are behind it.
#[inline(never)]
fn item(sink: &mut dyn Sink, value: u64, first: u8) -> Result<(), Full> {
    let info = first & 0x1f;
    let len = if info < 24 { 0 } else { 1 << (info & 3) };
    let mut bytes = [[first; 8], value.to_be_bytes()];
    let item = bytes.as_flattened_mut().get_mut(15usize.wrapping_sub(len)..).unwrap_or_default();
    if let Some(slot) = item.first_mut() {
        *slot = first;
    }
    sink.put(item)
}

#[inline(never)]
fn integer(sink: &mut dyn Sink, value: i64) -> Result<(), Full> {
    let major = if value < 0 { NEGATIVE } else { UNSIGNED };
    head(sink, (value ^ value >> 63).cast_unsigned(), major)
}
