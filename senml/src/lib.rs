//! SenML (RFC 8428): readers and writers for JSON and CBOR that allocate nothing, exact numbers,
//! and the rules that turn records as sent into records that say everything themselves.
//!
//! Reading goes in two steps, which may be used alone. A [`Reader`] (or [`json::Reader`],
//! [`cbor::Reader`]) pulls [`Record`]s out of borrowed bytes; a [`Resolver`] applies base fields
//! and checks names, versions and content by its [`Rules`]. [`Reader::resolved`] does both:
//!
//! ```
//! use senml::{Format, Number, Reader, Rules, Value};
//!
//! let pack = br#"[{"bn":"/3/0/","n":"9","v":100},{"n":"0","vs":"Open Mobile Alliance"}]"#;
//! let mut records = Reader::resolved(Format::Json, pack, Rules::LWM2M);
//!
//! let battery = records.next().unwrap()?;
//! assert_eq!(battery.name, "/3/0/9");
//! assert_eq!(battery.value, Some(Value::Number(Number::Integer(100))));
//!
//! let manufacturer = records.next().unwrap()?;
//! assert_eq!(manufacturer.value, Some(Value::from("Open Mobile Alliance")));
//! assert!(records.next().is_none());
//! # Ok::<(), senml::DecodeError>(())
//! ```
//!
//! A [`Writer`] writes records to any [`Sink`](m2m_base::Sink); a
//! [`Counter`](m2m_base::Counter) tells the length beforehand:
//!
//! ```
//! use m2m_base::{Counter, Sink, SliceSink};
//! use senml::{Format, Number, Record, WriteError, Writer};
//!
//! fn pack(sink: &mut dyn Sink) -> Result<(), WriteError> {
//!     let mut writer = Writer::new(Format::Cbor, sink, Some(2))?;
//!     let celsius = Number::from_decimal(201, -1).unwrap();
//!     writer.record(&Record::named("0/5700").with_base_name("/3303/").with_value(celsius))?;
//!     writer.record(&Record::named("0/5701").with_value("Cel"))?;
//!     writer.finish()
//! }
//!
//! let mut counter = Counter::new();
//! pack(&mut counter)?;
//! let mut buf = [0; 64];
//! let mut sink = SliceSink::new(&mut buf);
//! pack(&mut sink)?;
//! assert_eq!(sink.len(), counter.len());
//! # Ok::<(), WriteError>(())
//! ```
//!
//! Texts and data are borrowed as they lie in the pack: [`Text`] unescapes JSON and joins the
//! chunks of CBOR, [`Data`] decodes base64, both only when asked. A [`Number`] keeps what was
//! sent: `20.10` in JSON is 20.1 and is written so again.
//!
//! Input is bounded in every way a sender could abuse: no recursion, a fixed nesting depth for
//! fields that are not known (32 in JSON, 16 in CBOR), no allocation, time linear in the input.
//! Errors are [`DecodeError`]s: what is wrong, and where.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    any(feature = "small", not(all(feature = "json", feature = "cbor"))),
    allow(dead_code, reason = "the formats share what they are made of")
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod base64;
#[cfg(feature = "cbor")]
pub mod cbor;
pub mod content_format;
#[cfg(any(feature = "json", feature = "cbor", feature = "xml"))]
pub mod etch;
pub mod feature;
#[cfg(feature = "json")]
pub mod json;
#[cfg(any(feature = "json", feature = "cbor", feature = "xml"))]
pub mod stream;
pub mod unit;
#[cfg(feature = "xml")]
pub mod xml;

mod compact;
mod data;
mod error;
#[cfg(any(feature = "json", feature = "cbor", feature = "xml"))]
mod format;
mod label;
mod media;
mod name;
mod out;
#[cfg(all(feature = "alloc", any(feature = "json", feature = "cbor", feature = "xml")))]
mod pack;
#[cfg(not(feature = "small"))]
mod piece;
mod plain;
mod record;
mod resolve;
#[cfg(any(feature = "json", feature = "cbor", feature = "xml"))]
mod resolved;
#[cfg(feature = "serde")]
mod serde;
#[cfg(test)]
#[cfg(all(feature = "json", feature = "cbor"))]
mod tests;
mod text;
mod utf8;
mod walk;

pub use compact::{Compact, compact};
pub use data::{Bytes as DataBytes, Data};
pub use error::{DecodeError, DecodeErrorKind, WriteError};
#[cfg(any(feature = "json", feature = "cbor", feature = "xml"))]
pub use format::{Format, Reader, Writer};
#[cfg(feature = "small")]
pub use label::Label;
pub use m2m_base::decimal::{Decimal, Number};
pub use media::{DocumentKind, Encoding, MEDIA_TYPES, MediaType};
pub use name::Name;
#[cfg(all(feature = "alloc", any(feature = "json", feature = "cbor", feature = "xml")))]
pub use pack::{OwnedRecord, OwnedValue, Pack};
pub use record::{Base, Record, Value};
pub use resolve::{Content, Names, Resolved, Resolver, Rules, Time, Times, VERSION};
#[cfg(any(feature = "json", feature = "cbor", feature = "xml"))]
pub use resolved::ResolvedReader;
pub use text::{Bytes as TextBytes, Chars, Text};
