//! The CBOR items that SenML is made of.
//!
//! Heads are read here and not by a library: what a general decoder does for its many types and
//! its own errors took half of the time and a third of the flash of the whole reader.

use crate::error::{DecodeError, DecodeErrorKind as Kind, Failed};
use crate::label::Tokens;
use crate::plain::of_name;
use crate::utf8;
use crate::{Data, Number, Text};
use m2m_base::float::{HALF, SINGLE};

const BREAK: u8 = 0xff;

/// How many items of an array, or pairs of a map, are still to come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Left(pub(super) usize);

impl Left {
    /// Until a break comes.
    pub(super) const INDEFINITE: Left = Left(usize::MAX);
}

/// Reads one item after the other.
#[derive(Clone)]
pub(crate) struct Items<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Whether the value of an unknown field was passed over.
    pub(super) unknown: bool,
    /// What was wrong, once something was.
    fault: DecodeError,
}

impl<'a> Items<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Items { bytes, at: 0, unknown: false, fault: Kind::UnexpectedEnd.at(0) }
    }

    #[inline]
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// What was wrong when a function failed.
    pub(super) fn fault(&self) -> DecodeError {
        self.fault
    }

    #[cold]
    fn end(&mut self) -> Failed {
        self.fail(Kind::UnexpectedEnd, self.bytes.len())
    }

    /// The error of an item of another type than wanted, or of none of CBOR (RFC 8949 section 3).
    #[cold]
    fn wrong_type(&mut self, first: u8) -> Failed {
        let head = first & 0x1f < 28 || matches!(first, 0x5f | 0x7f | 0x9f | 0xbf);
        self.fail(if head { Kind::WrongType } else { Kind::Malformed }, self.at)
    }

    /// The first byte of the next item.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<u8, Failed> {
        match self.bytes.get(self.at) {
            Some(first) => Ok(*first),
            None => Err(self.end()),
        }
    }

    #[inline]
    pub(super) fn advance(&mut self) {
        self.at = self.at.wrapping_add(1);
    }

    /// The next bytes.
    #[inline]
    fn take(&mut self, len: usize) -> Result<&'a [u8], Failed> {
        let bytes = self.bytes.get(self.at..).and_then(|rest| rest.get(..len));
        let Some(bytes) = bytes else { return Err(self.end()) };
        self.at = self.at.wrapping_add(len);
        Ok(bytes)
    }

    /// The argument of the head that `first` begins (RFC 8949 section 3); the head is passed over.
    #[inline]
    pub(super) fn argument(&mut self, first: u8) -> Result<u64, Failed> {
        let info = first & 0x1f;
        if info < 24 {
            self.advance();
            return Ok(u64::from(info));
        }
        self.long_argument(info)
    }

    /// The content of a string of fewer than 24 bytes, as most are, and where it ends.
    #[inline(always)]
    fn short(&self, major: u8) -> Option<(&'a [u8], usize)> {
        let (first, rest) = self.bytes.get(self.at..)?.split_first()?;
        let len = first.wrapping_sub(major << 5);
        if len >= 24 {
            return None;
        }
        let content = rest.get(..usize::from(len))?;
        Some((content, self.at.wrapping_add(content.len()).wrapping_add(1)))
    }

    #[inline(never)]
    fn long_argument(&mut self, info: u8) -> Result<u64, Failed> {
        if info > 27 {
            return Err(self.fail(Kind::Malformed, self.at));
        }
        self.advance();
        let bytes = self.take(1 << (info & 3))?;
        Ok(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// The argument of an item that must be of this major type.
    #[inline]
    fn expect(&mut self, major: u8) -> Result<u64, Failed> {
        let first = self.peek()?;
        if first >> 5 == major { self.argument(first) } else { Err(self.wrong_type(first)) }
    }

    /// Passes over a break, if one comes next.
    #[inline(never)]
    pub(super) fn end_of_indefinite(&mut self) -> Result<bool, Failed> {
        let found = self.peek()? == BREAK;
        if found {
            self.advance();
        }
        Ok(found)
    }

    /// The head of an array (4) or map (5).
    #[inline]
    pub(super) fn open(&mut self, major: u8) -> Result<Left, Failed> {
        let first = self.peek()?;
        let short = first.wrapping_sub(major << 5);
        if short < 24 {
            self.advance();
            return Ok(Left(usize::from(short)));
        }
        self.open_long(major, first)
    }

    #[inline(never)]
    fn open_long(&mut self, major: u8, first: u8) -> Result<Left, Failed> {
        if first == major << 5 | 31 {
            self.advance();
            return Ok(Left::INDEFINITE);
        }
        // More than there are bytes of them: where they end, the error is found.
        let count = usize::try_from(self.expect(major)?).unwrap_or(usize::MAX);
        Ok(Left(count.min(usize::MAX >> 1)))
    }

    /// Whether another item follows in an array or map, of which so many are left; counts it.
    #[inline]
    pub(super) fn more(&mut self, left: &mut Left) -> Result<bool, Failed> {
        let after = left.0.wrapping_sub(1);
        if after < usize::MAX - 1 {
            left.0 = after;
            return Ok(true);
        }
        if *left == Left::INDEFINITE { self.end_of_indefinite().map(|end| !end) } else { Ok(false) }
    }

    /// A string of definite length.
    #[inline]
    fn whole(&mut self, major: u8) -> Result<&'a [u8], Failed> {
        let len = self.expect(major)?;
        // A length beyond `usize` is one beyond the bytes.
        self.take(usize::try_from(len).unwrap_or(usize::MAX))
    }

    /// A text string of definite length.
    #[inline(never)]
    fn whole_text(&mut self) -> Result<Text<'a>, Failed> {
        let at = self.at;
        let bytes = self.whole(3)?;
        if !utf8::is_valid(bytes) {
            return Err(self.fail(Kind::InvalidUtf8, at));
        }
        Ok(Text::from_checked_utf8(bytes))
    }

    /// The chunks of an indefinite-length string: the bytes between its head and its break.
    fn chunks(&mut self, major: u8) -> Result<&'a [u8], Failed> {
        self.advance();
        let start = self.at;
        loop {
            let end = self.at;
            if self.end_of_indefinite()? {
                return Ok(self.bytes.get(start..end).unwrap_or(&[]));
            }
            // A chunk has a definite length and the same type (RFC 8949 section 3.2.3).
            if self.peek()? >> 5 != major {
                return Err(self.fail(Kind::Malformed, end));
            }
            if major == 3 {
                self.whole_text()?;
            } else {
                self.whole(major)?;
            }
        }
    }

    /// The content of the next chunk, of either type; the chunks were checked.
    pub(crate) fn chunk(&mut self) -> Option<&'a [u8]> {
        let major = self.bytes.get(self.at)? >> 5;
        self.whole(major).ok()
    }

    /// A text string of definite or indefinite length.
    pub(crate) fn text(&mut self) -> Result<Text<'a>, Failed> {
        if self.peek()? == 0x7f {
            return self.chunks(3).map(Text::from_checked_chunks);
        }
        self.whole_text()
    }

    /// A byte string of definite or indefinite length.
    pub(crate) fn data(&mut self) -> Result<Data<'a>, Failed> {
        if self.peek()? == 0x5f {
            return self.chunks(2).map(Data::from_checked_chunks);
        }
        self.whole(2).map(Data::from)
    }

    /// An integer of either sign; `None` for one beyond `i64`.
    fn integer(&mut self) -> Result<Option<i64>, Failed> {
        let first = self.peek()?;
        if first >> 5 > 1 {
            return Err(self.wrong_type(first));
        }
        let value = i64::try_from(self.argument(first)?).ok();
        Ok(value.map(|value| if first >> 5 == 0 { value } else { !value }))
    }

    /// Floating-point numbers and decimal fractions.
    #[inline(never)]
    fn fraction(&mut self, first: u8) -> Result<Number, Failed> {
        let at = self.at;
        let value = match first {
            0xf9..=0xfb => {
                let bits = self.argument(first)?;
                let short = u32::try_from(bits).unwrap_or(0);
                match first {
                    0xf9 => HALF.widen(short),
                    0xfa => SINGLE.widen(short),
                    _ => f64::from_bits(bits),
                }
            }
            0xc0..=0xdf => return self.decimal_fraction(first),
            _ => return Err(self.wrong_type(first)),
        };
        if value.is_finite() {
            Ok(Number::Float(value))
        } else {
            Err(self.fail(Kind::NotFinite, at))
        }
    }

    /// Tag 4 (RFC 8949 section 3.4.4).
    fn decimal_fraction(&mut self, first: u8) -> Result<Number, Failed> {
        let start = self.at;
        let tag = self.argument(first)?;
        let parts = self.open(4)?;
        if tag != 4 || (parts != Left(2) && parts != Left::INDEFINITE) {
            return Err(self.fail(Kind::WrongType, start));
        }
        let at = self.at;
        let exponent = self.integer()?.ok_or_else(|| self.fail(Kind::NumberRange, at))?;
        let at = self.at;
        let mantissa = self.integer()?.ok_or_else(|| self.fail(Kind::NumberRange, at))?;
        if parts == Left::INDEFINITE && !self.end_of_indefinite()? {
            return Err(self.fail(Kind::WrongType, start));
        }
        Number::from_decimal(mantissa, exponent).ok_or_else(|| self.fail(Kind::NumberRange, start))
    }

    /// Passes over an item of major type 7.
    pub(super) fn simple_or_float(&mut self, first: u8) -> Result<(), Failed> {
        // Simple values below 32 have no such form (RFC 8949 section 3.3).
        let next = self.bytes.get(self.at.saturating_add(1));
        if first == 0xf8 && next.is_some_and(|value| *value < 32) {
            return Err(self.fail(Kind::Malformed, self.at));
        }
        self.argument(first).map(drop)
    }
}

/// The nearest binary64 to −1 − `value`, an integer below those of `i64`. By its bits, as in
/// [`float`](super::float).
fn beyond_i64(value: u64) -> f64 {
    // At the very end of the range −1 − value and value itself round to 2^64.
    let magnitude = value.saturating_add(1);
    let kept = magnitude >> 11;
    let (low, half) = (magnitude & 0x7ff, 0x400);
    let up = low > half || (low == half && kept & 1 == 1);
    // The leading one counts as one more exponent.
    f64::from_bits((1 << 63 | (1023 + 62) << 52) + kept + u64::from(up))
}

impl<'a> Tokens<'a> for Items<'a> {
    #[cold]
    fn fail(&mut self, kind: Kind, at: usize) -> Failed {
        self.fault = kind.at(at);
        Failed
    }

    #[inline]
    fn short_text(&mut self) -> Option<Text<'a>> {
        let (bytes, at) = self.short(3)?;
        if !utf8::is_ascii(bytes) {
            return None;
        }
        self.at = at;
        Some(Text::from_checked_utf8(bytes))
    }

    #[inline]
    fn short_name(&mut self) -> Option<Text<'a>> {
        let (bytes, at) = self.short(3)?;
        if !bytes.iter().all(|byte| of_name(*byte)) {
            return None;
        }
        self.at = at;
        Some(Text::from_checked_utf8(bytes))
    }

    fn text(&mut self) -> Result<Text<'a>, Failed> {
        Items::text(self)
    }

    fn data(&mut self) -> Result<Data<'a>, Failed> {
        Items::data(self)
    }

    /// An integer of at most 32 bits.
    #[inline]
    fn short_number(&mut self) -> Option<Number> {
        let (first, rest) = self.bytes.get(self.at..)?.split_first()?;
        let info = first & 0x1f;
        if *first >= 0x40 || info > 26 {
            return None;
        }
        let mut value = u32::from(info);
        let mut len = 1;
        if info >= 24 {
            // At the very end of a pack this may ask for more than there is.
            let bytes = u32::from_be_bytes(*rest.first_chunk()?);
            let size = 1u8 << (info & 3);
            value = bytes >> (32 - u32::from(size) * 8);
            len = usize::from(size).wrapping_add(1);
        }
        self.at = self.at.wrapping_add(len);
        let value = i64::from(value);
        Some(Number::Integer(if *first < 0x20 { value } else { !value }))
    }

    /// An integer, a floating-point number or a decimal fraction.
    #[inline(never)]
    fn number(&mut self) -> Result<Number, Failed> {
        let first = self.peek()?;
        match first >> 5 {
            0 => self.argument(first).map(Number::from),
            1 => {
                let value = self.argument(first)?;
                Ok(match i64::try_from(value) {
                    Ok(value) => Number::Integer(!value),
                    Err(_) => Number::Float(beyond_i64(value)),
                })
            }
            _ => self.fraction(first),
        }
    }

    /// Only an unsigned integer (RFC 8428 section 6).
    fn version(&mut self) -> Result<u64, Failed> {
        self.expect(0)
    }

    fn boolean(&mut self) -> Result<bool, Failed> {
        let first = self.peek()?;
        if first & 0xfe != 0xf4 {
            return Err(self.wrong_type(first));
        }
        self.advance();
        Ok(first == 0xf5)
    }

    #[inline]
    fn null(&mut self) -> Result<bool, Failed> {
        let found = self.peek()? == 0xf6;
        if found {
            self.advance();
        }
        Ok(found)
    }
}
