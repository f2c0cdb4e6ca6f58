//! A tree of values in each serialisation that this build has.

use super::error::{PrimitiveError, PrimitiveErrorKind};
use super::json;
use crate::media::Serialization;
use alloc::vec::Vec;
use serde_json::Value;

/// True if this build can read and write it.
pub(crate) const fn has(serialization: Serialization) -> bool {
    match serialization {
        Serialization::Json => true,
        Serialization::Cbor => cfg!(feature = "cbor"),
        Serialization::Xml => cfg!(feature = "xml"),
    }
}

/// Reads a tree. What this build cannot read has its first byte wrong; callers look at [`has`]
/// before.
pub(crate) fn read(bytes: &[u8], serialization: Serialization) -> Result<Value, PrimitiveError> {
    match serialization {
        Serialization::Json => json::parse(bytes),
        #[cfg(feature = "cbor")]
        Serialization::Cbor => super::cbor::parse(bytes),
        #[cfg(feature = "xml")]
        Serialization::Xml => super::xml::parse(bytes),
        #[allow(unreachable_patterns, reason = "depends on the features")]
        _ => Err(PrimitiveError::new(PrimitiveErrorKind::Syntax { offset: 0 }, "")),
    }
}

/// Writes a tree; `None` where the serialisation cannot carry it.
pub(crate) fn write(value: &Value, serialization: Serialization) -> Option<Vec<u8>> {
    match serialization {
        Serialization::Json => serde_json::to_vec(value).ok(),
        #[cfg(feature = "cbor")]
        Serialization::Cbor => super::cbor::write(value),
        #[cfg(feature = "xml")]
        Serialization::Xml => super::xml::write(value),
        #[allow(unreachable_patterns, reason = "depends on the features")]
        _ => None,
    }
}
