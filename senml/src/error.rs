//! What can be wrong with bytes, and why nothing was written.

use m2m_base::Full;
use m2m_base::decimal::{NumberError, WriteNumberError};
use thiserror::Error;

/// Bytes that are not the SenML they should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{kind} at byte {offset}")]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// Where, in bytes from the start of the pack: the offending byte, value or label, or for the
    /// rules of resolution the start of the record.
    pub offset: usize,
}

/// What is wrong with bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Error)]
#[error("{}", self.text())]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes end before the pack does.
    UnexpectedEnd,
    /// Bytes follow the pack.
    TrailingBytes,
    /// Not JSON (RFC 8259), not CBOR (RFC 8949), or not XML.
    Malformed,
    /// Text that is not UTF-8.
    InvalidUtf8,
    /// A control character, an unknown escape or half a surrogate pair in a JSON string; a
    /// character that XML does not have, or a reference to an entity that there is not.
    InvalidString,
    /// A number beyond the range of binary64.
    NumberRange,
    /// Infinity or NaN.
    NotFinite,
    /// A data value that is not base64 (RFC 4648).
    InvalidBase64,
    /// A value whose type does not fit its label, or a record or label of a wrong type.
    WrongType,
    /// A label twice in one record.
    DuplicateLabel,
    /// More than one value in one record (RFC 8428 section 4.2).
    SeveralValues,
    /// An unknown label that ends in `_` must be understood (RFC 8428 section 4.4).
    UnsupportedField,
    /// An unknown field's value is nested too deeply.
    TooDeep,
    /// A document type declaration, with which entities could be defined: XML is read without.
    DocumentType,
    /// A record, or base name and unit, longer than the reader of a stream has room for.
    TooLong,
    /// A fetch or patch pack without records (RFC 8790 section 2).
    EmptyPack,
    /// Records of one pack with different versions (RFC 8428 section 4.1).
    VersionMismatch,
    /// A version, or a feature of RFC 9100, that the caller does not support.
    UnsupportedVersion,
    /// An empty name or one with characters that names must not have (RFC 8428 section 4.5.1).
    InvalidName,
    /// A record without the value or sum it needs (RFC 8428 section 4.2, RFC 8790 section 3.2).
    MissingValue,
    /// A value where none may be: in a fetch pack, or null outside of a patch pack (RFC 8790).
    UnexpectedValue,
}

impl DecodeErrorKind {
    /// What is wrong, in a few words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            DecodeErrorKind::UnexpectedEnd => "unexpected end",
            DecodeErrorKind::TrailingBytes => "bytes after the pack",
            DecodeErrorKind::Malformed => "malformed",
            DecodeErrorKind::InvalidUtf8 => "invalid UTF-8",
            DecodeErrorKind::InvalidString => "invalid string",
            DecodeErrorKind::NumberRange => "number out of range",
            DecodeErrorKind::NotFinite => "number is not finite",
            DecodeErrorKind::InvalidBase64 => "invalid base64",
            DecodeErrorKind::WrongType => "wrong type",
            DecodeErrorKind::DuplicateLabel => "duplicate label",
            DecodeErrorKind::SeveralValues => "several values in one record",
            DecodeErrorKind::UnsupportedField => "unsupported mandatory field",
            DecodeErrorKind::TooDeep => "nested too deeply",
            DecodeErrorKind::DocumentType => "document type declaration",
            DecodeErrorKind::TooLong => "too long",
            DecodeErrorKind::EmptyPack => "pack without records",
            DecodeErrorKind::VersionMismatch => "version differs within the pack",
            DecodeErrorKind::UnsupportedVersion => "unsupported version",
            DecodeErrorKind::InvalidName => "invalid name",
            DecodeErrorKind::MissingValue => "record without value",
            DecodeErrorKind::UnexpectedValue => "value where none may be",
        }
    }

    /// This kind, at `offset`.
    pub(crate) const fn at(self, offset: usize) -> DecodeError {
        DecodeError { kind: self, offset }
    }
}

/// Something is wrong; the tokens that are read remember what, and what is written is written again
/// in another way. What a function returns is small and in registers with this, and a tangle of overlapping fields
/// with a [`DecodeError`].
pub(crate) struct Failed;

impl From<Full> for Failed {
    #[inline]
    fn from(_: Full) -> Self {
        Failed
    }
}

/// Why a writer wrote nothing, or not all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Error)]
pub enum WriteError {
    /// The sink is full.
    #[error("sink is full")]
    Full,
    /// Infinity or NaN, which SenML cannot carry.
    #[error("number is not finite")]
    NotFinite,
    /// A null, or a character of a text, that XML does not have.
    #[error("XML cannot carry this")]
    Unrepresentable,
    /// More or fewer records than announced.
    #[error("record count differs from the one announced")]
    Count,
}

impl From<Full> for WriteError {
    fn from(_: Full) -> Self {
        WriteError::Full
    }
}

impl From<WriteNumberError> for WriteError {
    fn from(error: WriteNumberError) -> Self {
        match error {
            WriteNumberError::Full => WriteError::Full,
            WriteNumberError::NotFinite => WriteError::NotFinite,
        }
    }
}

/// The error of a number that begins at `start` of a text of `len` bytes.
pub(crate) fn of_number(error: NumberError, start: usize, len: usize) -> DecodeError {
    match error {
        NumberError::Range => DecodeErrorKind::NumberRange.at(start),
        NumberError::Syntax { at } if start.saturating_add(at) >= len => {
            DecodeErrorKind::UnexpectedEnd.at(len)
        }
        NumberError::Syntax { at } => DecodeErrorKind::Malformed.at(start.saturating_add(at)),
    }
}
