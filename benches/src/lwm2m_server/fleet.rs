//! A server and the clients that are registered at it, as datagrams.

use coap_core::{
    Code, ContentFormat, Message, MessageType, MessageWriter, OptionNumber, OptionWriter, Uint,
};
use lwm2m_core::Path;
use lwm2m_core::server::{Config, Event, Limits, Record, Server};
use m2m_base::{Duration, Instant, PeerId, Seed};

/// Five links of usual size, and two more.
pub(super) const FIVE: &str = "</1/0>,</3/0>,</4/0>,</5/0>,</3303/0>;ver=1.1";
pub(super) const SEVEN: &str = "</1/0>,</3/0>,</4/0>,</5/0>,</3303/0>;ver=1.1,</6/0>,</7/0>";

pub(super) const LIFETIME: u64 = 86_400;

/// Clients that are observed.
pub(super) const OBSERVED: u32 = 10_000;

const TEMPERATURE: Path = Path::resource(3303, 0, 5700);

/// Datagrams, one after the other, and whose they are.
#[derive(Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    parts: Vec<(PeerId, usize)>,
}

impl Batch {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.parts.clear();
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.parts.len()).unwrap()
    }

    fn add(&mut self, peer: PeerId, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.parts.push((peer, self.bytes.len()));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (PeerId, &[u8])> {
        let mut from = 0;
        self.parts.iter().map(move |(peer, to)| {
            let part = &self.bytes[from..*to];
            from = *to;
            (*peer, part)
        })
    }
}

/// What a client is called.
pub(super) fn name(n: u32) -> String {
    format!("urn:imei:{:015}", 490_154_203_237_518u64 + u64::from(n))
}

/// The clients in an order that no cache foresees.
pub(super) fn shuffled(n: u32, count: u32) -> u32 {
    let mut z = (u64::from(n) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((z ^ z >> 31) % u64::from(count)).unwrap()
}

pub(super) struct Fleet {
    pub(super) server: Server,
    pub(super) now: Instant,
    pub(super) count: u32,
    /// Segments of the clients' locations.
    locations: Vec<[u8; 16]>,
    tokens: Vec<(u32, [u8; 8])>,
    next_mid: u16,
    buf: Vec<u8>,
    pub(super) records: Vec<Record>,
}

impl Fleet {
    pub(super) fn new(count: u32, journal: bool) -> Fleet {
        let coap = coap_core::Limits { exchanges: OBSERVED + 64, ..Limits::LARGE.coap };
        let limits = Limits { observations: OBSERVED, coap, ..Limits::LARGE };
        let config = Config { limits, journal, ..Config::default() };
        Fleet {
            server: Server::new(&config, &Seed([3; 32])).unwrap(),
            now: Instant::from_millis(1),
            count,
            locations: vec![[0; 16]; count as usize],
            tokens: Vec::new(),
            next_mid: 0,
            buf: vec![0; 2048],
            records: Vec::new(),
        }
    }

    fn message(
        &mut self,
        kind: MessageType,
        code: Code,
        token: &[u8],
        options: &OptionWriter<'_>,
        payload: &[u8],
    ) -> Vec<u8> {
        self.next_mid = self.next_mid.wrapping_add(1);
        let mut w = MessageWriter::new(Vec::new(), kind, code, self.next_mid, token).unwrap();
        for option in options.options().iter() {
            w.option(option.number, option.value).unwrap();
        }
        w.finish(payload).unwrap()
    }

    /// Registrations of clients `from..to`.
    pub(super) fn registers(&mut self, from: u32, to: u32, links: &str, batch: &mut Batch) {
        batch.clear();
        for n in from..to {
            let mut room = [0; 256];
            let mut options = OptionWriter::new(&mut room);
            options.path("rd").unwrap().content_format(ContentFormat::LINK_FORMAT).unwrap();
            options.query(&format!("ep={}", name(n))).unwrap();
            for query in [&*format!("lt={LIFETIME}"), "lwm2m=1.1", "b=U"] {
                options.query(query).unwrap();
            }
            let con = MessageType::Confirmable;
            let token = n.to_be_bytes();
            let datagram = self.message(con, Code::POST, &token, &options, links.as_bytes());
            batch.add(PeerId(n.into()), &datagram);
        }
    }

    /// Takes registrations, and notes where they are.
    #[inline(never)]
    pub(super) fn register(&mut self, batch: &Batch) {
        for (peer, datagram) in batch.iter() {
            self.server.handle_datagram(self.now, peer, datagram);
            while let Some(record) = self.server.poll_journal() {
                self.records.push(record);
            }
            let sent = self.server.poll_transmit(self.now, &mut self.buf).unwrap().unwrap();
            let answer = Message::parse(&self.buf[..sent.len]).unwrap();
            let segment = answer.options.all(OptionNumber::LOCATION_PATH).last().unwrap();
            self.locations[usize::try_from(peer.0).unwrap()][..segment.len()]
                .copy_from_slice(segment);
            while self.server.poll_event().is_some() {}
        }
    }

    /// Updates of so many clients, as they come.
    pub(super) fn updates(&mut self, round: u32, many: u32, batch: &mut Batch) {
        batch.clear();
        for n in 0..many {
            let client = shuffled(round * many + n, self.count);
            let location = self.locations[client as usize];
            let len = location.iter().position(|b| *b == 0).unwrap_or(16);
            let mut room = [0; 64];
            let mut options = OptionWriter::new(&mut room);
            options.path("rd").unwrap();
            options.path(std::str::from_utf8(&location[..len]).unwrap()).unwrap();
            let con = MessageType::Confirmable;
            let datagram = self.message(con, Code::POST, &n.to_be_bytes(), &options, b"");
            batch.add(PeerId(client.into()), &datagram);
        }
    }

    /// Takes updates.
    pub(super) fn update(&mut self, batch: &Batch) {
        let before = self.server.counters().updated;
        for (peer, datagram) in batch.iter() {
            self.server.handle_datagram(self.now, peer, datagram);
            let sent = self.server.poll_transmit(self.now, &mut self.buf).unwrap();
            assert!(sent.is_some());
            while self.server.poll_event().is_some() {}
        }
        assert_eq!(self.server.counters().updated - before, batch.len());
    }

    /// Clients that are read by their names, as they come.
    pub(super) fn names(&self, round: u32, many: u32) -> Vec<String> {
        (0..many).map(|n| name(shuffled(round * many + n, self.count))).collect()
    }

    /// Asks a client that is found by its name for a value, and takes the answer.
    pub(super) fn read(&mut self, names: &[String]) {
        for name in names {
            let id = self.server.find(name).unwrap();
            self.server.read(self.now, id, TEMPERATURE).unwrap();
            let sent = self.server.poll_transmit(self.now, &mut self.buf).unwrap().unwrap();
            // The same bytes with the type and code of an answer: token and id stay.
            let token = usize::from(self.buf[0] & 15);
            self.buf[0] = 0x60 | self.buf[0] & 15;
            self.buf[1] = Code::CONTENT.0;
            self.buf[4 + token..10 + token].copy_from_slice(b"\xc0\xff21.5");
            let answer = &self.buf[..10 + token];
            self.server.handle_datagram(self.now, sent.peer, answer);
            while let Some(event) = self.server.poll_event() {
                if let Event::Response { id, .. } = event {
                    assert_eq!(self.server.response(id).unwrap().payload(), b"21.5");
                    self.server.release(id);
                }
            }
        }
    }

    /// Observes some of the clients.
    pub(super) fn observe(&mut self) {
        for n in 0..OBSERVED.min(self.count) {
            let client = if self.count > OBSERVED { shuffled(n, self.count) } else { n };
            let id = self.server.find(&name(client)).unwrap();
            if self.server.find_observation(id, TEMPERATURE).is_some() {
                continue;
            }
            self.server.observe(self.now, id, TEMPERATURE).unwrap();
            let sent = self.server.poll_transmit(self.now, &mut self.buf).unwrap().unwrap();
            let request = Message::parse(&self.buf[..sent.len]).unwrap();
            let (id, token) = (request.id, request.token.try_into().unwrap());
            let ack = self.notification(MessageType::Acknowledgement, id, &token, 1);
            self.server.handle_datagram(self.now, sent.peer, &ack);
            while let Some(event) = self.server.poll_event() {
                if let Event::Response { id, observation, .. } = event {
                    assert!(observation.is_some());
                    self.server.release(id);
                }
            }
            self.tokens.push((client, token));
        }
    }

    fn notification(&mut self, kind: MessageType, id: u16, token: &[u8; 8], n: u32) -> Vec<u8> {
        let mut room = [0; 64];
        let mut options = OptionWriter::new(&mut room);
        let number = Uint::new(n);
        options.add(OptionNumber::OBSERVE, number.as_bytes()).unwrap();
        options.content_format(ContentFormat::TEXT).unwrap();
        let mut bytes = self.message(kind, Code::CONTENT, token, &options, b"21.5");
        if kind == MessageType::Acknowledgement {
            bytes[2..4].copy_from_slice(&id.to_be_bytes());
        }
        bytes
    }

    /// A notification of each observed client, as they come.
    pub(super) fn notifications(&mut self, round: u32, batch: &mut Batch) {
        batch.clear();
        for at in 0..self.tokens.len() {
            let (client, token) = self.tokens[at];
            let datagram = self.notification(MessageType::NonConfirmable, 0, &token, round + 2);
            batch.add(PeerId(client.into()), &datagram);
        }
    }

    /// Takes notifications and reads them.
    pub(super) fn notify(&mut self, batch: &Batch) {
        let mut told = 0;
        for (peer, datagram) in batch.iter() {
            self.server.handle_datagram(self.now, peer, datagram);
            while let Some(event) = self.server.poll_event() {
                if let Event::Notified { id, .. } = event {
                    let content = self.server.notification(id).unwrap();
                    told += usize::from(content.payload() == b"21.5");
                    self.server.release_notification(id);
                }
            }
        }
        assert_eq!(told, batch.parts.len());
    }

    /// Everybody is silent until it is over.
    pub(super) fn expire(&mut self) {
        self.now += Duration::from_secs(LIFETIME + 60);
        self.server.handle_timeout(self.now);
        let mut expired = 0;
        while let Some(event) = self.server.poll_event() {
            expired += u32::from(matches!(event, Event::Expired { .. }));
        }
        assert_eq!((expired, self.server.registration_count()), (self.count, 0));
    }
}
