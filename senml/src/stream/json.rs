//! Where the records of a JSON array begin and end.

use super::{Found, Scan};
use crate::error::DecodeErrorKind as Kind;
use crate::plain::first_special;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Start,
    /// Behind the opening bracket.
    First,
    /// Behind a comma.
    Next,
    /// In a record.
    Within,
    /// Behind a record.
    After,
    End,
}

/// Counts brackets and knows strings: what is between them is the business of the reader.
#[derive(Clone, Debug)]
pub(super) struct Framer {
    state: State,
    depth: usize,
    string: bool,
    /// The last byte was a backslash.
    escape: bool,
}

impl Framer {
    pub(super) fn new() -> Self {
        Framer { state: State::Start, depth: 0, string: false, escape: false }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.state != State::Start
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state == State::End
    }

    pub(super) fn scan(&mut self, bytes: &[u8]) -> Scan {
        let mut skip = 0usize;
        while self.state != State::Within {
            let Some(byte) = bytes.get(skip) else { return Scan::more(skip, 0) };
            self.state = match (self.state, byte) {
                (state, b' ' | b'\n' | b'\r' | b'\t') => state,
                (State::First | State::Next, b'{') => {
                    (self.depth, self.string, self.escape) = (0, false, false);
                    self.state = State::Within;
                    break;
                }
                (State::Start, b'[') => State::First,
                (State::First | State::After, b']') => State::End,
                (State::After, b',') => State::Next,
                (State::End, _) => return Scan::failed(skip, 0, Kind::TrailingBytes),
                (State::Start | State::First | State::Next, byte)
                    if byte.is_ascii_digit()
                        || matches!(byte, b'"' | b'[' | b'{' | b't' | b'f' | b'n' | b'-') =>
                {
                    return Scan::failed(skip, 0, Kind::WrongType);
                }
                _ => return Scan::failed(skip, 0, Kind::Malformed),
            };
            skip = skip.saturating_add(1);
        }
        let record = bytes.get(skip..).unwrap_or(&[]);
        match self.end(record) {
            Some(take) => {
                self.state = State::After;
                Scan { skip, take, found: Found::Unit }
            }
            None => Scan::more(skip, record.len()),
        }
    }

    /// Where the record that goes on in `bytes` ends.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0usize;
        loop {
            let rest = bytes.get(at..)?;
            let byte = rest.first()?;
            if core::mem::take(&mut self.escape) {
                at = at.saturating_add(1);
                continue;
            }
            if self.string {
                let plain = first_special(rest)?;
                match rest.get(plain) {
                    Some(b'"') => self.string = false,
                    Some(b'\\') => self.escape = true,
                    _ => {}
                }
                at = at.saturating_add(plain).saturating_add(1);
                continue;
            }
            at = at.saturating_add(1);
            match byte {
                b'"' => self.string = true,
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
    }
}
