//! Where the records of a CBOR array begin and end.

use super::{Found, Scan};
use crate::error::DecodeErrorKind as Kind;

/// Items inside one another: some more than the reader takes, so that it is the one to complain.
const DEPTH: usize = 24;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Start,
    Between,
    Within,
    End,
}

/// An item that is open: how many items are left in it, or that a break ends it.
#[derive(Clone, Copy, Debug)]
enum Open {
    Items(u64),
    UntilBreak,
}

/// What a byte of a head makes of it.
enum Head {
    Incomplete,
    Whole { major: u8, argument: u64, indefinite: bool },
    Bad,
}

/// Follows heads and skips what they announce.
#[derive(Clone, Debug)]
pub(super) struct Framer {
    state: State,
    /// Records still to come; until a break if there is no number.
    left: Option<u64>,
    stack: [Open; DEPTH],
    depth: usize,
    /// The major type of a head whose argument is not complete.
    major: u8,
    argument: u64,
    /// Bytes of the argument still to come.
    missing: u8,
    /// Bytes of a string still to come.
    content: u64,
}

impl Framer {
    pub(super) fn new() -> Self {
        Framer {
            state: State::Start,
            left: None,
            stack: [Open::UntilBreak; DEPTH],
            depth: 0,
            major: 0,
            argument: 0,
            missing: 0,
            content: 0,
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.state != State::Start
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state == State::End
    }

    fn head(&mut self, byte: u8) -> Head {
        if let Some(missing) = self.missing.checked_sub(1) {
            self.argument = self.argument << 8 | u64::from(byte);
            self.missing = missing;
            if missing > 0 {
                return Head::Incomplete;
            }
        } else {
            self.major = byte >> 5;
            match byte & 0x1f {
                info @ 0..24 => self.argument = u64::from(info),
                info @ 24..28 => {
                    (self.argument, self.missing) = (0, 1 << (info & 3));
                    return Head::Incomplete;
                }
                31 => return Head::Whole { major: self.major, argument: 0, indefinite: true },
                _ => return Head::Bad,
            }
        }
        Head::Whole { major: self.major, argument: self.argument, indefinite: false }
    }

    pub(super) fn scan(&mut self, bytes: &[u8]) -> Scan {
        let mut skip = 0usize;
        while self.state != State::Within {
            let Some(byte) = bytes.get(skip) else { return Scan::more(skip, 0) };
            match self.state {
                State::Start => match self.head(*byte) {
                    Head::Incomplete if self.major == 4 => {}
                    Head::Whole { major: 4, argument, indefinite } => {
                        self.left = (!indefinite).then_some(argument);
                        self.after_record();
                    }
                    // Only the first byte of a head can be wrong.
                    Head::Incomplete => return Scan::failed(skip, 0, Kind::WrongType),
                    Head::Whole { indefinite: false, .. } => {
                        return Scan::failed(skip, 0, Kind::WrongType);
                    }
                    Head::Whole { major: 2..=5, .. } => {
                        return Scan::failed(skip, 0, Kind::WrongType);
                    }
                    Head::Whole { .. } | Head::Bad => {
                        return Scan::failed(skip, 0, Kind::Malformed);
                    }
                },
                State::End => return Scan::failed(skip, 0, Kind::TrailingBytes),
                _ if self.left.is_none() && *byte == 0xff => self.state = State::End,
                _ => {
                    self.state = State::Within;
                    if *byte >> 5 != 5 {
                        return Scan::failed(skip, 1, Kind::WrongType);
                    }
                    break;
                }
            }
            skip = skip.saturating_add(1);
        }
        let record = bytes.get(skip..).unwrap_or(&[]);
        match self.end(record) {
            Ok(Some(take)) => {
                self.left = self.left.map(|left| left.saturating_sub(1));
                self.after_record();
                Scan { skip, take, found: Found::Unit }
            }
            Ok(None) => Scan::more(skip, record.len()),
            Err((take, kind)) => Scan::failed(skip, take, kind),
        }
    }

    fn after_record(&mut self) {
        self.state = if self.left == Some(0) { State::End } else { State::Between };
    }

    /// Where the record that goes on in `bytes` ends; or how far it was looked at, and what is
    /// wrong there.
    fn end(&mut self, bytes: &[u8]) -> Result<Option<usize>, (usize, Kind)> {
        let mut at = 0usize;
        loop {
            if self.content > 0 {
                let there = bytes.len().saturating_sub(at);
                let len = usize::try_from(self.content).unwrap_or(usize::MAX).min(there);
                at = at.saturating_add(len);
                self.content = self.content.saturating_sub(u64::try_from(len).unwrap_or(u64::MAX));
                if self.content > 0 {
                    return Ok(None);
                }
                if self.complete() {
                    return Ok(Some(at));
                }
            }
            let Some(byte) = bytes.get(at) else { return Ok(None) };
            at = at.saturating_add(1);
            let opened = match self.head(*byte) {
                Head::Incomplete => continue,
                Head::Bad => return Err((at, Kind::Malformed)),
                Head::Whole { major, argument, indefinite } => match (major, argument) {
                    (7, _) if indefinite => {
                        // A break ends what is open until one.
                        let top = self.depth.checked_sub(1);
                        match top.and_then(|top| self.stack.get(top)) {
                            Some(Open::UntilBreak) => self.depth = self.depth.saturating_sub(1),
                            _ => return Err((at, Kind::Malformed)),
                        }
                        None
                    }
                    (0 | 1 | 6, _) if indefinite => return Err((at, Kind::Malformed)),
                    (2..=5, _) if indefinite => Some(Open::UntilBreak),
                    (2 | 3, 1..) => {
                        self.content = argument;
                        continue;
                    }
                    (4, 1..) => Some(Open::Items(argument)),
                    (5, 1..) => Some(Open::Items(argument.saturating_mul(2))),
                    (6, _) => Some(Open::Items(1)),
                    _ => None,
                },
            };
            match opened {
                Some(open) => {
                    let Some(slot) = self.stack.get_mut(self.depth) else {
                        return Err((at, Kind::TooDeep));
                    };
                    *slot = open;
                    self.depth = self.depth.saturating_add(1);
                }
                None if self.complete() => return Ok(Some(at)),
                None => {}
            }
        }
    }

    /// An item is complete: and what it was the last one of. True when that was the record.
    fn complete(&mut self) -> bool {
        while let Some(top) = self.depth.checked_sub(1) {
            match self.stack.get_mut(top) {
                Some(Open::Items(left)) if *left > 1 => {
                    *left -= 1;
                    return false;
                }
                Some(Open::UntilBreak) => return false,
                _ => self.depth = top,
            }
        }
        true
    }
}
