//! Values as text/plain (Core 7.5.1 and appendix C).

use m2m_base::Sink;
use m2m_base::decimal::{Grammar, Number, NumberError, Style, WriteNumberError};
use senml::base64;

use crate::error::{DecodeErrorKind, WriteError};
use crate::text::{self, IntegerError};
use crate::value::{Data, DataType, ObjectLink, Text, Value};

impl From<IntegerError> for DecodeErrorKind {
    fn from(error: IntegerError) -> Self {
        match error {
            IntegerError::Syntax => DecodeErrorKind::WrongType,
            IntegerError::Range => DecodeErrorKind::OutOfRange,
        }
    }
}

impl From<NumberError> for DecodeErrorKind {
    fn from(error: NumberError) -> Self {
        match error {
            NumberError::Syntax { .. } => DecodeErrorKind::WrongType,
            NumberError::Range => DecodeErrorKind::OutOfRange,
        }
    }
}

impl From<WriteNumberError> for WriteError {
    fn from(error: WriteNumberError) -> Self {
        match error {
            WriteNumberError::Full => WriteError::Full,
            WriteNumberError::NotFinite => WriteError::NotExpressible,
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<Text<'_>, DecodeErrorKind> {
    Text::from_utf8(bytes).ok_or(DecodeErrorKind::Utf8)
}

#[cfg_attr(feature = "small", inline(never))]
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    data_type: DataType,
    value: &mut Value<'a>,
) -> Result<(), DecodeErrorKind> {
    let mut bits = 0;
    match data_type {
        DataType::String => *value = Value::String(utf8(bytes)?),
        DataType::CoreLink => *value = Value::CoreLink(utf8(bytes)?),
        DataType::Opaque => {
            let data = Data::from_base64(utf8(bytes)?).ok_or(DecodeErrorKind::Base64)?;
            *value = Value::Opaque(data);
        }
        DataType::Integer | DataType::Time => text::parse(bytes, true, &mut bits)?,
        DataType::Unsigned => text::parse(bytes, false, &mut bits)?,
        DataType::Float => bits = Number::parse_f64(bytes, Grammar::Relaxed)?.to_bits(),
        DataType::Boolean => match bytes {
            [digit @ b'0'..=b'1'] => bits = u64::from(digit & 1),
            _ => return Err(DecodeErrorKind::WrongType),
        },
        DataType::ObjectLink => {
            let link = ObjectLink::parse(bytes).ok_or(DecodeErrorKind::WrongType)?;
            bits = link.packed().into();
        }
        DataType::None => return Err(DecodeErrorKind::WrongType),
    }
    value.set_bits(data_type, bits);
    Ok(())
}

/// A guess: text is a string.
pub(super) fn infer(bytes: &[u8]) -> Value<'_> {
    utf8(bytes).map_or(Value::opaque(bytes), Value::String)
}

pub(super) fn write(value: &Value<'_>, sink: &mut dyn Sink) -> Result<(), WriteError> {
    let number = match value {
        Value::String(text) | Value::CoreLink(text) => return Ok(text.write(sink)?),
        Value::Opaque(data) => {
            return Ok(base64::write(sink, data.bytes(), base64::Variant::Standard)?);
        }
        Value::ObjectLink(link) => return Ok(link.write(sink)?),
        Value::Integer(n) | Value::Time(n) => Number::Integer(*n),
        Value::Unsigned(n) => Number::Unsigned(*n),
        Value::Boolean(b) => Number::Integer((*b).into()),
        Value::Float(n) => Number::Float(*n),
        Value::None => return Err(WriteError::NotExpressible),
    };
    Ok(number.write(sink, Style::Plain)?)
}
