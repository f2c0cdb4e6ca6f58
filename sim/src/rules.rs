//! What every engine has to keep to, whatever it speaks.

use core::fmt;

use m2m_base::Engine;

/// A rule that an engine can break. The name of the rule is the first thing in the message of the
/// panic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// `handle_timeout` before the deadline changes nothing, and nothing happens by itself before
    /// the deadline.
    SpuriousTimeout,
    /// When nothing is left to send or to tell, the next deadline is later than now.
    LaterDeadline,
    /// `poll_transmit` with a short buffer says exactly how many bytes it needs and loses nothing.
    ShortBuffer,
    /// A datagram is no longer than the MTU.
    Mtu,
    /// A datagram is well-formed.
    WellFormed,
    /// A datagram that was ignored is not answered.
    IgnoredInSilence,
    /// An exchange ends once.
    OneDone,
    /// An engine comes to rest.
    Rest,
    /// Same inputs, same outputs.
    Replay,
    /// What the test itself asks for in [`Rules::invariant`], such as memory within limits.
    Invariant,
    /// The test told an engine a time before one that it told earlier: the test is wrong.
    Clock,
}

impl Rule {
    const fn text(self) -> &'static str {
        match self {
            Rule::SpuriousTimeout => "before its deadline an engine changes only by an input",
            Rule::LaterDeadline => "after draining, the next deadline is later than now",
            Rule::ShortBuffer => "a short buffer is told the exact need and loses nothing",
            Rule::Mtu => "datagrams fit the MTU",
            Rule::WellFormed => "datagrams are well-formed",
            Rule::IgnoredInSilence => "an ignored datagram is not answered",
            Rule::OneDone => "an exchange ends exactly once",
            Rule::Rest => "engines come to rest",
            Rule::Replay => "same inputs, same outputs",
            Rule::Invariant => "the invariant of the test holds",
            Rule::Clock => "the test's clock does not go back",
        }
    }

    /// Panics with a message that starts with the rule's name.
    pub(crate) fn broken(self, detail: fmt::Arguments<'_>) -> ! {
        panic!("rule broken: {self:?} ({})\n{detail}", self.text())
    }
}

/// What [`Checked`](crate::Checked) checks of an engine beyond what holds for all engines.
pub struct Rules<E: Engine> {
    pub(crate) mtu: usize,
    pub(crate) well_formed: fn(&[u8]) -> bool,
    pub(crate) done: fn(&E::Event) -> Option<u64>,
    pub(crate) invariant: fn(&E) -> Result<(), String>,
    pub(crate) log: Option<usize>,
}

impl<E: Engine> Clone for Rules<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: Engine> Copy for Rules<E> {}

impl<E: Engine> fmt::Debug for Rules<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("mtu", &self.mtu).finish_non_exhaustive()
    }
}

impl<E: Engine> Rules<E> {
    /// Datagrams have at most `mtu` bytes and `well_formed` says yes to each.
    #[must_use]
    pub fn new(mtu: usize, well_formed: fn(&[u8]) -> bool) -> Self {
        Rules { mtu, well_formed, done: |_| None, invariant: |_| Ok(()), log: None }
    }

    /// Tells which events end an exchange, and its id: none may come twice with the same id.
    #[must_use]
    pub fn done(self, done: fn(&E::Event) -> Option<u64>) -> Self {
        Rules { done, ..self }
    }

    /// Has to hold after every input: memory within limits, tables consistent. The text of the
    /// error becomes the text of the panic.
    #[must_use]
    pub fn invariant(self, invariant: fn(&E) -> Result<(), String>) -> Self {
        Rules { invariant, ..self }
    }

    /// Keeps only the last so many calls, for long runs of many nodes. Without a whole log there
    /// is no replay.
    #[must_use]
    pub fn short_log(self, calls: usize) -> Self {
        Rules { log: Some(calls), ..self }
    }
}
