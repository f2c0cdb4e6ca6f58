//! The items of CBOR (RFC 8949) that payloads of LwM2M are made of.
//!
//! Heads are read and made here and not by a library: a general decoder's types and errors took
//! more flash and time than all that is left.

use crate::error::DecodeErrorKind as Kind;

pub(in crate::format) const UNSIGNED: u8 = 0;
#[cfg(not(feature = "small"))]
pub(in crate::format) const NEGATIVE: u8 = 1;
pub(in crate::format) const BYTES: u8 = 2;
pub(in crate::format) const TEXT: u8 = 3;
pub(in crate::format) const ARRAY: u8 = 4;
pub(in crate::format) const MAP: u8 = 5;
#[cfg(not(feature = "small"))]
pub(in crate::format) const TAG: u8 = 6;
#[cfg(not(feature = "small"))]
pub(in crate::format) const SIMPLE: u8 = 7;

pub(in crate::format) const BREAK: u8 = 0xff;

/// How many items of an array, or pairs of a map, are still to come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::format) struct Left(pub(in crate::format) usize);

impl Left {
    /// Until a break comes.
    pub(in crate::format) const INDEFINITE: Left = Left(usize::MAX);
}

/// Reads one item after the other.
#[derive(Clone, Copy, Debug)]
pub(in crate::format) struct Items<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The first byte of the head that was read last (RFC 8949 section 3).
    first: u8,
    /// Its argument; 0 where the length is indefinite.
    argument: u64,
}

impl<'a> Items<'a> {
    pub(in crate::format) const fn new(bytes: &'a [u8]) -> Self {
        Items { bytes, at: 0, first: 0, argument: 0 }
    }

    #[inline]
    pub(in crate::format) const fn position(&self) -> usize {
        self.at
    }

    pub(in crate::format) const fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The argument of the last head.
    #[inline]
    pub(in crate::format) const fn argument(&self) -> u64 {
        self.argument
    }

    /// The lower five bits of the first byte of the last head.
    pub(in crate::format) const fn info(&self) -> u8 {
        self.first & 0x1f
    }

    /// The last head does not tell the length: chunks, items or pairs follow until a break.
    pub(in crate::format) const fn is_indefinite(&self) -> bool {
        self.info() == 31
    }

    /// How many items or pairs are behind the last head.
    pub(in crate::format) fn left(&self) -> Left {
        if self.is_indefinite() {
            return Left::INDEFINITE;
        }
        // More than there are bytes of them: where they end, the error is found.
        Left(usize::try_from(self.argument).unwrap_or(usize::MAX).min(usize::MAX >> 1))
    }

    /// Whether none is left, or their break comes next, which is passed over; else there is one less.
    #[inline(never)]
    pub(in crate::format) fn is_over(&mut self, left: &mut Left) -> Result<bool, Kind> {
        if *left == Left::INDEFINITE {
            return self.end_of_indefinite();
        }
        let after = left.0.checked_sub(1);
        left.0 = after.unwrap_or(0);
        Ok(after.is_none())
    }

    #[inline]
    pub(in crate::format) fn peek(&self) -> Result<u8, Kind> {
        self.bytes.get(self.at).copied().ok_or(Kind::Truncated)
    }

    /// Passes over a break, if one comes next.
    pub(in crate::format) fn end_of_indefinite(&mut self) -> Result<bool, Kind> {
        let found = self.peek()? == BREAK;
        self.at = self.at.wrapping_add(usize::from(found));
        Ok(found)
    }

    #[inline]
    fn take(&mut self, len: u64) -> Result<&'a [u8], Kind> {
        // A length beyond `usize` is one beyond the bytes.
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let bytes = self.bytes.get(self.at..).and_then(|rest| rest.get(..len));
        let bytes = bytes.ok_or(Kind::Truncated)?;
        self.at = self.at.wrapping_add(len);
        Ok(bytes)
    }

    /// Reads the head of an item; tells the major type.
    #[inline(never)]
    pub(in crate::format) fn head(&mut self) -> Result<u8, Kind> {
        self.first = self.peek()?;
        self.at = self.at.wrapping_add(1);
        let (major, info) = (self.first >> 5, self.info());
        self.argument = match info {
            0..24 => info.into(),
            24..=27 => {
                let bytes = self.take(1 << (info & 3))?;
                bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
            }
            31 if matches!(major, BYTES..=MAP) => 0,
            _ => return Err(Kind::Syntax),
        };
        Ok(major)
    }

    /// The bytes of the string of definite length whose head was read.
    pub(in crate::format) fn content(&mut self) -> Result<&'a [u8], Kind> {
        if self.is_indefinite() { Err(Kind::Syntax) } else { self.take(self.argument) }
    }

    /// What was not read.
    #[inline]
    pub(in crate::format) fn rest(&self) -> Option<&'a [u8]> {
        self.bytes.get(self.at..)
    }

    /// Passes over bytes that were looked at.
    #[inline]
    pub(in crate::format) fn pass(&mut self, len: usize) {
        self.at = self.at.wrapping_add(len);
    }
}

/// The pairs of the map at the start of `rest`, if its head is one byte.
#[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
#[inline]
pub(in crate::format) fn short_map(rest: &[u8]) -> Option<Left> {
    match rest.first()?.wrapping_sub(MAP << 5) {
        pairs @ 0..24 => Some(Left(usize::from(pairs))),
        31 => Some(Left::INDEFINITE),
        _ => None,
    }
}

/// An integer, a string of definite length and fewer than 256 bytes, a floating-point number, a
/// simple value or a time, as it lies at the start of `rest`.
#[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
#[inline]
pub(in crate::format) fn short_value(rest: &[u8]) -> Option<&[u8]> {
    let first = *rest.first()?;
    let (major, info) = (first >> 5, usize::from(first & 0x1f));
    let len = match (major, info) {
        (UNSIGNED | NEGATIVE | SIMPLE, ..=23) => 1,
        (UNSIGNED | NEGATIVE, 24) => 2,
        (UNSIGNED | NEGATIVE | SIMPLE, 25..28) => (1usize << (info & 3)).wrapping_add(1),
        (BYTES | TEXT, ..=23) => info.wrapping_add(1),
        (BYTES | TEXT, 24) => usize::from(*rest.get(1)?).wrapping_add(2),
        // A time of at most 32 bits.
        (TAG, 1) => match rest.get(1)? {
            0..24 => 2,
            info @ 24..27 => (1usize << (info & 3)).wrapping_add(2),
            _ => return None,
        },
        _ => return None,
    };
    rest.get(..len)
}
