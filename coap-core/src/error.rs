//! What can be wrong with bytes.

use core::fmt;

/// Why bytes are not a CoAP message, an option value or a link list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes end inside a field.
    Truncated,
    /// The version is not 1 (RFC 7252 section 3: such a message is ignored in silence).
    Version,
    /// A token length of 15, which RFC 8974 section 2.1 reserves.
    TokenLength,
    /// A code of class 1, 6 or 7, which RFC 7252 section 12.1 reserves.
    ReservedClass,
    /// An empty message (code 0.00) with more than four bytes (RFC 7252 section 4.1).
    NotEmpty,
    /// An option delta or length nibble of 15 outside the payload marker.
    ReservedNibble,
    /// An option number above 65535.
    OptionNumber,
    /// A payload marker with nothing behind it.
    EmptyPayload,
    /// A type that the code does not allow: a request in an ACK, anything in an RST
    /// (RFC 7252 section 4.3, table 1).
    Type,
    /// A length field that is not 0 over WebSocket (RFC 8323 section 4.2), or a length that the
    /// machine cannot address.
    Length,
    /// Text that the grammar does not allow.
    Syntax,
    /// Text that is not UTF-8.
    Utf8,
}

/// Bytes that could not be decoded, and where that showed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// Offset in bytes of the field that is wrong.
    pub offset: usize,
}

impl DecodeError {
    pub(crate) const fn new(kind: DecodeErrorKind, offset: usize) -> Self {
        DecodeError { kind, offset }
    }
}

impl DecodeErrorKind {
    /// What is wrong, in a few words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            DecodeErrorKind::Truncated => "the bytes end inside a field",
            DecodeErrorKind::Version => "not version 1",
            DecodeErrorKind::TokenLength => "reserved token length",
            DecodeErrorKind::ReservedClass => "code of a reserved class",
            DecodeErrorKind::NotEmpty => "an empty message with content",
            DecodeErrorKind::ReservedNibble => "reserved option nibble",
            DecodeErrorKind::OptionNumber => "option number above 65535",
            DecodeErrorKind::EmptyPayload => "payload marker without payload",
            DecodeErrorKind::Type => "message type does not go with the code",
            DecodeErrorKind::Length => "a length that cannot be",
            DecodeErrorKind::Syntax => "not in the grammar",
            DecodeErrorKind::Utf8 => "not UTF-8",
        }
    }
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {})", self.kind, self.offset)
    }
}

impl core::error::Error for DecodeError {}

/// A message does not fit into the buffer it is written to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message does not fit into its buffer")
    }
}

impl core::error::Error for TooLong {}
