//! SenML.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod base64;
pub mod cbor;
pub mod json;

mod data;
mod error;
mod format;
mod label;
mod name;
#[cfg(feature = "alloc")]
mod pack;
mod record;
mod resolve;
#[cfg(test)]
mod tests;
mod text;

pub use data::{Bytes as DataBytes, Data};
pub use error::{DecodeError, DecodeErrorKind, WriteError};
pub use format::{Format, Reader, Writer};
pub use m2m_base::decimal::{Decimal, Number};
pub use name::Name;
#[cfg(feature = "alloc")]
pub use pack::{OwnedRecord, OwnedValue, Pack};
pub use record::{Record, Value};
pub use resolve::{
    Content, Names, Resolved, ResolvedReader, Resolver, Rules, Time, Times, VERSION,
};
pub use text::{Bytes as TextBytes, Chars, Text};
