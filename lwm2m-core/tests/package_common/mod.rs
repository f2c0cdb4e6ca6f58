//! What stands around a client that takes packages: the device's flash memory, and where packages
//! come from.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "test code; each test crate uses its part of it"
)]

use crate::client_common::*;
use coap_core::{Block, Code, ContentFormat, MessageType, OptionNumber, Uint};
use lwm2m_core::client::{Client, Config, Event, PackageError, PackageId, PackageStep, UsageError};
use lwm2m_core::{ObjectDefinition, object};
use m2m_base::PeerId;

pub const SOURCE: PeerId = PeerId(0x0a00_0003_1633);

static OBJECTS: [&ObjectDefinition<'static>; 4] = [
    &object::FIRMWARE_UPDATE,
    &object::SOFTWARE_MANAGEMENT,
    &object::TEMPERATURE,
    &object::BINARY_APP_DATA_CONTAINER,
];

pub fn package_config() -> Config<'static> {
    Config { objects: &OBJECTS, ..config() }
}

pub fn registered(client: Client) -> Bench {
    let mut b = Bench::with(client);
    b.start();
    b.accept_registration(PEER, "5a3f");
    b.settle();
    b
}

pub fn image(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n ^ n >> 8) as u8).collect()
}

/// The texts of the notifications that wait to be looked at, each acknowledged.
pub fn notifications(b: &mut Bench) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        b.settle();
        let at = b.sent.iter().position(|(_, m)| m.code == Code::CONTENT && m.observe().is_some());
        let Some(at) = at else { return told };
        let (peer, message) = b.sent.remove(at);
        told.push(message.text());
        if message.message_type == MessageType::Confirmable {
            b.acknowledge(peer, &message);
        }
    }
}

/// A block of a PUT.
#[derive(Clone, Copy)]
pub struct Piece<'a> {
    uri: &'a str,
    number: u32,
    more: bool,
    bytes: &'a [u8],
    format: ContentFormat,
}

impl<'a> Piece<'a> {
    /// Of 64 bytes.
    pub fn new(uri: &'a str, number: u32, more: bool, bytes: &'a [u8]) -> Piece<'a> {
        Piece { uri, number, more, bytes, format: ContentFormat::OCTET_STREAM }
    }

    pub fn format(self, format: ContentFormat) -> Piece<'a> {
        Piece { format, ..self }
    }

    pub fn datagram(&self, id: u16) -> Vec<u8> {
        let block = Uint::new(Block { number: self.number, more: self.more, szx: 2 }.to_uint());
        let format = Uint::new(self.format.0.into());
        let mut options = vec![
            (OptionNumber::CONTENT_FORMAT, format.as_bytes()),
            (OptionNumber::BLOCK1, block.as_bytes()),
        ];
        let segments = self.uri.split('/').skip(1);
        options.extend(segments.map(|s| (OptionNumber::URI_PATH, s.as_bytes())));
        let token = [0xb1, self.number as u8];
        message(MessageType::Confirmable, Code::PUT, id, &token, &options, self.bytes)
    }
}

impl Bench {
    pub fn send_raw(&mut self, peer: PeerId, piece: &Piece<'_>) -> u16 {
        let id = self.fresh_id();
        self.datagram(peer, &piece.datagram(id));
        id
    }
}

/// The application of a device.
pub struct Flash {
    pub bytes: Vec<u8>,
    pub record: Vec<u8>,
    pub discards: u32,
    pub connections: u32,
    pub applied: Vec<PackageStep>,
    /// What it says of the next blocks.
    pub refuse: Option<PackageError>,
    pub verify: Result<(), PackageError>,
    pub apply: Result<(), PackageError>,
    /// It is restarted before it has applied anything.
    pub apply_later: bool,
    pub unreachable: bool,
}

impl Default for Flash {
    fn default() -> Flash {
        Flash {
            bytes: Vec::new(),
            record: Vec::new(),
            discards: 0,
            connections: 0,
            applied: Vec::new(),
            refuse: None,
            verify: Ok(()),
            apply: Ok(()),
            apply_later: false,
            unreachable: false,
        }
    }
}

impl Flash {
    /// A server sends a block; the answer, once the application has dealt with it.
    pub fn push(&mut self, b: &mut Bench, peer: PeerId, piece: &Piece<'_>) -> Owned {
        let id = b.send_raw(peer, piece);
        self.run(b);
        b.answer_to(peer, id).expect("an answer")
    }

    /// A server sends a package in one message.
    pub fn whole(&mut self, b: &mut Bench, uri: &str, bytes: &[u8]) -> Owned {
        let id = b.send(PEER, Ask::send(Code::PUT, uri, ContentFormat::OCTET_STREAM, bytes));
        self.run(b);
        b.answer_to(PEER, id).expect("an answer")
    }

    /// Stores the record if it is another.
    pub fn note(&mut self, b: &Bench, events: &[Event]) {
        for event in events {
            if let Event::PackageChanged { package } = *event {
                let mut buf = [0; Client::PACKAGE_RECORD];
                let len = b.engine().package_record(package, &mut buf).unwrap();
                self.record = buf[..len].to_vec();
            }
        }
    }

    /// Deals with everything that it is told, till nothing is told any more.
    pub fn run(&mut self, b: &mut Bench) {
        loop {
            let events = b.events();
            if events.is_empty() {
                return;
            }
            self.note(b, &events);
            for event in events {
                self.deal(b, event);
            }
        }
    }

    fn deal(&mut self, b: &mut Bench, event: Event) {
        match event {
            Event::PackageBlock { id, offset, .. } => {
                let Some(bytes) = b.engine().package_block(id) else {
                    // It was told and is no longer wanted.
                    return;
                };
                if let Some(error) = self.refuse {
                    answer(b, id, Err(error));
                    return;
                }
                if offset == 0 {
                    self.bytes.clear();
                }
                assert_eq!(offset as usize, self.bytes.len());
                self.bytes.extend_from_slice(bytes);
                answer(b, id, Ok(()));
            }
            Event::PackageConnect { id, .. } => {
                self.connections += 1;
                if self.unreachable {
                    answer(b, id, Err(PackageError::ConnectionLost));
                } else {
                    let connect = move |c: &mut Client, now| c.connect_package(now, id, SOURCE);
                    given(b.client.command(b.now, connect));
                }
            }
            Event::PackageVerify { id, .. } => answer(b, id, self.verify),
            Event::PackageApply { id, step, .. } if !self.apply_later => {
                self.applied.push(step);
                answer(b, id, self.apply);
            }
            Event::PackageDiscarded { .. } => {
                self.discards += 1;
                self.bytes.clear();
            }
            _ => {}
        }
    }
}

fn answer(b: &mut Bench, id: PackageId, result: Result<(), PackageError>) {
    given(b.client.command(b.now, move |c, now| c.answer_package(now, id, result)));
}

/// What was told may no longer be wanted.
fn given(result: Result<(), UsageError>) {
    assert!(matches!(result, Ok(()) | Err(UsageError::UnknownId)), "{result:?}");
}

/// Where a package is fetched from.
pub struct Source {
    pub image: Vec<u8>,
    pub etag: Vec<u8>,
    pub szx: u8,
    pub blocks: bool,
    pub error: Option<Code>,
    /// Blocks that it has given.
    pub served: usize,
}

impl Source {
    pub fn new(image: Vec<u8>) -> Source {
        Source { image, etag: b"e1".to_vec(), szx: 4, blocks: true, error: None, served: 0 }
    }

    /// Answers up to `most` requests.
    pub fn run(&mut self, b: &mut Bench, flash: &mut Flash, most: usize) {
        for _ in 0..most {
            b.settle();
            let at = b.sent.iter().position(|(to, m)| *to == SOURCE && m.code == Code::GET);
            let Some(at) = at else { return };
            let request = b.sent.remove(at).1;
            self.answer(b, &request);
            flash.run(b);
        }
    }

    fn answer(&mut self, b: &mut Bench, request: &Owned) {
        let ack = MessageType::Acknowledgement;
        if let Some(code) = self.error {
            b.datagram(SOURCE, &message(ack, code, request.id, &request.token, &[], b""));
            return;
        }
        let asked = Block::from_uint(request.uint(OptionNumber::BLOCK2).unwrap()).unwrap();
        let szx = asked.szx.min(self.szx);
        let from = asked.offset();
        let size = if self.blocks { 16 << szx } else { usize::MAX };
        let end = from.saturating_add(size).min(self.image.len());
        if from >= end {
            let code = Code::BAD_REQUEST;
            b.datagram(SOURCE, &message(ack, code, request.id, &request.token, &[], b""));
            return;
        }
        self.served += 1;
        let number = (from >> (szx + 4)) as u32;
        let block = Block { number, more: end < self.image.len(), szx };
        let block = Uint::new(block.to_uint());
        let mut options = Vec::new();
        if self.blocks {
            options.push((OptionNumber::BLOCK2, block.as_bytes()));
        }
        if !self.etag.is_empty() {
            options.push((OptionNumber::ETAG, &self.etag[..]));
        }
        let body = &self.image[from..end];
        let code = Code::CONTENT;
        b.datagram(SOURCE, &message(ack, code, request.id, &request.token, &options, body));
    }
}
