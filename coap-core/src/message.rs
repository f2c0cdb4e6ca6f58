//! Messages over datagrams: the view of a received one (RFC 7252 section 3).

use crate::{
    Code, ContentFormat, DecodeError, DecodeErrorKind as Kind, EXTENSIONS, MessageOption,
    OptionNumber,
};

use m2m_base::SMALL;

/// The largest length field of a token: without RFC 8974 all above 8 are reserved.
const TOKEN_LENGTH: u8 = if EXTENSIONS { 14 } else { 8 };

/// The four types of messages (RFC 7252 section 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageType {
    /// CON: wants an acknowledgement.
    Confirmable,
    /// NON: wants none.
    NonConfirmable,
    /// ACK: acknowledges a CON, and may carry its response.
    Acknowledgement,
    /// RST: the message was received, but nothing is known of its context.
    Reset,
}

impl MessageType {
    const fn from_bits(first: u8) -> MessageType {
        match first >> 4 & 3 {
            0 => MessageType::Confirmable,
            1 => MessageType::NonConfirmable,
            2 => MessageType::Acknowledgement,
            _ => MessageType::Reset,
        }
    }

    pub(crate) const fn bits(self) -> u8 {
        match self {
            MessageType::Confirmable => 0,
            MessageType::NonConfirmable => 1 << 4,
            MessageType::Acknowledgement => 2 << 4,
            MessageType::Reset => 3 << 4,
        }
    }
}

/// Type and message ID of whatever claims to be a version 1 message, malformed or not: what a
/// receiver needs to answer a malformed CON with a RST (RFC 7252 section 4.2).
#[must_use]
pub fn peek_header(bytes: &[u8]) -> Option<(MessageType, u16)> {
    match bytes {
        &[first, _, a, b, ..] if first >> 6 == 1 => {
            Some((MessageType::from_bits(first), u16::from_be_bytes([a, b])))
        }
        _ => None,
    }
}

/// A well-formed message, borrowed from the datagram it came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message<'a> {
    /// CON, NON, ACK or RST.
    pub message_type: MessageType,
    /// Method, response code or [`Code::EMPTY`].
    pub code: Code,
    /// The message ID.
    pub id: u16,
    /// The token: 0 to 8 bytes; with the feature `extensions` up to 65804 (RFC 8974).
    pub token: &'a [u8],
    /// The options, in order of their numbers.
    pub options: Options<'a>,
    /// The payload; empty when there is none.
    pub payload: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads a whole datagram as a message.
    ///
    /// # Errors
    /// Each rule of RFC 7252 section 3 (and of sections 4.1 and 4.3 on what goes with which type)
    /// has its kind; the offset is that of the field that breaks it. A message of another version
    /// is [`Kind::Version`] whatever else is wrong with it.
    #[inline(always)]
    pub fn parse(bytes: &'a [u8]) -> Result<Message<'a>, DecodeError> {
        if SMALL {
            return Message::parse_rare(bytes);
        }
        // What is rare comes back in memory; the message is taken out of it, so that the others
        // stay in registers.
        match Message::parse_common(bytes) {
            Some(common) => common,
            None => {
                let Message { message_type, code, id, token, options, payload } =
                    Message::parse_rare(bytes)?;
                Ok(Message { message_type, code, id, token, options, payload })
            }
        }
    }

    #[inline(always)]
    fn parse_common(bytes: &'a [u8]) -> Option<Result<Message<'a>, DecodeError>> {
        let (&[first, code, a, b], rest) = bytes.split_first_chunk::<4>()?;
        let short_length = first & 15;
        if first.wrapping_sub(0x40) >= 0x40
            || short_length > TOKEN_LENGTH.min(12)
            || !is_allowed(first, code)
        {
            return None;
        }
        let (token, rest) = rest.split_at_checked(short_length.into())?;
        let base = bytes.len().wrapping_sub(rest.len());
        let (options, payload) = match Options::parse(rest, base) {
            Ok(parts) => parts,
            Err(error) => return Some(Err(error)),
        };
        let message_type = MessageType::from_bits(first);
        let id = u16::from_be_bytes([a, b]);
        Some(Ok(Message { message_type, code: Code(code), id, token, options, payload }))
    }

    /// Empty messages, those with long tokens, and bytes that are none; with little code, all.
    #[cfg_attr(not(feature = "small"), cold)]
    fn parse_rare(bytes: &'a [u8]) -> Result<Message<'a>, DecodeError> {
        let Some((&[first, code, a, b], rest)) = bytes.split_first_chunk::<4>() else {
            return Err(refusal(bytes));
        };
        let (code, id) = (Code(code), u16::from_be_bytes([a, b]));
        let message_type = MessageType::from_bits(first);
        let header = Message { message_type, code, id, ..Message::EMPTY };
        if matches!(first, 0x40 | 0x60 | 0x70) && code == Code::EMPTY && rest.is_empty() {
            return Ok(header);
        }
        if first >> 6 != 1 || !is_allowed(first, code.0) || first & 15 > TOKEN_LENGTH {
            return Err(refusal(bytes));
        }
        let Some((token, rest)) = long_token(first & 15, rest) else {
            return Err(DecodeError::new(Kind::Truncated, bytes.len()));
        };
        let (options, payload) = Options::parse(rest, bytes.len().wrapping_sub(rest.len()))?;
        Ok(Message { token, options, payload, ..header })
    }

    /// Reads a datagram as [`Message::parse`] does, without a word of what is wrong with one that is no
    /// message. `list` goes through its options, as they and what follows them are on the wire, and
    /// tells how many bytes they take, if they are well-formed: less code for who does so anyway.
    #[cfg(all(feature = "endpoint", feature = "small"))]
    #[inline(always)]
    pub(crate) fn read(
        bytes: &'a [u8],
        list: impl FnOnce(&'a [u8]) -> Option<usize>,
    ) -> Option<Message<'a>> {
        let (&[first, code, a, b], rest) = bytes.split_first_chunk::<4>()?;
        let empty = matches!(first, 0x40 | 0x60 | 0x70) && code == 0 && rest.is_empty();
        if !empty && (first >> 6 != 1 || !is_allowed(first, code)) || first & 15 > TOKEN_LENGTH {
            return None;
        }
        let (token, rest) = long_token(first & 15, rest)?;
        let (encoded, rest) = rest.split_at_checked(list(rest)?)?;
        let payload = rest.get(1..).unwrap_or(&[]);
        let message_type = MessageType::from_bits(first);
        let id = u16::from_be_bytes([a, b]);
        Some(Message {
            message_type,
            code: Code(code),
            id,
            token,
            options: Options { encoded },
            payload,
        })
    }

    const EMPTY: Message<'static> = Message {
        message_type: MessageType::Confirmable,
        code: Code::EMPTY,
        id: 0,
        token: &[],
        options: Options::EMPTY,
        payload: &[],
    };

    /// The value of the first option with this number.
    #[must_use]
    pub fn option(&self, number: OptionNumber) -> Option<&'a [u8]> {
        self.options.first(number)
    }

    /// The Content-Format option.
    #[inline]
    #[must_use]
    pub fn content_format(&self) -> Option<ContentFormat> {
        self.options.content_format()
    }
}

/// Does a message with this first byte and code, not empty, go by RFC 7252 section 4.3, table 1,
/// and is the class one that section 12.1 does not reserve?
#[inline]
const fn is_allowed(first: u8, code: u8) -> bool {
    // Four bits for each class, one for each type: requests in CON and NON, responses in ACK too.
    const ALLOWED: u32 = 0x0077_0703;
    let row = (code >> 5 << 2) + (first >> 4 & 3);
    code != 0 && ALLOWED >> row & 1 != 0
}

/// What is wrong with the header of bytes that are no message, the first thing first.
#[cold]
fn refusal(bytes: &[u8]) -> DecodeError {
    let (kind, offset) = match *bytes {
        [first, ..] if first >> 6 != 1 => (Kind::Version, 0),
        [first, _, _, _, ..] if first & 15 > TOKEN_LENGTH => (Kind::TokenLength, 0),
        [_, 0, _, _, _, ..] => (Kind::NotEmpty, 4),
        [_, code, _, _, ..] if matches!(code >> 5, 1 | 6 | 7) => (Kind::ReservedClass, 1),
        // An empty message whose header promises a token.
        [first, 0, _, _] if first & 15 != 0 && first & 0x30 != 0x10 => (Kind::Truncated, 4),
        [_, _, _, _, ..] => (Kind::Type, 0),
        _ => (Kind::Truncated, bytes.len()),
    };
    DecodeError::new(kind, offset)
}

/// Splits a token off whose length may be in one or two bytes of its own (RFC 8974 section 2.1).
fn long_token(nibble: u8, rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match nibble {
        _ if !EXTENSIONS => (nibble.into(), rest),
        0..=12 => (nibble.into(), rest),
        13 => {
            let (b, rest) = rest.split_first()?;
            (usize::from(*b).wrapping_add(13), rest)
        }
        _ => {
            let (b, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*b)).wrapping_add(269), rest)
        }
    };
    rest.split_at_checked(length)
}

/// A list of options, well-formed, in order of their numbers.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Options<'a> {
    encoded: &'a [u8],
}

impl<'a> Options<'a> {
    /// No options.
    pub const EMPTY: Options<'static> = Options { encoded: &[] };

    /// Checks an encoded list of options and splits off the payload behind it. `base` is the
    /// offset that errors count from.
    #[inline]
    pub(crate) fn parse(
        bytes: &'a [u8],
        base: usize,
    ) -> Result<(Options<'a>, &'a [u8]), DecodeError> {
        let mut at = 0usize;
        let mut number = 0u32;
        if SMALL {
            return Options::parse_from(bytes, base, at, number);
        }
        // Most options have delta and length in one byte. What is wrong shows in the end.
        while let Some(&head) = bytes.get(at) {
            if head >= 0xd0 || head & 15 >= 13 {
                break;
            }
            number = number.wrapping_add(u32::from(head >> 4));
            at = at.wrapping_add(1).wrapping_add(usize::from(head & 15));
        }
        if number <= 0xffff
            && let Some((encoded, rest)) = bytes.split_at_checked(at)
        {
            match rest {
                [] => return Ok((Options { encoded }, &[])),
                [0xff, payload @ ..] if !payload.is_empty() => {
                    return Ok((Options { encoded }, payload));
                }
                _ => {}
            }
        }
        Options::parse_from(bytes, base, at, number)
    }

    /// The same for lists with longer heads, and for those that are not well-formed: from an
    /// offset, behind the option with a number, or from the start if those cannot be.
    fn parse_from(
        bytes: &'a [u8],
        base: usize,
        mut at: usize,
        mut number: u32,
    ) -> Result<(Options<'a>, &'a [u8]), DecodeError> {
        if number > 0xffff || at > bytes.len() {
            (at, number) = (0, 0);
        }
        let end = loop {
            let Some(&head) = bytes.get(at) else { break at };
            let start = at;
            let error = |kind| DecodeError::new(kind, base.saturating_add(start));
            at = at.wrapping_add(1);
            let mut extended = |nibble: u8| -> Result<u32, DecodeError> {
                match nibble {
                    13 => {
                        let b = bytes.get(at).ok_or(error(Kind::Truncated))?;
                        at = at.wrapping_add(1);
                        Ok(u32::from(*b).wrapping_add(13))
                    }
                    14 => match bytes.get(at..).and_then(|b| b.first_chunk::<2>()) {
                        Some(b) => {
                            at = at.wrapping_add(2);
                            Ok(u32::from(u16::from_be_bytes(*b)).wrapping_add(269))
                        }
                        None => Err(error(Kind::Truncated)),
                    },
                    15 => Err(error(Kind::ReservedNibble)),
                    n => Ok(u32::from(n)),
                }
            };
            let (mut delta, mut length) = (u32::from(head >> 4), u32::from(head & 15));
            if delta.max(length) >= 13 {
                if head == 0xff {
                    break start;
                }
                delta = extended(head >> 4)?;
                length = extended(head & 15)?;
            }
            number = number.wrapping_add(delta);
            if number > 0xffff {
                return Err(error(Kind::OptionNumber));
            }
            at = at.wrapping_add(length as usize);
            if at > bytes.len() {
                return Err(error(Kind::Truncated));
            }
        };
        let (encoded, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
        match rest {
            [] => Ok((Options { encoded }, &[])),
            [_] => Err(DecodeError::new(Kind::EmptyPayload, base.saturating_add(end))),
            [_, payload @ ..] => Ok((Options { encoded }, payload)),
        }
    }

    /// The list behind bytes that [`Options::as_bytes`] gave.
    pub(crate) const fn from_encoded(encoded: &'a [u8]) -> Options<'a> {
        Options { encoded }
    }

    /// The list as it is on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.encoded
    }

    /// True when there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.encoded.is_empty()
    }

    /// The options one by one.
    #[must_use]
    pub const fn iter(&self) -> OptionIter<'a> {
        OptionIter { rest: self.encoded, number: 0 }
    }

    /// The value of the first option with this number.
    #[inline]
    #[must_use]
    pub fn first(&self, number: OptionNumber) -> Option<&'a [u8]> {
        let (mut rest, mut current) = (self.encoded, 0u16);
        if SMALL {
            return Options::first_from(rest, current, number);
        }
        while let Some((&head, after)) = rest.split_first() {
            if head >= 0xd0 || head & 15 >= 13 {
                return Options::first_from(rest, current, number);
            }
            current = current.wrapping_add(u16::from(head >> 4));
            let (value, behind) = after.split_at_checked(usize::from(head & 15))?;
            if current >= number.0 {
                return if current == number.0 { Some(value) } else { None };
            }
            rest = behind;
        }
        None
    }

    /// The same for the rest of a list, behind the option with a number.
    fn first_from(rest: &'a [u8], behind: u16, number: OptionNumber) -> Option<&'a [u8]> {
        for option in (OptionIter { rest, number: behind }) {
            if option.number >= number {
                return (option.number == number).then_some(option.value);
            }
        }
        None
    }

    /// The values of all options with this number, in their order.
    #[must_use]
    pub const fn all(&self, number: OptionNumber) -> OptionValues<'a> {
        OptionValues { options: self.iter(), number }
    }

    /// The value of the first option with this number as an unsigned integer; `None` if it is
    /// absent or too long.
    #[inline]
    #[must_use]
    pub fn uint(&self, number: OptionNumber) -> Option<u32> {
        crate::option::decode_uint(self.first(number)?)
    }

    /// The Content-Format option.
    #[inline]
    #[must_use]
    pub fn content_format(&self) -> Option<ContentFormat> {
        self.format(OptionNumber::CONTENT_FORMAT)
    }

    /// The Accept option.
    #[inline]
    #[must_use]
    pub fn accept(&self) -> Option<ContentFormat> {
        self.format(OptionNumber::ACCEPT)
    }

    #[inline]
    fn format(&self, number: OptionNumber) -> Option<ContentFormat> {
        ContentFormat::from_option(self.first(number)?)
    }

    /// Seconds for which a response with these options is fresh: Max-Age, or 60 without it (RFC
    /// 7252 section 5.10.5).
    #[inline]
    #[must_use]
    pub fn max_age(&self) -> u32 {
        self.uint(OptionNumber::MAX_AGE).unwrap_or(60)
    }

    /// The segments of Uri-Path.
    #[must_use]
    pub const fn path(&self) -> OptionValues<'a> {
        self.all(OptionNumber::URI_PATH)
    }

    /// The parts of Uri-Query.
    #[must_use]
    pub const fn query(&self) -> OptionValues<'a> {
        self.all(OptionNumber::URI_QUERY)
    }
}

impl core::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for Options<'a> {
    type Item = MessageOption<'a>;
    type IntoIter = OptionIter<'a>;
    fn into_iter(self) -> OptionIter<'a> {
        self.iter()
    }
}

/// The options of a list, one by one.
#[derive(Clone, Debug)]
pub struct OptionIter<'a> {
    rest: &'a [u8],
    number: u16,
}

impl<'a> OptionIter<'a> {
    /// The options that bytes begin with, well-formed or not, and whatever is behind them.
    #[cfg(feature = "endpoint")]
    pub(crate) const fn over(rest: &'a [u8]) -> OptionIter<'a> {
        OptionIter { rest, number: 0 }
    }

    /// What is not yet read, as it is on the wire.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Number of the option read last, 0 before the first.
    pub(crate) const fn number(&self) -> u16 {
        self.number
    }
}

impl<'a> Iterator for OptionIter<'a> {
    type Item = MessageOption<'a>;

    #[inline]
    fn next(&mut self) -> Option<MessageOption<'a>> {
        let (&head, rest) = self.rest.split_first()?;
        let (delta, length) = (head >> 4, head & 15);
        if delta < 13 && length < 13 {
            let (value, rest) = rest.split_at_checked(length.into())?;
            self.rest = rest;
            // Where lists are checked by reading them it may be too large.
            self.number = if SMALL {
                self.number.checked_add(delta.into())?
            } else {
                self.number.wrapping_add(delta.into())
            };
            return Some(MessageOption { number: OptionNumber(self.number), value });
        }
        self.next_long()
    }
}

impl<'a> OptionIter<'a> {
    /// The next option, if its delta or length takes bytes of its own. None is what a list that is not
    /// well-formed goes on with.
    #[cold]
    #[inline(never)]
    fn next_long(&mut self) -> Option<MessageOption<'a>> {
        let (&head, mut rest) = self.rest.split_first()?;
        let delta = extended(head >> 4, &mut rest)?;
        let length = extended(head & 15, &mut rest)?;
        let (value, rest) = rest.split_at_checked(length)?;
        self.number = u16::try_from(delta.wrapping_add(self.number.into())).ok()?;
        self.rest = rest;
        Some(MessageOption { number: OptionNumber(self.number), value })
    }
}

/// A delta or length, of which the bytes behind the head may be a part (RFC 7252 section 3.1).
fn extended(nibble: u8, rest: &mut &[u8]) -> Option<usize> {
    let (more, base) = match nibble {
        13 => (1, 13),
        14 => (2, 269),
        15 => return None,
        _ => (0, nibble.into()),
    };
    let (bytes, after) = rest.split_at_checked(more)?;
    *rest = after;
    Some(bytes.iter().fold(0usize, |n, b| n << 8 | usize::from(*b)).wrapping_add(base))
}

/// The values of the options with one number.
#[derive(Clone, Debug)]
pub struct OptionValues<'a> {
    options: OptionIter<'a>,
    number: OptionNumber,
}

impl<'a> Iterator for OptionValues<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let option = self.options.next()?;
            if option.number == self.number {
                return Some(option.value);
            }
            if option.number > self.number {
                // Options are sorted: none comes any more.
                self.options = Options::EMPTY.iter();
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2)
            .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
            .collect()
    }

    fn kind(text: &str) -> (Kind, usize) {
        let e = Message::parse(&hex(text)).unwrap_err();
        (e.kind, e.offset)
    }

    #[test]
    fn rfc7252_appendix_a_examples() {
        let bytes = hex("40017d34bb74656d7065726174757265");
        let m = Message::parse(&bytes).unwrap();
        assert_eq!((m.message_type, m.code, m.id), (MessageType::Confirmable, Code::GET, 0x7d34));
        assert_eq!(m.options.path().collect::<Vec<_>>(), [b"temperature"]);
        let bytes = hex("61457d3520ff32322e332043");
        let m = Message::parse(&bytes).unwrap();
        assert_eq!((m.message_type, m.code), (MessageType::Acknowledgement, Code::CONTENT));
        assert_eq!((m.token, m.payload), (&[0x20][..], &b"22.3 C"[..]));
        assert_eq!(Message::parse(&hex("60001234")).unwrap().code, Code::EMPTY);
        assert_eq!(Message::parse(&hex("70001234")).unwrap().message_type, MessageType::Reset);
    }

    #[test]
    fn rfc7252_3_each_rule_has_its_error() {
        for (bytes, error) in [
            ("", (Kind::Truncated, 0)),
            ("400112", (Kind::Truncated, 3)),
            ("00011234", (Kind::Version, 0)),
            ("80", (Kind::Version, 0)),
            ("c9ff1234", (Kind::Version, 0)),
            ("490112340102030405060708", (Kind::Truncated, 12)),
            ("4f011234", (Kind::TokenLength, 0)),
            ("44011234aabbcc", (Kind::Truncated, 7)),
            ("41001234aa", (Kind::NotEmpty, 4)),
            ("40001234ff", (Kind::NotEmpty, 4)),
            ("40211234", (Kind::ReservedClass, 1)),
            ("40c11234", (Kind::ReservedClass, 1)),
            ("40e11234", (Kind::ReservedClass, 1)),
            ("50001234", (Kind::Type, 0)),
            ("60011234", (Kind::Type, 0)),
            ("70451234", (Kind::Type, 0)),
            ("40011234ff", (Kind::EmptyPayload, 4)),
            ("40011234b174ff", (Kind::EmptyPayload, 6)),
            ("40011234f0", (Kind::ReservedNibble, 4)),
            ("400112340f", (Kind::ReservedNibble, 4)),
            ("40011234b5746573", (Kind::Truncated, 4)),
            ("40011234d0", (Kind::Truncated, 4)),
            ("40011234e000", (Kind::Truncated, 4)),
            ("400112340d", (Kind::Truncated, 4)),
            ("400112340eff", (Kind::Truncated, 4)),
            ("40011234e0fef210", (Kind::OptionNumber, 7)),
            ("40011234e0ffff", (Kind::OptionNumber, 4)),
        ] {
            assert_eq!(kind(bytes), error, "{bytes}");
        }
        // The largest option number there is.
        let bytes = hex("40011234e0fef2");
        let m = Message::parse(&bytes).unwrap();
        assert_eq!(m.options.iter().next().unwrap().number, OptionNumber(65535));
    }

    #[test]
    fn rfc7252_5_4_3_a_content_format_that_is_too_long_is_none() {
        for (value, format) in [
            ("c0", Some(0)),
            ("c13c", Some(60)),
            ("c2003c", Some(60)),
            ("c22d16", Some(11542)),
            ("c300003c", None),
            ("c400000000", None),
        ] {
            let bytes = hex(&format!("60451234{value}ff00"));
            let m = Message::parse(&bytes).unwrap();
            assert_eq!(m.content_format(), format.map(ContentFormat), "{value}");
        }
    }

    #[test]
    fn rfc8974_2_1_tokens_longer_than_8_bytes() {
        for (head, length) in [
            ("49011234", 9),
            ("4c011234", 12),
            ("4d01123400", 13),
            ("4d011234ff", 268),
            ("4e0112340000", 269),
        ] {
            let mut bytes = hex(head);
            bytes.resize(bytes.len() + length, 0x5a);
            let cut = bytes.len() - 1;
            bytes.extend(b"\xb1a");
            let m = Message::parse(&bytes).unwrap();
            assert_eq!((m.token.len(), m.token[0]), (length, 0x5a));
            assert_eq!(m.options.path().next(), Some(&b"a"[..]));
            let e = Message::parse(&bytes[..cut]).unwrap_err();
            assert_eq!(e, DecodeError::new(Kind::Truncated, cut));
            // The offset of an error behind it counts from the start of the message.
            bytes.pop();
            let e = Message::parse(&bytes).unwrap_err();
            assert_eq!(e, DecodeError::new(Kind::Truncated, bytes.len() - 1));
        }
        for head in ["4d011234", "4e01123400"] {
            assert_eq!(kind(head), (Kind::Truncated, head.len() / 2));
        }
    }

    #[test]
    fn an_option_longer_than_64_kib_is_read_whole() {
        let mut bytes = hex("400112340effff");
        bytes.resize(7 + 65535 + 269, 7);
        let m = Message::parse(&bytes).unwrap();
        assert_eq!(m.options.iter().next().unwrap().value.len(), 65804);
        bytes.pop();
        assert_eq!(Message::parse(&bytes).unwrap_err().kind, Kind::Truncated);
    }

    #[cfg(all(feature = "endpoint", feature = "small"))]
    fn read(bytes: &[u8]) -> Option<Message<'_>> {
        Message::read(bytes, crate::endpoint::options_len)
    }

    #[cfg(all(feature = "endpoint", feature = "small"))]
    #[test]
    fn numbers_that_add_up_to_too_much_are_refused() {
        let mut bytes = hex("40010001");
        bytes.extend([0xc0; 5461]);
        bytes.push(0x30);
        assert!(Message::parse(&bytes).is_ok() && read(&bytes).is_some());
        bytes.push(0x10);
        assert_eq!(read(&bytes), None);
        assert_eq!(Message::parse(&bytes).unwrap_err().kind, Kind::OptionNumber);
    }

    #[cfg(all(feature = "endpoint", feature = "small"))]
    #[test]
    fn reading_takes_what_parsing_takes() {
        for head in [0x40, 0x48, 0x49, 0x50, 0x60, 0x70, 0x80, 0x4d, 0x4e] {
            for code in 0..=255 {
                for rest in ["", "00", "ff", "ff00", "d1", "d10000", "0d", "0e0000", "f0", "1f"] {
                    let mut bytes = hex("40000001");
                    (bytes[0], bytes[1]) = (head, code);
                    bytes.extend(hex(rest));
                    assert_eq!(read(&bytes), Message::parse(&bytes).ok(), "{bytes:?}");
                    bytes.extend([0x10; 14]);
                    assert_eq!(read(&bytes), Message::parse(&bytes).ok(), "{bytes:?}");
                }
            }
        }
    }

    proptest! {
        #[cfg(all(feature = "endpoint", feature = "small"))]
        #[test]
        fn any_options_are_read_as_they_are_parsed(rest in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut bytes = hex("40010001");
            bytes.extend(rest);
            prop_assert_eq!(read(&bytes), Message::parse(&bytes).ok());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(m) = Message::parse(&bytes) {
                // Every byte belongs to something.
                let options: usize = m.options.as_bytes().len();
                let marker = usize::from(!m.payload.is_empty())
                    + match m.token.len() { 0..=12 => 0, 13..=268 => 1, _ => 2 };
                prop_assert_eq!(4 + m.token.len() + options + marker + m.payload.len(), bytes.len());
                let mut last = 0;
                for o in m.options {
                    prop_assert!(o.number.0 >= last);
                    last = o.number.0;
                }
            }
        }
    }
}
