//! `application/missing-blocks+cbor-seq`: which blocks of a body have not come (RFC 9177 section 5).
//!
//! A CBOR sequence of unsigned integers, ascending, none twice, at least one. What breaks one of
//! these rules is refused as a whole, as the RFC advises.

use crate::{Block, DecodeError, DecodeErrorKind, TooLong};
use m2m_base::Sink;

/// A list of missing blocks that was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MissingBlocks<'a> {
    rest: &'a [u8],
}

impl<'a> MissingBlocks<'a> {
    /// Checks the payload of a 4.08.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`] for an integer that is cut, and for no integer at all;
    /// [`DecodeErrorKind::Syntax`] for anything but unsigned integers in their shortest
    /// form, for a number above [`Block::MAX_NUMBER`], and for one that is not above that before.
    pub fn parse(payload: &'a [u8]) -> Result<MissingBlocks<'a>, DecodeError> {
        let (mut rest, mut least) = (payload, 0);
        loop {
            let offset = payload.len().saturating_sub(rest.len());
            let error = |kind| DecodeError { kind, offset };
            let Some((number, after)) = read(rest).map_err(error)? else {
                return Err(error(DecodeErrorKind::Truncated));
            };
            if number < least || number > Block::MAX_NUMBER {
                return Err(error(DecodeErrorKind::Syntax));
            }
            if after.is_empty() {
                return Ok(MissingBlocks { rest: payload });
            }
            (least, rest) = (number.saturating_add(1), after);
        }
    }
}

impl Iterator for MissingBlocks<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (number, rest) = read(self.rest).ok()??;
        self.rest = rest;
        Some(number)
    }
}

/// An unsigned integer of at most four bytes and what follows; `None` at the end.
fn read(bytes: &[u8]) -> Result<Option<(u32, &[u8])>, DecodeErrorKind> {
    let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
    let (least, len) = match first {
        0..=23 => return Ok(Some((first.into(), rest))),
        24 => (24, 1),
        25 => (1 << 8, 2),
        26 => (1 << 16, 4),
        _ => return Err(DecodeErrorKind::Syntax),
    };
    let (value, rest) = rest.split_at_checked(len).ok_or(DecodeErrorKind::Truncated)?;
    let number = value.iter().fold(0u32, |n, byte| n << 8 | u32::from(*byte));
    if number < least { Err(DecodeErrorKind::Syntax) } else { Ok(Some((number, rest))) }
}

/// Writes one number of a list of missing blocks. The caller keeps to the order.
///
/// # Errors
/// [`TooLong`] if the sink is full.
pub fn put_missing_block<S: Sink>(sink: &mut S, number: u32) -> Result<(), TooLong> {
    let [a, b, c, d] = number.to_be_bytes();
    let put = match number {
        0..=23 => sink.put_u8(d),
        24..=0xff => sink.put(&[24, d]),
        0x100..=0xffff => sink.put(&[25, c, d]),
        _ => sink.put(&[26, a, b, c, d]),
    };
    put.map_err(|_| TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[test]
    fn rfc9177_5_each_form_of_a_number_and_each_rule() {
        for (bytes, numbers) in [
            (&[0][..], &[0][..]),
            (&[1, 9], &[1, 9]),
            (&[23, 24, 24, 24, 255], &[23, 24, 255]),
            (&[25, 1, 0, 25, 255, 255, 26, 0, 1, 0, 0], &[256, 65_535, 65_536]),
            (&[26, 0, 15, 255, 255], &[Block::MAX_NUMBER]),
        ] {
            let read: Vec<u32> = MissingBlocks::parse(bytes).unwrap().collect();
            assert_eq!(read, numbers);
            let mut written = Vec::new();
            numbers.iter().for_each(|n| put_missing_block(&mut written, *n).unwrap());
            assert_eq!(written, bytes);
        }
        let (cut, bad) = (DecodeErrorKind::Truncated, DecodeErrorKind::Syntax);
        for (bytes, kind, offset) in [
            (&[][..], cut, 0),
            (&[1, 24], cut, 1),
            (&[25, 1], cut, 0),
            // Twice, descending.
            (&[1, 1], bad, 1),
            (&[9, 1], bad, 1),
            // Above 2^20 - 1, eight bytes, not in the shortest form.
            (&[26, 0, 16, 0, 0], bad, 0),
            (&[27, 0, 0, 0, 0, 0, 0, 0, 1], bad, 0),
            (&[24, 23], bad, 0),
            (&[25, 0, 255], bad, 0),
            // A negative integer, an array, text.
            (&[0x20], bad, 0),
            (&[0x81, 1], bad, 0),
            (&[1, 0x61, 0x61], bad, 1),
        ] {
            assert_eq!(MissingBlocks::parse(bytes), Err(DecodeError { kind, offset }), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn lists_of_missing_blocks_come_back(
            numbers in proptest::collection::btree_set(0..=Block::MAX_NUMBER, 1..40),
            bytes in proptest::collection::vec(any::<u8>(), 0..12),
        ) {
            let mut written = Vec::new();
            numbers.iter().for_each(|n| put_missing_block(&mut written, *n).unwrap());
            let read: Vec<u32> = MissingBlocks::parse(&written).unwrap().collect();
            prop_assert!(read.iter().eq(&numbers));
            for cut in 0..written.len() {
                let _ = MissingBlocks::parse(&written[..cut]);
            }
            if let Ok(list) = MissingBlocks::parse(&bytes) {
                let mut again = Vec::new();
                list.for_each(|n| put_missing_block(&mut again, n).unwrap());
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
