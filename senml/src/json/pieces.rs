//! JSON piece by piece, into any sink: where flash matters more than time, and records that are
//! long.

use crate::Text;
use crate::base64;
use crate::error::WriteError;
use crate::label::{BY_BYTES, Label};
use crate::plain::first_special;
use crate::record::{Record, Value};
use crate::walk::fields;
use m2m_base::decimal::Style;
use m2m_base::{Full, SMALL, Sink};

/// Writes one record, with a comma in front if so told.
pub(crate) fn record(
    sink: &mut dyn Sink,
    comma: bool,
    record: &Record<'_>,
) -> Result<(), WriteError> {
    if comma {
        sink.put_u8(b',')?;
    }
    sink.put_u8(b'{')?;
    let mut first = true;
    fields(record, &mut |label, value| {
        if !core::mem::take(&mut first) {
            sink.put_u8(b',')?;
        }
        field(sink, label, value)
    })?;
    Ok(sink.put_u8(b'}')?)
}

/// Writes one record of the fields that have values.
#[cfg(feature = "small")]
pub(super) fn some(
    sink: &mut dyn Sink,
    comma: bool,
    fields: &[(Label, Option<Value<'_>>)],
) -> Result<(), WriteError> {
    if comma {
        sink.put_u8(b',')?;
    }
    let mut before = b'{';
    for (label, value) in fields {
        if let Some(value) = value {
            sink.put_u8(before)?;
            field(sink, label.of(value), value)?;
            before = b',';
        }
    }
    Ok(sink.put_u8(b'}')?)
}

#[inline(never)]
fn field(sink: &mut dyn Sink, label: Label, value: &Value<'_>) -> Result<(), WriteError> {
    // The name is what is not zero.
    let name = BY_BYTES.get(usize::from(label as u8)).copied().unwrap_or(0).to_be_bytes();
    let zeros = name.iter().take_while(|byte| **byte == 0).count();
    string(sink, name.get(zeros..).unwrap_or(&[]))?;
    sink.put_u8(b':')?;
    let word = match value {
        Value::Number(number) => return Ok(number.write(sink, Style::Compact)?),
        Value::Text(text) | Value::ObjectLink(text) => return Ok(quoted(sink, text)?),
        Value::Data(data) => {
            sink.put_u8(b'"')?;
            base64::write(sink, data.bytes(), base64::Variant::Url)?;
            return Ok(sink.put_u8(b'"')?);
        }
        Value::Boolean(true) => "true",
        Value::Boolean(false) => "false",
        Value::Null => "null",
    };
    Ok(sink.put(word.as_bytes())?)
}

/// Writes a text that needs no escapes, in quotes.
fn string(sink: &mut dyn Sink, text: &[u8]) -> Result<(), Full> {
    sink.put_u8(b'"')?;
    sink.put(text)?;
    sink.put_u8(b'"')
}

/// Writes a text in quotes.
pub(super) fn quoted(sink: &mut dyn Sink, text: &Text<'_>) -> Result<(), Full> {
    sink.put_u8(b'"')?;
    if SMALL {
        text.bytes().try_for_each(|byte| escaped(sink, &[byte]))?;
    } else {
        text.pieces().try_for_each(|piece| piece.with_bytes(|text| escaped(sink, text)))?;
    }
    sink.put_u8(b'"')
}

/// Writes a text with the escapes that it needs.
fn escaped(sink: &mut dyn Sink, mut text: &[u8]) -> Result<(), Full> {
    loop {
        if !SMALL {
            let plain = first_special(text).unwrap_or(text.len());
            let (run, rest) = text.split_at_checked(plain).unwrap_or_default();
            sink.put(run)?;
            text = rest;
        }
        let Some((byte, rest)) = text.split_first() else { return Ok(()) };
        text = rest;
        let short = match byte {
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            other => *other,
        };
        if short < 0x20 {
            let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            sink.put(&[b'\\', b'u', b'0', b'0', digit(short >> 4), digit(short & 15)])?;
            continue;
        }
        if short != *byte || matches!(short, b'"' | b'\\') {
            sink.put_u8(b'\\')?;
        }
        sink.put_u8(short)?;
    }
}
