//! A strict scanner of JSON (RFC 8259) over borrowed bytes.

use crate::error::{self, DecodeError, DecodeErrorKind as Kind, Failed};
use crate::label::{Label, Tokens, types};
use crate::plain::{first_special, of_name, special_in_word};
use crate::text::{Text, unescape};
use crate::utf8;
use crate::{Data, Number, Value};
use m2m_base::decimal::Grammar;

/// Arrays and objects inside one another in the value of an unknown field.
const MAX_DEPTH: u32 = 32;

/// What [`Scanner::skip`] has open at first: neither array nor object.
const OUTERMOST: u64 = 2;

/// The bracket that closes the innermost array (0) or object (1).
fn closing(open: u64) -> u8 {
    if open & 1 == 1 { b'}' } else { b']' }
}

#[derive(Clone)]
pub(super) struct Scanner<'a> {
    /// What is valid UTF-8 from the start on: checked once and fast, so that no string needs it.
    text: &'a [u8],
    at: usize,
    /// What it means to arrive at the end of `text`.
    at_end: Kind,
    /// What was wrong, once something was.
    fault: DecodeError,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let text = bytes.get(..utf8::valid_up_to(bytes)).unwrap_or(&[]);
        let whole = text.len() == bytes.len();
        let at_end = if whole { Kind::UnexpectedEnd } else { Kind::InvalidUtf8 };
        Scanner { text, at: 0, at_end, fault: at_end.at(0) }
    }

    /// What was wrong when a function failed.
    pub(super) fn fault(&self) -> DecodeError {
        self.fault
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline]
    fn advance(&mut self) {
        self.at = self.at.wrapping_add(1);
    }

    /// The error of a byte that does not fit, or of none.
    #[cold]
    fn unexpected(&mut self) -> Failed {
        match self.peek() {
            Some(_) => self.fail(Kind::Malformed, self.at),
            None => self.fail(self.at_end, self.text.len()),
        }
    }

    /// The types that the value may have that begins here.
    #[cfg_attr(feature = "small", inline(never))]
    fn types(&self) -> u8 {
        match self.peek() {
            Some(b'"') => types::TEXT | types::DATA,
            Some(b'-' | b'0'..=b'9') => types::NUMBER | types::VERSION,
            Some(b't' | b'f') => types::BOOLEAN,
            Some(b'n') => types::NULL,
            Some(b'{' | b'[') => types::OTHER,
            _ => 0,
        }
    }

    /// Like [`Scanner::unexpected`], where the byte would begin a value of another type.
    #[cold]
    fn wrong_type(&mut self) -> Failed {
        if self.types() == 0 { self.unexpected() } else { self.fail(Kind::WrongType, self.at) }
    }

    /// Passes over white space and returns the byte behind it, which stays.
    #[inline]
    pub(super) fn next_byte(&mut self) -> Option<u8> {
        match self.peek() {
            Some(..=b' ') => self.behind_space(),
            other => other,
        }
    }

    #[inline(never)]
    fn behind_space(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.advance();
        }
        self.peek()
    }

    /// Passes over white space and `byte`.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Failed> {
        if self.next_byte() == Some(byte) {
            self.advance();
            return Ok(());
        }
        Err(self.unexpected())
    }

    /// Passes over white space and `open` of an array or object that must begin here.
    pub(super) fn open(&mut self, open: u8) -> Result<(), Failed> {
        if self.next_byte() == Some(open) {
            self.advance();
            return Ok(());
        }
        Err(self.wrong_type())
    }

    /// Passes over white space and `byte`, if it is there.
    #[inline]
    pub(super) fn accept(&mut self, byte: u8) -> bool {
        let found = self.next_byte() == Some(byte);
        if found {
            self.advance();
        }
        found
    }

    /// After an element: true when `,` announces another, false when `close` ends them.
    #[inline]
    pub(super) fn more(&mut self, close: u8) -> Result<bool, Failed> {
        let byte = self.next_byte();
        let more = byte == Some(b',');
        if !more && byte != Some(close) {
            return Err(self.unexpected());
        }
        self.advance();
        Ok(more)
    }

    /// Nothing but white space may follow.
    pub(super) fn end(&mut self) -> Result<(), Failed> {
        match self.next_byte() {
            None if self.at_end == Kind::UnexpectedEnd => Ok(()),
            None => Err(self.unexpected()),
            Some(_) => Err(self.fail(Kind::TrailingBytes, self.at)),
        }
    }

    /// The first `len` bytes of what is behind a quote, if another follows them.
    #[inline(always)]
    fn quoted(&mut self, content: &'a [u8], len: usize) -> Option<Text<'a>> {
        let (text, rest) = content.split_at_checked(len)?;
        let [b'"', ..] = rest else { return None };
        self.at = self.at.wrapping_add(len).wrapping_add(2);
        Some(Text::from_checked_json(text, false))
    }

    /// White space and a string.
    #[inline(never)]
    pub(super) fn string(&mut self) -> Result<Text<'a>, Failed> {
        if self.next_byte() != Some(b'"') {
            return Err(self.wrong_type());
        }
        self.advance();
        let start = self.at;
        let mut escaped = false;
        loop {
            let rest = self.text.get(self.at..).unwrap_or(&[]);
            let Some(plain) = first_special(rest) else {
                self.at = self.text.len();
                return Err(self.unexpected());
            };
            self.at = self.at.wrapping_add(plain);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    let rest = rest.get(plain..).unwrap_or(&[]);
                    let (_, len) = unescape(rest).ok_or_else(|| self.bad_escape(rest))?;
                    self.at = self.at.wrapping_add(len);
                }
                _ => return Err(self.fail(Kind::InvalidString, self.at)),
            }
        }
        let raw = self.text.get(start..self.at).unwrap_or(&[]);
        self.advance();
        Ok(Text::from_checked_json(raw, escaped))
    }

    /// Tells an escape that is cut short from one that is wrong.
    #[cold]
    fn bad_escape(&mut self, rest: &[u8]) -> Failed {
        // What there is of `\uXXXX\uXXXX`.
        let mut cut = rest.len() < 12;
        for (at, byte) in rest.iter().enumerate() {
            cut &= match at {
                0 | 6 => *byte == b'\\',
                1 | 7 => *byte == b'u',
                _ => byte.is_ascii_hexdigit(),
            };
        }
        if cut {
            self.fail(self.at_end, self.text.len())
        } else {
            self.fail(Kind::InvalidString, self.at)
        }
    }

    fn literal(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, Failed> {
        for byte in word.bytes() {
            if self.peek() != Some(byte) {
                return Err(self.unexpected());
            }
            self.advance();
        }
        Ok(value)
    }

    #[inline(never)]
    fn plain_number(&mut self) -> Result<Number, Failed> {
        let rest = self.text.get(self.at..).unwrap_or(&[]);
        match Number::scan(rest, Grammar::Json) {
            Ok((number, len)) => {
                self.at = self.at.wrapping_add(len);
                Ok(number)
            }
            Err(error) => {
                let DecodeError { kind, offset } =
                    error::of_number(error, self.at, self.text.len());
                let kind = if kind == Kind::UnexpectedEnd { self.at_end } else { kind };
                Err(self.fail(kind, offset))
            }
        }
    }

    /// Passes over any value.
    pub(super) fn skip(&mut self) -> Result<(), Failed> {
        // One bit for each open array (0) or object (1), the innermost lowest, and one above them.
        let mut open = OUTERMOST;
        loop {
            if open & 1 == 1 {
                self.key()?;
            }
            if let Some(bracket @ (b'{' | b'[')) = self.next_byte() {
                if open >> MAX_DEPTH >= OUTERMOST {
                    return Err(self.fail(Kind::TooDeep, self.at));
                }
                self.advance();
                open = open << 1 | u64::from(bracket >> 5 & 1);
                if !self.accept(closing(open)) {
                    continue;
                }
                open >>= 1;
            } else {
                self.value(types::SCALAR)?;
            }
            // A value is complete, and with it what closes behind it.
            loop {
                if open == OUTERMOST {
                    return Ok(());
                }
                if self.more(closing(open))? {
                    break;
                }
                open >>= 1;
            }
        }
    }

    /// White space, a string, white space and a colon.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Text<'a>, Failed> {
        if self.next_byte() != Some(b'"') {
            return Err(self.unexpected());
        }
        let key = self.string()?;
        self.expect(b':')?;
        Ok(key)
    }

    /// A key of one or two letters that is a label, and its colon. Most keys are; any other is left
    /// to [`Scanner::key`].
    #[inline(always)]
    pub(super) fn short_label(&mut self) -> Option<Label> {
        let (label, len) = match *self.text.get(self.at..)? {
            [b'"', a, b'"', b':', ..] => (Label::from_letter(a)?, 4),
            [b'"', a, b, b'"', b':', ..] => (Label::from_letters(a, b)?, 5),
            _ => return None,
        };
        self.at = self.at.wrapping_add(len);
        Some(label)
    }

    /// White space and a number.
    pub(super) fn number(&mut self) -> Result<Number, Failed> {
        match self.value(types::NUMBER)? {
            Value::Number(number) => Ok(number),
            _ => Err(Failed),
        }
    }

    /// White space, and true or false.
    pub(super) fn boolean(&mut self) -> Result<bool, Failed> {
        Ok(self.value(types::BOOLEAN)? == Value::Boolean(true))
    }
}

impl<'a> Tokens<'a> for Scanner<'a> {
    #[cold]
    fn fail(&mut self, kind: Kind, at: usize) -> Failed {
        self.fault = kind.at(at);
        Failed
    }

    /// At most seven bytes without escapes.
    #[inline]
    fn short_text(&mut self) -> Option<Text<'a>> {
        let (b'"', content) = self.text.get(self.at..)?.split_first()? else { return None };
        let len = special_in_word(*content.first_chunk()?)?;
        self.quoted(content, len)
    }

    #[inline]
    fn short_name(&mut self) -> Option<Text<'a>> {
        let (b'"', content) = self.text.get(self.at..)?.split_first()? else { return None };
        let len = content.iter().position(|byte| !of_name(*byte))?;
        self.quoted(content, len)
    }

    #[inline]
    fn short_number(&mut self) -> Option<Number> {
        let (number, len) = Number::scan_usual(self.text.get(self.at..)?)?;
        self.at = self.at.wrapping_add(len);
        Some(number)
    }

    fn text(&mut self) -> Result<Text<'a>, Failed> {
        self.string()
    }

    /// White space and a value.
    #[inline(never)]
    fn value(&mut self, types: u8) -> Result<Value<'a>, Failed> {
        let first = self.next_byte();
        let start = self.at;
        if self.types() & types == 0 {
            return Err(self.wrong_type());
        }
        Ok(match first {
            Some(b'"') => {
                let text = self.string()?;
                if types & types::TEXT != 0 {
                    return Ok(Value::Text(text));
                }
                let data = Data::from_base64(text);
                Value::Data(data.ok_or_else(|| self.fail(Kind::InvalidBase64, start))?)
            }
            Some(b't') => self.literal("true", Value::Boolean(true))?,
            Some(b'f') => self.literal("false", Value::Boolean(false))?,
            Some(b'n') => self.literal("null", Value::Null)?,
            _ => {
                let number = self.plain_number()?;
                if types != types::VERSION {
                    return Ok(Value::Number(number));
                }
                let version = match number {
                    Number::Integer(version) => u64::try_from(version).ok(),
                    Number::Unsigned(version) => Some(version),
                    // Only zero with a sign is a whole number that is not one of the two.
                    Number::Float(version) => (version.to_bits() << 1 == 0).then_some(0),
                    Number::Decimal(_) => None,
                };
                version.ok_or_else(|| self.fail(Kind::WrongType, start))?.into()
            }
        })
    }
}
