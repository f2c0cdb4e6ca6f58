//! Many endpoints on some sockets, by one thread that costs much less than any server: datagrams go
//! out by `UDP_SEGMENT` and `sendmmsg` and come in by `recvmmsg`.

use coap_core::{Code, Message, MessageType, MessageWriter, OptionNumber, OptionWriter};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, send, sendmsg,
};
use std::io::{IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

/// Sockets; each has many endpoints. A message ID is used once, so their number bounds how much can
/// be sent.
pub(super) const LANES: usize = 32;
/// Endpoints of a lane that are observed.
const OBSERVED: usize = 16;
/// Message IDs of a lane that may be used.
const IDS: usize = 64_000;
/// Datagrams taken at once, and the room for each.
const BATCH: usize = 64;
const ROOM: usize = 512;
/// After so long without anything, what is under way counts as lost.
const PATIENCE: Duration = Duration::from_millis(400);
/// What an endpoint says that it has: five links.
const LINKS: &[u8] = b"</1/0>,</3/0>,</4/0>,</5/0>,</3303/0>";

/// What the endpoints do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Deed {
    /// Each registers once.
    Register,
    /// Those that are registered update their registrations.
    Update,
    /// Those that are observed notify: non-confirmable, but for the last of each burst, whose
    /// acknowledgement says that all were taken.
    Notify,
}

pub(super) const DEEDS: [Deed; 3] = [Deed::Register, Deed::Update, Deed::Notify];

/// What came of it.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Tally {
    /// Messages that were answered, or acknowledged with those in front of them.
    pub(super) done: u64,
    pub(super) lost: u64,
    pub(super) refused: u64,
    pub(super) took: Duration,
}

struct Lane {
    socket: UdpSocket,
    number: usize,
    /// Messages sent so far: the last message ID.
    used: usize,
    /// Under way: messages, or bursts of notifications.
    flying: usize,
    /// Who is registered, and where.
    locations: Vec<(usize, [u8; 24])>,
    /// The next one to update.
    next: usize,
    registered: usize,
    tokens: Vec<Vec<u8>>,
    heard: Instant,
}

/// The sockets.
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    headers: MultiHeaders<SockaddrStorage>,
    bytes: Vec<u8>,
    out: Vec<u8>,
    /// Where the datagrams in `out` end.
    ends: Vec<usize>,
    /// The server sends back what it gets.
    echo: bool,
    /// What the names of these endpoints begin with.
    prefix: String,
}

impl Lanes {
    /// Sockets for the round of this number. Each round has an address of its own: a port that was
    /// used before would make new messages duplicates of old ones.
    pub(super) fn new(server: SocketAddr, echo: bool, round: u8) -> Lanes {
        let address = Ipv4Addr::new(127, 0, 1, round + 1);
        let lane = |number| {
            let socket = UdpSocket::bind((address, 0)).expect("a free port");
            socket.connect(server).expect("loopback");
            socket.set_nonblocking(true).expect("set");
            Lane {
                socket,
                number,
                used: 0,
                flying: 0,
                locations: Vec::new(),
                next: 0,
                registered: 0,
                tokens: Vec::new(),
                heard: Instant::now(),
            }
        };
        Lanes {
            lanes: (0..LANES).map(lane).collect(),
            headers: MultiHeaders::preallocate(BATCH, None),
            bytes: vec![0; BATCH * ROOM],
            out: Vec::new(),
            ends: Vec::new(),
            echo,
            prefix: format!("{round:03}"),
        }
    }

    fn name(prefix: &str, lane: usize, number: usize) -> String {
        format!("urn:dev:ops:{prefix}-{lane:02}-{number:06}")
    }

    /// The names of the endpoints that are to be observed.
    pub(super) fn observed(&self) -> Vec<String> {
        let of = |lane: &Lane| {
            let some = lane.locations.iter().take(OBSERVED);
            some.map(|(n, _)| Lanes::name(&self.prefix, lane.number, *n)).collect::<Vec<_>>()
        };
        self.lanes.iter().flat_map(of).collect()
    }

    /// Grants what is observed until `until` says that it is enough.
    pub(super) fn serve(&mut self, mut until: impl FnMut() -> bool) {
        while !until() {
            for at in 0..LANES {
                self.receive(at, None, &mut Tally::default());
            }
            self.wait();
        }
    }

    /// Makes up locations and tokens, for a server that gives none.
    pub(super) fn pretend(&mut self) {
        for lane in &mut self.lanes {
            let mut location = [0; 24];
            location[..11].copy_from_slice(b"0123456789a");
            lane.locations = vec![(0, location); 1000];
            lane.tokens = (0..OBSERVED).map(|n| vec![u8::try_from(n).unwrap(); 8]).collect();
        }
    }

    /// Keeps about `window` messages under way for so long.
    pub(super) fn run(&mut self, deed: Deed, window: usize, period: Duration) -> Tally {
        let each = (window / LANES).max(1);
        // A small window is that of fewer lanes.
        let lanes = LANES.min(window);
        let mut tally = Tally::default();
        let begun = Instant::now();
        let end = begun + period;
        for lane in &mut self.lanes {
            lane.flying = 0;
            lane.heard = begun;
        }
        loop {
            let now = Instant::now();
            let mut some = false;
            let mut under_way = 0;
            for at in 0..lanes {
                some |= self.receive(at, Some((deed, each)), &mut tally);
                let lane = &mut self.lanes[at];
                if lane.flying > 0 && lane.heard + PATIENCE < now {
                    tally.lost += (lane.flying * if self.bursts(deed) { each } else { 1 }) as u64;
                    self.lanes[at].flying = 0;
                }
                if now < end {
                    some |= self.send(at, deed, each);
                }
                under_way += self.lanes[at].flying;
            }
            if under_way == 0 {
                break;
            }
            if !some {
                self.wait();
            }
        }
        tally.took = begun.elapsed();
        tally
    }

    fn bursts(&self, deed: Deed) -> bool {
        deed == Deed::Notify && !self.echo
    }

    /// Sends as much as the window of a lane takes.
    fn send(&mut self, at: usize, deed: Deed, each: usize) -> bool {
        let bursts = self.bursts(deed);
        let Lanes { lanes, out, ends, prefix, echo, .. } = self;
        let lane = &mut lanes[at];
        let count = match bursts {
            true if lane.flying > 0 => 0,
            true => each,
            false => each.saturating_sub(lane.flying),
        };
        // Half a window at a time, so that neither side wakes for every single one.
        // Each deed has a third of the message IDs, none of which a server takes twice in four minutes.
        let most = IDS * (deed as usize + 1) / DEEDS.len();
        if count * 2 < each || !*echo && lane.used + count > most {
            return false;
        }
        out.clear();
        ends.clear();
        for n in 0..count {
            // What is sent back may have any number.
            lane.used = if *echo { lane.used % IDS } else { lane.used } + 1;
            let last = n + 1 == count;
            if !lane.write(deed, last, prefix, out) {
                break;
            }
            ends.push(out.len());
        }
        if ends.is_empty() {
            return false;
        }
        lane.flying += if bursts { 1 } else { ends.len() };
        lane.heard = Instant::now();
        lane.put(out, ends);
        true
    }

    /// Takes what came to a lane. True if there was something.
    fn receive(&mut self, at: usize, deed: Option<(Deed, usize)>, tally: &mut Tally) -> bool {
        let Lanes { lanes, headers, bytes, echo, .. } = self;
        let lane = &mut lanes[at];
        let mut lengths = [0; BATCH];
        let count = {
            let mut places = bytes.chunks_exact_mut(ROOM);
            let mut slices: [[IoSliceMut<'_>; 1]; BATCH] =
                std::array::from_fn(|_| [IoSliceMut::new(places.next().expect("room"))]);
            let fd = lane.socket.as_raw_fd();
            let got = recvmmsg(fd, headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None);
            // An error is that there is nothing, or that the server is gone: the latter shows.
            let mut count = 0;
            for message in got.into_iter().flatten() {
                lengths[count] = message.bytes;
                count += 1;
            }
            count
        };
        for (n, len) in lengths[..count].iter().enumerate() {
            let datagram = &bytes[n * ROOM..n * ROOM + len];
            let message = Message::parse(datagram).expect("CoAP");
            if *echo {
                tally.done += 1;
                lane.flying = lane.flying.saturating_sub(1);
            } else {
                lane.take(&message, deed, tally);
            }
        }
        if count > 0 {
            lane.heard = Instant::now();
        }
        count > 0
    }

    /// Waits until something comes, for a moment.
    fn wait(&self) {
        let mut all: Vec<PollFd<'_>> = self
            .lanes
            .iter()
            .map(|lane| PollFd::new(lane.socket.as_fd(), PollFlags::POLLIN))
            .collect();
        let _ = poll(&mut all, PollTimeout::from(20u8));
    }
}

impl Lane {
    fn take(&mut self, message: &Message<'_>, deed: Option<(Deed, usize)>, tally: &mut Tally) {
        if message.code.is_request() {
            return self.grant(message);
        }
        let Some((deed, each)) = deed else { return };
        if deed == Deed::Notify {
            if message.message_type == MessageType::Reset {
                tally.refused += 1;
            } else {
                tally.done += each as u64;
                self.flying = 0;
            }
            return;
        }
        self.flying = self.flying.saturating_sub(1);
        if !message.code.is_success() {
            tally.refused += 1;
            return;
        }
        tally.done += 1;
        if deed == Deed::Register {
            let segment = message.options.all(OptionNumber::LOCATION_PATH).last();
            let segment = segment.expect("a location");
            let mut location = [0; 24];
            location[..segment.len()].copy_from_slice(segment);
            // The first message of a lane registers its endpoint 0.
            self.locations.push((usize::from(message.id) - 1, location));
        }
    }

    /// The server observes: it has a value.
    fn grant(&mut self, request: &Message<'_>) {
        let mut buf = [0; 64];
        let kind = MessageType::Acknowledgement;
        let mut writer =
            MessageWriter::in_buffer(&mut buf, kind, Code::CONTENT, request.id, request.token)
                .expect("room");
        writer.option_uint(OptionNumber::OBSERVE, 1).expect("room");
        writer.option_uint(OptionNumber::CONTENT_FORMAT, 0).expect("room");
        let len = writer.finish(b"21.5").expect("room").len();
        let _ = self.socket.send(&buf[..len]);
        self.tokens.push(request.token.to_vec());
    }

    /// Writes the next message of a deed behind `out`; false if there is nothing to say.
    fn write(&mut self, deed: Deed, last: bool, prefix: &str, out: &mut Vec<u8>) -> bool {
        let id = u16::try_from(self.used).expect("16 bits");
        let (mut buf, mut room) = ([0; ROOM], [0; 256]);
        let mut options = OptionWriter::new(&mut room);
        let con = MessageType::Confirmable;
        let own = id.to_be_bytes();
        let (kind, code, token, payload) = match deed {
            Deed::Register => {
                options.path("rd").expect("room");
                options.add_uint(OptionNumber::CONTENT_FORMAT, 40).expect("room");
                let name = Lanes::name(prefix, self.number, self.registered);
                self.registered += 1;
                for query in [&*format!("ep={name}"), "lt=86400", "lwm2m=1.1", "b=U"] {
                    options.query(query).expect("room");
                }
                (con, Code::POST, &own[..], LINKS)
            }
            Deed::Update => {
                let Some((_, location)) = self.locations.get(self.next) else { return false };
                self.next = (self.next + 1) % self.locations.len();
                let len = location.iter().position(|b| *b == 0).unwrap_or(24);
                options.path("rd").expect("room");
                options.add(OptionNumber::URI_PATH, &location[..len]).expect("room");
                (con, Code::POST, &own[..], &b""[..])
            }
            Deed::Notify => {
                let Some(token) = self.tokens.get(self.used % self.tokens.len().max(1)) else {
                    return false;
                };
                let number = u32::try_from(self.used).expect("24 bits") + 1;
                options.add_uint(OptionNumber::OBSERVE, number).expect("room");
                options.add_uint(OptionNumber::CONTENT_FORMAT, 0).expect("room");
                let kind = if last { con } else { MessageType::NonConfirmable };
                (kind, Code::CONTENT, &token[..], &b"21.5"[..])
            }
        };
        let mut writer = MessageWriter::in_buffer(&mut buf, kind, code, id, token).expect("room");
        writer.options(options.options()).expect("room");
        let len = writer.finish(payload).expect("room").len();
        out.extend_from_slice(&buf[..len]);
        true
    }

    /// Sends what was written: datagrams of one length in one piece, which the system cuts.
    fn put(&self, out: &[u8], ends: &[usize]) {
        let fd = self.socket.as_raw_fd();
        let length = |at: usize| ends[at] - if at == 0 { 0 } else { ends[at - 1] };
        let mut at = 0;
        while at < ends.len() {
            let size = length(at);
            let mut to = at + 1;
            while to < ends.len() && to - at < BATCH && length(to) == size {
                to += 1;
            }
            let from = ends[at] - size;
            let bytes = &out[from..ends[to - 1]];
            let flags = MsgFlags::empty();
            if to - at == 1 {
                let _ = send(fd, bytes, flags);
            } else {
                let size = u16::try_from(size).expect("short");
                let control = [ControlMessage::UdpGsoSegments(&size)];
                let _ =
                    sendmsg::<SockaddrStorage>(fd, &[IoSlice::new(bytes)], &control, flags, None);
            }
            at = to;
        }
    }
}
