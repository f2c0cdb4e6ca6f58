//! The JSON writer where flash matters more than time (feature `small`): the same bytes, put into
//! the sink piece by piece.

use crate::base64;
use crate::error::WriteError;
use crate::label::{LABELS, Label};
use crate::record::{Record, Value};
use crate::walk::fields;
use m2m_base::decimal::Style;
use m2m_base::{Full, Sink};

/// Writes records as a pack in JSON, without white space, the fields always in the same order:
/// `bn bt bu bv bs bver bct n u t ut ct`, the value, `s`.
///
/// The pack is whole only after [`Writer::finish`].
pub struct Writer<'a> {
    sink: &'a mut dyn Sink,
    first: bool,
}

impl<'a> Writer<'a> {
    /// Begins a pack.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn new(sink: &'a mut dyn Sink) -> Result<Self, WriteError> {
        sink.put_u8(b'[')?;
        Ok(Writer::resume(sink, true))
    }

    /// A writer in the middle of a pack.
    pub(crate) fn resume(sink: &'a mut dyn Sink, first: bool) -> Self {
        Writer { sink, first }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`WriteError::Full`], [`WriteError::NotFinite`]; the pack is then cut short.
    pub fn record(&mut self, record: &Record<'_>) -> Result<(), WriteError> {
        if !core::mem::take(&mut self.first) {
            self.sink.put_u8(b',')?;
        }
        self.sink.put_u8(b'{')?;
        let mut first = true;
        fields(record).try_for_each(|(label, value)| {
            if !core::mem::take(&mut first) {
                self.sink.put_u8(b',')?;
            }
            self.field(label, &value)
        })?;
        Ok(self.sink.put_u8(b'}')?)
    }

    #[inline(never)]
    fn field(&mut self, label: Label, value: &Value<'_>) -> Result<(), WriteError> {
        let sink = &mut *self.sink;
        string(sink, LABELS.get(usize::from(label as u8)).map_or("", |row| row.1).as_bytes())?;
        sink.put_u8(b':')?;
        let word = match value {
            Value::Number(number) => return Ok(number.write(sink, Style::Compact)?),
            Value::Text(text) | Value::ObjectLink(text) => {
                sink.put_u8(b'"')?;
                text.bytes().try_for_each(|byte| escaped(sink, byte))?;
                return Ok(sink.put_u8(b'"')?);
            }
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

    /// Hands everything on to the sink.
    ///
    /// # Errors
    /// None; the faster writer has some.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        Ok(())
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.end()
    }

    pub(crate) fn end(&mut self) -> Result<(), WriteError> {
        Ok(self.sink.put_u8(b']')?)
    }
}

/// Writes a text that needs no escapes, in quotes.
fn string(sink: &mut dyn Sink, text: &[u8]) -> Result<(), Full> {
    sink.put_u8(b'"')?;
    sink.put(text)?;
    sink.put_u8(b'"')
}

/// Writes a byte of a text, with an escape if it needs one.
fn escaped(sink: &mut dyn Sink, byte: u8) -> Result<(), Full> {
    let short = match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        b'"' | b'\\' => byte,
        0..0x20 => {
            let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            return sink.put(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        }
        _ => return sink.put_u8(byte),
    };
    sink.put(&[b'\\', short])
}
