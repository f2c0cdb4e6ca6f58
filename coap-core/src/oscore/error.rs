//! What can go wrong with protected messages.

use crate::TooLong;
use core::fmt;

/// Parameters that no security context can be made from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ContextError {
    /// An id is longer than the nonce of the algorithm leaves room for (RFC 8613 section 3.3), or
    /// the ID context is longer than 32 bytes.
    IdTooLong,
    /// Both ends have the same id (RFC 8613 section 3.3).
    SameId,
    /// The master secret is empty.
    NoSecret,
}

/// Why no Partial IV can be had for a new message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SequenceError {
    /// All 2^40 sequence numbers were used: the context is at its end (RFC 8613 section 7.2.1).
    Exhausted,
    /// The next number is not reserved yet (RFC 8613 appendix B.1.1).
    NotReserved,
}

/// Why a message cannot be protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ProtectError {
    /// The protected message does not fit into its buffer.
    TooLong,
    /// There is no sequence number for it.
    Sequence(SequenceError),
    /// It has an option that a protected message cannot have: OSCORE itself, or Proxy-Uri, which
    /// the sender has to write as Proxy-Scheme, Uri-Host, Uri-Port, Uri-Path and Uri-Query
    /// (RFC 8613 section 4.1.3.3).
    Option,
}

/// Why a message is not accepted (RFC 8613 sections 8.2 and 8.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UnprotectError {
    /// The OSCORE option is missing, not well-formed, or lacks what the message must have: 4.02.
    Option,
    /// Its kid or kid context are not those of this context: 4.01.
    OtherContext,
    /// Its Partial IV was seen before, or is too old to tell: 4.01.
    Replay,
    /// The ciphertext does not belong to this key, nonce and request: 4.00.
    Decryption,
    /// What was encrypted is no message: 4.00.
    Plaintext,
    /// The buffer for the plaintext is shorter than the ciphertext.
    TooLong,
}

impl From<TooLong> for ProtectError {
    fn from(_: TooLong) -> Self {
        ProtectError::TooLong
    }
}

impl From<SequenceError> for ProtectError {
    fn from(error: SequenceError) -> Self {
        ProtectError::Sequence(error)
    }
}

impl SequenceError {
    const fn text(self) -> &'static str {
        match self {
            SequenceError::Exhausted => "all sequence numbers are used",
            SequenceError::NotReserved => "the next sequence number is not reserved",
        }
    }
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ContextError::IdTooLong => "an id is too long for the algorithm",
            ContextError::SameId => "both ends have the same id",
            ContextError::NoSecret => "the master secret is empty",
        })
    }
}

impl fmt::Display for SequenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Display for ProtectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ProtectError::TooLong => "the protected message does not fit into its buffer",
            ProtectError::Sequence(error) => error.text(),
            ProtectError::Option => "an option that a protected message cannot have",
        })
    }
}

impl UnprotectError {
    /// What is wrong, in a few words: those of RFC 8613 section 8.2 where it has some.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            UnprotectError::Option => "failed to decode COSE",
            UnprotectError::OtherContext => "security context not found",
            UnprotectError::Replay => "replay detected",
            UnprotectError::Decryption => "decryption failed",
            UnprotectError::Plaintext => "the plaintext is no message",
            UnprotectError::TooLong => "the message does not fit into its buffer",
        }
    }
}

impl fmt::Display for UnprotectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for ContextError {}
impl core::error::Error for SequenceError {}
impl core::error::Error for ProtectError {}
impl core::error::Error for UnprotectError {}
