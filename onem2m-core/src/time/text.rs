//! Reading and writing short texts of digits without allocating.

use super::{TimeError, TimeErrorKind};

/// A short text in a buffer of its own. Large enough for every time (see the tests); what would
/// not fit is left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    bytes: [u8; Text::MAX],
    len: usize,
}

impl Text {
    /// A duration with seven numbers of ten digits is the longest.
    const MAX: usize = 88;

    pub(super) const fn new() -> Text {
        Text { bytes: [0; Text::MAX], len: 0 }
    }

    pub(crate) fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.len).unwrap_or(&[]);
        core::str::from_utf8(written).unwrap_or("")
    }

    /// Appends an ASCII byte.
    pub(super) fn byte(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.len) {
            *slot = byte;
            self.len += 1;
        }
    }

    /// Appends `n` in decimal with at least `width` digits.
    pub(super) fn number(&mut self, n: u64, width: usize) {
        let mut digits = [b'0'; 20];
        let (mut rest, mut used) = (n, 0);
        for slot in digits.iter_mut().rev() {
            if rest == 0 {
                break;
            }
            *slot = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            used += 1;
        }
        for digit in digits.iter().skip(20 - used.max(width.min(20))) {
            self.byte(*digit);
        }
    }

    /// Appends a comma and a fraction of `digits` digits, nothing if there are none.
    pub(super) fn fraction(&mut self, fraction: u32, digits: u8) {
        if digits > 0 {
            self.byte(b',');
            self.number(u64::from(fraction), usize::from(digits));
        }
    }
}

/// Reads ASCII from the front.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { bytes: text.as_bytes(), at: 0 }
    }

    pub(super) fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over `byte` if it is next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// The error that the next byte is.
    pub(super) fn unexpected(&self) -> TimeError {
        let kind = match self.peek() {
            Some(_) => TimeErrorKind::Character,
            None => TimeErrorKind::Truncated,
        };
        TimeError { kind, offset: self.at }
    }

    pub(super) fn expect(&mut self, byte: u8) -> Result<(), TimeError> {
        if self.take(byte) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn end(&self) -> Result<(), TimeError> {
        if self.peek().is_none() { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The value of the next byte, if it is a digit.
    pub(super) fn digit(&mut self) -> Option<u8> {
        let digit = self.peek().filter(u8::is_ascii_digit)?;
        self.at += 1;
        Some(digit - b'0')
    }

    /// Exactly `width` digits whose value is `min` to `max`.
    pub(super) fn number(&mut self, width: u32, min: u32, max: u32) -> Result<u32, TimeError> {
        let offset = self.at;
        let mut value = 0u32;
        for _ in 0..width {
            let digit = self.digit().ok_or_else(|| self.unexpected())?;
            value = value.saturating_mul(10).saturating_add(u32::from(digit));
        }
        if value < min || value > max {
            return Err(TimeError { kind: TimeErrorKind::Range, offset });
        }
        Ok(value)
    }

    /// One to six digits: their value and their number.
    pub(super) fn fraction(&mut self) -> Result<(u32, u8), TimeError> {
        let (mut value, mut digits) = (0, 0);
        while digits < 6 {
            let Some(digit) = self.digit() else { break };
            value = value * 10 + u32::from(digit);
            digits += 1;
        }
        if digits == 0 {
            return Err(self.unexpected());
        }
        Ok((value, digits))
    }

    /// One or more digits as a signed 64-bit number, negated if `negative`. Leading zeros and
    /// "-0" are refused, so that a number has one text.
    pub(super) fn magnitude(&mut self, negative: bool) -> Result<i64, TimeError> {
        let offset = self.at;
        let first = self.digit().ok_or_else(|| self.unexpected())?;
        let range = TimeError { kind: TimeErrorKind::Range, offset };
        if first == 0 && (negative || self.peek().is_some_and(|b| b.is_ascii_digit())) {
            return Err(range);
        }
        // Built downwards, because the most negative number has no positive twin.
        let mut value = -i64::from(first);
        while let Some(digit) = self.digit() {
            value =
                value.checked_mul(10).and_then(|v| v.checked_sub(i64::from(digit))).ok_or(range)?;
        }
        if negative { Ok(value) } else { value.checked_neg().ok_or(range) }
    }
}
