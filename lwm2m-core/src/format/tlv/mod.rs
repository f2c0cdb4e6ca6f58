//! TLV (Core 7.5.5, `application/vnd.oma.lwm2m+tlv`, 11542).

mod reader;
mod value;
mod writer;

#[cfg(test)]
#[cfg(feature = "formats")]
mod tests;

pub(super) use reader::TlvReader;
pub(super) use value::{decode, infer};
pub(super) use writer::write;

/// What an entry is: bits 7 and 6 of its first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Instance,
    ResourceInstance,
    MultipleResource,
    Resource,
}
