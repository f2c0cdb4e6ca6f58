//! The record that was read last, for those who ask for its texts and data.

use ::senml::{Name, Record, Resolved, Text, Value};

use crate::borrow::OutBytes;
use crate::result::Outcome;
use crate::result::m2m_result::{M2M_INVALID, M2M_NOTHING, M2M_OK, M2M_WRONG_TYPE};

/// A text of a record.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_senml_text {
    /// The name, base name included.
    M2M_SENML_NAME = 1,
    /// The unit, or the base unit if it has none.
    M2M_SENML_UNIT = 2,
    /// The value, of M2M_SENML_TEXT and M2M_SENML_OBJLNK.
    M2M_SENML_VALUE = 3,
    /// The content format of the data, or the base content format if it has none.
    M2M_SENML_CONTENT_FORMAT = 4,
    /// As it was sent: the base name.
    M2M_SENML_BASE_NAME = 5,
    /// As it was sent: the base unit.
    M2M_SENML_BASE_UNIT = 6,
    /// As it was sent: the base content format.
    M2M_SENML_BASE_CONTENT_FORMAT = 7,
}

/// What a record that was read last has of texts and data. They lie where the reader says.
#[derive(Clone, Copy, Default)]
pub(super) struct Last {
    name: Option<Name<'static>>,
    unit: Option<Text<'static>>,
    value: Option<Value<'static>>,
    content_format: Option<Text<'static>>,
    /// As they were sent: base name, base unit, base content format.
    bases: [Option<Text<'static>>; 3],
}

impl From<&Record<'static>> for Last {
    fn from(record: &Record<'static>) -> Self {
        let base = record.base.unwrap_or_default();
        Last {
            name: record.name.map(|name| Name::new(Text::default(), name)),
            unit: record.unit,
            value: record.value,
            content_format: record.content_format,
            bases: [base.name, base.unit, base.content_format],
        }
    }
}

impl From<&Resolved<'static>> for Last {
    fn from(record: &Resolved<'static>) -> Self {
        Last {
            name: Some(record.name),
            unit: record.unit,
            value: record.value,
            content_format: record.content_format,
            bases: [None; 3],
        }
    }
}

impl Last {
    /// Copies one of enum m2m_senml_text.
    pub(super) fn copy_text(&self, which: i32, out: OutBytes<'_>) -> Outcome {
        let [base_name, base_unit, base_content_format] = self.bases;
        let one = match which {
            1 => self.name.map(|name| name.parts()),
            2 => self.unit.map(alone),
            3 => match self.value {
                Some(Value::Text(text) | Value::ObjectLink(text)) => Some(alone(text)),
                _ => return Err(M2M_WRONG_TYPE),
            },
            4 => self.content_format.map(alone),
            5 => base_name.map(alone),
            6 => base_unit.map(alone),
            7 => base_content_format.map(alone),
            _ => return Err(M2M_INVALID),
        };
        let Some((first, rest)) = one else { return Ok(M2M_NOTHING) };
        let len = first.len().saturating_add(rest.len());
        out.put(len, first.bytes().chain(rest.bytes()), b"\0")?;
        Ok(M2M_OK)
    }

    /// Copies the data.
    pub(super) fn copy_data(&self, out: OutBytes<'_>) -> Outcome {
        let Some(Value::Data(data)) = self.value else { return Err(M2M_WRONG_TYPE) };
        out.put(data.len(), data.bytes(), b"")?;
        Ok(M2M_OK)
    }
}

/// A text as one of two parts.
fn alone(text: Text<'_>) -> (Text<'_>, Text<'_>) {
    (text, Text::default())
}
