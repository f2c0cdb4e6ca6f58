//! Payload formats (Core 7.5): from bytes to paths and values, and back.
//!
//! Reading is pulling: [`Reader`] yields an [`Entry`] at a time, whose value stays in the payload
//! until it is asked for in the type of its resource ([`RawValue::decode`]); [`read()`] does both for
//! a payload as a whole. Writing is pulling as
//! well: [`write()`] takes an iterator over [`Item`]s that it may clone to look ahead (TLV puts the
//! length of an instance in front of it), so that nothing is ever buffered and any
//! [`Sink`](m2m_base::Sink) will do: one that counts, one that keeps a block of a long body.

#[cfg(feature = "cbor")]
mod cbor;
mod entry;
#[cfg(all(any(feature = "tlv", feature = "lwm2m-cbor"), not(feature = "small")))]
mod fill;
#[cfg(any(feature = "tlv", feature = "cbor"))]
mod float;
#[cfg(feature = "lwm2m-cbor")]
mod lwm2m_cbor;
#[cfg(feature = "old-json")]
mod old_json;
mod raw;
mod read;
mod reader;
#[cfg(feature = "cbor")]
mod rfc3339;
#[cfg(any(feature = "senml-json", feature = "senml-cbor"))]
mod senml;
#[cfg(any(feature = "text", feature = "cbor"))]
mod single;
mod source;
#[cfg(feature = "text")]
mod text;
#[cfg(feature = "tlv")]
pub(crate) mod tlv;
#[cfg(any(feature = "cbor", feature = "senml-json", feature = "senml-cbor"))]
mod typed;
mod writer;

#[cfg(test)]
#[cfg(feature = "formats")]
pub(crate) mod testing;

pub use entry::{Content, Entry, Item, ItemContent, Target, Timestamp};
pub use raw::RawValue;
pub use read::read;
pub use reader::Reader;
#[cfg(any(feature = "senml-json", feature = "senml-cbor"))]
pub use senml::{PathReader, write_paths};
pub use writer::{encoded_len, write};
