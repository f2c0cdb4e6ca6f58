//! The XML writer.

use super::NAMESPACE;
use super::value::is_char;
use crate::base64;
use crate::error::WriteError;
use crate::label::{LABELS, Label};
use crate::record::{Record, Value};
use crate::walk::fields;
use m2m_base::Sink;
use m2m_base::decimal::Style;

/// Writes records as a pack in XML, without white space between elements, the fields always in the
/// same order: `bn bt bu bv bs bver bct n u t ut ct`, the value, `s`.
pub struct Writer<'a> {
    sink: &'a mut dyn Sink,
}

impl<'a> Writer<'a> {
    /// Begins a pack.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn new(sink: &'a mut dyn Sink) -> Result<Self, WriteError> {
        sink.put(b"<sensml xmlns=\"")?;
        sink.put(NAMESPACE.as_bytes())?;
        sink.put(b"\">")?;
        Ok(Writer { sink })
    }

    /// A writer in the middle of a pack.
    pub(crate) fn resume(sink: &'a mut dyn Sink) -> Self {
        Writer { sink }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`WriteError::Unrepresentable`] for null and for characters that XML does not have;
    /// [`WriteError::Full`], [`WriteError::NotFinite`]. The pack is then cut short.
    pub fn record(&mut self, record: &Record<'_>) -> Result<(), WriteError> {
        self.sink.put(b"<senml")?;
        fields(record, &mut |label, value| attribute(self.sink, label, value))?;
        Ok(self.sink.put(b"/>")?)
    }

    /// Writes one record of the fields that have values.
    #[cfg(feature = "small")]
    pub(crate) fn fields(
        &mut self,
        fields: &[(Label, Option<Value<'_>>)],
    ) -> Result<(), WriteError> {
        self.sink.put(b"<senml")?;
        for (label, value) in fields {
            if let Some(value) = value {
                attribute(self.sink, label.of(value), value)?;
            }
        }
        Ok(self.sink.put(b"/>")?)
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.end()
    }

    pub(crate) fn end(&mut self) -> Result<(), WriteError> {
        Ok(self.sink.put(b"</sensml>")?)
    }
}

fn attribute(sink: &mut dyn Sink, label: Label, value: &Value<'_>) -> Result<(), WriteError> {
    let name = LABELS.get(usize::from(label as u8)).map_or("", |row| row.1);
    sink.put_u8(b' ')?;
    sink.put(name.as_bytes())?;
    sink.put(b"=\"")?;
    match value {
        Value::Number(number) => number.write(sink, Style::Compact)?,
        Value::Text(text) | Value::ObjectLink(text) => text.pieces().try_for_each(|piece| {
            piece.with_bytes(|text| escaped(sink, core::str::from_utf8(text).unwrap_or_default()))
        })?,
        Value::Data(data) => base64::write(sink, data.bytes(), base64::Variant::Url)?,
        Value::Boolean(false) => sink.put(b"false")?,
        Value::Boolean(true) => sink.put(b"true")?,
        // XML has no patch packs (RFC 8790 section 6).
        Value::Null => return Err(WriteError::Unrepresentable),
    }
    Ok(sink.put_u8(b'"')?)
}

fn escaped(sink: &mut dyn Sink, text: &str) -> Result<(), WriteError> {
    let mut rest = text;
    loop {
        let special = |c: char| matches!(c, '&' | '<' | '"' | '\t' | '\n' | '\r') || !is_char(c);
        let (plain, from) =
            rest.split_at_checked(rest.find(special).unwrap_or(rest.len())).unwrap_or_default();
        sink.put(plain.as_bytes())?;
        let mut chars = from.chars();
        let reference = match chars.next() {
            None => return Ok(()),
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('"') => "&quot;",
            Some('\t') => "&#9;",
            Some('\n') => "&#10;",
            Some('\r') => "&#13;",
            Some(_) => return Err(WriteError::Unrepresentable),
        };
        sink.put(reference.as_bytes())?;
        rest = chars.as_str();
    }
}
