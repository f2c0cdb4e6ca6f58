//! Arguments of Execute (Core 7.3.2.5): `0,1='abc'`.

use core::str::from_utf8;

use m2m_base::{Full, Sink};

use crate::error::{DecodeError, DecodeErrorKind};

/// One argument: its digit, 0 to 9, and its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Argument<'a> {
    /// Which argument it is, 0 to 9.
    pub digit: u8,
    /// The text between the quotation marks; `None` for an argument that is only there.
    pub value: Option<&'a str>,
}

/// What may stand between the quotation marks. The grammar leaves the space out and an example of
/// the standard has one: it is taken and never written.
fn is_value(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\'' | b'\\')
}

/// The digit and the value of an argument, and what is behind it.
type Split<'a> = (u8, Option<&'a [u8]>, &'a [u8]);

/// The argument at the start of `list`.
fn split(list: &[u8]) -> Option<Split<'_>> {
    let (digit, rest) = list.split_first().filter(|(digit, _)| digit.is_ascii_digit())?;
    let quoted = |rest: &'_ [u8]| {
        let text = rest.strip_prefix(b"='")?;
        let end = text.iter().position(|byte| !is_value(*byte))?;
        (text.get(end) == Some(&b'\'')).then_some(end)
    };
    // An equals sign without a value is what does not belong there.
    let Some(len) = quoted(rest) else { return Some((digit & 0xf, None, rest)) };
    let value = rest.get(2..len.wrapping_add(2))?;
    Some((digit & 0xf, Some(value), rest.get(len.wrapping_add(3)..)?))
}

/// True if [`Arguments::parse`] takes the payload: what a device asks before the application does.
#[cfg(feature = "client")]
pub(crate) fn is_well_formed(payload: &[u8]) -> bool {
    /// What came last.
    #[derive(Clone, Copy)]
    enum Last {
        Nothing,
        Comma,
        Digit,
        Equals,
        Text,
        Value,
    }
    let (mut last, mut seen) = (Last::Nothing, 0u16);
    for byte in payload {
        last = match (last, *byte) {
            (Last::Nothing | Last::Comma, digit @ b'0'..=b'9')
                if seen >> (digit & 0xf) & 1 == 0 =>
            {
                seen |= 1 << (digit & 0xf);
                Last::Digit
            }
            (Last::Digit, b'=') => Last::Equals,
            (Last::Equals, b'\'') => Last::Text,
            (Last::Text, b'\'') => Last::Value,
            (Last::Text, byte) if is_value(byte) => Last::Text,
            (Last::Digit | Last::Value, b',') => Last::Comma,
            _ => return false,
        };
    }
    matches!(last, Last::Nothing | Last::Digit | Last::Value)
}

/// The arguments of one Execute.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Arguments<'a> {
    values: [Option<Option<&'a str>>; 10],
    /// Their digits in the order they came, four bits each, the first lowest.
    order: u64,
    count: u8,
}

impl<'a> Arguments<'a> {
    /// Reads a payload. An empty one has no arguments.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Syntax`] for what the grammar does not allow and for a digit that comes
    /// twice.
    ///
    /// ```
    /// use lwm2m_core::execute::Arguments;
    ///
    /// let arguments = Arguments::parse(b"0,2='10.3'")?;
    /// assert_eq!(arguments.get(0), Some(None));
    /// assert_eq!(arguments.get(2), Some(Some("10.3")));
    /// assert_eq!(arguments.get(1), None);
    /// # Ok::<(), lwm2m_core::DecodeError>(())
    /// ```
    pub fn parse(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let text = from_utf8(payload)
            .map_err(|e| DecodeError::new(DecodeErrorKind::Utf8, e.valid_up_to()))?;
        let mut arguments = Arguments::default();
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let at = payload.len().saturating_sub(rest.len());
            let error = DecodeError::new(DecodeErrorKind::Syntax, at);
            let list = if arguments.count == 0 { Some(rest) } else { rest.strip_prefix(b",") };
            let (digit, value, behind) = list.and_then(split).ok_or(error)?;
            let value = value.map(from_utf8).transpose().map_err(|_| error)?;
            if !arguments.push(Argument { digit, value }) {
                return Err(error);
            }
            rest = behind;
        }
        Ok(arguments)
    }

    /// Adds an argument; false if its digit is above 9 or was there.
    fn push(&mut self, argument: Argument<'a>) -> bool {
        match self.values.get_mut(usize::from(argument.digit)) {
            Some(slot @ None) => *slot = Some(argument.value),
            _ => return false,
        }
        self.order |= u64::from(argument.digit) << (4 * u32::from(self.count));
        self.count = self.count.saturating_add(1);
        true
    }

    /// The value of an argument: `None` if it is not there, `Some(None)` if it has no value.
    #[must_use]
    pub fn get(&self, digit: u8) -> Option<Option<&'a str>> {
        self.values.get(usize::from(digit)).copied().flatten()
    }

    /// The arguments in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = Argument<'a>> + use<'_, 'a> {
        (0..self.count).filter_map(|n| {
            let digit = u8::try_from(self.order >> (4 * u32::from(n)) & 0xf).ok()?;
            Some(Argument { digit, value: self.get(digit)? })
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Why arguments could not be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArgumentError {
    /// The sink is full.
    Full,
    /// A digit above 9, or twice.
    Digit,
    /// A value with a character that values do not have: white space, quotation marks, a
    /// backslash, anything beyond ASCII.
    Value,
}

impl From<Full> for ArgumentError {
    fn from(Full: Full) -> Self {
        ArgumentError::Full
    }
}

impl core::fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            ArgumentError::Full => "no room left",
            ArgumentError::Digit => "a digit above 9, or twice",
            ArgumentError::Value => "a character that values do not have",
        })
    }
}

impl core::error::Error for ArgumentError {}

/// Writes the payload of Execute.
///
/// # Errors
/// [`ArgumentError`]. What is in the sink then is a part of the payload.
pub fn write(arguments: &[Argument<'_>], sink: &mut dyn Sink) -> Result<(), ArgumentError> {
    let mut seen = Arguments::default();
    for argument in arguments {
        let first = seen.is_empty();
        if !seen.push(*argument) {
            return Err(ArgumentError::Digit);
        }
        if !first {
            sink.put_u8(b',')?;
        }
        sink.put_u8(b'0' | argument.digit)?;
        if let Some(value) = argument.value {
            if !value.bytes().all(|b| is_value(b) && b != b' ') {
                return Err(ArgumentError::Value);
            }
            sink.put(b"='")?;
            sink.put(value.as_bytes())?;
            sink.put_u8(b'\'')?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn pairs(text: &str) -> Result<Vec<(u8, Option<&str>)>, usize> {
        let arguments = Arguments::parse(text.as_bytes()).map_err(|e| e.offset)?;
        Ok(arguments.iter().map(|a| (a.digit, a.value)).collect())
    }

    #[test]
    fn core_7_3_2_5_examples() {
        for (text, expected) in [
            ("", Vec::new()),
            ("5", std::vec![(5, None)]),
            ("2='10.3'", std::vec![(2, Some("10.3"))]),
            ("7,0='https://www.oma.org'", std::vec![(7, None), (0, Some("https://www.oma.org"))]),
            ("0,1,2,3,4", (0..5).map(|n| (n, None)).collect()),
            ("0,1='abc'", std::vec![(0, None), (1, Some("abc"))]),
            ("0='U'", std::vec![(0, Some("U"))]),
            ("1=''", std::vec![(1, Some(""))]),
            ("1='a b'", std::vec![(1, Some("a b"))]),
            ("1='a,2'", std::vec![(1, Some("a,2"))]),
        ] {
            assert_eq!(pairs(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_the_grammar_does_not_allow() {
        for (text, offset) in [
            (",5", 0),
            ("5,", 1),
            ("10", 1),
            ("0=abc", 1),
            ("0='abc", 1),
            ("0='a'b", 5),
            ("0,,1", 1),
            ("0, 1", 1),
            ("a", 0),
            ("='a'", 0),
            ("0='\"'", 1),
            ("0='\\'", 1),
            ("0='ä'", 1),
            ("0,1,0", 3),
        ] {
            assert_eq!(pairs(text), Err(offset), "{text}");
        }
        let error = Arguments::parse(b"0\xff").unwrap_err();
        assert_eq!((error.kind, error.offset), (DecodeErrorKind::Utf8, 1));
    }

    #[test]
    fn what_is_not_written() {
        let mut out = Vec::new();
        for (digit, value, error) in [
            (10, None, ArgumentError::Digit),
            (0, Some("a b"), ArgumentError::Value),
            (0, Some("'"), ArgumentError::Value),
        ] {
            assert_eq!(write(&[Argument { digit, value }], &mut out), Err(error));
        }
        let twice = [Argument { digit: 1, value: None }; 2];
        assert_eq!(write(&twice, &mut out), Err(ArgumentError::Digit));
    }

    proptest! {
        #[test]
        fn round_trip(
            digits in proptest::sample::subsequence((0u8..10).collect::<Vec<_>>(), 0..10),
            values in proptest::collection::vec(proptest::option::of("[!#-&(-\\[\\]-~]{0,8}"), 10),
        ) {
            let arguments: Vec<_> = digits
                .iter()
                .zip(&values)
                .map(|(digit, value)| Argument { digit: *digit, value: value.as_deref() })
                .collect();
            let mut out = Vec::new();
            write(&arguments, &mut out).unwrap();
            let read = Arguments::parse(&out).unwrap();
            prop_assert_eq!(read.len(), arguments.len());
            prop_assert_eq!(read.iter().collect::<Vec<_>>(), arguments);
        }

        #[test]
        fn any_text(text in "[0-9,='a \\\\]{0,20}") {
            let parsed = Arguments::parse(text.as_bytes());
            #[cfg(feature = "client")]
            prop_assert_eq!(is_well_formed(text.as_bytes()), parsed.is_ok());
            if let Ok(arguments) = parsed {
                let mut out = Vec::new();
                if write(&arguments.iter().collect::<Vec<_>>(), &mut out).is_ok() {
                    prop_assert_eq!(out, text.into_bytes());
                }
            }
        }
    }
}
