//! SenML in JSON (110, 320) and CBOR (112, 322) as LwM2M uses it (Core 7.5.4): names are paths,
//! object links have a label of their own.

mod reader;
mod writer;

#[cfg(test)]
#[cfg(feature = "formats")]
mod tests;

use coap_core::ContentFormat;
use senml::Format;

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
