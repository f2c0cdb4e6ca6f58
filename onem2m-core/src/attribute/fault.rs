//! What can be wrong with a representation.

use crate::ResponseStatusCode;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

/// What a value should have been.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Wanted {
    /// A string.
    #[error("a string")]
    Text,
    /// A token.
    #[error("a token")]
    Token,
    /// A URI.
    #[error("a URI")]
    Uri,
    /// An identifier.
    #[error("an identifier")]
    Id,
    /// A resource name.
    #[error("a resource name")]
    Name,
    /// An NCName.
    #[error("an NCName")]
    NcName,
    /// `true` or `false`.
    #[error("a boolean")]
    Boolean,
    /// 0 or more.
    #[error("a non-negative integer")]
    Unsigned,
    /// 1 or more.
    #[error("a positive integer")]
    Positive,
    /// A whole number.
    #[error("an integer")]
    Integer,
    /// A number.
    #[error("a number")]
    Float,
    /// `20141003T112032`.
    #[error("a timestamp")]
    Timestamp,
    /// A timestamp, milliseconds in a string, or a duration.
    #[error("an absolute or relative timestamp")]
    AbsRelTimestamp,
    /// `PT1H`.
    #[error("a duration")]
    Duration,
    /// Base64.
    #[error("base64")]
    Base64,
    /// Seven fields.
    #[error("a schedule entry")]
    Schedule,
    /// Digits.
    #[error("a subscriber or card identity")]
    Identity,
    /// An IP address.
    #[error("an IP address")]
    IpAddress,
    /// GeoJSON coordinates.
    #[error("coordinates")]
    Coordinates,
    /// The number of a resource type.
    #[error("a resource type")]
    ResourceType,
    /// A number of the enumeration.
    #[error("a value of the enumeration")]
    Enumeration,
    /// An object.
    #[error("an object")]
    Object,
    /// An array.
    #[error("a list")]
    List,
    /// One of several members, and only one.
    #[error("one of its alternatives")]
    Choice,
    /// Anything but null.
    #[error("a value")]
    Any,
    /// Null: the hosting CSE fills it in.
    #[error("null")]
    Null,
}

/// What is wrong with an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Mandatory, and not there.
    #[error("missing")]
    Missing,
    /// The type has no such attribute or member.
    #[error("unknown")]
    Unknown,
    /// The JSON type is wrong.
    #[error("wrong type, expected {0}")]
    WrongType(Wanted),
    /// The JSON type is right, the value is not.
    #[error("bad value, expected {0}")]
    BadValue(Wanted),
    /// A number outside the range of its type.
    #[error("out of range, expected {0}")]
    OutOfRange(Wanted),
    /// A list without elements.
    #[error("empty list")]
    EmptyList,
    /// The operation does not allow it.
    #[error("not allowed in this operation")]
    NotAllowed,
    /// Null for an attribute that cannot be absent, or in a CREATE.
    #[error("cannot be null")]
    Null,
    /// More nesting than the limit.
    #[error("nested too deep")]
    TooDeep,
    /// More bytes or elements than the limit.
    #[error("too long")]
    TooLong,
    /// The value disagrees with another attribute or with the state of the resource.
    #[error("not possible here")]
    Conflict,
}

/// An attribute and what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("attribute {attribute}: {fault}")]
pub struct AttributeFault {
    /// What.
    pub fault: Fault,
    /// Short name, with members and list positions behind it: "pv.acr.0.acop".
    pub attribute: String,
}

impl AttributeFault {
    pub(crate) fn new(fault: Fault, attribute: &str) -> AttributeFault {
        AttributeFault { fault, attribute: attribute.to_owned() }
    }

    /// The same fault, seen from what has the value as its member `name`.
    pub(super) fn within(mut self, name: &str) -> AttributeFault {
        self.attribute = match self.attribute.as_str() {
            "" => name.to_owned(),
            inner => format!("{name}.{inner}"),
        };
        self
    }

    /// The status code that goes with it: BAD_REQUEST (TS-0004 clause 7.3.3.4, checks of the
    /// representation).
    #[must_use]
    pub const fn status(&self) -> ResponseStatusCode {
        ResponseStatusCode::BadRequest
    }
}
