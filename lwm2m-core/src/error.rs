//! What can be wrong with a payload, and with what is to be written.

use m2m_base::Full;
use thiserror::Error;

/// Why bytes are not a payload, or a value not of the type that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{}", self.text())]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The format is not one that this crate reads.
    UnsupportedFormat,
    /// The format cannot carry what the path addresses: an object instance as text.
    FormatLevel,
    /// The bytes end inside a field.
    Truncated,
    /// Bytes that the grammar of the format does not allow.
    Syntax,
    /// Bytes behind the end of the value.
    TrailingBytes,
    /// Text that is not UTF-8.
    Utf8,
    /// Text that is not base64.
    Base64,
    /// The value is of another type than the resource.
    WrongType,
    /// A number that the type of the resource does not hold.
    OutOfRange,
    /// An entry whose path is not at or below the path of the request.
    OutsideTarget,
    /// The reserved ID 65535, or an ID above it.
    ReservedId,
    /// Entries nested in another way than instance, resource, resource instance.
    Nesting,
    /// A name in the payload is not a path.
    Name,
    /// A record must be understood that is not (a SenML label that ends in `_`, a version above
    /// ours).
    NotUnderstood,
}

impl DecodeErrorKind {
    /// What is wrong, in a few words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            DecodeErrorKind::UnsupportedFormat => "unsupported content format",
            DecodeErrorKind::FormatLevel => "the format cannot carry what the path addresses",
            DecodeErrorKind::Truncated => "the bytes end inside a field",
            DecodeErrorKind::Syntax => "not in the grammar of the format",
            DecodeErrorKind::TrailingBytes => "bytes behind the end",
            DecodeErrorKind::Utf8 => "not UTF-8",
            DecodeErrorKind::Base64 => "not base64",
            DecodeErrorKind::WrongType => "a value of another type",
            DecodeErrorKind::OutOfRange => "a number that the type does not hold",
            DecodeErrorKind::OutsideTarget => "a path outside the path of the request",
            DecodeErrorKind::ReservedId => "a reserved ID",
            DecodeErrorKind::Nesting => "entries wrongly nested",
            DecodeErrorKind::Name => "a name that is not a path",
            DecodeErrorKind::NotUnderstood => "something that must be understood and is not",
        }
    }

    /// True if the answer to a request is 4.15 (Unsupported Content-Format); anything else is
    /// 4.00.
    #[must_use]
    pub const fn is_unsupported_format(self) -> bool {
        matches!(self, DecodeErrorKind::UnsupportedFormat | DecodeErrorKind::FormatLevel)
    }
}

/// Bytes that could not be decoded, and where that showed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{kind} at offset {offset}")]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// Offset in the payload, in bytes, of the field that is wrong.
    pub offset: usize,
}

impl DecodeError {
    pub(crate) const fn new(kind: DecodeErrorKind, offset: usize) -> Self {
        DecodeError { kind, offset }
    }
}

/// Why items could not be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The sink is full.
    #[error("no room left")]
    Full,
    /// The format is not one that this crate writes.
    #[error("unsupported content format")]
    UnsupportedFormat,
    /// The format cannot express the items: two values as text, an item outside the target, an
    /// infinite number in JSON.
    #[error("the format cannot express this")]
    NotExpressible,
}

impl From<Full> for WriteError {
    fn from(Full: Full) -> Self {
        WriteError::Full
    }
}
