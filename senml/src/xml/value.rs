//! The values of attributes.

use super::is_space;
use crate::error::{DecodeError, DecodeErrorKind as Kind, Failed, of_number};
use crate::label::{Tokens, types};
use crate::{Data, Number, Text};
use m2m_base::decimal::Grammar;

/// The character that stands at the start of `raw`: what a reference stands for, or white space
/// as it counts in an attribute (XML 1.0 sections 2.11, 3.3.3 and 4.1), and its length. `None` if
/// it is neither.
pub(crate) fn unescape(raw: &[u8]) -> Option<(char, usize)> {
    match raw {
        [b'\r', b'\n', ..] => return Some((' ', 2)),
        [b'\t' | b'\n' | b'\r', ..] => return Some((' ', 1)),
        [b'&', ..] => {}
        _ => return None,
    }
    // The longest that makes sense has leading zeros.
    let end = raw.iter().take(16).position(|byte| *byte == b';')?;
    let c = match raw.get(1..end)? {
        b"lt" => '<',
        b"gt" => '>',
        b"amp" => '&',
        b"apos" => '\'',
        b"quot" => '"',
        [b'#', b'x', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        _ => return None,
    };
    Some((c, end.saturating_add(1)))
}

fn number(digits: &[u8], radix: u32) -> Option<char> {
    if digits.is_empty() {
        return None;
    }
    let add = |value: u32, digit: &u8| {
        value.checked_mul(radix)?.checked_add(char::from(*digit).to_digit(radix)?)
    };
    let c = char::from_u32(digits.iter().try_fold(0, add)?)?;
    is_char(c).then_some(c)
}

/// Whether XML 1.0 has this character (section 2.2).
pub(super) fn is_char(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// A quoted value of `bytes` whose opening quote is at `start`: the value, and where the bytes
/// behind it begin.
pub(super) fn quoted(bytes: &[u8], start: usize) -> Result<(Value<'_>, usize), DecodeError> {
    let quote = match bytes.get(start) {
        Some(quote @ (b'"' | b'\'')) => *quote,
        Some(_) => return Err(Kind::Malformed.at(start)),
        None => return Err(Kind::UnexpectedEnd.at(bytes.len())),
    };
    let first = start.saturating_add(1);
    let mut at = first;
    let mut escaped = false;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let len = match rest.first() {
            None => return Err(Kind::UnexpectedEnd.at(bytes.len())),
            Some(byte) if *byte == quote => break,
            Some(b'<') => return Err(Kind::Malformed.at(at)),
            Some(b'&') => {
                escaped = true;
                let (_, len) = unescape(rest).ok_or_else(|| bad_reference(rest, at, quote))?;
                len
            }
            Some(b'\t' | b'\n' | b'\r') => {
                escaped = true;
                1
            }
            Some(0..0x20) => return Err(Kind::InvalidString.at(at)),
            // U+FFFE and U+FFFF.
            Some(0xef) if matches!(rest, [_, 0xbf, 0xbe | 0xbf, ..]) => {
                return Err(Kind::InvalidString.at(at));
            }
            Some(_) => 1,
        };
        at = at.saturating_add(len);
    }
    let raw = bytes.get(first..at).unwrap_or_default();
    if let Err(error) = core::str::from_utf8(raw) {
        return Err(Kind::InvalidUtf8.at(first.saturating_add(error.valid_up_to())));
    }
    let text = Text::from_checked_xml(raw, escaped);
    Ok((Value { text, raw, at: first, fault: Kind::Malformed.at(first) }, at.saturating_add(1)))
}

/// Tells a reference that is cut short from one that is wrong.
fn bad_reference(rest: &[u8], at: usize, quote: u8) -> DecodeError {
    let ends = |byte: &u8| *byte == b';' || *byte == quote || *byte == b'<';
    if rest.len() < 16 && !rest.iter().any(ends) {
        return Kind::UnexpectedEnd.at(at.saturating_add(rest.len()));
    }
    Kind::InvalidString.at(at)
}

/// The value of an attribute.
pub(super) struct Value<'a> {
    pub(super) text: Text<'a>,
    raw: &'a [u8],
    at: usize,
    fault: DecodeError,
}

impl Value<'_> {
    /// What was wrong when a function failed.
    pub(super) fn fault(&self) -> DecodeError {
        self.fault
    }
}

impl<'a> Value<'a> {
    /// An `xsd:double`, whatever its spelling.
    fn number(&mut self) -> Result<Number, Failed> {
        let mut buf = [0; 400];
        let (text, exact) = match self.text.as_bytes() {
            Some(text) => (text, true),
            // Digits may be references.
            None => match self.text.copy_to(&mut buf) {
                Ok(text) => (text.as_bytes(), false),
                Err(_) => return Err(self.fail(Kind::Malformed, self.at)),
            },
        };
        let spaces = text.iter().take_while(|byte| is_space(**byte)).count();
        let text = text.trim_ascii();
        Number::parse(text, Grammar::Relaxed).map_err(|error| {
            if matches!(text, b"NaN" | b"INF" | b"-INF" | b"+INF") {
                return self.fail(Kind::NotFinite, self.at);
            }
            let start = self.at.saturating_add(if exact { spaces } else { 0 });
            let error = of_number(error, start, usize::MAX);
            let offset = if exact { error.offset } else { self.at };
            // It ends with its quote: nothing can be missing.
            let end = self.at.saturating_add(self.raw.len());
            self.fail(error.kind, offset.min(end))
        })
    }

    fn boolean(&mut self) -> Result<bool, Failed> {
        let mut buf = [0; 32];
        let text = self.text.copy_to(&mut buf).unwrap_or_default();
        match text.trim_ascii() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(self.fail(Kind::WrongType, self.at)),
        }
    }
}

impl<'a> Tokens<'a> for Value<'a> {
    fn fail(&mut self, kind: Kind, at: usize) -> Failed {
        self.fault = kind.at(at);
        Failed
    }

    fn short_text(&mut self) -> Option<Text<'a>> {
        Some(self.text)
    }

    fn short_name(&mut self) -> Option<Text<'a>> {
        None
    }

    fn short_number(&mut self) -> Option<Number> {
        None
    }

    fn text(&mut self) -> Result<Text<'a>, Failed> {
        Ok(self.text)
    }

    /// All is text: what it is to be tells how it is read.
    fn value(&mut self, types: u8) -> Result<crate::Value<'a>, Failed> {
        Ok(match types {
            types::TEXT => crate::Value::Text(self.text),
            types::DATA => {
                let data = Data::from_base64(self.text);
                crate::Value::Data(data.ok_or_else(|| self.fail(Kind::InvalidBase64, self.at))?)
            }
            types::BOOLEAN => self.boolean()?.into(),
            types::VERSION => {
                let version = self.number()?.to_u64();
                version.ok_or_else(|| self.fail(Kind::WrongType, self.at))?.into()
            }
            _ => self.number()?.into(),
        })
    }
}
