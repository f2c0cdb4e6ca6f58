//! oneM2M without sockets, clocks or threads: registries, addressing, and request and response
//! primitives in JSON.
//!
//! Numbers and names are those of TS-0004 (core protocol), TS-0008 (CoAP) and TS-0009 (HTTP),
//! release 3, extended by what release 4 and 5 entities are known to send. Every registry that
//! the standard can extend has an `Unknown` arm, so that a newer peer is answered instead of
//! being dropped.
//!
//! Everything but module `primitive` works without an allocator and borrows its input.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

#[macro_use]
mod macros;

pub mod address;
#[cfg(feature = "ae")]
pub mod ae;
#[cfg(feature = "alloc")]
#[cfg_attr(not(feature = "cse"), allow(dead_code, reason = "the engine uses the rest"))]
pub mod attribute;
#[cfg(feature = "alloc")]
pub mod binding;
#[cfg(feature = "cse")]
pub mod cse;
pub mod enumeration;
#[cfg(feature = "alloc")]
#[cfg_attr(
    not(feature = "cse"),
    allow(dead_code, unused_imports, reason = "the engine uses the rest")
)]
pub mod json;
pub mod media;
pub mod parameter;
#[cfg(feature = "alloc")]
pub mod primitive;
mod release;
mod resource_type;
mod specialization;
mod status;
pub mod time;

pub use enumeration::Operation;
#[cfg(feature = "alloc")]
pub use release::TooNew;
pub use release::{ReleaseError, ReleaseVersion, UnknownRelease};
pub use resource_type::{ANNOUNCED, ResourceType};
pub use specialization::MgmtDefinition;
pub use status::{CoapMapping, ResponseStatusCode, StatusClass};
