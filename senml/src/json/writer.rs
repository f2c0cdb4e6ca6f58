//! The JSON writer.

use crate::base64;
use crate::error::WriteError;
use crate::label::{Fields, LABELS, Label, Simple};
use crate::record::Record;
use crate::stage::Stage;
use crate::{Data, Number, Text};
use m2m_base::decimal::Style;
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
        let mut object = Object { stage: Stage::new(self.sink), first: true };
        if !core::mem::take(&mut self.first) {
            object.stage.put_u8(b',')?;
        }
        object.stage.put_u8(b'{')?;
        object.record(record)?;
        object.stage.put_u8(b'}')?;
        Ok(object.stage.flush()?)
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn finish(self) -> Result<(), WriteError> {
        Ok(self.sink.put_u8(b']')?)
    }
}

/// The fields of a record.
struct Object<'s> {
    stage: Stage<'s>,
    first: bool,
}

/// A label of one to four letters in quotes with its colon, and the length of that.
const KEYS: [([u8; 8], usize); LABELS.len()] = {
    let mut keys = [([0; 8], 0); LABELS.len()];
    let mut row = 0;
    while row < LABELS.len() {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            let name = LABELS[row].1.as_bytes();
            let key = &mut keys[row].0;
            key[0] = b'"';
            let mut at = 0;
            while at < name.len() {
                key[1 + at] = name[at];
                at += 1;
            }
            key[1 + at] = b'"';
            key[2 + at] = b':';
            keys[row].1 = 3 + at;
        }
        row += 1;
    }
    keys
};

impl Object<'_> {
    #[inline]
    fn label(&mut self, label: Label) -> Result<(), Full> {
        if !core::mem::take(&mut self.first) {
            self.stage.put_u8(b',')?;
        }
        let (key, len) = KEYS.get(usize::from(label as u8)).copied().unwrap_or_default();
        self.stage.short(key, len)
    }
}

impl Fields for Object<'_> {
    fn text(&mut self, label: Label, text: &Text<'_>) -> Result<(), WriteError> {
        self.label(label)?;
        self.stage.put_u8(b'"')?;
        match text.as_str() {
            Some(text) => write_escaped(&mut self.stage, text.as_bytes())?,
            None => {
                for piece in text.pieces() {
                    piece.with_str(|text| write_escaped(&mut self.stage, text.as_bytes()))?;
                }
            }
        }
        Ok(self.stage.put_u8(b'"')?)
    }

    fn data(&mut self, data: &Data<'_>) -> Result<(), WriteError> {
        self.label(Label::DataValue)?;
        self.stage.put_u8(b'"')?;
        base64::write(&mut self.stage, data.bytes(), base64::Variant::Url)?;
        Ok(self.stage.put_u8(b'"')?)
    }

    fn number(&mut self, label: Label, number: Number) -> Result<(), WriteError> {
        self.label(label)?;
        match number {
            Number::Integer(value @ 0..10) => {
                let [digit, ..] = value.to_le_bytes();
                Ok(self.stage.put_u8(b'0' + digit)?)
            }
            number => Ok(number.write(&mut self.stage, Style::Compact)?),
        }
    }

    fn simple(&mut self, label: Label, value: Simple) -> Result<(), WriteError> {
        self.label(label)?;
        Ok(match value {
            Simple::False => self.stage.short(*b"false\0\0\0", 5)?,
            Simple::True => self.stage.short(*b"true\0\0\0\0", 4)?,
            Simple::Null => self.stage.short(*b"null\0\0\0\0", 4)?,
        })
    }
}

fn write_escaped(sink: &mut Stage<'_>, mut text: &[u8]) -> Result<(), Full> {
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
