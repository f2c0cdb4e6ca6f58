//! What can be wrong with a serialised primitive.

use crate::ResponseStatusCode;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

/// What a parameter should have been.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Expected {
    /// A JSON object.
    #[error("an object")]
    Object,
    /// A JSON array.
    #[error("a list")]
    List,
    /// A JSON string.
    #[error("a string")]
    Text,
    /// `true` or `false`.
    #[error("a boolean")]
    Boolean,
    /// A whole number that is not negative, written without fraction or exponent.
    #[error("a non-negative integer")]
    Integer,
    /// A number of the parameter's enumeration.
    #[error("a value of the enumeration")]
    Enumeration,
    /// `20141003T112032`.
    #[error("a timestamp")]
    Timestamp,
    /// A timestamp, milliseconds in a string, or a duration.
    #[error("an absolute or relative timestamp")]
    AbsRelTimestamp,
    /// One or two letters or digits.
    #[error("a release version")]
    ReleaseVersion,
    /// Anything but null.
    #[error("a value")]
    Any,
}

/// Why bytes are no primitive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrimitiveErrorKind {
    /// Not well-formed in its serialisation, with something behind it, or nested too deep.
    #[error("not well-formed, at byte {offset}")]
    Syntax {
        /// Offset in bytes where it showed.
        offset: usize,
    },
    /// The JSON type is wrong.
    #[error("wrong type, expected {0}")]
    WrongType(Expected),
    /// The type is right, the value is not allowed.
    #[error("bad value, expected {0}")]
    BadValue(Expected),
    /// A list has no element. Lists of primitives have one at least; an absent list is left out.
    #[error("empty list")]
    EmptyList,
    /// There is no such parameter or member.
    #[error("unknown")]
    Unknown,
    /// It is there twice.
    #[error("duplicate")]
    Duplicate,
    /// It is mandatory and not there.
    #[error("missing")]
    Missing,
    /// The operation does not allow it.
    #[error("not allowed with this operation")]
    NotAllowed,
}

/// Bytes that are no primitive, and the parameter that showed it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("parameter {member:?}: {kind}")]
pub struct PrimitiveError {
    /// What is wrong.
    pub kind: PrimitiveErrorKind,
    /// Short name of the parameter, with members and list positions behind it: "op", "fc.ty.0".
    /// Empty if it is the whole. An unknown name is the sender's text.
    pub member: String,
    /// The request identifier, if that could be read: a receiver answers even what it cannot
    /// understand.
    pub request_identifier: Option<String>,
}

impl PrimitiveError {
    pub(crate) fn new(kind: PrimitiveErrorKind, member: &str) -> PrimitiveError {
        PrimitiveError { kind, member: member.to_owned(), request_identifier: None }
    }

    /// The same error, seen from the object that has the value as its member `name`.
    pub(crate) fn within(mut self, name: &str) -> PrimitiveError {
        self.member = match self.member.as_str() {
            "" => name.to_owned(),
            inner => format!("{name}.{inner}"),
        };
        self
    }

    /// The short name of the parameter, without members behind it.
    #[must_use]
    pub fn parameter(&self) -> &str {
        self.member.split('.').next().unwrap_or("")
    }

    /// The status code that a receiver answers with: BAD_REQUEST (TS-0004 clause 7.3.2).
    #[must_use]
    pub const fn status(&self) -> ResponseStatusCode {
        ResponseStatusCode::BadRequest
    }
}
