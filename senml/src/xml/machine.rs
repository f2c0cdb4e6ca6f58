//! One markup after the other: what may stand where, and what a record's tag holds.

use super::value::quoted;
use super::{NAMESPACE, is_space};
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::label::{self, Label, Seen, Target};

/// Bytes of a prefix of element names, at most.
const PREFIX: usize = 24;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// At the first byte.
    Start,
    /// In front of the root element.
    Prolog,
    /// In the root element.
    Root,
    /// In the element of a record.
    Record,
    /// Behind the root element.
    End,
}

/// What a markup was.
pub(crate) enum Event {
    /// The tag that begins a record, with these fields.
    Record(Seen),
    /// Anything else.
    Other,
}

/// Knows where in a document it is.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    state: State,
    /// What stands before the colon in the names of elements.
    prefix: [u8; PREFIX],
    prefix_len: usize,
    /// Whether an attribute was passed over that is not known.
    pub(super) unknown: bool,
}

/// A tag's name in its parts.
struct Name<'a> {
    prefix: &'a [u8],
    local: &'a [u8],
}

impl Machine {
    pub(crate) fn new() -> Self {
        Machine { state: State::Start, prefix: [0; PREFIX], prefix_len: 0, unknown: false }
    }

    /// The root element has begun.
    pub(crate) fn has_begun(&self) -> bool {
        !matches!(self.state, State::Start | State::Prolog)
    }

    /// The root element has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.state == State::End
    }

    /// Whether a markup that begins so is the tag of a record, or not what should be there.
    pub(crate) fn is_record(&self, markup: &[u8]) -> bool {
        self.state == State::Root && !matches!(markup, [b'<', b'!' | b'?' | b'/', ..])
    }

    /// What is wrong with anything but white space between markups.
    pub(crate) fn text(&self) -> Kind {
        if self.state == State::End { Kind::TrailingBytes } else { Kind::Malformed }
    }

    /// White space was passed over: no declaration may come any more.
    pub(crate) fn space(&mut self) {
        if self.state == State::Start {
            self.state = State::Prolog;
        }
    }

    /// Takes the markup that `bytes`, which begin with `<`, begin with; and its length.
    pub(crate) fn markup<'a>(
        &mut self,
        bytes: &'a [u8],
        target: &mut impl Target<'a>,
    ) -> Result<(Event, usize), DecodeError> {
        let first = self.state == State::Start;
        let len = match bytes {
            [_, b'?', ..] => self.instruction(bytes, first)?,
            [_, b'!', b'-', b'-', ..] => comment(bytes)?,
            [_, b'!', b'D', ..] => return Err(Kind::DocumentType.at(0)),
            [_, b'!', b'-', other, ..] if *other != b'-' => return Err(Kind::Malformed.at(3)),
            [_, b'!', other, ..] if *other != b'-' => return Err(Kind::Malformed.at(2)),
            [_, b'/', ..] => self.end_tag(bytes)?,
            [_] | [_, b'!'] | [_, b'!', b'-'] => {
                return Err(Kind::UnexpectedEnd.at(bytes.len()));
            }
            _ => return self.start_tag(bytes, target),
        };
        self.space();
        Ok((Event::Other, len))
    }

    /// A processing instruction, or the declaration of XML.
    fn instruction(&self, bytes: &[u8], first: bool) -> Result<usize, DecodeError> {
        let (target, at) = name(bytes, 2)?;
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(len) = rest.windows(2).position(|pair| pair == b"?>") else {
            return Err(Kind::UnexpectedEnd.at(bytes.len()));
        };
        let end = at.saturating_add(len).saturating_add(2);
        if target.prefix.is_empty() && target.local.eq_ignore_ascii_case(b"xml") {
            if !first || target.local != b"xml" {
                return Err(Kind::Malformed.at(2));
            }
            let whole = bytes.get(..end).unwrap_or_default();
            return declaration(whole, at).map_err(|error| match error.kind {
                Kind::UnexpectedEnd => Kind::Malformed.at(error.offset),
                _ => error,
            });
        }
        if len > 0 && !rest.first().is_some_and(|byte| is_space(*byte)) {
            return Err(Kind::Malformed.at(at));
        }
        check_utf8(rest.get(..len).unwrap_or_default(), at)?;
        Ok(end)
    }

    fn end_tag(&mut self, bytes: &[u8]) -> Result<usize, DecodeError> {
        let (name, at) = name(bytes, 2)?;
        let wanted: &[u8] = match self.state {
            State::Root => b"sensml",
            State::Record => b"senml",
            State::End => return Err(Kind::TrailingBytes.at(0)),
            State::Start | State::Prolog => return Err(Kind::Malformed.at(0)),
        };
        if name.local != wanted || !self.is_own(&name) {
            return Err(Kind::Malformed.at(2));
        }
        let at = spaces(bytes, at);
        expect(bytes, at, b'>')?;
        self.state = if self.state == State::Root { State::End } else { State::Root };
        Ok(at.saturating_add(1))
    }

    fn is_own(&self, name: &Name<'_>) -> bool {
        Some(name.prefix) == self.prefix.get(..self.prefix_len)
    }

    fn start_tag<'a>(
        &mut self,
        bytes: &'a [u8],
        target: &mut impl Target<'a>,
    ) -> Result<(Event, usize), DecodeError> {
        let (element, mut at) = name(bytes, 1)?;
        let root = match self.state {
            State::Start | State::Prolog => true,
            State::Root => false,
            State::Record => return Err(Kind::WrongType.at(1)),
            State::End => return Err(Kind::TrailingBytes.at(0)),
        };
        if root {
            let room = self.prefix.get_mut(..element.prefix.len());
            room.ok_or(Kind::TooLong.at(1))?.copy_from_slice(element.prefix);
            self.prefix_len = element.prefix.len();
        }
        let wanted: &[u8] = if root { b"sensml" } else { b"senml" };
        if element.local != wanted || !self.is_own(&element) {
            return Err(Kind::WrongType.at(1));
        }
        let mut seen = Seen::default();
        let mut bound = !root;
        let empty = loop {
            let after = spaces(bytes, at);
            match bytes.get(after) {
                Some(b'>') => {
                    at = after.saturating_add(1);
                    break false;
                }
                Some(b'/') => {
                    let end = after.saturating_add(1);
                    expect(bytes, end, b'>')?;
                    at = end.saturating_add(1);
                    break true;
                }
                Some(_) if after > at => {}
                Some(_) => return Err(Kind::Malformed.at(after)),
                None => return Err(Kind::UnexpectedEnd.at(bytes.len())),
            }
            let (attribute, equals) = name(bytes, after)?;
            let equals = spaces(bytes, equals);
            expect(bytes, equals, b'=')?;
            let (mut value, behind) = quoted(bytes, spaces(bytes, equals.saturating_add(1)))?;
            at = behind;
            let binds = match (attribute.prefix, attribute.local) {
                (b"", b"xmlns") => Some(&b""[..]),
                (b"xmlns", prefix) => Some(prefix),
                _ => None,
            };
            if let Some(binds) = binds {
                // The elements' prefix has one meaning throughout.
                if Some(binds) == self.prefix.get(..self.prefix_len) {
                    bound = value.text == NAMESPACE;
                    if !bound {
                        return Err(Kind::WrongType.at(after));
                    }
                }
            } else if !attribute.prefix.is_empty() || root {
                // Not of this namespace, or of no meaning here.
            } else if let Some(label) = Label::from_json(attribute.local) {
                label::read_field(&mut value, target, &mut seen, label, after)
                    .map_err(|_| value.fault())?;
            } else if attribute.local.ends_with(b"_") {
                return Err(Kind::UnsupportedField.at(after));
            } else {
                self.unknown = true;
            }
        };
        if !bound {
            return Err(Kind::WrongType.at(1));
        }
        self.state = match (root, empty) {
            (true, true) => State::End,
            (true, false) | (false, true) => State::Root,
            (false, false) => State::Record,
        };
        let event = if root { Event::Other } else { Event::Record(seen) };
        Ok((event, at))
    }
}

/// `version`, perhaps `encoding` and `standalone`, and the end of a declaration.
fn declaration(bytes: &[u8], mut at: usize) -> Result<usize, DecodeError> {
    let wanted: [&[u8]; 3] = [b"version", b"encoding", b"standalone"];
    let mut next = 0usize;
    loop {
        let after = spaces(bytes, at);
        if bytes.get(after) == Some(&b'?') {
            let end = after.saturating_add(1);
            expect(bytes, end, b'>')?;
            return if next > 0 {
                Ok(end.saturating_add(1))
            } else {
                Err(Kind::Malformed.at(after))
            };
        }
        let (name, equals) = name(bytes, after)?;
        let found = wanted.iter().skip(next).position(|wanted| *wanted == name.local);
        let Some(found) = found.filter(|found| after > at && (next > 0 || *found == 0)) else {
            return Err(Kind::Malformed.at(after));
        };
        next = next.saturating_add(found).saturating_add(1);
        let equals = spaces(bytes, equals);
        expect(bytes, equals, b'=')?;
        let start = spaces(bytes, equals.saturating_add(1));
        let (value, behind) = quoted(bytes, start)?;
        let known = match next {
            1 => value.text == "1.0",
            // Only UTF-8 is allowed (RFC 8428 section 7), and its subset.
            2 => ["utf-8", "us-ascii"].iter().any(|known| {
                value
                    .text
                    .as_bytes()
                    .is_some_and(|name| name.eq_ignore_ascii_case(known.as_bytes()))
            }),
            _ => value.text == "yes" || value.text == "no",
        };
        if !known {
            let kind = if next == 2 { Kind::InvalidUtf8 } else { Kind::Malformed };
            return Err(kind.at(start));
        }
        at = behind;
    }
}

fn comment(bytes: &[u8]) -> Result<usize, DecodeError> {
    let content = bytes.get(4..).unwrap_or_default();
    let Some(len) = content.windows(2).position(|pair| pair == b"--") else {
        return Err(Kind::UnexpectedEnd.at(bytes.len()));
    };
    check_utf8(content.get(..len).unwrap_or_default(), 4)?;
    let end = len.saturating_add(6);
    expect(bytes, end, b'>')?;
    Ok(end.saturating_add(1))
}

fn check_utf8(bytes: &[u8], at: usize) -> Result<(), DecodeError> {
    core::str::from_utf8(bytes)
        .map(drop)
        .map_err(|error| Kind::InvalidUtf8.at(at.saturating_add(error.valid_up_to())))
}

fn spaces(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at.saturating_add(rest.iter().take_while(|byte| is_space(**byte)).count())
}

fn expect(bytes: &[u8], at: usize, wanted: u8) -> Result<(), DecodeError> {
    match bytes.get(at) {
        Some(byte) if *byte == wanted => Ok(()),
        Some(_) => Err(Kind::Malformed.at(at)),
        None => Err(Kind::UnexpectedEnd.at(bytes.len())),
    }
}

/// A name, and where the bytes behind it begin.
fn name(bytes: &[u8], start: usize) -> Result<(Name<'_>, usize), DecodeError> {
    let rest = bytes.get(start..).unwrap_or_default();
    let of_name = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'-' | b'.' | 0x80..)
    };
    let len = rest.iter().take_while(|byte| of_name(byte)).count();
    let end = start.saturating_add(len);
    match rest.first() {
        None => return Err(Kind::UnexpectedEnd.at(bytes.len())),
        Some(byte) if !of_name(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.') => {
            return Err(Kind::Malformed.at(start));
        }
        Some(_) => {}
    }
    if len == rest.len() {
        return Err(Kind::UnexpectedEnd.at(bytes.len()));
    }
    let whole = rest.get(..len).unwrap_or_default();
    check_utf8(whole, start)?;
    let colon = whole.iter().position(|byte| *byte == b':');
    let name = match colon {
        None => Name { prefix: &[], local: whole },
        Some(colon) => {
            let (prefix, local) = whole.split_at_checked(colon).unwrap_or_default();
            let local = local.get(1..).unwrap_or_default();
            if prefix.is_empty() || local.is_empty() || local.contains(&b':') {
                return Err(Kind::Malformed.at(start));
            }
            Name { prefix, local }
        }
    };
    Ok((name, end))
}
