//! OMA LwM2M 1.0, 1.1 and 1.2 as sans-IO state machines (features `client`, `server`,
//! `bootstrap-server`) upon a
//! payload layer that allocates nothing and works without them:
//!
//! | module | what it is |
//! |---|---|
//! | [`Path`], [`Value`], [`DataType`] | places in the object tree and what they hold |
//! | [`object`] | objects as tables: those of the enabler, others of the registry, smart objects |
//! | [`mod@format`] | payloads: TLV, text, octet stream, CBOR, SenML in JSON and CBOR |
//! | [`links`] | link lists of Register, Update, Discover |
//! | [`execute`] | arguments of Execute |
//!
//! Reading and writing a payload:
//!
//! ```
//! use coap_core::ContentFormat;
//! use lwm2m_core::format::{Item, Reader, write};
//! use lwm2m_core::{DataType, Path, Value};
//!
//! let battery = Path::resource(3, 0, 9);
//! let mut buf = [0; 16];
//! let mut sink = m2m_base::SliceSink::new(&mut buf);
//! let items = [Item::value(battery, Value::Integer(100))];
//! write(ContentFormat::LWM2M_TLV, Path::instance(3, 0), items, &mut sink)?;
//! assert_eq!(sink.written(), [0xc1, 9, 100]);
//!
//! let payload = sink.written();
//! for entry in Reader::new(ContentFormat::LWM2M_TLV, Path::instance(3, 0), payload)? {
//!     let entry = entry?;
//!     assert_eq!(entry.path, battery);
//!     let value = entry.content.value().unwrap().decode(DataType::Integer)?;
//!     assert_eq!(value, Value::Integer(100));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(feature = "client", feature = "formats")),
    allow(dead_code, reason = "the formats and both sides share what they are made of")
)]

#[cfg(any(feature = "client", feature = "server"))]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod error;
mod path;
mod real;
mod text;
mod value;

#[cfg(feature = "bootstrap-server")]
pub mod bootstrap_server;
#[cfg(feature = "client")]
pub mod client;
pub mod execute;
#[cfg(any(
    feature = "tlv",
    feature = "text",
    feature = "cbor",
    feature = "senml-json",
    feature = "senml-cbor"
))]
pub mod format;
#[cfg(feature = "http")]
pub mod http;
pub mod links;
#[cfg(feature = "mqtt")]
pub mod mqtt;
pub mod object;
#[cfg(feature = "server")]
pub mod server;
#[cfg(any(feature = "sms", feature = "server"))]
pub mod sms;

pub use error::{DecodeError, DecodeErrorKind, WriteError};
pub use object::{
    ObjectDefinition, ObjectVersion, Operations, Range, Registry, ResourceDefinition, Version,
};
pub use path::{Ids, Level, Path, PathError, PathText};
pub use value::{Data, DataType, ObjectLink, Text, Value};
