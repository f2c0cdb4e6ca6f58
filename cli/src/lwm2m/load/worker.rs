//! One socket and its endpoints: a thread that does what it is told, phase by phase.

use coap_core::{Code, Message, MessageType, MessageWriter, OptionNumber, OptionWriter, TooLong};
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, RecvError, Sender, TryRecvError};
use std::time::{Duration, Instant};

/// How long to wait for something to come before a look at the clock.
const MOMENT: Duration = Duration::from_millis(50);
/// When a message is sent again (ACK_TIMEOUT, RFC 7252 section 4.8).
const AGAIN: Duration = Duration::from_secs(2);
/// How often.
const ATTEMPTS: u32 = 4;
/// Message IDs of one socket within EXCHANGE_LIFETIME; one that is used twice is a duplicate.
const MOST_IDS: u32 = 60_000;
/// Longest message.
const LONGEST: usize = 1152;
/// What each endpoint says that it has.
const LINKS: &[u8] = b"</1/0>,</3/0>,</3303/0>,</3303/1>,</3304/0>";
/// The value that is observed.
const OBSERVED: [&[u8]; 3] = [b"3303", b"0", b"5700"];

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// Register each endpoint.
    Register,
    /// Update the registrations until then.
    Update(Instant),
    /// Grant observations until the phase after this one is there.
    Serve,
    /// Notify until then.
    Notify(Instant),
}

/// What came of a phase.
#[derive(Clone, Default, Debug)]
pub(super) struct Tally {
    /// Microseconds until the answer, of each message that got one.
    pub(super) times: Vec<u32>,
    /// Answers that refuse.
    pub(super) refused: u64,
    /// Messages that were not answered at all.
    pub(super) lost: u64,
    /// Message IDs ran out before the time did.
    pub(super) exhausted: bool,
}

struct Endpoint {
    name: String,
    location: Vec<String>,
    /// The token of the observation, and its next sequence number.
    observed: Option<(Vec<u8>, u32)>,
}

struct Pending {
    at: usize,
    datagram: Vec<u8>,
    first: Instant,
    sent: Instant,
    attempts: u32,
}

pub(super) struct Worker {
    socket: UdpSocket,
    endpoints: Vec<Endpoint>,
    window: usize,
    next_id: u16,
    used_ids: u32,
    pending: BTreeMap<u16, Pending>,
}

impl Worker {
    /// A socket for endpoints of these names.
    pub(super) fn new(server: SocketAddr, names: Vec<String>, window: u32) -> io::Result<Worker> {
        let any: SocketAddr = match server {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(server)?;
        socket.set_read_timeout(Some(MOMENT))?;
        let endpoint = |name| Endpoint { name, location: Vec::new(), observed: None };
        Ok(Worker {
            socket,
            endpoints: names.into_iter().map(endpoint).collect(),
            window: usize::try_from(window).unwrap_or(1),
            next_id: 0,
            used_ids: 0,
            pending: BTreeMap::new(),
        })
    }

    /// Does each phase that comes, and tells what came of it.
    pub(super) fn run(mut self, phases: &Receiver<Phase>, done: &Sender<io::Result<Tally>>) {
        let mut next = phases.recv();
        while let Ok(phase) = next {
            let mut tally = Tally::default();
            let result = match phase {
                Phase::Serve => match self.serve(phases) {
                    Ok(phase) => {
                        next = phase;
                        continue;
                    }
                    Err(error) => Err(error),
                },
                phase => self.work(phase, &mut tally),
            };
            if done.send(result.map(|()| tally)).is_err() {
                return;
            }
            next = phases.recv();
        }
    }

    /// Grants observations until the next phase is there.
    fn serve(&mut self, phases: &Receiver<Phase>) -> io::Result<Result<Phase, RecvError>> {
        loop {
            match phases.try_recv() {
                Ok(phase) => return Ok(Ok(phase)),
                Err(TryRecvError::Disconnected) => return Ok(Err(RecvError)),
                Err(TryRecvError::Empty) => {
                    self.receive(Phase::Serve, &mut Tally::default())?;
                }
            }
        }
    }

    fn work(&mut self, phase: Phase, tally: &mut Tally) -> io::Result<()> {
        let all = 0..self.endpoints.len();
        let mut ready: VecDeque<usize> = match phase {
            Phase::Notify(_) => all.filter(|at| self.is_observed(*at)).collect(),
            _ => all.collect(),
        };
        let (until, again) = match phase {
            Phase::Update(until) | Phase::Notify(until) => (Some(until), true),
            _ => (None, false),
        };
        loop {
            let over = until.is_some_and(|until| Instant::now() >= until);
            while !over && self.pending.len() < self.window {
                if again && self.used_ids >= MOST_IDS {
                    tally.exhausted = true;
                    break;
                }
                let Some(at) = ready.pop_front() else { break };
                self.send(phase, at)?;
                if again {
                    ready.push_back(at);
                }
            }
            if self.pending.is_empty() {
                return Ok(());
            }
            self.receive(phase, tally)?;
            self.repeat(tally)?;
        }
    }

    fn is_observed(&self, at: usize) -> bool {
        self.endpoints.get(at).is_some_and(|endpoint| endpoint.observed.is_some())
    }

    fn send(&mut self, phase: Phase, at: usize) -> io::Result<()> {
        self.next_id = self.next_id.wrapping_add(1);
        self.used_ids += 1;
        let id = self.next_id;
        let Some(endpoint) = self.endpoints.get_mut(at) else { return Ok(()) };
        let datagram = message(phase, id, endpoint)
            .map_err(|_| io::Error::other("the name of an endpoint is too long"))?;
        self.socket.send(&datagram)?;
        let now = Instant::now();
        self.pending.insert(id, Pending { at, datagram, first: now, sent: now, attempts: 1 });
        Ok(())
    }

    /// Takes all that has come, waiting for the first.
    fn receive(&mut self, phase: Phase, tally: &mut Tally) -> io::Result<()> {
        let mut buf = [0; LONGEST];
        let len = match self.socket.recv(&mut buf) {
            Ok(len) => len,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let Ok(message) = Message::parse(buf.get(..len).unwrap_or_default()) else {
            return Ok(());
        };
        if message.code.is_request() {
            return self.grant(&message);
        }
        let Some(pending) = self.pending.remove(&message.id) else { return Ok(()) };
        let took = pending.first.elapsed().as_micros();
        let good = match phase {
            Phase::Notify(_) => message.message_type == MessageType::Acknowledgement,
            _ => message.code.is_success(),
        };
        if !good {
            tally.refused += 1;
            return Ok(());
        }
        tally.times.push(u32::try_from(took).unwrap_or(u32::MAX));
        if let (Phase::Register, Some(endpoint)) = (phase, self.endpoints.get_mut(pending.at)) {
            let segments = message.options.all(OptionNumber::LOCATION_PATH);
            endpoint.location = segments.map(|s| String::from_utf8_lossy(s).into_owned()).collect();
        }
        Ok(())
    }

    /// Answers a request of the server: an Observe is granted, the endpoint being the one that was
    /// named by its turn; anything else is not there.
    fn grant(&mut self, request: &Message<'_>) -> io::Result<()> {
        let observes = request.options.uint(OptionNumber::OBSERVE) == Some(0)
            && request.options.path().eq(OBSERVED);
        let free =
            self.endpoints.iter_mut().find(|e| e.observed.is_none() && !e.location.is_empty());
        let mut room = [0; 128];
        let write = |code: Code, payload: &[u8], room: &mut [u8]| {
            let kind = MessageType::Acknowledgement;
            let mut writer = MessageWriter::in_buffer(room, kind, code, request.id, request.token)?;
            if code == Code::CONTENT {
                writer.option_uint(OptionNumber::OBSERVE, 1)?;
                writer.option_uint(OptionNumber::CONTENT_FORMAT, 0)?;
            }
            Ok::<_, TooLong>(writer.finish(payload)?.written().to_vec())
        };
        let answer = match free.filter(|_| observes) {
            Some(endpoint) => {
                endpoint.observed = Some((request.token.to_vec(), 2));
                write(Code::CONTENT, b"21.5", &mut room)
            }
            None => write(Code::NOT_FOUND, &[], &mut room),
        };
        match answer {
            Ok(datagram) => self.socket.send(&datagram).map(|_| ()),
            Err(_) => Ok(()),
        }
    }

    /// Sends again what was not answered, and gives up what was not answered for long.
    fn repeat(&mut self, tally: &mut Tally) -> io::Result<()> {
        let late = |pending: &Pending| pending.sent.elapsed() > AGAIN;
        let ids: Vec<u16> =
            self.pending.iter().filter(|(_, p)| late(p)).map(|(id, _)| *id).collect();
        for id in ids {
            let Some(pending) = self.pending.get_mut(&id) else { continue };
            if pending.attempts >= ATTEMPTS {
                self.pending.remove(&id);
                tally.lost += 1;
                continue;
            }
            pending.attempts += 1;
            pending.sent = Instant::now();
            self.socket.send(&pending.datagram)?;
        }
        Ok(())
    }
}

/// What an endpoint says in a phase.
fn message(phase: Phase, id: u16, endpoint: &mut Endpoint) -> Result<Vec<u8>, TooLong> {
    let (mut room, mut options) = ([0; LONGEST], [0; 512]);
    let mut options = OptionWriter::new(&mut options);
    let (code, token, payload): (_, Vec<u8>, &[u8]) = match phase {
        Phase::Register => {
            options.path("/rd")?.add_uint(OptionNumber::CONTENT_FORMAT, 40)?;
            options.query(&format!("ep={}", endpoint.name))?;
            options.query("lt=86400")?.query("lwm2m=1.1")?.query("b=U")?;
            (Code::POST, id.to_be_bytes().to_vec(), LINKS)
        }
        Phase::Notify(_) => {
            let (token, number) = endpoint.observed.get_or_insert_default();
            options.add_uint(OptionNumber::OBSERVE, *number & 0xff_ffff)?;
            options.add_uint(OptionNumber::CONTENT_FORMAT, 0)?;
            *number += 1;
            (Code::CONTENT, token.clone(), b"21.5")
        }
        _ => {
            for segment in &endpoint.location {
                options.add(OptionNumber::URI_PATH, segment.as_bytes())?;
            }
            (Code::POST, id.to_be_bytes().to_vec(), b"")
        }
    };
    let kind = MessageType::Confirmable;
    let mut writer = MessageWriter::in_buffer(&mut room, kind, code, id, &token)?;
    writer.options(options.options())?;
    Ok(writer.finish(payload)?.written().to_vec())
}
