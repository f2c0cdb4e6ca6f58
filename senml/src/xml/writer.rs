//! The XML writer.

use super::NAMESPACE;
use super::value::is_char;
use crate::base64;
use crate::error::{Failed, WriteError};
use crate::label::{Fields, LABELS, Label, Simple};
use crate::record::Record;
use crate::stage::Stage;
use crate::{Data, Number, Text};
use m2m_base::decimal::Style;
use m2m_base::{Full, Sink};

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
        let mut element = Element(Stage::new(self.sink, false));
        element.0.put(b"<senml")?;
        if element.fields((), record).is_err() {
            return Err(element.0.fault());
        }
        element.0.put(b"/>")?;
        Ok(element.0.flush()?)
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

/// The attributes of a record.
struct Element<'s>(Stage<'s>);

impl Element<'_> {
    fn attribute(&mut self, label: Label) -> Result<(), Full> {
        let name = LABELS.get(usize::from(label as u8)).map_or("", |row| row.1);
        self.0.put_u8(b' ')?;
        self.0.put(name.as_bytes())?;
        self.0.put(b"=\"")
    }

    fn end(&mut self) -> Result<(), Failed> {
        Ok(self.0.put_u8(b'"')?)
    }

    fn escaped(&mut self, text: &str) -> Result<(), Failed> {
        let mut rest = text;
        loop {
            let special =
                |c: char| matches!(c, '&' | '<' | '"' | '\t' | '\n' | '\r') || !is_char(c);
            let (plain, from) =
                rest.split_at_checked(rest.find(special).unwrap_or(rest.len())).unwrap_or_default();
            self.0.put(plain.as_bytes())?;
            let mut chars = from.chars();
            let reference = match chars.next() {
                None => return Ok(()),
                Some('&') => "&amp;",
                Some('<') => "&lt;",
                Some('"') => "&quot;",
                Some('\t') => "&#9;",
                Some('\n') => "&#10;",
                Some('\r') => "&#13;",
                Some(_) => return Err(self.0.fail(WriteError::Unrepresentable)),
            };
            self.0.put(reference.as_bytes())?;
            rest = chars.as_str();
        }
    }
}

impl Fields for Element<'_> {
    type At = ();

    fn text(&mut self, (): (), label: Label, text: &Text<'_>) -> Result<(), Failed> {
        self.attribute(label)?;
        for piece in text.pieces() {
            piece
                .with_bytes(|text| self.escaped(core::str::from_utf8(text).unwrap_or_default()))?;
        }
        self.end()
    }

    fn data(&mut self, (): (), data: &Data<'_>) -> Result<(), Failed> {
        self.attribute(Label::DataValue)?;
        base64::write(&mut self.0, data.bytes(), base64::Variant::Url)?;
        self.end()
    }

    fn number(&mut self, (): (), label: Label, number: &Number) -> Result<(), Failed> {
        self.attribute(label)?;
        match number.write(&mut self.0, Style::Compact) {
            Ok(()) => self.end(),
            Err(error) => Err(self.0.fail(error.into())),
        }
    }

    fn simple(&mut self, (): (), label: Label, value: Simple) -> Result<(), Failed> {
        self.attribute(label)?;
        self.0.put(match value {
            Simple::False => b"false",
            Simple::True => b"true",
            // XML has no patch packs (RFC 8790 section 6).
            Simple::Null => return Err(self.0.fail(WriteError::Unrepresentable)),
        })?;
        self.end()
    }
}
