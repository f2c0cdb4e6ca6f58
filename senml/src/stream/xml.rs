//! Where the markups of an XML document begin and end.

use super::{Found, Scan};
use crate::error::DecodeError;
use crate::xml::{Event, Machine, is_space};
use crate::{DecodeErrorKind as Kind, Record};

/// The byte order mark of UTF-8.
const MARK: [u8; 3] = *b"\xef\xbb\xbf";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// So many bytes of a byte order mark have come, and nothing else.
    Mark(usize),
    Between,
    /// Behind `<`.
    Open,
    /// Behind `<!`.
    Bang,
    /// Behind `<!-`.
    Dash,
    /// In a comment, behind so many dashes.
    Comment(u8),
    /// In a processing instruction, behind a question mark or not.
    Instruction(bool),
    /// In a tag, or in this quote there.
    Tag(Option<u8>),
}

/// Finds markups; what they are is the business of the machine.
#[derive(Clone, Debug)]
pub(super) struct Framer {
    pub(super) machine: Machine,
    state: State,
}

impl Framer {
    pub(super) fn new() -> Self {
        Framer { machine: Machine::new(), state: State::Mark(0) }
    }

    pub(super) fn scan(&mut self, bytes: &[u8]) -> Scan {
        let mut skip = 0usize;
        while let State::Mark(_) | State::Between = self.state {
            let Some(byte) = bytes.get(skip) else { return Scan::more(skip, 0) };
            self.state = match self.state {
                State::Mark(count) if MARK.get(count) == Some(byte) => {
                    State::Mark(count.saturating_add(1))
                }
                // The mark is cut short.
                State::Mark(1 | 2) => return Scan::failed(skip, 0, Kind::Malformed),
                _ if *byte == b'<' => {
                    self.state = State::Open;
                    break;
                }
                _ if is_space(*byte) => {
                    self.machine.space();
                    State::Between
                }
                _ => return Scan::failed(skip, 0, self.machine.text()),
            };
            skip = skip.saturating_add(1);
        }
        let markup = bytes.get(skip..).unwrap_or_default();
        let end = markup.iter().position(|byte| self.step(*byte));
        match end {
            Some(last) => {
                self.state = State::Between;
                Scan { skip, take: last.saturating_add(1), found: Found::Unit }
            }
            None => Scan::more(skip, markup.len()),
        }
    }

    /// Takes a byte of a markup; true when it is the last.
    fn step(&mut self, byte: u8) -> bool {
        self.state = match (self.state, byte) {
            (State::Open, b'<') => State::Open,
            (State::Open, b'!') => State::Bang,
            (State::Open, b'?') => State::Instruction(false),
            (State::Bang, b'-') => State::Dash,
            (State::Dash, b'-') => State::Comment(0),
            // Not a comment: the machine says what it thinks of it.
            (State::Bang | State::Dash, _) => return true,
            (State::Comment(2), _) => return true,
            (State::Comment(dashes), b'-') => State::Comment(dashes.saturating_add(1)),
            (State::Comment(_), _) => State::Comment(0),
            (State::Instruction(true), b'>') => return true,
            (State::Instruction(_), byte) => State::Instruction(byte == b'?'),
            (State::Tag(Some(quote)), byte) => State::Tag((byte != quote).then_some(quote)),
            (_, b'>') => return true,
            (_, b'"' | b'\'') => State::Tag(Some(byte)),
            _ => State::Tag(None),
        };
        false
    }

    /// Whether a whole unit is a record.
    pub(super) fn is_record(&self, unit: &[u8]) -> bool {
        self.machine.is_record(unit)
    }

    /// Takes a unit.
    pub(super) fn take<'a>(
        &mut self,
        unit: &'a [u8],
        record: &mut Record<'a>,
    ) -> Result<Event, DecodeError> {
        self.machine.markup(unit, record).map(|(event, _)| event)
    }
}
