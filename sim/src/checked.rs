//! An engine that is checked at every call.

use std::{collections::BTreeSet, panic::Location, rc::Rc};

use m2m_base::{BufferTooSmall, Disposition, Engine, Instant, PeerId, Transmit};

use crate::{
    log::{Answer, Call, Log},
    rules::{Rule, Rules},
};

/// More answers than this without an input in between, and the engine is taken never to stop.
pub(crate) const ENDLESS: usize = 100_000;

/// Calls shown when a rule is broken.
const SHOWN: usize = 16;

/// Wraps an engine, has the same verbs, and panics when the engine breaks a [`Rule`].
///
/// The checks happen around the caller's own calls, so the caller decides how late it polls. Each
/// call is recorded in a [`Log`]; the probes of the checks are not.
pub struct Checked<E: Engine> {
    engine: E,
    rules: Rules<E>,
    log: Log<E>,
    now: Instant,
    /// Since the last call that may have changed something, `poll_transmit` said there is nothing.
    nothing_to_send: bool,
    /// The same for `poll_event`.
    nothing_to_tell: bool,
    /// The checks of the present state of rest were done.
    rested: bool,
    /// The clock went past a deadline: until `handle_timeout` is called the engine need not have
    /// dealt with it.
    overdue: bool,
    ended: BTreeSet<u64>,
    /// `handle_timeout` was due and nothing came of it yet.
    woken: bool,
    idle_wakeups: usize,
}

impl<E: Engine> core::fmt::Debug for Checked<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Checked").field("now", &self.now).field("log", &self.log).finish()
    }
}

/// What [`Checked::settle`] found.
#[derive(Debug)]
pub struct Settled<V> {
    /// Datagrams in order.
    pub datagrams: Vec<(PeerId, Vec<u8>)>,
    /// Events in order.
    pub events: Vec<V>,
}

impl<E: Engine> Checked<E> {
    /// Wraps a new engine.
    #[must_use]
    pub fn new(engine: E, rules: Rules<E>) -> Self {
        Checked {
            engine,
            rules,
            log: Log::new(rules.log),
            now: Instant::ZERO,
            nothing_to_send: false,
            nothing_to_tell: false,
            rested: false,
            overdue: false,
            ended: BTreeSet::new(),
            woken: false,
            idle_wakeups: 0,
        }
    }

    /// The engine, to look at.
    #[must_use]
    pub fn engine(&self) -> &E {
        &self.engine
    }

    /// What was called so far.
    #[must_use]
    pub fn log(&self) -> &Log<E> {
        &self.log
    }

    /// The ids of all exchanges that ended so far, as [`Rules::done`] tells them.
    #[must_use]
    pub fn ended(&self) -> &BTreeSet<u64> {
        &self.ended
    }

    /// Takes the wrapper off.
    #[must_use]
    pub fn into_parts(self) -> (E, Log<E>) {
        (self.engine, self.log)
    }

    /// How often `handle_timeout` was called when it was due, and did nothing but set a later
    /// deadline. Some engines may do that now and then; one that does it all the time drains
    /// batteries.
    #[must_use]
    pub fn idle_wakeups(&self) -> usize {
        self.idle_wakeups
    }

    /// Gives a command. It is an `Fn` that owns what it needs, because a replay gives it again;
    /// what it returns has to be the same then.
    #[track_caller]
    pub fn command<R: core::fmt::Debug>(
        &mut self,
        now: Instant,
        command: impl Fn(&mut E, Instant) -> R + 'static,
    ) -> R {
        let at = Location::caller();
        self.advance(now);
        let command = Rc::new(command);
        let result = command(&mut self.engine, now);
        let again = Rc::new(move |engine: &mut E, now| format!("{:?}", command(engine, now)));
        self.log.push(now, Call::Command { at, again }, Answer::Value(format!("{result:?}")));
        self.disturbed();
        result
    }

    /// Polls until nothing is left to send or to tell.
    pub fn settle(&mut self, now: Instant) -> Settled<E::Event> {
        let mut found = Settled { datagrams: Vec::new(), events: Vec::new() };
        for _ in 0..ENDLESS {
            if let Some(event) = self.poll_event() {
                found.events.push(event);
            } else if let Some(datagram) = self.transmit(now) {
                found.datagrams.push(datagram);
            } else if self.is_drained() {
                return found;
            }
        }
        self.broken(Rule::Rest, format_args!("{ENDLESS} answers without an input"))
    }

    /// The next datagram.
    pub fn transmit(&mut self, now: Instant) -> Option<(PeerId, Vec<u8>)> {
        let mut buf = vec![0; self.rules.mtu];
        match self.poll_transmit(now, &mut buf) {
            Ok(Some(t)) => {
                buf.truncate(t.len);
                Some((t.peer, buf))
            }
            // With too short a buffer the rule about the MTU is broken already.
            Ok(None) | Err(_) => None,
        }
    }

    /// Gives everything that was recorded to `fresh`, an engine made as this one was.
    ///
    /// # Panics
    /// If an answer is different ([`Rule::Replay`]).
    pub fn check_replay(&self, fresh: E) {
        check_replay(&self.log, fresh);
    }

    fn broken(&self, rule: Rule, detail: core::fmt::Arguments<'_>) -> ! {
        let now = self.now.as_millis();
        rule.broken(format_args!("{detail}\nat {now}, after:\n{}", self.log.tail(SHOWN)))
    }

    fn is_due(&self, now: Instant) -> bool {
        self.engine.poll_timeout().is_some_and(|d| d <= now)
    }

    pub(crate) fn is_drained(&self) -> bool {
        self.nothing_to_send && self.nothing_to_tell
    }

    /// Length of the next datagram, found out with an empty buffer.
    fn peek(&mut self, now: Instant) -> Option<usize> {
        match self.engine.poll_transmit(now, &mut []) {
            Ok(None) => None,
            Err(BufferTooSmall { needed: 0 }) => {
                self.broken(Rule::ShortBuffer, format_args!("0 bytes do not suffice for 0 bytes"))
            }
            Err(BufferTooSmall { needed }) => Some(needed),
            Ok(Some(t)) => self.broken(
                Rule::ShortBuffer,
                format_args!("a datagram of {} bytes was put into an empty buffer", t.len),
            ),
        }
    }

    /// Moves the clock to `now`; a timeout before the deadline has to change nothing.
    fn advance(&mut self, now: Instant) {
        if now < self.now {
            let (before, now) = (self.now.as_millis(), now.as_millis());
            self.broken(Rule::Clock, format_args!("{before} was told before {now}"));
        }
        if now > self.now {
            self.now = now;
            self.overdue |= self.is_due(now);
        }
        self.probe(now);
    }

    fn probe(&mut self, now: Instant) {
        if self.is_due(now) {
            return;
        }
        let waiting = self.peek(now);
        if self.is_drained() && waiting.is_some() {
            self.broken(Rule::SpuriousTimeout, format_args!("a datagram came by itself"));
        }
        let deadline = self.engine.poll_timeout();
        if deadline.is_some_and(|d| d <= now) {
            return;
        }
        self.engine.handle_timeout(now);
        let after = self.engine.poll_timeout();
        if after != deadline {
            self.broken(
                Rule::SpuriousTimeout,
                format_args!("the deadline went from {deadline:?} to {after:?}"),
            );
        }
        if self.peek(now) != waiting {
            self.broken(Rule::SpuriousTimeout, format_args!("what is to be sent changed"));
        }
        if self.is_drained()
            && let Some(event) = self.engine.poll_event()
        {
            self.broken(Rule::SpuriousTimeout, format_args!("it made an event: {event:?}"));
        }
    }

    /// A poll gave something: what other polls said holds no longer.
    fn gave(&mut self) {
        (self.nothing_to_send, self.nothing_to_tell, self.rested) = (false, false, false);
        self.woken = false;
    }

    /// After an input: what polls said holds no longer.
    fn disturbed(&mut self) {
        self.gave();
        if let Err(text) = (self.rules.invariant)(&self.engine) {
            self.broken(Rule::Invariant, format_args!("{text}"));
        }
    }

    /// After a poll that gave nothing: if both do, the engine is at rest.
    fn rest(&mut self) {
        if !self.is_drained() || self.rested {
            return;
        }
        self.rested = true;
        self.idle_wakeups += usize::from(core::mem::take(&mut self.woken));
        if self.is_due(self.now) && !self.overdue {
            let d = self.engine.poll_timeout();
            self.broken(Rule::LaterDeadline, format_args!("the deadline is {d:?}"));
        }
        self.probe(self.now);
    }
}

impl<E: Engine> Engine for Checked<E> {
    type Event = E::Event;

    fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        self.advance(now);
        let (drained, due) = (self.is_drained(), self.is_due(now));
        let disposition = self.engine.handle_datagram(now, peer, datagram);
        let call = Call::Datagram { peer, bytes: datagram.to_vec() };
        self.log.push(now, call, Answer::Disposition(disposition));
        let answered = self.peek(now).is_some();
        if matches!(disposition, Disposition::Ignored(_)) && drained && !due && answered {
            self.broken(Rule::IgnoredInSilence, format_args!("{disposition:?}, but answered"));
        }
        self.disturbed();
        disposition
    }

    fn forget_peer(&mut self, now: Instant, peer: PeerId) {
        self.command(now, move |e, now| e.forget_peer(now, peer));
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        let due = self.is_due(now);
        self.engine.handle_timeout(now);
        self.overdue = false;
        self.log.push(now, Call::Timeout, Answer::Nothing);
        if !due {
            // `advance` saw that it changes nothing; it must not do so the second time either.
            self.probe(now);
            return;
        }
        self.disturbed();
        self.woken = true;
        self.probe(now);
    }

    fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        if now != self.now {
            self.advance(now);
        }
        let needed = self.peek(now);
        if let Some(needed) = needed {
            if needed > self.rules.mtu {
                let mtu = self.rules.mtu;
                self.broken(Rule::Mtu, format_args!("{needed} bytes, the MTU is {mtu}"));
            }
            let short = self.engine.poll_transmit(now, &mut vec![0; needed - 1]);
            if short != Err(BufferTooSmall { needed }) {
                self.broken(
                    Rule::ShortBuffer,
                    format_args!("needs {needed} bytes, but with one less answers {short:?}"),
                );
            }
        }
        let result = self.engine.poll_transmit(now, buf);
        let room = buf.len();
        self.log.push(now, Call::PollTransmit { room }, Answer::transmit(result, buf));
        match (result, needed) {
            (Ok(Some(t)), Some(needed)) if t.len == needed && needed <= room => {
                let bytes = &buf[..t.len];
                if !(self.rules.well_formed)(bytes) {
                    self.broken(Rule::WellFormed, format_args!("{bytes:02x?}"));
                }
                self.gave();
            }
            (Err(BufferTooSmall { needed: n }), Some(needed)) if n == needed && room < needed => {}
            (Ok(None), None) => {
                self.nothing_to_send = true;
                self.rest();
            }
            _ => self.broken(
                Rule::ShortBuffer,
                format_args!("an empty buffer needs {needed:?}, one of {room} gets {result:?}"),
            ),
        }
        result
    }

    fn poll_event(&mut self) -> Option<E::Event> {
        let event = self.engine.poll_event();
        let answer = match &event {
            Some(event) => Answer::Value(format!("{event:?}")),
            None => Answer::Nothing,
        };
        self.log.push(self.now, Call::PollEvent, answer);
        match &event {
            Some(event) => {
                self.gave();
                if let Some(id) = (self.rules.done)(event)
                    && !self.ended.insert(id)
                {
                    self.broken(Rule::OneDone, format_args!("{id} ended before: {event:?}"));
                }
            }
            None => {
                self.nothing_to_tell = true;
                self.rest();
            }
        }
        event
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.engine.poll_timeout()
    }
}

/// Replays `log` into `fresh`, panics at the first difference.
pub(crate) fn check_replay<E: Engine>(log: &Log<E>, mut fresh: E) {
    if let Err(divergence) = log.replay(&mut fresh) {
        Rule::Replay.broken(format_args!("{divergence}"));
    }
}
