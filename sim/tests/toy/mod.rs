//! A small engine to try the bench on: it sends messages to a peer, one at a time, and repeats
//! each until it is acknowledged. Told to, it breaks a rule.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    cell::Cell,
    collections::{BTreeMap, VecDeque},
};

use m2m_base::{
    BufferTooSmall, Cause, Disposition, Duration, Engine, Instant, PeerId, Random, Seed, Transmit,
};
use m2m_sim::Rules;

pub(crate) const MTU: usize = 64;
pub(crate) const TRIES: u32 = 8;
const QUEUE: usize = 4;
const HEADER: usize = 7;
const DATA: u8 = 1;
const ACK: u8 = 2;

/// What is wrong with the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flaw {
    None,
    /// A timeout before its time repeats the datagram.
    EarlyRepeat,
    /// A timeout before its time starts the timer again.
    EarlyRestart,
    /// A timeout before its time makes an event.
    EarlyEvent,
    /// A timeout before its time draws a random number.
    EarlyDraw,
    /// What was repeated is still due.
    StuckDeadline,
    /// A short buffer loses the datagram.
    ShortLoses,
    /// A short buffer is told too small a number.
    ShortLies,
    /// The datagram goes into whatever buffer there is.
    ShortCuts,
    /// Acknowledgements are longer than the MTU.
    Long,
    /// Acknowledgements have a wrong checksum.
    Garbled,
    /// Garbage is answered although it is said to be ignored.
    AnswersGarbage,
    /// Each exchange ends twice.
    TwoDone,
    /// Two engines made alike are not alike.
    Global,
    /// Every acknowledgement is acknowledged.
    AcksAcks,
    /// Polling makes events for ever.
    Chatter,
    /// The queue grows beyond its limit.
    Greedy,
    /// Nothing is ever repeated, and the exchange never ends.
    GivesUp,
    /// Wakes every second for nothing (which no rule forbids).
    Restless,
}

thread_local! {
    static GLOBAL: Cell<u8> = const { Cell::new(0) };
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    Got { from: PeerId, body: Vec<u8> },
    Done { id: u64, ok: bool },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    Full,
    TooLong,
}

#[derive(Debug)]
struct Flight {
    id: u64,
    peer: PeerId,
    datagram: Vec<u8>,
    tries: u32,
    deadline: Instant,
}

#[derive(Debug)]
pub(crate) struct Toy {
    flaw: Flaw,
    random: Random,
    epoch: [u8; 4],
    sequence: u16,
    jobs: VecDeque<(u64, PeerId, Vec<u8>)>,
    ids: u64,
    flight: Option<Flight>,
    out: VecDeque<(PeerId, Vec<u8>)>,
    events: VecDeque<Event>,
    /// The last message of each sender, known by its epoch.
    seen: BTreeMap<[u8; 4], u16>,
    tick: Option<Instant>,
}

/// Fletcher's checksum, which sees any single wrong bit.
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let (mut a, mut b) = (1u16, 0u16);
    for byte in bytes {
        a = (a + u16::from(*byte)) % 255;
        b = (b + a) % 255;
    }
    [u8::try_from(a).unwrap(), u8::try_from(b).unwrap()]
}

fn datagram(kind: u8, sequence: u16, epoch: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut d = vec![kind];
    d.extend(sequence.to_be_bytes());
    d.extend(epoch);
    d.extend(body);
    d.extend(checksum(&d));
    d
}

pub(crate) fn well_formed(d: &[u8]) -> bool {
    d.len() >= HEADER + 2
        && matches!(d[0], DATA | ACK)
        && checksum(&d[..d.len() - 2]) == d[d.len() - 2..]
}

pub(crate) fn rules() -> Rules<Toy> {
    Rules::new(MTU, well_formed)
        .done(|e| match e {
            Event::Done { id, .. } => Some(*id),
            Event::Got { .. } => None,
        })
        .invariant(|toy| match toy.jobs.len() {
            0..=QUEUE => Ok(()),
            n => Err(format!("{n} jobs in the queue")),
        })
}

impl Toy {
    pub(crate) fn new(seed: &Seed, flaw: Flaw) -> Toy {
        let mut random = Random::new(seed);
        let mut epoch = [0; 4];
        random.fill(&mut epoch);
        if flaw == Flaw::Global {
            epoch[0] = GLOBAL.replace(GLOBAL.get().wrapping_add(1));
        }
        Toy {
            flaw,
            random,
            epoch,
            sequence: 0,
            jobs: VecDeque::new(),
            ids: 0,
            flight: None,
            out: VecDeque::new(),
            events: VecDeque::new(),
            seen: BTreeMap::new(),
            tick: None,
        }
    }

    /// Sends `body` to `peer` once what was asked before is done.
    pub(crate) fn send(&mut self, now: Instant, peer: PeerId, body: &[u8]) -> Result<u64, Refused> {
        if body.len() > MTU - HEADER - 2 {
            return Err(Refused::TooLong);
        }
        if self.jobs.len() >= QUEUE && self.flaw != Flaw::Greedy {
            return Err(Refused::Full);
        }
        self.ids += 1;
        self.jobs.push_back((self.ids, peer, body.to_vec()));
        self.next_job(now);
        Ok(self.ids)
    }

    /// True if nothing is to be sent or waited for.
    pub(crate) fn is_idle(&self) -> bool {
        self.flight.is_none() && self.jobs.is_empty() && self.out.is_empty()
    }

    fn next_job(&mut self, now: Instant) {
        if self.flight.is_some() {
            return;
        }
        if let Some((id, peer, body)) = self.jobs.pop_front() {
            self.sequence += 1;
            let datagram = datagram(DATA, self.sequence, self.epoch, &body);
            self.out.push_back((peer, datagram.clone()));
            let deadline = now + self.wait(0);
            self.flight = Some(Flight { id, peer, datagram, tries: 1, deadline });
        }
    }

    /// One to one and a half seconds, twice as long after each try.
    fn wait(&mut self, tries: u32) -> Duration {
        Duration::from_millis(u64::from(1000 + self.random.up_to(500)) << tries)
    }

    fn done(&mut self, now: Instant, id: u64, ok: bool) {
        self.flight = None;
        self.events.push_back(Event::Done { id, ok });
        if self.flaw == Flaw::TwoDone {
            self.events.push_back(Event::Done { id, ok });
        }
        self.next_job(now);
    }

    fn early(&mut self, now: Instant) {
        match (self.flaw, &mut self.flight) {
            (Flaw::EarlyRepeat, Some(f)) => self.out.push_back((f.peer, f.datagram.clone())),
            (Flaw::EarlyRestart, Some(f)) => f.deadline = now + Duration::from_secs(2),
            (Flaw::EarlyEvent, None) => self.events.push_back(Event::Done { id: 99, ok: false }),
            (Flaw::EarlyDraw, _) => _ = self.random.u8(),
            _ => {}
        }
    }
}

impl Engine for Toy {
    type Event = Event;

    fn handle_datagram(&mut self, now: Instant, peer: PeerId, d: &[u8]) -> Disposition {
        if self.flaw == Flaw::Restless {
            self.tick = Some(now + Duration::from_secs(1));
        }
        if !well_formed(d) {
            if self.flaw == Flaw::AnswersGarbage {
                self.out.push_back((peer, datagram(ACK, 0, self.epoch, b"what?")));
            }
            return Disposition::Ignored(Cause::Malformed);
        }
        let (sequence, epoch) = (u16::from_be_bytes([d[1], d[2]]), [d[3], d[4], d[5], d[6]]);
        if d[0] == ACK {
            if self.flaw == Flaw::AcksAcks {
                self.out.push_back((peer, datagram(ACK, sequence, epoch, &[])));
            }
            return match &self.flight {
                Some(f) if f.datagram[1..HEADER] == d[1..HEADER] => {
                    let id = f.id;
                    self.done(now, id, true);
                    Disposition::Accepted
                }
                _ if self.flaw == Flaw::AcksAcks => Disposition::Accepted,
                _ => Disposition::Ignored(Cause::Unexpected),
            };
        }
        let mut ack = datagram(ACK, sequence, epoch, &[]);
        match self.flaw {
            Flaw::Long => ack = datagram(ACK, sequence, epoch, &[0; MTU]),
            Flaw::Garbled => ack[3] ^= 1,
            _ => {}
        }
        self.out.push_back((peer, ack));
        let last = self.seen.entry(epoch).or_insert(0);
        if sequence <= *last {
            return Disposition::Duplicate;
        }
        *last = sequence;
        let body = d[HEADER..d.len() - 2].to_vec();
        self.events.push_back(Event::Got { from: peer, body });
        Disposition::Accepted
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_none_or(|d| d > now) {
            return self.early(now);
        }
        if self.tick.is_some_and(|t| t <= now) {
            self.tick = Some(now + Duration::from_secs(1));
        }
        let Some(f) = self.flight.take_if(|f| f.deadline <= now) else { return };
        if f.tries >= TRIES {
            return self.done(now, f.id, false);
        }
        self.out.push_back((f.peer, f.datagram.clone()));
        let wait = self.wait(f.tries);
        let deadline = if self.flaw == Flaw::StuckDeadline { f.deadline } else { now + wait };
        self.flight = Some(Flight { tries: f.tries + 1, deadline, ..f });
    }

    fn poll_transmit(
        &mut self,
        _now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        let Some((peer, d)) = self.out.front() else { return Ok(None) };
        let (peer, needed) = (*peer, d.len());
        if buf.len() < needed {
            let mut needed = needed;
            match self.flaw {
                Flaw::ShortLoses if !buf.is_empty() => _ = self.out.pop_front(),
                Flaw::ShortLies => needed -= 1,
                Flaw::ShortCuts if !buf.is_empty() => {
                    let len = buf.len();
                    buf.copy_from_slice(&d[..len]);
                    self.out.pop_front();
                    return Ok(Some(Transmit { peer, len }));
                }
                _ => {}
            }
            return Err(BufferTooSmall { needed });
        }
        buf[..needed].copy_from_slice(d);
        self.out.pop_front();
        Ok(Some(Transmit { peer, len: needed }))
    }

    fn poll_event(&mut self) -> Option<Event> {
        if self.flaw == Flaw::Chatter {
            return Some(Event::Got { from: PeerId(0), body: Vec::new() });
        }
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let flight = self.flight.as_ref().filter(|_| self.flaw != Flaw::GivesUp);
        [flight.map(|f| f.deadline), self.tick].into_iter().flatten().min()
    }
}
