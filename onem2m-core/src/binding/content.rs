//! Content in the serialisations: bodies of HTTP and CoAP.

use super::error::Unrepresentable;
use crate::media::Serialization;
use crate::primitive::{Content, Expected, PrimitiveError, PrimitiveErrorKind, serial};
use alloc::vec::Vec;

/// Reads content (parameter `pc`): an object in JSON or CBOR, one element in XML.
///
/// # Errors
/// [`PrimitiveError`] about `pc`.
pub fn read_content(bytes: &[u8], serialization: Serialization) -> Result<Content, PrimitiveError> {
    let content = match serialization {
        Serialization::Json => Content::from_json(bytes),
        _ => serial::read(bytes, serialization).and_then(|value| {
            let kind = PrimitiveErrorKind::WrongType(Expected::Object);
            Content::from_value(&value).ok_or_else(|| PrimitiveError::new(kind, ""))
        }),
    };
    content.map_err(|e| e.within("pc"))
}

/// Writes content. XML has one root element: content of several members cannot be written, nor
/// names that XML does not allow.
///
/// # Errors
/// [`Unrepresentable`]
pub fn write_content(
    content: &Content,
    serialization: Serialization,
) -> Result<Vec<u8>, Unrepresentable> {
    match serialization {
        Serialization::Json => Ok(content.as_str().as_bytes().to_vec()),
        _ => serial::write(&content.to_value(), serialization)
            .ok_or_else(|| Unrepresentable::new("pc")),
    }
}
