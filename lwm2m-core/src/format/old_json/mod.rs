//! The JSON of LwM2M 1.0 (Core 1.0, 6.4.4, `application/vnd.oma.lwm2m+json`, 11543): an object with
//! a base name, a base time and an array of entries. Later versions have SenML instead.

mod reader;
mod writer;

#[cfg(test)]
#[cfg(feature = "formats")]
mod tests;

use super::typed;
use crate::error::DecodeErrorKind;
use crate::value::{Data, DataType, Value};

pub(super) use reader::OldJsonReader;
pub(super) use writer::write;

/// The value of an entry in a type: opaque data are text in base64, all else is as in SenML.
pub(super) fn decode<'a>(
    raw: &senml::Value<'a>,
    data_type: DataType,
    value: &mut Value<'a>,
) -> Result<(), DecodeErrorKind> {
    match (data_type, raw) {
        (DataType::Opaque, senml::Value::Text(text)) => {
            let data = Data::from_base64(*text).ok_or(DecodeErrorKind::Base64)?;
            *value = Value::Opaque(data);
            Ok(())
        }
        _ => typed::decode(raw, data_type, value),
    }
}
