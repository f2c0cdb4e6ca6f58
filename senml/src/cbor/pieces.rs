//! CBOR piece by piece, into any sink: where flash matters more than time, and records that are
//! long.

use super::Fractions;
use super::major::{ARRAY, BYTES, MAP, NEGATIVE, SIMPLE, TAG, TEXT, UNSIGNED};
use crate::error::WriteError;
use crate::label::{LABELS, Label};
use crate::record::{Record, Value};
use crate::walk::fields;
use crate::{Number, Text};
use m2m_base::float::{HALF, SINGLE};
use m2m_base::{Full, Sink};

/// Writes one record.
pub(crate) fn record(
    sink: &mut dyn Sink,
    fractions: Fractions,
    record: &Record<'_>,
) -> Result<(), WriteError> {
    // At most fourteen fields: the head is one byte.
    let mut count = MAP;
    fields(record).for_each(|_| count += 1);
    sink.put_u8(count)?;
    fields(record).try_for_each(|(label, value)| field(sink, fractions, label, &value))
}

#[inline(never)]
fn field(
    sink: &mut dyn Sink,
    fractions: Fractions,
    label: Label,
    value: &Value<'_>,
) -> Result<(), WriteError> {
    match LABELS.get(usize::from(label as u8)) {
        Some((_, _, Some(key))) => integer(sink, (*key).into())?,
        row => text(sink, &row.map_or("", |row| row.1).into())?,
    }
    let simple = match value {
        Value::Number(value) => return number(sink, fractions, *value),
        Value::Text(content) | Value::ObjectLink(content) => {
            return Ok(text(sink, content)?);
        }
        Value::Data(data) => {
            head(sink, BYTES, u64::try_from(data.len()).unwrap_or(u64::MAX))?;
            return Ok(data.write(sink)?);
        }
        Value::Boolean(value) => 0xf4 | u8::from(*value),
        Value::Null => 0xf6,
    };
    Ok(sink.put_u8(simple)?)
}

fn number(sink: &mut dyn Sink, fractions: Fractions, number: Number) -> Result<(), WriteError> {
    let value = match number {
        Number::Integer(value) => return Ok(integer(sink, value)?),
        Number::Unsigned(value) => return Ok(head(sink, UNSIGNED, value)?),
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
    let (info, bits) = match (HALF.narrow(value), SINGLE.narrow(value)) {
        (Some(half), _) => (25, half.into()),
        (None, Some(single)) => (26, single.into()),
        (None, None) => (27, value.to_bits()),
    };
    Ok(argument(sink, SIMPLE, info, bits)?)
}

/// Writes a head with the shortest argument.
#[inline(never)]
pub(super) fn head(sink: &mut dyn Sink, major: u8, value: u64) -> Result<(), Full> {
    let info = match value {
        0..24 => {
            let [value, ..] = value.to_le_bytes();
            return sink.put_u8(major | value);
        }
        24..=0xff => 24,
        0x100..=0xffff => 25,
        0x1_0000..=0xffff_ffff => 26,
        _ => 27,
    };
    argument(sink, major, info, value)
}

/// Writes a head with an argument of 1, 2, 4 or 8 bytes, for 24 to 27.
#[inline(never)]
fn argument(sink: &mut dyn Sink, major: u8, info: u8, value: u64) -> Result<(), Full> {
    sink.put_u8(major | info)?;
    let bytes = value.to_be_bytes();
    sink.put(bytes.get(8usize.wrapping_sub(1 << (info & 3))..).unwrap_or(&[]))
}

#[inline(never)]
fn integer(sink: &mut dyn Sink, value: i64) -> Result<(), Full> {
    let major = if value < 0 { NEGATIVE } else { UNSIGNED };
    head(sink, major, (value ^ value >> 63).cast_unsigned())
}

#[inline(never)]
fn text(sink: &mut dyn Sink, text: &Text<'_>) -> Result<(), Full> {
    head(sink, TEXT, u64::try_from(text.len()).unwrap_or(u64::MAX))?;
    text.write(sink)
}
