//! Values as text/plain (Core 7.5.1 and appendix C).

use m2m_base::Sink;
use m2m_base::decimal::{
    Grammar, Number, NumberError, Style, WriteNumberError, write_i64, write_u64,
};
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

pub(super) fn decode(bytes: &[u8], data_type: DataType) -> Result<Value<'_>, DecodeErrorKind> {
    Ok(match data_type {
        DataType::String => Value::String(utf8(bytes)?),
        DataType::CoreLink => Value::CoreLink(utf8(bytes)?),
        DataType::Integer => Value::Integer(text::parse_i64(bytes)?),
        DataType::Time => Value::Time(text::parse_i64(bytes)?),
        DataType::Unsigned => Value::Unsigned(text::parse_u64(bytes)?),
        DataType::Float => Value::Float(Number::parse(bytes, Grammar::Relaxed)?.to_f64()),
        DataType::Boolean => match bytes {
            b"0" => Value::Boolean(false),
            b"1" => Value::Boolean(true),
            _ => return Err(DecodeErrorKind::WrongType),
        },
        DataType::Opaque => {
            Value::Opaque(Data::from_base64(utf8(bytes)?).ok_or(DecodeErrorKind::Base64)?)
        }
        DataType::ObjectLink => {
            Value::ObjectLink(ObjectLink::parse(bytes).ok_or(DecodeErrorKind::WrongType)?)
        }
        DataType::None => return Err(DecodeErrorKind::WrongType),
    })
}

/// A guess: text is a string.
pub(super) fn infer(bytes: &[u8]) -> Value<'_> {
    utf8(bytes).map_or(Value::opaque(bytes), Value::String)
}

pub(super) fn write(value: &Value<'_>, sink: &mut dyn Sink) -> Result<(), WriteError> {
    match value {
        Value::String(text) | Value::CoreLink(text) => text.write(sink)?,
        Value::Integer(n) | Value::Time(n) => write_i64(sink, *n)?,
        Value::Unsigned(n) => write_u64(sink, *n)?,
        Value::Float(n) => Number::Float(*n).write(sink, Style::Plain)?,
        Value::Boolean(b) => sink.put_u8(b'0' | u8::from(*b))?,
        Value::Opaque(data) => base64::write(sink, data.bytes(), base64::Variant::Standard)?,
        Value::ObjectLink(link) => link.write(sink)?,
        Value::None => return Err(WriteError::NotExpressible),
    }
    Ok(())
}
