//! The CBOR items that SenML is made of.
//!
//! Heads are read here and not by a library: what a general decoder does for its many types and
//! its own errors took half of the time and a third of the flash of the whole reader.

use crate::error::{DecodeError, DecodeErrorKind as Kind, Failed};
use crate::label::{Tokens, types};
use crate::plain::of_name;
use crate::utf8;
use crate::{Data, Number, Text, Value};
use m2m_base::SMALL;
use m2m_base::float::{HALF, SINGLE};

const BREAK: u8 = 0xff;

// Sets of major types, one bit each.
const INTEGERS: u8 = 0b11;
const BYTES: u8 = 1 << 2;
const TEXTS: u8 = 1 << 3;
const STRINGS: u8 = BYTES | TEXTS;
pub(super) const ARRAYS: u8 = 1 << 4;
pub(super) const MAPS: u8 = 1 << 5;
const TAGS: u8 = 1 << 6;
/// All of them.
pub(super) const ANY: u8 = 0xff;

/// The [`types`] of the major types, of the last one without those that it tells apart itself.
const TYPES: [u8; 8] = [
    types::NUMBER | types::VERSION,
    types::NUMBER,
    types::DATA,
    types::TEXT,
    0,
    0,
    types::NUMBER,
    0,
];

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
    /// The argument of the last head that was read, zero of an indefinite length.
    argument: u64,
    /// Its first byte; a break behind the chunks of a string.
    first: u8,
    /// Whether the value of an unknown field was passed over.
    pub(super) unknown: bool,
    /// What was wrong, once something was.
    fault: DecodeError,
}

impl<'a> Items<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let fault = Kind::UnexpectedEnd.at(0);
        Items { bytes, at: 0, argument: 0, first: BREAK, unknown: false, fault }
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

    /// The first byte of the next item; a break, which begins none, where there is no more.
    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline)]
    pub(super) fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(BREAK)
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

    /// Reads the head of the next item (RFC 8949 section 3), which must have one of these major
    /// types, one bit each.
    #[inline(never)]
    pub(super) fn head(&mut self, majors: u8) -> Result<(), Failed> {
        let first = self.peek();
        let major = first >> 5;
        let info = first & 0x1f;
        // What heads may end in this (RFC 8949 section 3): strings, arrays and maps may have
        // indefinite lengths.
        let valid = match info {
            0..28 => ANY,
            31 => STRINGS | ARRAYS | MAPS,
            _ => 0,
        };
        let has = |set: u8| set >> major & 1 == 1;
        if !has(majors & valid) {
            let kind = match self.bytes.get(self.at) {
                None => Kind::UnexpectedEnd,
                Some(_) if has(valid) => Kind::WrongType,
                Some(_) => Kind::Malformed,
            };
            return Err(self.fail(kind, self.at));
        }
        self.first = first;
        self.advance();
        let (short, len) = match info {
            0..24 => (info, 0),
            24..28 => (0, 1 << (info & 3)),
            _ => (0, 0),
        };
        let bytes = self.take(len)?;
        self.argument =
            bytes.iter().fold(short.into(), |value, byte| value << 8 | u64::from(*byte));
        Ok(())
    }

    /// The first byte of the last head.
    pub(super) fn first(&self) -> u8 {
        self.first
    }

    /// The argument of the last head.
    pub(super) fn argument(&self) -> u64 {
        self.argument
    }

    /// Whether the last head has no length.
    fn is_indefinite(&self) -> bool {
        self.first & 0x1f == 31
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

    /// Passes over a break, if one comes next.
    #[inline(never)]
    pub(super) fn end_of_indefinite(&mut self) -> Result<bool, Failed> {
        match self.bytes.get(self.at) {
            Some(&BREAK) => {
                self.advance();
                Ok(true)
            }
            Some(_) => Ok(false),
            None => Err(self.end()),
        }
    }

    /// The head of an array or map, by its bit.
    #[inline]
    pub(super) fn open(&mut self, majors: u8) -> Result<Left, Failed> {
        if !SMALL {
            let first = self.peek();
            let short = first & 0x1f;
            if short < 24 && majors >> (first >> 5) & 1 == 1 {
                self.advance();
                return Ok(Left(usize::from(short)));
            }
        }
        self.head(majors)?;
        Ok(self.left())
    }

    /// How many items follow the last head.
    #[inline(never)]
    pub(super) fn left(&self) -> Left {
        if self.is_indefinite() {
            return Left::INDEFINITE;
        }
        // More than there are bytes of them: where they end, the error is found.
        Left(usize::try_from(self.argument).unwrap_or(usize::MAX).min(usize::MAX >> 2))
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

    /// As many bytes as the last head says.
    fn content(&mut self) -> Result<&'a [u8], Failed> {
        // A length beyond `usize` is one beyond the bytes.
        self.take(usize::try_from(self.argument).unwrap_or(usize::MAX))
    }

    /// A string of this major type: its content, or all from its chunks on and
    /// [`Items::is_indefinite`] then.
    #[inline(never)]
    fn string(&mut self, majors: u8) -> Result<&'a [u8], Failed> {
        let mut start = 0;
        loop {
            let at = self.at;
            self.head(majors)?;
            if self.is_indefinite() {
                // Chunks have definite lengths (RFC 8949 section 3.2.3).
                if start != 0 {
                    return Err(self.fail(Kind::Malformed, at));
                }
                start = self.at;
            } else {
                let content = self.content()?;
                if majors == TEXTS && !utf8::is_valid(content) {
                    return Err(self.fail(Kind::InvalidUtf8, at));
                }
                if start == 0 {
                    return Ok(content);
                }
            }
            let end = self.at;
            if self.end_of_indefinite()? {
                self.first = BREAK;
                return Ok(self.bytes.get(start..).unwrap_or(&[]));
            }
            // And the same type.
            if majors >> (self.peek() >> 5) & 1 == 0 {
                return Err(self.fail(Kind::Malformed, end));
            }
        }
    }

    /// Passes over the string that begins at this place, whose head was read.
    pub(super) fn pass_string(&mut self, at: usize) -> Result<(), Failed> {
        self.at = at;
        self.string(1 << (self.first >> 5)).map(drop)
    }

    /// The content of the next chunk, of either type; the chunks were checked. None at the break.
    pub(crate) fn chunk(&mut self) -> Option<&'a [u8]> {
        self.head(STRINGS).and_then(|()| self.content()).ok()
    }

    /// Whether all that is left are chunks of a text or byte string and the break behind them.
    pub(crate) fn all_chunks(&mut self, text: bool) -> bool {
        let majors = if text { TEXTS } else { BYTES };
        while self.peek() != BREAK {
            let Some(chunk) = self.chunk() else { return false };
            let strange = majors >> (self.first >> 5) & 1 == 0 || self.is_indefinite();
            if strange || (text && !utf8::is_valid(chunk)) {
                return false;
            }
        }
        self.bytes.get(self.at..) == Some(&[BREAK])
    }

    /// A text string of definite or indefinite length.
    pub(crate) fn text(&mut self) -> Result<Text<'a>, Failed> {
        let bytes = self.string(TEXTS)?;
        Ok(Text::from_checked_cbor(bytes, self.is_indefinite()))
    }

    /// Passes over a tag, if one comes next that is not that of decimal fractions.
    pub(super) fn tag(&mut self) -> Option<u64> {
        let start = self.at;
        if self.head(TAGS).is_ok() && self.argument != 4 {
            return Some(self.argument);
        }
        self.at = start;
        None
    }

    /// The array behind tag 4 (RFC 8949 section 3.4.4): returns the exponent, and the mantissa is
    /// the integer that was read last.
    fn decimal_fraction(&mut self, start: usize) -> Result<i16, Failed> {
        let is_decimal = self.argument == 4;
        let parts = self.open(ARRAYS)?;
        if !is_decimal || (parts != Left(2) && parts != Left::INDEFINITE) {
            return Err(self.fail(Kind::WrongType, start));
        }
        self.head(INTEGERS)?;
        let exponent = i16::try_from(self.argument).unwrap_or(i16::MAX);
        let exponent = if self.first < 0x20 { exponent } else { !exponent };
        self.head(INTEGERS)?;
        if parts == Left::INDEFINITE && !self.end_of_indefinite()? {
            return Err(self.fail(Kind::WrongType, start));
        }
        Ok(exponent)
    }
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

    fn text(&mut self) -> Result<Text<'a>, Failed> {
        Items::text(self)
    }

    /// Of major type 7 only what SenML has (RFC 8949 section 3.3).
    #[inline(never)]
    fn value(&mut self, types: u8) -> Result<Value<'a>, Failed> {
        let at = self.at;
        let first = self.peek();
        let found = match first {
            0xf4 | 0xf5 => types::BOOLEAN,
            0xf6 => types::NULL,
            0xf9..=0xfb => types::NUMBER,
            _ => TYPES.get(usize::from(first >> 5)).copied().unwrap_or(0),
        };
        let majors = if found & types == 0 { 0 } else { 1 << (first >> 5) };
        if found & (types::TEXT | types::DATA) != 0 {
            let bytes = self.string(majors)?;
            let chunks = self.is_indefinite();
            return Ok(match found {
                types::TEXT => Value::Text(Text::from_checked_cbor(bytes, chunks)),
                _ => Value::Data(Data::from_checked_cbor(bytes, chunks)),
            });
        }
        self.head(majors)?;
        let exponent = if majors == TAGS { self.decimal_fraction(at)? } else { 0 };
        let bits = self.argument;
        let short = u32::try_from(bits).unwrap_or(0);
        let value = match self.first {
            0..0x40 => {
                let negative = self.first >= 0x20;
                // At the very end of the range −1 − n and n itself round to 2^64.
                let magnitude = bits.saturating_add(negative.into());
                return match Number::from_parts(negative, magnitude, exponent) {
                    Some(number) => Ok(Value::Number(number)),
                    None => Err(self.fail(Kind::NumberRange, at)),
                };
            }
            0xf4 | 0xf5 => return Ok(Value::Boolean(self.first == 0xf5)),
            0xf6 => return Ok(Value::Null),
            0xf9 => HALF.widen(short),
            0xfa => SINGLE.widen(short),
            _ => f64::from_bits(bits),
        };
        if !value.is_finite() && types & types::INFINITE == 0 {
            return Err(self.fail(Kind::NotFinite, at));
        }
        Ok(value.into())
    }
}
