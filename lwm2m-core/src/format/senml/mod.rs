//! SenML in JSON (110, 320) and CBOR (112, 322) as LwM2M uses it (Core 7.5.4): names are paths,
//! object links have a label of their own.

mod reader;
mod writer;

#[cfg(test)]
#[cfg(feature = "formats")]
mod tests;

use coap_core::ContentFormat;
use senml::Format;

use super::number;
use crate::error::DecodeErrorKind;
use crate::value::{DataType, ObjectLink, Value};

pub use reader::PathReader;
pub(super) use reader::SenmlReader;
pub(super) use writer::write;
pub use writer::write_paths;

/// The encoding of a content format, if it is one of SenML.
pub(super) const fn encoding(format: ContentFormat) -> Option<Format> {
    match format {
        #[cfg(feature = "senml-json")]
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => Some(Format::Json),
        #[cfg(feature = "senml-cbor")]
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => Some(Format::Cbor),
        _ => None,
    }
}

/// The value of a record in a type.
pub(super) fn decode<'a>(
    value: &senml::Value<'a>,
    data_type: DataType,
) -> Result<Value<'a>, DecodeErrorKind> {
    Ok(match (data_type, value) {
        (DataType::String, senml::Value::Text(text)) => Value::String(*text),
        (DataType::CoreLink, senml::Value::Text(text)) => Value::CoreLink(*text),
        (DataType::Opaque, senml::Value::Data(data)) => Value::Opaque(*data),
        (DataType::Boolean, senml::Value::Boolean(b)) => Value::Boolean(*b),
        // Core 7.4.4 says `vlo`; Leshan, which reads that, writes `vs`.
        (DataType::ObjectLink, senml::Value::ObjectLink(text) | senml::Value::Text(text)) => {
            Value::ObjectLink(ObjectLink::of_text(text).ok_or(DecodeErrorKind::WrongType)?)
        }
        (_, senml::Value::Number(n)) => number::decode(*n, data_type)?,
        _ => return Err(DecodeErrorKind::WrongType),
    })
}

/// The value of a record in the type that its label tells.
pub(super) fn infer<'a>(value: &senml::Value<'a>) -> Value<'a> {
    match value {
        senml::Value::Number(n) => number::infer(*n),
        senml::Value::Text(text) => Value::String(*text),
        senml::Value::Boolean(b) => Value::Boolean(*b),
        senml::Value::Data(data) => Value::Opaque(*data),
        senml::Value::ObjectLink(text) => {
            ObjectLink::of_text(text).map_or(Value::String(*text), Value::ObjectLink)
        }
        senml::Value::Null => Value::None,
    }
}
