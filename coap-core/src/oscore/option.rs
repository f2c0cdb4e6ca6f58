//! The value of the OSCORE option: the compressed COSE object without its ciphertext (RFC 8613
//! section 6.1).

use crate::{DecodeError, DecodeErrorKind};
use core::num::NonZeroU64;
use m2m_base::{Full, Sink};

/// A sender sequence number as it is on the wire: 0 to 2^40 - 1, without leading zero bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(Rust, packed(4))]
pub struct PartialIv(
    /// One more than the number, so that an `Option` takes no more room.
    NonZeroU64,
);

impl PartialIv {
    /// The largest number.
    pub const MAX: u64 = (1 << 40) - 1;

    /// `None` above 2^40 - 1.
    #[must_use]
    pub const fn new(number: u64) -> Option<PartialIv> {
        if number > PartialIv::MAX {
            return None;
        }
        match NonZeroU64::new(number.wrapping_add(1)) {
            Some(number) => Some(PartialIv(number)),
            None => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get().wrapping_sub(1)
    }

    /// Five bytes, the leading ones zero.
    pub(super) const fn padded(self) -> [u8; 5] {
        let [_, _, _, bytes @ ..] = self.get().to_be_bytes();
        bytes
    }

    /// Bytes on the wire: 1 to 5.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(self) -> usize {
        let zeros = self.padded().iter().take_while(|b| **b == 0).count();
        5usize.saturating_sub(zeros).max(1)
    }

    pub(super) fn put<S: Sink>(self, sink: &mut S) -> Result<(), Full> {
        let bytes = self.padded();
        sink.put(bytes.get(bytes.len().saturating_sub(self.len())..).unwrap_or(&[]))
    }
}

const KID_CONTEXT: u8 = 0x10;
const KID: u8 = 0x08;

/// What an OSCORE option says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OscoreOption<'a> {
    /// The sender's sequence number; in every request, and in responses that have one of their own.
    pub piv: Option<PartialIv>,
    /// The ID context; only in requests.
    pub kid_context: Option<&'a [u8]>,
    /// The sender's id; in every request.
    pub kid: Option<&'a [u8]>,
}

impl<'a> OscoreOption<'a> {
    /// Reads the option's value.
    ///
    /// # Errors
    /// [`DecodeErrorKind::ReservedNibble`] for reserved flags and lengths,
    /// [`DecodeErrorKind::Truncated`] for fields that go beyond the end, and
    /// [`DecodeErrorKind::Syntax`] for a Partial IV with leading zeros, for bytes behind the last
    /// field, and for a value of one zero byte, which has to be empty.
    pub fn parse(value: &'a [u8]) -> Result<OscoreOption<'a>, DecodeError> {
        let fail = |kind, offset| Err(DecodeError::new(kind, offset));
        let Some((&flags, rest)) = value.split_first() else { return Ok(OscoreOption::default()) };
        if flags & 0xe0 != 0 || flags & 7 > 5 {
            return fail(DecodeErrorKind::ReservedNibble, 0);
        }
        if flags == 0 {
            return fail(DecodeErrorKind::Syntax, 0);
        }
        let Some((piv, rest)) = rest.split_at_checked(usize::from(flags & 7)) else {
            return fail(DecodeErrorKind::Truncated, value.len());
        };
        if piv.len() > 1 && piv.first() == Some(&0) {
            return fail(DecodeErrorKind::Syntax, 1);
        }
        let piv = match piv {
            [] => None,
            bytes => PartialIv::new(bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b))),
        };
        let (kid_context, rest) = if flags & KID_CONTEXT == 0 {
            (None, rest)
        } else {
            let split = rest.split_first().and_then(|(s, rest)| rest.split_at_checked((*s).into()));
            let Some((context, rest)) = split else {
                return fail(DecodeErrorKind::Truncated, value.len());
            };
            (Some(context), rest)
        };
        let kid = (flags & KID != 0).then_some(rest);
        if kid.is_none() && !rest.is_empty() {
            return fail(DecodeErrorKind::Syntax, value.len().saturating_sub(rest.len()));
        }
        Ok(OscoreOption { piv, kid_context, kid })
    }

    /// Bytes of the option's value.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        if *self == OscoreOption::default() {
            return 0;
        }
        self.piv
            .map_or(0, PartialIv::len)
            .saturating_add(self.kid_context.map_or(0, |c| c.len().saturating_add(1)))
            .saturating_add(self.kid.map_or(0, <[u8]>::len))
            .saturating_add(1)
    }

    /// Writes the option's value.
    ///
    /// # Errors
    /// [`Full`] if the sink is, or if the kid context is longer than 255 bytes.
    pub fn write<S: Sink>(&self, sink: &mut S) -> Result<(), Full> {
        if *self == OscoreOption::default() {
            return Ok(());
        }
        let mut flags = u8::try_from(self.piv.map_or(0, PartialIv::len)).map_err(|_| Full)?;
        flags |= self.kid_context.map_or(0, |_| KID_CONTEXT) | self.kid.map_or(0, |_| KID);
        sink.put_u8(flags)?;
        if let Some(piv) = self.piv {
            piv.put(sink)?;
        }
        if let Some(context) = self.kid_context {
            sink.put_u8(u8::try_from(context.len()).map_err(|_| Full)?)?;
            sink.put(context)?;
        }
        sink.put(self.kid.unwrap_or(&[]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[test]
    fn rfc8613_6_1_each_rule_has_its_error() {
        use DecodeErrorKind::{ReservedNibble, Syntax, Truncated};
        for (value, kind) in [
            (&[0x00][..], Syntax),
            (&[0x00, 1], Syntax),
            (&[0x20, 1], ReservedNibble),
            (&[0x40], ReservedNibble),
            (&[0x80], ReservedNibble),
            (&[0x06, 1, 2, 3, 4, 5, 6], ReservedNibble),
            (&[0x07, 1, 2, 3, 4, 5, 6, 7], ReservedNibble),
            (&[0x02, 1], Truncated),
            (&[0x02, 0, 1], Syntax),
            (&[0x11, 1], Truncated),
            (&[0x11, 1, 2, 3], Truncated),
            (&[0x01, 1, 2], Syntax),
            (&[0x11, 1, 1, 2, 3], Syntax),
        ] {
            assert_eq!(OscoreOption::parse(value).map_err(|e| e.kind), Err(kind), "{value:02x?}");
        }
    }

    #[test]
    fn rfc8613_6_3_examples() {
        let piv = PartialIv::new;
        for (value, piv, kid_context, kid) in [
            (&[][..], None, None, None),
            (&[0x09, 0x05, 0x25], piv(5), None, Some(&[0x25][..])),
            (&[0x09, 0x00], piv(0), None, Some(&[])),
            (&[0x19, 5, 3, 0x44, 0x61, 0x6c], piv(5), Some(&[0x44, 0x61, 0x6c][..]), Some(&[])),
            (&[0x01, 0x07], piv(7), None, None),
            (&[0x05, 0xff, 0xff, 0xff, 0xff, 0xff], piv(PartialIv::MAX), None, None),
            (&[0x02, 0x01, 0x00], piv(256), None, None),
        ] {
            let option = OscoreOption { piv, kid_context, kid };
            assert_eq!(OscoreOption::parse(value), Ok(option));
            let mut written = Vec::new();
            option.write(&mut written).unwrap();
            assert_eq!(written, value);
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_written_the_same(
            value in proptest::collection::vec(any::<u8>(), 0..24), flags in 0u8..32) {
            let mut value = value;
            if let Some(first) = value.first_mut() {
                *first = flags;
            }
            if let Ok(option) = OscoreOption::parse(&value) {
                let mut written = Vec::new();
                option.write(&mut written).unwrap();
                prop_assert_eq!(&written, &value);
                prop_assert_eq!(option.encoded_len(), value.len());
            }
        }
    }
}
