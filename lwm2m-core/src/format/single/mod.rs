//! The formats of one value: text/plain (0), octet-stream (42), CBOR (60) (Core 7.5.1 to 7.5.3).

use coap_core::ContentFormat;
use m2m_base::Sink;

#[cfg(feature = "cbor")]
use super::cbor;
use super::source::Source;
#[cfg(feature = "text")]
use super::text;
use super::{Content, Entry, Item, ItemContent, RawValue, Target};
use crate::error::{DecodeError, DecodeErrorKind, WriteError};
use crate::path::{Level, Path};
use crate::value::Value;

/// Whether the format is one of these.
const fn is_single(format: ContentFormat) -> bool {
    (cfg!(feature = "text") && matches!(format, ContentFormat::TEXT | ContentFormat::OCTET_STREAM))
        || (cfg!(feature = "cbor") && matches!(format, ContentFormat::CBOR))
}

/// Yields the one entry of a payload.
#[derive(Clone, Debug)]
pub(super) struct SingleReader<'a> {
    format: ContentFormat,
    path: Path,
    /// All of the payload, until it is read.
    bytes: Option<&'a [u8]>,
}

impl<'a> SingleReader<'a> {
    pub(super) fn new(
        format: ContentFormat,
        target: &Target<'a>,
        bytes: &'a [u8],
    ) -> Result<Self, DecodeError> {
        if !is_single(format) {
            return Err(DecodeError::new(DecodeErrorKind::UnsupportedFormat, 0));
        }
        if target.path.level() < Level::Resource {
            return Err(DecodeError::new(DecodeErrorKind::FormatLevel, 0));
        }
        Ok(SingleReader { format, path: target.path, bytes: Some(bytes) })
    }

    pub(super) fn next(&mut self) -> Option<Result<Entry<'a>, DecodeError>> {
        let bytes = self.bytes.take()?;
        let value = match self.format {
            #[cfg(feature = "text")]
            ContentFormat::TEXT => RawValue::text(bytes),
            #[cfg(feature = "cbor")]
            ContentFormat::CBOR => match cbor::item(bytes) {
                Ok(value) => value,
                Err(error) => return Some(Err(error)),
            },
            _ => RawValue::opaque(bytes),
        };
        Some(Ok(Entry { path: self.path, content: Content::Value(value), time: None }))
    }
}

/// Writes the one item.
pub(super) fn write<'a>(
    format: ContentFormat,
    target: &Target<'_>,
    items: &mut dyn Source<'a>,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    if !is_single(format) {
        return Err(WriteError::UnsupportedFormat);
    }
    let value = match (items.take_next(), items.take_next()) {
        (Some(Item { path, content: ItemContent::Value(value), .. }), None)
            if path == target.path =>
        {
            value
        }
        _ => return Err(WriteError::NotExpressible),
    };
    match format {
        #[cfg(feature = "text")]
        ContentFormat::TEXT => text::write(&value, sink),
        #[cfg(feature = "cbor")]
        ContentFormat::CBOR => cbor::write(&value, sink),
        _ => match value {
            Value::Opaque(data) => Ok(data.write(sink)?),
            _ => Err(WriteError::NotExpressible),
        },
    }
}

#[cfg(test)]
#[cfg(feature = "formats")]
mod tests;
