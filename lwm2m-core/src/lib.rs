//! OMA LwM2M 1.0, 1.1 and 1.2: objects as data, and the payload formats, without allocation.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "client", feature = "server"))]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod error;
mod path;
mod text;
mod value;

#[cfg(feature = "client")]
pub mod client;
pub mod execute;
pub mod format;
pub mod links;
pub mod object;
#[cfg(feature = "server")]
pub mod server;

pub use error::{DecodeError, DecodeErrorKind, WriteError};
pub use object::{
    ObjectDefinition, ObjectVersion, Operations, Range, Registry, ResourceDefinition, Version,
};
pub use path::{Level, Path, PathError, PathText};
pub use value::{Data, DataType, ObjectLink, Text, Value};
