//! The record of what an engine was given and what it gave, and its replay.

use core::fmt;
use std::{panic::Location, rc::Rc};

use m2m_base::{BufferTooSmall, Disposition, Engine, Instant, PeerId, Transmit};

/// A command kept so that it can be given again.
pub(crate) type Again<E> = Rc<dyn Fn(&mut E, Instant) -> String>;

/// What was called.
pub(crate) enum Call<E> {
    Datagram { peer: PeerId, bytes: Vec<u8> },
    Timeout,
    Command { at: &'static Location<'static>, again: Again<E> },
    PollTransmit { room: usize },
    PollEvent,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    Nothing,
    Disposition(Disposition),
    Value(String),
    Transmit { peer: PeerId, bytes: Vec<u8> },
    TooSmall { needed: usize },
}

impl Answer {
    /// The answer of `poll_transmit`, with the bytes that it left in `buf`.
    pub(crate) fn transmit(r: Result<Option<Transmit>, BufferTooSmall>, buf: &[u8]) -> Answer {
        match r {
            Ok(None) => Answer::Nothing,
            Ok(Some(t)) => {
                let bytes = buf.get(..t.len).unwrap_or(buf).to_vec();
                Answer::Transmit { peer: t.peer, bytes }
            }
            Err(BufferTooSmall { needed }) => Answer::TooSmall { needed },
        }
    }
}

struct Entry<E> {
    now: Instant,
    call: Call<E>,
    answer: Answer,
}

impl<E: Engine> Entry<E> {
    fn give(&self, engine: &mut E) -> Answer {
        match &self.call {
            Call::Datagram { peer, bytes } => {
                Answer::Disposition(engine.handle_datagram(self.now, *peer, bytes))
            }
            Call::Timeout => {
                engine.handle_timeout(self.now);
                Answer::Nothing
            }
            Call::Command { again, .. } => Answer::Value(again(engine, self.now)),
            Call::PollTransmit { room } => {
                let mut buf = vec![0; *room];
                Answer::transmit(engine.poll_transmit(self.now, &mut buf), &buf)
            }
            Call::PollEvent => match engine.poll_event() {
                Some(event) => Answer::Value(format!("{event:?}")),
                None => Answer::Nothing,
            },
        }
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// A peer: an address if it can be one of a [`World`](crate::World), else a number.
struct Who(PeerId);

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !(1 << 40..1 << 48).contains(&self.0.0) {
            return write!(f, "{}", self.0.0);
        }
        let ([a, b, c, d], port) = crate::address(self.0);
        write!(f, "{a}.{b}.{c}.{d}:{port}")
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Nothing => f.write_str("nothing"),
            Answer::Disposition(d) => write!(f, "{d:?}"),
            Answer::Value(text) => f.write_str(text),
            Answer::Transmit { peer, bytes } => write!(f, "to {} {}", Who(*peer), Hex(bytes)),
            Answer::TooSmall { needed } => write!(f, "needs {needed} bytes"),
        }
    }
}

impl<E> fmt::Display for Entry<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>9} ", self.now.as_millis())?;
        match &self.call {
            Call::Datagram { peer, bytes } => {
                write!(f, "datagram from {} {}", Who(*peer), Hex(bytes))
            }
            Call::Timeout => f.write_str("timeout"),
            Call::Command { at, .. } => write!(f, "command of {}:{}", at.file(), at.line()),
            Call::PollTransmit { room } => write!(f, "poll_transmit({room})"),
            Call::PollEvent => f.write_str("poll_event"),
        }?;
        write!(f, " => {}", self.answer)
    }
}

/// One call of a log, for those who give it to an engine behind another interface (the C API).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input<'a> {
    /// `handle_datagram`.
    Datagram {
        /// From whom.
        peer: PeerId,
        /// What.
        bytes: &'a [u8],
    },
    /// `handle_timeout`.
    Timeout,
    /// A command; which one, only the test knows.
    Command,
    /// `poll_transmit` with a buffer of so many bytes.
    PollTransmit {
        /// Length of the buffer.
        room: usize,
        /// What came: to whom, and what.
        answer: Option<(PeerId, &'a [u8])>,
    },
    /// `poll_event`.
    PollEvent {
        /// True if there was one.
        answer: bool,
    },
}

/// Everything an engine was given and everything it gave, in order.
///
/// The probes of [`Checked`](crate::Checked) are not in it: a replay that gives the same bytes
/// shows that the probes left no trace inside the engine.
pub struct Log<E> {
    entries: Vec<Entry<E>>,
    /// Only the last so many calls are kept.
    most: Option<usize>,
    dropped: usize,
}

impl<E: Engine> Log<E> {
    pub(crate) fn new(most: Option<usize>) -> Self {
        Log { entries: Vec::new(), most, dropped: 0 }
    }

    pub(crate) fn push(&mut self, now: Instant, call: Call<E>, answer: Answer) {
        self.entries.push(Entry { now, call, answer });
        // Half of it at once, so that it costs little.
        if let Some(most) = self.most
            && self.entries.len() > 2 * most
        {
            self.dropped += self.entries.len() - most;
            self.entries.drain(..self.entries.len() - most);
        }
    }

    /// Calls recorded and kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if nothing was called yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gives the same inputs to `engine`, which has to be in the state in which the recorded one
    /// was when its log began.
    ///
    /// # Errors
    /// [`Divergence`] at the first answer that is different.
    ///
    /// # Panics
    /// If the log is not whole ([`Rules::short_log`](crate::Rules::short_log)).
    pub fn replay(&self, engine: &mut E) -> Result<(), Divergence> {
        assert!(self.dropped == 0, "the first {} calls were not kept", self.dropped);
        for (entry, e) in self.entries.iter().enumerate() {
            let answer = e.give(engine);
            if answer != e.answer {
                let text = format!("recorded: {e}\nreplayed: {:>9} {answer}", "");
                return Err(Divergence { entry, text });
            }
        }
        Ok(())
    }

    /// The calls in order, and when they were made.
    pub fn inputs(&self) -> impl Iterator<Item = (Instant, Input<'_>)> {
        self.entries.iter().map(|e| {
            let input = match &e.call {
                Call::Datagram { peer, bytes } => Input::Datagram { peer: *peer, bytes },
                Call::Timeout => Input::Timeout,
                Call::Command { .. } => Input::Command,
                Call::PollTransmit { room } => {
                    let answer = match &e.answer {
                        Answer::Transmit { peer, bytes } => Some((*peer, bytes.as_slice())),
                        _ => None,
                    };
                    Input::PollTransmit { room: *room, answer }
                }
                Call::PollEvent => Input::PollEvent { answer: e.answer != Answer::Nothing },
            };
            (e.now, input)
        })
    }

    /// The datagrams that the engine gave, in order.
    pub fn transmits(&self) -> impl Iterator<Item = (Instant, PeerId, &[u8])> {
        self.entries.iter().filter_map(|e| match &e.answer {
            Answer::Transmit { peer, bytes } => Some((e.now, *peer, bytes.as_slice())),
            _ => None,
        })
    }

    /// The last `n` calls as text, a line each; polls that gave nothing are left out.
    #[must_use]
    pub fn tail(&self, n: usize) -> String {
        let told = |e: &&Entry<E>| {
            let poll = matches!(e.call, Call::PollTransmit { .. } | Call::PollEvent);
            !(poll && e.answer == Answer::Nothing)
        };
        let mut lines: Vec<String> =
            self.entries.iter().rev().filter(told).take(n).map(|e| format!("{e}\n")).collect();
        lines.reverse();
        lines.concat()
    }
}

impl<E: Engine> fmt::Display for Log<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries.iter().try_for_each(|e| writeln!(f, "{e}"))
    }
}

impl<E: Engine> fmt::Debug for Log<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Log({} calls)", self.entries.len())
    }
}

/// A replay gave something else than the recorded engine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// Number of the call, from 0.
    pub entry: usize,
    /// What was recorded and what came now.
    pub text: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {} differs\n{}", self.entry, self.text)
    }
}

impl core::error::Error for Divergence {}
