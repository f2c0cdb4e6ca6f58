//! The formats of one value: text/plain (0), octet-stream (42), CBOR (60) (Core 7.5.1 to 7.5.3).

use coap_core::ContentFormat;
use m2m_base::Sink;

use super::{Content, Entry, Item, ItemContent, RawValue, Target, cbor, text};
use crate::error::{DecodeError, DecodeErrorKind, WriteError};
use crate::path::Level;
use crate::value::Value;

/// Yields the one entry of a payload.
#[derive(Clone, Debug)]
pub(super) struct SingleReader<'a>(Option<Result<Entry<'a>, DecodeError>>);

impl<'a> SingleReader<'a> {
    pub(super) fn new(
        format: ContentFormat,
        target: &Target<'a>,
        bytes: &'a [u8],
    ) -> Result<Self, DecodeError> {
        if target.path.level() < Level::Resource {
            return Err(DecodeError::new(DecodeErrorKind::FormatLevel, 0));
        }
        let value = match format {
            ContentFormat::TEXT => Ok(RawValue::text(bytes)),
            ContentFormat::OCTET_STREAM => Ok(RawValue::opaque(bytes)),
            _ => cbor::item(bytes).map(|item| RawValue::cbor(item, 0)),
        };
        Ok(SingleReader(Some(value.map(|value| Entry {
            path: target.path,
            content: Content::Value(value),
            time: None,
        }))))
    }

    pub(super) fn next(&mut self) -> Option<Result<Entry<'a>, DecodeError>> {
        self.0.take()
    }
}

/// Writes the one item.
pub(super) fn write<'a>(
    format: ContentFormat,
    target: &Target<'_>,
    items: impl Iterator<Item = Item<'a>>,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    let mut items = items;
    let value = match (items.next(), items.next()) {
        (Some(Item { path, content: ItemContent::Value(value), .. }), None)
            if path == target.path =>
        {
            value
        }
        _ => return Err(WriteError::NotExpressible),
    };
    match format {
        ContentFormat::TEXT => text::write(&value, sink),
        ContentFormat::OCTET_STREAM => match value {
            Value::Opaque(data) => Ok(data.write(sink)?),
            _ => Err(WriteError::NotExpressible),
        },
        _ => cbor::write(&value, sink),
    }
}

#[cfg(test)]
mod tests;
