//! SenML in XML: `application/senml+xml` (RFC 8428 section 7).
//!
//! A root element `sensml` of the namespace `urn:ietf:params:xml:ns:senml` with an element `senml`
//! for each record, whose attributes are the record's fields. What else XML has is bounded: there
//! are no other elements and no text, so nothing nests; a document type declaration is refused, so
//! there are no entities but the five that XML itself has.

mod machine;
mod reader;
mod value;
mod writer;

pub(crate) use machine::{Event, Machine};
pub use reader::Reader;
pub(crate) use value::unescape;
pub use writer::Writer;

/// The namespace of the elements (RFC 8428 section 7).
pub const NAMESPACE: &str = "urn:ietf:params:xml:ns:senml";

/// White space of XML.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
