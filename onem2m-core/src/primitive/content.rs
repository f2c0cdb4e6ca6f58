//! The content of a primitive.

use super::error::{Expected, PrimitiveError, PrimitiveErrorKind};
use super::kind::Kind;
use super::value::{Param, wrong_type};
use crate::json::{JsonErrorKind, Members, Raw, normalize};
use alloc::string::{String, ToString};
use core::fmt;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// The content of a primitive (parameter `pc`): one JSON object, kept as text.
///
/// The text was checked once and has one spelling: no white space, strings with the fewest
/// escapes, no member twice at any depth, at most 127 deep, no number that a 64-bit float cannot
/// hold. The order of members and the digits of numbers are those of the sender.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Content(String);

impl Content {
    /// Reads JSON text.
    ///
    /// # Errors
    /// [`PrimitiveError`] that names no parameter, or the member that occurs twice.
    pub fn from_json(bytes: &[u8]) -> Result<Content, PrimitiveError> {
        let text = normalize(bytes).map_err(|e| match e.kind {
            JsonErrorKind::Syntax => {
                PrimitiveError::new(PrimitiveErrorKind::Syntax { offset: e.offset }, "")
            }
            JsonErrorKind::Duplicate(name) => {
                PrimitiveError::new(PrimitiveErrorKind::Duplicate, &name)
            }
        })?;
        if text.starts_with('{') { Ok(Content(text)) } else { Err(wrong_type(Expected::Object)) }
    }

    /// The content that a tree of values is; `None` if it is no object.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Content> {
        if value.is_object() { Some(Content(value.to_string())) } else { None }
    }

    /// Content whose text is known to have the one spelling.
    #[cfg(any(feature = "ae", feature = "cse"))]
    pub(crate) const fn trusted(text: String) -> Content {
        Content(text)
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The JSON text, given away.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// The object.
    #[must_use]
    pub fn raw(&self) -> Raw<'_> {
        Raw::new(&self.0)
    }

    /// The members of the object: names as they are written, and values.
    #[must_use]
    pub fn members(&self) -> Members<'_> {
        self.raw().members()
    }

    /// The same as a tree of values. Members come in the order of their names.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Param for Content {
    const KIND: Kind = Kind::Object;

    fn read(value: Value) -> Result<Self, PrimitiveError> {
        Content::from_value(&value).ok_or(wrong_type(Expected::Object))
    }
}

impl Serialize for Content {
    /// Writes the text as it is if the serialiser is that of `serde_json`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}
