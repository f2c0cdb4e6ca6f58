//! The JSON writer.

use crate::base64;
use crate::error::WriteError;
use crate::label::Label;
use crate::record::{Record, Value};
use crate::{Number, Text};
use m2m_base::decimal::{Style, write_u64};
use m2m_base::{Full, Sink};

/// Writes records as a pack in JSON, without white space, the fields always in the same order:
/// `bn bt bu bv bs bver n u t ut`, the value, `s`.
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
        Ok(Writer { sink, first: true })
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
        let mut fields = Fields { sink: &mut *self.sink, first: true };
        fields.text(Label::BaseName, record.base_name)?;
        fields.number(Label::BaseTime, record.base_time)?;
        fields.text(Label::BaseUnit, record.base_unit)?;
        fields.number(Label::BaseValue, record.base_value)?;
        fields.number(Label::BaseSum, record.base_sum)?;
        if let Some(version) = record.base_version {
            fields.label(Label::BaseVersion)?;
            write_u64(fields.sink, version)?;
        }
        fields.text(Label::Name, record.name)?;
        fields.text(Label::Unit, record.unit)?;
        fields.number(Label::Time, record.time)?;
        fields.number(Label::UpdateTime, record.update_time)?;
        fields.value(record.value)?;
        fields.number(Label::Sum, record.sum)?;
        self.sink.put_u8(b'}')?;
        Ok(())
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn finish(self) -> Result<(), WriteError> {
        Ok(self.sink.put_u8(b']')?)
    }
}

struct Fields<'s> {
    sink: &'s mut dyn Sink,
    first: bool,
}

impl Fields<'_> {
    fn label(&mut self, label: Label) -> Result<(), Full> {
        self.sink.put(if core::mem::take(&mut self.first) { b"\"" } else { b",\"" })?;
        self.sink.put(label.json().as_bytes())?;
        self.sink.put(b"\":")
    }

    fn text(&mut self, label: Label, text: Option<Text<'_>>) -> Result<(), Full> {
        let Some(text) = text else { return Ok(()) };
        self.label(label)?;
        write_string(self.sink, text)
    }

    fn number(&mut self, label: Label, number: Option<Number>) -> Result<(), WriteError> {
        let Some(number) = number else { return Ok(()) };
        self.label(label)?;
        Ok(number.write(self.sink, Style::Compact)?)
    }

    fn value(&mut self, value: Option<Value<'_>>) -> Result<(), WriteError> {
        match value {
            None => {}
            Some(Value::Number(number)) => self.number(Label::Value, Some(number))?,
            Some(Value::Text(text)) => self.text(Label::TextValue, Some(text))?,
            Some(Value::ObjectLink(link)) => self.text(Label::ObjectLink, Some(link))?,
            Some(Value::Boolean(value)) => {
                self.label(Label::BooleanValue)?;
                self.sink.put(if value { b"true" } else { b"false" })?;
            }
            Some(Value::Data(data)) => {
                self.label(Label::DataValue)?;
                self.sink.put_u8(b'"')?;
                base64::write(self.sink, data.bytes(), base64::Variant::Url)?;
                self.sink.put_u8(b'"')?;
            }
            Some(Value::Null) => {
                self.label(Label::Value)?;
                self.sink.put(b"null")?;
            }
        }
        Ok(())
    }
}

fn write_string(sink: &mut dyn Sink, text: Text<'_>) -> Result<(), Full> {
    sink.put_u8(b'"')?;
    for piece in text.pieces() {
        piece.with_str(|text| write_escaped(sink, text.as_bytes()))?;
    }
    sink.put_u8(b'"')
}

fn write_escaped(sink: &mut dyn Sink, mut text: &[u8]) -> Result<(), Full> {
    loop {
        let plain = text.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        let (run, rest) = text.split_at_checked(plain.unwrap_or(text.len())).unwrap_or_default();
        sink.put(run)?;
        let Some((special, rest)) = rest.split_first() else { return Ok(()) };
        text = rest;
        match special {
            b'"' => sink.put(br#"\""#)?,
            b'\\' => sink.put(br"\\")?,
            b'\n' => sink.put(br"\n")?,
            b'\r' => sink.put(br"\r")?,
            b'\t' => sink.put(br"\t")?,
            control => {
                let digit =
                    |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
                sink.put(&[b'\\', b'u', b'0', b'0', digit(control >> 4), digit(control & 15)])?;
            }
        }
    }
}
